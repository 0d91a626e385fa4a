import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batches } from "../../../../components/shared/rollout";
import { checkRollout } from "../../../../components/validation/rollout";

const names = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `compute-${index + 1}` }));
const shown = (rollout: readonly (readonly { readonly name: string }[])[]) =>
  rollout.map((batch) => batch.map(({ name }) => name));

describe("batches", () => {
  it("starts with the first compute, then takes ten at a time", () => {
    expect(shown(batches(names(12))).map((batch) => batch.length)).toEqual([1, 10, 1]);
    expect(shown(batches(names(1)))).toEqual([["compute-1"]]);
  });

  it("starts with the canaries, in the order of the list", () => {
    const rollout = { canaries: ["compute-4", "compute-2"], batchSize: 2 };
    expect(shown(batches(names(5), rollout))).toEqual([
      ["compute-2", "compute-4"],
      ["compute-1", "compute-3"],
      ["compute-5"],
    ]);
  });

  it("has no canary where none is wanted", () => {
    expect(shown(batches(names(3), { canaries: [], batchSize: 3 }))).toEqual([["compute-1", "compute-2", "compute-3"]]);
  });

  it("names every compute once, in batches that are never too large nor empty", () => {
    const cases = fc.record({
      count: fc.integer({ min: 0, max: 40 }),
      batchSize: fc.integer({ min: 1, max: 12 }),
      canaries: fc.nat(5),
    });
    fc.assert(
      fc.property(cases, ({ count, batchSize, canaries }) => {
        const computes = names(count);
        const result = batches(computes, { batchSize, canaries: computes.slice(-canaries).map(({ name }) => name) });
        expect(
          result
            .flat()
            .map(({ name }) => name)
            .sort(),
        ).toEqual(computes.map(({ name }) => name).sort());
        expect(result.every((batch) => batch.length > 0)).toBe(true);
        expect(result.slice(1).every((batch) => batch.length <= batchSize)).toBe(true);
      }),
    );
  });
});

describe("checkRollout", () => {
  it("takes the defaults", () => {
    expect(checkRollout({}, [], "rollout")).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses batches of %s", (batchSize) => {
    expect(checkRollout({ batchSize }, [], "rollout").map(({ path }) => path)).toEqual(["rollout.batchSize"]);
  });

  it("refuses a canary that is no compute", () => {
    expect(checkRollout({ canaries: ["compute-1", "control-1"] }, ["compute-1"], "rollout")).toEqual([
      {
        path: "rollout.canaries[1]",
        reason: '"control-1" is not the name of a compute. Give the name of one in computes.',
      },
    ]);
  });
});
