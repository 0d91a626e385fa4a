import * as pulumi from "@pulumi/pulumi";
import type { NodeReport } from "../host/report";
import {
  type CompressionPreset,
  type ImageCompression,
  type PortRange,
  Role,
  type StreamingMode,
  type Vnc,
  type WanCompression,
} from "../nova";
import { computeDocument } from "./desired";
import { rejectFaults } from "./faults";
import { type BusyGuardArgs, checkBusyGuard, guardsOf } from "./guards";
import { isPlain } from "./inputs";
import { isSpokenFor } from "./logins";
import { type NodeArgs, checkNode, convergeNode, withoutDependencies } from "./node";
import { ownersOf } from "./ownership";
import { softwareOf, warnOfGuests, warnOfSoftware } from "./software";

/**
 * How guests' SPICE servers compress what they send; Nova 27 and later. What is left out is left to QEMU: images `auto_glz`, `auto` on slow links,
 * sound compressed, no streaming.
 */
export interface CompressionArgs {
  /** Settings for a purpose, where the others are left out. `Video`: guests in which video plays; docs/guests.md has the reason for each. @default none */
  readonly preset?: CompressionPreset;
  /** `[spice] image_compression`: without loss. The HTML5 client does not decode `Glz`. @default QEMU's */
  readonly image?: pulumi.Input<ImageCompression>;
  /** `[spice] jpeg_compression`: of photographic images, with loss. @default QEMU's */
  readonly jpeg?: pulumi.Input<WanCompression>;
  /** `[spice] zlib_compression`: of `Glz` images, over again. @default QEMU's */
  readonly zlib?: pulumi.Input<WanCompression>;
  /** `[spice] playback_compression`: of the guest's sound; without it the HTML5 client is silent. @default QEMU's */
  readonly playback?: pulumi.Input<boolean>;
  /** `[spice] streaming_mode`: what is sent as video, with loss, in place of images. @default QEMU's */
  readonly streamingMode?: pulumi.Input<StreamingMode>;
}

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
  /** How the guests' SPICE servers compress what they send. A guest gets it with its next hard reboot. @default QEMU's own defaults */
  readonly compression?: CompressionArgs;
  /**
   * `[spice] require_secure`: guests take TLS connections alone; Nova 30 and later. nova-spicehtml5proxy has none, so HTML5 consoles stop: refused
   * without `nativeClientsOnly`. Each compute needs `spice_tls` and certificates in `/etc/libvirt/qemu.conf`. @default false
   */
  readonly requireSecure?: pulumi.Input<boolean>;
  /** Whether users have native clients alone, so that no HTML5 console is missed. @default false */
  readonly nativeClientsOnly?: pulumi.Input<boolean>;
  /**
   * `[spice] spice_direct_proxy_base_url`: where a proxy for native clients, such as Kerbside, hands out `.vv` files; Nova 31 and later, compute API
   * 2.99. @default none
   */
  readonly spiceDirectProxyBaseUrl?: pulumi.Input<string>;
  /**
   * Whether the computes' SPICE servers may listen on every address (`0.0.0.0`). They have no password: only behind a firewall. @default false
   */
  readonly serverListenEverywhere?: pulumi.Input<boolean>;
  /**
   * CIDR blocks, beside the proxies' addresses, that may connect to guests' consoles on the computes, such as a monitoring host's. Needs the proxies'
   * addresses. @default none
   */
  readonly extraConsoleSources?: readonly string[];
  /**
   * TCP ports of the guests' consoles, which are closed to all but the proxies. QEMU takes one for each console of each guest, from 5900 up: with VNC
   * alongside SPICE a hundred are enough for fifty guests. Whole numbers from 5900 to 49151. @default 5900 to 5999
   */
  readonly consolePortRange?: PortRange;
}

/** Warns that a compute's console ports stay as they are. @param path where the proxies' addresses would stand in the arguments */
export function warnOfOpenConsoles(path: string, component: pulumi.Resource): void {
  void pulumi.log.warn(
    `${path} is left out: the firewalls of the computes are left alone, and guests' consoles have no password. Name the addresses from which the computes see the proxies come.`,
    component,
  );
}

/** Arguments of {@link ComputeNode}. */
export interface ComputeNodeArgs extends NodeArgs, GuestConsoleArgs, BusyGuardArgs {
  /** `[spice] html5proxy_base_url`: the URL that users' browsers open, without a token. It has to lead to the cloud's SPICE proxies. */
  readonly html5proxyBaseUrl: pulumi.Input<string>;
  /** `[spice] server_proxyclient_address`: IP address of this compute that the proxies connect to. */
  readonly serverProxyclientAddress: pulumi.Input<string>;
  /**
   * `[spice] server_listen`: IP address on which the guests' SPICE servers listen. @default serverProxyclientAddress, or "0.0.0.0" with
   * serverListenEverywhere
   */
  readonly serverListen?: pulumi.Input<string>;
  /** `[consoleauth] token_ttl`: seconds for which a console's URL can be opened; Nova 18 and later. @default Nova's: 600 */
  readonly tokenTtl?: pulumi.Input<number>;
  /**
   * Addresses or CIDR blocks from which this compute sees the console proxies come. `consolePortRange` is closed to all others, `extraConsoleSources`
   * apart, in this compute's own firewall. @default the firewall is left alone, with a warning
   */
  readonly proxySourceAddresses?: readonly string[];
}

/**
 * One node whose guests have SPICE consoles: nova.conf says so, and `nova-compute` runs with it; before that their ports are closed to all but the
 * sources named. A running guest gets its SPICE console with its next
 * hard reboot; no guest is rebooted. Nothing else of Nova is restarted.
 */
export class ComputeNode extends pulumi.ComponentResource {
  /** What the node reported when it last converged. */
  public readonly report: pulumi.Output<NodeReport>;
  /** What is done when the node has converged, and its report has said so to the last line: with many nodes, what to depend on in place of the whole component keeps the state small. */
  public readonly converged: pulumi.Output<pulumi.Resource>;

  /**
   * @param name The _unique_ name of this component, and the node's name where `nodeName` is left out.
   * @param args What the node is to be, and how to reach it.
   * @param opts A bag of options that control this component's behavior.
   * @throws RunError that lists everything wrong with the arguments, before anything is registered
   */
  constructor(name: string, args: ComputeNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `ComputeNode "${name}"`;
    const { release, extraNovaOptions, vnc, acceptConsoleLoss, agentEnabled, serverListenEverywhere } = args;
    const { html5proxyBaseUrl, serverProxyclientAddress, serverListen, removeDeadKeys, packagesOnDestroy } = args;
    const { proxySourceAddresses, extraConsoleSources, consolePortRange } = args;
    const { compression, requireSecure, nativeClientsOnly, spiceDirectProxyBaseUrl, tokenTtl } = args;
    const spice = { compression, requireSecure, nativeClientsOnly, spiceDirectProxyBaseUrl, tokenTtl };
    const guests = { vnc, acceptConsoleLoss, agentEnabled, serverListenEverywhere, ...spice };
    const addresses = { html5proxyBaseUrl, serverProxyclientAddress, serverListen };
    const ports = { proxySourceAddresses, extraConsoleSources, consolePortRange };
    const software = softwareOf(args);
    const settings = {
      release,
      extraNovaOptions,
      removeDeadKeys,
      novaApiCredentials: args.novaApiCredentials,
      packagesOnDestroy,
      ...software,
      ...guests,
      ...addresses,
      ...ports,
    };
    const recipient = { node: args.nodeName ?? name, ...ownersOf(args), ...guardsOf(args) };
    rejectFaults(subject, [
      ...checkNode(name, args),
      ...checkBusyGuard(args),
      ...(isPlain(settings) ? computeDocument(settings, recipient).faults : []),
    ]);

    super("openstack-spice:index:ComputeNode", name, {}, withoutDependencies(opts));

    if (!isSpokenFor(opts)) {
      if (proxySourceAddresses === undefined) {
        warnOfOpenConsoles("proxySourceAddresses", this);
      }
      warnOfSoftware(args, this);
      warnOfGuests(args, this);
    }
    const document = (known: pulumi.Unwrap<typeof settings>) => computeDocument(known, recipient);
    const { report, converged } = convergeNode({
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
    this.converged = converged;
    this.registerOutputs();
  }
}
