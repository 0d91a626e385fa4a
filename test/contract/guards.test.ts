import { describe, expect, it } from "vitest";
import { ConfigurationManagementTool, type SpiceConsoleArgs, Vnc } from "../../components";
import { cloud } from "./support/cloud";
import { commandsOf, declare } from "./support/declared";
import { stateOf } from "./support/states";

/** What desired states say of guards, by the command that gets them. */
async function guards(args: Partial<SpiceConsoleArgs>): Promise<Record<string, object>> {
  const { resources } = await declare({ ...cloud, ...args });
  return Object.fromEntries(
    commandsOf(resources).map((command) => {
      const { toolsToIgnore, acceptPendingChanges, novaApiCredentials } = stateOf(command);
      const guard = { toolsToIgnore, acceptPendingChanges, novaApiCredentials };
      return [command.name.replace(/^cloud-(.*)-converge$/, "$1"), JSON.parse(JSON.stringify(guard)) as object];
    }),
  );
}

const [controller, compute] = [cloud.controllers[0], cloud.computes[0]];

describe("what an operator vouches for", () => {
  it("is nothing by default", async () => {
    expect(await guards({})).toEqual({ "control-1": {}, "compute-1": {} });
  });

  it("holds for the node it is said of", async () => {
    const computes = [
      { ...compute, acceptPendingChanges: true, ignoreConfigurationManagement: [ConfigurationManagementTool.Salt] },
    ] as const;
    expect(await guards({ computes: computes as unknown as SpiceConsoleArgs["computes"] })).toEqual({
      "control-1": {},
      "compute-1": { toolsToIgnore: { salt: true }, acceptPendingChanges: true },
    });
  });

  it("holds for all nodes and roles, but for a node that says otherwise", async () => {
    const controllers = [
      { ...controller, ignoreConfigurationManagement: [] },
    ] as unknown as SpiceConsoleArgs["controllers"];
    const ignoreConfigurationManagement = [ConfigurationManagementTool.Puppet];
    expect(await guards({ ignoreConfigurationManagement, vnc: Vnc.Off })).toEqual({
      "control-1": { toolsToIgnore: { puppet: true } },
      "compute-1": { toolsToIgnore: { puppet: true } },
      "vnc-proxies-control-1": { toolsToIgnore: { puppet: true } },
    });
    expect(await guards({ ignoreConfigurationManagement, controllers })).toEqual({
      "control-1": {},
      "compute-1": { toolsToIgnore: { puppet: true } },
    });
  });

  it("gives computes alone the credentials to ask Nova by", async () => {
    expect(await guards({ novaApiCredentials: "service_user" })).toEqual({
      "control-1": {},
      "compute-1": { novaApiCredentials: "service_user" },
    });
    const bad = await declare({ ...cloud, novaApiCredentials: "[service_user]" });
    expect(bad.resources).toEqual([]);
    expect(bad.error).toContain(
      'novaApiCredentials: "[service_user]" is no section\'s name. Give that of a section of the computes\' nova.conf, without brackets, such as "service_user".',
    );
  });

  it("is refused where it is no tool, with its place", async () => {
    const ignoreConfigurationManagement = ["pupet"] as unknown as readonly ConfigurationManagementTool[];
    const computes = [{ ...compute, ignoreConfigurationManagement }] as unknown as SpiceConsoleArgs["computes"];
    const { error, resources } = await declare({ ...cloud, ignoreConfigurationManagement, computes });
    expect(resources).toEqual([]);
    expect(error?.split("\n").map((line) => line.trim().split(": ")[0])).toEqual([
      'SpiceConsole "cloud"',
      "ignoreConfigurationManagement[0]",
      "computes[0].ignoreConfigurationManagement[0]",
    ]);
  });
});
