import { expect, it } from "vitest";
import { ConfigurationManagementTool, checkConfigurationManagement } from "../../../nova";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";

it.skipIf(!runsHere)("knows the tools that the program on the node looks for, and no other", () => {
  expect([...nodeFunction("managers/looked-for", {})].sort()).toEqual(
    Object.values(ConfigurationManagementTool).sort(),
  );
});

it("takes each tool once", () => {
  expect(
    checkConfigurationManagement(Object.values(ConfigurationManagementTool), "ignoreConfigurationManagement"),
  ).toEqual([]);
  expect(
    checkConfigurationManagement(["puppet", "pupet", "puppet"], "computes[1].ignoreConfigurationManagement"),
  ).toEqual([
    {
      path: "computes[1].ignoreConfigurationManagement[1]",
      reason: `"pupet" is no tool that is looked for. Give one of ${Object.values(ConfigurationManagementTool).join(", ")}.`,
    },
    { path: "computes[1].ignoreConfigurationManagement[2]", reason: '"puppet" is there twice. Take one out.' },
  ]);
});
