import { describe, expect, it } from "vitest";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";

/** The chains that could refuse a packet to the node, each with the handle of the first rule that could, in a ruleset as `nft -a list ruleset` prints it. */
function refusingChains(ruleset: string): readonly string[] {
  return nodeFunction("nftables/refusing-chains", { ruleset });
}

/** The number of INPUT's first rule that could refuse a TCP packet to the node, in a text of iptables-save; empty: none does. */
function firstRefusal(save: string): string {
  return nodeFunction("iptables/first-refusal", { save });
}

/** A base chain of `inet filter` with these rules, each with its number as handle. */
const input = (rules: readonly string[], policy = "accept", more = "") => `table inet filter { # handle 1
	chain input { # handle 1
		type filter hook input priority filter; policy ${policy};
${rules.map((rule, index) => `\t\t${rule} # handle ${index + 1}\n`).join("")}	}
${more}}
`;

describe.skipIf(!runsHere)("a chain that could refuse, in nftables", () => {
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

  it("is none of other hooks, of libvirt, Docker and Neutron, nor our own tables", () => {
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
table inet openstack_spice_proxy { # handle 7
	chain input { # handle 1
		type filter hook input priority filter - 10; policy accept;
		tcp dport 6082 drop # handle 3
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

describe.skipIf(!runsHere)("the files that nftables.service loads", () => {
  const chain = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0\n\t\tdrop\n\t}\n}\n";
  const files = {
    main: 'flush ruleset\n include "PWD/*.nft" ; # ours\n#include "PWD/off"\ninclude "PWD/main"\ninclude "PWD/nowhere"\n',
    "a.nft": "define x = 1\n",
    "b.nft": chain,
    off: chain.replace("filter {", "site {"),
  };
  const chains = ["inet filter input", "inet site input"];
  const read = (given: Readonly<Record<string, string>> = files, load = "-f PWD/main") =>
    nodeFunction("nftables/files", { files: given, load, chains });

  it("are the unit's, and what they include, each once", () => {
    const { roots, files: all, text } = read();
    expect([roots, all, text]).toEqual([["main"], ["main", "a.nft", "b.nft"], "main, nor in what that includes"]);
  });

  it("have a chain where it is written out, and not where nothing includes it", () => {
    expect(read().places).toEqual(["b.nft", ""]);
  });

  it("are one text, with what cannot be included left for nft to say so", () => {
    const { whole } = read({ ...files, main: files.main.replace(/.*main.*\n/, "") });
    expect(whole).toEqual([
      ...["flush ruleset", "define x = 1", ...chain.trim().split("\n")],
      ...['#include "PWD/off"', 'include "PWD/nowhere"'],
    ]);
  });

  it("are none where the unit loads something else", () => {
    const { files: none, text } = read(files, "nothing");
    expect([none.length, text]).toEqual([0, "what nftables.service loads"]);
  });
});

describe.skipIf(!runsHere)("a rule that could refuse, in iptables", () => {
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
      "our own chains",
      [
        "INPUT -p tcp -j OPENSTACK_SPICE",
        "INPUT -p tcp -j OPENSTACK_SPICE_PROXY",
        "OPENSTACK_SPICE -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP",
        "OPENSTACK_SPICE_PROXY -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP",
        "INPUT -j REJECT",
      ],
      "ACCEPT",
      "3",
    ],
  ])("by %s", (_what, rules, policy, number) => {
    expect(firstRefusal(save(rules, policy))).toBe(number);
    expect(firstRefusal(save(rules, policy).replace(/^-A/gm, "[12:3456] -A"))).toBe(number);
  });
});

describe.skipIf(!runsHere)("a rule of ours in iptables", () => {
  const ours = (source: string) =>
    `-s ${source} -p tcp -m tcp --dport 6082 -m comment --comment "openstack-spice: SPICE consoles" -j ACCEPT`;
  const recipes =
    '-p tcp -m multiport --dports 6082 -m comment --comment "Allow SPICE connections for console access " -j ACCEPT';
  it.each([
    ["192.0.2.0/24", "firewall-rule-first", ours("192.0.2.0/24")],
    ["0.0.0.0/0", "restart-iptables", ours("0.0.0.0/0")],
    ["::/0", "firewall-rule-first", ours("::/0")],
    ["0.0.0.0/0", "firewall-rule-first", recipes],
  ])("for %s with the recipe's %s: %s", (source, way, rule) => {
    const text = `accept tcp 6082 from ${source}`;
    const words = rule.split(/"(.*)" | /).filter(Boolean);
    expect(nodeFunction("iptables/rule", { source, port: 6082, recipe: way })).toEqual({
      rule,
      texts: [text, text],
      words: ["-w", "10", "-I", "INPUT", "1", ...words],
    });
  });
});

describe.skipIf(!runsHere)("a rule of others that accepts a console port", () => {
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
    ["inet firewalld filter_IN_public_allow ip saddr 192.0.2.7 tcp dport 5900-5999 accept", false],
    ["-A ufw-user-input -s 192.0.2.7/32 -p tcp -m multiport --dports 5900:5999 -j ACCEPT", false],
    ["-A ufw-user-input -s 198.51.100.0/24 -p tcp -m multiport --dports 5900:5999 -j ACCEPT", false],
    ["-A ufw-user-input -s 192.0.2.8/32 -p tcp -m multiport --dports 5900:5999 -j ACCEPT", true],
  ])("%s: %s", (rule, accepts) => {
    const found = nodeFunction("firewall/accepting-rules", {
      rules: `${rule}\n`,
      ports: "5900-5999",
      source: "192.0.2.7/32",
      recordedUfw: "allow from 198.51.100.0/24 to any port 5900:5999 proto tcp",
    });
    expect(found).toEqual(accepts ? [rule] : []);
  });
});

describe.skipIf(!runsHere)("the zones of firewalld that a source comes in by", () => {
  const listing = `public
trusted
  target: ACCEPT
  interfaces: eth9
  sources: 203.0.113.0/24
public (default)
  target: default
  interfaces: 
  sources: 
  rich rules: 
	rule family="ipv4" source address="192.0.2.1" accept
racks (active)
  target: %%REJECT%%
  interfaces: 
  sources: 10.1.0.0/16 2001:db8:1::/48
storage (active)
  target: DROP
  interfaces: eth1 eth2
  sources: 172.16.0.0/255.240.0.0
lists (active)
  target: default
  interfaces: 
  sources: ipset:admins
idle
  target: default
  interfaces: 
  sources: 
`;
  it.each([
    ["192.0.2.0/24", "public storage lists"],
    ["10.1.2.3/32", "racks lists"],
    ["10.0.0.0/8", "public racks storage lists"],
    ["10.2.0.0/16", "public storage lists"],
    ["172.31.255.1/32", "storage lists"],
    ["172.32.0.1/32", "public storage lists"],
    ["203.0.113.9/32", "lists"],
    ["2001:db8:1::5/128", "racks lists"],
    ["2001:db8:2::/48", "public storage lists"],
    ["::/0", "public racks storage lists"],
    ["0.0.0.0/0", "public racks storage lists"],
  ])("%s: %s", (source, zones) => {
    expect(nodeFunction("firewalld/zones", { source, listing }).join(" ")).toBe(zones);
  });
});

describe.skipIf(!runsHere)("a rule in the file of a zone", () => {
  const rule = (order: string) => `  <rule family="ipv4">
    <source address="192.0.2.0/24"/>
    <port ${order}/>
    <accept/>
  </rule>
`;
  const ours = rule('port="6082" protocol="tcp"');
  const zone = (rules: string, end = "\n") => `<?xml version="1.0" encoding="utf-8"?>
<zone>
  <!-- ours -->
  <rule family="ipv4">
    <source address="192.0.2.0/24"/>
    <port port="6082" protocol="tcp"/>
    <reject/>
  </rule>
${rules}</zone>${end}`;
  const run = (verb: "has" | "with" | "without", file: string) =>
    nodeFunction("firewalld/file", { verb, file, source: "192.0.2.0/24", port: 6082 });
  it.each(["\n", ""])("goes in and out, and leaves all else as it is, to the last byte %j", (end) => {
    expect(run("has", zone("", end))).toBe("");
    expect(run("with", zone("", end))).toBe(zone(ours, end));
    expect(run("has", zone(ours, end))).toBe("yes");
    expect(run("without", zone(ours, end))).toBe(zone("", end));
  });
  it("is known in the spelling of older versions of firewalld, and on one line", () => {
    for (const spelling of [rule('protocol="tcp" port="6082"'), ours.replace(/\n */g, "").concat("\n")]) {
      expect(run("has", zone(spelling))).toBe("yes");
      expect(run("without", zone(spelling))).toBe(zone(""));
    }
  });
});

describe.skipIf(!runsHere)("a rule in ufw's file", () => {
  it.each([
    ["/etc/ufw/user.rules", "192.0.2.7/32", "allow tcp 6082 0.0.0.0/0 any 192.0.2.7 in comment=6f70", "in"],
    ["/etc/ufw/user.rules", "192.0.2.7/32", "allow tcp 6082 0.0.0.0/0 any 192.0.2.7 in", "in"],
    ["/etc/ufw/user.rules", "192.0.2.7/32", "allow tcp 6082 0.0.0.0/0 any 192.0.2.77 in", "-"],
    ["/etc/ufw/user.rules", "192.0.2.7/32", "deny tcp 6082 0.0.0.0/0 any 192.0.2.7 in", "-"],
    ["/etc/ufw/user.rules", "192.0.2.7/32", "allow tcp 6082 0.0.0.0/0 any 192.0.2.7 in_eth0", "-"],
    ["/etc/ufw/user.rules", "0.0.0.0/0", "allow tcp 6082 0.0.0.0/0 any 0.0.0.0/0 in", "in"],
    ["/etc/ufw/user6.rules", "2001:db8::/32", "allow tcp 6082 ::/0 any 2001:db8::/32 in", "in"],
  ])("%s, %s, '%s': %s", (file, source, tuple, state) => {
    const text = `### tuple ### ${tuple}\n`;
    expect(nodeFunction("ufw/state", { file, source, port: 6082, text })).toBe(state);
  });
});
