import { describe, expect, it } from "vitest";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";

describe.skipIf(!runsHere)("a run that is told to end when its record is written (needs Python 3.6 here)", () => {
  it("is not said to have put anything back", () => {
    expect(nodeFunction("transaction/ended-when-recorded", {})).toEqual({ said: [], left: ["record"] });
  });
});
