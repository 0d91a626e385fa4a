import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs, SshArgs } from "../host/connection";
import {
  RecipeSwitch,
  type Release,
  Role,
  Vnc,
  type WebClient,
  defaultConsolePorts,
  parseCidrs,
  shown,
  takesTokenTtl,
} from "../nova";
import type { AgainArgs } from "./again";
import { checkCloud, proxySources } from "./cloudChecks";
import { ComputeNode, type GuestConsoleArgs, warnOfOpenConsoles } from "./computeNode";
import { ConsoleSecurityGroupRule } from "./consoleSecurityGroupRule";
import { ControllerNode } from "./controllerNode";
import { rejectFaults } from "./faults";
import { type BusyGuardArgs, type GuardArgs, type ManagerGuardArgs, guardsOf } from "./guards";
import { type NodeLogin, inspectLogins } from "./logins";
import type { OnDestroy, PackagesOnDestroy } from "./onDestroy";
import { type OwnershipArgs } from "./ownership";
import { type NodeOutcome, type RoleOutcome, byNode } from "./outcomes";
import { type ProxyArgs, warnOfSources } from "./proxy";
import { type RolloutArgs, batches } from "./rollout";
import { type SoftwareArgs, softwareOf, warnOfGuests, warnOfSoftware } from "./software";
import { warnOfTls } from "./tls";
import { VncProxyRetirement } from "./vncProxyRetirement";

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
  extends GuestConsoleArgs, ManagerGuardArgs, BusyGuardArgs, SoftwareArgs, OwnershipArgs, AgainArgs {
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
  /** Whether keys of nova.conf that Nova does not read any more are made comments. @default false: each run tells them */
  readonly removeDeadKeys?: boolean;
  /** What becomes of nodes that leave the stack. @default OnDestroy.Restore */
  readonly onDestroy?: OnDestroy;
  /** What becomes of the packages that were installed on nodes that get back what they had. @default PackagesOnDestroy.Keep */
  readonly packagesOnDestroy?: PackagesOnDestroy;
}

/**
 * SPICE HTML5 consoles for a whole cloud.
 *
 * The controllers' SPICE proxies come first, and have served their page; then the computes, canaries before batches; with `Vnc.Off` the noVNC proxies
 * are stopped last of all. Destroying goes the other way round. So at no time does a guest lose its console for a proxy that is not there.
 */
export class SpiceConsole extends pulumi.ComponentResource {
  /** The URL that users' browsers open, without a token. */
  public readonly proxyPageUrl: pulumi.Output<string>;
  /** What each node reported when it last converged, by the node's name. */
  public readonly nodes: pulumi.Output<Record<string, NodeOutcome>>;

  /**
   * @param name The _unique_ name of this component.
   * @param args The proxy, the nodes, and what their guests get.
   * @param opts A bag of options that control this component's behavior.
   * @throws RunError that lists everything wrong with the arguments, before anything is registered
   */
  constructor(name: string, args: SpiceConsoleArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `SpiceConsole ${shown(name)}`;
    rejectFaults(subject, checkCloud(args));

    super("openstack-spice:index:SpiceConsole", name, {}, opts);

    const nodes = [...located(args.controllers, "controllers"), ...located(args.computes, "computes")];
    const logins = inspectLogins(nodes, args.ssh, { component: this, subject, opts });
    const { proxy, release, onDestroy, packagesOnDestroy, extraNovaOptions } = args;
    const shared = {
      ssh: logins.ssh,
      release,
      removeDeadKeys: args.removeDeadKeys,
      packagesOnDestroy,
      ...softwareOf(args),
      formerStack: args.formerStack,
      convergeAgain: args.convergeAgain,
    };
    const guests = guestsOf(args);
    const tokenTtl = (role: Role) => (takesTokenTtl(role, release) ? args.tokenTtl : undefined);
    warnOfSources(proxy.allowedSources, "proxy.allowedSources", this);
    warnOfTls(proxy, this, args.vnc);
    warnOfSoftware(args, this);
    warnOfGuests({ ...guests, release, extraNovaOptions: extraNovaOptions?.computes }, this);
    const proxySourceAddresses = proxySources(args.controllers);
    if (proxySourceAddresses === undefined) {
      warnOfOpenConsoles("controllers[].proxySourceAddresses", this);
    }
    this.openSecurityGroups(name, args);

    const outcomes: RoleOutcome[] = [];
    const controllersAfter = (dependsOn: readonly pulumi.Output<pulumi.Resource>[]) =>
      args.controllers.map((controller) => {
        const node = new ControllerNode(
          `${name}-${controller.name}`,
          {
            ...shared,
            nodeName: controller.name,
            connection: logins.of(controller.connection),
            onDestroy: controller.onDestroy ?? onDestroy,
            ...guardsOf(controller, args),
            proxy: { ...proxy, listenAddress: controller.listenAddress ?? proxy.listenAddress },
            tokenTtl: tokenTtl(Role.Controller),
            webClient: args.webClient,
            asOnComputes: { ...guests, extraNovaOptions: extraNovaOptions?.computes },
            extraNovaOptions: extraNovaOptions?.controllers,
          },
          { parent: this, dependsOn: [...dependsOn] },
        );
        outcomes.push({ name: controller.name, role: Role.Controller, report: node.report });
        return node.converged;
      });
    const computesAfter = (first: readonly pulumi.Output<pulumi.Resource>[]) =>
      // Each batch waits for the one before, so the last one stands for all.
      batches(args.computes, args.rollout).reduce(
        (before, batch) =>
          batch.map((compute) => {
            const node = new ComputeNode(
              `${name}-${compute.name}`,
              {
                ...shared,
                ...guests,
                proxySourceAddresses,
                nodeName: compute.name,
                connection: logins.of(compute.connection),
                onDestroy: compute.onDestroy ?? onDestroy,
                ...guardsOf(compute, args),
                novaApiCredentials: args.novaApiCredentials,
                html5proxyBaseUrl: proxy.baseUrl,
                serverProxyclientAddress: compute.serverProxyclientAddress,
                serverListen: compute.serverListen,
                tokenTtl: tokenTtl(Role.Compute),
                extraNovaOptions: extraNovaOptions?.computes,
              },
              { parent: this, dependsOn: [...before] },
            );
            outcomes.push({ name: compute.name, role: Role.Compute, report: node.report });
            return node.converged;
          }),
        first,
      );
    const last = args.recipe?.includes(RecipeSwitch.ComputesFirst)
      ? controllersAfter(computesAfter([]))
      : computesAfter(controllersAfter([]));

    if (guests.vnc === Vnc.Off) {
      const retiring = args.controllers.map(({ connection, listenAddress: _, ...node }) => ({
        ...node,
        connection: logins.of(connection),
        ...guardsOf(node, args),
      }));
      new VncProxyRetirement(
        `${name}-vnc-proxies`,
        {
          controllers: retiring,
          ssh: logins.ssh,
          onDestroy,
          formerStack: args.formerStack,
          convergeAgain: args.convergeAgain,
        },
        { parent: this, dependsOn: [...last] },
      );
    }

    this.proxyPageUrl = pulumi.output(proxy.baseUrl);
    this.nodes = pulumi.output(outcomes).apply(byNode);
    this.registerOutputs();
  }

  private openSecurityGroups(name: string, args: SpiceConsoleArgs): void {
    const { proxy, controllers, controllerSecurityGroupId, computeSecurityGroupId } = args;
    if (controllerSecurityGroupId !== undefined) {
      const { allowedSources = [], port } = proxy;
      new ConsoleSecurityGroupRule(
        `${name}-proxy`,
        {
          securityGroupId: controllerSecurityGroupId,
          sources: allowedSources,
          port,
          description: "SPICE console proxy",
        },
        { parent: this },
      );
    }
    if (computeSecurityGroupId !== undefined) {
      const { first, last } = args.consolePortRange ?? defaultConsolePorts;
      const sources = [
        ...new Set([...(proxySources(controllers) ?? []), ...canonical(args.extraConsoleSources ?? [])]),
      ];
      new ConsoleSecurityGroupRule(
        `${name}-guests`,
        {
          securityGroupId: computeSecurityGroupId,
          sources,
          port: first,
          lastPort: last,
          description: "Guests' consoles",
        },
        { parent: this },
      );
    }
  }
}

/** What all computes' guests get. */
function guestsOf(args: SpiceConsoleArgs): GuestConsoleArgs {
  const { vnc, acceptConsoleLoss, agentEnabled, serverListenEverywhere, extraConsoleSources, consolePortRange } = args;
  const { compression, requireSecure, nativeClientsOnly, spiceDirectProxyBaseUrl } = args;
  const spice = { compression, requireSecure, nativeClientsOnly, spiceDirectProxyBaseUrl };
  const ports = { extraConsoleSources, consolePortRange };
  return { vnc, acceptConsoleLoss, agentEnabled, serverListenEverywhere, ...spice, ...ports };
}

/** The nodes of a list with where their connections stand in the arguments. */
function located(nodes: readonly (ControllerArgs | ComputeArgs)[], list: string): NodeLogin[] {
  return nodes.map(({ name, connection }, index) => ({ name, connection, path: `${list}[${index}].connection` }));
}

/** CIDR blocks as they are written to computes and to Neutron; without faults, which are known by then. */
function canonical(sources: readonly string[]): readonly string[] {
  return (parseCidrs(sources, "").value ?? []).map(({ text }) => text);
}
