import * as pulumi from "@pulumi/pulumi";
import type { NodeReport } from "../host/report";
import { Role, type Vnc } from "../nova";
import { computeDocument } from "./desired";
import { rejectFaults } from "./faults";
import { isPlain } from "./inputs";
import { type NodeArgs, checkNode, convergeNode, thisStack, withoutDependencies } from "./node";

/** What a compute's guests get; the same for all computes of a cloud, as a rule. */
export interface GuestConsoleArgs {
  /**
   * What becomes of VNC. `Keep`: left as it is. `Alongside`: guests have both graphics, and no console is lost. `Off`: guests get SPICE alone with their
   * next hard reboot; refused while a running guest has VNC alone. @default Vnc.Alongside
   */
  readonly vnc?: Vnc;
  /** Whether `Vnc.Off` may leave running guests without a console until their next hard reboot. @default false */
  readonly acceptConsoleLoss?: pulumi.Input<boolean>;
  /**
   * `[spice] agent_enabled`: whether guests get the channel of the SPICE agent, which with native clients carries clipboard and resolution. For clouds
   * whose images all have spice-vdagent: once VNC is off, a guest with the channel loses its USB tablet, and without the agent its pointer drifts
   * (Nova bug 1634495; before 14.0.5 even with it). @default false, though Nova's own default is true
   */
  readonly agentEnabled?: pulumi.Input<boolean>;
  /**
   * Whether the computes' SPICE servers may listen on every address (`0.0.0.0`). They have no password: only behind a firewall. @default false
   */
  readonly serverListenEverywhere?: pulumi.Input<boolean>;
}

/** Arguments of {@link ComputeNode}. */
export interface ComputeNodeArgs extends NodeArgs, GuestConsoleArgs {
  /** `[spice] html5proxy_base_url`: the URL that users' browsers open, without a token. It has to lead to the cloud's SPICE proxies. */
  readonly html5proxyBaseUrl: pulumi.Input<string>;
  /** `[spice] server_proxyclient_address`: IP address of this compute that the proxies connect to. */
  readonly serverProxyclientAddress: pulumi.Input<string>;
  /**
   * `[spice] server_listen`: IP address on which the guests' SPICE servers listen. @default serverProxyclientAddress, or "0.0.0.0" with
   * serverListenEverywhere
   */
  readonly serverListen?: pulumi.Input<string>;
}

/**
 * One node whose guests have SPICE consoles: nova.conf says so, and `nova-compute` runs with it. A running guest gets its SPICE console with its next
 * hard reboot; no guest is rebooted. Nothing else of Nova is restarted.
 */
export class ComputeNode extends pulumi.ComponentResource {
  /** What the node reported when it last converged. */
  public readonly report: pulumi.Output<NodeReport>;
  /** What is done when the node has converged: with many nodes, what to depend on in place of the whole component keeps the state small. */
  public readonly converged: pulumi.Resource;

  /**
   * @param name The _unique_ name of this component, and the node's name where `nodeName` is left out.
   * @param args What the node is to be, and how to reach it.
   * @param opts A bag of options that control this component's behavior.
   * @throws RunError that lists everything wrong with the arguments, before anything is registered
   */
  constructor(name: string, args: ComputeNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `ComputeNode "${name}"`;
    const { release, extraNovaOptions, vnc, acceptConsoleLoss, agentEnabled, serverListenEverywhere } = args;
    const { html5proxyBaseUrl, serverProxyclientAddress, serverListen, packagesOnDestroy } = args;
    const guests = { vnc, acceptConsoleLoss, agentEnabled, serverListenEverywhere };
    const addresses = { html5proxyBaseUrl, serverProxyclientAddress, serverListen };
    const settings = { release, extraNovaOptions, packagesOnDestroy, ...guests, ...addresses };
    const recipient = { node: args.nodeName ?? name, owner: thisStack() };
    rejectFaults(subject, [
      ...checkNode(name, args),
      ...(isPlain(settings) ? computeDocument(settings, recipient).faults : []),
    ]);

    super("openstack-spice:index:ComputeNode", name, {}, withoutDependencies(opts));

    const document = (known: pulumi.Unwrap<typeof settings>) => computeDocument(known, recipient);
    const { report, command } = convergeNode({
      component: this,
      name,
      subject,
      role: Role.Compute,
      args,
      opts,
      settings,
      document,
    });
    this.report = report;
    this.converged = command;
    this.registerOutputs();
  }
}
