import * as pulumi from "@pulumi/pulumi";
import type { CompressionPreset, ImageCompression, PortRange, StreamingMode, Vnc, WanCompression } from "../../nova";

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
  /**
   * `[DEFAULT] pointer_model`: the pointer that guests get where neither their image nor the SPICE agent says otherwise; Nova 14 and later. With `ps2mouse`
   * a console's pointer drifts from the browser's. @default Nova's: usbtablet
   */
  readonly pointerModel?: pulumi.Input<"usbtablet" | "ps2mouse">;
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
