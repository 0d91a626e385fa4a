import { eventually } from "../../support/eventually";
import { lab } from "../../support/lab";
import type { Faults, Point } from "../../host/support/injection";
import type { FaultCase, FaultNode } from "../support/faultCase";
import { endedAt, steps } from "./killed";

/** Stops at a point of the program, where a test sees it, for two seconds, or for as long as the node lives. */
const pauseAt = (point: Point, when: "before" | "after", count: number, seconds = 2): Faults => ({
  at: [{ point, when, count, run: `touch /run/at-the-point; sleep ${seconds}` }],
});

const phases: readonly (readonly [string, Faults])[] = [
  ["while it checks", pauseAt("checks", "before", 1)],
  ["while it writes its journal", pauseAt("journal", "after", 1)],
  ["while it replaces nova.conf", pauseAt("replace-file", "before", 1)],
  ["while it starts the service", pauseAt("bring-up", "before", 1)],
  ["while it verifies", pauseAt("verify", "before", 1)],
  ["while it writes its record", pauseAt("commit", "before", 1)],
];

const converging: readonly FaultCase[] = phases.map(([text, faults]) => ({
  name: `connection cut ${text}`,
  befall: async (node) => {
    await cutOff(node, (signal) => node.converge(faults, { user: "ops", signal }));
  },
  alone: "converged",
}));

const reverting: readonly FaultCase[] = [1, 2, 3, 4].map((count) => ({
  name: `connection cut when ${count} of 4 changes are reverted`,
  befall: async (node) => {
    await node.converge();
    await cutOff(node, (signal) => node.revert(pauseAt("transition", "after", count), signal));
  },
  alone: "as it was",
}));

/** Ends the caller's ssh as soon as the program is at its point, and waits until the node has gone on to its end. */
async function cutOff(node: FaultNode, call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const connection = new AbortController();
  const called = call(connection.signal);
  await node.until("/run/at-the-point");
  connection.abort();
  await called;
  await node.untilAtRest();
}

const reboots: readonly FaultCase[] = steps.map(([point, when, count, text]) => ({
  name: `node rebooted ${text}`,
  befall: async (node) => {
    const former = await node.root("cat /proc/sys/kernel/random/boot_id");
    // The record may name this program: it is not to reboot when it reverts.
    await node.converge({ at: [{ point, when, count, verb: "converge", then: "reboot" }] });
    await untilBack(node, former);
  },
  alone: endedAt(text, "as it was"),
}));

const rebootsOfRevert: readonly FaultCase[] = [1, 2, 3, 4].map((count) => ({
  name: `node rebooted when ${count} of 4 changes are reverted`,
  befall: async (node) => {
    await node.converge();
    const former = await node.root("cat /proc/sys/kernel/random/boot_id");
    await node.revert({ at: [{ point: "transition", when: "after", count, then: "reboot" }] }).catch(() => undefined);
    await untilBack(node, former);
  },
  alone: "between",
}));

async function untilBack(node: FaultNode, former: string): Promise<void> {
  await eventually(`${node.node.name} is back`, 120, async () => {
    const { status, stdout } = await node.node.run(
      "systemctl is-system-running --wait >&2; cat /proc/sys/kernel/random/boot_id",
    );
    return (status === 0 && stdout !== former) || undefined;
  });
}

const powerCutAt: readonly (readonly [string, Point])[] = [
  ["when the first change is journaled", "journal"],
  ["when nova.conf is replaced", "replace-file"],
  ["when the service is started", "bring-up"],
];

const powerCuts: readonly FaultCase[] = powerCutAt.map(([text, point]) => ({
  name: `power cut ${text}`,
  befall: async (node) => {
    const called = node.converge(pauseAt(point, "after", 1, 120));
    await node.until("/run/at-the-point");
    await lab("cut", node.node.name);
    await called;
    await lab("start", node.node.name);
  },
  alone: "between",
}));

/** The caller's connection is cut, the node rebooted, its power cut. */
export const cut: readonly FaultCase[] = [...converging, ...reverting, ...reboots, ...rebootsOfRevert, ...powerCuts];
