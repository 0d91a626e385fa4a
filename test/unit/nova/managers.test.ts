import { expect, it } from "vitest";
import { Manager, checkManagers } from "../../../nova";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";

it.skipIf(!runsHere)("knows the tools that the program on the node looks for, and no other", () => {
  expect([...nodeFunction("managers/looked-for", {})].sort()).toEqual(Object.values(Manager).sort());
});

it("takes each tool once", () => {
  expect(checkManagers(Object.values(Manager), "ignoreManagers")).toEqual([]);
  expect(checkManagers(["puppet", "pupet", "puppet"], "computes[1].ignoreManagers")).toEqual([
    {
      path: "computes[1].ignoreManagers[1]",
      reason: `"pupet" is no tool that is looked for. Give one of ${Object.values(Manager).join(", ")}.`,
    },
    { path: "computes[1].ignoreManagers[2]", reason: '"puppet" is there twice. Take one out.' },
  ]);
});
