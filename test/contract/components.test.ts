import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import {
  ComputeNode,
  ConsoleSecurityGroupRule,
  ControllerNode,
  OnDestroy,
  Release,
  VncProxyRetirement,
} from "../../components";
import { cloud, node, privateKey } from "./support/cloud";
import { run, valueOf } from "./support/recorder";
import { stateOf } from "./support/states";

const names = (resources: readonly { readonly name: string }[]) => resources.map(({ name }) => name).sort();
/** The subject of an error and the paths it lists, in their order. */
const paths = (error: string | undefined) => error?.split("\n").map((line) => line.trim().split(": ")[0]);
const html5proxyBaseUrl = "http://console.example.org:6082/spice_auto.html";

describe("ControllerNode, alone", () => {
  const args = { connection: node(11), proxy: cloud.proxy };

  it("is one node, named like the component", async () => {
    const { resources, warnings } = await run(() => new ControllerNode("control-9", args));
    expect(names(resources)).toEqual(["control-9", "control-9-converge", "control-9-program"]);
    expect(stateOf(resources.at(-1))).toMatchObject({ role: "controller", node: "control-9" });
    expect(warnings).toEqual([]);
  });

  it("hands its arguments on to the engine, but for how to log in", async () => {
    const { resources } = await run(() => new ControllerNode("control-9", { ...args, ssh: { user: "ops" } }));
    expect(resources[0]?.inputs).toEqual({ proxy: cloud.proxy });
  });

  it("warns for itself", async () => {
    const { warnings } = await run(
      () =>
        new ControllerNode("control-9", { connection: { host: "192.0.2.9" }, proxy: { baseUrl: html5proxyBaseUrl } }),
    );
    expect(warnings.map((warning) => warning.slice(0, 34))).toEqual([
      "proxy.allowedSources is left out: ",
      "No hostKey is given for control-9:",
    ]);
  });

  it("asserts the release in its document", async () => {
    const { resources } = await run(() => new ControllerNode("control-9", { ...args, release: Release.Zed }));
    expect(stateOf(resources.at(-1)).release).toBe(26);
  });

  it("registers nothing when anything is wrong", async () => {
    const { resources, error } = await run(
      () =>
        new ControllerNode("control-9", {
          ...args,
          proxy: { baseUrl: "http://localhost:6082/spice_auto.html", allowedSources: ["203.0.113.7/24"] },
          extraNovaOptions: { "spice/enabled": "true" },
          // @ts-expect-error TypeScript catches it; JavaScript does not.
          release: 99, // eslint-disable-line @typescript-eslint/no-unsafe-enum-assignment -- see above
        }),
    );
    expect(resources).toEqual([]);
    expect(paths(error)).toEqual([
      'ControllerNode "control-9"',
      "release",
      "proxy.baseUrl",
      "proxy.allowedSources[0]",
      'extraNovaOptions["spice/enabled"]',
    ]);
  });

  it("says that the port is to be closed to others, and to whom not", async () => {
    const given = async (allowedSources: readonly string[] | undefined) =>
      await run(
        () =>
          new ControllerNode("control-1", {
            connection: node(11),
            proxy: { baseUrl: html5proxyBaseUrl, allowedSources, dropOtherSources: true },
          }),
      );
    const { resources } = await given(["203.0.113.0/24"]);
    expect(stateOf(resources.at(-1)).firewall).toEqual({ sources: { "203.0.113.0/24": {} }, dropOtherSources: true });
    expect(stateOf((await given([])).resources.at(-1)).firewall).toEqual({ sources: {}, dropOtherSources: true });
    expect((await given(undefined)).error).toContain(
      "proxy.dropOtherSources: It needs allowedSources. Name the CIDR blocks that may open consoles, or [] for nobody.",
    );
    expect((await given(["203.0.113.0/24", "::/0"])).error).toContain(
      "proxy.dropOtherSources: allowedSources names ::/0, so nothing would be closed. Name the blocks of your users, or leave dropOtherSources out.",
    );
    expect((await given(["203.0.113.1/24"])).error).not.toContain("dropOtherSources");
  });
});

describe("ComputeNode, alone", () => {
  const args = { connection: node(21), html5proxyBaseUrl, serverProxyclientAddress: "198.51.100.21" };

  it("waits for what its component depends on", async () => {
    const { resources } = await run(() => {
      const before = new ComputeNode("compute-1", args);
      return new ComputeNode("compute-2", { ...args, connection: node(22) }, { dependsOn: before });
    });
    const command = resources.find(({ name }) => name === "compute-2-converge");
    expect(command?.dependsOn).toEqual(["compute-1-converge", "compute-1-program", "compute-2-program"]);
    expect(resources.find(({ name }) => name === "compute-2")?.dependsOn).toEqual([]);
  });

  it("also waits for dependencies that are outputs or lists", async () => {
    const { resources } = await run(() => {
      const before = new ComputeNode("compute-1", args);
      new ComputeNode("compute-2", { ...args, connection: node(22) }, { dependsOn: [before] });
      new ComputeNode("compute-3", { ...args, connection: node(23) }, { dependsOn: pulumi.output([before]) });
    });
    for (const name of ["compute-2", "compute-3"]) {
      const command = resources.find((resource) => resource.name === `${name}-converge`);
      expect(command?.dependsOn).toEqual(["compute-1-converge", "compute-1-program", `${name}-program`]);
    }
  });

  it("closes its console ports to all but the sources, and warns where there are none", async () => {
    const ports = { proxySourceAddresses: ["198.51.100.11"], extraConsoleSources: ["198.51.100.99"] };
    const closed = await run(() => new ComputeNode("compute-1", { ...args, ...ports }));
    expect(stateOf(closed.resources.at(-1)).consolePorts).toEqual({
      first: 5900,
      last: 5999,
      sources: { "198.51.100.11/32": {}, "198.51.100.99/32": {} },
    });
    expect(closed.warnings).toEqual([]);
    const open = await run(() => new ComputeNode("compute-1", args));
    expect(stateOf(open.resources.at(-1))).not.toHaveProperty("consolePorts");
    expect(open.warnings).toEqual([
      "proxySourceAddresses is left out: the firewalls of the computes are left alone, and guests' consoles have no password. Name the addresses from which the computes see the proxies come.",
    ]);
  });

  it("listens where it is asked to", async () => {
    const { resources } = await run(() => new ComputeNode("compute-1", { ...args, serverListenEverywhere: true }));
    expect(stateOf(resources.at(-1))["nova.conf"]?.["spice"]).toMatchObject({ server_listen: "0.0.0.0" });
  });

  it("registers nothing when anything is wrong", async () => {
    const { resources, error } = await run(
      () =>
        new ComputeNode("compute-1", {
          connection: { host: "ops@192.0.2.21" },
          ssh: { privateKey: "~/.ssh/id_ed25519" },
          html5proxyBaseUrl: "ftp://console.example.org/spice_auto.html",
          serverProxyclientAddress: "127.0.0.1",
          serverListen: "0.0.0.0",
          extraConsoleSources: ["198.51.100.99"],
          consolePortRange: { first: 6000, last: 5900 },
        }),
    );
    expect(resources).toEqual([]);
    expect(paths(error)).toEqual([
      'ComputeNode "compute-1"',
      "connection.host",
      "ssh.privateKey",
      "html5proxyBaseUrl",
      "serverProxyclientAddress",
      "serverListen",
      "proxySourceAddresses",
      "consolePortRange.last",
    ]);
    expect(error).toContain(
      "\n  connection.host: It is neither an IP address nor a host name. Give where SSH connects to, without user, port or brackets.\n" +
        "  ssh.privateKey: It is not the text of a private key but, it seems, a path. Give the content of the key file as it is, such as by `pulumi config set --secret sshPrivateKey < FILE`, or use an SSH agent.\n",
    );
  });

  it("reports nothing in a preview", async () => {
    let reported = 0;
    await run(() => new ComputeNode("compute-1", args).report.apply(() => (reported += 1)), { preview: true });
    expect(reported).toBe(0);
  });
});

describe("VncProxyRetirement, alone", () => {
  const args = { controllers: [1, 2].map((number) => ({ name: `control-${number}`, connection: node(10 + number) })) };

  it("is one command for each controller, after what it depends on", async () => {
    const { resources } = await run(() => {
      const compute = { connection: node(21), html5proxyBaseUrl, serverProxyclientAddress: "198.51.100.21" };
      const before = new ComputeNode("compute-1", compute);
      return new VncProxyRetirement("vnc", args, { dependsOn: [before] });
    });
    const commands = resources.filter(({ parent, type }) => parent === "vnc" && type === "command:remote:Command");
    expect(commands.map(({ name, dependsOn }) => [name, dependsOn])).toEqual(
      ["vnc-control-1", "vnc-control-2"].map((name) => [
        `${name}-converge`,
        ["compute-1-converge", "compute-1-program", `${name}-program`],
      ]),
    );
  });

  it("leaves noVNC stopped where nodes are kept", async () => {
    const { resources } = await run(() => new VncProxyRetirement("vnc", { ...args, onDestroy: OnDestroy.Keep }));
    const kept = resources.filter(({ retainOnDelete }) => retainOnDelete).map(({ name }) => name);
    expect(kept).toEqual(["vnc-control-1-converge", "vnc-control-2-converge"]);
  });

  it("registers nothing when anything is wrong", async () => {
    const controllers = [{ name: "", connection: { host: "192.0.2.11", port: 99999 } }];
    const { resources, error } = await run(() => new VncProxyRetirement("vnc", { controllers }));
    expect(resources).toEqual([]);
    expect(error).toMatch(
      /^VncProxyRetirement "vnc": 2 arguments are wrong.*\n {2}controllers\[0\]\.name: .*\n {2}controllers\[0\]\.connection\.port: /,
    );
  });
});

describe("ConsoleSecurityGroupRule, alone", () => {
  it("names rules after canonical sources, so that a new one leaves the others alone", async () => {
    const rules = async (sources: readonly string[]) => {
      const { resources } = await run(
        () => new ConsoleSecurityGroupRule("consoles", { securityGroupId: "group", sources }),
      );
      return resources.slice(1).map(({ name, inputs }) => [name, inputs["remoteIpPrefix"]]);
    };
    const one = await rules(["2001:DB8:0:0::/32"]);
    expect(one).toEqual([["consoles-2001-db8---32", "2001:db8::/32"]]);
    expect(await rules(["203.0.113.9", "2001:db8::/32"])).toEqual([
      ...one,
      ["consoles-203-0-113-9-32", "203.0.113.9/32"],
    ]);
  });

  it("gives the rules' ids", async () => {
    const { result } = await run(() => {
      const args = { securityGroupId: pulumi.output("group"), sources: ["203.0.113.0/24"] };
      return valueOf(new ConsoleSecurityGroupRule("consoles", args).ruleIds);
    });
    expect(result).toEqual(["id-of-consoles-203-0-113-0-24"]);
  });

  it("registers nothing when anything is wrong", async () => {
    const { resources, error } = await run(
      () =>
        new ConsoleSecurityGroupRule("consoles", {
          securityGroupId: " ",
          sources: ["203.0.113.0/24", "203.0.113.0/33"],
          port: 5999,
          lastPort: 5900,
        }),
    );
    expect(resources).toEqual([]);
    expect(paths(error)).toEqual(['ConsoleSecurityGroupRule "consoles"', "securityGroupId", "sources[1]", "lastPort"]);
    expect(error).toContain('securityGroupId: " " is no security group. Give the group\'s id, or leave it out.\n');
    expect(error).toContain("lastPort: 5900 is before port 5999. Give the last port of the range.");
  });
});

describe("a key that is known late", () => {
  const compute = { html5proxyBaseUrl, serverProxyclientAddress: "198.51.100.21" };

  it("is a secret all the same", async () => {
    const connection = { ...node(21), privateKey: pulumi.output(privateKey) };
    const { resources } = await run(() => new ComputeNode("compute-1", { ...compute, connection }));
    const command = resources.at(-1);
    expect(command?.secretInputs).toEqual(["connection"]);
    expect(command?.inputs["connection"]).toMatchObject({ privateKey });
    expect(command?.clearText).not.toContain("PRIVATE KEY");
  });
});
