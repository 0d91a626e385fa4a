import { around } from "../../host/support/injection";
import type { FaultCase, NodeState } from "../support/faultCase";

/** The program itself, and the part of it that this runs in. */
const KILL = "kill -KILL $$ $BASHPID";

/** Where the next command is to finish, and not the node by itself, no timer is set. */
const UNATTENDED = "arm_dead_man() { :; }\n";

/** The steps of a converge: the function, when, and at which of its calls. */
export const steps: readonly (readonly [string, "before" | "after", number, string])[] = [
  ["open_journal", "before", 1, "before its journal is opened"],
  ["open_journal", "after", 1, "when its journal is open"],
  ["journal", "before", 1, "before the first change is journaled"],
  ["journal", "after", 1, "when the first change is journaled"],
  ["journal", "after", 3, "when the third change is journaled"],
  ["replace_file", "before", 1, "before nova.conf is replaced"],
  ["replace_file", "after", 1, "when nova.conf is replaced"],
  ["transition", "after", 3, "when the drop-in is written"],
  ["set_unit", "before", 1, "before the service is started"],
  ["bring_up", "after", 1, "when the service is started"],
  ["verify", "after", 1, "when all is verified"],
  ["merged_record", "before", 1, "before the record is written"],
  ["disarm_dead_man", "before", 1, "when the record is written"],
];

/** How a converge leaves the node that ends at that step: without its first change, with all of them, or as `midway` says. */
export function endedAt(step: string, midway: NodeState): NodeState {
  return step.startsWith("before its journal")
    ? "as it was"
    : step === "when the record is written"
      ? "converged"
      : midway;
}

const converging: readonly FaultCase[] = steps.map(([name, when, count, text]) => ({
  name: `kill -9 ${text}`,
  befall: async (node) => {
    // The record may name this program: it is not to die when it reverts.
    await node.converge(UNATTENDED + around(name, when, count, `[[ $VERB != converge ]] || { ${KILL}; }`));
  },
  alone: endedAt(text, "between"),
}));

const byTheNode: readonly FaultCase[] = [
  {
    name: "kill -9 of the run and all its processes, and nobody comes: the node puts it back",
    befall: async (node) => {
      const kill = "systemctl kill --signal=KILL openstack-spice-controller.service";
      await node.converge(around("bring_up", "after", 1, kill));
      await untilTheTimerIsGone(node);
    },
    alone: "as it was",
  },
  {
    name: "kill -9 while it reverts, and nobody comes: the node finishes it",
    befall: async (node) => {
      await node.converge();
      await node.revert(around("transition", "after", 2, KILL));
      await untilTheTimerIsGone(node);
    },
    alone: "as it was",
  },
];

async function untilTheTimerIsGone(node: Parameters<FaultCase["befall"]>[0]): Promise<void> {
  await node.node.until("! systemctl is-active -q openstack-spice-controller-dead-man.timer", 60);
  await node.untilAtRest();
}

const halfWritten: FaultCase = {
  name: "kill -9 with a new nova.conf written beside the old one",
  befall: async (node) => {
    await node.converge(
      `${UNATTENDED}mv() { [[ $* != *nova.conf.openstack-spice.* ]] || { ${KILL}; }; command mv "$@"; }\n`,
    );
  },
  alone: "between",
};

/** A revert is undone change by change: killed after each. */
const reverting: readonly FaultCase[] = [1, 2, 3, 4].map((count) => ({
  name: `kill -9 when ${count} of 4 changes are reverted`,
  befall: async (node) => {
    await node.converge();
    await node.revert(UNATTENDED + around("transition", "after", count, KILL));
  },
  alone: "between",
}));

/** The program dies at each boundary of its steps. */
export const killed: readonly FaultCase[] = [...converging, halfWritten, ...byTheNode, ...reverting];
