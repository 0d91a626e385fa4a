import { randomInt } from "node:crypto";
import * as fc from "fast-check";
import { describe, it } from "vitest";
import { compareAnswers } from "../../support/differential";
import { confCase } from "../../support/novaConfCases";
import { runsHere } from "../../support/nodeFunctions";
import { bash42 } from "./support";

/**
 * The functions of both node programs on the same texts. With OPENSTACK_SPICE_DIFFERENTIAL=all every case of every test that calls one is asked of both;
 * here it is a few odd files, which are others with each seed. Whole runs on nodes: `test/host/differential.test.ts`.
 */

const seed = Number(process.env["OPENSTACK_SPICE_SEED"] ?? randomInt(2 ** 31));

describe.skipIf(!bash42 || !runsHere)("both programs (need bash 4.2 here)", () => {
  it(`edit odd files alike, and give them back (seed ${seed})`, () => {
    const edit = "\n[stranger]\nkey = value\n";
    const cases = fc.sample(confCase, { numRuns: 3, seed }).map(({ conf, declared }) => ({ conf, declared, edit }));
    compareAnswers("nova.conf/put-and-undo", cases);
  }, 120_000);
});
