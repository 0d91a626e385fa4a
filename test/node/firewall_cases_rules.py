"""Cases of `firewall_cases.py`: What one base chain can say, sets, and the state of connections."""

from typing import Tuple

from firewall_rules_text import EDGE_PROBES, FAR_NET, OURS, chain
from firewall_world import Case

RULES: Tuple[Case, ...] = (
    # What one base chain can say.
    Case("nothing filters", "in"),
    Case(
        "a native chain INPUT with a policy",
        "refused: the policy of chain siteinput of table ip filter",
        nft=chain("", table="ip filter"),
    ),
    Case("an accept", "in", nft=chain("ct state established accept; " + OURS)),
    Case(
        "replies are not let in again",
        "refused: the policy of chain siteinput",
        nft=chain("ct state new " + OURS),
    ),
    Case(
        "a drop in raw, an accept in the filter",
        "refused: `tcp dport 6082 drop` in chain siteprerouting of table inet guard",
        nft=chain("tcp dport 6082 drop;", "accept", "inet guard", "prerouting", "-300") + chain("ct state established accept; " + OURS),
    ),
    Case(
        "two base chains of one hook",
        "refused: `ip saddr 198.18.113.0/24 reject",
        nft=chain(OURS + " ct state established accept;") + chain("ip saddr 198.18.113.0/24 reject;", "accept", "ip late", "input", "10"),
    ),
    Case(
        "a reset",
        "refused: `tcp dport 6082 reject with tcp reset`",
        nft=chain("tcp dport 6082 reject with tcp reset;", "accept"),
    ),
    Case(
        "a refusal by ICMP",
        "refused: `reject with icmpx",
        nft=chain("tcp dport 22 accept; reject with icmpx type admin-prohibited;", "accept"),
    ),
    Case(
        "a dormant table",
        "in",
        nft="table inet f { flags dormant; chain i { type filter hook input priority 0; policy drop; } }",
    ),
    Case(
        "jump, return and goto",
        "refused: `reject` in chain last",
        nft=(
            "table inet f { chain last { reject; }\n"
            " chain one { tcp dport 22 accept; return; }\n"
            "chain two { goto last; }\n"
            " chain i { type filter hook input priority 0; policy accept; jump one; jump two; accept; } }"
        ),
    ),
    Case(
        "a jump into an unnamed chain",
        "in",
        nft=(
            "table inet f { set p { type ipv4_addr . inet_service; flags interval;\n"
            "elements = { 198.18.113.0/24 . 6000-6100, 10.0.0.0/8 . 22 }; }\n"
            "chain i { type filter hook input priority 0; policy drop;\n"
            "ct state established accept; ip saddr . tcp dport @p jump { counter; "
            "ip daddr 198.18.0.10 accept; }; } }"
        ),
    ),
    Case(
        "output refuses the answer",
        "refused: `tcp sport 6082 tcp flags",
        nft=chain("tcp sport 6082 tcp flags syn,ack drop;", "accept", hook="output"),
    ),
    Case(
        "postrouting refuses the answer",
        "refused: `tcp sport 6082 drop`",
        nft=chain("tcp sport 6082 drop;", "accept", hook="postrouting"),
    ),
    Case("forward is not met", "in", nft=chain("", hook="forward")),
    Case("a table of another family", "in", nft=chain("", table="ip6 filter")),
    # Sets, maps, limits.
    Case(
        "sets: intervals, timeouts, dynamic",
        "partly: `tcp dport { 22, 6082 } ip saddr @f2b reject",
        source=FAR_NET,
        probes=("198.18.113.8", "198.18.113.9", "198.18.113.63", "198.18.113.64", "198.18.113.70"),
        nft=(
            "table inet filter {\n"
            " set ok { type ipv4_addr; flags interval; "
            "elements = { 198.18.113.0/26, 198.19.1.1-198.19.1.9, 10.0.0.0/8 }; }\n"
            " set f2b { type ipv4_addr; flags timeout; "
            "elements = { 198.18.113.9 timeout 1h, 198.18.113.10 timeout 2h }; }\n"
            " set dyn { type ipv4_addr; size 1000; flags dynamic,timeout; timeout 1m; }\n"
            " chain f2b-chain { type filter hook input priority -1; policy accept; "
            "tcp dport { 22, 6082 } ip saddr @f2b reject; }\n"
            " chain input { type filter hook input priority 0; policy drop; ct state established accept;\n"
            "  add @dyn { ip saddr limit rate 100/second } counter; ip saddr @ok tcp dport 6080-6083 accept; "
            "} }"
        ),
    ),
    Case(
        "unnamed intervals side by side",
        "partly: the policy",
        source=FAR_NET,
        probes=EDGE_PROBES,
        nft=chain(
            (
                "ct state established accept; "
                "ip saddr { 10.0.0.0/8, 198.18.112.0-198.18.112.255, 198.18.113.64-198.18.113.100, "
                "198.18.113.102-198.18.113.110 } tcp dport 6082 accept;"
            ),
        ),
    ),
    Case(
        "a prefix inside the source",
        "partly: `ip saddr 198.18.113.128/25 drop`",
        source=FAR_NET,
        probes=("198.18.113.127", "198.18.113.128"),
        nft=chain("ip saddr 198.18.113.128/25 drop;", "accept"),
    ),
    Case(
        "a negated source",
        "partly: `ip saddr != 198.18.113.77 drop`",
        source=FAR_NET,
        probes=("198.18.113.76", "198.18.113.77"),
        nft=chain("ip saddr != 198.18.113.77 drop;", "accept"),
    ),
    Case(
        "a range of a source",
        "partly: `ip saddr 198.18.113.100-198.18.113.120 drop`",
        source=FAR_NET,
        probes=("198.18.113.99", "198.18.113.100", "198.18.113.120", "198.18.113.121"),
        nft=chain("ip saddr 198.18.113.100-198.18.113.120 drop;", "accept"),
    ),
    Case(
        "a mask that is no prefix",
        "partly: `ip saddr & 0.0.0.1",
        source=FAR_NET,
        probes=("198.18.113.76", "198.18.113.77"),
        nft=chain("ip saddr & 0.0.0.1 == 0.0.0.1 drop;", "accept"),
    ),
    Case(
        "a map of verdicts by device and port",
        "in",
        nft=(
            "table inet filter {\n"
            " map v { type ifname . inet_service : verdict; "
            'elements = { "eth0" . 22 : accept, "eth0" . 6082 : jump con, "eth1" . 6082 : drop }; }\n'
            " chain con { ip saddr vmap { 198.18.113.0/25 : accept, 198.18.113.128/25 : drop }; }\n"
            " chain input { type filter hook input priority 0; policy drop;\n"
            "  ct state vmap { established : accept, related : accept, invalid : drop }; "
            "meta iifname . tcp dport vmap @v; } }"
        ),
    ),
    Case(
        "a map of marks",
        "refused: `meta mark 0x00000017 drop`",
        nft=chain("meta mark set tcp dport map { 22 : 0x1, 6082 : 0x17 }; meta mark 0x17 drop;", "accept"),
    ),
    Case(
        "a rate",
        "in",
        nft=chain(
            "tcp dport 6082 limit rate 10/minute accept; tcp flags & (fin|syn|rst|ack) != syn accept;",
            table="ip filter",
        ),
    ),
    Case(
        "a rate that is all used",
        "refused: `tcp dport 6082 limit rate over 1/hour burst 1 packets",
        nft=chain("tcp dport 6082 limit rate over 1/hour burst 1 packets drop;", "accept"),
    ),
    Case(
        "a quota that is used up",
        "refused: `tcp dport 6082 counter name",
        nft=chain(
            'tcp dport 6082 counter name "c" quota name "q" drop;',
            "accept",
            more="quota q { over 100 bytes used 90 bytes; }\ncounter c { packets 5 bytes 300; }",
        ),
        after=("true",),
    ),
    Case(
        "a limit by name",
        "in",
        nft=chain(
            'tcp dport 6082 limit name "l" accept; ct state established accept;',
            more="limit l { rate 10/second; }",
        ),
    ),
    Case(
        "a set that a packet enters",
        "refused: `add @seen { ip saddr } drop`",
        nft=chain(
            "add @seen { ip saddr } drop;",
            "accept",
            more="set seen { type ipv4_addr; size 100; flags dynamic; }",
        ),
    ),
    Case(
        "a limit for each source",
        "in",
        nft=chain(
            ("ct state established accept; tcp dport 6082 update @m { ip saddr limit rate 5/second burst 9 packets } accept;"),
            more="set m { type ipv4_addr; size 100; flags dynamic,timeout; timeout 1m; }",
        ),
    ),
    Case(
        "a thousand banned addresses",
        "partly: `ip saddr @banned drop`",
        source="198.18.113.0/28",
        probes=("198.18.113.5", "198.18.113.6"),
        nft=chain(
            "ip saddr @banned drop;",
            "accept",
            more="set banned { type ipv4_addr; elements = { %s }; }"
            % ", ".join(["198.18.113.6"] + ["10.0.%d.%d" % (high, low) for high in range(4) for low in range(1, 251)]),
        ),
    ),
    # Connection tracking.
    Case(
        "untracked",
        "in",
        nft=(
            "table inet raw { chain pre { type filter hook prerouting priority raw; tcp dport 6082 notrack; "
            "tcp dport 22 ct zone set 5; }\n"
            " chain out { type filter hook output priority raw; tcp sport 6082 notrack; } }\n"
            "table inet filter { chain input { type filter hook input priority 0; policy drop; "
            "ct state invalid drop; ct state untracked tcp dport 6082 accept;\n"
            " ct state established accept; } }"
        ),
    ),
    Case("a mark of the connection", "in", nft=chain("tcp dport 6082 ct mark set 7; ct mark 7 accept;")),
    Case(
        "a helper that is assigned",
        "in",
        nft=(
            'table ip f { ct helper ftp { type "ftp" protocol tcp; l3proto ip; }\n'
            'chain i { type filter hook input priority 0; policy drop; tcp dport 21 ct helper set "ftp"; '
            "tcp dport 6082 accept; ct state established accept; } }"
        ),
    ),
    Case(
        "the original direction",
        "in",
        nft=chain(
            ("ct original ip saddr 198.18.113.0/24 ct direction original tcp dport 6082 accept; ct state established accept;"),
        ),
    ),
)
