/** Logins by the real engine on real nodes: through a bastion that has a key of its own, with an encrypted key and with an agent, and one line in sudoers. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sudoersFile } from "../../remote/sudoers";
import { type Snapshot, snapshot } from "../host/support/snapshot";
import { makeCertificate } from "../support/certificate";
import { ask } from "../support/https";
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
  const certificate = makeCertificate({ hosts: ["198.18.0.11"] });
  let tls: { readonly certPem: string; readonly privateKeyPemFile: string };

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
    tls = { certPem: certificate.certPem, privateKeyPemFile: join(stack.project.folder, "console.key") };
    writeFileSync(tls.privateKeyPemFile, certificate.privateKeyPem);
    before = await snapshot(node);
  });
  afterAll(async () => {
    stack.project.remove();
    await Promise.all([gate.remove(), node.remove()]);
  });

  it("converges with an encrypted key, each host with its own, and one line in sudoers", async () => {
    const bastion = { ...connectionTo(gate), user: "ops", privateKeyFile: gateKey };
    const ssh = { user: "ops", privateKeyFile: nodeKey, privateKeyPassword: PASSWORD, requireHostKeys: true, bastion };
    const controllers = [{ name: "behind", connection: connectionTo(node) }];
    const { status, output } = stack.up({ controllers, ssh, tls });
    expect(output).toContain("changed 8");
    expect(output).not.toContain(PASSWORD);
    expect(status).toBe(0);
    expect(await cameFrom(node, "ops")).toBe(gate.address);
    expect(await cameFrom(gate, "ops")).toBe("198.18.0.1");
  });

  it("serves the stack's certificate, whose key is in no output, and in no file of the state or plan in clear", async () => {
    const { fingerprint } = certificate;
    const proxy = { address: node.address, port: 6082, ca: certificate.certPem, host: "198.18.0.11" };
    expect(await ask(proxy)).toEqual({ status: 200, fingerprint });
    const keyText = certificate.privateKeyPem.split("\n")[1] ?? "";
    const bastion = { ...connectionTo(gate), user: "ops", privateKeyFile: gateKey };
    const ssh = { user: "ops", privateKeyFile: nodeKey, privateKeyPassword: PASSWORD, requireHostKeys: true, bastion };
    const other = makeCertificate({ hosts: ["198.18.0.11"] });
    const otherKey = join(stack.project.folder, "other.key");
    writeFileSync(otherKey, other.privateKeyPem);
    const controllers = [{ name: "behind", connection: connectionTo(node) }];
    stack.declare({ controllers, ssh, tls: { certPem: other.certPem, privateKeyPemFile: otherKey } });
    const plan = join(stack.project.folder, "state", "plan.json");
    const { status, output } = stack.project.pulumi("preview", "--diff", "--save-plan", plan);
    expect(status).toBe(0);
    const mark = ({ fingerprint }: { fingerprint: string }) =>
      fingerprint.replaceAll(":", "").slice(0, 16).toLowerCase();
    expect(output).toMatch(new RegExp(`tls:${mark(certificate)}" => .*tls:${mark(other)}"`));
    expect(output).toContain("[secret]");
    const otherText = other.privateKeyPem.split("\n")[1] ?? "";
    expect([output.includes(keyText), output.includes(otherText)]).toEqual([false, false]);
    const count = (text: string) =>
      execFileSync("bash", ["-c", 'grep -rlF -e "$1" "$2" | wc -l', "-", text, join(stack.project.folder, "state")], {
        encoding: "utf8",
      }).trim();
    expect([count(keyText), count(otherText)]).toEqual(["0", "0"]);
    expect(Number(count(`tls:${mark(certificate)}`))).toBeGreaterThan(0);
  });

  it("goes over to an agent that holds both keys, without a change", async () => {
    const converged = await snapshot(node);
    const socket = join(stack.project.folder, "agent.socket");
    const agent = startAgent(socket, gateKey);
    try {
      agent.add(nodeKey, PASSWORD);
      stack.project.setEnvironment("SSH_AUTH_SOCK", socket);
      const ssh = { user: "ops", bastion: { ...connectionTo(gate), user: "ops" } };
      const controllers = [{ name: "behind", connection: connectionTo(node) }];
      const { status, output } = stack.up({ controllers, ssh, tls });
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
