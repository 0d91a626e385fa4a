import type * as pulumi from "@pulumi/pulumi";
import type { NodeReport } from "../../contract/report";
import type { Role } from "../../nova";

/** What one node reported when it last converged, for all its roles. */
export interface NodeOutcome extends NodeReport {
  /** In the order in which they were declared: controllers first. */
  readonly roles: readonly Role[];
}

/** One role of one node, with what it reported. */
export interface RoleOutcome {
  readonly name: string;
  /** Undefined where it is no role but something done to a node that has one, as its noVNC's retirement. */
  readonly role: Role | undefined;
  readonly report: pulumi.Output<NodeReport>;
}

/** Puts together what a node reported for each of its roles. */
export function byNode(outcomes: readonly pulumi.Unwrap<RoleOutcome>[]): Record<string, NodeOutcome> {
  const nodes = new Map<string, NodeOutcome>();
  for (const { name, role, report } of outcomes) {
    const roles = role === undefined ? [] : [role];
    const other = nodes.get(name);
    nodes.set(name, other === undefined ? { roles, ...report } : together(other, { roles, ...report }));
  }
  return Object.fromEntries(nodes);
}

function together(one: NodeOutcome, other: NodeOutcome): NodeOutcome {
  return {
    ...other,
    ...one,
    roles: [...one.roles, ...other.roles],
    packages: { ...one.packages, ...other.packages },
    changes: [...one.changes, ...other.changes],
    guestsWithoutSpice: [...one.guestsWithoutSpice, ...other.guestsWithoutSpice],
    restarted: [...one.restarted, ...other.restarted],
    ...firewalls(one.firewall, other.firewall),
    ...lists(one, other),
  };
}

/** Every firewall that one of the roles names; what is said where a role has none only where no role has any. */
function firewalls(...texts: readonly (string | undefined)[]): Pick<NodeReport, "firewall"> {
  const all = [...new Set(texts.flatMap((text) => text?.split(",") ?? []))];
  const some = all.filter((name) => name !== "none" && name !== "unmanaged");
  const names = some.length > 0 ? some : all.slice(0, 1);
  return names.length === 0 ? {} : { firewall: names.join(",") };
}

/** What both roles' reports have in lists that are left out where they are empty. */
function lists(...reports: readonly NodeReport[]): Pick<NodeReport, (typeof optionalLists)[number]> {
  return Object.fromEntries(
    optionalLists
      .map((key) => [key, reports.flatMap((report): readonly unknown[] => report[key] ?? [])] as const)
      .filter(([, values]) => values.length > 0),
  );
}

const optionalLists = ["obsoleteOptions", "kept", "warnings"] as const;
