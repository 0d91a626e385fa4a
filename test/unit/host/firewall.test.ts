import { describe, expect, it } from "vitest";
import { bash42, runInBash } from "./support";

/** The chains that could refuse a packet to the node, each with the handle of the first rule that could, in a ruleset as `nft -a list ruleset` prints it. */
function refusingChains(ruleset: string): readonly string[] {
  const { status, stdout, stderr } = runInBash("nft() { cat ruleset; }\nnft_refusing_chains", { ruleset });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").slice(0, -1);
}

/** The number of INPUT's first rule that could refuse a TCP packet to the node, in a text of iptables-save; empty: none does. */
function firstRefusal(save: string): string {
  const { status, stdout, stderr } = runInBash("first_refusal INPUT <save", { save });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.trim();
}

/** A base chain of `inet filter` with these rules, each with its number as handle. */
const input = (rules: readonly string[], policy = "accept", more = "") => `table inet filter { # handle 1
	chain input { # handle 1
		type filter hook input priority filter; policy ${policy};
${rules.map((rule, index) => `\t\t${rule} # handle ${index + 1}\n`).join("")}	}
${more}}
`;

describe.skipIf(!bash42)("a chain that could refuse, in nftables", () => {
  it.each([
    ["nothing", [], "accept", []],
    ["a policy", ['iif "lo" accept'], "drop", ["end"]],
    ["a drop", ['iif "lo" accept', "tcp dport 25 counter packets 0 bytes 0 drop"], "accept", ["2"]],
    ["a reject", ["ct state established accept", "reject with icmpx admin-prohibited"], "drop", ["2"]],
    ["a verdict map", ["ct state vmap { invalid : drop, established : accept }"], "accept", ["1"]],
    ["a verdict map, the last of it", ["ct state vmap { established : accept, invalid : drop }"], "accept", ["1"]],
    ["a verdict map with a name", ["accept", "ip saddr vmap @blocked"], "accept", ["2"]],
    ["words in a comment", ['tcp dport 22 accept comment "never drop or reject, jump refuse"'], "accept", []],
    ["a name", ['iifname "drop" accept'], "accept", []],
    [
      "a long set over lines",
      ["ip saddr { 192.0.2.1, 192.0.2.2,\n\t\t\t     192.0.2.3 } drop", "accept"],
      "accept",
      ["1"],
    ],
  ])("by %s", (_what, rules, policy, handles) => {
    expect(refusingChains(input(rules, policy))).toEqual(handles.map((handle) => `inet filter input ${handle}`));
  });

  const refuse = "\tchain refuse { # handle 90\n\t\tcounter packets 0 bytes 0 drop # handle 91\n\t}\n";
  it.each([
    ["a jump", ["accept", "jump refuse"], "2"],
    ["a goto", ['iifname "eth0" goto refuse'], "1"],
    [
      "a jump of a verdict map's second element",
      ['iifname vmap { "eth0" : jump harmless, "eth1" : goto refuse }'],
      "1",
    ],
    [
      "a jump of a map over lines",
      ['iifname vmap { "eth0" : accept, "eth1" : goto refuse,\n\t\t\t       "eth2" : accept }'],
      "1",
    ],
  ])("by %s", (_what, rules, handle) => {
    const harmless = "\tchain harmless { # handle 80\n\t\taccept # handle 81\n\t}\n";
    expect(refusingChains(input(rules, "accept", refuse + harmless))).toEqual([`inet filter input ${handle}`]);
  });

  it("is none of other hooks, of libvirt, Docker and Neutron, nor our own table", () => {
    expect(
      refusingChains(`table ip libvirt_network { # handle 1
	chain forward { # handle 1
		type filter hook forward priority filter; policy accept;
		counter packets 0 bytes 0 jump guest_cross # handle 10
	}
	chain guest_input { # handle 3
		oif "virbr0" ip daddr 192.168.122.0/24 ct state established,related counter packets 0 bytes 0 accept # handle 12
		oif "virbr0" counter packets 0 bytes 0 reject # handle 13
	}
	chain guest_cross { # handle 5
		iif "virbr0" oif "virbr0" counter packets 0 bytes 0 accept # handle 14
	}
}
# Warning: table ip filter is managed by iptables-nft, do not touch!
table ip filter { # handle 2
	chain DOCKER-ISOLATION-STAGE-2 { # handle 4
		oifname "docker0" counter packets 0 bytes 0 drop # handle 9
	}
	chain FORWARD { # handle 5
		type filter hook forward priority filter; policy drop;
		counter packets 0 bytes 0 jump DOCKER-ISOLATION-STAGE-2 # handle 10
	}
	chain INPUT { # handle 1
		type filter hook input priority filter; policy drop;
		counter packets 0 bytes 0 jump neutron-openvswi-INPUT # handle 8
	}
	chain neutron-openvswi-INPUT { # handle 7
		# xt_physdev counter packets 0 bytes 0 drop # handle 12
	}
}
table inet openstack_spice { # handle 6
	chain input { # handle 1
		type filter hook input priority filter - 10; policy accept;
		tcp dport 5900-5999 jump consoles # handle 3
	}
	chain consoles { # handle 2
		iif "lo" accept # handle 4
		tcp flags syn / syn,ack drop # handle 5
	}
}
`),
    ).toEqual([]);
  });

  it("is found in each table", () => {
    const other = input(["drop"]).replace("inet filter", "ip guard");
    expect(refusingChains(input(["accept", "drop"]) + other)).toEqual(["inet filter input 2", "ip guard input 1"]);
  });
});

describe.skipIf(!bash42)("a rule that could refuse, in iptables", () => {
  const save = (rules: readonly string[], policy = "ACCEPT") =>
    `*filter\n:INPUT ${policy} [0:0]\n:site - [0:0]\n${rules.map((rule) => `-A ${rule}\n`).join("")}COMMIT\n`;
  it.each([
    ["nothing", [], "ACCEPT", ""],
    ["the policy", ["INPUT -i lo -j ACCEPT"], "DROP", "2"],
    [
      "a chain of others",
      ["INPUT -i lo -j ACCEPT", "INPUT -j site", "site -p tcp -m tcp --dport 25 -j DROP"],
      "ACCEPT",
      "2",
    ],
    ["a rule for UDP alone", ["INPUT -p udp -m udp --dport 53 -j DROP"], "ACCEPT", ""],
    ["a rule for all but UDP", ["INPUT ! -p udp -j DROP"], "ACCEPT", "1"],
    [
      "Neutron's rules for what is bridged to a guest",
      [
        "INPUT -j site",
        "site -m physdev --physdev-in tap0 --physdev-is-bridged -j REJECT --reject-with icmp-port-unreachable",
      ],
      "ACCEPT",
      "",
    ],
    ["a rule for what is not bridged", ["INPUT -m physdev ! --physdev-is-bridged -j DROP"], "ACCEPT", "1"],
    [
      "our own chain",
      [
        "INPUT -p tcp -j OPENSTACK_SPICE",
        "OPENSTACK_SPICE -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP",
        "INPUT -j REJECT",
      ],
      "ACCEPT",
      "2",
    ],
  ])("by %s", (_what, rules, policy, number) => {
    expect(firstRefusal(save(rules, policy))).toBe(number);
  });
});

describe.skipIf(!bash42)("a rule of others that accepts a console port", () => {
  it.each([
    ["-A INPUT -p tcp -m tcp --dport 5900:5999 -j ACCEPT", true],
    ["-A INPUT -p tcp -m multiport --dports 22,5950 -m comment --comment x -j ACCEPT", true],
    ["-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", false],
    ["-A INPUT -p tcp -m tcp --dport 5900 -j DROP", false],
    ["inet filter input tcp dport { 22, 5999-6010 } accept", true],
    ["inet filter input tcp dport 6000 counter packets 5900 bytes 5900 accept", false],
    ["inet filter input tcp dport 5901 counter packets 0 bytes 0 accept", true],
    [
      'inet filter input ip saddr 192.0.2.1 tcp dport 5900-5999 accept comment "openstack-spice: SPICE consoles"',
      false,
    ],
  ])("%s: %s", (rule, accepts) => {
    const { stdout, stderr } = runInBash("accepting_rules nft 5900-5999 <rule", { rule: `${rule}\n` });
    expect([stdout, stderr]).toEqual([accepts ? `nft ${rule}\n` : "", ""]);
  });
});
