import * as pulumi from "@pulumi/pulumi";
import { ownerOf, parseFormerStack } from "../../nova";
import type { GuardArgs, ConfigurationManagementArgs, OwnershipArgs, SoftwareArgs } from "../args/node";

/** The guards that are given, without keys that are not. @param shared what holds where the node says nothing of its own */
export function guardsOf(node: GuardArgs, shared: ConfigurationManagementArgs = {}): GuardArgs {
  const { ignoreConfigurationManagement = shared.ignoreConfigurationManagement, acceptPendingChanges } = node;
  return {
    ...(ignoreConfigurationManagement === undefined ? {} : { ignoreConfigurationManagement }),
    ...(acceptPendingChanges === undefined ? {} : { acceptPendingChanges }),
  };
}

/** The stack that is running. It owns what it changes on a node, and a node refuses a second owner. */
export function thisStack(): string {
  return ownerOf(pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack());
}

/** The owner, and the former one, as they stand in documents. Without validation errors, which are known by then. */
export function ownersOf({ formerStack }: OwnershipArgs): { readonly owner: string; readonly formerOwner?: string } {
  const owner = thisStack();
  const former = formerStack === undefined ? undefined : parseFormerStack(formerStack, owner, "").value;
  return former === undefined ? { owner } : { owner, formerOwner: former };
}

/** The arguments that are given, without keys that are not. */
export function softwareOf({ packageRepository, recipe, installPython }: SoftwareArgs): SoftwareArgs {
  return {
    ...(packageRepository === undefined ? {} : { packageRepository }),
    ...(recipe === undefined ? {} : { recipe }),
    ...(installPython === undefined ? {} : { installPython }),
  };
}
