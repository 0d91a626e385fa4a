import { describe, expect, it } from "vitest";
import { cloud, node } from "./support/cloud";
import { declare, find } from "./support/declared";
import { stateOf } from "./support/states";

describe("a cloud's security groups", () => {
  it("makes no rule without a group, and one for each source with one", async () => {
    expect((await declare(cloud)).resources.filter(({ type }) => type.startsWith("openstack:"))).toEqual([]);
    const { resources } = await declare({
      ...cloud,
      proxy: { ...cloud.proxy, allowedSources: ["203.0.113.0/24", "2001:DB8::/32"] },
      controllers: [{ name: "control-1", connection: node(11), proxySourceAddresses: ["198.51.100.11"] }],
      controllerSecurityGroupId: "group-1",
      computeSecurityGroupId: "group-2",
    });
    const rules = resources.filter(({ type }) => type === "openstack:networking/secGroupRule:SecGroupRule");
    expect(rules.map(({ name, parent, inputs }) => ({ name, parent, ...inputs }))).toEqual(
      [
        [
          "cloud-proxy-2001-db8---32",
          "cloud-proxy",
          "group-1",
          "IPv6",
          "2001:db8::/32",
          6082,
          6082,
          "SPICE console proxy",
        ],
        [
          "cloud-proxy-203-0-113-0-24",
          "cloud-proxy",
          "group-1",
          "IPv4",
          "203.0.113.0/24",
          6082,
          6082,
          "SPICE console proxy",
        ],
        [
          "cloud-guests-198-51-100-11-32",
          "cloud-guests",
          "group-2",
          "IPv4",
          "198.51.100.11/32",
          5900,
          5999,
          "Guests' consoles",
        ],
      ].map(([name, parent, securityGroupId, ethertype, remoteIpPrefix, portRangeMin, portRangeMax, description]) => ({
        ...{ name, parent, securityGroupId, ethertype, remoteIpPrefix, portRangeMin, portRangeMax, description },
        ...{ direction: "ingress", protocol: "tcp" },
      })),
    );
    expect(rules.map(({ deleteBeforeReplace }) => deleteBeforeReplace)).toEqual([true, true, true]);
  });

  it("opens the computes' group and their own firewalls for the same ports and sources", async () => {
    const { resources } = await declare({
      ...cloud,
      computeSecurityGroupId: "group-2",
      extraConsoleSources: ["198.51.100.99", "198.51.100.11/32"],
      consolePortRange: { first: 5901, last: 6099 },
    });
    const rules = resources.filter(({ type }) => type === "openstack:networking/secGroupRule:SecGroupRule");
    expect(
      rules.map(({ inputs }) => [inputs["remoteIpPrefix"], inputs["portRangeMin"], inputs["portRangeMax"]]),
    ).toEqual([
      ["198.51.100.11/32", 5901, 6099],
      ["198.51.100.99/32", 5901, 6099],
    ]);
    expect(stateOf(find(resources, "cloud-compute-1-converge")).consolePorts).toEqual({
      first: 5901,
      last: 6099,
      sources: { "198.51.100.11/32": {}, "198.51.100.99/32": {} },
    });
  });
});
