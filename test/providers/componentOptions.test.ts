/** What Pulumi's resource options do on the components, each tried on the real engine: on a cloud that has every component, and on nodes by themselves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeCloud } from "./support/neutron";
import { type Kept, missingForNodes, StandInStack } from "./support/standInNode";

const groups = {
  controllers: "00000000-0000-4000-8000-00000000000a",
  computes: "00000000-0000-4000-8000-00000000000b",
};

/** A cloud of one controller and one compute, both of them instances, without VNC. */
const cloud = (name: string, opts: string, { controllers, computes } = groups) => `
new spice.SpiceConsole("${name}", {
  proxy, ssh, vnc: spice.Vnc.Off,
  controllers: [{ name: "control-1", connection: at(1), proxySourceAddresses: ["198.51.100.11"] }],
  computes: [{ name: "compute-1", connection: at(2), serverProxyclientAddress: "198.51.100.21" }],
  controllerSecurityGroupId: "${controllers}", computeSecurityGroupId: "${computes}",
}, ${opts});`;

/** A controller by itself. */
const controller = (name: string, last: number, opts = "{}", baseUrl = "proxy.baseUrl") => `
const ${name} = new spice.ControllerNode("${name}", { connection: at(${last}), ssh, proxy: { ...proxy, baseUrl: ${baseUrl} } }, ${opts});`;

/** A resource that is none of ours. */
const other = (name: string, command: string, opts = "{}") => `
const ${name} = new remote.Command("${name}", { connection: { ...at(9), ...ssh }, create: "${command}" }, ${opts});`;

const made = other("made", "true");

/** What of the cloud a provider makes, without the cloud's name: what an option of the cloud has to come to. */
const children = ["control-1", "compute-1", "vnc-proxies-control-1"]
  .flatMap((name) => [`${name}-converge`, `${name}-program`])
  .concat(["proxy-203-0-113-0-24", "guests-198-51-100-11-32"]);

describe.skipIf(missingForNodes() !== undefined)("components", () => {
  let stack: StandInStack;
  const neutron = new FakeCloud();

  beforeAll(async () => {
    stack = await StandInStack.start();
    await neutron.start();
    for (const [name, value] of Object.entries(neutron.environment)) {
      stack.project.setEnvironment(name, value);
    }
  });
  afterAll(async () => {
    neutron.stop();
    await stack.stop();
  });

  /** How many rules Neutron was asked to make and to delete since this was last asked. */
  const rules = () => {
    const asked = neutron.requests.splice(0);
    const count = (method: string) =>
      asked.filter((request) => request.startsWith(`${method} /v2.0/security-group-rules`)).length;
    return { made: count("POST"), deleted: count("DELETE") };
  };
  /** What the state has of an option, for each resource that a provider made for the cloud. */
  const kept = (option: keyof Kept) => {
    const resources = stack.resources();
    return children.map((child) => resources.get(`cloud-${child}`)?.[option]);
  };
  const all = <T>(value: T): T[] => children.map(() => value);

  const proxy = { baseUrl: "http://console.example.org:6082/spice_auto.html", allowedSources: ["203.0.113.0/24"] };
  const report = {
    ...{ novaVersion: "26.2.2", packages: {}, firewall: "none" },
    ...{ changes: [], guestsWithoutSpice: [], restarted: [] },
  };

  describe("that depend on what fails, where all else is to go on", () => {
    let errors: readonly string[];
    let ran: readonly string[];
    beforeAll(async () => {
      stack.have("failing", "first");
      const { output, status } = await stack.up(
        [
          ...[made, other("failed", "false"), cloud("cloud", "{ dependsOn: [made, failed] }")],
          controller("waiting", 3, "{ dependsOn: failed }"),
          controller("derived", 4, "{}", "failed.stdout.apply(() => proxy.baseUrl)"),
          ...[controller("first", 5), other("after", "true", "{ dependsOn: first }")],
          ...[controller("second", 6, "{ dependsOn: made }"), controller("third", 7, "{ dependsOn: second }")],
        ].join("\n"),
        "--continue-on-error",
      );
      stack.have("failing");
      expect(status).not.toBe(0);
      const diagnostics = output.slice(output.indexOf("\nDiagnostics:"));
      errors = [...diagnostics.matchAll(/^ {4}error: (.*)/gm)].map(([, text = ""]) => text);
      ran = stack.ran();
    });

    it("are no error of their own", () => {
      expect([...errors].map((text) => text.slice(0, 46)).sort()).toEqual([
        'Process exited with status 1: running "bash ~/',
        'Process exited with status 1: running "false":',
        "update failed",
      ]);
    });

    it("do nothing, and what depends on a component waits for all below it", () => {
      const done = [...stack.resources()].filter(([, { custom, type }]) => custom && !type.startsWith("pulumi:"));
      expect(done.map(([name]) => name).sort()).toEqual([
        ...["derived-program", "first-program", "made"],
        ...["second-converge", "second-program", "third-converge", "third-program"],
      ]);
      expect(rules()).toEqual({ made: 0, deleted: 0 });
    });

    it("have their arguments and outputs in the state, without how to log in", () => {
      const { inputs, outputs } = stack.resources().get("second") ?? {};
      expect({ inputs, outputs }).toEqual({ inputs: { proxy }, outputs: { report } });
    });

    it("keep nobody else from going on, in order", () => {
      expect([...ran].sort()).toEqual(["first", "second", "third"].map((name) => `converge controller ${name}`));
      expect(ran.indexOf("converge controller second")).toBeLessThan(ran.indexOf("converge controller third"));
    });
  });

  describe("of a cloud that is made", () => {
    beforeAll(async () => {
      await stack.destroy();
      stack.ran();
      const { status } = await stack.up(`
pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
  /^(command|openstack):/.test(type) ? { props, opts: { ...opts, customTimeouts: { delete: "2h" } } } : undefined);
const transform = async ({ custom, props, opts }: any) =>
  custom ? { props, opts: { ...opts, customTimeouts: { ...opts.customTimeouts, create: "1h" } } } : undefined;
${made}${cloud("cloud", "{ dependsOn: made, protect: true, transforms: [transform] }")}`);
      expect(status).toBe(0);
      expect(rules()).toEqual({ made: 2, deleted: 0 });
    });

    it("go in its order, after what it depends on", () => {
      expect(stack.ran()).toEqual([
        "converge controller control-1",
        "converge compute compute-1",
        "converge vnc-proxy-retirement control-1",
      ]);
    });

    it("have their arguments and outputs in the state once, without how to log in", () => {
      const components = [...stack.resources()].filter(([, { type }]) => type.startsWith("openstack-spice:"));
      expect(Object.fromEntries(components.map(([name, { inputs, outputs }]) => [name, { inputs, outputs }]))).toEqual({
        cloud: {
          inputs: {
            ...{ proxy, vnc: "off" },
            ...{ controllerSecurityGroupId: groups.controllers, computeSecurityGroupId: groups.computes },
            controllers: { "control-1": { proxySourceAddresses: ["198.51.100.11"] } },
            computes: { "compute-1": { serverProxyclientAddress: "198.51.100.21" } },
          },
          outputs: {
            proxyPageUrl: proxy.baseUrl,
            nodes: {
              "control-1": { roles: ["controller"], ...report },
              "compute-1": { roles: ["compute"], ...report },
            },
          },
        },
        ...Object.fromEntries(
          ["control-1", "compute-1", "vnc-proxies", "proxy", "guests"].map((child) => [
            `cloud-${child}`,
            { inputs: undefined, outputs: undefined },
          ]),
        ),
      });
    });

    it("are seen, and changed, by the component's transforms and the stack's transformations", () => {
      expect(kept("customTimeouts")).toEqual(all({ create: 3600, delete: 7200 }));
    });

    it("are protected with it: destroy is refused, and nothing has run", async () => {
      expect(kept("protect")).toEqual(all(true));
      const { status, output } = await stack.destroy();
      expect(status).not.toBe(0);
      expect(output).toContain("because it is protected");
      expect(output).not.toMatch(/[0-9] deleted/);
      expect([stack.ran(), rules()]).toEqual([[], { made: 0, deleted: 0 }]);
    });

    it("are the same where it has another name, and an alias that says so", async () => {
      const renamed = await stack.preview(
        `${made}${cloud("spice", '{ dependsOn: made, protect: true, aliases: [{ name: "cloud" }] }')}`,
      );
      expect(renamed.output).toMatch(/\nResources:\n {4}16 unchanged\n/);
      expect(renamed.status).toBe(0);
    });

    it("are others where no alias says so", async () => {
      const renamed = await stack.preview(`${made}${cloud("spice", "{ dependsOn: made }")}`);
      expect(renamed.output).toMatch(/\n {4}\+ 14 to create\n/);
    });

    it("stay on the nodes and in Neutron with retainOnDelete, when it leaves the stack", async () => {
      const up = await stack.up(
        `${made}${cloud("cloud", "{ dependsOn: made, protect: false, retainOnDelete: true }")}`,
      );
      expect(up.status).toBe(0);
      expect(kept("retainOnDelete")).toEqual(all(true));
      const { status, output } = await stack.up(made);
      expect(status).toBe(0);
      expect(output).toContain("- 14 deleted");
      expect([stack.ran(), rules()]).toEqual([[], { made: 0, deleted: 0 }]);
    });
  });

  describe("of a cloud that goes with another resource, and of nodes by themselves", () => {
    /** Two nodes, before and after all that they stand below, and they, have got other names. */
    const nodes = (site: string, siteOpts: string, movedName: string, movedOpts: string) => `
class Site extends pulumi.ComponentResource {
  constructor() { super("test:index:Site", "${site}", {}, ${siteOpts}); }
}
const site = new Site();
new spice.ControllerNode("${site}-below", { nodeName: "below", connection: at(3), ssh, proxy }, { parent: site });
new spice.ControllerNode("${movedName}", { nodeName: "moved", connection: at(4), ssh, proxy }, ${movedOpts});`;
    const others = { controllers: groups.computes, computes: groups.controllers };
    const withMade = made + cloud("cloud", "{ deletedWith: made }", others);

    beforeAll(async () => {
      const { status } = await stack.up(withMade + nodes("site", "{}", "moved", "{}"));
      expect(status).toBe(0);
      expect(stack.ran()).toHaveLength(5);
      expect(rules()).toEqual({ made: 2, deleted: 0 });
    });

    it("are the same below a component that has another name, and where they have moved below one, by aliases", async () => {
      const alias = '{ parent: site, aliases: [{ name: "moved", parent: pulumi.rootStackResource }] }';
      const moved = nodes("place", '{ aliases: [{ name: "site" }] }', "place-moved", alias);
      const { status, output } = await stack.preview(withMade + moved);
      expect(output).toMatch(/\nResources:\n {4}23 unchanged\n/);
      expect(status).toBe(0);
    });

    it("are undone by destroy, but for those that are deletedWith what goes too", async () => {
      const { status } = await stack.destroy();
      expect(status).toBe(0);
      expect(stack.resources().size).toBe(0);
      expect([...stack.ran()].sort()).toEqual(["revert controller below", "revert controller moved"]);
      expect(rules()).toEqual({ made: 0, deleted: 0 });
    });
  });
});
