import {
  type ComputeState,
  type ControllerState,
  type DesiredState,
  type NovaFragment,
  Role,
  vncProxyRetirement,
} from "./desiredState";

/** A line of the document's header; one whose value is undefined or false is left out, and a list is a line for each item. */
type HeaderLine = readonly [key: string, value: string | number | boolean | readonly string[] | undefined];

/**
 * The document that the program on the node reads, and the one place where a desired state becomes bytes: header lines `key = value`, then the nova.conf
 * sections as they are to stand there.
 *
 * The same state gives the same bytes, so the document changes exactly when the desired state does. The program that reads it is of the same version of
 * this package, and refuses keys that it does not know. Every value has to be printable ASCII without a line break; who makes the state sees to that.
 *
 * @param state what the node is to be
 * @param id tells the resource from others that converge the same role of the same node; the first line, where it is given
 */
export function renderDesiredState(state: DesiredState, id?: string): string {
  const { sections } = state.role === vncProxyRetirement ? nothing : state.fragment;
  const lines = [
    ...headerOf(state, id).flatMap(linesOf),
    ...sections.flatMap(({ name, lines }) => [`[${name}]`, ...lines.map(({ key, value }) => `${key} = ${value}`)]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

const nothing: NovaFragment = { sections: [], ranges: [], names: [] };

function linesOf([key, value]: HeaderLine): readonly string[] {
  if (value === undefined || value === false) {
    return [];
  }
  return typeof value === "object" ? value.map((item) => `${key} = ${item}`) : [`${key} = ${String(value)}`];
}

function headerOf(state: DesiredState, id: string | undefined): readonly HeaderLine[] {
  const isOff = state.role === vncProxyRetirement || (state.role === Role.Compute && state.vncOff === true);
  const common: readonly HeaderLine[] = [
    ["id", id],
    [state.role, state.node],
    ["owner", state.owner],
    ["former-owner", state.formerOwner],
    ["release", state.release],
    // Only `off` asks anything of a node that its nova.conf does not say.
    ["vnc", isOff && "off"],
    ["ignore-manager", state.ignoreConfigurationManagement],
  ];
  if (state.role === vncProxyRetirement) {
    return common;
  }
  const { ranges, names } = state.fragment;
  return [
    ...common,
    ["accept-pending-changes", state.acceptPendingChanges],
    ["dead-keys", state.removeObsoleteOptions === true && "remove"],
    ...(state.role === Role.Compute ? computeHeader(state) : controllerHeader(state)),
    ["packages-on-destroy", state.removePackagesOnDestroy === true && "remove"],
    ...repositoryHeader(state),
    ...(state.role === Role.Controller ? webClientHeader(state) : []),
    ["recipe", state.recipe],
    ["option-range", ranges.map(({ option, first, last }) => `${option} ${first} ${last ?? "-"}`)],
    ["option-name", names.map(({ option, first, last, olderName }) => `${option} ${first}-${last} ${olderName}`)],
  ];
}

function computeHeader({ acceptConsoleLoss, novaApiCredentials, consolePorts }: ComputeState): readonly HeaderLine[] {
  return [
    ["accept-console-loss", acceptConsoleLoss],
    ["nova-api-credentials", novaApiCredentials],
    [
      "console-ports",
      consolePorts && [`${consolePorts.first}-${consolePorts.last}`, ...consolePorts.sources].join(" "),
    ],
  ];
}

function controllerHeader(state: ControllerState): readonly HeaderLine[] {
  const { allowedSources, certificate } = state;
  return [
    ["firewall", allowedSources === undefined ? "unmanaged" : "managed"],
    ["allow-from", allowedSources],
    ["close-to-others", state.dropOtherSources],
    ["tls-certificate", certificate?.chain.map(withoutArmor).join(" ")],
    ["tls-key", certificate && `${labelOf(certificate.key)} ${withoutArmor(certificate.key)}`],
    ["tls-host", state.tlsHost],
    ["tls-ends-before", state.tlsTerminatedUpstream],
  ];
}

function repositoryHeader({ repository }: ControllerState | ComputeState): readonly HeaderLine[] {
  return [
    ["repository", repository?.id],
    ["repository-key", repository?.key === undefined ? undefined : Buffer.from(repository.key).toString("base64")],
    ["repository-line", repository?.lines],
  ];
}

function webClientHeader({ webClient }: ControllerState): readonly HeaderLine[] {
  const { package: name, folder, archive, sha256 = "" } = webClient ?? {};
  return [
    ["web-client-package", name],
    ["web-client-folder", folder],
    ["web-client-archive", archive === undefined ? undefined : `${sha256} ${archive}`],
  ];
}

/** What a PEM block is, as its first line says: `PRIVATE KEY`. */
function labelOf(pem: string): string {
  return /-----BEGIN ([A-Z\d ]+)-----/.exec(pem)?.[1] ?? "";
}

/** The base64 of a PEM block, on one line. */
function withoutArmor(pem: string): string {
  return pem.replace(/-----[A-Z\d ]+-----|\s/g, "");
}
