import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LabNode } from "../support/lab";
import { NODE, PEERS, addPeers, bootCompute } from "./support/consolePorts";
import { computeDocument, controllerDocument } from "./support/documents";
import { ZONE } from "./support/firewallFiles";
import { controllerReport, converge, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot as takeSnapshot } from "./support/snapshot";

/**
 * The firewalls that people run, one after the other at work on one node, the others installed and off. The node has both roles: the proxy's port and the
 * guests' consoles are opened to the same sources. nftables and netfilter-persistent are in `firewall.test.ts` and `consolePorts.test.ts`.
 */

const NAME = "f-firewalls";
const v4 = `${PEERS.proxy.v4}/32`;
const v6 = `${PEERS.proxy.v6}/128`;
const sources = [v4, v6];
const roles = ["controller", "compute"] as const;
const PORTS = { controller: "6082", compute: "5900-5999" };
const documents = {
  controller: controllerDocument(NAME, { html5proxyHost: "::", allowedSources: sources }),
  compute: computeDocument(NAME, { sources }),
};
const undeclared = { controller: controllerDocument(NAME, { html5proxyHost: "::" }), compute: computeDocument(NAME) };

/** A change of the firewall as a report has it. */
const opened = (where: string, role: (typeof roles)[number], source: string) =>
  `change firewall/${where}: (none) -> accept tcp ${PORTS[role]} from ${source}`;
/** The same, taken back: the last one first. */
const taken = (changes: readonly string[]) =>
  changes
    .map((line) => line.replace(/: \(none\) -> (.*)/, ": $1 -> (none)").replace(/: as .* -> /, ": written -> "))
    .reverse();
const reported = (report: string) =>
  report
    .split("\n")
    .filter((line) => /^(firewall |change firewall)/.test(line) && !line.startsWith("change firewall/consoles"));

let node: LabNode;
beforeAll(async () => {
  node = await bootCompute(NAME, "firewalls");
  // A node that serves SPICE already: only its firewall differs from here on.
  for (const role of roles) {
    expect((await converge(node, undeclared[role])).status).toBe(0);
  }
  await node.read("rm -r /var/lib/openstack-spice /usr/local/sbin/openstack-spice");
});
afterAll(async () => {
  await node.remove();
});

/** A packet that is dropped, or rejected in one of several ways. */
const REFUSED = "refused";

/** Who gets through to the page of the proxy and to the console of the guest, by IPv4 and IPv6. */
async function whoGetsIn() {
  const ways = Object.fromEntries(
    Object.entries(PEERS).map(([name, peer]) => [
      name,
      Object.fromEntries(
        Object.entries({ page: 6082, console: 5901 }).map(([what, port]) => [
          what,
          [
            [peer.v4, NODE.v4, port],
            [peer.v6, NODE.v6, port],
          ],
        ]),
      ),
    ]),
  );
  return JSON.parse(
    await node.read("ip netns exec peers python3 -", ATTEMPTS + JSON.stringify(ways) + ")))"),
  ) as unknown;
}
const ATTEMPTS = `
import json, socket
def attempt(way):
    if isinstance(way, dict):
        return {name: attempt(value) for name, value in way.items()}
    if isinstance(way[0], list):
        return [attempt(one) for one in way]
    try:
        socket.create_connection((way[1], way[2]), 1.5, (way[0], 0)).close()
        return "open"
    except OSError:
        return "${REFUSED}"
print(json.dumps(attempt(`;

/** A snapshot without libvirtd, which ends by itself where nobody asks it anything for two minutes. */
async function snapshot(of: LabNode): Promise<Snapshot> {
  const all = await takeSnapshot(of);
  const others = (units: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(units).filter(([name]) => name !== "libvirtd.service"));
  return { ...all, units: others(all.units), processes: others(all.processes) };
}

/** The rules of a snapshot by table: which table comes first is a matter of who came first. */
const tables = ({ rules }: Snapshot) =>
  rules
    .join("\n")
    .split(/^(?=table |\*)/m)
    .map((table) => table.trim())
    .sort();

const zoneRule = (role: (typeof roles)[number], source: string, family: string) => `  <rule family="${family}">
    <source address="${source}"/>
    <port port="${PORTS[role]}" protocol="tcp"/>
    <accept/>
  </rule>
`;
const PUBLIC = "/etc/firewalld/zones/public.xml";

const RULES = `# kept by hand
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
[7:420] -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
[3:180] -A INPUT -j REJECT
COMMIT
`;
const RULES6 = RULES.replace("-A INPUT -p tcp", "-A INPUT -p ipv6-icmp -j ACCEPT\n-A INPUT -p tcp");
const fileRule = (role: (typeof roles)[number], source: string) =>
  `-A INPUT -s ${source} -p tcp -m tcp --dport ${PORTS[role].replace("-", ":")} -m comment --comment "openstack-spice: SPICE consoles" -j ACCEPT\n`;

/** Stands in for the units of Red Hat's iptables-services, which Debian does not have: they load a file at boot, and flush when they are stopped. */
const unit = (tool: string) => `[Unit]
Description=stand-in for ${tool}.service of iptables-services
AssertPathExists=/etc/sysconfig/${tool}
Before=network-pre.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/${tool}-restore /etc/sysconfig/${tool}
ExecStop=/bin/sh -c '${tool} -P INPUT ACCEPT; ${tool} -F; ${tool} -X'

[Install]
WantedBy=multi-user.target
`;

/** Who gets in where only the proxy is let in: a firewall drops the others' packets, or rejects them. */
const letIn = {
  proxy: { page: ["open", "open"], console: ["open", "open"] },
  stranger: { page: [REFUSED, REFUSED], console: [REFUSED, REFUSED] },
};

interface Case {
  readonly firewall: string;
  readonly on: string;
  readonly off: string;
  /** What the role's first run reports. */
  readonly changes: (role: (typeof roles)[number]) => readonly string[];
  readonly named: string;
  /** The persistent files once both roles have their rules. */
  readonly files: Readonly<Record<string, string>>;
  /** What another program puts into the kernel and no file, and a reboot takes away. */
  readonly strangers: string;
  /** What somebody does who wants the rules loaded again. */
  readonly reload: string;
}

const firewalld: Case = {
  firewall: "firewalld",
  on: `cat >/etc/firewalld/zones/racks.xml <<'END'\n${ZONE}END\nsystemctl enable -q --now firewalld`,
  off: "systemctl disable -q --now firewalld; rm /etc/firewalld/zones/racks.xml",
  changes: (role) => [
    opened("zone racks", role, v4),
    opened("etc/firewalld/zones/racks.xml", role, v4),
    opened("zone public", role, v6),
    ...(role === "controller" ? [`change firewall${PUBLIC}: (none) -> as /usr/lib/firewalld/zones/public.xml`] : []),
    opened("etc/firewalld/zones/public.xml", role, v6),
  ],
  named: "firewalld",
  files: {
    "/etc/firewalld/zones/racks.xml": ZONE.replace(
      "</zone>",
      `${zoneRule("controller", v4, "ipv4")}${zoneRule("compute", v4, "ipv4")}</zone>`,
    ),
  },
  strangers: "nft add table inet stranger; nft add chain inet stranger watch",
  reload: "firewall-cmd -q --reload",
};

describe.each<Case>([
  firewalld,
  {
    ...firewalld,
    firewall: "firewalld by iptables",
    on: `sed -i.old s/^FirewallBackend=.*/FirewallBackend=iptables/ /etc/firewalld/firewalld.conf\n${firewalld.on}\nfirewall-cmd -q --state && iptables -S INPUT_ZONES`,
    off: `${firewalld.off}; mv /etc/firewalld/firewalld.conf.old /etc/firewalld/firewalld.conf`,
  },
  {
    firewall: "ufw",
    on: "ufw allow 22/tcp && ufw --force enable && systemctl enable -q --now ufw",
    off: "ufw --force disable; systemctl disable -q --now ufw",
    changes: (role) => [opened("etc/ufw/user.rules", role, v4), opened("etc/ufw/user6.rules", role, v6)],
    named: "ufw",
    files: {},
    strangers: "iptables -N neutron-local && iptables -I INPUT 1 -j neutron-local",
    reload: "ufw reload",
  },
  {
    firewall: "iptables-services",
    on: ["iptables", "ip6tables"]
      .map(
        (tool) => `mkdir -p /etc/sysconfig
cat >/etc/sysconfig/${tool} <<'END'\n${tool === "iptables" ? RULES : RULES6}END
cat >/etc/systemd/system/${tool}.service <<'END'\n${unit(tool)}END
systemctl enable -q --now ${tool}\n`,
      )
      .join(""),
    off: "systemctl disable -q --now iptables ip6tables; rm /etc/sysconfig/ip*tables /etc/systemd/system/ip*tables.service",
    changes: (role) => [
      opened("iptables", role, v4),
      opened("etc/sysconfig/iptables", role, v4),
      opened("ip6tables", role, v6),
      opened("etc/sysconfig/ip6tables", role, v6),
    ],
    named: "iptables,ip6tables",
    files: {
      "/etc/sysconfig/iptables": RULES.replace(
        "[3:180]",
        `${fileRule("controller", v4)}${fileRule("compute", v4)}[3:180]`,
      ),
      "/etc/sysconfig/ip6tables": RULES6.replace(
        "[3:180]",
        `${fileRule("controller", v6)}${fileRule("compute", v6)}[3:180]`,
      ),
    },
    strangers: "iptables -N neutron-local && iptables -I INPUT 1 -j neutron-local",
    reload: "systemctl restart iptables ip6tables",
  },
])("a node of both roles whose firewall is $firewall", ({ on, off, changes, named, files, strangers, reload }) => {
  let before: Snapshot;
  let converged: Snapshot;
  beforeAll(async () => {
    await node.read(on);
    await node.read(strangers);
    before = await snapshot(node);
  });
  afterAll(async () => {
    await node.read(`${off}; nft flush ruleset`);
  });

  it("lets nobody in before", async () => {
    expect(await whoGetsIn()).toEqual({ proxy: letIn.stranger, stranger: letIn.stranger });
  });

  it("lets the sources in to both, at once and alone", async () => {
    for (const role of roles) {
      const { status, stdout, stderr } = await converge(node, documents[role]);
      expect(stderr).toBe("");
      expect(reported(stdout)).toEqual([
        ...changes(role),
        `firewall ${role === "compute" ? `nftables,${named}` : named}`,
      ]);
      expect(status).toBe(0);
    }
    expect(await whoGetsIn()).toEqual(letIn);
    for (const [path, text] of Object.entries(files)) {
      expect(await node.read(`cat ${path}`)).toBe(text);
    }
    converged = await snapshot(node);
    expect(converged.processes).toEqual(before.processes);
    expect(converged.rules).toEqual(expect.arrayContaining([...before.rules]));
  });

  it("is left as it is by a second run", async () => {
    for (const role of roles) {
      const { stdout, stderr } = await converge(node, documents[role]);
      expect([stdout.split("\n").at(-2), stderr]).toEqual(["changed 0", ""]);
    }
    expect(await snapshot(node)).toEqual(converged);
  });

  it("has the same rules after the firewall's own reload, and after a reboot", async () => {
    await node.read(reload);
    expect(await whoGetsIn()).toEqual(letIn);
    await node.reboot();
    await addPeers(node);
    await node.until("ss -Hltn 'sport = :6082' | grep -q .", 60);
    expect(await whoGetsIn()).toEqual(letIn);
    await node.read(strangers);
    expect(tables(await snapshot(node))).toEqual(tables(converged));
  });

  it("is byte for byte what it was after a revert, and where no source is declared any more, files and kernel", async () => {
    const reverted = await revert(node, "compute");
    expect([reverted.status, reported(reverted.stdout)]).toEqual([0, taken(changes("compute"))]);
    const { status, stdout } = await converge(node, undeclared.controller);
    expect(reported(stdout).sort()).toEqual([...taken(changes("controller")), "firewall unmanaged"].sort());
    expect(status).toBe(0);
    const after = await snapshot(node);
    expect({ ...after, rules: tables(after) }).toEqual({
      ...before,
      rules: tables(before),
      processes: after.processes,
      own: after.own,
    });
    expect((await revert(node, "controller")).stdout).toBe(controllerReport([]));
  });
});

describe("firewalld is refused, and the node left untouched,", () => {
  const rule = `rule family="ipv4" source address="${v4}" port port="6082" protocol="tcp" accept`;
  const FIREWALL_CMD = "/usr/bin/firewall-cmd";
  beforeAll(async () => {
    await node.read("systemctl enable -q --now firewalld");
  });
  it.each([
    [
      "where the file of its zone is not a tag to a line",
      `echo '<zone><short>Public</short></zone>' >${PUBLIC}`,
      `rm ${PUBLIC}`,
      `${PUBLIC} is not written a tag to a line, as firewalld writes it. Let firewalld rewrite it, by firewall-cmd --permanent --zone=public --add-rich-rule='${rule}', then run again; or leave allowedSources out`,
    ],
    [
      "where its command does not answer",
      `mv ${FIREWALL_CMD} /root/; printf '#!/bin/sh\\nexit 252\\n' >${FIREWALL_CMD}; chmod +x ${FIREWALL_CMD}`,
      `mv /root/firewall-cmd ${FIREWALL_CMD}`,
      "firewalld is active, but firewall-cmd does not answer. See 'firewall-cmd --state', and run again",
    ],
  ])("%s", async (_, spoil, mend, message) => {
    await node.read(spoil);
    const before = await snapshot(node);
    const outcome = await converge(node, documents.controller);
    const after = await snapshot(node);
    await node.read(mend);
    expect(outcome).toEqual({ status: 3, stdout: "", stderr: `openstack-spice: error: ${NAME}: ${message}\n` });
    expect(after).toEqual(before);
  });
});

describe("a zone of firewalld's own that has no file on the node", () => {
  let before: Snapshot;
  beforeAll(async () => {
    await node.read("systemctl enable -q --now firewalld");
    before = await snapshot(node);
  });

  it("gets one with the rules, which a revert takes away", async () => {
    expect((await converge(node, documents.controller)).status).toBe(0);
    expect(changedPaths(before, await snapshot(node))).toEqual({ [PUBLIC]: "added" });
    const { stdout } = await revert(node, "controller");
    expect(reported(stdout)).toEqual([
      `change firewall${PUBLIC}: accept tcp 6082 from ${v6} -> (none)`,
      `change firewall/zone public: accept tcp 6082 from ${v6} -> (none)`,
      `change firewall${PUBLIC}: accept tcp 6082 from ${v4} -> (none)`,
      `change firewall${PUBLIC}: written -> (none)`,
      `change firewall/zone public: accept tcp 6082 from ${v4} -> (none)`,
      "firewall unmanaged",
    ]);
    expect(await snapshot(node)).toEqual(before);
  });

  it("keeps it while the other role has rules there, also where the role that made it is reverted first", async () => {
    for (const role of roles) {
      expect((await converge(node, documents[role])).status).toBe(0);
    }
    expect((await revert(node, "controller")).stdout).not.toContain("kept");
    expect((await converge(node, documents.compute)).stdout.split("\n").at(-2)).toBe("changed 0");
    const { stdout } = await revert(node, "compute");
    expect(reported(stdout)).toContain(`change firewall${PUBLIC}: written -> (none)`);
    expect(await snapshot(node)).toEqual(before);
  });
});
