/** Logins by the real engine on real nodes: through a bastion that has a key of its own, with an encrypted key and with an agent, and one line in sudoers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sudoersFile } from "../../host/sudoers";
import { type Snapshot, snapshot } from "../host/support/snapshot";
import { LabNode } from "../support/lab";
import { NodeStack, connectionTo, makeKey, startAgent } from "./support/nodes";

const PASSWORD = "correct horse";

describe("a node behind a bastion", () => {
  let stack: NodeStack;
  let gate: LabNode;
  let node: LabNode;
  let before: Snapshot;
  let nodeKey: string;
  let gateKey: string;

  /** From where a node let its user in, each address once. */
  async function cameFrom(target: LabNode, user: string): Promise<string> {
    const log = await target.read(`journalctl -q -o cat -t sshd | grep 'Accepted publickey for ${user} '`);
    return [...new Set([...log.matchAll(/ from (\S+) /g)].map(([, address]) => address))].join(" ");
  }

  beforeAll(async () => {
    stack = new NodeStack();
    [gate, node] = await Promise.all([LabNode.boot("a-gate", "base"), LabNode.boot("a-behind", "proxy")]);
    nodeKey = makeKey(join(stack.project.folder, "node"), PASSWORD);
    gateKey = makeKey(join(stack.project.folder, "gate"));
    // Each host takes one key and no other: a key that is offered to the wrong one fails the test.
    for (const [host, key] of [
      [node, nodeKey],
      [gate, gateKey],
    ] as const) {
      await host.read("cat >/home/ops/.ssh/authorized_keys", readFileSync(`${key}.pub`, "utf8"));
    }
    await gate.read("rm /etc/sudoers.d/*");
    await node.read("rm /etc/sudoers.d/*; cat >/etc/sudoers.d/openstack-spice", sudoersFile("ops"));
    before = await snapshot(node);
  });
  afterAll(async () => {
    stack.project.remove();
    await Promise.all([gate.remove(), node.remove()]);
  });

  it("converges with an encrypted key, each host with its own, and one line in sudoers", async () => {
    const bastion = { ...connectionTo(gate), user: "ops", privateKeyFile: gateKey };
    const ssh = { user: "ops", privateKeyFile: nodeKey, privateKeyPassword: PASSWORD, requireHostKeys: true, bastion };
    const { status, output } = stack.up({ controllers: [{ name: "behind", connection: connectionTo(node) }], ssh });
    expect(output).toContain("changed 4");
    expect(output).not.toContain(PASSWORD);
    expect(status).toBe(0);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    expect(await cameFrom(node, "ops")).toBe(gate.address);
    expect(await cameFrom(gate, "ops")).toBe("198.18.0.1");
  });

  it("goes over to an agent that holds both keys, without a change", async () => {
    const converged = await snapshot(node);
    const socket = join(stack.project.folder, "agent.socket");
    const agent = startAgent(socket, gateKey);
    try {
      agent.add(nodeKey, PASSWORD);
      stack.project.setEnvironment("SSH_AUTH_SOCK", socket);
      const ssh = { user: "ops", bastion: { ...connectionTo(gate), user: "ops" } };
      const { status, output } = stack.up({ controllers: [{ name: "behind", connection: connectionTo(node) }], ssh });
      expect(output).toContain("changed 0");
      expect(status).toBe(0);
      expect(await snapshot(node)).toEqual(converged);
      expect(stack.destroy().status).toBe(0);
    } finally {
      agent.end();
      stack.project.setEnvironment("SSH_AUTH_SOCK", undefined);
    }
    const { processes: _then, ...was } = before;
    const { processes: _now, ...is } = await snapshot(node);
    expect(is).toEqual(was);
  });

  it("is not connected to where a host key is missing and they are required: all that lack one are named", () => {
    const bastion = { host: gate.address, user: "ops", privateKeyFile: gateKey };
    const controllers = [{ name: "behind", connection: { host: node.address } }];
    const { status, output } = stack.up({ controllers, ssh: { requireHostKeys: true, bastion } });
    expect(status).not.toBe(0);
    expect(output).toContain("connection.hostKey: It is missing, and ssh.requireHostKeys is set.");
    expect(output).toContain("ssh.bastion.hostKey: It is missing, and ssh.requireHostKeys is set.");
  });
});
