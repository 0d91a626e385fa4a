import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { OnDestroy, PackagesOnDestroy, SpiceConsole, type SpiceConsoleArgs, Vnc } from "../../components";
import { convergeCommand, revertCommand } from "../../remote/convergence";
import { hostProgram, hostProgramFile, shortDigest } from "../../remote/program";
import { reportOf } from "../support/report";
import { cloud, hostKey, node, privateKey } from "./support/cloud";
import { type Registered, run, valueOf } from "./support/recorder";
import { stateOf } from "./support/states";

const program = hostProgram().sha256;

/** What a run registers: `TYPE NAME < PARENT`, sorted. */
function tree(resources: readonly Registered[]): readonly string[] {
  return resources.map(({ type, name, parent }) => `${type} ${name} < ${parent}`).sort();
}

function find(resources: readonly Registered[], name: string): Registered {
  const found = resources.filter((resource) => resource.name === name);
  expect(found.map(({ name }) => name)).toEqual([name]);
  return found[0] as Registered;
}

const declare = (args: SpiceConsoleArgs) => run(() => new SpiceConsole("cloud", args));

describe("SpiceConsole", () => {
  it("registers one upload and one command for each node and role, below the role's component", async () => {
    const { resources, warnings } = await declare(cloud);
    expect(tree(resources)).toEqual([
      "command:remote:Command cloud-compute-1-converge < cloud-compute-1",
      "command:remote:Command cloud-control-1-converge < cloud-control-1",
      "command:remote:CopyToRemote cloud-compute-1-program < cloud-compute-1",
      "command:remote:CopyToRemote cloud-control-1-program < cloud-control-1",
      "openstack-spice:index:ComputeNode cloud-compute-1 < cloud",
      "openstack-spice:index:ControllerNode cloud-control-1 < cloud",
      "openstack-spice:index:SpiceConsole cloud < ",
    ]);
    expect(warnings).toEqual([]);
  });

  it("makes a command that converges, reverts, and is replaced by nothing but another address", async () => {
    const { resources } = await declare(cloud);
    const { inputs, ...rest } = find(resources, "cloud-control-1-converge");
    expect(Object.keys(inputs).sort()).toEqual([
      "addPreviousOutputInEnv",
      "connection",
      "create",
      "delete",
      "logging",
      "stdin",
      "triggers",
    ]);
    expect(inputs["create"]).toBe(convergeCommand(program, "controller"));
    expect(inputs["delete"]).toBe(revertCommand("controller"));
    expect([inputs["addPreviousOutputInEnv"], inputs["logging"]]).toEqual([false, "stderr"]);
    expect(inputs["triggers"]).toEqual(["192.0.2.11"]);
    expect(rest.dependsOn).toEqual(["cloud-control-1-program"]);
    expect(rest.deleteBeforeReplace).toBe(true);
    expect(rest.replaceOnChanges).toEqual(["triggers[*]"]);
    expect(rest.ignoreChanges).toEqual([]);
    expect(rest.additionalSecretOutputs).toEqual(["connection", "stderr", "stdout"]);
  });

  it("uploads the program as a file, to a path of the role and the program's digest", async () => {
    const { resources } = await declare(cloud);
    const { inputs, dependsOn } = find(resources, "cloud-compute-1-program");
    expect(inputs["remotePath"]).toBe(`.openstack-spice/compute-${shortDigest(program)}`);
    expect(inputs["source"]).toMatchObject({ path: hostProgramFile() });
    expect(dependsOn).toEqual([]);
  });

  it("hands each node its document", async () => {
    const { resources } = await declare(cloud);
    expect(stateOf(find(resources, "cloud-control-1-converge"))).toEqual({
      role: "controller",
      id: "341a6a",
      node: "control-1",
      owner: "project/stack",
      firewall: { sources: { "203.0.113.0/24": {} } },
      "nova.conf": { spice: { html5proxy_host: "0.0.0.0", html5proxy_port: "6082" } },
    });
    expect(stateOf(find(resources, "cloud-compute-1-converge"))).toEqual({
      role: "compute",
      id: "08dab9",
      node: "compute-1",
      owner: "project/stack",
      consolePorts: { first: 5900, last: 5999, sources: { "198.51.100.11/32": {} } },
      "nova.conf": {
        vnc: { enabled: "true" },
        spice: {
          enabled: "true",
          agent_enabled: "false",
          html5proxy_base_url: "http://console.example.org:6082/spice_auto.html",
          server_listen: "198.51.100.21",
          server_proxyclient_address: "198.51.100.21",
        },
      },
    });
  });

  it("builds the connection from the node's and the shared settings, as a secret, and nowhere else", async () => {
    const bastion = { host: "bastion.example.org", hostKey, privateKey };
    const args = { ...cloud, ssh: { ...cloud.ssh, port: 2222, bastion } };
    const controllers = [{ name: "control-1", connection: { ...node(11), port: 22 } }];
    const { resources } = await declare({ ...args, controllers });
    const { inputs, secretInputs } = find(resources, "cloud-control-1-converge");
    expect(secretInputs).toEqual(["connection"]);
    const limits = { dialErrorLimit: 10, perDialTimeout: 10 };
    expect(inputs["connection"]).toEqual({
      ...{ host: "192.0.2.11", port: 22, user: "ops", privateKey, hostKey, ...limits },
      proxy: { ...bastion, port: 22, user: "root", ...limits },
    });
    expect(resources.filter(({ clearText }) => clearText.includes(privateKey.split("\n")[1] ?? "?"))).toEqual([]);
  });

  it("hands its arguments on to the engine, nodes by name, but for how to log in", async () => {
    const { resources } = await declare(cloud);
    expect(find(resources, "cloud").inputs).toEqual({
      proxy: cloud.proxy,
      controllers: { "control-1": { proxySourceAddresses: ["198.51.100.11"] } },
      computes: { "compute-1": { serverProxyclientAddress: "198.51.100.21" } },
    });
    // What they get is the cloud's: the state does not have it twice.
    expect(find(resources, "cloud-control-1").inputs).toEqual({});
    expect(find(resources, "cloud-compute-1").inputs).toEqual({});
  });

  it("converges controllers, then the canary, then batches", async () => {
    const computes = [1, 2, 3, 4].map((number) => ({
      name: `compute-${number}`,
      connection: node(20 + number),
      serverProxyclientAddress: `198.51.100.${20 + number}`,
    }));
    const controllers = [
      ...cloud.controllers,
      { name: "control-2", connection: node(12), proxySourceAddresses: ["198.51.100.12"] },
    ];
    const rollout = { canaries: ["compute-2"], batchSize: 2 };
    const { resources } = await declare({ ...cloud, controllers, computes, rollout });
    const waits = (name: string) =>
      find(resources, `cloud-${name}-converge`).dependsOn.filter((other) => other !== `cloud-${name}-program`);
    const controllerCommands = ["cloud-control-1-converge", "cloud-control-2-converge"];
    expect(waits("control-1")).toEqual([]);
    expect(waits("control-2")).toEqual([]);
    expect(waits("compute-2")).toEqual(controllerCommands);
    expect(waits("compute-1")).toEqual(["cloud-compute-2-converge"]);
    expect(waits("compute-3")).toEqual(["cloud-compute-2-converge"]);
    expect(waits("compute-4")).toEqual(["cloud-compute-1-converge", "cloud-compute-3-converge"]);
  });

  it("retires noVNC with Off alone, on every controller, after the last batch", async () => {
    for (const vnc of [Vnc.Keep, Vnc.Alongside, undefined]) {
      const { resources } = await declare({ ...cloud, vnc });
      expect(resources.filter(({ type }) => type.includes("VncProxyRetirement"))).toEqual([]);
    }
    const { resources } = await declare({ ...cloud, vnc: Vnc.Off });
    expect(find(resources, "cloud-vnc-proxies").parent).toBe("cloud");
    const command = find(resources, "cloud-vnc-proxies-control-1-converge");
    const { inputs, parent, dependsOn } = command;
    expect(parent).toBe("cloud-vnc-proxies");
    expect(dependsOn).toEqual(["cloud-compute-1-converge", "cloud-vnc-proxies-control-1-program"]);
    expect(inputs["delete"]).toBe(revertCommand("vnc-proxy-retirement"));
    expect(stateOf(command)).toEqual({
      role: "vnc-proxy-retirement",
      id: "020fe7",
      node: "control-1",
      owner: "project/stack",
    });
    expect(stateOf(find(resources, "cloud-compute-1-converge"))).toMatchObject({
      vnc: "off",
      "nova.conf": { vnc: { enabled: "false" } },
    });
  });

  it("leaves the controllers' documents alone when VNC is switched off", async () => {
    const document = async (vnc: Vnc) =>
      find((await declare({ ...cloud, vnc })).resources, "cloud-control-1-converge").inputs;
    expect(await document(Vnc.Off)).toEqual(await document(Vnc.Alongside));
  });

  it("gives a node with both roles one name and two commands", async () => {
    const both = { name: "all-1", connection: node(31) };
    const { resources } = await declare({
      ...cloud,
      controllers: [both],
      computes: [{ ...both, serverProxyclientAddress: "198.51.100.31" }],
    });
    const commands = resources.filter(({ type }) => type === "command:remote:Command");
    const said = commands.map((command) => ({ command: command.name, ...stateOf(command) }));
    expect(said.map(({ command, role, node }) => [command, role, node])).toEqual([
      ["cloud-all-1-converge", "controller", "all-1"],
      ["cloud-all-1-converge", "compute", "all-1"],
    ]);
    const uploads = resources.filter(({ type }) => type === "command:remote:CopyToRemote");
    expect(new Set(uploads.map(({ inputs }) => inputs["remotePath"])).size).toBe(2);
  });

  it("never reverts nodes that are kept, all or one of them, whose command is otherwise the same", async () => {
    const { resources } = await declare({ ...cloud, vnc: Vnc.Off, onDestroy: OnDestroy.Keep });
    const commands = resources.filter(({ type }) => type === "command:remote:Command");
    expect(commands.map(({ retainOnDelete }) => retainOnDelete)).toEqual([true, true, true]);
    const controllers = cloud.controllers.map((controller) => ({ ...controller, onDestroy: OnDestroy.Keep }));
    const { resources: one } = await declare({ ...cloud, vnc: Vnc.Off, controllers });
    const kept = one.filter(({ retainOnDelete }) => retainOnDelete).map(({ name }) => name);
    expect(kept).toEqual(["cloud-control-1-converge", "cloud-vnc-proxies-control-1-converge"]);
    expect(find(one, "cloud-control-1-converge").inputs).toEqual(find(resources, "cloud-control-1-converge").inputs);
  });

  it("has the packages removed with a node where that is asked, and says nothing of them else", async () => {
    const said = (resources: Awaited<ReturnType<typeof declare>>["resources"]) =>
      resources
        .filter(({ type }) => type === "command:remote:Command")
        .filter((command) => stateOf(command).packagesOnDestroy === "remove")
        .map(({ name }) => name)
        .sort();
    expect(said((await declare({ ...cloud, packagesOnDestroy: PackagesOnDestroy.Keep })).resources)).toEqual([]);
    const all = (await declare({ ...cloud, packagesOnDestroy: PackagesOnDestroy.Remove })).resources;
    const nodes = [...cloud.controllers, ...cloud.computes].map(({ name }) => `cloud-${name}-converge`);
    expect(said(all)).toEqual(nodes.sort());
  });

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

  it("waits for arguments that are outputs, and then checks them", async () => {
    const { resources } = await declare({
      ...cloud,
      proxy: { ...cloud.proxy, baseUrl: pulumi.output("http://console.example.org:6082/spice_auto.html") },
      computes: [
        {
          name: "compute-1",
          connection: { ...node(21), host: pulumi.output("192.0.2.21") },
          serverProxyclientAddress: pulumi.output("198.51.100.21"),
        },
      ],
    });
    const command = find(resources, "cloud-compute-1-converge");
    expect(stateOf(command)["nova.conf"]?.["spice"]?.["server_listen"]).toBe("198.51.100.21");
    expect(command.inputs["triggers"]).toEqual(["192.0.2.21"]);
  });

  it("puts together what a node reports for its roles", async () => {
    const both = { name: "all-1", connection: node(31) };
    const args = { ...cloud, controllers: [both], computes: [{ ...both, serverProxyclientAddress: "198.51.100.31" }] };
    const report = reportOf(
      "nova 26.2.2",
      "package nova-consoleproxy 2:26.2.2-1~deb12u5",
      "firewall nftables",
      "change spice/html5proxy_host: (unset) -> 0.0.0.0",
      "restarted nova-spicehtml5proxy",
      "changed 1",
    );
    const { result } = await run(
      async () => {
        const spice = new SpiceConsole("cloud", args);
        return {
          nodes: await valueOf(spice.nodes),
          url: await valueOf(spice.proxyPageUrl),
          secret: await pulumi.isSecret(spice.nodes),
        };
      },
      { stdout: { "cloud-all-1-converge": `Welcome to all-1!\n${report}` } },
    );
    expect(result).toEqual({
      url: cloud.proxy.baseUrl,
      secret: false,
      nodes: {
        "all-1": {
          roles: ["controller", "compute"],
          novaVersion: "26.2.2",
          packages: { "nova-consoleproxy": "2:26.2.2-1~deb12u5" },
          firewall: "nftables",
          changes: Array(2).fill({ subject: "spice/html5proxy_host", old: "(unset)", new: "0.0.0.0" }),
          guestsWithoutSpice: [],
          restarted: Array(2).fill("nova-spicehtml5proxy"),
        },
      },
    });
  });

  it("puts what noVNC's retirement reported to the rest, and counts it as no role", async () => {
    const report = reportOf("change service/nova-novncproxy: enabled, active -> disabled, inactive", "changed 1");
    const { result: outcome } = await run(
      async () => (await valueOf(new SpiceConsole("cloud", { ...cloud, vnc: Vnc.Off }).nodes))["control-1"],
      { stdout: { "cloud-vnc-proxies-control-1-converge": report } },
    );
    expect([outcome?.roles, outcome?.changes]).toEqual([
      ["controller"],
      [{ subject: "service/nova-novncproxy", old: "enabled, active", new: "disabled, inactive" }],
    ]);
  });

  it("registers in a preview what it registers in an update", async () => {
    const preview = await run(() => new SpiceConsole("cloud", cloud), { preview: true });
    const update = await declare(cloud);
    expect(tree(preview.resources)).toEqual(tree(update.resources));
  });

  it("warns once of hosts whose keys are unknown, of unnamed sources, and of everybody", async () => {
    const { warnings } = await declare({
      ...cloud,
      vnc: Vnc.Off,
      proxy: { baseUrl: cloud.proxy.baseUrl },
      controllers: [{ name: "control-1", connection: { host: "192.0.2.11" } }],
      ssh: { bastion: { host: "192.0.2.1" } },
    });
    expect(warnings).toEqual([
      "No hostKey is given for control-1, the bastion: whatever answers there is trusted. Give each the line of its /etc/ssh/ssh_host_ed25519_key.pub, read in a way you trust.",
      "proxy.allowedSources is left out: the firewalls of the controllers are left alone. Name the CIDR blocks that may open consoles, or [] for nobody.",
      "controllers[].proxySourceAddresses is left out: the firewalls of the computes are left alone, and guests' consoles have no password. Name the addresses from which the computes see the proxies come.",
    ]);
    const everybody = await declare({ ...cloud, proxy: { ...cloud.proxy, allowedSources: ["0.0.0.0/0"] } });
    expect(everybody.warnings).toEqual([
      "proxy.allowedSources names 0.0.0.0/0: everybody may connect to the proxy, and needs just a token of a console. Name the blocks of your users.",
    ]);
  });

  it("registers nothing when anything is wrong, and says all of it", async () => {
    const { resources, error } = await declare({
      ...cloud,
      ssh: { ...cloud.ssh, port: 0 },
      computes: [{ name: "compute 1", connection: node(21), serverProxyclientAddress: "compute-1" }],
    });
    expect(resources).toEqual([]);
    const lines = error?.split("\n") ?? [];
    expect(lines.slice(0, 2)).toEqual([
      'SpiceConsole "cloud": 3 arguments are wrong, and nothing was changed on any node.',
      "  ssh.port: 0 is not a TCP port. Give a whole number from 1 to 65535, as a rule 22.",
    ]);
    expect(lines.slice(2).map((line) => line.split(": ")[0])).toEqual([
      "  computes[0].name",
      "  computes[0].serverProxyclientAddress",
    ]);
  });
});

describe("controllers that listen on addresses of their own", () => {
  const two = [
    { name: "control-1", connection: node(11), listenAddress: "192.0.2.11" },
    { name: "control-2", connection: node(12), listenAddress: "192.0.2.12" },
    { name: "control-3", connection: node(13) },
  ];
  const hosts = (resources: Awaited<ReturnType<typeof declare>>["resources"]) =>
    resources
      .filter(({ name }) => /^cloud-control-\d-converge$/.test(name))
      .map((command) => [command.name.slice(6, 15), stateOf(command)["nova.conf"]?.["spice"]?.["html5proxy_host"]]);

  it("have each its own html5proxy_host, and the shared one where they name none", async () => {
    const proxy = { ...cloud.proxy, baseUrl: "https://console.example.org/spice_auto.html", behindLoadBalancer: true };
    expect(hosts((await declare({ ...cloud, proxy, controllers: two })).resources)).toEqual([
      ["control-1", "192.0.2.11"],
      ["control-2", "192.0.2.12"],
      ["control-3", "0.0.0.0"],
    ]);
    const shared = { ...proxy, listenAddress: "127.0.0.1" };
    expect(hosts((await declare({ ...cloud, proxy: shared, controllers: two })).resources).at(-1)).toEqual([
      "control-3",
      "127.0.0.1",
    ]);
  });

  it("may have them as outputs", async () => {
    const listenAddress = pulumi.output("192.0.2.11");
    const { resources, error } = await declare({
      ...cloud,
      controllers: [{ name: "control-1", connection: node(11), listenAddress }],
    });
    expect(error).toBeUndefined();
    expect(hosts(resources)).toEqual([["control-1", "192.0.2.11"]]);
  });

  it("stop noVNC as any others do", async () => {
    const { resources, error } = await declare({ ...cloud, controllers: two, vnc: Vnc.Off });
    expect(error).toBeUndefined();
    expect(resources.filter(({ name }) => /^cloud-vnc-proxies-control-\d-converge$/.test(name)).length).toBe(3);
  });
});

describe("a stack that was renamed or moved", () => {
  it("names its former name in every document, and in no other case", async () => {
    const owners = async (formerStack?: string) =>
      (await declare({ ...cloud, vnc: Vnc.Off, ...(formerStack === undefined ? {} : { formerStack }) })).resources
        .filter(({ type }) => type === "command:remote:Command")
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

describe("a node whose login runs nothing", () => {
  const compute2 = { name: "compute-2", connection: node(22), serverProxyclientAddress: "198.51.100.22" };
  const args = { ...cloud, computes: [...cloud.computes, compute2] };
  const message =
    "compute-1 (compute): the login succeeded, but the program did not run to its end there: its report has no end mark, or not all that the mark counts. " +
    "See that `ssh ops@192.0.2.21 echo ok` prints ok, and nothing that the login shell's start files (.bashrc, .profile) do ends it. " +
    "Then have the nodes converge again: give convergeAgain another value (pulumi config set convergeAgain $(date +%F.%T)), and run pulumi up.";

  it.each([
    ["nothing", ""],
    ["a greeting", "Welcome!"],
    ["a report that is cut off", reportOf("nova 26.2.2", "change a/b: 1 -> 2")],
    ["an end mark that is cut off", reportOf("changed 0").slice(0, -4)],
    ["a report without all that its end mark counts", reportOf("change a/b: 1 -> 2", "changed 2")],
    ["more of a report behind its end mark", reportOf("changed 0", "nova 26.2.2")],
  ])("fails the up with one error, and nothing that waits for it goes on: %s", async (_what, stdout) => {
    const { resources, lateErrors } = await run(() => new SpiceConsole("cloud", args), {
      stdout: { "cloud-compute-1-converge": stdout },
    });
    expect(lateErrors.map((error) => (error as Error).message)).toEqual([message]);
    expect(pulumi.RunError.isInstance(lateErrors[0])).toBe(true);
    const commands = resources.filter(({ type }) => type === "command:remote:Command").map(({ name }) => name);
    expect(commands).toEqual(["cloud-control-1-converge", "cloud-compute-1-converge"]);
  });

  it("is named by its own login where it has one, and by its role", async () => {
    const controllers = [{ name: "control-1", connection: { ...node(11), user: "root" } }];
    const { lateErrors, resources } = await run(() => new SpiceConsole("cloud", { ...args, controllers }), {
      stdout: { "cloud-control-1-converge": "" },
    });
    expect(lateErrors.length).toBe(1);
    expect((lateErrors[0] as Error).message).toContain("control-1 (controller): the login");
    expect((lateErrors[0] as Error).message).toContain("`ssh root@192.0.2.11 echo ok`");
    expect(resources.map(({ name }) => name)).not.toContain("cloud-compute-1-converge");
  });

  it("counts for noVNC's retirement too", async () => {
    const { lateErrors } = await run(() => new SpiceConsole("cloud", { ...cloud, vnc: Vnc.Off }), {
      stdout: { "cloud-vnc-proxies-control-1-converge": "" },
    });
    expect(lateErrors.map((error) => String(error).slice(0, 60))).toEqual([
      "Error: control-1 (vnc-proxy-retirement): the login succeeded",
    ]);
  });

  it("is none where the report is whole, whatever is said before it", async () => {
    const { lateErrors, warnings } = await run(() => new SpiceConsole("cloud", args), {
      stdout: { "cloud-compute-1-converge": `Welcome!\n${reportOf("nova 26.2.2", "changed 0")}logout` },
    });
    expect([...lateErrors, ...warnings]).toEqual([]);
  });

  it("converges again when convergeAgain changes, which changes the command of each node and nothing else", async () => {
    const commands = async (more: object) =>
      (await declare({ ...args, vnc: Vnc.Off, ...more })).resources
        .filter(({ type }) => type === "command:remote:Command")
        .map(({ inputs }) => inputs);
    const before = await commands({});
    const after = await commands({ convergeAgain: "2026-03-01" });
    expect(after).toEqual(before.map((inputs) => ({ ...inputs, create: `${String(inputs["create"])} 2026-03-01` })));
    expect(after.length).toBe(4);
    expect((await declare({ ...args, convergeAgain: "a; reboot" })).error).toContain(
      "\n  convergeAgain: It is not one word.",
    );
  });
});
