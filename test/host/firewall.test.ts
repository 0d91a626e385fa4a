import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RecipeSwitch } from "../../nova";
import { LabNode } from "../support/lab";
import { nodeForTests } from "../support/nodeForTests";
import { controllerDocument } from "./support/documents";
import { NFT_FILE, installIptablesPersistent } from "./support/firewallFiles";
import { converge, lines, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** The console port in the node's own firewall: one rule in place and one line in the persistent file, and nothing else of it touched. */

const UNIT = "nova-spicehtml5proxy.service";

/** The lines of a report that name what was changed in the firewall. */
const firewallLines = (report: string) =>
  report.split("\n").filter((line) => line.startsWith("firewall ") || line.startsWith("change firewall"));

/** What differs between two snapshots apart from the SPICE proxy's own unit. */
function firewallOf({ rules, etc }: Snapshot) {
  return {
    rules,
    iptables: etc["/etc/iptables/rules.v4"],
    ip6tables: etc["/etc/iptables/rules.v6"],
    nftables: etc["/etc/nftables.conf"],
  };
}

describe("nftables with two chains that refuse", () => {
  const NAME = "h-nftables";
  const rule = (source: string) => `ip saddr ${source} tcp dport 6082 accept comment "openstack-spice: SPICE consoles"`;
  const node = nodeForTests(NAME, "proxy");
  let before: Snapshot;

  beforeAll(async () => {
    await node.read("cat >/etc/nftables.conf && systemctl enable -q --now nftables", NFT_FILE);
    // What another program put into the kernel, such as fail2ban or Neutron: in no file.
    await node.read(
      "nft -f -",
      `add table inet stranger
       add chain inet stranger watch { type filter hook input priority 5; }
       add rule inet stranger watch tcp dport 25 counter\n`,
    );
    before = await snapshot(node);
    expect(await node.answers(6082, "/")).toBe(undefined);
  });
  it("gets the rule before the first refusal of each chain, in the kernel and in the file", async () => {
    const document = controllerDocument(NAME, { allowedSources: ["198.18.0.0/24", "203.0.113.7/32"] });
    const { status, stdout } = await converge(node, document);
    expect(firewallLines(stdout)).toEqual([
      "change firewall/inet filter input: (none) -> accept tcp 6082 from 198.18.0.0/24",
      "change firewall/etc/nftables.conf: (none) -> accept tcp 6082 from 198.18.0.0/24",
      "change firewall/ip guard first: (none) -> accept tcp 6082 from 198.18.0.0/24",
      "change firewall/etc/nftables.conf: (none) -> accept tcp 6082 from 198.18.0.0/24",
      "change firewall/inet filter input: (none) -> accept tcp 6082 from 203.0.113.7/32",
      "change firewall/etc/nftables.conf: (none) -> accept tcp 6082 from 203.0.113.7/32",
      "change firewall/ip guard first: (none) -> accept tcp 6082 from 203.0.113.7/32",
      "change firewall/etc/nftables.conf: (none) -> accept tcp 6082 from 203.0.113.7/32",
      "firewall nftables",
    ]);
    expect(status).toBe(0);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    expect(await node.read("cat /etc/nftables.conf")).toBe(
      NFT_FILE.replace("    reject", `    ${rule("198.18.0.0/24")}\n    ${rule("203.0.113.7")}\n    reject`).replace(
        "\t\tct state established,related accept\n\t}",
        `\t\tct state established,related accept\n\t\t${rule("198.18.0.0/24")}\n\t\t${rule("203.0.113.7")}\n\t}`,
      ),
    );
  });

  it("has the same rules in the kernel as the file gives at the next boot", async () => {
    const running = (await snapshot(node)).rules;
    const loaded = await node.read(
      "unshare -n sh -c 'ip link set lo up; nft -f /etc/nftables.conf; nft list table inet filter; nft list table ip guard'",
    );
    for (const line of loaded.split("\n")) {
      expect(running).toContain(line);
    }
    expect(running.filter((line) => line.includes("openstack-spice"))).toEqual([
      `\t\t${rule("198.18.0.0/24")}`,
      `\t\t${rule("203.0.113.7")}`,
      `\t\t${rule("198.18.0.0/24")}`,
      `\t\t${rule("203.0.113.7")}`,
    ]);
  });

  it("is left as it is by a second run", async () => {
    const converged = await snapshot(node);
    const document = controllerDocument(NAME, { allowedSources: ["198.18.0.0/24", "203.0.113.7/32"] });
    const { stdout } = await converge(node, document);
    expect(stdout.split("\n").slice(-2)).toEqual(["changed 0", ""]);
    expect(await snapshot(node)).toEqual(converged);
  });

  it("follows changed sources without a restart", async () => {
    const { processes } = await snapshot(node);
    const { stdout } = await converge(node, controllerDocument(NAME, { allowedSources: ["203.0.113.7/32"] }));
    expect(firewallLines(stdout)).toEqual([
      "change firewall/inet filter input: accept tcp 6082 from 198.18.0.0/24 -> (none)",
      "change firewall/etc/nftables.conf: accept tcp 6082 from 198.18.0.0/24 -> (none)",
      "change firewall/ip guard first: accept tcp 6082 from 198.18.0.0/24 -> (none)",
      "change firewall/etc/nftables.conf: accept tcp 6082 from 198.18.0.0/24 -> (none)",
      "firewall nftables",
    ]);
    expect((await snapshot(node)).processes[UNIT]).toBe(processes[UNIT]);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(undefined);
  });

  it("is byte for byte what it was after a revert, file and kernel, and strangers' chains stay", async () => {
    const { status, stdout } = await revert(node, "controller");
    expect(firewallLines(stdout)).toEqual([
      "change firewall/etc/nftables.conf: accept tcp 6082 from 203.0.113.7 -> (none)",
      "change firewall/ip guard first: accept tcp 6082 from 203.0.113.7 -> (none)",
      "change firewall/etc/nftables.conf: accept tcp 6082 from 203.0.113.7 -> (none)",
      "change firewall/inet filter input: accept tcp 6082 from 203.0.113.7 -> (none)",
      "firewall unmanaged",
    ]);
    expect(status).toBe(0);
    const after = await snapshot(node);
    expect(after).toEqual(before);
    expect(after.rules.filter((line) => line.includes("dport 25"))).toEqual(["\t\ttcp dport 25 "]);
    expect(await node.read("cat /etc/nftables.conf")).toBe(NFT_FILE);
  });

  it("refuses a chain that is not written out in the file, and touches nothing", async () => {
    await node.read(
      "nft -f -",
      `add chain inet stranger gate { type filter hook input priority 6; policy drop; }
       add rule inet stranger gate iif lo accept
       add rule inet stranger gate tcp dport { 22, 6080 } accept\n`,
    );
    const former = await snapshot(node);
    const { status, stderr } = await converge(node, controllerDocument(NAME, { allowedSources: ["203.0.113.0/24"] }));
    expect(stderr).toBe(
      lines(
        `openstack-spice: error: ${NAME}: chain 'inet stranger gate' refuses packets, but is not written out in /etc/nftables.conf. Put '${rule("203.0.113.0/24")}' before its first refusal, and where the chain is kept, yourself, then run again; or leave allowedSources out`,
      ),
    );
    expect(status).toBe(3);
    expect(await snapshot(node)).toEqual(former);
    await node.read("nft -f -", `add rule inet stranger gate ${rule("203.0.113.0/24")}\n`);
    expect((await converge(node, controllerDocument(NAME, { allowedSources: ["203.0.113.0/24"] }))).status).toBe(0);
  });
});

const RULES_V4 = `# Generated by iptables-save v1.8.9 (nf_tables)
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 10.0.0.0/24 -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:site - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -j site
-A INPUT -j REJECT --reject-with icmp-host-prohibited
-A site -p tcp -m multiport --dports 22,6080 -j ACCEPT
-A site -p tcp -m tcp --dport 25 -j DROP
COMMIT
`;

/** Refuses by policy alone. */
const RULES_V6 = `*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p ipv6-icmp -j ACCEPT
COMMIT
`;

describe("iptables with netfilter-persistent", () => {
  const NAME = "h-iptables";
  const rule = (source: string) =>
    `-A INPUT -s ${source} -p tcp -m tcp --dport 6082 -m comment --comment "openstack-spice: SPICE consoles" -j ACCEPT`;
  let node: LabNode;
  let before: Snapshot;

  beforeAll(async () => {
    node = await LabNode.boot(NAME, "proxy");
    await installIptablesPersistent(node);
    await node.read("cat >/etc/iptables/rules.v4", RULES_V4);
    await node.read("cat >/etc/iptables/rules.v6 && systemctl restart netfilter-persistent", RULES_V6);
    // What Neutron's agent puts there: in no file.
    await node.read(
      "iptables -N neutron-local && iptables -I INPUT 1 -j neutron-local && iptables -A neutron-local -p udp --dport 67 -j ACCEPT",
    );
    before = await snapshot(node);
  });
  afterAll(async () => {
    await node.remove();
  });

  it("gets the rule before the first refusal, in the kernel and in the file", async () => {
    const document = controllerDocument(NAME, { allowedSources: ["198.18.0.0/24", "2001:db8::/32"] });
    const { status, stdout } = await converge(node, document);
    expect(firewallLines(stdout)).toEqual([
      "change firewall/iptables: (none) -> accept tcp 6082 from 198.18.0.0/24",
      "change firewall/etc/iptables/rules.v4: (none) -> accept tcp 6082 from 198.18.0.0/24",
      "change firewall/ip6tables: (none) -> accept tcp 6082 from 2001:db8::/32",
      "change firewall/etc/iptables/rules.v6: (none) -> accept tcp 6082 from 2001:db8::/32",
      "firewall iptables,ip6tables",
    ]);
    expect(status).toBe(0);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    expect(await node.read("iptables -S INPUT")).toBe(
      lines(
        "-P INPUT ACCEPT",
        "-A INPUT -j neutron-local",
        "-A INPUT -i lo -j ACCEPT",
        "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
        rule("198.18.0.0/24"),
        "-A INPUT -j site",
        "-A INPUT -j REJECT --reject-with icmp-host-prohibited",
      ),
    );
    expect(await node.read("cat /etc/iptables/rules.v4")).toBe(
      RULES_V4.replace("-A INPUT -j site\n", `${rule("198.18.0.0/24")}\n-A INPUT -j site\n`),
    );
    expect(await node.read("cat /etc/iptables/rules.v6")).toBe(
      RULES_V6.replace("COMMIT", `${rule("2001:db8::/32")}\nCOMMIT`),
    );
    expect(await node.read("ip6tables -S INPUT")).toBe(
      lines("-P INPUT DROP", "-A INPUT -i lo -j ACCEPT", "-A INPUT -p ipv6-icmp -j ACCEPT", rule("2001:db8::/32")),
    );
  });

  it("is left as it is by a second run", async () => {
    const converged = await snapshot(node);
    const document = controllerDocument(NAME, { allowedSources: ["198.18.0.0/24", "2001:db8::/32"] });
    const { stdout } = await converge(node, document);
    expect(stdout.split("\n").slice(-2)).toEqual(["changed 0", ""]);
    expect(await snapshot(node)).toEqual(converged);
  });

  it("lets consoles through after a reboot", async () => {
    await node.reboot();
    expect(await node.read("iptables -S INPUT")).toBe(
      lines(
        "-P INPUT ACCEPT",
        "-A INPUT -i lo -j ACCEPT",
        "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
        rule("198.18.0.0/24"),
        "-A INPUT -j site",
        "-A INPUT -j REJECT --reject-with icmp-host-prohibited",
      ),
    );
    await node.read(
      "iptables -N neutron-local && iptables -I INPUT 1 -j neutron-local && iptables -A neutron-local -p udp --dport 67 -j ACCEPT",
    );
  });

  it("follows changed sources without a restart", async () => {
    const { processes } = await snapshot(node);
    const { stdout } = await converge(node, controllerDocument(NAME, { allowedSources: ["203.0.113.7/32"] }));
    expect(firewallLines(stdout)).toEqual([
      "change firewall/iptables: (none) -> accept tcp 6082 from 203.0.113.7/32",
      "change firewall/etc/iptables/rules.v4: (none) -> accept tcp 6082 from 203.0.113.7/32",
      "change firewall/iptables: accept tcp 6082 from 198.18.0.0/24 -> (none)",
      "change firewall/etc/iptables/rules.v4: accept tcp 6082 from 198.18.0.0/24 -> (none)",
      "change firewall/ip6tables: accept tcp 6082 from 2001:db8::/32 -> (none)",
      "change firewall/etc/iptables/rules.v6: accept tcp 6082 from 2001:db8::/32 -> (none)",
      "firewall iptables,ip6tables",
    ]);
    expect((await snapshot(node)).processes[UNIT]).toBe(processes[UNIT]);
  });

  it("takes the recipe's own rule, to the letter, in the place of ours for everybody (rows 8 and 9)", async () => {
    const recipes =
      '-A INPUT -p tcp -m multiport --dports 6082 -m comment --comment "Allow SPICE connections for console access " -j ACCEPT';
    const rulesOfFile = async () => (await node.read("cat /etc/iptables/rules.v4")).split("\n");
    await converge(node, controllerDocument(NAME, { allowedSources: ["0.0.0.0/0"] }));
    expect(await rulesOfFile()).toContain(rule("0.0.0.0/0"));
    const everybody = { allowedSources: ["0.0.0.0/0"], recipe: [RecipeSwitch.FirewallRuleFirst] };
    const { stdout } = await converge(node, controllerDocument(NAME, everybody));
    expect(firewallLines(stdout)).toEqual([
      "change firewall/iptables: (none) -> accept tcp 6082 from 0.0.0.0/0",
      "change firewall/etc/iptables/rules.v4: (none) -> accept tcp 6082 from 0.0.0.0/0",
      "change firewall/iptables: accept tcp 6082 from 0.0.0.0/0 -> (none)",
      "change firewall/etc/iptables/rules.v4: accept tcp 6082 from 0.0.0.0/0 -> (none)",
      "firewall iptables,ip6tables",
    ]);
    expect((await node.read("iptables -S INPUT")).split("\n")[1]).toBe(recipes);
    expect(await node.read("iptables -S INPUT")).not.toContain("openstack-spice");
    expect(await node.read("cat /etc/iptables/rules.v4")).toBe(
      RULES_V4.replace("-A INPUT -j site\n", `${recipes}\n-A INPUT -j site\n`),
    );
    const converged = await snapshot(node);
    const again = await converge(node, controllerDocument(NAME, everybody));
    expect(again.stdout.split("\n").at(-2)).toBe("changed 0");
    expect(await snapshot(node)).toEqual(converged);
    await converge(node, controllerDocument(NAME, { allowedSources: ["203.0.113.7/32"] }));
    expect(await rulesOfFile()).not.toContain(recipes);
    expect(await node.read("iptables -S INPUT")).not.toContain("Allow SPICE");
  });

  it("is byte for byte what it was after a revert, file and kernel, and strangers' chains stay", async () => {
    const { status, stdout } = await revert(node, "controller");
    expect(firewallLines(stdout)).toEqual([
      "change firewall/etc/iptables/rules.v4: accept tcp 6082 from 203.0.113.7/32 -> (none)",
      "change firewall/iptables: accept tcp 6082 from 203.0.113.7/32 -> (none)",
      "firewall unmanaged",
    ]);
    expect(status).toBe(0);
    const after = await snapshot(node);
    expect(firewallOf(after)).toEqual(firewallOf(before));
    expect(changedPaths(before, after)).toEqual({});
    expect(after.rules).toContain("-A INPUT -j neutron-local");
    expect(await node.read("cat /etc/iptables/rules.v4 /etc/iptables/rules.v6")).toBe(RULES_V4 + RULES_V6);
  });
});

describe("a node without a firewall", () => {
  const NAME = "h-no-firewall";
  const node = nodeForTests(NAME, "proxy");

  it("has it reported that nothing refuses the port, and gets no rule", async () => {
    const { rules } = await snapshot(node);
    const { status, stdout, stderr } = await converge(
      node,
      controllerDocument(NAME, { allowedSources: ["203.0.113.0/24"] }),
    );
    expect(stderr).toContain(`openstack-spice: ${NAME}: TCP 6082 is open to all. 'dropOtherSources' closes it\n`);
    expect(firewallLines(stdout)).toEqual(["firewall none"]);
    expect(status).toBe(0);
    expect((await snapshot(node)).rules).toEqual(rules);
  });
});
