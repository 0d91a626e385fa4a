import { type Fault, type Manager, checkManagers, shown } from "../nova";

/** A tool that manages Nova and is to be passed over; see docs/refusals.md. */
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

/** How a compute knows what Nova is at on it, so that nova-compute's restart cuts nothing off. */
export interface BusyGuardArgs {
  /**
   * A section of the computes' own Nova configuration with credentials by which each asks Nova's API, besides what it sees itself: `service_user`,
   * `keystone_authtoken`, or one of yours. Its user may list all projects' servers, and migrations, as with the role `admin`. Then a server of the compute
   * that has a task, and a migration from or to it that has not ended, are waited for even where they have not reached the node; an API that does not answer
   * postpones the node. Asked only where nova-compute is about to be restarted. @default none: libvirt, processes and files on the node alone
   */
  readonly novaApiCredentials?: string;
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

/** The fault of credentials that no section of a configuration file can hold. */
export function checkBusyGuard({ novaApiCredentials }: BusyGuardArgs): readonly Fault[] {
  const reason = `${shown(novaApiCredentials)} is no section's name. Give that of a section of the computes' nova.conf, without brackets, such as "service_user".`;
  return novaApiCredentials === undefined || /^[A-Za-z]\w*$/.test(novaApiCredentials)
    ? []
    : [{ path: "novaApiCredentials", reason }];
}
