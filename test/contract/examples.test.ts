import { describe, expect, it, vi } from "vitest";
import { run } from "./support/recorder";

// From the sources: the package's own build need not be there, or may be an old one.
vi.mock("openstack-spice", () => import("../../components/index.js"));

/** How often each type is registered, and what went wrong. */
async function types(example: () => Promise<unknown>, config: Readonly<Record<string, string>> = {}) {
  const { resources, error } = await run(example, { config });
  const counts: Record<string, number> = {};
  for (const { type } of resources) {
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return { error, counts };
}

describe("the examples", () => {
  it("set up a whole cloud", async () => {
    expect(await types(() => import("../../examples/whole-cloud/index.js"))).toEqual({
      error: undefined,
      counts: {
        "openstack-spice:index:SpiceConsole": 1,
        "openstack-spice:index:ControllerNode": 2,
        "openstack-spice:index:ComputeNode": 3,
        "command:remote:CopyToRemote": 5,
        "command:remote:Command": 5,
      },
    });
  });

  it("add one compute to a larger stack", async () => {
    const config = { "project:host": "192.0.2.42", "project:managementAddress": "198.51.100.42" };
    expect(await types(() => import("../../examples/one-more-compute/index.js"), config)).toEqual({
      error: undefined,
      counts: {
        "example:index:Machine": 1,
        "openstack-spice:index:ComputeNode": 1,
        "command:remote:CopyToRemote": 1,
        "command:remote:Command": 1,
      },
    });
  });

  it("open the security group of controllers that are instances", async () => {
    const config = {
      "project:users": '["203.0.113.0/24", "2001:db8:42::/48"]',
      "project:controllers": '["192.0.2.11", "192.0.2.12"]',
    };
    expect(await types(() => import("../../examples/controllers-as-instances/index.js"), config)).toEqual({
      error: undefined,
      counts: {
        "openstack:networking/secGroup:SecGroup": 1,
        "openstack-spice:index:ConsoleSecurityGroupRule": 1,
        "openstack:networking/secGroupRule:SecGroupRule": 2,
        "openstack-spice:index:ControllerNode": 2,
        "command:remote:CopyToRemote": 2,
        "command:remote:Command": 2,
      },
    });
  });

  it("have images and a flavor for desktops", async () => {
    expect(await types(() => import("../../examples/desktops/index.js"))).toEqual({
      error: undefined,
      counts: { "openstack:images/image:Image": 2, "openstack:compute/flavor:Flavor": 1 },
    });
  });
});
