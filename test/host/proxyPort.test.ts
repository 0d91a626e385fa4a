import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LabNode } from "../support/lab";
import { NODE, PEERS, addPeers, bootCompute, connects, whoGetsIn } from "./support/consolePorts";
import { computeDocument, controllerDocument } from "./support/documents";
import { testProgram } from "./support/injection";
import { controllerReport, converge, lines, report, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot as takeSnapshot } from "./support/snapshot";

/**
 * A controller that closes the proxy's port to all but the sources, as it was asked to: by a table of our own, for this port alone. The node has both roles.
 */

const NAME = "w-proxy-port";
const RULES = "/etc/openstack-spice-proxy-port";
const UNIT = "openstack-spice-proxy-port";
const allowedSources = [`${PEERS.proxy.v4}/32`, `${PEERS.proxy.v6}/128`];
const say = (text: string) => `openstack-spice: ${NAME}: ${text}\n`;

const proxy = { html5proxyHost: "::" };
const open = controllerDocument(NAME, { ...proxy, allowedSources });
const closing = controllerDocument(NAME, { ...proxy, allowedSources, dropOtherSources: true });
const undeclared = controllerDocument(NAME, proxy);

const closed = `change firewall/proxy: open -> 6082 only from ${allowedSources.join(", ")}`;
const reopened = `change firewall/proxy: 6082 only from ${allowedSources.join(", ")} -> open`;
const openToAll = say("TCP 6082 is open to all. 'dropOtherSources' closes it");
const everybody = { proxy: ["open", "open"], stranger: ["open", "open"] };
const sourcesAlone = { proxy: ["open", "open"], stranger: ["timeout", "timeout"] };

let node: LabNode;
/** The node as it serves, left alone. */
let before: Snapshot;

/** A snapshot without libvirtd, which ends by itself where nobody asks it anything for two minutes. */
async function snapshot(): Promise<Snapshot> {
  const all = await takeSnapshot(node);
  const others = (units: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(units).filter(([name]) => name !== "libvirtd.service"));
  return { ...all, units: others(all.units), processes: others(all.processes) };
}

beforeAll(async () => {
  node = await bootCompute(NAME, "firewalls");
  // A node that serves SPICE already: only its firewall differs from here on.
  for (const document of [undeclared, computeDocument(NAME)]) {
    expect((await converge(node, document)).status).toBe(0);
  }
  await node.read("rm -r /var/lib/openstack-spice /usr/local/sbin/openstack-spice");
  before = await snapshot();
});
afterAll(async () => {
  await node.remove();
});

describe("a controller without a firewall", () => {
  let converged: Snapshot;

  it("is left open to all, and says what would close it", async () => {
    const { stdout, stderr } = await converge(node, open);
    expect([stdout, stderr]).toEqual([controllerReport([], "none"), openToAll]);
    expect(await whoGetsIn(node, 6082)).toEqual(everybody);
    expect((await snapshot()).rules).toEqual(before.rules);
  });

  it("is closed to all but the sources where that is asked for, and who is connected stays", async () => {
    const looking = node.run("ip netns exec peers python3 -", {
      input: `
import os, socket, time
console = socket.create_connection(("${NODE.v4}", 6082), 5, ("${PEERS.stranger.v4}", 0))
# It closes a connection on which nothing comes for three seconds.
console.sendall(b"H")
open("/run/looking", "w").close()
while not os.path.exists("/run/converged"): time.sleep(0.1)
console.sendall(b"EAD /spice_auto.html HTTP/1.0\\r\\n\\r\\n")
print(console.recv(12).decode())
`,
    });
    await node.until("test -e /run/looking", 10);
    const { status, stdout, stderr } = await converge(node, closing);
    await node.read("touch /run/converged");
    expect((await looking).stdout).toBe("HTTP/1.1 200\n");
    expect(stdout).toBe(controllerReport([closed], "nftables"));
    expect(stderr).toBe(
      say(
        `connected to TCP 6082, and not among allowedSources: 1 machines, such as ${PEERS.stranger.v4}. Their consoles stay until they are closed, and do not open again`,
      ),
    );
    expect(status).toBe(0);
    expect(await whoGetsIn(node, 6082)).toEqual(sourcesAlone);
  });

  it("still answers itself, and strangers on its other ports", async () => {
    expect(await connects(node, "127.0.0.1", "127.0.0.1", 6082)).toBe("open");
    expect(await connects(node, NODE.v4, NODE.v4, 6082)).toBe("open");
    expect(await connects(node, PEERS.stranger.v4, NODE.v4, 22)).toBe("open");
    expect(await whoGetsIn(node)).toEqual(everybody);
  });

  it("has two files and three links more, a table of its own, and no service restarted", async () => {
    converged = await snapshot();
    expect(changedPaths(before, converged)).toEqual({
      [RULES]: "added",
      "/etc/systemd/system/nftables.service.wants": "added",
      [`/etc/systemd/system/nftables.service.wants/${UNIT}.service`]: "added",
      [`/etc/systemd/system/${UNIT}.service`]: "added",
      [`/etc/systemd/system/sysinit.target.wants/${UNIT}.service`]: "added",
    });
    expect(converged.processes).toEqual(before.processes);
    expect(converged.rules).toEqual([
      ...before.rules,
      "table inet openstack_spice_proxy {",
      "\tchain input {",
      "\t\ttype filter hook input priority filter - 10; policy accept;",
      "\t\ttcp dport 6082 jump consoles",
      "\t}",
      "",
      "\tchain consoles {",
      '\t\tiif "lo" accept',
      `\t\tip saddr ${PEERS.proxy.v4} accept`,
      `\t\tip6 saddr ${PEERS.proxy.v6} accept`,
      "\t\ttcp flags syn / syn,ack drop",
      "\t}",
      "}",
    ]);
  });

  it("is left as it is by a second run", async () => {
    const { stdout, stderr } = await converge(node, closing);
    expect([stdout, stderr]).toEqual([controllerReport([], "nftables"), ""]);
    expect(await snapshot()).toEqual(converged);
  });

  it("is closed after a reboot, before the proxy starts", async () => {
    await node.reboot();
    await addPeers(node);
    await node.until("ss -Hltn 'sport = :6082' | grep -q .", 60);
    expect(await whoGetsIn(node, 6082)).toEqual(sourcesAlone);
    const started = async (unit: string) =>
      Number((await node.read(`systemctl show -p ActiveEnterTimestampMonotonic ${unit}`)).trim().split("=")[1]);
    const closedAt = await started(UNIT);
    expect(closedAt).toBeGreaterThan(0);
    expect(await started("nova-spicehtml5proxy")).toBeGreaterThan(closedAt);
    expect((await converge(node, closing)).stdout).toBe(controllerReport([], "nftables"));
  });

  it("keeps its table apart from that of a compute on the same node", async () => {
    const ports = `5900-5999 only from ${allowedSources.join(", ")}`;
    const { stdout } = await converge(node, computeDocument(NAME, { sources: allowedSources }));
    expect(stdout).toBe(report(["firewall nftables"], [`change firewall/consoles: open -> ${ports}`]));
    expect([await whoGetsIn(node, 6082), await whoGetsIn(node)]).toEqual([sourcesAlone, sourcesAlone]);
    expect((await revert(node, "compute")).stdout).toBe(report([], [`change firewall/consoles: ${ports} -> open`]));
    expect([await whoGetsIn(node, 6082), await whoGetsIn(node)]).toEqual([sourcesAlone, everybody]);
  });

  it("stays closed beside a firewall, which gets the rule: one that refuses some lets others in", async () => {
    await node.read("iptables -A INPUT -p tcp --dport 6082 -j REJECT");
    const rule = `accept tcp 6082 from ${PEERS.proxy.v4}/32`;
    const { stdout, stderr } = await converge(node, closing);
    expect(stdout).toBe(controllerReport([`change firewall/iptables: (none) -> ${rule}`], "nftables,iptables"));
    expect(stderr).toContain("iptables has no persistent file");
    // IPv6 is refused by our table alone.
    expect(await whoGetsIn(node, 6082)).toEqual(sourcesAlone);
    expect((await converge(node, closing)).stdout).toBe(controllerReport([], "nftables,iptables"));
    await node.read("iptables -D INPUT -p tcp --dport 6082 -j REJECT");
    const gone = await converge(node, closing);
    expect(gone.stdout).toBe(controllerReport([`change firewall/iptables: ${rule} -> (none)`], "nftables"));
    await node.read("nft delete table ip filter");
    expect(await snapshot()).toEqual({ ...converged, processes: (await snapshot()).processes });
  });

  it("is opened where it is no longer asked for, and where no sources are", async () => {
    const { stdout, stderr } = await converge(node, open);
    expect([stdout, stderr]).toEqual([controllerReport([reopened], "none"), openToAll]);
    expect(await whoGetsIn(node, 6082)).toEqual(everybody);
    expect(changedPaths(before, await snapshot())).toEqual({});
    expect((await converge(node, closing)).stdout).toBe(controllerReport([closed], "nftables"));
    expect((await converge(node, undeclared)).stdout).toBe(controllerReport([reopened]));
  });

  it("is closed to everybody where the list of sources is empty", async () => {
    const document = controllerDocument(NAME, { ...proxy, allowedSources: [], dropOtherSources: true });
    const change = "change firewall/proxy: open -> 6082 only from nobody";
    expect((await converge(node, document)).stdout).toBe(controllerReport([change], "nftables"));
    const timeouts = ["timeout", "timeout"];
    expect(await whoGetsIn(node, 6082)).toEqual({ proxy: timeouts, stranger: timeouts });
  });

  it("is byte for byte what it was after a revert, files and kernel", async () => {
    const { status, stdout } = await revert(node, "controller");
    expect(stdout).toBe(controllerReport(["change firewall/proxy: 6082 only from nobody -> open"]));
    expect(status).toBe(0);
    const after = await snapshot();
    // It was rebooted.
    expect(after).toEqual({ ...before, processes: after.processes });
    expect(await whoGetsIn(node, 6082)).toEqual(everybody);
  });
});

describe("what stands in the way", () => {
  it("is a run that is killed: the next one opens the port again", async () => {
    await converge(node, closing, {
      program: testProgram({ at: [{ point: "bring-up", when: "after", then: "kill" }] }),
    });
    expect(await whoGetsIn(node, 6082)).toEqual(sourcesAlone);
    const { status, stdout } = await revert(node, "controller");
    expect([status, stdout]).toEqual([0, lines(reopened, "changed 1")]);
    expect(await snapshot()).toEqual({ ...before, processes: (await snapshot()).processes });
  });

  it("is another program on the same port of another address: it is named, and nothing is touched", async () => {
    const alone = { html5proxyHost: node.address };
    expect((await converge(node, controllerDocument(NAME, alone))).status).toBe(0);
    await node.read(`systemd-run -q --unit=balancer python3 -m http.server -b ${NODE.v4} 6082`);
    await node.until(`ss -Hltn 'src ${NODE.v4}:6082' | grep -q .`, 10);
    const former = await snapshot();
    const pid = (await node.read("systemctl show -p MainPID balancer")).trim().split("=")[1] ?? "";
    const command = (await node.read(`tr '\\0' ' ' </proc/${pid}/cmdline`)).trim();
    const document = controllerDocument(NAME, { ...alone, allowedSources, dropOtherSources: true });
    expect(await converge(node, document)).toEqual({
      status: 3,
      stdout: "",
      stderr: `openstack-spice: error: ${NAME}: closing TCP 6082 would cut off another program: ${command} (pid ${pid}, on ${NODE.v4}). Move it, choose another port, or leave dropOtherSources out\n`,
    });
    expect(await snapshot()).toEqual(former);
    await node.read("systemctl stop balancer");
    expect((await revert(node, "controller")).status).toBe(0);
  });

  it("is not a missing nft: a chain of iptables before all its rules does the same", async () => {
    await node.read("mv /usr/sbin/nft /usr/sbin/nft.away && ln -s /bin/false /usr/sbin/nft");
    const guarded = await snapshot();
    expect((await converge(node, closing)).stdout).toBe(controllerReport([closed], "iptables"));
    expect(await whoGetsIn(node, 6082)).toEqual(sourcesAlone);
    expect(await node.read("iptables -S")).toBe(
      lines(
        ...["-P INPUT ACCEPT", "-P FORWARD ACCEPT", "-P OUTPUT ACCEPT", "-N OPENSTACK_SPICE_PROXY"],
        "-A INPUT -p tcp -j OPENSTACK_SPICE_PROXY",
        "-A OPENSTACK_SPICE_PROXY -p tcp -m tcp ! --dport 6082 -j RETURN",
        "-A OPENSTACK_SPICE_PROXY -i lo -j ACCEPT",
        `-A OPENSTACK_SPICE_PROXY -s ${PEERS.proxy.v4}/32 -j ACCEPT`,
        "-A OPENSTACK_SPICE_PROXY -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP",
      ),
    );
    expect((await converge(node, closing)).stdout).toBe(controllerReport([], "iptables"));
    expect((await revert(node, "controller")).stdout).toBe(controllerReport([reopened]));
    const after = await snapshot();
    expect(after.rules.filter((line) => line.includes("OPENSTACK_SPICE"))).toEqual([]);
    expect(after.etc).toEqual(guarded.etc);
  });
});
