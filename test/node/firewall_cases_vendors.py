"""Cases of `firewall_cases.py`: IPv6, what vendors make, ranges of ports, and what was seen in the field."""

from typing import Tuple

from firewall_rules_text import FAR_NET, FAR_NET_V6, OURS, UFW, chain, firewalld
from firewall_world import FAR_V6, NODE_V6, Case

VENDORS: Tuple[Case, ...] = (
    # IPv6.
    Case("IPv6", "in", destination=NODE_V6, source=FAR_V6),
    Case(
        "IPv6 without the search for neighbours",
        "refused: ",
        destination=NODE_V6,
        source=FAR_V6,
        nft=chain("ip6 saddr 2001:db8:2::/64 tcp dport 6082 accept;", table="ip6 filter"),
    ),
    Case(
        "IPv6 with the search for neighbours",
        "in",
        destination=NODE_V6,
        source=FAR_V6,
        nft=chain(
            (
                "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; ct state established accept; "
                "ip6 saddr 2001:db8:2::/64 tcp dport 6082 accept;"
            ),
            table="ip6 filter",
        ),
    ),
    Case(
        "a part of an IPv6 source",
        "partly: `ip6 saddr 2001:db8:2::7",
        destination=NODE_V6,
        source=FAR_NET_V6,
        probes=("2001:db8:2::76", "2001:db8:2::77", "2001:db8:2::1:0"),
        nft=chain("ip6 saddr 2001:db8:2::77 drop;", "accept"),
    ),
    Case(
        "ip6tables",
        "in",
        destination=NODE_V6,
        source=FAR_V6,
        ip6tables=(
            ":INPUT DROP [0:0]\n"
            "-A INPUT -p ipv6-icmp -j ACCEPT\n"
            "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"
            "-A INPUT -s 2001:db8:2::/64 -p tcp -m tcp --dport 6082 -j ACCEPT"
        ),
    ),
    Case(
        "ip6tables refuses",
        "refused: ",
        destination=NODE_V6,
        source=FAR_V6,
        ip6tables="-A INPUT -p tcp -m tcp --dport 6082 -j REJECT --reject-with icmp6-port-unreachable",
    ),
    Case(
        "IPv6 is off",
        "cannot tell: 2001:db8:1::10 is no address of this node",
        destination=NODE_V6,
        source=FAR_V6,
        before=("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6",),
    ),
    # Vendors' tables.
    Case(
        "firewalld: a policy before the zone",
        "refused: `tcp dport 6082 drop` in chain filter_IN_policy_mine",
        nft=firewalld("tcp dport 6082 drop;", "tcp dport 6082 accept;"),
    ),
    Case("firewalld: not listed", "refused: `reject with icmpx admin-prohibited`", nft=firewalld("", "")),
    Case("firewalld: a rich rule", "in", nft=firewalld("", OURS)),
    Case(
        "firewalld: a rich rule that refuses",
        "partly: `ip saddr 198.18.113.64/26 tcp dport 6000-6100 reject",
        source=FAR_NET,
        probes=("198.18.113.63", "198.18.113.64"),
        nft=firewalld("", "ip saddr 198.18.113.64/26 tcp dport 6000-6100 reject; " + OURS),
    ),
    Case(
        "a table with an owner",
        "refused: the policy",
        owner=True,
        nft="table inet o { flags owner; chain i { type filter hook input priority 0; policy drop; }; }",
    ),
    # Ports of a range.
    Case(
        "a range of ports",
        "in",
        ports=(5900, 5999),
        nft=chain("ct state established accept; tcp dport 5900-5999 accept;"),
    ),
    Case(
        "a part of a range of ports",
        "partly: `tcp dport 5950 drop`",
        ports=(5900, 5950),
        nft=chain("tcp dport 5950 drop;", "accept"),
    ),
    Case(
        "a port inside a range, by iptables",
        "partly: ",
        ports=(5900, 5910),
        iptables="-A INPUT -p tcp -m multiport --dports 22,5910 -j DROP",
    ),
    # From the field (issue 12).
    Case(
        "field: a rule that goes on over lines",
        "refused: `reject",
        nft=(
            "table inet filter {\n"
            ' chain input { type filter hook input priority filter; policy accept; iif "lo" accept; '
            "ct state established,related accept;\n"
            "  ip saddr { 203.0.113.0/24, 198.51.100.0/24 } \\\n"
            "    counter \\\n"
            "    drop\n"
            "  tcp dport { 22, 6080 } accept; reject; } }"
        ),
    ),
    Case(
        "field: a set over lines",
        "refused: `reject with icmpx",
        nft=(
            "table inet filter {\n"
            " chain input { type filter hook input priority 0; policy accept; "
            "ct state established,related accept; iif lo accept; tcp dport {\n"
            "    22,\n"
            "    80,\n"
            "    443\n"
            "  } accept\n"
            "  reject with icmpx type admin-prohibited; } }"
        ),
    ),
    Case(
        "field: a native table ip filter",
        "refused: the policy of chain INPUT",
        nft=(
            "table ip filter { chain INPUT { type filter hook input priority 0; policy drop; "
            'iifname "lo" accept;\n'
            "ct state established,related accept; tcp dport { 22, 6080 } accept; } }"
        ),
    ),
    Case(
        "field: insert lines",
        "refused: ",
        iptables=(
            "*filter\n:INPUT ACCEPT [0:0]\n-I INPUT -j REJECT\n-I INPUT -p tcp --dport 22 -j ACCEPT\n-I INPUT -i lo -j ACCEPT\nCOMMIT\n"
        ),
    ),
    Case(
        "field: leading blanks",
        "refused: ",
        iptables=(
            "*filter\n"
            ":INPUT ACCEPT [0:0]\n"
            "  -A INPUT -i lo -j ACCEPT\n"
            "  -A INPUT -p tcp --dport 22 -j ACCEPT\n"
            "  -A INPUT -j REJECT\n"
            "COMMIT\n"
        ),
    ),
    Case("field: ufw without IPv6", "in", destination=NODE_V6, source=FAR_V6, iptables=UFW % ""),
)
