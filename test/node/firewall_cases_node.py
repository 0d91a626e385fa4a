"""Cases of `firewall_cases.py`: Devices, routes, translated addresses, and what a copy cannot know."""

from typing import Tuple

from firewall_rules_text import OURS, chain
from firewall_world import NEAR, NODE, NODE_SECOND, Case

DEVICES: Tuple[Case, ...] = (
    # Devices and routes.
    Case("a device by number", "in", nft=chain('ct state established accept; iif "eth0" tcp dport 6082 accept;')),
    Case(
        "a device by number, of two",
        "cannot tell: should packets come by eth1: the policy",
        two_devices=True,
        nft=chain('ct state established accept; iif "eth0" tcp dport 6082 accept;'),
    ),
    Case(
        "a device that is gone",
        "refused: the policy",
        before=("ip link add eth5 index 77 type veth peer name eth5p",),
        after=("ip link del eth5",),
        nft=chain('iif "eth5" tcp dport 6082 accept;'),
    ),
    Case(
        "devices by the begin of their name",
        "in",
        nft=chain('iifname "eth*" tcp dport 6082 accept; ct state established accept;'),
    ),
    Case(
        "a group of devices",
        "in",
        before=("ip link set eth0 group 7",),
        nft=chain("iifgroup 7 tcp dport 6082 accept; ct state established accept;"),
    ),
    Case(
        "reverse path by fib, mark set before",
        "in",
        nft=(
            "table inet m { chain pre { type filter hook prerouting priority mangle;\n"
            " fib saddr . mark . iif oif missing drop; ip saddr 198.18.113.0/24 meta mark set 0x17; } }\n"
            "table inet filter { chain input { type filter hook input priority 0; policy drop; "
            "meta mark 0x17 tcp dport 6082 accept; ct state established accept; } }"
        ),
    ),
    Case(
        "a kind of address by fib",
        "in",
        nft=chain("fib daddr type local tcp dport 6082 accept; ct state established accept;"),
    ),
    Case(
        "reverse path, by the other device",
        "cannot tell: should packets come by eth1: `fib saddr",
        two_devices=True,
        arrives_at="eth1",
        nft=chain("fib saddr . iif oif missing drop;", "accept", "inet m", "prerouting", "raw"),
    ),
    Case(
        "rp_filter, by the other device",
        "cannot tell: should packets come by eth1: no rule refuses it, and yet it does not arrive",
        two_devices=True,
        arrives_at="eth1",
        before=("echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter",),
    ),
    Case(
        "two default routes by the own address",
        "cannot tell: should packets come by eth0",
        destination=NODE_SECOND,
        arrives_at="eth1",
        two_devices=True,
        before=(("ip rule add from 198.19.0.10 table 100 pref 100; ip route add default via 198.19.0.1 dev eth1 table 100"),),
        nft=chain('iifname "eth1" tcp dport 6082 accept; ct state established accept;'),
    ),
    Case(
        "the second device's address",
        "in",
        destination=NODE_SECOND,
        arrives_at="eth1",
        two_devices=True,
        nft=chain("ct state established accept; " + OURS),
    ),
    Case("the node itself", "in", source=NODE, nft=chain("iif lo accept;")),
    Case(
        "the node itself, refused",
        "refused: `tcp dport 6082 drop`",
        source=NODE,
        nft=chain("tcp dport 6082 drop;", "accept"),
    ),
    Case(
        "on the link",
        "in",
        source=NEAR,
        nft=chain("iifgroup 0 ip saddr 198.18.0.0/24 tcp dport 6082 accept; ct state established accept;"),
        two_devices=True,
    ),
    Case(
        "no route back",
        "cannot tell: the node has no route to 198.18.113.77/32",
        before=("ip route del default",),
        nft=chain("", "accept"),
    ),
    Case(
        "a route that is no route",
        "cannot tell: the node has no route to",
        before=("ip route add blackhole 198.18.113.0/24",),
    ),
    Case(
        "an address that is not ours",
        "cannot tell: 198.18.0.11 is no address of this node",
        destination="198.18.0.11",
    ),
    Case(
        "an address on lo",
        "in",
        before=("ip addr add 198.18.0.99/32 dev lo",),
        destination="198.18.0.99",
        nft=chain("ct state established accept; " + OURS),
    ),
    Case(
        "ingress of a device",
        "refused: `ip saddr 198.18.113.0/24 tcp dport 6082 drop`",
        nft=(
            'table netdev t { chain i { type filter hook ingress device "eth0" priority -500; policy accept; '
            "ip saddr 198.18.113.0/24 tcp dport 6082 drop; } }"
        ),
    ),
    Case(
        "ingress of another device",
        "in",
        two_devices=True,
        source=NEAR,
        nft='table netdev t { chain i { type filter hook ingress device "eth1" priority 0; policy drop; } }',
    ),
    Case(
        "ingress of family inet",
        "refused: `tcp dport 6082 drop`",
        nft=('table inet t { chain i { type filter hook ingress device "eth0" priority 0; policy accept; tcp dport 6082 drop; } }'),
    ),
    Case(
        "a bridge, and its family",
        'refused: `iifname "eth0" ip saddr 198.18.113.0/24 tcp dport 6082 drop`',
        bridge=True,
        nft=(
            "table bridge t { chain i { type filter hook prerouting priority 0; policy accept; "
            'iifname "eth0" ip saddr 198.18.113.0/24 tcp dport 6082 drop; } }'
        ),
    ),
    Case(
        "a bridge's port by iptables",
        "in",
        bridge=True,
        before=("echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables",),
        iptables=(
            ":INPUT DROP [0:0]\n"
            "-A INPUT -m physdev --physdev-in eth0 -p tcp --dport 6082 -j ACCEPT\n"
            "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"
        ),
    ),
    Case(
        "a bridge that forwards nothing",
        "in",
        bridge=True,
        nft="table bridge t { chain f { type filter hook forward priority 0; policy drop; } }",
    ),
    Case(
        "the MAC address of the gateway",
        "in",
        before=("ip neigh replace 198.18.0.1 lladdr 02:00:00:00:00:02 dev eth0 nud reachable",),
        nft=chain("ether saddr 02:00:00:00:00:02 tcp dport 6082 accept; ct state established accept;"),
    ),
    Case(
        "a MAC address, and the gateway was never seen",
        "cannot tell: it depends on what is not known here: ether",
        asks_first=True,
        nft=chain("ether saddr 02:00:00:00:00:02 tcp dport 6082 accept; ct state established accept;"),
    ),
    Case(
        "filters of tc",
        "cannot tell: filters of tc on eth0",
        before=(
            (
                "tc qdisc add dev eth0 clsact; "
                "tc filter add dev eth0 ingress matchall action drop || tc filter add dev eth0 ingress protocol "
                "ip u32 match ip dport 6082 0xffff action drop || tc filter add dev eth0 ingress bpf da bytecode "
                "'1,6 0 0 2,'"
            ),
        ),
    ),
    Case(
        "ARP refused",
        "cannot tell: no rule refuses it, and yet it does not arrive",
        nft="table arp f { chain i { type filter hook input priority 0; policy drop; } }",
    ),
    # Address translation.
    Case(
        "another port that listens",
        "cannot tell: address translation sends it",
        listens=(16082,),
        nft=chain("tcp dport 6082 redirect to :16082;", "accept", "ip nat", "prerouting", "dstnat")
        + chain("tcp dport 16082 accept; ct state established accept;"),
    ),
    Case(
        "another port, and nobody listens",
        "cannot tell: address translation sends it",
        nft=chain("tcp dport 6082 redirect to :16083;", "accept", "ip nat", "prerouting", "dstnat"),
    ),
    Case(
        "another host",
        "cannot tell: address translation sends it",
        nft=chain("tcp dport 6082 dnat to 198.18.0.98;", "accept", "ip nat", "prerouting", "dstnat"),
    ),
    Case(
        "another host for another port",
        "in",
        nft=chain("tcp dport 80 dnat to 198.18.0.98;", "accept", "ip nat", "prerouting", "dstnat"),
    ),
    Case(
        "masquerade does not matter",
        "in",
        nft=chain('oifname "eth0" masquerade;', "accept", "ip nat", "postrouting", "srcnat"),
    ),
    # What is not known in a copy.
    Case(
        "counted connections, of another port",
        "in",
        nft=chain("tcp dport 22 ct count over 3 drop; ct state established accept; " + OURS),
    ),
    Case(
        "counted connections",
        "cannot tell: it depends on what is not known here: ct count",
        nft=chain("tcp dport 6082 ct count over 3 drop;", "accept"),
    ),
    Case(
        "who owns the socket",
        "cannot tell: it depends on what is not known here: meta key 10",
        nft=chain("tcp sport 6082 meta skuid != 99999 drop;", "accept", hook="output"),
    ),
    Case(
        "the owner of another port's socket",
        "in",
        nft=chain("tcp sport 25 meta skuid != 0 drop;", "accept", hook="output"),
    ),
    Case(
        "an owner, refused either way",
        "refused: ",
        nft=chain("meta skuid 0 drop; drop;", "accept", hook="output"),
    ),
    Case(
        "chance",
        "cannot tell: it depends on what is not known here: numgen",
        nft=chain("tcp dport 6082 numgen random mod 2 0 drop;", "accept"),
    ),
    Case(
        "chance that marks",
        "cannot tell: rules whose outcome is not known here: numgen",
        nft=chain("meta mark set numgen random mod 2; meta mark 1 drop;", "accept"),
    ),
    Case(
        "a queue",
        "cannot tell: rules whose outcome is not known here: NFQUEUE",
        iptables="-A INPUT -p tcp -m tcp --dport 6082 -j NFQUEUE --queue-num 3",
    ),
    Case("a queue for another port", "in", iptables="-A INPUT -p tcp -m tcp --dport 25 -j NFQUEUE --queue-num 3"),
    Case(
        "a synproxy",
        "cannot tell: rules whose outcome is not known here: synproxy",
        nft=chain(
            ("tcp dport 6082 ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm; ct state invalid drop;"),
            "accept",
        )
        + chain("tcp dport 6082 tcp flags syn notrack;", "accept", "inet r", "prerouting", "raw"),
    ),
    Case(
        "two that mix",
        "cannot tell: it depends on what is not known here",
        iptables=(
            ":INPUT DROP [0:0]\n"
            "-A INPUT -p tcp -m tcp --dport 6082 -m time --timestart 00:00 --timestop 00:01 -j DROP\n"
            "-A INPUT -p tcp -m tcp --dport 6082 -m recent --name seen --rcheck -j ACCEPT\n"
            "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"
        ),
    ),
    Case(
        "many that are not met",
        "in",
        iptables=":INPUT ACCEPT [0:0]\n"
        + "\n".join(
            "-A INPUT -p tcp -m tcp --dport %d -m recent --name seen%d --rcheck -j DROP" % (port, port) for port in range(7000, 7020)
        ),
    ),
    Case(
        "what is not on the list",
        "cannot tell: the match cluster, in chain INPUT of table filter",
        iptables="-A INPUT -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 5 -j DROP",
    ),
    Case(
        "what acts when it is loaded, and is not met",
        "cannot tell: the target IDLETIMER, which acts when it is loaded",
        iptables=":other - [0:0]\n-A other -j IDLETIMER --timeout 600 --label firewall-test",
    ),
    Case(
        "what is not on the list, and not met",
        "in",
        iptables=(":other - [0:0]\n-A other -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 5 -j DROP"),
    ),
    Case(
        "a copy to another host",
        "cannot tell: the expression dup",
        nft=chain("dup to 198.18.0.1;", "accept", "ip f", "prerouting", "-300"),
    ),
)
