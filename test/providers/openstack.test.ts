import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PropertyMap } from "../../lab/providers/wire/values";
import { FakeCloud } from "./support/neutron";
import { GROUP, VERSION, openstackConformance } from "./support/openstackConformance";
import { PluginUnderTest } from "./support/plugin";

const fake = new FakeCloud();
beforeAll(() => fake.start());
afterAll(() => {
  fake.stop();
});

describe("the openstack plugin on a Neutron and Keystone in memory", () => {
  openstackConformance(() => fake.environment);
});

describe("the openstack plugin's way into a cloud", () => {
  const group: PropertyMap = { name: "g" };
  const withPlugin = async <T>(
    environment: Record<string, string | undefined>,
    use: (plugin: PluginUnderTest) => Promise<T>,
    config: PropertyMap = {},
  ): Promise<T> => {
    const plugin = await PluginUnderTest.start("openstack", VERSION, environment, config);
    try {
      return await use(plugin);
    } finally {
      await plugin.stop();
    }
  };

  it("takes the provider's arguments before the environment, and the region's own endpoint", async () => {
    const { OS_PASSWORD, ...environment } = fake.environment;
    expect(OS_PASSWORD).toBe("s3cret");
    const { id } = await withPlugin(
      { ...environment, OS_PASSWORD: "wrong" },
      async (plugin) => await plugin.create(GROUP, group),
      { password: "s3cret" },
    );
    expect(fake.requests.slice(-3)).toEqual([
      "POST /v3/auth/tokens",
      "POST /v2.0/security-groups",
      `GET /v2.0/security-groups/${id}`,
    ]);
    expect(id).not.toBe("");
  });

  it("fails with a wrong password, and shows it nowhere", async () => {
    const environment = { ...fake.environment, OS_PASSWORD: "not-this-one" };
    const error = await withPlugin(
      environment,
      async (plugin) => await plugin.create(GROUP, group).then(String, (reason: unknown) => (reason as Error).message),
    );
    expect(error).toMatch(/Authentication failed|requires authentication/);
    expect(error).not.toContain("not-this-one");
  });

  it("tries again to delete a group that is still in use", { timeout: 30_000 }, async () => {
    await withPlugin(fake.environment, async (plugin) => {
      const { id, outputs } = await plugin.create(GROUP, group);
      fake.inUse.add(id);
      await plugin.delete(GROUP, id, outputs);
      expect((await plugin.read(GROUP, id, outputs)).id).toBe("");
    });
  });
});
