import * as pulumi from "@pulumi/pulumi";
import type { Release, WebClient } from "../../nova";
import type { ConnectionArgs, SshArgs } from "../../remote/connection";
import type { GuestConsoleArgs } from "./guestConsole";
import type {
  AgainArgs,
  BusyGuardArgs,
  GuardArgs,
  ConfigurationManagementArgs,
  OwnershipArgs,
  SoftwareArgs,
} from "./node";
import type { OnDestroy, PackagesOnDestroy } from "./onDestroy";
import type { ProxyArgs } from "./proxy";
import type { RolloutArgs } from "./rollout";

/** A node that runs the console proxy. */
export interface ControllerArgs extends GuardArgs {
  /**
   * The node's name: part of resource names. Another name is harmless, and converges the node once more, which changes nothing. A node that is a
   * compute too has the same name and address there.
   */
  readonly name: string;
  /** How to reach the node. */
  readonly connection: ConnectionArgs;
  /**
   * Addresses or CIDR blocks from which the computes see this controller's proxies come. The computes' `consolePortRange` is closed to all others,
   * `extraConsoleSources` apart, in their own firewalls and by `computeSecurityGroupId`. All controllers name theirs, or none.
   * @default the computes' firewalls are left alone, with a warning
   */
  readonly proxySourceAddresses?: readonly string[];
  /**
   * `[spice] html5proxy_host` of this controller: the address on which its proxy listens, where that is not the same on all, as with a load balancer on the
   * controllers themselves that has the port on another address. An IP address or a host name; without a load balancer, of a family that the host of
   * `proxy.baseUrl` has. @default proxy.listenAddress
   */
  readonly listenAddress?: pulumi.Input<string>;
  /** What becomes of this node when it leaves the stack. @default onDestroy of the cloud */
  readonly onDestroy?: OnDestroy;
}

/** A node that runs guests. */
export interface ComputeArgs extends GuardArgs {
  /** The node's name: part of resource names. Another name is harmless, and converges the node once more, which changes nothing. */
  readonly name: string;
  /** How to reach the node. */
  readonly connection: ConnectionArgs;
  /** `[spice] server_proxyclient_address`: IP address of this compute that the proxies connect to. */
  readonly serverProxyclientAddress: pulumi.Input<string>;
  /** `[spice] server_listen`: IP address on which its guests' SPICE servers listen. @default serverProxyclientAddress */
  readonly serverListen?: pulumi.Input<string>;
  /** What becomes of this node when it leaves the stack. @default onDestroy of the cloud */
  readonly onDestroy?: OnDestroy;
}

/** Further console options of nova.conf for each role; see `extraNovaOptions` of the nodes. */
export interface ExtraNovaOptionsArgs {
  /** What the console proxies read, by `section/option`. @default none */
  readonly controllers?: Readonly<Record<string, pulumi.Input<string>>>;
  /** What nova-compute reads, by `section/option`. @default none */
  readonly computes?: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Arguments of {@link SpiceConsole}. */
export interface SpiceConsoleArgs
  extends GuestConsoleArgs, ConfigurationManagementArgs, BusyGuardArgs, SoftwareArgs, OwnershipArgs, AgainArgs {
  /** The SPICE proxy, the same on all controllers. */
  readonly proxy: ProxyArgs;
  /** What the connections to all nodes have in common. @default root, with the SSH agent's keys */
  readonly ssh?: SshArgs;
  /** The nodes that run the console proxy: at least one. */
  readonly controllers: readonly ControllerArgs[];
  /** The nodes that run guests: at least one. */
  readonly computes: readonly ComputeArgs[];
  /** The OpenStack release of all nodes; another one is refused before anything changes. @default detected on each node */
  readonly release?: Release;
  /**
   * `[consoleauth] token_ttl`: seconds for which a console's URL can be opened. Written where Nova reads it: on computes from 18 on, on controllers up to
   * 19, for which `release` has to be given. @default Nova's: 600
   */
  readonly tokenTtl?: pulumi.Input<number>;
  /** Further console options of nova.conf. @default none */
  readonly extraNovaOptions?: ExtraNovaOptionsArgs;
  /** Where the controllers' web client comes from, in the place of the platform's own package. @default the package spice-html5 */
  readonly webClient?: WebClient;
  /**
   * Id of the controllers' security group, where they are instances in an outer OpenStack cloud: gets one rule for each of `proxy.allowedSources`.
   * @default no rule
   */
  readonly controllerSecurityGroupId?: pulumi.Input<string>;
  /**
   * Id of the computes' security group, where they are instances: gets one rule for `consolePortRange` for each of the controllers'
   * `proxySourceAddresses` and each of `extraConsoleSources`. @default no rule
   */
  readonly computeSecurityGroupId?: pulumi.Input<string>;
  /** In what order the computes converge. @default the first one alone, then ten at a time */
  readonly rollout?: RolloutArgs;
  /** Whether keys of nova.conf that Nova does not read any more are commented out. @default false: each run reports them */
  readonly removeObsoleteOptions?: boolean;
  /** What becomes of nodes that leave the stack. @default OnDestroy.Restore */
  readonly onDestroy?: OnDestroy;
  /** What becomes of the packages that were installed on nodes that get back what they had. @default PackagesOnDestroy.Keep */
  readonly packagesOnDestroy?: PackagesOnDestroy;
}
