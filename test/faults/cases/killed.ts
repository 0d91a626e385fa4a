import type { At, Faults, Point } from "../../host/support/injection";
import type { FaultCase, NodeState } from "../support/faultCase";

/** The program is killed. Where the next command is to finish, and not the node by itself, no timer is set. */
const unattended = (at: At): Faults => ({ at: [{ ...at, then: "kill" }], without: ["watchdog"] });

/** The steps of a converge: the point, when, and at which of its calls. */
export const steps: readonly (readonly [Point, "before" | "after", number, string])[] = [
  ["open-journal", "before", 1, "before its journal is opened"],
  ["open-journal", "after", 1, "when its journal is open"],
  ["journal", "before", 1, "before the first change is journaled"],
  ["journal", "after", 1, "when the first change is journaled"],
  ["journal", "after", 3, "when the third change is journaled"],
  ["replace-file", "before", 1, "before nova.conf is replaced"],
  ["replace-file", "after", 1, "when nova.conf is replaced"],
  ["transition", "after", 3, "when the drop-in is written"],
  ["set-unit", "before", 1, "before the service is started"],
  ["bring-up", "after", 1, "when the service is started"],
  ["verify", "after", 1, "when all is verified"],
  ["record", "before", 1, "before the record is written"],
  ["disarm-watchdog", "before", 1, "when the record is written"],
];

/** How a converge leaves the node that ends at that step: without its first change, with all of them, or as `midway` says. */
export function endedAt(step: string, midway: NodeState): NodeState {
  return step.startsWith("before its journal")
    ? "as it was"
    : step === "when the record is written"
      ? "converged"
      : midway;
}

const converging: readonly FaultCase[] = steps.map(([point, when, count, text]) => ({
  name: `kill -9 ${text}`,
  befall: async (node) => {
    // The record may name this program: it is not to die when it reverts.
    await node.converge(unattended({ point, when, count, verb: "converge" }));
  },
  alone: endedAt(text, "between"),
}));

const byTheNode: readonly FaultCase[] = [
  {
    name: "kill -9 of the run and all its processes, and nobody comes: the node puts it back",
    befall: async (node) => {
      const run = "systemctl kill --signal=KILL openstack-spice-controller.service";
      await node.converge({ at: [{ point: "bring-up", when: "after", run }] });
      await untilTheTimerIsGone(node);
    },
    alone: "as it was",
  },
  {
    name: "kill -9 while it reverts, and nobody comes: the node finishes it",
    befall: async (node) => {
      await node.converge();
      await node.revert({ at: [{ point: "transition", when: "after", count: 2, then: "kill" }] });
      await untilTheTimerIsGone(node);
    },
    alone: "as it was",
  },
];

async function untilTheTimerIsGone(node: Parameters<FaultCase["befall"]>[0]): Promise<void> {
  await node.node.until("! systemctl is-active -q openstack-spice-controller-watchdog.timer", 60);
  await node.untilAtRest();
}

const halfWritten: FaultCase = {
  name: "kill -9 with a new nova.conf written beside the old one",
  befall: async (node) => {
    await node.converge(unattended({ point: "publish-nova-conf", when: "before" }));
  },
  alone: "between",
};

/** A revert is undone change by change: killed after each. */
const reverting: readonly FaultCase[] = [1, 2, 3, 4].map((count) => ({
  name: `kill -9 when ${count} of 4 changes are reverted`,
  befall: async (node) => {
    await node.converge();
    await node.revert(unattended({ point: "transition", when: "after", count }));
  },
  alone: "between",
}));

/** The program dies at each boundary of its steps. */
export const killed: readonly FaultCase[] = [...converging, halfWritten, ...byTheNode, ...reverting];
