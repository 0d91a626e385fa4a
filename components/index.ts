/** The package's public surface. */
export type { BastionArgs, ConnectionArgs, HostArgs, LoginArgs, SshArgs } from "../host/connection";
export type { NodeReport } from "../host/report";
export {
  CompressionPreset,
  ConsoleClient,
  type GuestConsoleWishes,
  type GuestProperties,
  ImageCompression,
  Manager,
  type PackageRepository,
  type PortRange,
  RecipeSwitch,
  Release,
  Role,
  SoundModel,
  StreamingMode,
  TlsVersion,
  UsbModel,
  VideoModel,
  Vnc,
  WanCompression,
  type WebClient,
} from "../nova";
export { type CompressionArgs, ComputeNode, type ComputeNodeArgs, type GuestConsoleArgs } from "./computeNode";
export { ConsoleSecurityGroupRule, type ConsoleSecurityGroupRuleArgs } from "./consoleSecurityGroupRule";
export { type AsOnComputesArgs, ControllerNode, type ControllerNodeArgs } from "./controllerNode";
export { guestConsole } from "./guests";
export type { BusyGuardArgs, GuardArgs, ManagerGuardArgs } from "./guards";
export type { AgainArgs } from "./again";
export type { NodeArgs } from "./node";
export { OnDestroy, PackagesOnDestroy } from "./onDestroy";
export type { NodeOutcome } from "./outcomes";
export type { OwnershipArgs } from "./ownership";
export type { ProxyArgs, ProxyTlsArgs } from "./proxy";
export type { RolloutArgs } from "./rollout";
export type { SoftwareArgs } from "./software";
export {
  type ComputeArgs,
  type ControllerArgs,
  type ExtraNovaOptionsArgs,
  SpiceConsole,
  type SpiceConsoleArgs,
} from "./spiceConsole";
export { VncProxyRetirement, type RetiringControllerArgs, type VncProxyRetirementArgs } from "./vncProxyRetirement";
