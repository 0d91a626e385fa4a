"""What filters on a node, as its own tools list it and keep it in files; texts in, answers out."""

import pytest
from fakes import make_node
from openstack_spice.document.desired import Desired
from openstack_spice.firewall import firewalld_text, iptables_text
from openstack_spice.firewall.accepting import accepting_rules, host
from openstack_spice.firewall.firewalld import rule_for as firewalld_rule
from openstack_spice.firewall.iptables import Iptables
from openstack_spice.firewall.nftables_text import filters_input, handles_in, place_in, refusing_chains
from openstack_spice.firewall.rules import Source, rule_text
from openstack_spice.firewall.ufw import has_tuple
from openstack_spice.firewall.ufw import rule_for as ufw_rule


def chain(rules, policy="accept", more=""):
    """A base chain of `inet filter` with these rules, each with its number as handle."""
    lines = "".join("\t\t%s # handle %d\n" % (rule, number) for number, rule in enumerate(rules, 1))
    begin = "table inet filter { # handle 1\n\tchain input { # handle 1\n\t\ttype filter hook input priority filter; policy %s;\n"
    return begin % policy + lines + "\t}\n" + more + "}\n"


class TestAChainThatCouldRefuseInNftables:
    @pytest.mark.parametrize(
        "rules, policy, handles",
        [
            pytest.param([], "accept", [], id="by nothing"),
            pytest.param(['iif "lo" accept'], "drop", ["end"], id="by a policy"),
            pytest.param(['iif "lo" accept', "tcp dport 25 counter packets 0 bytes 0 drop"], "accept", ["2"], id="by a drop"),
            pytest.param(["ct state established accept", "reject with icmpx admin-prohibited"], "drop", ["2"], id="by a reject"),
            pytest.param(["ct state vmap { invalid : drop, established : accept }"], "accept", ["1"], id="by a verdict map"),
            pytest.param(
                ["ct state vmap { established : accept, invalid : drop }"], "accept", ["1"], id="by a verdict map, the last of it"
            ),
            pytest.param(["accept", "ip saddr vmap @blocked"], "accept", ["2"], id="by a verdict map with a name"),
            pytest.param(['tcp dport 22 accept comment "never drop or reject, jump refuse"'], "accept", [], id="by words in a comment"),
            pytest.param(['iifname "drop" accept'], "accept", [], id="by a name"),
            pytest.param(
                ["ip saddr { 192.0.2.1, 192.0.2.2,\n\t\t\t     192.0.2.3 } drop", "accept"],
                "accept",
                ["1"],
                id="by a long set over lines",
            ),
        ],
    )
    def test_by(self, rules, policy, handles):
        text = chain(rules, policy)
        assert refusing_chains(text) == [("inet filter input", handle) for handle in handles]
        assert handles_in(text, "inet filter input") == [str(number) for number in range(1, len(rules) + 1)]
        place = place_in(text, "inet filter input")
        assert (str(place + 1) if place is not None else "end") == (handles or ["end"])[0]

    @pytest.mark.parametrize(
        "rules, handle",
        [
            pytest.param(["accept", "jump refuse"], "2", id="by a jump"),
            pytest.param(['iifname "eth0" goto refuse'], "1", id="by a goto"),
            pytest.param(
                ['iifname vmap { "eth0" : jump harmless, "eth1" : goto refuse }'],
                "1",
                id="by a jump of a verdict map's second element",
            ),
            pytest.param(
                ['iifname vmap { "eth0" : accept, "eth1" : goto refuse,\n\t\t\t       "eth2" : accept }'],
                "1",
                id="by a jump of a map over lines",
            ),
        ],
    )
    def test_by_a_jump(self, rules, handle):
        refuse = "\tchain refuse { # handle 90\n\t\tcounter packets 0 bytes 0 drop # handle 91\n\t}\n"
        harmless = "\tchain harmless { # handle 80\n\t\taccept # handle 81\n\t}\n"
        assert refusing_chains(chain(rules, "accept", refuse + harmless)) == [("inet filter input", handle)]

    def test_is_none_of_other_hooks_of_libvirt_docker_and_neutron_nor_our_own_tables(self):
        kept = frozenset(["ip filter INPUT"])
        assert refusing_chains(OF_OTHERS, kept) == []
        assert refusing_chains(OF_OTHERS) == [("ip filter INPUT", "8")]
        assert filters_input(OF_OTHERS, "ip filter INPUT")
        assert not filters_input(OF_OTHERS, "ip filter FORWARD")

    def test_is_found_in_each_table(self):
        other = chain(["drop"]).replace("inet filter", "ip guard")
        found = refusing_chains(chain(["accept", "drop"]) + other)
        assert found == [("inet filter input", "2"), ("ip guard input", "1")]

    def test_is_found_through_more_chains_than_a_packet_could_pass_and_round_in_a_circle(self):
        links = "".join("\tchain c%d {\n\t\tjump c%d # handle 1\n\t}\n" % (number, (number + 1) % 50) for number in range(50))
        assert refusing_chains(chain(["jump c0"], "accept", links)) == []
        links += "\tchain c40 {\n\t\tdrop # handle 2\n\t}\n"
        assert refusing_chains(chain(["accept", "jump c0"], "accept", links)) == [("inet filter input", "2")]


OF_OTHERS = """table ip libvirt_network { # handle 1
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
"""


def save(rules, policy="ACCEPT"):
    return "*filter\n:INPUT %s [0:0]\n:site - [0:0]\n%sCOMMIT\n" % (policy, "".join("-A %s\n" % rule for rule in rules))


class TestARuleThatCouldRefuseInIptables:
    @pytest.mark.parametrize(
        "rules, policy, number",
        [
            pytest.param([], "ACCEPT", None, id="by nothing"),
            pytest.param(["INPUT -i lo -j ACCEPT"], "DROP", 2, id="by the policy"),
            pytest.param(
                ["INPUT -i lo -j ACCEPT", "INPUT -j site", "site -p tcp -m tcp --dport 25 -j DROP"],
                "ACCEPT",
                2,
                id="by a chain of others",
            ),
            pytest.param(["INPUT -p udp -m udp --dport 53 -j DROP"], "ACCEPT", None, id="by a rule for UDP alone"),
            pytest.param(["INPUT ! -p udp -j DROP"], "ACCEPT", 1, id="by a rule for all but UDP"),
            pytest.param(
                [
                    "INPUT -j site",
                    "site -m physdev --physdev-in tap0 --physdev-is-bridged -j REJECT --reject-with icmp-port-unreachable",
                ],
                "ACCEPT",
                None,
                id="by Neutron's rules for what is bridged to a guest",
            ),
            pytest.param(["INPUT -m physdev ! --physdev-is-bridged -j DROP"], "ACCEPT", 1, id="by a rule for what is not bridged"),
            pytest.param(
                [
                    "INPUT -p tcp -j OPENSTACK_SPICE",
                    "INPUT -p tcp -j OPENSTACK_SPICE_PROXY",
                    "OPENSTACK_SPICE -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP",
                    "OPENSTACK_SPICE_PROXY -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP",
                    "INPUT -j REJECT",
                ],
                "ACCEPT",
                3,
                id="by our own chains",
            ),
        ],
    )
    def test_by(self, rules, policy, number):
        text = save(rules, policy)
        assert iptables_text.first_refusal(text) == number
        assert iptables_text.first_refusal(text.replace("\n-A", "\n[12:3456] -A")) == number


class TestARuleOfOursInIptables:
    OURS = '-s %s -p tcp -m tcp --dport 6082 -m comment --comment "openstack-spice: SPICE consoles" -j ACCEPT'
    RECIPES = '-p tcp -m multiport --dports 6082 -m comment --comment "Allow SPICE connections for console access " -j ACCEPT'

    @pytest.mark.parametrize(
        "source, way, rule",
        [
            ("192.0.2.0/24", "firewall-rule-first", OURS % "192.0.2.0/24"),
            ("0.0.0.0/0", "restart-iptables", OURS % "0.0.0.0/0"),
            ("::/0", "firewall-rule-first", OURS % "::/0"),
            ("0.0.0.0/0", "firewall-rule-first", RECIPES),
        ],
    )
    def test_for_a_source_with_the_recipes_behaviour(self, tmp_path, source, way, rule):
        node = make_node(tmp_path, desired=Desired(role="controller", recipe=frozenset([way])))
        assert Iptables(node.context, None, None, None, None, None, "").rule_for(Source(source, "6082")) == rule
        assert rule_text(rule) == rule_text("-A INPUT " + rule) == "accept tcp 6082 from " + source
        before, comment, after = rule.split('"')
        assert iptables_text.arguments(rule) == before.split() + [comment] + after.split()


@pytest.mark.parametrize(
    "rule, accepts",
    [
        ("-A INPUT -p tcp -m tcp --dport 5900:5999 -j ACCEPT", True),
        ("-A INPUT -p tcp -m multiport --dports 22,5950 -m comment --comment x -j ACCEPT", True),
        ("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", False),
        ("-A INPUT -p tcp -m tcp --dport 5900 -j DROP", False),
        ("inet filter input tcp dport { 22, 5999-6010 } accept", True),
        ("inet filter input tcp dport 6000 counter packets 5900 bytes 5900 accept", False),
        ("inet filter input tcp dport 5901 counter packets 0 bytes 0 accept", True),
        ('inet filter input ip saddr 192.0.2.1 tcp dport 5900-5999 accept comment "openstack-spice: SPICE consoles"', False),
        ("inet firewalld filter_IN_public_allow ip saddr 192.0.2.7 tcp dport 5900-5999 accept", False),
        ("-A ufw-user-input -s 192.0.2.7/32 -p tcp -m multiport --dports 5900:5999 -j ACCEPT", False),
        ("-A ufw-user-input -s 198.51.100.0/24 -p tcp -m multiport --dports 5900:5999 -j ACCEPT", False),
        ("-A ufw-user-input -s 192.0.2.8/32 -p tcp -m multiport --dports 5900:5999 -j ACCEPT", True),
    ],
)
def test_a_rule_of_others_that_accepts_a_console_port(rule, accepts):
    ours = frozenset(host(block) for block in ("192.0.2.7/32", "198.51.100.0/24"))
    assert list(accepting_rules([rule], 5900, 5999, ours)) == ([rule] if accepts else [])


LISTING = """trusted
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
"""  # noqa: W291


@pytest.mark.parametrize(
    "source, zones",
    [
        ("192.0.2.0/24", "public storage lists"),
        ("10.1.2.3/32", "racks lists"),
        ("10.0.0.0/8", "public racks storage lists"),
        ("10.2.0.0/16", "public storage lists"),
        ("172.31.255.1/32", "storage lists"),
        ("172.32.0.1/32", "public storage lists"),
        ("203.0.113.9/32", "lists"),
        ("2001:db8:1::5/128", "racks lists"),
        ("2001:db8:2::/48", "public storage lists"),
        ("::/0", "public racks storage lists"),
        ("0.0.0.0/0", "public racks storage lists"),
    ],
)
def test_the_zones_of_firewalld_that_a_source_comes_in_by(source, zones):
    assert firewalld_text.zones_for(source, "public", firewalld_text.zones_of(LISTING)) == zones.split()


def test_the_rich_rules_of_a_zone_are_read():
    rules = {zone.name: zone.rules for zone in firewalld_text.zones_of(LISTING)}
    assert rules["public"] == ('rule family="ipv4" source address="192.0.2.1" accept',)
    assert rules["racks"] == ()


@pytest.mark.parametrize(
    "bound, shared",
    [
        ("192.0.2.0/24", 2),
        ("192.0.2.128/25", 1),
        ("198.51.100.0/24", 0),
        ("2001:db8::/32", 0),
        ("52:54:00:00:00:01", 1),
        ("ipset:x", 1),
        ("?", 1),
    ],
)
def test_what_a_bound_source_shares_with_a_declared_one(bound, shared):
    assert firewalld_text.share(bound, "192.0.2.0/24") == shared


def zone_rule(order):
    return '  <rule family="ipv4">\n    <source address="192.0.2.0/24"/>\n    <port %s/>\n    <accept/>\n  </rule>\n' % order


OUR_ZONE_RULE = zone_rule('port="6082" protocol="tcp"')


def zone(rules, end="\n"):
    head = '<?xml version="1.0" encoding="utf-8"?>\n<zone>\n  <!-- ours -->\n'
    others = zone_rule('port="6082" protocol="tcp"').replace("<accept/>", "<reject/>")
    return (head + others + rules + "</zone>" + end).encode()


class TestARuleInTheFileOfAZone:
    RULE = firewalld_rule(Source("192.0.2.0/24", "6082"))

    @pytest.mark.parametrize("end", ["\n", ""])
    def test_goes_in_and_out_and_leaves_all_else_as_it_is_to_the_last_byte(self, end):
        assert firewalld_text.rule_in_file(zone("", end), self.RULE) is None
        assert firewalld_text.file_with(zone("", end), self.RULE).data == zone(OUR_ZONE_RULE, end)
        assert firewalld_text.rule_in_file(zone(OUR_ZONE_RULE, end), self.RULE) == (8, 13)
        assert firewalld_text.file_without(zone(OUR_ZONE_RULE, end), self.RULE).data == zone("", end)

    @pytest.mark.parametrize(
        "spelling", [zone_rule('protocol="tcp" port="6082"'), "".join(line.strip() for line in OUR_ZONE_RULE.split("\n")) + "\n"]
    )
    def test_is_known_in_the_spelling_of_older_versions_of_firewalld_and_on_one_line(self, spelling):
        assert firewalld_text.rule_in_file(zone(spelling), self.RULE)
        assert firewalld_text.file_without(zone(spelling), self.RULE).data == zone("")

    def test_does_not_go_into_a_file_that_is_not_a_tag_to_a_line(self):
        strange = b"<zone><short>Public</short></zone>\n"
        assert firewalld_text.is_strange(strange)
        assert not firewalld_text.is_strange(zone(""))
        assert firewalld_text.file_with(strange, self.RULE).data == strange


@pytest.mark.parametrize(
    "file, source, line, is_in",
    [
        ("/etc/ufw/user.rules", "192.0.2.7/32", "allow tcp 6082 0.0.0.0/0 any 192.0.2.7 in comment=6f70", True),
        ("/etc/ufw/user.rules", "192.0.2.7/32", "allow tcp 6082 0.0.0.0/0 any 192.0.2.7 in", True),
        ("/etc/ufw/user.rules", "192.0.2.7/32", "allow tcp 6082 0.0.0.0/0 any 192.0.2.77 in", False),
        ("/etc/ufw/user.rules", "192.0.2.7/32", "deny tcp 6082 0.0.0.0/0 any 192.0.2.7 in", False),
        ("/etc/ufw/user.rules", "192.0.2.7/32", "allow tcp 6082 0.0.0.0/0 any 192.0.2.7 in_eth0", False),
        ("/etc/ufw/user.rules", "0.0.0.0/0", "allow tcp 6082 0.0.0.0/0 any 0.0.0.0/0 in", True),
        ("/etc/ufw/user6.rules", "2001:db8::/32", "allow tcp 6082 ::/0 any 2001:db8::/32 in", True),
    ],
)
def test_a_rule_in_ufws_file(file, source, line, is_in):
    assert has_tuple("### tuple ### %s\n" % line, file, ufw_rule(Source(source, "6082"))) is is_in


@pytest.mark.parametrize(
    "rule, text",
    [
        ('ip saddr 203.0.113.7 tcp dport 6082 accept comment "openstack-spice: SPICE consoles"', "accept tcp 6082 from 203.0.113.7"),
        ("inet filter input|ip6 saddr 2001:db8::/32 tcp dport 5900-5999 accept", "accept tcp 5900-5999 from 2001:db8::/32"),
        ("allow from 192.0.2.0/24 to any port 5900:5999 proto tcp", "accept tcp 5900-5999 from 192.0.2.0/24"),
        (firewalld_rule(Source("2001:db8::1/128", "5900-5999")), "accept tcp 5900-5999 from 2001:db8::1/128"),
    ],
)
def test_a_rule_of_ours_as_people_read_it(rule, text):
    assert rule_text(rule) == text
