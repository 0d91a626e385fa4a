import { describe, expect, it } from "vitest";
import { Vnc } from "../../components";
import { cloud } from "./support/cloud";
import { commandsOf, declare } from "./support/declared";
import { stateOf } from "./support/states";

describe("a stack that was renamed or moved", () => {
  it("names its former name in every document, and in no other case", async () => {
    const owners = async (formerStack?: string) =>
      commandsOf(
        (await declare({ ...cloud, vnc: Vnc.Off, ...(formerStack === undefined ? {} : { formerStack }) })).resources,
      )
        .map(stateOf)
        .map(({ owner, formerOwner }) => [owner, formerOwner]);
    const three = (former?: string) => Array.from({ length: 3 }, () => ["project/stack", former]);
    expect(await owners("acme/openstack-spice/old")).toEqual(three("acme/openstack-spice/old"));
    expect(await owners("organization/project/old")).toEqual(three("project/old"));
    expect(await owners()).toEqual(three());
  });

  it("is refused under its present name, and with what is no name", async () => {
    for (const formerStack of ["project/stack", "organization/project/stack", "old", "a b/c/d"]) {
      const { error, resources } = await declare({ ...cloud, formerStack });
      expect(error).toContain("\n  formerStack: It is ");
      expect(resources).toEqual([]);
    }
  });
});
