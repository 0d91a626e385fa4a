import { afterAll, beforeAll, expect, it } from "vitest";
import { type PropertyMap, UNKNOWN } from "../../../lab/providers/wire/values";
import { PluginUnderTest } from "./plugin";

/** The version of the plugin that this package builds on. */
export const VERSION = "3.15.2";
/** Type of a security group. */
export const GROUP = "openstack:networking/secGroup:SecGroup";
/** Type of a security group's rule. */
export const RULE = "openstack:networking/secGroupRule:SecGroupRule";

/**
 * The cases that hold for the openstack plugin on any cloud; to be called in a `describe`.
 *
 * @param environment gives the variables that log in; called once the tests run
 */
export function openstackConformance(environment: () => Record<string, string>): void {
  let plugin: PluginUnderTest;
  let group = { id: "", outputs: {} as PropertyMap };
  const created: [type: string, id: string, state: PropertyMap][] = [];

  const rule = (overrides: PropertyMap = {}): PropertyMap => ({
    securityGroupId: group.id,
    direction: "ingress",
    ethertype: "IPv4",
    protocol: "tcp",
    portRangeMin: 6082,
    portRangeMax: 6082,
    remoteIpPrefix: "203.0.113.0/24",
    ...overrides,
  });
  const create = async (type: string, inputs: PropertyMap) => {
    const resource = await plugin.create(type, inputs);
    created.push([type, resource.id, resource.outputs]);
    return resource;
  };
  const errorOf = async (operation: Promise<unknown>): Promise<string> =>
    await operation.then(
      () => "no error",
      (error: unknown) => (error as Error).message,
    );

  beforeAll(async () => {
    plugin = await PluginUnderTest.start("openstack", VERSION, environment());
    const { inputs } = await plugin.check(GROUP, { description: "made by a test" });
    group = await create(GROUP, inputs);
  });
  afterAll(async () => {
    for (const [type, id, state] of created.reverse()) {
      await plugin.delete(type, id, state);
    }
    await plugin.stop();
  });

  it("is version 3.15.2 and has both resources", async () => {
    expect(await plugin.version()).toBe(VERSION);
    expect(Object.keys((await plugin.schema()).resources)).toEqual(expect.arrayContaining([GROUP, RULE]));
  });

  it("names a group after its resource, and keeps the name afterwards", async () => {
    expect(group.outputs["description"]).toBe("made by a test");
    expect(group.outputs["name"]).toMatch(/^n-[0-9a-f]{7}$/);
    const name = group.outputs["name"] ?? null;
    const changed = await plugin.update(GROUP, group.id, group.outputs, { name, description: "changed" });
    expect(changed).toMatchObject({ name, description: "changed" });
    expect((await plugin.read(GROUP, group.id, changed)).outputs).toMatchObject({ name, description: "changed" });
  });

  it("makes a rule, reads it back, and finds it gone after the delete", async () => {
    const { id, outputs } = await plugin.create(RULE, rule());
    expect(outputs).toMatchObject({ ...rule(), description: "", remoteGroupId: "" });
    expect(outputs["tenantId"]).toEqual(expect.stringMatching(/./));
    expect(await plugin.read(RULE, id, outputs)).toEqual({ id, outputs });
    await plugin.delete(RULE, id, outputs);
    expect((await plugin.read(RULE, id, outputs)).id).toBe("");
    await plugin.delete(RULE, id, outputs);
  });

  it("passes on that a rule is there already, with its id", async () => {
    const first = await create(RULE, rule({ remoteIpPrefix: "198.51.100.0/24" }));
    const error = await errorOf(plugin.create(RULE, rule({ remoteIpPrefix: "198.51.100.0/24", description: "other" })));
    expect(error).toMatch(
      /Error creating openstack_networking_secgroup_rule_v2: Expected HTTP response code \[201 202\]/,
    );
    expect(error).toMatch(/accessing \[POST http.*\/v2\.0\/security-group-rules\], but got 409 instead\n/);
    expect(error).toContain('"SecurityGroupRuleExists"');
    expect(error).toContain(`Rule id is ${first.id}.`);
  });

  it("finds no change in a rule as Neutron wrote it, and one each time where the prefix was not canonical", async () => {
    const inputs = rule({ remoteIpPrefix: "2001:DB8::/64", ethertype: "IPv6" });
    const canonical = await create(RULE, inputs);
    expect(canonical.outputs["remoteIpPrefix"]).toBe("2001:db8::/64");
    expect(await plugin.diff(RULE, inputs, inputs, canonical.outputs)).toMatchObject({ hasChanges: false });
    const bareInputs = rule({ remoteIpPrefix: "192.0.2.7" });
    const bare = await create(RULE, bareInputs);
    expect(bare.outputs["remoteIpPrefix"]).toBe("192.0.2.7/32");
    expect(await plugin.diff(RULE, bareInputs, bareInputs, bare.outputs)).toMatchObject({
      hasChanges: true,
      replaces: ["remoteIpPrefix"],
    });
  });

  it("replaces a rule on any change, also of the description", async () => {
    const state = { ...rule(), description: "", remoteGroupId: "", tenantId: "t", region: "" };
    const changes: PropertyMap[] = [
      { portRangeMax: 6083 },
      { description: "new" },
      { remoteIpPrefix: "203.0.113.0/25" },
    ];
    for (const change of changes) {
      const [name] = Object.keys(change);
      expect(await plugin.diff(RULE, rule(), rule(change), state)).toMatchObject({
        hasChanges: true,
        replaces: [name],
      });
    }
  });

  it("does not know in a preview what the cloud will fill in", async () => {
    const { outputs } = await plugin.create(RULE, rule(), true);
    expect(outputs).toMatchObject({ ...rule(), region: UNKNOWN });
    expect(Object.keys(outputs)).not.toEqual(expect.arrayContaining(["remoteGroupId"]));
    const made = await plugin.create(GROUP, { name: "n" }, true);
    expect(made.outputs).toMatchObject({ name: "n", region: UNKNOWN });
    expect(Object.keys(made.outputs)).not.toContain("tenantId");
  });

  it("refuses a rule that cannot be, before the cloud sees it", async () => {
    const failures = async (inputs: PropertyMap) => (await plugin.check(RULE, inputs)).failures;
    expect(await failures(rule())).toEqual([]);
    expect(await failures({})).toHaveLength(3);
    // The one that is refused with the create.
    expect(await failures(rule({ direction: "in" }))).toEqual([]);
    expect(await errorOf(plugin.create(RULE, rule({ direction: "in" })))).toContain("direction");
    expect(await failures(rule({ ethertype: "ipv4" }))).toEqual([expect.stringContaining("ethertype")]);
    expect(await failures(rule({ portRangeMax: 65536 }))).toEqual([expect.stringContaining("portRangeMax")]);
  });
}
