import {
  type Tls,
  Role,
  on,
  renderDesiredState,
  sourcesNamed,
  switchedOn,
  vncProxyRetirement,
} from "../../../contract";
import {
  type ComputeSettings,
  type ConfigurationManagementTool,
  type ControllerSettings,
  type PackageRepository,
  type PortRange,
  type RecipeSettings,
  type Release,
  Vnc,
  type WebClient,
  defaultConsolePorts,
  novaFragment,
  recipeOnNode,
  repositoryFile,
} from "../../../nova";

/** The stack that the documents of these tests belong to. */
export const OWNER = "acme/openstack-spice/test";
/** Which of its resources sends them. */
const ID = "0a1b2c";
/** The document of a revert: what it needs of the one that the node converged to. */
export const REVERTED = renderDesiredState({ role: vncProxyRetirement, node: "any", owner: OWNER, id: ID });

/** What a test's document says that differs from {@link controllerDocument}'s defaults. */
export interface ControllerOptions extends Partial<ControllerSettings>, Omit<RecipeSettings, "vnc"> {
  readonly owner?: string;
  readonly release?: Release;
  readonly allowedSources?: readonly string[];
  readonly dropOtherSources?: boolean;
  readonly removePackagesOnDestroy?: boolean;
  readonly ignoreConfigurationManagement?: readonly ConfigurationManagementTool[];
  readonly acceptPendingChanges?: boolean;
  /** What the document says of TLS beside nova.conf's options. */
  readonly tlsOnNode?: Tls;
  readonly webClient?: WebClient;
  readonly packageRepository?: PackageRepository;
  readonly removeObsoleteOptions?: boolean;
}

/** A controller that serves consoles on every address, port 6082. */
export function controllerDocument(node: string, options: ControllerOptions = {}): string {
  const {
    owner = OWNER,
    release,
    allowedSources,
    dropOtherSources = false,
    ignoreConfigurationManagement = [],
    acceptPendingChanges = false,
    removePackagesOnDestroy = false,
    tlsOnNode,
    webClient,
    packageRepository,
    removeObsoleteOptions = false,
    ...settings
  } = options;
  const { recipe } = settings;
  const fragment = novaFragment(
    Role.Controller,
    { html5proxyHost: "0.0.0.0", html5proxyPort: 6082, ...settings },
    release,
  );
  return renderDesiredState({
    ...usable(fragment),
    role: "controller",
    id: ID,
    owner,
    node,
    release,
    toolsToIgnore: switchedOn(ignoreConfigurationManagement),
    acceptPendingChanges: on(acceptPendingChanges),
    removeObsoleteOptions: on(removeObsoleteOptions),
    tls: tlsOnNode,
    firewall: allowedSources && { sources: sourcesNamed(allowedSources), dropOtherSources: on(dropOtherSources) },
    packagesOnDestroy: removePackagesOnDestroy ? "remove" : undefined,
    webClient,
    recipe: switchedOn(recipeOnNode(Role.Controller, recipe)),
    repository: packageRepository && repositoryFile(packageRepository),
  });
}

/** What a test's document says that differs from {@link computeDocument}'s defaults. */
export interface ComputeOptions extends Partial<ComputeSettings>, Omit<RecipeSettings, "vnc" | "asOnComputes"> {
  /** Who may reach the guests' consoles; default: the firewall is left alone. */
  readonly sources?: readonly string[];
  readonly ports?: PortRange;
  readonly acceptConsoleLoss?: boolean;
  readonly removePackagesOnDestroy?: boolean;
  readonly acceptPendingChanges?: boolean;
  readonly removeObsoleteOptions?: boolean;
  readonly novaApiCredentials?: string;
}

/** A compute whose guests get SPICE next to VNC. */
export function computeDocument(node: string, options: ComputeOptions = {}): string {
  const { acceptConsoleLoss = false, removePackagesOnDestroy = false, acceptPendingChanges = false, ...rest } = options;
  const { sources, ports = defaultConsolePorts, removeObsoleteOptions = false, novaApiCredentials, ...settings } = rest;
  const vnc = settings.vnc ?? Vnc.Alongside;
  const fragment = novaFragment(Role.Compute, {
    agentEnabled: true,
    html5proxyBaseUrl: "http://198.18.0.11:6082/spice_auto.html",
    serverListen: "0.0.0.0",
    serverProxyclientAddress: "198.18.0.21",
    ...settings,
    vnc,
  });
  return renderDesiredState({
    ...usable(fragment),
    role: "compute",
    id: ID,
    owner: OWNER,
    node,
    vnc: vnc === Vnc.Off ? "off" : undefined,
    acceptConsoleLoss: on(acceptConsoleLoss),
    acceptPendingChanges: on(acceptPendingChanges),
    removeObsoleteOptions: on(removeObsoleteOptions),
    packagesOnDestroy: removePackagesOnDestroy ? "remove" : undefined,
    consolePorts: sources && { ...ports, sources: sourcesNamed(sources) },
    recipe: switchedOn(recipeOnNode(Role.Compute, settings.recipe)),
    novaApiCredentials,
  });
}

/** What the lab's computes report of {@link computeDocument}'s `[spice]`, but for `enabled`. */
export const toSpice = [
  "change spice/agent_enabled: (unset) -> true",
  "change spice/html5proxy_base_url: (unset) -> http://198.18.0.11:6082/spice_auto.html",
  "change spice/server_proxyclient_address: $my_ip -> 198.18.0.21",
];
/** And what of its revert. */
export const fromSpice = [
  "change spice/server_proxyclient_address: 198.18.0.21 -> $my_ip",
  "change spice/html5proxy_base_url: http://198.18.0.11:6082/spice_auto.html -> (unset)",
  "change spice/agent_enabled: true -> (unset)",
];
/** The same where `[spice] enabled` was false before, in the order of the options' names. */
export const toSpiceSwitchedOn = [...toSpice.slice(0, 1), "change spice/enabled: false -> true", ...toSpice.slice(1)];
export const fromSpiceSwitchedOn = [
  ...fromSpice.slice(0, -1),
  "change spice/enabled: true -> false",
  ...fromSpice.slice(-1),
];

/** A controller whose noVNC proxy is to stop. */
export function retirementDocument(node: string): string {
  return renderDesiredState({ role: vncProxyRetirement, id: ID, owner: OWNER, node });
}

/** The value; a test's settings have no validation errors. */
function usable<T>(checked: { readonly value?: T; readonly errors: readonly { readonly reason: string }[] }): T {
  if (checked.value === undefined) {
    throw new Error(checked.errors.map(({ reason }) => reason).join("\n"));
  }
  return checked.value;
}
