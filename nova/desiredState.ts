import type { CertificateText } from "./certificate";
import type { PortRange } from "./consolePorts";
import type { NovaFragment } from "./fragment";
import type { ConfigurationManagementTool } from "./configurationManagement";
import type { RepositoryFile } from "./packageRepository";
import { RecipeSwitch } from "./recipe";
import type { Release } from "./releases";
import { Role, Vnc } from "./roles";
import type { WebClient } from "./webClient";

/** The role of the resource that stops the noVNC proxy once no compute hands out its URLs any more. */
export const vncProxyRetirement = "vnc-proxy-retirement";

/** What every document says. */
interface CommonState {
  /** The Pulumi stack that declares this: `organization/project/stack`. */
  readonly owner: string;
  /** The name of the stack before it was renamed or moved: a node that has it as its owner is taken over. Left out: none. */
  readonly formerOwner?: string;
  /** The node's name in the stack. */
  readonly node: string;
  /** The release that the node must have; left out where it is detected. */
  readonly release?: Release;
  /** Tools that manage Nova there, out of whose hands it has been taken. Left out: none. */
  readonly ignoreConfigurationManagement?: readonly ConfigurationManagementTool[];
}

/** What the roles say whose services are restarted. */
interface RestartingState extends CommonState {
  /** Whether a restart may bring changes of other people's into force. Left out: it may not. */
  readonly acceptPendingChanges?: boolean;
  /** A repository that the node gets. Left out: none. */
  readonly repository?: RepositoryFile;
  /** The recipe's behaviour in the place of ours. Left out: none. */
  readonly recipe?: readonly RecipeSwitch[];
  /** Whether keys of nova.conf that Nova does not read any more are commented out. Left out: they are reported. */
  readonly removeObsoleteOptions?: boolean;
}

/** What a controller is to be. */
export interface ControllerState extends RestartingState {
  readonly role: Role.Controller;
  readonly vnc: Vnc;
  /** Canonical CIDR blocks that may reach the proxy's port. Undefined: the firewall is left alone. Empty: nobody. */
  readonly allowedSources?: readonly string[];
  /** Whether the proxy's port is closed to all others by a table of our own. Left out: what no firewall of the node refuses is open. */
  readonly dropOtherSources?: boolean;
  /** A certificate that comes with the document, for the file that `[DEFAULT] cert` and `key` name. The document is a secret then. */
  readonly certificate?: CertificateText;
  /** The host that a certificate on the node has to be for. */
  readonly tlsHost?: string;
  /** Whether TLS ends in front of the proxy, which then needs a Nova that heeds X-Forwarded-Proto. */
  readonly tlsTerminatedUpstream?: boolean;
  /** Whether a revert removes the packages that were installed. Default: they stay. */
  readonly removePackagesOnDestroy?: boolean;
  /** Where the web client comes from. Left out: the platform's own package. */
  readonly webClient?: WebClient;
  readonly fragment: NovaFragment;
}

/** What a compute is to be. */
export interface ComputeState extends RestartingState {
  readonly role: Role.Compute;
  readonly vnc: Vnc;
  /** Whether running guests may be left without a console until their next hard reboot. */
  readonly acceptConsoleLoss: boolean;
  /** The section of the node's Nova configuration by whose credentials it asks Nova's API whether it is busy. Undefined: it does not ask. */
  readonly novaApiCredentials?: string;
  /** Whether a revert removes the packages that were installed. Default: they stay. */
  readonly removePackagesOnDestroy?: boolean;
  /** Ports that are closed to all but these canonical CIDR blocks. Undefined: the firewall is left alone. */
  readonly consolePorts?: PortRange & { readonly sources: readonly string[] };
  readonly fragment: NovaFragment;
}

/** A controller whose noVNC proxy is to be stopped. */
export interface VncProxyRetirementState extends CommonState {
  readonly role: typeof vncProxyRetirement;
}

/** What a node is to be, in one role. */
export type DesiredState = ControllerState | ComputeState | VncProxyRetirementState;

/**
 * The document that the program on the node reads: header lines `key = value`, then the nova.conf sections as they are to stand there.
 *
 * The first line is the role and the node. The program that reads it is of the same version of this package, and refuses keys that it does not know.
 *
 * The same state gives the same bytes, so the document changes exactly when the desired state does. Every value has to be printable ASCII
 * without a line break; `novaFragment`, `checkNodes`, `checkProxy` and `parseCidrs` see to that.
 */
export function desiredStateDocument(state: DesiredState): string {
  const header: (readonly [key: string, value: string | number])[] = [
    [state.role, state.node],
    ["owner", state.owner],
    ...(state.formerOwner === undefined ? [] : [["former-owner", state.formerOwner] as const]),
  ];
  if (state.release !== undefined) {
    header.push(["release", state.release]);
  }
  // Only `off` asks anything of a node that its nova.conf does not say.
  if (state.role === vncProxyRetirement || state.vnc === Vnc.Off) {
    header.push(["vnc", Vnc.Off]);
  }
  header.push(...(state.ignoreConfigurationManagement ?? []).map((manager) => ["ignore-manager", manager] as const));
  if (state.role === vncProxyRetirement) {
    return documentText(header, []);
  }
  if (state.acceptPendingChanges === true) {
    header.push(["accept-pending-changes", "true"]);
  }
  if (state.removeObsoleteOptions === true) {
    header.push(["dead-keys", "remove"]);
  }
  if (state.role === Role.Compute) {
    const { acceptConsoleLoss, consolePorts, novaApiCredentials } = state;
    header.push(...(acceptConsoleLoss ? [["accept-console-loss", "true"] as const] : []));
    if (novaApiCredentials !== undefined) {
      header.push(["nova-api-credentials", novaApiCredentials]);
    }
    if (consolePorts !== undefined) {
      const { first, last, sources } = consolePorts;
      header.push(["console-ports", [`${first}-${last}`, ...sources].join(" ")]);
    }
  } else {
    const { allowedSources } = state;
    header.push(["firewall", allowedSources === undefined ? "unmanaged" : "managed"]);
    header.push(...(allowedSources ?? []).map((source) => ["allow-from", source] as const));
    header.push(...(state.dropOtherSources === true ? [["close-to-others", "true"] as const] : []));
    header.push(...tlsHeader(state));
  }
  if (state.removePackagesOnDestroy === true) {
    header.push(["packages-on-destroy", "remove"]);
  }
  header.push(...softwareHeader(state));
  const { ranges, names, sections } = state.fragment;
  header.push(
    ...ranges.map(({ option, first, last }) => ["option-range", `${option} ${first} ${last ?? "-"}`] as const),
    ...names.map(
      ({ option, first, last, olderName }) => ["option-name", `${option} ${first}-${last} ${olderName}`] as const,
    ),
  );
  return documentText(header, sections);
}

function tlsHeader({ certificate, tlsHost, tlsTerminatedUpstream }: ControllerState): (readonly [string, string])[] {
  return [
    ...(certificate === undefined
      ? []
      : [
          ["tls-certificate", certificate.chain.join(" ")] as const,
          ["tls-key", `${certificate.key.label} ${certificate.key.base64}`] as const,
        ]),
    ...(tlsHost === undefined ? [] : [["tls-host", tlsHost] as const]),
    ...(tlsTerminatedUpstream === true ? [["tls-ends-before", "true"] as const] : []),
  ];
}

/** The switches of the recipe's that a role of a node has to know; the others show in what is written, or in the order of things. */
const switchesOf: Readonly<Record<Role, readonly RecipeSwitch[]>> = {
  [Role.Controller]: [RecipeSwitch.FirewallRuleFirst, RecipeSwitch.RestartIptables, RecipeSwitch.RestartHttpd],
  [Role.Compute]: [RecipeSwitch.WebClientOnComputes],
};

/** The header lines of what comes with packages. */
function softwareHeader(state: ControllerState | ComputeState): readonly (readonly [key: string, value: string])[] {
  const { repository, recipe = [] } = state;
  const header: (readonly [key: string, value: string])[] = [];
  if (repository !== undefined) {
    header.push(["repository", repository.id]);
    header.push(...(repository.key === undefined ? [] : [["repository-key", repository.key] as const]));
    header.push(...repository.lines.map((line) => ["repository-line", line] as const));
  }
  const { package: name, folder, archive, sha256 = "" } = state.role === Role.Controller ? (state.webClient ?? {}) : {};
  header.push(...(name === undefined ? [] : [["web-client-package", name] as const]));
  header.push(...(folder === undefined ? [] : [["web-client-folder", folder] as const]));
  header.push(...(archive === undefined ? [] : [["web-client-archive", `${sha256} ${archive}`] as const]));
  const asked = switchesOf[state.role].filter((name) => recipe.includes(name));
  return [...header, ...asked.map((name) => ["recipe", name] as const)];
}

function documentText(
  header: readonly (readonly [key: string, value: string | number])[],
  sections: NovaFragment["sections"],
): string {
  const lines = [
    ...header.map(([key, value]) => `${key} = ${value}`),
    ...sections.flatMap(({ name, lines }) => [`[${name}]`, ...lines.map(({ key, value }) => `${key} = ${value}`)]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
