"""Rulesets as operators have them, and what the oracle is to say of each: for `test_firewall_oracle_answers.py`.

Names, addresses and words are ours; what they are made of is from public reports and files.
"""

from typing import List

from firewall_world import FAR_V6, NEAR, NODE, NODE_SECOND, NODE_V6, Case

FAR_NET, FAR_NET_V6 = "198.18.113.0/24", "2001:db8:2::/64"
OURS = "ip saddr 198.18.113.0/24 tcp dport 6082 accept;"


def chain(rules: str, policy: str = "drop", table: str = "inet filter", hook: str = "input", priority: str = "0", more: str = "") -> str:
    """A table of nftables with one base chain."""
    kind = "nat" if table.endswith("nat") else "filter"
    head = "type %s hook %s priority %s; policy %s;" % (kind, hook, priority, policy)
    return "table %s {\n%s\nchain %s {\n%s\n%s\n}\n}\n" % (table, more, "site" + hook.split()[0], head, rules.replace("; ", "\n"))


def firewalld(policy: str, zone: str, flags: str = "") -> str:
    """The tables of firewalld."""
    return """table inet firewalld { %s
 chain mangle_PREROUTING { type filter hook prerouting priority mangle + 10; policy accept; jump mangle_PREROUTING_POLICIES_pre; }
 chain mangle_PREROUTING_POLICIES_pre { jump mangle_PRE_policy; }
 chain mangle_PRE_policy { }
 chain filter_PREROUTING { type filter hook prerouting priority filter + 10; policy accept;
  icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept; meta nfproto ipv6 fib saddr . mark . iif oif missing drop; }
 chain filter_INPUT { type filter hook input priority filter + 10; policy accept; ct state { established, related } accept;
  ct status dnat accept; iifname "lo" accept; ct state invalid drop; jump filter_INPUT_POLICIES_pre; jump filter_INPUT_ZONES;
  reject with icmpx admin-prohibited; }
 chain filter_INPUT_POLICIES_pre { jump filter_IN_policy_mine; }
 chain filter_IN_policy_mine { %s }
 chain filter_INPUT_ZONES { iifname "eth0" goto filter_IN_public; goto filter_IN_public; }
 chain filter_IN_public { tcp dport 22 accept; meta l4proto { icmp, ipv6-icmp } accept; %s }
}
""" % (flags, policy, zone)


UFW = """*filter
:INPUT DROP [0:0]
:ufw-before-input - [0:0]
:ufw-not-local - [0:0]
:ufw-user-input - [0:0]
:ufw-reject-input - [0:0]
-A INPUT -j ufw-before-input
-A INPUT -j ufw-user-input
-A INPUT -j ufw-reject-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
%s
-A ufw-before-input -j ufw-not-local
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
-A ufw-not-local -j DROP
-A ufw-user-input -p tcp -m tcp --dport 6082 -s 198.18.113.0/24 -j ACCEPT
-A ufw-reject-input -j REJECT --reject-with icmp-port-unreachable
COMMIT
"""
DOCKER = """*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport %d -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
"""
KUBERNETES = """*nat
:KUBE-SERVICES - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https" -m tcp --dport 443 -j KUBE-MARK-MASQ
COMMIT
*filter
:KUBE-FIREWALL - [0:0]
-A INPUT -j KUBE-FIREWALL
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
COMMIT
"""
NEUTRON = """*filter
:INPUT ACCEPT [0:0]
:neutron-openvswi-INPUT - [0:0]
:neutron-openvswi-o1 - [0:0]
:neutron-openvswi-sg-fallback - [0:0]
-A INPUT -j neutron-openvswi-INPUT
-A INPUT -s 198.18.113.0/24 -p tcp -m tcp --dport 6082 -j ACCEPT
-A INPUT -p tcp -j DROP
-A neutron-openvswi-INPUT -m physdev --physdev-in tap1 --physdev-is-bridged -m comment --comment "Direct to the chain" -j neutron-openvswi-o1
-A neutron-openvswi-o1 -j DROP
-A neutron-openvswi-sg-fallback -m comment --comment "Default drop" -j DROP
COMMIT
*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -m physdev --physdev-in tap1 -j CT --zone 4097
COMMIT
"""
LIBVIRT = """*filter
:LIBVIRT_INP - [0:0]
:LIBVIRT_OUT - [0:0]
-A INPUT -j LIBVIRT_INP
-A OUTPUT -j LIBVIRT_OUT
-A LIBVIRT_INP -i virbr0 -p udp -m udp --dport 53 -j ACCEPT
-A LIBVIRT_INP -i virbr0 -p tcp -m tcp --dport 53 -j ACCEPT
-A LIBVIRT_OUT -o virbr0 -p udp -m udp --dport 68 -j ACCEPT
COMMIT
*mangle
:LIBVIRT_PRT - [0:0]
-A POSTROUTING -j LIBVIRT_PRT
-A LIBVIRT_PRT -o virbr0 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill
COMMIT
*nat
:LIBVIRT_PRT - [0:0]
-A POSTROUTING -j LIBVIRT_PRT
-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535
COMMIT
"""
SETS = "create gap hash:ip\ncreate other hash:net\ncreate ok hash:net\nadd ok 198.18.113.0/24\nadd other 10.0.0.0/8\n"
EDGE_PROBES = ("198.18.113.63", "198.18.113.64", "198.18.113.77", "198.18.113.101", "198.18.113.102", "198.18.113.111")

CASES: List[Case] = [
    # What one base chain can say.
    Case("nothing filters", "in"),
    Case("a native chain INPUT with a policy", "refused: the policy of chain siteinput of table ip filter", nft=chain("", table="ip filter")),
    Case("an accept", "in", nft=chain("ct state established accept; " + OURS)),
    Case("replies are not let in again", "refused: the policy of chain siteinput", nft=chain("ct state new " + OURS)),
    Case("a drop in raw, an accept in the filter", "refused: `tcp dport 6082 drop` in chain siteprerouting of table inet guard",
         nft=chain("tcp dport 6082 drop;", "accept", "inet guard", "prerouting", "-300") + chain("ct state established accept; " + OURS)),
    Case("two base chains of one hook", "refused: `ip saddr 198.18.113.0/24 reject", nft=chain(OURS + " ct state established accept;")
         + chain("ip saddr 198.18.113.0/24 reject;", "accept", "ip late", "input", "10")),
    Case("a reset", "refused: `tcp dport 6082 reject with tcp reset`", nft=chain("tcp dport 6082 reject with tcp reset;", "accept")),
    Case("a refusal by ICMP", "refused: `reject with icmpx", nft=chain("tcp dport 22 accept; reject with icmpx type admin-prohibited;", "accept")),
    Case("a dormant table", "in", nft="table inet f { flags dormant; chain i { type filter hook input priority 0; policy drop; } }"),
    Case("jump, return and goto", "refused: `reject` in chain last", nft="table inet f { chain last { reject; }\n chain one { tcp dport 22 accept; return; }\n"
         "chain two { goto last; }\n chain i { type filter hook input priority 0; policy accept; jump one; jump two; accept; } }"),
    Case("a jump into an unnamed chain", "in", nft="table inet f { set p { type ipv4_addr . inet_service; flags interval;\n"
         "elements = { 198.18.113.0/24 . 6000-6100, 10.0.0.0/8 . 22 }; }\nchain i { type filter hook input priority 0; policy drop;\n"
         "ct state established accept; ip saddr . tcp dport @p jump { counter; ip daddr 198.18.0.10 accept; }; } }"),
    Case("output refuses the answer", "refused: `tcp sport 6082 tcp flags", nft=chain("tcp sport 6082 tcp flags syn,ack drop;", "accept", hook="output")),
    Case("postrouting refuses the answer", "refused: `tcp sport 6082 drop`", nft=chain("tcp sport 6082 drop;", "accept", hook="postrouting")),
    Case("forward is not met", "in", nft=chain("", hook="forward")),
    Case("a table of another family", "in", nft=chain("", table="ip6 filter")),
    # Sets, maps, limits.
    Case("sets: intervals, timeouts, dynamic", "partly: `tcp dport { 22, 6082 } ip saddr @f2b reject", source=FAR_NET,
         probes=("198.18.113.8", "198.18.113.9", "198.18.113.63", "198.18.113.64", "198.18.113.70"),
         nft="""table inet filter {
 set ok { type ipv4_addr; flags interval; elements = { 198.18.113.0/26, 198.19.1.1-198.19.1.9, 10.0.0.0/8 }; }
 set f2b { type ipv4_addr; flags timeout; elements = { 198.18.113.9 timeout 1h, 198.18.113.10 timeout 2h }; }
 set dyn { type ipv4_addr; size 1000; flags dynamic,timeout; timeout 1m; }
 chain f2b-chain { type filter hook input priority -1; policy accept; tcp dport { 22, 6082 } ip saddr @f2b reject; }
 chain input { type filter hook input priority 0; policy drop; ct state established accept;
  add @dyn { ip saddr limit rate 100/second } counter; ip saddr @ok tcp dport 6080-6083 accept; } }"""),
    Case("unnamed intervals side by side", "partly: the policy", source=FAR_NET, probes=EDGE_PROBES, nft=chain(
        "ct state established accept; ip saddr { 10.0.0.0/8, 198.18.112.0-198.18.112.255, 198.18.113.64-198.18.113.100, "
        "198.18.113.102-198.18.113.110 } tcp dport 6082 accept;")),
    Case("a prefix inside the source", "partly: `ip saddr 198.18.113.128/25 drop`", source=FAR_NET, probes=("198.18.113.127", "198.18.113.128"),
         nft=chain("ip saddr 198.18.113.128/25 drop;", "accept")),
    Case("a negated source", "partly: `ip saddr != 198.18.113.77 drop`", source=FAR_NET, probes=("198.18.113.76", "198.18.113.77"),
         nft=chain("ip saddr != 198.18.113.77 drop;", "accept")),
    Case("a range of a source", "partly: `ip saddr 198.18.113.100-198.18.113.120 drop`", source=FAR_NET,
         probes=("198.18.113.99", "198.18.113.100", "198.18.113.120", "198.18.113.121"), nft=chain("ip saddr 198.18.113.100-198.18.113.120 drop;", "accept")),
    Case("a mask that is no prefix", "partly: `ip saddr & 0.0.0.1", source=FAR_NET, probes=("198.18.113.76", "198.18.113.77"),
         nft=chain("ip saddr & 0.0.0.1 == 0.0.0.1 drop;", "accept")),
    Case("a map of verdicts by device and port", "in", nft="""table inet filter {
 map v { type ifname . inet_service : verdict; elements = { "eth0" . 22 : accept, "eth0" . 6082 : jump con, "eth1" . 6082 : drop }; }
 chain con { ip saddr vmap { 198.18.113.0/25 : accept, 198.18.113.128/25 : drop }; }
 chain input { type filter hook input priority 0; policy drop;
  ct state vmap { established : accept, related : accept, invalid : drop }; meta iifname . tcp dport vmap @v; } }"""),
    Case("a map of marks", "refused: `meta mark 0x00000017 drop`", nft=chain(
        "meta mark set tcp dport map { 22 : 0x1, 6082 : 0x17 }; meta mark 0x17 drop;", "accept")),
    Case("a rate", "in", nft=chain("tcp dport 6082 limit rate 10/minute accept; tcp flags & (fin|syn|rst|ack) != syn accept;", table="ip filter")),
    Case("a rate that is all used", "refused: `tcp dport 6082 limit rate over 1/hour burst 1 packets", nft=chain(
        "tcp dport 6082 limit rate over 1/hour burst 1 packets drop;", "accept")),
    Case("a quota that is used up", "refused: `tcp dport 6082 counter name", nft=chain('tcp dport 6082 counter name "c" quota name "q" drop;', "accept",
         more="quota q { over 100 bytes used 90 bytes; }\ncounter c { packets 5 bytes 300; }"), after=("true",)),
    Case("a limit by name", "in", nft=chain('tcp dport 6082 limit name "l" accept; ct state established accept;', more="limit l { rate 10/second; }")),
    Case("a set that a packet enters", "refused: `add @seen { ip saddr } drop`", nft=chain("add @seen { ip saddr } drop;", "accept",
         more="set seen { type ipv4_addr; size 100; flags dynamic; }")),
    Case("a limit for each source", "in", nft=chain("ct state established accept; tcp dport 6082 update @m { ip saddr limit rate 5/second burst 9 packets } accept;",
         more="set m { type ipv4_addr; size 100; flags dynamic,timeout; timeout 1m; }")),
    Case("a thousand banned addresses", "partly: `ip saddr @banned drop`", source="198.18.113.0/28", probes=("198.18.113.5", "198.18.113.6"), nft=chain(
        "ip saddr @banned drop;", "accept", more="set banned { type ipv4_addr; elements = { %s }; }" % ", ".join(
            ["198.18.113.6"] + ["10.0.%d.%d" % (high, low) for high in range(4) for low in range(1, 251)]))),
    # Connection tracking.
    Case("untracked", "in", nft="""table inet raw { chain pre { type filter hook prerouting priority raw; tcp dport 6082 notrack; tcp dport 22 ct zone set 5; }
 chain out { type filter hook output priority raw; tcp sport 6082 notrack; } }
table inet filter { chain input { type filter hook input priority 0; policy drop; ct state invalid drop; ct state untracked tcp dport 6082 accept;
 ct state established accept; } }"""),
    Case("a mark of the connection", "in", nft=chain("tcp dport 6082 ct mark set 7; ct mark 7 accept;")),
    Case("a helper that is assigned", "in", nft="table ip f { ct helper ftp { type \"ftp\" protocol tcp; l3proto ip; }\n"
         "chain i { type filter hook input priority 0; policy drop; tcp dport 21 ct helper set \"ftp\"; tcp dport 6082 accept; ct state established accept; } }"),
    Case("the original direction", "in", nft=chain("ct original ip saddr 198.18.113.0/24 ct direction original tcp dport 6082 accept; ct state established accept;")),
    # Devices and routes.
    Case("a device by number", "in", nft=chain('ct state established accept; iif "eth0" tcp dport 6082 accept;')),
    Case("a device by number, of two", "cannot tell: should packets come by eth1: the policy", two_devices=True,
         nft=chain('ct state established accept; iif "eth0" tcp dport 6082 accept;')),
    Case("a device that is gone", "refused: the policy", before=("ip link add eth5 index 77 type veth peer name eth5p",), after=("ip link del eth5",),
         nft=chain('iif "eth5" tcp dport 6082 accept;')),
    Case("devices by the begin of their name", "in", nft=chain('iifname "eth*" tcp dport 6082 accept; ct state established accept;')),
    Case("a group of devices", "in", before=("ip link set eth0 group 7",), nft=chain("iifgroup 7 tcp dport 6082 accept; ct state established accept;")),
    Case("reverse path by fib, mark set before", "in", nft="""table inet m { chain pre { type filter hook prerouting priority mangle;
 fib saddr . mark . iif oif missing drop; ip saddr 198.18.113.0/24 meta mark set 0x17; } }
table inet filter { chain input { type filter hook input priority 0; policy drop; meta mark 0x17 tcp dport 6082 accept; ct state established accept; } }"""),
    Case("a kind of address by fib", "in", nft=chain("fib daddr type local tcp dport 6082 accept; ct state established accept;")),
    Case("reverse path, by the other device", "cannot tell: should packets come by eth1: `fib saddr", two_devices=True, arrives_at="eth1",
         nft=chain("fib saddr . iif oif missing drop;", "accept", "inet m", "prerouting", "raw")),
    Case("rp_filter, by the other device", "cannot tell: should packets come by eth1: no rule, but the kernel itself", two_devices=True, arrives_at="eth1",
         before=("echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter",)),
    Case("two default routes by the own address", "cannot tell: should packets come by eth0", destination=NODE_SECOND, arrives_at="eth1", two_devices=True,
         before=("ip rule add from 198.19.0.10 table 100 pref 100; ip route add default via 198.19.0.1 dev eth1 table 100",),
         nft=chain('iifname "eth1" tcp dport 6082 accept; ct state established accept;')),
    Case("the second device's address", "in", destination=NODE_SECOND, arrives_at="eth1", two_devices=True, nft=chain("ct state established accept; " + OURS)),
    Case("the node itself", "in", source=NODE, nft=chain("iif lo accept;")),
    Case("the node itself, refused", "refused: `tcp dport 6082 drop`", source=NODE, nft=chain("tcp dport 6082 drop;", "accept")),
    Case("on the link", "in", source=NEAR, nft=chain("iifgroup 0 ip saddr 198.18.0.0/24 tcp dport 6082 accept; ct state established accept;"), two_devices=True),
    Case("no route back", "cannot tell: the node has no route to 198.18.113.77/32", before=("ip route del default",), nft=chain("", "accept")),
    Case("a route that is no route", "cannot tell: the node has no route to", before=("ip route add blackhole 198.18.113.0/24",)),
    Case("an address that is not ours", "cannot tell: 198.18.0.11 is no address of this node", destination="198.18.0.11"),
    Case("an address on lo", "in", before=("ip addr add 198.18.0.99/32 dev lo",), destination="198.18.0.99", nft=chain("ct state established accept; " + OURS)),
    Case("ingress of a device", "refused: `ip saddr 198.18.113.0/24 tcp dport 6082 drop`", nft='table netdev t { chain i { type filter hook ingress device "eth0" '
         "priority -500; policy accept; ip saddr 198.18.113.0/24 tcp dport 6082 drop; } }"),
    Case("ingress of another device", "in", two_devices=True, source=NEAR, nft='table netdev t { chain i { type filter hook ingress device "eth1" priority 0; policy drop; } }'),
    Case("ingress of family inet", "refused: `tcp dport 6082 drop`", nft='table inet t { chain i { type filter hook ingress device "eth0" priority 0; policy accept; '
         "tcp dport 6082 drop; } }"),
    Case("a bridge, and its family", "refused: `iifname \"eth0\" ip saddr 198.18.113.0/24 tcp dport 6082 drop`", bridge=True, nft="table bridge t { chain i { type filter hook "
         'prerouting priority 0; policy accept; iifname "eth0" ip saddr 198.18.113.0/24 tcp dport 6082 drop; } }'),
    Case("a bridge's port by iptables", "in", bridge=True, before=("echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables",),
         iptables="-P INPUT DROP\n".replace("-P INPUT DROP\n", ":INPUT DROP [0:0]\n-A INPUT -m physdev --physdev-in eth0 -p tcp --dport 6082 -j ACCEPT\n"
         "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT")),
    Case("a bridge that forwards nothing", "in", bridge=True, nft="table bridge t { chain f { type filter hook forward priority 0; policy drop; } }"),
    Case("the MAC address of the gateway", "in", before=("ip neigh replace 198.18.0.1 lladdr 02:00:00:00:00:02 dev eth0 nud reachable",),
         nft=chain("ether saddr 02:00:00:00:00:02 tcp dport 6082 accept; ct state established accept;")),
    Case("a MAC address, and the gateway was never seen", "cannot tell: it depends on what is not known here: ether", asks_first=True,
         nft=chain("ether saddr 02:00:00:00:00:02 tcp dport 6082 accept; ct state established accept;")),
    Case("filters of tc", "cannot tell: filters of tc on eth0", before=("tc qdisc add dev eth0 clsact; tc filter add dev eth0 ingress matchall action drop || "
         "tc filter add dev eth0 ingress protocol ip u32 match ip dport 6082 0xffff action drop || tc filter add dev eth0 ingress bpf da bytecode '1,6 0 0 2,'",)),
    Case("ARP refused", "refused: ", nft="table arp f { chain i { type filter hook input priority 0; policy drop; } }"),
    # Address translation.
    Case("another port that listens", "cannot tell: address translation sends it", listens=(16082,),
         nft=chain("tcp dport 6082 redirect to :16082;", "accept", "ip nat", "prerouting", "dstnat") + chain("tcp dport 16082 accept; ct state established accept;")),
    Case("another port, and nobody listens", "cannot tell: address translation sends it", nft=chain("tcp dport 6082 redirect to :16083;", "accept", "ip nat", "prerouting", "dstnat")),
    Case("another host", "cannot tell: address translation sends it", nft=chain("tcp dport 6082 dnat to 198.18.0.98;", "accept", "ip nat", "prerouting", "dstnat")),
    Case("another host for another port", "in", nft=chain("tcp dport 80 dnat to 198.18.0.98;", "accept", "ip nat", "prerouting", "dstnat")),
    Case("masquerade does not matter", "in", nft=chain('oifname "eth0" masquerade;', "accept", "ip nat", "postrouting", "srcnat")),
    # What is not known in a copy.
    Case("counted connections, of another port", "in", nft=chain("tcp dport 22 ct count over 3 drop; ct state established accept; " + OURS)),
    Case("counted connections", "cannot tell: it depends on what is not known here: ct count", nft=chain("tcp dport 6082 ct count over 3 drop;", "accept")),
    Case("who owns the socket", "cannot tell: it depends on what is not known here: meta key 10", nft=chain("tcp sport 6082 meta skuid != 99999 drop;", "accept", hook="output")),
    Case("the owner of another port's socket", "in", nft=chain("tcp sport 25 meta skuid != 0 drop;", "accept", hook="output")),
    Case("an owner, refused either way", "refused: ", nft=chain("meta skuid 0 drop; drop;", "accept", hook="output")),
    Case("chance", "cannot tell: it depends on what is not known here: numgen", nft=chain("tcp dport 6082 numgen random mod 2 0 drop;", "accept")),
    Case("chance that marks", "cannot tell: rules whose outcome is not known here: numgen", nft=chain("meta mark set numgen random mod 2; meta mark 1 drop;", "accept")),
    Case("a queue", "cannot tell: rules whose outcome is not known here: NFQUEUE", iptables="-A INPUT -p tcp -m tcp --dport 6082 -j NFQUEUE --queue-num 3"),
    Case("a queue for another port", "in", iptables="-A INPUT -p tcp -m tcp --dport 25 -j NFQUEUE --queue-num 3"),
    Case("a synproxy", "cannot tell: rules whose outcome is not known here: synproxy", nft=chain(
        "tcp dport 6082 ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm; ct state invalid drop;", "accept")
        + chain("tcp dport 6082 tcp flags syn notrack;", "accept", "inet r", "prerouting", "raw")),
    Case("two that mix", "cannot tell: it depends on what is not known here", iptables=":INPUT DROP [0:0]\n"
         "-A INPUT -p tcp -m tcp --dport 6082 -m time --timestart 00:00 --timestop 00:01 -j DROP\n-A INPUT -p tcp -m tcp --dport 6082 -m recent --name seen --rcheck -j ACCEPT\n"
         "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"),
    Case("many that are not met", "in", iptables=":INPUT ACCEPT [0:0]\n" + "\n".join(
        "-A INPUT -p tcp -m tcp --dport %d -m recent --name seen%d --rcheck -j DROP" % (port, port) for port in range(7000, 7020))),
    Case("what is not on the list", "cannot tell: the match cluster, in chain INPUT of table filter",
         iptables="-A INPUT -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 5 -j DROP"),
    Case("what is not on the list, and not met", "in", iptables=":other - [0:0]\n-A other -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 5 -j DROP"),
    Case("a copy to another host", "cannot tell: the expression dup", nft=chain("dup to 198.18.0.1;", "accept", "ip f", "prerouting", "-300")),
    # iptables of nftables.
    Case("mangle", "refused: ", iptables="*mangle\n-A INPUT -p tcp -m multiport --dports 80,6082 -j DROP\nCOMMIT\n"),
    Case("ufw", "in", iptables=UFW % ""),
    Case("ufw with rules before", "partly: ", iptables=UFW % "-A ufw-before-input -s 198.18.113.0/25 -p tcp -m tcp --dport 6082 -j REJECT --reject-with tcp-reset",
         source=FAR_NET, probes=("198.18.113.77", "198.18.113.127", "198.18.113.128", "198.18.113.200")),
    Case("Neutron", "in", iptables=NEUTRON),
    Case("libvirt", "in", iptables=LIBVIRT),
    Case("Docker", "in", iptables=DOCKER % 8080),
    Case("Docker publishes the port", "cannot tell: address translation sends it", iptables=DOCKER % 6082),
    Case("Kubernetes", "in", iptables=KUBERNETES),
    Case("u32, iprange, hashlimit", "in", iptables=""":INPUT DROP [0:0]
-A INPUT -p tcp -m u32 --u32 "0>>28&0xF=4" -m iprange --src-range 198.18.113.1-198.18.113.200 -m tcp --dport 6082 -m hashlimit --hashlimit-name h --hashlimit-upto 10/sec --hashlimit-mode srcip -j ACCEPT
-A INPUT -m state --state ESTABLISHED -j ACCEPT"""),
    Case("iprange inside the source", "partly: ", source=FAR_NET, probes=("198.18.113.99", "198.18.113.100", "198.18.113.120", "198.18.113.121"),
         iptables="-A INPUT -m iprange --src-range 198.18.113.100-198.18.113.120 -j DROP"),
    Case("multiport, marks, comments", "in", iptables=""":INPUT DROP [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment "what goes on" -j ACCEPT
-A INPUT -p tcp -m multiport --dports 22,6080:6090 -m mark --mark 0x0/0x10 -m connmark --mark 0x0 -m length --length 40:100 -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT"""),
    Case("a mark in mangle", "refused: ", iptables="*mangle\n-A PREROUTING -p tcp -m tcp --dport 6082 -j MARK --set-xmark 0x5/0xffffffff\nCOMMIT\n*filter\n-A INPUT -m mark --mark 0x5 -j DROP\nCOMMIT\n"),
    Case("NOTRACK and INVALID", "in", iptables="*raw\n-A PREROUTING -p tcp -m tcp --dport 6082 -j CT --notrack\n-A OUTPUT -p tcp -m tcp --sport 6082 -j CT --notrack\nCOMMIT\n"
         "*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate INVALID -j DROP\n-A INPUT -m conntrack --ctstate UNTRACKED -p tcp -m tcp --dport 6082 -j ACCEPT\nCOMMIT\n"),
    Case("rpfilter", "in", iptables="*raw\n-A PREROUTING -m rpfilter --invert -j DROP\nCOMMIT\n"),
    Case("a string", "in", iptables='-A INPUT -p tcp -m tcp --dport 6082 -m string --string "secret words" --algo bm --to 65535 -j DROP'),
    Case("packet type and TTL", "in", iptables=":INPUT DROP [0:0]\n-A INPUT -m pkttype --pkt-type unicast -m ttl --ttl-gt 5 -j ACCEPT"),
    Case("sets, with a gap in the kernel's numbers", "in", ipset=SETS, after=("ipset destroy gap",), legacy="", iptables=""":INPUT DROP [0:0]
-A INPUT -m set --match-set other src -p tcp -j DROP
-A INPUT -m set --match-set ok src -p tcp -m tcp --dport 6082 -j ACCEPT
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"""),
    Case("a set that a packet enters, by iptables", "in", ipset="create seen hash:ip timeout 60\n", iptables="-A INPUT -p tcp -m tcp --dport 6082 -j SET --add-set seen src --exist"),
    Case("recent", "cannot tell: it depends on what is not known here: recent", iptables="-A INPUT -p tcp -m tcp --dport 6082 -m recent --name bad --rcheck --seconds 6000 -j DROP",
         after=("echo +198.18.113.77 >/proc/self/net/xt_recent/bad",)),
    Case("the time of day", "cannot tell: it depends on what is not known here: time", iptables=":INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 6082 -m time --timestart 00:00 --timestop 23:59:59 -j ACCEPT\n"
         "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"),
    Case("IPsec alone", "cannot tell: it depends on what is not known here: policy", iptables=":INPUT DROP [0:0]\n-A INPUT -m policy --dir in --pol ipsec -j ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"),
    Case("counted connections of iptables", "cannot tell: it depends on what is not known here: connlimit", iptables="-A INPUT -p tcp -m tcp --syn --dport 6082 -m connlimit --connlimit-above 0 --connlimit-mask 32 -j REJECT"),
    # The legacy tables.
    Case("legacy: a policy and an accept", "in", legacy=":INPUT DROP [0:0]\n-A INPUT -s 198.18.113.0/24 -p tcp -m tcp --dport 6082 -j ACCEPT\n-A INPUT -m state --state ESTABLISHED -j ACCEPT"),
    Case("nft accepts, legacy refuses", "refused: the policy of chain INPUT of the legacy tables", legacy=":INPUT DROP [0:0]", nft=chain("ct state established accept; " + OURS)),
    Case("legacy: a refusal", "refused: `-A INPUT -j REJECT --reject-with icmp-port-unreachable` in the legacy table filter", legacy="-A INPUT -i lo -j ACCEPT\n"
         "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j REJECT"),
    Case("legacy: sets", "in", ipset=SETS + "create all list:set\nadd all ok\n", after=("ipset destroy gap",), legacy=":INPUT DROP [0:0]\n"
         "-A INPUT -m set --match-set all src -p tcp -m tcp --dport 6082 -j ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"),
    Case("legacy: who was seen", "cannot tell: it depends on what is not known here: recent", legacy="-A INPUT -p tcp -m tcp --dport 6082 -m recent --name bad --rcheck -j DROP"),
    Case("legacy: who was seen at another port", "in", legacy="-A INPUT -p tcp -m tcp --dport 25 -m recent --name bad --rcheck -j DROP"),
    Case("legacy: a queue", "cannot tell: rules whose outcome is not known here: NFQUEUE", legacy="-A INPUT -p tcp -m tcp --dport 6082 -j NFQUEUE --queue-num 3"),
    Case("legacy: a redirect", "cannot tell: address translation sends it", legacy="*nat\n-A PREROUTING -p tcp -m tcp --dport 6082 -j REDIRECT --to-ports 16082\nCOMMIT\n"),
    Case("legacy: mangle and raw", "refused: `-A PREROUTING -p tcp -m tcp --dport 6082 -j DROP` in the legacy table raw", legacy="*raw\n-A PREROUTING -p tcp -m tcp --dport 6082 -j DROP\nCOMMIT\n"
         "*mangle\n-A INPUT -j MARK --set-mark 1\nCOMMIT\n"),
    Case("legacy: IPv6", "refused: ", destination=NODE_V6, source=FAR_V6, legacy6="-A INPUT -p tcp -m tcp --dport 6082 -j REJECT --reject-with icmp6-adm-prohibited"),
    # IPv6.
    Case("IPv6", "in", destination=NODE_V6, source=FAR_V6),
    Case("IPv6 without the search for neighbours", "refused: ", destination=NODE_V6, source=FAR_V6, nft=chain("ip6 saddr 2001:db8:2::/64 tcp dport 6082 accept;", table="ip6 filter")),
    Case("IPv6 with the search for neighbours", "in", destination=NODE_V6, source=FAR_V6, nft=chain(
        "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; ct state established accept; ip6 saddr 2001:db8:2::/64 tcp dport 6082 accept;", table="ip6 filter")),
    Case("a part of an IPv6 source", "partly: `ip6 saddr 2001:db8:2::7", destination=NODE_V6, source=FAR_NET_V6, probes=("2001:db8:2::76", "2001:db8:2::77", "2001:db8:2::1:0"),
         nft=chain("ip6 saddr 2001:db8:2::77 drop;", "accept")),
    Case("ip6tables", "in", destination=NODE_V6, source=FAR_V6, ip6tables=":INPUT DROP [0:0]\n-A INPUT -p ipv6-icmp -j ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"
         "-A INPUT -s 2001:db8:2::/64 -p tcp -m tcp --dport 6082 -j ACCEPT"),
    Case("ip6tables refuses", "refused: ", destination=NODE_V6, source=FAR_V6, ip6tables="-A INPUT -p tcp -m tcp --dport 6082 -j REJECT --reject-with icmp6-port-unreachable"),
    Case("IPv6 is off", "cannot tell: 2001:db8:1::10 is no address of this node", destination=NODE_V6, source=FAR_V6, before=("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6",)),
    # Vendors' tables.
    Case("firewalld: a policy before the zone", "refused: `tcp dport 6082 drop` in chain filter_IN_policy_mine", nft=firewalld("tcp dport 6082 drop;", "tcp dport 6082 accept;")),
    Case("firewalld: not listed", "refused: `reject with icmpx admin-prohibited`", nft=firewalld("", "")),
    Case("firewalld: a rich rule", "in", nft=firewalld("", OURS)),
    Case("firewalld: a rich rule that refuses", "partly: `ip saddr 198.18.113.64/26 tcp dport 6000-6100 reject", source=FAR_NET, probes=("198.18.113.63", "198.18.113.64"),
         nft=firewalld("", "ip saddr 198.18.113.64/26 tcp dport 6000-6100 reject; " + OURS)),
    Case("a table with an owner", "refused: the policy", owner=True, nft="table inet o { flags owner; chain i { type filter hook input priority 0; policy drop; }; }"),
    # Ports of a range.
    Case("a range of ports", "in", ports=(5900, 5999), nft=chain("ct state established accept; tcp dport 5900-5999 accept;")),
    Case("a part of a range of ports", "partly: `tcp dport 5950 drop`", ports=(5900, 5950), nft=chain("tcp dport 5950 drop;", "accept")),
    Case("a port inside a range, by iptables", "partly: ", ports=(5900, 5910), iptables="-A INPUT -p tcp -m multiport --dports 22,5910 -j DROP"),
    # From the field (issue 12).
    Case("field: a rule that goes on over lines", "refused: `reject", nft="""table inet filter {
 chain input { type filter hook input priority filter; policy accept; iif "lo" accept; ct state established,related accept;
  ip saddr { 203.0.113.0/24, 198.51.100.0/24 } \\
    counter \\
    drop
  tcp dport { 22, 6080 } accept; reject; } }"""),
    Case("field: a set over lines", "refused: `reject with icmpx", nft="""table inet filter {
 chain input { type filter hook input priority 0; policy accept; ct state established,related accept; iif lo accept; tcp dport {
    22,
    80,
    443
  } accept
  reject with icmpx type admin-prohibited; } }"""),
    Case("field: a native table ip filter", "refused: the policy of chain INPUT", nft='table ip filter { chain INPUT { type filter hook input priority 0; policy drop; iifname "lo" accept;\n'
         "ct state established,related accept; tcp dport { 22, 6080 } accept; } }"),
    Case("field: insert lines", "refused: ", iptables="*filter\n:INPUT ACCEPT [0:0]\n-I INPUT -j REJECT\n-I INPUT -p tcp --dport 22 -j ACCEPT\n-I INPUT -i lo -j ACCEPT\nCOMMIT\n"),
    Case("field: leading blanks", "refused: ", iptables="*filter\n:INPUT ACCEPT [0:0]\n  -A INPUT -i lo -j ACCEPT\n  -A INPUT -p tcp --dport 22 -j ACCEPT\n  -A INPUT -j REJECT\nCOMMIT\n"),
    Case("field: ufw without IPv6", "in", destination=NODE_V6, source=FAR_V6, iptables=UFW % ""),
]  # fmt: skip
