/** What a node does for consoles. One node may have both roles. */
export enum Role {
  /** Runs the console proxy (`nova-spicehtml5proxy`). */
  Controller = "controller",
  /** Runs `nova-compute` and the guests. */
  Compute = "compute",
}

/** The role of the resource that stops the noVNC proxy once no compute hands out its URLs any more. */
export const vncProxyRetirement = "vnc-proxy-retirement";

/** TCP ports from `first` to `last`, both included. */
export interface PortRange {
  /** The lowest port. */
  readonly first: number;
  /** The highest port. */
  readonly last: number;
}

/** A certificate with its chain, and its key: PEM blocks, each with its first and last line, without headers. */
export interface CertificateText {
  /** The server's own certificate, then its issuers'. */
  readonly chain: readonly string[];
  /** The private key. Secret. */
  readonly key: string;
}

/** A repository of yum's or dnf's, as a file. */
export interface RepositoryFile {
  /** The section of the file, and the file's name. */
  readonly id: string;
  /** The lines of the file below the section's name. */
  readonly lines: readonly string[];
  /** The public key that is brought along, an ASCII-armored text. */
  readonly key?: string;
}

/** Where a controller's web client comes from, in the place of the platform's own package. Either a package or an archive. */
export interface WebClient {
  /** Name of another package that has it, from a repository that the nodes know. */
  readonly package?: string;
  /** Where that package puts `spice_auto.html`. @default /usr/share/spice-html5 */
  readonly folder?: string;
  /** A tar archive, packed or not, such as an npm package: a path on the nodes, or a URL that they can reach. */
  readonly archive?: string;
  /** The archive's SHA-256, 64 hexadecimal digits; another archive is not used. */
  readonly sha256?: string;
}

/** One `key = value` line, the value already in oslo.config's syntax. */
export interface FragmentLine {
  readonly key: string;
  readonly value: string;
}

/** One section of nova.conf with the lines that belong in it. */
export interface FragmentSection {
  readonly name: string;
  readonly lines: readonly FragmentLine[];
}

/** An option that not every known release has, for a node whose release is not known yet. */
export interface OptionRange {
  /** `section/option`, by its present name. */
  readonly option: string;
  readonly first: number;
  /** Undefined where the newest known release has it: it may well go on. */
  readonly last: number | undefined;
}

/** An older name of an option and the releases that have only that name. */
export interface OptionName {
  /** `section/option`, by its present name. */
  readonly option: string;
  readonly first: number;
  readonly last: number;
  /** `section/option`, by its older name. */
  readonly olderName: string;
}

/** The part of nova.conf that a role declares: these keys and no others. */
export interface NovaFragment {
  readonly sections: readonly FragmentSection[];
  /** What the node needs to know to choose by its own release; empty where the release was asserted. */
  readonly ranges: readonly OptionRange[];
  /** Likewise. */
  readonly names: readonly OptionName[];
}

/** What is said of a node in each role. */
export interface CommonState {
  /** The Pulumi stack that declares this: `organization/project/stack`. */
  readonly owner: string;
  /** The name of the stack before it was renamed or moved: a node that has it as its owner is taken over. Left out: none. */
  readonly formerOwner?: string;
  /** The node's name in the stack. */
  readonly node: string;
  /** Nova's major version that the node must have; left out where it is detected. */
  readonly release?: number;
  /** Configuration-management tools to ignore. Left out: none. */
  readonly ignoreConfigurationManagement?: readonly string[];
}

/** What is said in the roles whose services are restarted. */
export interface RestartingState extends CommonState {
  /** Whether a restart may bring changes of other people's into force. Left out: it may not. */
  readonly acceptPendingChanges?: boolean;
  /** A repository that the node gets. Left out: none. */
  readonly repository?: RepositoryFile;
  /** Names of the recipe's behaviours that the node has to know. Left out: none. */
  readonly recipe?: readonly string[];
  /** Whether keys of nova.conf that Nova does not read any more are commented out. Left out: they are reported. */
  readonly removeObsoleteOptions?: boolean;
  /** Whether a revert removes the packages that were installed. Left out: they stay. */
  readonly removePackagesOnDestroy?: boolean;
  readonly fragment: NovaFragment;
}

/** What a controller is to be. */
export interface ControllerState extends RestartingState {
  readonly role: Role.Controller;
  /** Canonical CIDR blocks that may reach the proxy's port. Left out: the firewall is left alone. Empty: nobody. */
  readonly allowedSources?: readonly string[];
  /** Whether a table of our own drops all other sources at the proxy's port. Left out: what no firewall of the node refuses is open. */
  readonly dropOtherSources?: boolean;
  /** A certificate that comes with the document, for the file that `[DEFAULT] cert` and `key` name. The document is a secret then. */
  readonly certificate?: CertificateText;
  /** The host that a certificate on the node has to be for. */
  readonly tlsHost?: string;
  /** Whether TLS is terminated upstream, by a load balancer: the proxy then needs a Nova that heeds X-Forwarded-Proto. */
  readonly tlsTerminatedUpstream?: boolean;
  /** Where the web client comes from. Left out: the platform's own package. */
  readonly webClient?: WebClient;
}

/** What a compute is to be. */
export interface ComputeState extends RestartingState {
  readonly role: Role.Compute;
  /** Whether VNC is switched off, which asks more of a node than what nova.conf says. Left out: it is not. */
  readonly vncOff?: boolean;
  /** Whether running guests may be left without a console until their next hard reboot. Left out: they may not. */
  readonly acceptConsoleLoss?: boolean;
  /** The section of the node's Nova configuration by whose credentials it asks Nova's API whether it is busy. Left out: it does not ask. */
  readonly novaApiCredentials?: string;
  /** Ports that are closed to all but these canonical CIDR blocks. Left out: the firewall is left alone. */
  readonly consolePorts?: PortRange & { readonly sources: readonly string[] };
}

/** A controller whose noVNC proxy is to be stopped. */
export interface VncProxyRetirementState extends CommonState {
  readonly role: typeof vncProxyRetirement;
}

/**
 * What a node is to be, in one role. Every text in it is as it is meant, without quotes or encodings of the wire, which are `renderDesiredState`'s; the
 * values of `fragment` alone are in the syntax of nova.conf.
 */
export type DesiredState = ControllerState | ComputeState | VncProxyRetirementState;
