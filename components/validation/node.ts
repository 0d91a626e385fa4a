import {
  checkManagers,
  checkNodeName,
  checkRecipe,
  type Fault,
  parseFormerStack,
  repositoryFile,
  shown,
} from "../../nova";
import type { AgainArgs, BusyGuardArgs, ManagerGuardArgs, NodeArgs, OwnershipArgs, SoftwareArgs } from "../args/node";
import { thisStack } from "../shared/nodeArgs";
import { checkConnection, checkSsh } from "./logins";

/** Faults of the word, which becomes a part of the command line. */
export function checkAgain({ convergeAgain }: AgainArgs): readonly Fault[] {
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

/** Faults of a node's guards. @param path put before the path of each fault */
export function checkGuards({ ignoreManagers = [] }: ManagerGuardArgs, path = ""): readonly Fault[] {
  return checkManagers(ignoreManagers, `${path}ignoreManagers`);
}

/** The fault of credentials that no section of a configuration file can hold. */
export function checkBusyGuard({ novaApiCredentials }: BusyGuardArgs): readonly Fault[] {
  const reason = `${shown(novaApiCredentials)} is no section's name. Give that of a section of the computes' nova.conf, without brackets, such as "service_user".`;
  return novaApiCredentials === undefined || /^[A-Za-z]\w*$/.test(novaApiCredentials)
    ? []
    : [{ path: "novaApiCredentials", reason }];
}

/** Faults of what all nodes have in common, as far as they are known. */
export function checkNode(name: string, args: NodeArgs): readonly Fault[] {
  return [
    ...(args.nodeName === undefined ? checkNodeName(name, "name") : checkNodeName(args.nodeName, "nodeName")),
    ...checkConnection(args.connection, "connection", args.ssh),
    ...checkSsh(args.ssh, "ssh"),
    ...checkGuards(args),
    ...checkSoftware(args),
    ...checkOwnership(args),
    ...checkAgain(args),
  ];
}

/** Faults of the former name. */
export function checkOwnership({ formerStack }: OwnershipArgs): readonly Fault[] {
  return formerStack === undefined ? [] : parseFormerStack(formerStack, thisStack(), "formerStack").faults;
}

/** Everything that is wrong with it. */
export function checkSoftware({ packageRepository, recipe = [] }: SoftwareArgs): readonly Fault[] {
  return [
    ...(packageRepository === undefined ? [] : repositoryFile(packageRepository, "packageRepository").faults),
    ...checkRecipe(recipe, "recipe"),
  ];
}
