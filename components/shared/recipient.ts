import type * as pulumi from "@pulumi/pulumi";
import { type ControllerState, type VncProxyRetirementState, on, switchedOn } from "../../contract";
import { type Checked, type ValidationError, repositoryFile } from "../../nova";
import type { GuardArgs, NodeArgs } from "../args/node";
import { PackagesOnDestroy } from "../args/onDestroy";

/** The node that a desired state is for. */
export interface Recipient extends GuardArgs, Pick<VncProxyRetirementState, "node" | "owner" | "formerOwner"> {}

/** A desired state, and what is wrong with the settings that it is made of: it is missing where something is, or where not all is known. */
export interface Made<S> {
  readonly errors: readonly ValidationError[];
  readonly value: S | undefined;
}

/** What the states of all roles say alike. */
export function identity({
  node,
  owner,
  formerOwner,
  ignoreConfigurationManagement,
}: Recipient): Pick<VncProxyRetirementState, "node" | "owner" | "formerOwner" | "toolsToIgnore"> {
  return { node, owner, formerOwner, toolsToIgnore: switchedOn(ignoreConfigurationManagement) };
}

/** What the states of both restarting roles say alike. The settings are known to be sound. */
export function commonState(
  settings: pulumi.Unwrap<
    Pick<NodeArgs, "release" | "removeObsoleteOptions" | "packagesOnDestroy" | "packageRepository">
  >,
  recipient: Recipient,
): Pick<
  ControllerState,
  | keyof ReturnType<typeof identity>
  | "release"
  | "acceptPendingChanges"
  | "removeObsoleteOptions"
  | "packagesOnDestroy"
  | "repository"
> {
  const { release, removeObsoleteOptions, packagesOnDestroy, packageRepository } = settings;
  return {
    ...identity(recipient),
    release,
    acceptPendingChanges: on(recipient.acceptPendingChanges),
    removeObsoleteOptions: on(removeObsoleteOptions),
    packagesOnDestroy: packagesOnDestroy === PackagesOnDestroy.Remove ? packagesOnDestroy : undefined,
    repository: packageRepository === undefined ? undefined : repositoryFile(packageRepository),
  };
}

/**
 * The errors of checks, and those of what is made after them.
 *
 * @param better paths of arguments whose values a check looks at, and says better what is wrong with them
 */
export function together(
  checks: readonly ValidationError[],
  made: Checked<unknown>,
  better: readonly string[],
): readonly ValidationError[] {
  const isSaid = (path: string) => better.includes(path) && checks.some((error) => error.path.startsWith(path));
  return [...checks, ...made.errors.filter(({ path }) => !isSaid(path))];
}
