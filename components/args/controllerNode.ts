import * as pulumi from "@pulumi/pulumi";
import type { Vnc, WebClient } from "../../nova";
import type { NodeArgs } from "./node";
import type { ProxyArgs } from "./proxy";

/** Arguments of {@link ControllerNode}. */
export interface ControllerNodeArgs extends NodeArgs {
  /** The proxy that is to run there. */
  readonly proxy: ProxyArgs;
  /** `[consoleauth] token_ttl`: seconds for which a console's URL can be opened; up to Nova 19, then the computes'. @default Nova's: 600 */
  readonly tokenTtl?: pulumi.Input<number>;
  /**
   * Where the web client comes from, in the place of the platform's own package: another package, or an archive with its checksum, which is unpacked to a
   * folder that the SPICE proxy alone serves from. @default the package spice-html5
   */
  readonly webClient?: WebClient;
  /** What the computes have, where `RecipeSwitch.ComputeOptionsOnControllers` is to write the same on this node. @default nothing of it is written */
  readonly asOnComputes?: AsOnComputesArgs;
}

/** What computes have that `RecipeSwitch.ComputeOptionsOnControllers` writes on controllers too; the arguments of a `ComputeNode`. */
export interface AsOnComputesArgs {
  /** As on the computes. @default Vnc.Alongside */
  readonly vnc?: Vnc;
  /** As on the computes. @default false */
  readonly agentEnabled?: pulumi.Input<boolean>;
  /** Of these, `spice/keymap`. @default none */
  readonly extraNovaOptions?: Readonly<Record<string, pulumi.Input<string>>>;
}
