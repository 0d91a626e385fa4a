import { type Fault, type Manager, checkManagers } from "../nova";

/** A tool that manages Nova and is to be passed over; see the README's table of guards. */
export interface ManagerGuardArgs {
  /**
   * Tools out of whose hands Nova's files and services on the node have been taken. Any other that manages Nova there is refused by name, before anything
   * changes: it would undo it. @default none
   */
  readonly ignoreManagers?: readonly Manager[];
}

/** What an operator can vouch for, where a node refuses before its first change. */
export interface GuardArgs extends ManagerGuardArgs {
  /**
   * Whether the restart of a service may also bring into force what other people have changed since it started: its configuration files, or the packages
   * it runs on. @default false: refused, with what it is
   */
  readonly acceptPendingChanges?: boolean;
}

/** The guards that are given, without keys that are not. @param shared what holds where the node says nothing of its own */
export function guardsOf(node: GuardArgs, shared: ManagerGuardArgs = {}): GuardArgs {
  const { ignoreManagers = shared.ignoreManagers, acceptPendingChanges } = node;
  return {
    ...(ignoreManagers === undefined ? {} : { ignoreManagers }),
    ...(acceptPendingChanges === undefined ? {} : { acceptPendingChanges }),
  };
}

/** Faults of a node's guards. @param path put before the path of each fault */
export function checkGuards({ ignoreManagers = [] }: ManagerGuardArgs, path = ""): readonly Fault[] {
  return checkManagers(ignoreManagers, `${path}ignoreManagers`);
}
