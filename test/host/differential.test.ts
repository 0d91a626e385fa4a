import { randomInt } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { sample } from "../faults/support/sample";
import { comparesAll } from "../support/differential";
import { computeCases } from "./differential/computeCases";
import { Node, deedsOfBoth, differences } from "./differential/deeds";
import { firewallCases } from "./differential/firewallCases";
import { novaConfCases } from "./differential/novaConfCases";
import { packageCases } from "./differential/packageCases";
import { refusalCases } from "./differential/refusalCases";

/**
 * The two node programs, in bash and in Python, on the same node and the same files: the same plan, report, messages and exit status, the same bytes and
 * modes, rules, units and packages, and the same after a revert. All cases are tried with OPENSTACK_SPICE_DIFFERENTIAL=all, those whose name
 * matches with a regular expression there; else two, chosen by OPENSTACK_SPICE_SEED.
 */

/** What differs wherever it is: the row of the trial that demands it, and the lines. */
const everywhere: readonly (readonly [row: string, lines: RegExp])[] = [
  [
    "D9: the unit closes the ports before it loads the rules, and loads none with another digest",
    /^(file|left) \/etc\/\S+\/openstack-spice-(console-ports|proxy-port)\.service \+ (# Closes the ports to all, |Exec(Start|Reload)=|\[X-Rules\]$|SHA256 \(|$)/,
  ],
];

/** What differs in one case: the rows, and every line. */
const demanded: Readonly<Record<string, readonly [rows: string, ...lines: readonly (string | RegExp)[]]>> = {};

const cases = [...novaConfCases, ...refusalCases, ...packageCases, ...firewallCases, ...computeCases];
const asked = process.env["OPENSTACK_SPICE_DIFFERENTIAL"] ?? "";
const seed = Number(process.env["OPENSTACK_SPICE_SEED"] ?? randomInt(2 ** 31));
const some = asked === "" ? sample(cases, 2, seed) : cases.filter(({ name }) => new RegExp(asked).test(name));
const chosen = comparesAll ? cases : some;

describe(`both programs (${chosen.length} of ${cases.length} cases, seed ${seed})`, () => {
  const nodes = new Node();
  afterAll(async () => {
    await nodes.remove();
  });

  const layerOf = ({ layer = "proxy" }: (typeof cases)[number]) => layer;
  it.each([...chosen].sort((one, other) => layerOf(other).localeCompare(layerOf(one))))(
    "do the same: $name",
    async (given) => {
      const [inBash, inPython] = await deedsOfBoth(given, nodes);
      const found = differences(inBash, inPython).filter((line) => !everywhere.some(([, lines]) => lines.test(line)));
      const [, ...wanted] = demanded[given.name] ?? [""];
      const patterns = wanted.map((line): unknown => (line instanceof RegExp ? expect.stringMatching(line) : line));
      expect(found).toEqual(patterns);
    },
    1200_000,
  );
});
