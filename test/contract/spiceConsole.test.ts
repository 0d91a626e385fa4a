import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Vnc } from "../../components";
import { convergeCommand, revertCommand } from "../../remote/convergence";
import { hostProgram, hostProgramFile, shortDigest } from "../../remote/program";
import { cloud, hostKey, node, privateKey } from "./support/cloud";
import { commandsOf, declare, find, tree } from "./support/declared";
import { stateOf } from "./support/states";

const program = hostProgram().sha256;

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

  it("gives a node with both roles one name and two commands", async () => {
    const both = { name: "all-1", connection: node(31) };
    const { resources } = await declare({
      ...cloud,
      controllers: [both],
      computes: [{ ...both, serverProxyclientAddress: "198.51.100.31" }],
    });
    const commands = commandsOf(resources);
    const said = commands.map((command) => ({ command: command.name, ...stateOf(command) }));
    expect(said.map(({ command, role, node }) => [command, role, node])).toEqual([
      ["cloud-all-1-converge", "controller", "all-1"],
      ["cloud-all-1-converge", "compute", "all-1"],
    ]);
    const uploads = resources.filter(({ type }) => type === "command:remote:CopyToRemote");
    expect(new Set(uploads.map(({ inputs }) => inputs["remotePath"])).size).toBe(2);
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

  it("registers in a preview what it registers in an update", async () => {
    const preview = await declare(cloud, { preview: true });
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
