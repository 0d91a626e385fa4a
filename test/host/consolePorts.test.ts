import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LabNode } from "../support/lab";
import { NODE, PEERS, addPeers, bootCompute, connects, whoGetsIn } from "./support/consolePorts";
import { computeDocument, fromSpice, toSpice } from "./support/documents";
import { type At, testProgram } from "./support/injection";
import { converge, lines, report, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** A compute's console ports: closed to all but the declared sources, before nova-compute opens one, until it opens none any more. */

const NAME = "f-ports";
const UNIT = "nova-compute.service";
const RULES = "/etc/openstack-spice-console-ports";
const sources = [`${PEERS.proxy.v4}/32`, `${PEERS.proxy.v6}/128`];
const say = (text: string) => `openstack-spice: ${NAME}: ${text}\n`;

const closed = `change firewall/consoles: open -> 5900-5999 only from ${sources.join(", ")}`;
const reopened = `change firewall/consoles: 5900-5999 only from ${sources.join(", ")} -> open`;
const forth = [...toSpice, "change vnc/enabled: (unset) -> true"];
const back = ["change vnc/enabled: true -> (unset)", ...fromSpice];

/** What Neutron's Open vSwitch agent and libvirt's default network put into a compute's kernel, in no file. */
const NEUTRON_AND_LIBVIRT = `*filter
:neutron-filter-top - [0:0]
:neutron-openvswi-FORWARD - [0:0]
:neutron-openvswi-INPUT - [0:0]
:neutron-openvswi-OUTPUT - [0:0]
:neutron-openvswi-i9b1c2d3e-4 - [0:0]
:neutron-openvswi-local - [0:0]
:neutron-openvswi-o9b1c2d3e-4 - [0:0]
:neutron-openvswi-s9b1c2d3e-4 - [0:0]
:neutron-openvswi-sg-chain - [0:0]
:neutron-openvswi-sg-fallback - [0:0]
:LIBVIRT_FWI - [0:0]
:LIBVIRT_FWO - [0:0]
:LIBVIRT_FWX - [0:0]
:LIBVIRT_INP - [0:0]
:LIBVIRT_OUT - [0:0]
-A INPUT -j LIBVIRT_INP
-A INPUT -j neutron-openvswi-INPUT
-A FORWARD -j LIBVIRT_FWX
-A FORWARD -j LIBVIRT_FWI
-A FORWARD -j LIBVIRT_FWO
-A FORWARD -j neutron-filter-top
-A FORWARD -j neutron-openvswi-FORWARD
-A OUTPUT -j LIBVIRT_OUT
-A OUTPUT -j neutron-filter-top
-A OUTPUT -j neutron-openvswi-OUTPUT
-A LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable
-A LIBVIRT_FWO -s 192.168.122.0/24 -i virbr0 -j ACCEPT
-A LIBVIRT_FWO -i virbr0 -j REJECT --reject-with icmp-port-unreachable
-A LIBVIRT_FWX -i virbr0 -o virbr0 -j ACCEPT
-A LIBVIRT_INP -i virbr0 -p udp -m udp --dport 53 -j ACCEPT
-A LIBVIRT_INP -i virbr0 -p tcp -m tcp --dport 53 -j ACCEPT
-A LIBVIRT_INP -i virbr0 -p udp -m udp --dport 67 -j ACCEPT
-A LIBVIRT_OUT -o virbr0 -p udp -m udp --dport 68 -j ACCEPT
-A neutron-filter-top -j neutron-openvswi-local
-A neutron-openvswi-FORWARD -m physdev --physdev-out tap9b1c2d3e-4f --physdev-is-bridged -j neutron-openvswi-sg-chain
-A neutron-openvswi-FORWARD -m physdev --physdev-in tap9b1c2d3e-4f --physdev-is-bridged -j neutron-openvswi-sg-chain
-A neutron-openvswi-INPUT -m physdev --physdev-in tap9b1c2d3e-4f --physdev-is-bridged -j neutron-openvswi-o9b1c2d3e-4
-A neutron-openvswi-i9b1c2d3e-4 -m state --state RELATED,ESTABLISHED -j RETURN
-A neutron-openvswi-i9b1c2d3e-4 -m state --state INVALID -j DROP
-A neutron-openvswi-i9b1c2d3e-4 -j neutron-openvswi-sg-fallback
-A neutron-openvswi-o9b1c2d3e-4 -j neutron-openvswi-s9b1c2d3e-4
-A neutron-openvswi-o9b1c2d3e-4 -p udp -m udp --sport 67 --dport 68 -j DROP
-A neutron-openvswi-o9b1c2d3e-4 -m state --state INVALID -j DROP
-A neutron-openvswi-o9b1c2d3e-4 -j neutron-openvswi-sg-fallback
-A neutron-openvswi-s9b1c2d3e-4 -s 10.0.0.5/32 -m mac --mac-source FA:16:3E:01:02:03 -j RETURN
-A neutron-openvswi-s9b1c2d3e-4 -j DROP
-A neutron-openvswi-sg-chain -m physdev --physdev-out tap9b1c2d3e-4f --physdev-is-bridged -j neutron-openvswi-i9b1c2d3e-4
-A neutron-openvswi-sg-chain -m physdev --physdev-in tap9b1c2d3e-4f --physdev-is-bridged -j neutron-openvswi-o9b1c2d3e-4
-A neutron-openvswi-sg-chain -j ACCEPT
-A neutron-openvswi-sg-fallback -j DROP
COMMIT
*raw
:neutron-openvswi-PREROUTING - [0:0]
-A PREROUTING -j neutron-openvswi-PREROUTING
-A neutron-openvswi-PREROUTING -m physdev --physdev-in tap9b1c2d3e-4f -j CT --zone 4097
COMMIT
`;

/** A snapshot without the process of nova-compute, which was restarted meanwhile. */
const withoutProcess = ({ processes, ...rest }: Snapshot) => ({ ...rest, processes: { ...processes, [UNIT]: "" } });

/** The rules of a snapshot that are not of our own table. */
function othersRules({ rules }: Snapshot): readonly string[] {
  const first = rules.indexOf("table inet openstack_spice {");
  const length = first < 0 ? 0 : rules.slice(first).indexOf("}") + 1;
  return rules.filter((_, index) => index < first || index >= first + length);
}

let node: LabNode;
beforeAll(async () => {
  node = await bootCompute(NAME);
});
afterAll(async () => {
  await node.remove();
});

describe("a compute with Neutron's and libvirt's chains", () => {
  const loadOthers = async () => await node.read("iptables-restore -n", NEUTRON_AND_LIBVIRT);
  let before: Snapshot;
  let converged: Snapshot;
  beforeAll(async () => {
    await loadOthers();
    before = await snapshot(node);
  });

  it("lets everybody in to its consoles before", async () => {
    expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["open", "open"] });
  });

  it("is closed to all but the sources, names who is connected, and lets them go on", async () => {
    const looking = node.run("ip netns exec peers python3 -", {
      input: `
import socket, sys, time
console = socket.create_connection(("${NODE.v4}", 5901), 5, ("${PEERS.stranger.v4}", 0))
open("/run/looking", "w").close()
while not __import__("os").path.exists("/run/converged"): time.sleep(0.1)
# SPICE's link message, cut short: the server answers it.
import struct
console.sendall(b"REDQ" + struct.pack("<III", 2, 2, 18) + struct.pack("<IBBIII", 0, 1, 0, 0, 0, 18))
print(console.recv(4))
`,
    });
    await node.until("test -e /run/looking", 10);
    const { status, stdout, stderr } = await converge(node, computeDocument(NAME, { sources }));
    await node.read("touch /run/converged");
    expect((await looking).stdout).toBe("b'REDQ'\n");
    expect(stdout).toBe(report(["firewall nftables"], [closed, ...forth, "restarted nova-compute"]));
    expect(stderr).toBe(
      say(
        `${PEERS.stranger.v4} is connected to the console on TCP 5901, and not among the declared sources: it stays until it disconnects, and does not get in again. If that is a proxy, declare it`,
      ),
    );
    expect(status).toBe(0);
    expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["timeout", "timeout"] });
  });

  it("still answers itself, and on its other ports", async () => {
    expect(await connects(node, "127.0.0.1", "127.0.0.1")).toBe("open");
    expect(await connects(node, NODE.v4, NODE.v4)).toBe("open");
    expect(await connects(node, PEERS.stranger.v4, NODE.v4, 22)).toBe("open");
  });

  it("has two files and three links more, and nobody else's rule is another", async () => {
    converged = await snapshot(node);
    expect(changedPaths(before, converged)).toEqual({
      "/etc/nova/nova.conf": "changed",
      [RULES]: "added",
      "/etc/systemd/system/nftables.service.wants": "added",
      "/etc/systemd/system/nftables.service.wants/openstack-spice-console-ports.service": "added",
      "/etc/systemd/system/openstack-spice-console-ports.service": "added",
      "/etc/systemd/system/sysinit.target.wants/openstack-spice-console-ports.service": "added",
    });
    expect(othersRules(converged)).toEqual(before.rules);
  });

  it("is left as it is by a second run", async () => {
    const { stdout, stderr } = await converge(node, computeDocument(NAME, { sources }));
    expect([stdout, stderr]).toEqual([report(["firewall nftables"], []), ""]);
    expect(await snapshot(node)).toEqual(converged);
  });

  it("is closed again, without a restart, where somebody wiped or changed the table", async () => {
    for (const wipe of [
      "nft delete table inet openstack_spice",
      "nft insert rule inet openstack_spice consoles accept",
    ]) {
      await node.read(wipe);
      expect((await whoGetsIn(node)).stranger).toEqual(["open", "open"]);
      const { stdout } = await converge(node, computeDocument(NAME, { sources }));
      expect(stdout).toBe(report(["firewall nftables"], [closed.replace(": open", ": damaged")]));
      expect(await snapshot(node)).toEqual(converged);
    }
  });

  it("follows other sources and another range without a restart", async () => {
    const other = {
      sources: [`${PEERS.stranger.v4}/32`, `${PEERS.stranger.v6}/128`],
      ports: { first: 5900, last: 6010 },
    };
    const { stdout } = await converge(node, computeDocument(NAME, other));
    const change = `5900-6010 only from ${other.sources.join(", ")}`;
    expect(stdout).toBe(
      report(
        ["firewall nftables"],
        [closed.replace(": open", `: ${closed.split(" -> ")[1] ?? ""}`).replace(/ -> .*/, ` -> ${change}`)],
      ),
    );
    expect(await whoGetsIn(node)).toEqual({ proxy: ["timeout", "timeout"], stranger: ["open", "open"] });
    expect((await snapshot(node)).processes).toEqual(converged.processes);
    expect((await converge(node, computeDocument(NAME, { sources }))).status).toBe(0);
    expect(await snapshot(node)).toEqual(converged);
  });

  it("is opened where no source is declared any more, and nova.conf stays", async () => {
    const { stdout } = await converge(node, computeDocument(NAME));
    expect(stdout).toBe(report([], [reopened]));
    expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["open", "open"] });
    expect(changedPaths(before, await snapshot(node))).toEqual({ "/etc/nova/nova.conf": "changed" });
    expect((await converge(node, computeDocument(NAME, { sources }))).stdout).toBe(
      report(["firewall nftables"], [closed]),
    );
  });

  it("is closed after a reboot, before libvirt and nova-compute start", async () => {
    await node.reboot();
    await loadOthers();
    await addPeers(node);
    expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["timeout", "timeout"] });
    const started = async (unit: string) =>
      Number((await node.read(`systemctl show -p ActiveEnterTimestampMonotonic ${unit}`)).trim().split("=")[1]);
    const closedAt = await started("openstack-spice-console-ports");
    expect(closedAt).toBeGreaterThan(0);
    expect(await started("libvirtd")).toBeGreaterThan(closedAt);
    expect(await started("nova-compute")).toBeGreaterThan(closedAt);
    const { stdout } = await converge(node, computeDocument(NAME, { sources }));
    expect(stdout).toBe(report(["firewall nftables"], []));
  });

  it("is byte for byte what it was after a revert, files and kernel, and opened last of all", async () => {
    const booted = await snapshot(node);
    const { status, stdout } = await revert(node, "compute");
    expect(stdout).toBe(report([], [...back, "restarted nova-compute", reopened]));
    expect(status).toBe(0);
    const after = await snapshot(node);
    expect(withoutProcess(after)).toEqual(withoutProcess({ ...before, processes: booted.processes }));
    expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["open", "open"] });
  });
});

describe("the order of things", () => {
  /** Notes, whenever a service is brought up, whether the range is closed. */
  const noting = testProgram({
    at: [
      {
        point: "bring-up",
        when: "before",
        count: "each",
        run: 'printf "%s %s\\n" "$UNIT" "$(nft list table inet openstack_spice >/dev/null 2>&1 && echo closed || echo open)" >>/run/order',
      },
    ],
  });
  const order = async () => (await node.read("cat /run/order; rm /run/order")).trim().split("\n");
  let before: Snapshot;
  beforeAll(async () => {
    before = await snapshot(node);
  });

  it("is closed before nova-compute is restarted, and until it is restarted at a revert", async () => {
    expect((await converge(node, computeDocument(NAME, { sources }), { program: noting })).status).toBe(0);
    expect(await order()).toEqual(["openstack-spice-console-ports open", "nova-compute closed"]);
    expect((await revert(node, "compute")).status).toBe(0);
    expect(await order()).toEqual(["nova-compute closed"]);
  });

  it("is open again, last of all, where nova-compute does not live with the new nova.conf", async () => {
    const folder = "/run/systemd/system/nova-compute.service.d";
    await node.read(
      `mkdir -p ${folder} && cat >${folder}/site.conf && systemctl daemon-reload`,
      "[Service]\nExecStartPre=/bin/sh -c '! grep -q ^html5proxy_base_url /etc/nova/nova.conf'\n",
    );
    const document = computeDocument(NAME, { sources, acceptPendingChanges: true });
    const { status, stderr } = await converge(node, document, { program: noting });
    await node.read(`rm -r ${folder} && systemctl daemon-reload`);
    expect(status).toBe(1);
    expect(stderr).toContain(say(reopened.slice("change ".length)));
    expect(await order()).toEqual(["openstack-spice-console-ports open", "nova-compute closed", "nova-compute closed"]);
    expect(withoutProcess(await snapshot(node))).toEqual(withoutProcess(before));
  });

  it.each<[string, number, At]>([
    ["before the rules are loaded", 1, { point: "bring-up", when: "before" }],
    ["in the middle of closing", 1, { point: "ports-unit-text", when: "before", verb: "converge" }],
    ["after the rules are loaded", 1, { point: "bring-up", when: "after" }],
    ["when nova-compute was restarted", 5, { point: "bring-up", when: "after", count: 2 }],
  ])("is as it was after a run that was killed %s, once the next one has put back %i changes", async (_, count, at) => {
    const program = testProgram({ at: [{ ...at, then: "kill" }] });
    await converge(node, computeDocument(NAME, { sources }), { program });
    const { status, stdout } = await revert(node, "compute");
    expect([status, stdout.split("\n").at(-2)]).toEqual([0, `changed ${count}`]);
    expect(withoutProcess(await snapshot(node))).toEqual(withoutProcess(before));
  });
});

describe("what stands in the way", () => {
  let before: Snapshot;
  beforeAll(async () => {
    before = await snapshot(node);
  });

  it("is a listener that is not QEMU: named with its port, and nothing is touched", async () => {
    await node.read(
      "systemd-run -q --unit=desktop python3 -m http.server 5977 && systemd-run -q --unit=local python3 -m http.server -b 127.0.0.1 5978",
    );
    await node.until("ss -Hltn 'sport = :5977' | grep -q .", 10);
    const pid = (await node.read("systemctl show -p MainPID desktop")).trim().split("=")[1];
    const python = (await node.read("readlink -f /usr/bin/python3")).trim();
    const document = computeDocument(NAME, { sources });
    expect(await converge(node, document)).toEqual({
      status: 3,
      stdout: "",
      stderr: `openstack-spice: error: ${NAME}: closing TCP 5900-5999 would cut off what is not QEMU: ${python} on TCP 5977 (pid ${pid ?? ""}). Move it, or choose another consolePortRange\n`,
    });
    expect(await snapshot(node)).toEqual(before);
    const narrow = computeDocument(NAME, { sources, ports: { first: 5900, last: 5976 } });
    expect((await converge(node, narrow)).status).toBe(0);
    await node.read("systemctl stop desktop local");
    expect((await revert(node, "compute")).status).toBe(0);
  });

  it("is a rule that accepts more, which is reported, and a chain that refuses, which gets an accept", async () => {
    await node.read("cat >/etc/nftables.conf", NFT_FILE);
    await node.read("systemctl enable -q --now nftables");
    const guarded = await snapshot(node);
    const { status, stdout, stderr } = await converge(node, computeDocument(NAME, { sources }));
    const accepts = sources.flatMap((source) =>
      ["inet filter input", "etc/nftables.conf"].map(
        (where) => `change firewall/${where}: (none) -> accept tcp 5900-5999 from ${source}`,
      ),
    );
    expect(stdout).toBe(report(["firewall nftables"], [closed, ...forth, ...accepts, "restarted nova-compute"]));
    expect(stderr).toBe(
      say(
        "TCP 5900-5999 is closed to all but the declared sources, though a rule of this node accepts more: nft inet filter input ip saddr 198.18.9.0/24 tcp dport { 22, 5900-5910 } accept",
      ),
    );
    expect(status).toBe(0);
    expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["timeout", "timeout"] });
    // It flushes all rules, ours among them.
    for (const verb of ["restart", "reload", "stop nftables && systemctl start"]) {
      await node.read(`systemctl ${verb} nftables`);
      expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["timeout", "timeout"] });
    }
    expect((await converge(node, computeDocument(NAME, { sources }))).stdout).toBe(report(["firewall nftables"], []));
    expect((await revert(node, "compute")).status).toBe(0);
    const after = await snapshot(node);
    // nftables was restarted here.
    expect(after).toEqual({ ...guarded, processes: after.processes });
    // A boot loads both files.
    expect((await converge(node, computeDocument(NAME, { sources }))).status).toBe(0);
    await node.reboot();
    await addPeers(node);
    expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["timeout", "timeout"] });
    expect((await revert(node, "compute")).status).toBe(0);
    expect((await snapshot(node)).etc).toEqual(guarded.etc);
    await node.read("systemctl disable -q --now nftables");
  });

  it("is not a missing nft: a chain of iptables before all its rules does the same, over a reboot too", async () => {
    await node.read(
      "mv /usr/sbin/nft /usr/sbin/nft.away && ln -s /bin/false /usr/sbin/nft && iptables -P INPUT DROP && iptables -A INPUT -i lo -j ACCEPT && iptables -A INPUT -p tcp --dport 22 -j ACCEPT && iptables -A INPUT -m state --state ESTABLISHED -j ACCEPT && ip6tables -A INPUT -p tcp --dport 5900:5999 -j ACCEPT",
    );
    const guarded = await snapshot(node);
    const { status, stdout, stderr } = await converge(node, computeDocument(NAME, { sources }));
    expect(stdout).toBe(report(["firewall iptables"], [closed, ...forth, "restarted nova-compute"]));
    expect(stderr).toBe(
      say(
        "TCP 5900-5999 is closed to all but the declared sources, though a rule of this node accepts more: ip6tables -A INPUT -p tcp -m tcp --dport 5900:5999 -j ACCEPT",
      ),
    );
    expect(status).toBe(0);
    expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["timeout", "timeout"] });
    expect(await node.read("iptables -S OPENSTACK_SPICE; iptables -S INPUT | head -n 2")).toBe(
      lines(
        "-N OPENSTACK_SPICE",
        "-A OPENSTACK_SPICE -p tcp -m tcp ! --dport 5900:5999 -j RETURN",
        "-A OPENSTACK_SPICE -i lo -j ACCEPT",
        `-A OPENSTACK_SPICE -s ${PEERS.proxy.v4}/32 -j ACCEPT`,
        "-A OPENSTACK_SPICE -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP",
        "-P INPUT DROP",
        "-A INPUT -p tcp -j OPENSTACK_SPICE",
      ),
    );
    expect((await converge(node, computeDocument(NAME, { sources }))).stdout).toBe(report(["firewall iptables"], []));
    await node.reboot();
    await addPeers(node);
    expect(await whoGetsIn(node)).toEqual({ proxy: ["open", "open"], stranger: ["timeout", "timeout"] });
    expect((await revert(node, "compute")).status).toBe(0);
    expect((await snapshot(node)).rules.filter((line) => line.includes("OPENSTACK_SPICE"))).toEqual([]);
    expect((await snapshot(node)).etc).toEqual(guarded.etc);
  });
});

const NFT_FILE = `#!/usr/sbin/nft -f

flush ruleset

table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iif "lo" accept
    ip saddr 198.18.9.0/24 tcp dport { 22, 5900-5910 } accept
    tcp dport 22 accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
  }
}
`;
