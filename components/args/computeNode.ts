import * as pulumi from "@pulumi/pulumi";
import type { GuestConsoleArgs } from "./guestConsole";
import type { BusyGuardArgs, NodeArgs } from "./node";

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
