import type { ConnectionArgs, SshArgs } from "../../remote/connection";
import type { AgainArgs, ConfigurationManagementArgs, OwnershipArgs } from "./node";
import { OnDestroy } from "./onDestroy";

/** A controller whose noVNC proxy is stopped. */
export interface RetiringControllerArgs extends ConfigurationManagementArgs {
  /** The controller's name, the same as its {@link ControllerNode} has. */
  readonly name: string;
  /** How to reach it. */
  readonly connection: ConnectionArgs;
  /** What becomes of its noVNC proxy when this, or the controller, leaves the stack. @default the arguments' onDestroy */
  readonly onDestroy?: OnDestroy;
}

/** Arguments of {@link VncProxyRetirement}. */
export interface VncProxyRetirementArgs extends OwnershipArgs, AgainArgs {
  /** The controllers that run the noVNC proxy. */
  readonly controllers: readonly RetiringControllerArgs[];
  /** Defaults for the connections. @default none */
  readonly ssh?: SshArgs;
  /** What becomes of the noVNC proxies when this leaves the stack. @default OnDestroy.Restore: they run again */
  readonly onDestroy?: OnDestroy;
}
