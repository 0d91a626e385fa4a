/** Arguments as a program gives them that is not type-checked, or that reads them from its stack's configuration. */
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import {
  ComputeNode,
  ConsoleSecurityGroupRule,
  ControllerNode,
  SpiceConsole,
  VncProxyRetirement,
} from "../../components";
import { cloud, node } from "./support/cloud";
import { type Run, run } from "./support/recorder";

const [controller, compute] = [cloud.controllers[0], cloud.computes[0]];
const baseUrl = cloud.proxy.baseUrl;

/** A component with such arguments, in the place of what the compiler would take. */
function made(Component: unknown, args: unknown): Promise<Run<unknown>> {
  const Any = Component as new (name: string, args: unknown) => unknown;
  return run(() => new Any("it", args));
}

/** The errors of a run that registered nothing, without the line above them. */
async function errors(Component: unknown, args: unknown): Promise<readonly string[] | undefined> {
  const { resources, error } = await made(Component, args);
  expect(resources).toEqual([]);
  return error?.split("\n  ").slice(1);
}

describe("what is missing", () => {
  it.each<[string, unknown, unknown, readonly string[]]>([
    ["a cloud", SpiceConsole, {}, ["proxy", "controllers", "computes"]],
    [
      "a cloud's nodes",
      SpiceConsole,
      {
        proxy: {},
        controllers: [{ connection: {} }, { name: null, connection: null }],
        computes: [{ name: "compute-1", connection: { host: undefined } }],
      },
      [
        ...["proxy.baseUrl", "controllers[0].name", "controllers[0].connection.host", "controllers[1].name"],
        ...["controllers[1].connection", "computes[0].connection.host", "computes[0].serverProxyclientAddress"],
      ],
    ],
    ["a controller", ControllerNode, { connection: { host: null } }, ["connection.host", "proxy"]],
    ["a compute", ComputeNode, {}, ["connection", "html5proxyBaseUrl", "serverProxyclientAddress"]],
    ["a retirement", VncProxyRetirement, { controllers: [{}] }, ["controllers[0].name", "controllers[0].connection"]],
    ["a rule", ConsoleSecurityGroupRule, {}, ["securityGroupId", "sources"]],
  ])("is listed for %s", async (_, component, args, paths) => {
    expect(await errors(component, args)).toEqual(paths.map((path) => `${path}: It is missing. Give it.`));
  });

  it("is what null stands for, where it may be left out", async () => {
    const nothing = {
      ...{ ssh: null, webClient: null, packageRepository: null, recipe: null, formerStack: null, rollout: null },
      ...{ extraConsoleSources: null, controllerSecurityGroupId: null, computeSecurityGroupId: null, vnc: null },
      proxy: { ...cloud.proxy, listenAddress: null, tls: null },
    };
    const { resources, error, lateErrors } = await made(SpiceConsole, {
      ...{ ...cloud, ...nothing, consolePortRange: null },
      controllers: [{ ...controller, listenAddress: null, connection: { ...node(11), privateKey: null } }],
    });
    expect([error, lateErrors, resources.length]).toEqual([undefined, [], 7]);
  });
});

describe("what is no list", () => {
  const list = "It is not a list. Give one whose length is known when the program runs.";

  it("is refused for nodes", async () => {
    expect(await errors(SpiceConsole, { ...cloud, computes: compute })).toEqual([`computes: ${list}`]);
  });

  it("is refused for sources, also as an output", async () => {
    const proxy = { ...cloud.proxy, allowedSources: pulumi.output(["203.0.113.0/24"]) };
    expect(await errors(SpiceConsole, { ...cloud, proxy })).toEqual([`proxy.allowedSources: ${list}`]);
  });
});

describe("words that are not known", () => {
  const [what, packages] = ["Give one of restore, keep.", "Give one of keep, remove."];

  it("are refused for what becomes of nodes: none must pass for one that puts them back", async () => {
    const controllers = [{ ...controller, onDestroy: "Keep" }];
    const computes = [{ ...compute, onDestroy: "leave" }];
    const args = { ...cloud, controllers, computes, onDestroy: "KEEP", packagesOnDestroy: "purge" };
    expect(await errors(SpiceConsole, args)).toEqual([
      `onDestroy: "KEEP" is not known here. ${what}`,
      `packagesOnDestroy: "purge" is not known here. ${packages}`,
      `controllers[0].onDestroy: "Keep" is not known here. ${what}`,
      `computes[0].onDestroy: "leave" is not known here. ${what}`,
    ]);
    expect(await errors(ControllerNode, { connection: node(11), proxy: cloud.proxy, onDestroy: "Keep" })).toEqual([
      `onDestroy: "Keep" is not known here. ${what}`,
    ]);
    const retiring = { name: "control-1", connection: node(11), onDestroy: "Keep" };
    expect(await errors(VncProxyRetirement, { controllers: [retiring], onDestroy: "none" })).toEqual([
      `controllers[0].onDestroy: "Keep" is not known here. ${what}`,
      `onDestroy: "none" is not known here. ${what}`,
    ]);
  });
});

describe("a release that is a text", () => {
  it.each(["26", "zed"])("is refused, as %s", async (release) => {
    const reason = `${JSON.stringify(release)} is text. Give a number, such as 26, or Release.Zed.`;
    expect(await errors(SpiceConsole, { ...cloud, release })).toEqual([`release: ${reason}`]);
  });
});

describe("names of what every object has", () => {
  it("are names of nodes like any others", async () => {
    const controllers = [{ ...controller, name: "constructor" }];
    const computes = [{ ...compute, name: "toString" }];
    const { error, lateErrors, resources } = await made(SpiceConsole, { ...cloud, controllers, computes });
    expect([error, lateErrors, resources.length]).toEqual([undefined, [], 7]);
  });

  it("are no presets", async () => {
    expect(await errors(SpiceConsole, { ...cloud, compression: { preset: "toString" } })).toEqual([
      'compression.preset: "toString" is no preset. Give one of video.',
    ]);
  });
});

describe("how to log in, where it stands in the wrong place", () => {
  it("is not in the state", async () => {
    const login = { host: "192.0.2.11", user: "ops", password: "hunter2", privateKey: "hunter3" };
    const bastion = { host: "192.0.2.1", privateKeyPassword: "hunter4", agentSocketPath: "/run/hunter5" };
    const args = { ...cloud, ...login, bastion, controllers: [{ ...controller, ...login, bastion }] };
    const { resources } = await made(SpiceConsole, args);
    expect(resources.filter(({ clearText }) => clearText.includes("hunter"))).toEqual([]);
    expect(resources.length).toBe(7);
  });
});

describe("a list of controllers whose noVNC goes", () => {
  it("is checked as a cloud's", async () => {
    const one = { name: "control-1", connection: node(11) };
    expect(await errors(VncProxyRetirement, { controllers: [] })).toEqual([expect.stringMatching(/^controllers: /)]);
    expect(await errors(VncProxyRetirement, { controllers: [one, { ...one, connection: node(12) }] })).toEqual([
      'controllers[1].name: "control-1" is the name of controllers[0] already. Give each node a name of its own.',
    ]);
  });
});

describe("how to log in, where it is known late", () => {
  it("is checked once it is known, before anything connects", async () => {
    const connection = {
      ...{ host: pulumi.output("ops@192.0.2.11:22"), hostKey: pulumi.output("ssh-rsa AAAA") },
      ...{ port: pulumi.output(0), user: pulumi.output("a b") },
    };
    const { lateErrors, resources } = await made(ControllerNode, { connection, proxy: cloud.proxy });
    expect(resources.map(({ name }) => name)).toEqual(["it"]);
    const [first = "", ...lines] = lateErrors
      .map((error) => (error as Error).message)
      .join("\n")
      .split("\n");
    expect(first).toBe('ControllerNode "it": 4 arguments are wrong, and the nodes that it concerns were not reached.');
    expect(lines.map((line) => line.split(": ")[0])).toEqual([
      ...["  connection.host", "  connection.hostKey", "  connection.port", "  connection.user"],
    ]);
  });

  it("makes no secret of the host", async () => {
    const connection = {
      ...node(11),
      host: pulumi.output("192.0.2.11"),
      privateKey: undefined,
      password: pulumi.secret("x"),
    };
    const { resources, lateErrors } = await made(ControllerNode, { connection, proxy: { baseUrl } });
    expect(lateErrors).toEqual([]);
    expect(resources.find(({ name }) => name === "it-converge")?.inputs["triggers"]).toEqual(["192.0.2.11"]);
    expect(resources.find(({ name }) => name === "it-converge")?.secretInputs).toEqual(["connection"]);
  });
});
