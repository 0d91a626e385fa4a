import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LabNode, lab } from "../support/lab";
import { cut } from "./cases/cut";
import { killed } from "./cases/killed";
import { others } from "./cases/others";
import { services } from "./cases/services";
import { storage } from "./cases/storage";
import { FaultNode, type Platform, debian12, prove } from "./support/faultCase";
import { sample } from "./support/sample";

/**
 * A node with noVNC on which something goes wrong. Whatever it is: the node ends as it was or with its SPICE consoles, by itself or by the next run; no
 * console proxy is ever started on a half-written nova.conf; and a revert gives every byte back.
 *
 * OPENSTACK_SPICE_FAULTS: `all` (the default), or how many of the cases are tried. OPENSTACK_SPICE_SEED chooses them; without it, chance does.
 */
const cases = [...killed, ...cut, ...storage, ...services, ...others];
const wanted = process.env["OPENSTACK_SPICE_FAULTS"] ?? "all";
const seed = Number(process.env["OPENSTACK_SPICE_SEED"] ?? randomInt(2 ** 31));
const chosen = wanted === "all" ? cases : sample(cases, Number(wanted), seed);

describe("a node on which something goes wrong", () => {
  const nodes = new Map<Platform, { readonly node: LabNode; readonly convergedConf: string }>();

  /** A node of the platform, and what its nova.conf is like when it is converged. */
  async function nodeOf(platform: Platform) {
    const known = nodes.get(platform);
    if (known !== undefined) {
      return known;
    }
    const node = await LabNode.boot(`x-faults-${nodes.size}`, platform.layer);
    const faulty = new FaultNode(node);
    await faulty.root(platform.prepare);
    expect((await faulty.converge()).status).toBe(0);
    const made = { node, convergedConf: await faulty.root("sha256sum </etc/nova/nova.conf") };
    nodes.set(platform, made);
    return made;
  }

  beforeAll(async () => {
    process.stdout.write(
      `faults: ${chosen.length} of ${cases.length} cases${wanted === "all" ? "" : `, chosen by OPENSTACK_SPICE_SEED=${seed}`}\n`,
    );
    await lab("pool", "faketime");
    process.stdout.write(HEAD);
  });
  afterAll(async () => {
    await Promise.all(
      [...nodes.values()].map(async ({ node }) => {
        await node.remove();
      }),
    );
  });

  it("in cases whose names are unique, and at least thirty", () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(30);
  });

  it.each(chosen.map((given) => [given.name, given] as const))("%s", async (name, given) => {
    const { node, convergedConf } = await nodeOf(given.platform ?? debian12);
    const proof = await prove(node, given, convergedConf);
    const { alone, next, halfStarts, left } = proof;
    process.stdout.write(row(name, alone, next, String(halfStarts), left.join(", ") || "every byte as it was"));
    expect(proof).toEqual({ alone: given.alone, next: "converged", nextStatus: 0, left: [], halfStarts: 0 });
  });
});

const width = Math.max(...cases.map(({ name }) => name.length));

/** The table's head and, as each case ends, its line. */
const HEAD = row("case", "left alone", "next run", "starts on half a file", "after a revert");
function row(name: string, alone: string, next: string, halfStarts: string, left: string): string {
  return `${[name.padEnd(width), alone.padEnd(10), next.padEnd(9), halfStarts.padEnd(21), left].join("  ").trimEnd()}\n`;
}
