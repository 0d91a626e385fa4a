import { describe, expect, it } from "vitest";
import { OnDestroy, PackagesOnDestroy, Vnc } from "../../components";
import { cloud } from "./support/cloud";
import { commandsOf, declare, find } from "./support/declared";
import type { Registered } from "./support/recorder";
import { stateOf } from "./support/states";

describe("a cloud's nodes that leave the stack", () => {
  it("never reverts nodes that are kept, all or one of them, whose command is otherwise the same", async () => {
    const { resources } = await declare({ ...cloud, vnc: Vnc.Off, onDestroy: OnDestroy.Keep });
    const commands = commandsOf(resources);
    expect(commands.map(({ retainOnDelete }) => retainOnDelete)).toEqual([true, true, true]);
    const controllers = cloud.controllers.map((controller) => ({ ...controller, onDestroy: OnDestroy.Keep }));
    const { resources: one } = await declare({ ...cloud, vnc: Vnc.Off, controllers });
    const kept = one.filter(({ retainOnDelete }) => retainOnDelete).map(({ name }) => name);
    expect(kept).toEqual(["cloud-control-1-converge", "cloud-vnc-proxies-control-1-converge"]);
    expect(find(one, "cloud-control-1-converge").inputs).toEqual(find(resources, "cloud-control-1-converge").inputs);
  });

  it("has the packages removed with a node where that is asked, and says nothing of them else", async () => {
    const said = (resources: readonly Registered[]) =>
      commandsOf(resources)
        .filter((command) => stateOf(command).packagesOnDestroy === "remove")
        .map(({ name }) => name)
        .sort();
    expect(said((await declare({ ...cloud, packagesOnDestroy: PackagesOnDestroy.Keep })).resources)).toEqual([]);
    const all = (await declare({ ...cloud, packagesOnDestroy: PackagesOnDestroy.Remove })).resources;
    const nodes = [...cloud.controllers, ...cloud.computes].map(({ name }) => `cloud-${name}-converge`);
    expect(said(all)).toEqual(nodes.sort());
  });
});
