/** Made from desired-state.schema.json by `npm run contract`. */

/** What a node is to be, in one role: the standard input of the program on the node. */
export type DesiredState = ControllerState | ComputeState | VncProxyRetirementState;

/** What all of them have. */
interface AnyDesiredState {
  /** The node's name in the stack. */
  readonly node: string;
  /** Which of the stack's resources sends it: one that another resource has taken a node over from reverts nothing. */
  readonly id: string;
  /** The Pulumi stack that declares this: `organization/project/stack`, or `project/stack`. A node refuses two owners. */
  readonly owner: string;
  /** The stack's name before it was renamed or moved: a node that has it as its owner is taken over. Left out: none. */
  readonly formerOwner?: string;
  /** The release of Nova that the node must have, by the first number of its version. Left out: it is detected. */
  readonly release?: number;
  /** Configuration-management tools to ignore, since they no longer manage Nova there. Left out: none. */
  readonly toolsToIgnore?: Switches;
}

/** What a controller is to be: a node that runs the console proxy. */
export interface ControllerState extends AnyDesiredState {
  readonly role: "controller";
  /** A restart may bring changes of other people's into force. Left out: it may not. */
  readonly acceptPendingChanges?: true;
  /** The options that are declared, and no others: sections, their options, and each value as it stands in nova.conf. */
  readonly "nova.conf": NovaConf;
  /** By `section/option`, the releases that have an option, where not all do and the node's is detected. */
  readonly optionReleases?: OptionReleases;
  /** By `section/option`, the older names of an option, and the releases that have it by that name only. */
  readonly optionNames?: OptionNames;
  /** Options of nova.conf that Nova does not read any more are commented out. Left out: they are reported. */
  readonly removeObsoleteOptions?: true;
  /** Who may reach the proxy's port. Left out: the firewall is left alone. */
  readonly firewall?: ProxyFirewall;
  /** What the node has to know of TLS beside its nova.conf. */
  readonly tls?: Tls;
  /** Where the web client comes from: another package, or an archive. Left out: the platform's own package. */
  readonly webClient?: WebClientSource;
  /** A repository of yum's or dnf's that the node gets. Left out: none. */
  readonly repository?: Repository;
  /** `remove`: a revert removes the packages that were installed. Left out: they stay. */
  readonly packagesOnDestroy?: "remove";
  /** Behaviour of the recipe that this project started from, in the place of ours. Left out: none. */
  readonly recipe?: ControllerRecipe;
}

/** What a compute is to be: a node that runs guests. */
export interface ComputeState extends AnyDesiredState {
  readonly role: "compute";
  /** A restart may bring changes of other people's into force. Left out: it may not. */
  readonly acceptPendingChanges?: true;
  /** The options that are declared, and no others: sections, their options, and each value as it stands in nova.conf. */
  readonly "nova.conf": NovaConf;
  /** By `section/option`, the releases that have an option, where not all do and the node's is detected. */
  readonly optionReleases?: OptionReleases;
  /** By `section/option`, the older names of an option, and the releases that have it by that name only. */
  readonly optionNames?: OptionNames;
  /** Options of nova.conf that Nova does not read any more are commented out. Left out: they are reported. */
  readonly removeObsoleteOptions?: true;
  /** `off`: VNC goes, which asks more of the node than its nova.conf says. Left out: it stays. */
  readonly vnc?: "off";
  /** Running guests may be left without a console until their next hard reboot. Left out: they may not. */
  readonly acceptConsoleLoss?: true;
  /** The section of the node's Nova configuration by whose credentials it asks Nova's API whether it is busy. Left out: it does not ask. */
  readonly novaApiCredentials?: string;
  /** Ports of guests' consoles, both ends included, that are closed to all but these sources. Left out: the firewall is left alone. */
  readonly consolePorts?: ConsolePorts;
  /** A repository of yum's or dnf's that the node gets. Left out: none. */
  readonly repository?: Repository;
  /** `remove`: a revert removes the packages that were installed. Left out: they stay. */
  readonly packagesOnDestroy?: "remove";
  /** Behaviour of the recipe that this project started from, in the place of ours. Left out: none. */
  readonly recipe?: ComputeRecipe;
}

/** A controller whose noVNC proxy is stopped, once no compute hands out its URLs any more. */
export interface VncProxyRetirementState extends AnyDesiredState {
  readonly role: "vnc-proxy-retirement";
}

/** The options that are declared, and no others: sections, their options, and each value as it stands in nova.conf. */
export type NovaConf = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** By `section/option`, the releases that have an option, where not all do and the node's is detected. */
export type OptionReleases = Readonly<Record<string, Releases>>;

/** By `section/option`, the older names of an option, and the releases that have it by that name only. */
export type OptionNames = Readonly<Record<string, Readonly<Record<string, Releases>>>>;

/** Releases of Nova, both ends included. */
export interface Releases {
  /** A release of Nova, by the first number of its version: 13 is Mitaka. */
  readonly first: number;
  /** Left out: the newest one has it. */
  readonly last?: number;
}

/** Who may reach the proxy's port. Left out: the firewall is left alone. */
export interface ProxyFirewall {
  /** CIDR blocks, by themselves. None: nobody. */
  readonly sources: Sources;
  /** A table of our own drops all others. Left out: what no firewall of the node refuses is open. */
  readonly dropOtherSources?: true;
}

/** Ports of guests' consoles, both ends included, that are closed to all but these sources. Left out: the firewall is left alone. */
export interface ConsolePorts {
  readonly first: number;
  readonly last: number;
  /** CIDR blocks, by themselves. None: nobody. */
  readonly sources: Sources;
}

/** CIDR blocks, by themselves. None: nobody. */
export type Sources = Readonly<Record<string, Nothing>>;

/** An object with nothing in it: what is named has nothing else to be said of it. */
export type Nothing = Readonly<Record<string, never>>;

/** What the node has to know of TLS beside its nova.conf. */
export interface Tls {
  /** A certificate with its issuers', for the file that `[DEFAULT] cert` names. */
  readonly certificate?: string;
  /** Its private key, for the same file. The document is a secret then. */
  readonly key?: string;
  /** The host that a certificate on the node has to be for. Left out: it is not compared. */
  readonly host?: string;
  /** TLS is terminated upstream of the proxy, which then needs a Nova that heeds X-Forwarded-Proto. */
  readonly terminatedUpstream?: true;
}

/** Where the web client comes from: another package, or an archive. Left out: the platform's own package. */
export interface WebClientSource {
  /** Name of the package that has it. */
  readonly package?: string;
  /** Where that package puts `spice_auto.html`. Left out: /usr/share/spice-html5. */
  readonly folder?: string;
  /** A tar archive that has it: a path on the node, or a URL that it can reach. */
  readonly archive?: string;
  /** The archive's SHA-256. */
  readonly sha256?: string;
}

/** A repository of yum's or dnf's that the node gets. Left out: none. */
export interface Repository {
  /** Its short name: the section of its file, and the file's name. */
  readonly id: string;
  /** Its public key, which is brought to the node. Left out: the key is there already. */
  readonly key?: string;
  /** The lines of its file below the section's name. */
  readonly settings: {
    readonly name?: string;
    readonly baseurl?: string;
    readonly mirrorlist?: string;
    readonly metalink?: string;
    readonly failovermethod?: string;
    readonly enabled?: string;
    readonly gpgcheck?: string;
    readonly gpgkey?: string;
    readonly includepkgs?: string;
  };
}

/** Behaviour of the recipe that this project started from, in the place of ours. Left out: none. */
export interface ControllerRecipe {
  readonly "firewall-rule-first"?: true;
  readonly "restart-iptables"?: true;
  readonly "restart-httpd"?: true;
}

/** Behaviour of the recipe that this project started from, in the place of ours. Left out: none. */
export interface ComputeRecipe {
  readonly "web-client-on-computes"?: true;
}

export type Switches = Readonly<Record<string, true>>;
