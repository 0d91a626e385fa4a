import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Numbered } from "../host/support/injection";
import { LabNode, type Outcome } from "../support/lab";
import { type Snapshot, snapshot } from "../host/support/snapshot";
import { FaultNode, differences } from "./support/faultCase";
import { sample } from "./support/sample";

/**
 * Any operation of a converge and of a revert goes wrong: each change of the file system that is asked of the kernel, each look at it, each command; by an
 * error of the disk, for want of space, by a failure, or as the last one of a program that is killed. The node is as it was or converged then, and the exit
 * status says which; a killed run may leave it between, with its journal. No record is lost, the next run ends well, and a revert gives every byte back.
 *
 * OPENSTACK_SPICE_FAULTS: `all` tries all of them; else forty, chosen by OPENSTACK_SPICE_SEED.
 */
const NAME = "x-points";
const all = (process.env["OPENSTACK_SPICE_FAULTS"] ?? "all") === "all";
const seed = Number(process.env["OPENSTACK_SPICE_SEED"] ?? randomInt(2 ** 31));

/** How an operation of a kind can go wrong. */
const ways = (kind: string): readonly NonNullable<Numbered["fault"]>[] =>
  kind === "command"
    ? ["fail", "kill"]
    : ["look", "read", "unlink", "rmdir"].includes(kind)
      ? ["EIO", "kill"]
      : ["EIO", "ENOSPC", "kill"];

interface Point {
  readonly verb: "converge" | "revert";
  readonly number: number;
  readonly kind: string;
  readonly fault: NonNullable<Numbered["fault"]>;
}

describe("a node on which one operation goes wrong", () => {
  let node: FaultNode;
  let before: Snapshot;
  let convergedConf: string;
  const points: Point[] = [];

  const confOf = async () => await node.root("cat /etc/nova/nova.conf");
  /** What the node is like. */
  async function state(): Promise<string> {
    const now = await snapshot(node.node);
    const own = now.own.filter((path) => /\/roles\/controller\//.test(path)).map((path) => path.split("/").at(-1));
    const isRecorded = own.includes("record");
    if (own.includes("journal")) {
      return "between, with its journal";
    }
    const different = differences(before, { ...now, own: before.own });
    if (different.length === 0) {
      return "as it was";
    }
    const serves = now.units["nova-spicehtml5proxy.service"] === "enabled active";
    return isRecorded && serves && (await confOf()) === convergedConf
      ? "converged"
      : `neither: ${different.join(", ")}${isRecorded ? "" : ", and no record"}`;
  }

  /** The operations of a run, from its own list. */
  async function operations(verb: Point["verb"], run: () => Promise<Outcome>): Promise<void> {
    await node.root("rm -f /run/openstack-spice-points");
    expect((await run()).status).toBe(0);
    const list = (await node.root("cat /run/openstack-spice-points; rm /run/openstack-spice-points")).trimEnd();
    for (const line of list.split("\n")) {
      const [number = "", kind = ""] = line.split(" ");
      points.push(...ways(kind).map((fault) => ({ verb, number: Number(number), kind, fault })));
    }
  }

  beforeAll(async () => {
    node = new FaultNode(await LabNode.boot(NAME, "proxy"));
    before = await snapshot(node.node);
    await operations("converge", async () => await node.converge({ numbered: { number: 0, verb: "converge" } }));
    convergedConf = await confOf();
    await operations("revert", async () => await node.revert({ numbered: { number: 0, verb: "revert" } }));
    expect(await state()).toBe("as it was");
  });
  afterAll(async () => {
    await node.node.remove();
  });

  /** The states that an exit status stands for, of a run that nobody killed. */
  const meant = (verb: Point["verb"], status: number) =>
    verb === "converge"
      ? status === 0
        ? ["converged"]
        : ["as it was"]
      : status === 0
        ? ["as it was"]
        : ["converged", "between, with its journal"];

  /** What is wrong after an operation went wrong; nothing where all is well. */
  async function fault(point: Point): Promise<string> {
    const { verb, fault } = point;
    const numbered = { number: point.number, fault, verb };
    const { status, stderr } =
      verb === "converge" ? await node.converge({ numbered }) : await node.revert({ numbered });
    await node.untilAtRest();
    const then = await state();
    const allowed = fault === "kill" ? ["as it was", "converged", "between, with its journal"] : meant(verb, status);
    const isKept =
      then === "as it was" || (await node.root("ls /var/lib/openstack-spice/roles/controller 2>/dev/null || :")) !== "";
    const next = verb === "converge" ? await node.converge() : await node.revert();
    const nextState = await state();
    const back = await node.revert();
    const last = await state();
    const wrong = [
      ...(allowed.includes(then) ? [] : [`ended with ${status}, and is ${then}`]),
      ...(isKept ? [] : ["its record is lost"]),
      ...(next.status === 0 && nextState === (verb === "converge" ? "converged" : "as it was")
        ? []
        : [`the next run ended with ${next.status}, and it is ${nextState}: ${next.stderr}`]),
      ...(back.status === 0 && last === "as it was"
        ? []
        : [`after a revert (${back.status}) it is ${last}: ${back.stderr}`]),
    ];
    if (wrong.length > 0) {
      await node.node.reset();
    }
    return wrong.length === 0 ? "" : `${JSON.stringify(point)}: ${wrong.join("; ")}\n${stderr}`;
  }

  it(
    "ends as its exit status says, by the next run well, and goes back byte for byte",
    async () => {
      const chosen = all ? points : sample(points, 40, seed);
      const numbers = (verb: string) =>
        new Set(points.filter((point) => point.verb === verb).map(({ number }) => number)).size;
      process.stdout.write(
        `points: a converge has ${numbers("converge")}, a revert ${numbers("revert")}; ${chosen.length} of ${points.length} faults${all ? "" : `, chosen by OPENSTACK_SPICE_SEED=${seed}`}\n`,
      );
      expect(points.length).toBeGreaterThan(100);
      const wrong: string[] = [];
      for (const point of chosen) {
        if (point.verb === "revert") {
          expect((await node.converge()).status).toBe(0);
        }
        const found = await fault(point);
        if (found !== "") {
          process.stdout.write(`${found}\n`);
          wrong.push(found);
        }
      }
      expect(wrong).toEqual([]);
    },
    all ? 4 * 3600_000 : 1_200_000,
  );
});
