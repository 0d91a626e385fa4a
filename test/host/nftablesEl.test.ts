import { beforeAll, describe, expect, it } from "vitest";
import { nodeForTests } from "../support/nodeForTests";
import { controllerDocument } from "./support/documents";
import { converge, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/**
 * nftables as RHEL 9 has it: the unit loads /etc/sysconfig/nftables.conf, which includes what is in /etc/nftables. The unit and the files are written here
 * after RHEL's (modelled: the lab's nodes have Debian's nft and unit); nft and systemd are real.
 */

const NAME = "w-nft-el9";
const MAIN = "/etc/nftables/main.nft";
const CONF = "/etc/sysconfig/nftables.conf";
const SPICE = "openstack-nova-spicehtml5proxy";

const UNIT_TEXT = `[Unit]
Description=Netfilter Tables
Documentation=man:nft(8)
Wants=network-pre.target
Before=network-pre.target

[Service]
Type=oneshot
ProtectSystem=full
ProtectHome=true
ExecStart=/sbin/nft -f ${CONF}
ExecReload=/sbin/nft 'flush ruleset; include "${CONF}";'
ExecStop=/sbin/nft flush ruleset
RemainAfterExit=yes

[Install]
WantedBy=multi-user.target
`;
const CONF_TEXT = `# Uncomment the include statement here to load the default config sample
# in /etc/nftables for nftables service.

include "${MAIN}"

# To customize, either edit the samples in /etc/nftables, append further
# commands to the end of this file or overwrite it after first service
# start by calling: 'nft list ruleset >/etc/sysconfig/nftables.conf'.
`;
const MAIN_TEXT = `# Sample configuration for nftables service.
# Load this by calling 'nft -f /etc/nftables/main.nft'.

# drop any existing nftables ruleset
flush ruleset

# a common table for both IPv4 and IPv6
table inet nftables_svc {

	# protocols to allow
	set allowed_protocols {
		type inet_proto
		elements = { icmp, icmpv6 }
	}

	# interfaces to accept any traffic on
	set allowed_interfaces {
		type ifname
		elements = { "lo" }
	}

	# services to allow
	set allowed_tcp_dports {
		type inet_service
		elements = { ssh, 9090 }
	}

	# this chain gathers all accept conditions
	chain allow {
		ct state established,related accept

		meta l4proto @allowed_protocols accept
		iifname @allowed_interfaces accept
		tcp dport @allowed_tcp_dports accept
	}

	# base-chain for traffic to this host
	chain INPUT {
		type filter hook input priority filter + 20
		policy accept

		jump allow
		reject with icmpx type port-unreachable
	}
}

# By default, any forwarding traffic is allowed.
# Uncomment the following line to filter it based
# on the same criteria as input traffic.
#include "/etc/nftables/router.nft"

# Uncomment the following line to enable masquerading of
# forwarded traffic. May be used with or without router.nft.
#include "/etc/nftables/nat.nft"
`;
const RULE = 'ip saddr 198.18.0.0/24 tcp dport 6082 accept comment "openstack-spice: SPICE consoles"';

const document = controllerDocument(NAME, { allowedSources: ["198.18.0.0/24"] });
/** The lines of a report that name what was changed in the firewall. */
const firewallLines = (report: string) =>
  report.split("\n").filter((line) => line.startsWith("firewall ") || line.startsWith("change firewall"));

describe("nftables.service as on RHEL 9 (modelled)", () => {
  const node = nodeForTests(NAME, "el9-like");
  let before: Snapshot;

  beforeAll(async () => {
    await node.read("sed -i s/enabled=0/enabled=1/ /etc/yum.repos.d/copr.repo; mkdir -p /etc/nftables /etc/sysconfig");
    for (const [path, text] of [
      ["/etc/systemd/system/nftables.service", UNIT_TEXT],
      [CONF, CONF_TEXT],
      [MAIN, MAIN_TEXT],
    ] as const) {
      await node.read(`cat >${path}`, text);
    }
    // Debian's own, which nothing loads here.
    await node.read("rm -f /etc/nftables.conf; systemctl daemon-reload && systemctl enable -q --now nftables");
    before = await snapshot(node);
    expect(await node.answers(6080, "/")).toBe(undefined);
  });
  it("gets the rule in the kernel and in the included file that has the chain", async () => {
    const { status, stdout } = await converge(node, document);
    expect(firewallLines(stdout)).toEqual([
      "change firewall/inet nftables_svc INPUT: (none) -> accept tcp 6082 from 198.18.0.0/24",
      `change firewall${MAIN}: (none) -> accept tcp 6082 from 198.18.0.0/24`,
      "firewall nftables",
    ]);
    expect(status).toBe(0);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    expect(await node.read(`cat ${MAIN}`)).toBe(MAIN_TEXT.replace("\t\treject with", `\t\t${RULE}\n\t\treject with`));
    expect(await node.read(`cat ${CONF}`)).toBe(CONF_TEXT);
  });

  it("is left as it is by a second run, and lets consoles through after a reboot", async () => {
    const converged = await snapshot(node);
    expect((await converge(node, document)).stdout.split("\n").at(-2)).toBe("changed 0");
    expect(await snapshot(node)).toEqual(converged);
    await node.reboot();
    await node.untilServes(6082, "/spice_auto.html");
    expect((await snapshot(node)).rules).toContain(`\t\t${RULE}`);
    expect((await converge(node, document)).stdout.split("\n").at(-2)).toBe("changed 0");
  });

  it("is what it was after a revert, files and kernel, but for the packages", async () => {
    const { status, stdout } = await revert(node, "controller");
    expect(firewallLines(stdout)).toEqual([
      `change firewall${MAIN}: accept tcp 6082 from 198.18.0.0/24 -> (none)`,
      "change firewall/inet nftables_svc INPUT: accept tcp 6082 from 198.18.0.0/24 -> (none)",
      "firewall unmanaged",
    ]);
    expect(status).toBe(0);
    const after = await snapshot(node);
    expect(after.rules).toEqual(before.rules);
    expect(changedPaths(before, after)).toEqual({});
    expect(after.units[`${SPICE}.service`]).toBe("disabled inactive");
  });

  it("is refused, and left alone, where the chain is in no file that the unit loads", async () => {
    await node.read(`sed -i 's/^include/#&/' ${CONF}`);
    const former = await snapshot(node);
    expect(await converge(node, document)).toEqual({
      status: 3,
      stdout: "",
      stderr: `openstack-spice: error: ${NAME}: chain 'inet nftables_svc INPUT' refuses packets, but is not written out in ${CONF}. Put '${RULE}' before its first refusal, and where the chain is kept, yourself, then run again; or leave allowedSources out\n`,
    });
    expect(await snapshot(node)).toEqual(former);
  });

  it("is refused, and left alone, where what the unit loads cannot be loaded apart", async () => {
    await node.read(`sed -i 's/^#include/include/' ${CONF}; echo 'include "/etc/nftables/nowhere.nft"' >>${CONF}`);
    const former = await snapshot(node);
    const { status, stdout, stderr } = await converge(node, document);
    expect(stderr).toContain(
      `openstack-spice: error: ${NAME}: it is not proven that ${CONF}, with '${RULE}', would load what it loads by now and that rule: nft: ${CONF}:`,
    );
    expect(stderr).toContain(
      "/etc/nftables/nowhere.nft. Add the rule by hand, there and to what is loaded, before the first rule that refuses, then run again; or leave allowedSources out\n",
    );
    expect([status, stdout]).toEqual([3, ""]);
    expect(await snapshot(node)).toEqual(former);
  });
});
