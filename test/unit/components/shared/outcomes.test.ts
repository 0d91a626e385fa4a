import { describe, expect, it } from "vitest";
import { byNode } from "../../../../components/shared/outcomes";
import { Role } from "../../../../nova";

const nothing = { packages: {}, changes: [], guestsWithoutSpice: [], restarted: [] };

/** What a node with both roles is said to have, by the reports of the two. */
const both = (controller: object, compute: object) =>
  byNode([
    { name: "all-1", role: Role.Controller, report: { ...nothing, ...controller } },
    { name: "other", role: Role.Compute, report: nothing },
    { name: "all-1", role: Role.Compute, report: { ...nothing, ...compute } },
  ]);

describe("what nodes report", () => {
  it("is put together for the roles of one, and apart for others", () => {
    const change = { subject: "x/y", old: "1", new: "2" };
    const warning = { id: "port-open-to-all", text: "no firewall refuses TCP 6082 here" };
    const changed = {
      novaVersion: "26.2.2",
      packages: { a: "1" },
      changes: [change],
      restarted: ["proxy"],
      kept: ["a"],
    };
    const computes = {
      novaVersion: "26.2.2",
      packages: { b: "2" },
      guestsWithoutSpice: ["id"],
      obsoleteOptions: ["vnc/keymap"],
      kept: ["b"],
      warnings: [warning],
    };
    expect(both(changed, computes)).toEqual({
      "all-1": {
        roles: ["controller", "compute"],
        novaVersion: "26.2.2",
        packages: { a: "1", b: "2" },
        changes: [change],
        guestsWithoutSpice: ["id"],
        restarted: ["proxy"],
        obsoleteOptions: ["vnc/keymap"],
        kept: ["a", "b"],
        warnings: [warning],
      },
      other: { roles: ["compute"], ...nothing },
    });
  });

  it.each([
    [{}, {}, undefined],
    ["unmanaged", {}, "unmanaged"],
    ["none", "unmanaged", "none"],
    ["unmanaged", "nftables", "nftables"],
    ["none", "nftables", "nftables"],
    ["iptables", "nftables,iptables", "iptables,nftables"],
  ])("has the firewalls of all roles: %j and %j", (controller, compute, firewall) => {
    const given = (text: unknown) => (typeof text === "string" ? { firewall: text } : {});
    expect(both(given(controller), given(compute))["all-1"]?.firewall).toBe(firewall);
  });
});
