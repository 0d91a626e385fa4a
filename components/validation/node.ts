import {
  checkConfigurationManagement,
  checkNodeName,
  checkRecipe,
  checkRepository,
  checkSize,
  checkWord,
  type NodeEntry,
  type ValidationError,
  parseFormerStack,
  shown,
} from "../../nova";
import type {
  AgainArgs,
  BusyGuardArgs,
  ConfigurationManagementArgs,
  NodeArgs,
  OwnershipArgs,
  SoftwareArgs,
} from "../args/node";
import { OnDestroy, PackagesOnDestroy } from "../args/onDestroy";
import type { ComputeArgs } from "../args/spiceConsole";
import type { RetiringControllerArgs } from "../args/vncProxyRetirement";
import { isPlain } from "../shared/inputs";
import { thisStack } from "../shared/nodeArgs";
import { checkConnection, checkSsh } from "./logins";

/** Validation errors of the word, which becomes a part of the command line. */
export function checkAgain({ convergeAgain }: AgainArgs): readonly ValidationError[] {
  return convergeAgain === undefined || /^[A-Za-z\d][\w.:-]{0,31}$/.test(convergeAgain)
    ? []
    : [
        {
          path: "convergeAgain",
          reason:
            "It is not one word. Give 1 to 32 letters, digits, hyphens, dots, colons and underscores, such as 2026-03-01.",
        },
      ];
}

/** Validation errors of what becomes of a node: a word that is not known must never be taken for one that puts it back. @param path put before the path of each */
export function checkOnDestroy(
  { onDestroy, packagesOnDestroy }: Pick<NodeArgs, "onDestroy" | "packagesOnDestroy">,
  path = "",
): readonly ValidationError[] {
  return [
    ...checkWord(onDestroy, Object.values(OnDestroy), `${path}onDestroy`, "not known here"),
    ...checkWord(packagesOnDestroy, Object.values(PackagesOnDestroy), `${path}packagesOnDestroy`, "not known here"),
  ];
}

/** Validation errors of a node's guards. @param path put before the path of each validation error */
export function checkGuards(
  { ignoreConfigurationManagement = [] }: ConfigurationManagementArgs,
  path = "",
): readonly ValidationError[] {
  return checkConfigurationManagement(ignoreConfigurationManagement, `${path}ignoreConfigurationManagement`);
}

/** The validation error of credentials that no section of a configuration file can hold. */
export function checkBusyGuard({ novaApiCredentials }: BusyGuardArgs): readonly ValidationError[] {
  const reason = `${shown(novaApiCredentials)} is no section's name. Give that of a section of the computes' nova.conf, without brackets, such as "service_user".`;
  const path = "novaApiCredentials";
  return novaApiCredentials === undefined || /^[A-Za-z]\w*$/.test(novaApiCredentials)
    ? checkSize(novaApiCredentials?.length ?? 0, "section", path)
    : [{ path, reason }];
}

/** A node of a list as far as it is known. */
export function nodeEntry({
  name,
  connection: { host },
  serverProxyclientAddress: address,
}: Pick<RetiringControllerArgs, "name" | "connection"> &
  Partial<Pick<ComputeArgs, "serverProxyclientAddress">>): NodeEntry {
  return {
    name,
    ...(isPlain(host) ? { host } : {}),
    ...(address !== undefined && isPlain(address) ? { serverProxyclientAddress: address } : {}),
  };
}

/** Validation errors of what all nodes have in common, as far as they are known. */
export function checkNode(name: string, args: NodeArgs): readonly ValidationError[] {
  return [
    ...(args.nodeName === undefined ? checkNodeName(name, "name") : checkNodeName(args.nodeName, "nodeName")),
    ...checkConnection(args.connection, "connection", args.ssh),
    ...checkSsh(args.ssh, "ssh"),
    ...checkGuards(args),
    ...checkOnDestroy(args),
    ...checkSoftware(args),
    ...checkOwnership(args),
    ...checkAgain(args),
  ];
}

/** Validation errors of the former name. */
export function checkOwnership({ formerStack }: OwnershipArgs): readonly ValidationError[] {
  return formerStack === undefined ? [] : parseFormerStack(formerStack, thisStack(), "formerStack").errors;
}

/** Everything that is wrong with it. */
export function checkSoftware({ packageRepository, recipe = [] }: SoftwareArgs): readonly ValidationError[] {
  return [
    ...(packageRepository === undefined ? [] : checkRepository(packageRepository, "packageRepository")),
    ...checkRecipe(recipe, "recipe"),
  ];
}
