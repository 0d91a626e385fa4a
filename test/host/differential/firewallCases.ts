import { RecipeSwitch } from "../../../nova";
import { PEERS } from "../support/consolePorts";
import { type ControllerOptions, computeDocument, controllerDocument } from "../support/documents";
import { NFT_FILE, ZONE } from "../support/firewallFiles";
import { type Case, NAME, add, put, refusals } from "./case";

/** Firewalls, each with its files and its rules in the kernel; and ports that are closed to others. */

const document = (options: ControllerOptions = {}) => controllerDocument(NAME, options);
const sources = { allowedSources: ["198.18.0.0/24", "203.0.113.7/32"] };
const peers = [`${PEERS.proxy.v4}/32`, `${PEERS.proxy.v6}/128`];

/** Loads a file as nftables.service does at each boot. */
const nftables = (text: string) => `${put("/etc/nftables.conf", text)}systemctl enable -q --now nftables`;

const V4 = `*nat
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
[7:420] -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -j site
-A INPUT -j REJECT --reject-with icmp-host-prohibited
-A site -p tcp -m multiport --dports 22,6080 -j ACCEPT
-A site -p tcp -m tcp --dport 25 -j DROP
COMMIT
`;
const V6 =
  "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p ipv6-icmp -j ACCEPT\nCOMMIT\n";
/** Loads files of iptables-save by units that do so at each boot. @param unit netfilter-persistent, as on Debian, or iptables, as on RHEL */
const iptables = (unit: "netfilter-persistent" | "iptables", v4: string, v6 = V6) => {
  const debian = unit === "netfilter-persistent";
  const files = debian
    ? ["/etc/iptables/rules.v4", "/etc/iptables/rules.v6"]
    : ["/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables"];
  const [file4 = "", file6 = ""] = files;
  const service = (...loads: readonly string[]) =>
    `[Service]\nType=oneshot\nRemainAfterExit=yes\n${loads.map((load) => `ExecStart=/usr/sbin/${load}\n`).join("")}[Install]\nWantedBy=multi-user.target\n`;
  const load4 = `iptables-restore ${file4}`;
  const load6 = `ip6tables-restore ${file6}`;
  const units: Readonly<Record<string, string>> = debian
    ? { [unit]: service(load4, load6) }
    : { iptables: service(load4), ip6tables: service(load6) };
  return `${put(file4, v4)}${put(file6, v6)}
${Object.entries(units)
  .map(([name, text]) => put(`/etc/systemd/system/${name}.service`, text))
  .join("")}
systemctl daemon-reload; systemctl enable -q --now ${Object.keys(units).join(" ")}
iptables -N neutron-local; iptables -I INPUT 1 -j neutron-local; iptables -A neutron-local -p udp --dport 67 -j ACCEPT`;
};
const persistent = (v4: string) => iptables("netfilter-persistent", v4);

const EL9_MAIN = `flush ruleset
table inet nftables_svc {
	set allowed_interfaces { type ifname; elements = { "lo" }; }
	set allowed_tcp_dports { type inet_service; elements = { ssh, 6080 }; }
	chain allow {
		ct state established,related accept
		iifname @allowed_interfaces accept
		tcp dport @allowed_tcp_dports accept
	}
	chain INPUT {
		type filter hook input priority filter + 20
		policy accept
		jump allow
		reject with icmpx type port-unreachable
	}
}
`;
const EL9_CONF = "/etc/sysconfig/nftables.conf";
const EL9 = `sed -i s/enabled=0/enabled=1/ /etc/yum.repos.d/copr.repo; rm -f /etc/nftables.conf
${put("/etc/nftables/main.nft", EL9_MAIN)}${put(EL9_CONF, '# what is loaded\ninclude "/etc/nftables/main.nft"\n')}
${put("/etc/systemd/system/nftables.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/sbin/nft -f /etc/sysconfig/nftables.conf\n[Install]\nWantedBy=multi-user.target\n")}
systemctl daemon-reload; systemctl enable -q --now nftables`;

const firewalld = `${put("/etc/firewalld/zones/racks.xml", ZONE)}systemctl enable -q --now firewalld`;
const PUBLIC = "/etc/firewalld/zones/public.xml";
const both = () => [
  controllerDocument(NAME, { html5proxyHost: "::", allowedSources: peers }),
  computeDocument(NAME, { sources: peers }),
];
const noNft = "mv /usr/sbin/nft /usr/sbin/nft.away; ln -s /bin/false /usr/sbin/nft";
const closing = { html5proxyHost: "::", allowedSources: peers, dropOtherSources: true };
const COMPUTE_NFT = `flush ruleset
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

/** A controller of Debian's that opens its port. */
const opens = (name: string, prepare: string): Case => ({ name, prepare, steps: () => [document(sources)] });

export const firewallCases: readonly Case[] = [
  opens("no firewall", ":"),
  {
    name: "nftables with two chains that refuse, then other sources",
    prepare: `${nftables(NFT_FILE)}
nft -f - <<<'table inet stranger { chain watch { type filter hook input priority 5; tcp dport 25 counter; }; }'`,
    steps: () => [document(sources), document({ allowedSources: ["203.0.113.7/32"] })],
  },
  opens(
    "nftables with a chain that is in no file",
    `${nftables(NFT_FILE)}
nft -f - <<<'table inet stranger { chain gate { type filter hook input priority 6; policy drop; iif lo accept; tcp dport { 22, 6080 } accept; }; }'`,
  ),
  {
    name: "iptables and ip6tables with netfilter-persistent, then other sources, then the recipe's rule",
    prepare: persistent(V4),
    steps: () => [
      document({ allowedSources: ["198.18.0.0/24", "2001:db8::/32"] }),
      document({ allowedSources: ["203.0.113.7/32"] }),
      document({ allowedSources: ["0.0.0.0/0"], recipe: [RecipeSwitch.FirewallRuleFirst] }),
    ],
  },
  opens(
    "iptables that is in no file",
    "iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT; iptables -P INPUT DROP",
  ),
  opens(
    "iptables with a file that no unit loads",
    "iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT; iptables -A INPUT -j DROP; mkdir -p /etc/iptables; iptables-save >/etc/iptables/rules.v4",
  ),
  {
    name: "nftables as on RHEL 9, whose file has not the chain, does not load, and is as it should be",
    layer: "el9-like",
    prepare: EL9,
    steps: () => [
      ...refusals([
        [
          "has not the chain",
          `sed -i 's/^include/#&/' ${EL9_CONF}`,
          `sed -i 's/^#include/include/' ${EL9_CONF}`,
          document(sources),
        ],
        [
          "does not load",
          add(EL9_CONF, 'include "/etc/nftables/nowhere.nft"\n'),
          `sed -i /nowhere/d ${EL9_CONF}`,
          document(sources),
        ],
      ]),
      document(sources),
    ],
  },
  {
    name: "firewalld that is refused, and one that is not",
    layer: "firewalls",
    prepare: firewalld,
    steps: () => [
      ...refusals([
        [
          "a zone's file is not a tag to a line",
          put(PUBLIC, "<zone><short>Public</short></zone>\n"),
          `rm ${PUBLIC}`,
          both()[0] ?? "",
        ],
        [
          "it does not answer",
          "cp -a /usr/bin/firewall-cmd /root/; printf '#!/bin/sh\\nexit 252\\n' >/usr/bin/firewall-cmd",
          "mv /root/firewall-cmd /usr/bin/",
          both()[0] ?? "",
        ],
      ]),
      ...both(),
    ],
  },
  {
    name: "firewalld by iptables",
    layer: "firewalls",
    prepare: `sed -i s/^FirewallBackend=.*/FirewallBackend=iptables/ /etc/firewalld/firewalld.conf; ${firewalld}`,
    steps: both,
  },
  {
    name: "ufw",
    layer: "firewalls",
    prepare: "ufw allow 22/tcp; ufw --force enable; systemctl enable -q --now ufw",
    steps: both,
  },
  { name: "iptables-services", layer: "firewalls", prepare: iptables("iptables", V4), steps: both },
  {
    name: "a proxy's port closed to others, then to everybody, then open",
    layer: "firewalls",
    steps: () => [
      document(closing),
      document({ ...closing, allowedSources: [] }),
      document({ ...closing, dropOtherSources: false }),
    ],
  },
  { name: "a proxy's port closed by iptables", layer: "firewalls", prepare: noNft, steps: () => [document(closing)] },
  {
    name: "a proxy's port closed beside a firewall",
    layer: "firewalls",
    prepare: "iptables -A INPUT -p tcp --dport 6082 -j REJECT",
    steps: () => [document(closing)],
  },
  {
    name: "a proxy's port that another program has on another address",
    layer: "firewalls",
    prepare:
      "systemd-run -q --unit=balancer python3 -m http.server -b 198.18.9.254 6082; until ss -Hltn | grep -q :6082; do sleep 0.1; done",
    steps: () => [document({ ...closing, html5proxyHost: "127.0.0.1" })],
  },
  {
    name: "console ports closed, of others then, damaged, and open",
    layer: "compute",
    steps: () => [
      computeDocument(NAME, { sources: peers }),
      computeDocument(NAME, { sources: [`${PEERS.stranger.v4}/32`], ports: { first: 5900, last: 6010 } }),
      { run: "nft insert rule inet openstack_spice consoles accept" },
      computeDocument(NAME, { sources: peers }),
    ],
  },
  {
    name: "console ports closed beside nftables",
    layer: "compute",
    prepare: nftables(COMPUTE_NFT),
    steps: () => [computeDocument(NAME, { sources: peers })],
  },
  {
    name: "console ports closed by iptables",
    layer: "compute",
    prepare: `${noNft}; iptables -P INPUT DROP; iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -m state --state ESTABLISHED -j ACCEPT; ip6tables -A INPUT -p tcp --dport 5900:5999 -j ACCEPT`,
    steps: () => [computeDocument(NAME, { sources: peers })],
  },
  {
    name: "console ports of which one is not QEMU's",
    layer: "compute",
    prepare:
      "systemd-run -q --unit=desktop python3 -m http.server 5977; until ss -Hltn | grep -q :5977; do sleep 0.1; done",
    steps: () => [
      computeDocument(NAME, { sources: peers }),
      computeDocument(NAME, { sources: peers, ports: { first: 5900, last: 5976 } }),
    ],
  },
  // The cases from the field.
  opens(
    "field: nft-backslash-continuation",
    nftables(`#!/usr/sbin/nft -f
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
`),
  ),
  opens(
    "field: nft-multi-line-braces",
    nftables(`flush ruleset
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
}
`),
  ),
  opens(
    "field: nft-ip-filter-INPUT",
    nftables(`#!/usr/sbin/nft -f
flush ruleset
table ip filter {
	chain INPUT {
		type filter hook input priority 0; policy drop;
		iifname "lo" accept
		ct state established,related accept
		tcp dport { 22, 6080 } accept
	}
}
`),
  ),
  opens(
    "a chain of prerouting that refuses",
    nftables(`flush ruleset
table inet early {
	chain first {
		type filter hook prerouting priority -200; policy accept;
		tcp dport 6082 drop
	}
}
`),
  ),
  ...["--append", "-I", "  -A"].map((word) => {
    const rules = [
      `${word} INPUT -i lo -j ACCEPT`,
      `${word} INPUT -p tcp --dport 22 -j ACCEPT`,
      `${word} INPUT -j REJECT`,
    ];
    const text = (word === "-I" ? rules.reverse() : rules).map((rule) => `${rule}\n`).join("");
    return opens(
      `field: iptables-file-hand-written, '${word}'`,
      persistent(
        `*filter\n:INPUT ACCEPT [0:0]\n${word === "--append" ? text.replaceAll("-j", "--jump") : text}COMMIT\n`,
      ),
    );
  }),
  opens(
    "field: iptables-legacy-tables",
    `iptables-legacy -A INPUT -i lo -j ACCEPT; iptables-legacy -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
iptables-legacy -A INPUT -p tcp --dport 22 -j ACCEPT; iptables-legacy -A INPUT -j REJECT`,
  ),
  opens(
    "field: firewall-file-without-final-newline, nftables",
    nftables(
      "table inet filter {\n  chain input {\n    type filter hook input priority 0; policy drop;\n    iif lo accept\n    ct state established accept\n    tcp dport 22 accept\n  }\n}",
    ),
  ),
  opens(
    "field: firewall-file-without-final-newline, iptables",
    persistent(
      "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -m state --state ESTABLISHED -j ACCEPT\nCOMMIT",
    ),
  ),
  {
    name: "field: firewalld-deny-rich-rule",
    layer: "firewalls",
    prepare: `systemctl enable -q --now firewalld
firewall-cmd -q --permanent --add-rich-rule='rule family=ipv4 source address=198.18.0.0/16 port port=6000-6100 protocol=tcp reject'; firewall-cmd -q --reload`,
    steps: () => [document(sources)],
  },
  {
    name: "field: ufw-without-ipv6",
    layer: "firewalls",
    prepare: "sed -i s/IPV6=yes/IPV6=no/ /etc/default/ufw; ufw allow 22/tcp; ufw --force enable",
    steps: () => [
      controllerDocument(NAME, { html5proxyHost: "::", allowedSources: ["198.18.0.1/32", "2001:db8:1::/48"] }),
    ],
  },
];
