import { describe, expect, it } from "vitest";
import { nodeForTests } from "../../support/nodeForTests";
import { addPeers, PEERS, whoGetsIn } from "../support/consolePorts";
import { controllerDocument } from "../support/documents";
import { installIptablesPersistent } from "../support/firewallFiles";
import { converge, revert } from "../support/program";

/**
 * Firewalls as operators write them, on real nodes: who was in before is in, the declared source is in, and nobody else, at once and after a boot; and the
 * file is byte for byte what it was after a revert. The rows D23 and D29, and cases of the field.
 */

const NAME = "x-firewalls";
const SOURCE = `${PEERS.proxy.v4}/32`;
const document = controllerDocument(NAME, { allowedSources: [SOURCE] });

const NFT = { file: "/etc/nftables.conf", unit: "nftables" };
const IPTABLES = { file: "/etc/iptables/rules.v4", unit: "netfilter-persistent" };

/** Of each the file, and whether a rule of ours finds its place in it. */
const CASES: readonly (readonly [
  what: string,
  place: { readonly file: string; readonly unit: string },
  text: string,
])[] = [
  [
    "a rule for nft that goes on over lines behind backslashes",
    NFT,
    `#!/usr/sbin/nft -f
flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy accept;
		iif "lo" accept
		ct state established,related accept
		ip saddr { 203.0.113.0/24, 198.51.100.0/24 } \\
			counter \\
			drop
		tcp dport { 22, 6080 } accept
		reject
	}
}
`,
  ],
  [
    "a set for nft whose braces stand over several lines, and no newline at the end",
    NFT,
    `flush ruleset
table inet filter {
	chain input {
		type filter hook input priority 0; policy accept;
		ct state established,related accept
		iif lo accept
		tcp dport {
			22,
			80,
			443
		} accept
		reject with icmpx type admin-prohibited
	}
}`,
  ],
  [
    "a table for nft that is named as that of iptables (D23)",
    NFT,
    `#!/usr/sbin/nft -f
flush ruleset
table ip filter {
	chain INPUT {
		type filter hook input priority 0; policy drop;
		iifname "lo" accept
		ct state established,related accept
		tcp dport { 22, 6080 } accept
	}
}
`,
  ],
  [
    "a verdict map for nft that has a name (D29)",
    NFT,
    `flush ruleset
table inet filter {
	map verdicts { type inet_service : verdict; elements = { 22 : accept, 6082 : drop }; }
	chain input {
		type filter hook input priority 0; policy drop;
		ct state established,related accept; iif lo accept
		tcp dport vmap @verdicts
	}
}
`,
  ],
  [
    "commands for nft, several on a line",
    NFT,
    `flush ruleset
define admin = { 22, 6080 }
add table inet f; add chain inet f c { type filter hook input priority 0; policy accept; }
add rule inet f c iif lo accept; add rule inet f c ct state established,related accept
add rule inet f c tcp dport $admin accept # not: add rule inet f c drop
add rule inet f c drop
`,
  ],
  [
    "a file for iptables with long options",
    IPTABLES,
    `*filter
:INPUT ACCEPT [0:0]
--append INPUT -i lo -j ACCEPT
--append INPUT -m state --state ESTABLISHED -j ACCEPT
--append INPUT -p tcp --dport 22 --jump ACCEPT
--append INPUT --jump REJECT
COMMIT
`,
  ],
  [
    "a file for iptables that inserts",
    IPTABLES,
    `*filter
:INPUT ACCEPT [0:0]
-I INPUT -j REJECT
-I INPUT -p tcp --dport 22 -j ACCEPT
-I INPUT -m state --state ESTABLISHED -j ACCEPT
-I INPUT -i lo -j ACCEPT
COMMIT
`,
  ],
  [
    "a file for iptables with blanks before each rule",
    IPTABLES,
    `*filter
:INPUT ACCEPT [0:0]
  -A INPUT -i lo -j ACCEPT
  -A INPUT -m state --state ESTABLISHED -j ACCEPT
  -A INPUT -p tcp --dport 22 -j ACCEPT
  -A INPUT -j REJECT
COMMIT
`,
  ],
];

describe("a controller with a firewall of its operator's", () => {
  const node = nodeForTests(NAME, "proxy");
  const whoIsIn = async (port: number) => {
    const { proxy, stranger } = await whoGetsIn(node, port);
    return { proxy: proxy[0], stranger: stranger[0] };
  };

  it.each(CASES)("%s", async (_, { file, unit }, text) => {
    await node.reset();
    await addPeers(node, 22);
    if (unit === IPTABLES.unit) {
      await installIptablesPersistent(node);
    }
    await node.read(`cat >${file} && systemctl enable -q ${unit} && systemctl restart ${unit}`, text);
    const before = await whoIsIn(22);
    expect(before).toEqual({ proxy: "open", stranger: "open" });
    const refused = (await whoIsIn(25)).stranger;

    const { status, stderr } = await converge(node, document);
    expect([status, stderr]).toEqual([0, ""]);
    for (const boot of [false, true]) {
      if (boot) {
        await node.reboot();
        await addPeers(node, 6082);
      }
      expect(await whoIsIn(6082)).toEqual({ proxy: "open", stranger: refused });
      expect(await whoIsIn(22)).toEqual(before);
    }
    expect((await converge(node, document)).stdout.split("\n").at(-2)).toBe("changed 0");
    expect((await revert(node, "controller")).status).toBe(0);
    expect(await node.read(`cat ${file}`)).toBe(text);
    expect((await whoIsIn(6082)).proxy).toBe(refused);
  });

  it("that gets a refusal before the rule later is told by the next run who does not get in any more", async () => {
    await node.reset();
    await addPeers(node, 22);
    const table =
      "table inet f { chain i { type filter hook input priority 0; policy accept; iif lo accept; tcp dport 6082 reject; }; }\n";
    await node.read("nft -f -", table);
    expect((await converge(node, document)).status).toBe(0);
    expect((await whoIsIn(6082)).proxy).toBe("open");
    await node.read("nft insert rule inet f i iifname peers0 tcp dport 6082 drop");
    const notKept = `openstack-spice: ${NAME}: nftables.service is not enabled: the rule is gone after a reboot, as are all others of inet f\n`;
    const shutOut = `openstack-spice: ${NAME}: ${SOURCE} does not get in to TCP 6082, though it is declared: from ${PEERS.proxy.v4} to port 6082: \`iifname "peers0" tcp dport 6082 drop\` in chain i of table inet f. Change that rule, or take the source out of 'allowedSources'\n`;
    // The second time by what is kept.
    for (let run = 0; run < 2; run += 1) {
      const { stdout, stderr } = await converge(node, document);
      expect([stdout.split("\n").at(-2), stderr]).toEqual(["changed 0", notKept + shutOut]);
    }
    expect((await whoIsIn(6082)).proxy).toBe("timeout");
  });

  it("that refuses in the legacy tables, which iptables does not list here, gets the rule there (D23)", async () => {
    await node.reset();
    await addPeers(node, 22);
    await node.read(
      ["-i lo -j ACCEPT", "-m state --state RELATED,ESTABLISHED -j ACCEPT", "-p tcp --dport 22 -j ACCEPT", "-j REJECT"]
        .map((rule) => `iptables-legacy -A INPUT ${rule}`)
        .join(" && "),
    );
    const { status, stdout, stderr } = await converge(node, document);
    expect(stdout).toContain(`change firewall/iptables-legacy: (none) -> accept tcp 6082 from ${SOURCE}\n`);
    expect(stderr).toContain("iptables-legacy has no persistent file");
    expect(stderr).not.toContain("open to all");
    expect(status).toBe(0);
    expect(await whoIsIn(6082)).toEqual({ proxy: "open", stranger: "ConnectionRefusedError" });
    expect((await revert(node, "controller")).status).toBe(0);
    expect((await whoIsIn(6082)).proxy).toBe("ConnectionRefusedError");
  });

  it("that drops before all else is not called open: the rule is named, and who is declared and does not get in", async () => {
    await node.reset();
    await addPeers(node, 22);
    await node.read(
      "nft -f -",
      'table inet guard { chain early { type filter hook prerouting priority -300; policy accept; iifname != "lo" tcp dport 6082 drop; }; }\n',
    );
    for (const changes of [true, false]) {
      const { status, stdout, stderr } = await converge(node, document);
      expect(stderr).toBe(
        `openstack-spice: ${NAME}: ${SOURCE} does not get in to TCP 6082, though it is declared: from ${PEERS.proxy.v4} to port 6082: \`iifname != "lo" tcp dport 6082 drop\` in chain early of table inet guard. Change that rule, or take the source out of 'allowedSources'\n`,
      );
      expect([status, stdout.split("\n").at(-2) === "changed 0"]).toEqual([0, !changes]);
    }
    expect(await whoIsIn(6082)).toEqual({ proxy: "timeout", stranger: "timeout" });
    // The kernel is asked again where the filter is another one.
    await node.read("nft delete table inet guard; nft add table inet guard; nft add chain inet guard nothing");
    expect((await converge(node, document)).stderr).toBe(
      `openstack-spice: ${NAME}: TCP 6082 is open to all. 'dropOtherSources' closes it\n`,
    );
  });
});
