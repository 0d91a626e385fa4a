/** The package's public surface. */
export type { BastionArgs, ConnectionArgs, HostArgs, LoginArgs, SshArgs } from "../remote/connection";
export type { NodeChange, NodeMessage, NodeReport } from "../contract/report";
export {
  CompressionPreset,
  ConsoleClient,
  type GuestConsoleWishes,
  type GuestProperties,
  ImageCompression,
  ConfigurationManagementTool,
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
export type { CompressionArgs, GuestConsoleArgs } from "./args/guestConsole";
export { ComputeNode } from "./computeNode";
export type { ComputeNodeArgs } from "./args/computeNode";
export { ConsoleSecurityGroupRule } from "./consoleSecurityGroupRule";
export type { ConsoleSecurityGroupRuleArgs } from "./args/consoleSecurityGroupRule";
export type { AsOnComputesArgs, ControllerNodeArgs } from "./args/controllerNode";
export { ControllerNode } from "./controllerNode";
export { guestConsole } from "./guestConsole";
export type { BusyGuardArgs, GuardArgs, ConfigurationManagementArgs } from "./args/node";
export type { AgainArgs } from "./args/node";
export type { NodeArgs } from "./args/node";
export { OnDestroy, PackagesOnDestroy } from "./args/onDestroy";
export type { NodeOutcome } from "./shared/outcomes";
export type { OwnershipArgs } from "./args/node";
export type { ProxyArgs, ProxyTlsArgs } from "./args/proxy";
export type { RolloutArgs } from "./args/rollout";
export type { SoftwareArgs } from "./args/node";
export type { ComputeArgs, ControllerArgs, ExtraNovaOptionsArgs, SpiceConsoleArgs } from "./args/spiceConsole";
export { SpiceConsole } from "./spiceConsole";
export { VncProxyRetirement } from "./vncProxyRetirement";
export type { RetiringControllerArgs, VncProxyRetirementArgs } from "./args/vncProxyRetirement";
