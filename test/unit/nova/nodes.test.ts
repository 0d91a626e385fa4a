import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NodeEntry, checkNodeName, checkNodes } from "../../../nova";
import { anyCharacter } from "../../support/text";

const computes: readonly NodeEntry[] = [{ name: "compute-1", host: "192.0.2.21" }];

describe("checkNodes", () => {
  it("takes distinct nodes, hosts that are not known yet, and one node with both roles", () => {
    expect(
      checkNodes({
        controllers: [
          { name: "control-1", host: "192.0.2.11" },
          { name: "control-2" },
          { name: "all-in-one", host: "192.0.2.9" },
        ],
        computes: [...computes, { name: "compute-2" }, { name: "all-in-one", host: "192.0.2.9" }],
      }),
    ).toEqual([]);
  });

  it("refuses empty lists", () => {
    expect(checkNodes({ controllers: [], computes: [] })).toEqual([
      { path: "controllers", reason: "The list is empty. Name at least one controller." },
      { path: "computes", reason: "The list is empty. Name at least one compute." },
    ]);
  });

  it("refuses a name used twice in one list, whatever the hosts", () => {
    const again = { name: "control-1", host: "192.0.2.12" };
    expect(checkNodes({ controllers: [{ name: "control-1", host: "192.0.2.11" }, again], computes })).toEqual([
      {
        path: "controllers[1].name",
        reason: '"control-1" is the name of controllers[0] already. Give each node a name of its own.',
      },
    ]);
  });

  it("refuses one name for two hosts in different lists", () => {
    expect(checkNodes({ controllers: [{ name: "compute-1", host: "192.0.2.11" }], computes }, "cells[0].")).toEqual([
      {
        path: "cells[0].computes[0].connection.host",
        reason:
          '"192.0.2.21" is not the host "192.0.2.11" of cells[0].controllers[0], which has the same name "compute-1". ' +
          "Give both the same host if they are one node, else different names.",
      },
    ]);
  });

  it("refuses one host under two names, however the address is written", () => {
    const controllers = [
      { name: "a", host: "2001:DB8::1" },
      { name: "b", host: "2001:db8:0::1" },
    ];
    expect(checkNodes({ controllers, computes })).toEqual([
      {
        path: "controllers[1].connection.host",
        reason:
          '"2001:db8:0::1" is the host of controllers[0] ("a") already. ' +
          "Give each node its own host, or one name to a node with both roles.",
      },
    ]);
  });

  it("refuses two computes with one address for the proxies", () => {
    const twins = ["compute-1", "compute-2"].map((name) => ({ name, serverProxyclientAddress: "198.51.100.21" }));
    expect(checkNodes({ controllers: [{ name: "control-1" }], computes: twins })).toEqual([
      {
        path: "computes[1].serverProxyclientAddress",
        reason: '"198.51.100.21" is the address of computes[0] ("compute-1") already. Give each compute its own.',
      },
    ]);
  });

  it("collects validation errors of different kinds", () => {
    const paths = checkNodes({ controllers: [], computes: [{ name: "" }, { name: "a b" }, { name: "a b" }] }).map(
      ({ path }) => path,
    );
    expect(paths).toEqual(["controllers", "computes[0].name", "computes[1].name", "computes[2].name"]);
  });
});

describe("checkNodeName", () => {
  it.each(["a", "control-1", "node_1.example.org", "1", "a".repeat(63)])("takes %s", (name) => {
    expect(checkNodeName(name, "name")).toEqual([]);
  });

  it.each(["", " ", "a b", "-a", "a-", ".a", "a/b", "a\n", "ä", "a".repeat(64), "$(id)"])("refuses %j", (name) => {
    const { path, reason } = checkNodeName(name, "computes[0].name")[0] ?? {};
    expect(path).toBe("computes[0].name");
    expect(reason).toMatch(
      / is not a node name\. Give 1 to 63 letters, digits, hyphens, dots and underscores, with a letter or digit at both ends\.$/,
    );
  });

  it("lets nothing through that a shell or a line would take apart", () => {
    const innocent = fc.stringMatching(/^[a-z0-9]{1,20}$/);
    const harmful = anyCharacter.filter((text) => !/[\w.-]/.test(text));
    fc.assert(
      fc.property(innocent, harmful, innocent, (before, strange, after) => {
        expect(checkNodeName(before + after, "name")).toEqual([]);
        for (const name of [before + strange + after, before + strange, strange + after]) {
          expect(checkNodeName(name, "name").map(({ path }) => path)).toEqual(["name"]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
