"""Cases of `firewall_cases.py`: Rules of iptables, of nftables and of the legacy tables."""

from typing import Tuple

from firewall_rules_text import DOCKER, FAR_NET, KUBERNETES, LIBVIRT, NEUTRON, OURS, SETS, UFW, chain
from firewall_world import FAR_V6, NODE_V6, Case

IPTABLES: Tuple[Case, ...] = (
    # iptables of nftables.
    Case(
        "mangle",
        "refused: ",
        iptables=("*mangle\n-A INPUT -p tcp -m multiport --dports 80,6082 -j DROP\nCOMMIT\n"),
    ),
    Case("ufw", "in", iptables=UFW % ""),
    Case(
        "ufw with rules before",
        "partly: ",
        iptables=UFW % "-A ufw-before-input -s 198.18.113.0/25 -p tcp -m tcp --dport 6082 -j REJECT --reject-with tcp-reset",
        source=FAR_NET,
        probes=("198.18.113.77", "198.18.113.127", "198.18.113.128", "198.18.113.200"),
    ),
    Case("Neutron", "in", iptables=NEUTRON),
    Case("libvirt", "in", iptables=LIBVIRT),
    Case("Docker", "in", iptables=DOCKER % 8080),
    Case("Docker publishes the port", "cannot tell: address translation sends it", iptables=DOCKER % 6082),
    Case("Kubernetes", "in", iptables=KUBERNETES),
    Case(
        "u32, iprange, hashlimit",
        "in",
        iptables=(
            ":INPUT DROP [0:0]\n"
            '-A INPUT -p tcp -m u32 --u32 "0>>28&0xF=4" -m iprange --src-range 198.18.113.1-198.18.113.200 '
            "-m tcp --dport 6082 -m hashlimit --hashlimit-name h --hashlimit-upto 10/sec --hashlimit-mode "
            "srcip -j ACCEPT\n"
            "-A INPUT -m state --state ESTABLISHED -j ACCEPT"
        ),
    ),
    Case(
        "iprange inside the source",
        "partly: ",
        source=FAR_NET,
        probes=("198.18.113.99", "198.18.113.100", "198.18.113.120", "198.18.113.121"),
        iptables="-A INPUT -m iprange --src-range 198.18.113.100-198.18.113.120 -j DROP",
    ),
    Case(
        "multiport, marks, comments",
        "in",
        iptables=(
            ":INPUT DROP [0:0]\n"
            '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment "what goes on" -j '
            "ACCEPT\n"
            "-A INPUT -p tcp -m multiport --dports 22,6080:6090 -m mark --mark 0x0/0x10 -m connmark --mark "
            "0x0 -m length --length 40:100 -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT"
        ),
    ),
    Case(
        "a mark in mangle",
        "refused: ",
        iptables=(
            "*mangle\n"
            "-A PREROUTING -p tcp -m tcp --dport 6082 -j MARK --set-xmark 0x5/0xffffffff\n"
            "COMMIT\n"
            "*filter\n"
            "-A INPUT -m mark --mark 0x5 -j DROP\n"
            "COMMIT\n"
        ),
    ),
    Case(
        "NOTRACK and INVALID",
        "in",
        iptables=(
            "*raw\n"
            "-A PREROUTING -p tcp -m tcp --dport 6082 -j CT --notrack\n"
            "-A OUTPUT -p tcp -m tcp --sport 6082 -j CT --notrack\n"
            "COMMIT\n"
            "*filter\n"
            ":INPUT DROP [0:0]\n"
            "-A INPUT -m conntrack --ctstate INVALID -j DROP\n"
            "-A INPUT -m conntrack --ctstate UNTRACKED -p tcp -m tcp --dport 6082 -j ACCEPT\n"
            "COMMIT\n"
        ),
    ),
    Case(
        "rpfilter",
        "in",
        iptables=("*raw\n-A PREROUTING -m rpfilter --invert -j DROP\nCOMMIT\n"),
    ),
    Case(
        "a string",
        "in",
        iptables='-A INPUT -p tcp -m tcp --dport 6082 -m string --string "secret words" --algo bm --to 65535 -j DROP',
    ),
    Case(
        "packet type and TTL",
        "in",
        iptables=":INPUT DROP [0:0]\n-A INPUT -m pkttype --pkt-type unicast -m ttl --ttl-gt 5 -j ACCEPT",
    ),
    Case(
        "sets, with a gap in the kernel's numbers",
        "in",
        ipset=SETS,
        after=("ipset destroy gap",),
        legacy="",
        iptables=(
            ":INPUT DROP [0:0]\n"
            "-A INPUT -m set --match-set other src -p tcp -j DROP\n"
            "-A INPUT -m set --match-set ok src -p tcp -m tcp --dport 6082 -j ACCEPT\n"
            "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"
        ),
    ),
    Case(
        "a set that a packet enters, by iptables",
        "in",
        ipset="create seen hash:ip timeout 60\n",
        iptables="-A INPUT -p tcp -m tcp --dport 6082 -j SET --add-set seen src --exist",
    ),
    Case(
        "recent",
        "cannot tell: it depends on what is not known here: recent",
        iptables="-A INPUT -p tcp -m tcp --dport 6082 -m recent --name bad --rcheck --seconds 6000 -j DROP",
        after=("echo +198.18.113.77 >/proc/self/net/xt_recent/bad",),
    ),
    Case(
        "the time of day",
        "cannot tell: it depends on what is not known here: time",
        iptables=(
            ":INPUT DROP [0:0]\n"
            "-A INPUT -p tcp -m tcp --dport 6082 -m time --timestart 00:00 --timestop 23:59:59 -j ACCEPT\n"
            "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"
        ),
    ),
    Case(
        "IPsec alone",
        "cannot tell: it depends on what is not known here: policy",
        iptables=(
            ":INPUT DROP [0:0]\n-A INPUT -m policy --dir in --pol ipsec -j ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"
        ),
    ),
    Case(
        "counted connections of iptables",
        "cannot tell: it depends on what is not known here: connlimit",
        iptables="-A INPUT -p tcp -m tcp --syn --dport 6082 -m connlimit --connlimit-above 0 --connlimit-mask 32 -j REJECT",
    ),
    # The legacy tables.
    Case(
        "legacy: a policy and an accept",
        "in",
        legacy=(
            ":INPUT DROP [0:0]\n"
            "-A INPUT -s 198.18.113.0/24 -p tcp -m tcp --dport 6082 -j ACCEPT\n"
            "-A INPUT -m state --state ESTABLISHED -j ACCEPT"
        ),
    ),
    Case(
        "nft accepts, legacy refuses",
        "refused: the policy of chain INPUT of the legacy tables",
        legacy=":INPUT DROP [0:0]",
        nft=chain("ct state established accept; " + OURS),
    ),
    Case(
        "legacy: a refusal",
        "refused: `-A INPUT -j REJECT --reject-with icmp-port-unreachable` in the legacy table filter",
        legacy=(
            "-A INPUT -i lo -j ACCEPT\n"
            "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n"
            "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
            "-A INPUT -j REJECT"
        ),
    ),
    Case(
        "legacy: sets",
        "in",
        ipset=SETS + "create all list:set\nadd all ok\n",
        after=("ipset destroy gap",),
        legacy=(
            ":INPUT DROP [0:0]\n"
            "-A INPUT -m set --match-set all src -p tcp -m tcp --dport 6082 -j ACCEPT\n"
            "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"
        ),
    ),
    Case(
        "legacy: who was seen",
        "cannot tell: it depends on what is not known here: recent",
        legacy="-A INPUT -p tcp -m tcp --dport 6082 -m recent --name bad --rcheck -j DROP",
    ),
    Case(
        "legacy: who was seen at another port",
        "in",
        legacy="-A INPUT -p tcp -m tcp --dport 25 -m recent --name bad --rcheck -j DROP",
    ),
    Case(
        "legacy: a queue",
        "cannot tell: rules whose outcome is not known here: NFQUEUE",
        legacy="-A INPUT -p tcp -m tcp --dport 6082 -j NFQUEUE --queue-num 3",
    ),
    Case(
        "legacy: a redirect",
        "cannot tell: address translation sends it",
        legacy=("*nat\n-A PREROUTING -p tcp -m tcp --dport 6082 -j REDIRECT --to-ports 16082\nCOMMIT\n"),
    ),
    Case(
        "legacy: mangle and raw",
        "refused: `-A PREROUTING -p tcp -m tcp --dport 6082 -j DROP` in the legacy table raw",
        legacy=("*raw\n-A PREROUTING -p tcp -m tcp --dport 6082 -j DROP\nCOMMIT\n*mangle\n-A INPUT -j MARK --set-mark 1\nCOMMIT\n"),
    ),
    Case(
        "legacy: IPv6",
        "refused: ",
        destination=NODE_V6,
        source=FAR_V6,
        legacy6="-A INPUT -p tcp -m tcp --dport 6082 -j REJECT --reject-with icmp6-adm-prohibited",
    ),
)
