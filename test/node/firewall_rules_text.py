"""Texts of rules as operators have them, that cases share. Names, addresses and words are ours."""

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
-A neutron-openvswi-INPUT -m physdev --physdev-in tap1 --physdev-is-bridged -m comment --comment "Direct to" -j neutron-openvswi-o1
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
