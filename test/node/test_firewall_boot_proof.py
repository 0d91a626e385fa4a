"""Boot files are really loaded, old and new, each in an empty network name space: an edit is proven where the difference is our rule,
once, before what could refuse it."""

import shutil

import pytest
from openstack_spice.firewall_oracle.oracle import Question

from proof_support import PROVEN, ProofNode, on_a_node
from test_closed_ports_in_the_kernel import can_filter

pytestmark = pytest.mark.skipif(not can_filter(), reason="needs root, nft and iptables")

COMMENT = 'comment "openstack-spice: SPICE consoles"'
NFT_RULE = "ip saddr 203.0.113.0/24 tcp dport 6082 accept " + COMMENT
NFT_WHAT = "inet filter input|" + NFT_RULE
IPTABLES_RULE = '-s 203.0.113.0/24 -p tcp -m tcp --dport 6082 -m comment --comment "openstack-spice: SPICE consoles" -j ACCEPT'
IPTABLES_WHAT = "-A INPUT " + IPTABLES_RULE

NFT_FILE = """#!/usr/sbin/nft -f
flush ruleset
define lan = { 10.0.0.0/8, 192.0.2.0/24 }
include "INCLUDED"
table inet filter {
	set bad { type ipv4_addr
		flags interval
		elements = { 198.51.100.0/24,
			198.18.0.0/15 }
	}
	chain input {
		type filter hook input priority 0; policy drop;
		ct state established,related accept
		iif "lo" accept
		ip saddr $lan tcp dport { 22, 80, \\
			443 } \\
			accept
HERE
		ip saddr @bad drop
BEHIND
		tcp dport vmap { 25 : drop, 22 : accept }
	}
MORE
}
"""
IPTABLES_FILE = """*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
  -A\tINPUT -i lo -j ACCEPT
\t-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
HERE
-A INPUT -s 198.51.100.0/24 -j DROP
BEHIND
-I INPUT 1 -p icmp -j ACCEPT
COMMIT
"""
NOT_ONCE = "our rule would not be loaded once, as it is, in CHAIN"
MORE = "it would change more than our rules%s"
OTHERS = ": a table, a chain or a set"
BEHIND = "it would come behind a rule that could refuse"


def text(template, here="", behind="", more="", **others):
    """A boot file with something at its places."""
    for place, value in dict(others, HERE=here, BEHIND=behind, MORE=more).items():
        template = template.replace(place, value)
    return template


class TestOfNft:
    OLD = text(NFT_FILE)

    @pytest.fixture
    def prove(self, tmp_path):
        included = tmp_path / "included.nft"
        included.write_text("table inet other { chain c { tcp dport { 1, 2 } accept; }; }\n")

        def prove(old, new, rule=NFT_WHAT, removed=()):
            old, new = (part.replace("INCLUDED", str(included)) for part in (old, new))
            node = ProofNode(str(tmp_path / "boot.nft"), "nft", [str(included)])
            added = [] if removed else [rule]
            return on_a_node(lambda: node.proven(old, new, added, removed).encode(), "eth" in old).decode()

        return prove

    @pytest.mark.parametrize(
        "changed, outcome",
        [
            pytest.param({"here": "\t\t" + NFT_RULE}, PROVEN, id="at its place"),
            pytest.param({"here": NFT_RULE.replace(" tcp", " \\\n\ttcp")}, PROVEN, id="over two lines"),
            pytest.param({"here": "# a comment\n" + NFT_RULE + "; # another"}, PROVEN, id="among comments"),
            pytest.param({"behind": NFT_RULE}, BEHIND, id="behind a drop"),
            pytest.param({}, NOT_ONCE, id="nowhere"),
            pytest.param({"here": "# " + NFT_RULE}, NOT_ONCE, id="in a comment"),
            pytest.param({"here": NFT_RULE, "behind": NFT_RULE}, NOT_ONCE, id="twice"),
            pytest.param({"here": NFT_RULE.replace("/24", "/8")}, NOT_ONCE, id="for more sources"),
            pytest.param({"here": NFT_RULE.replace("6082", "6082-6083")}, NOT_ONCE, id="for more ports"),
            pytest.param({"here": NFT_RULE.replace("accept", "counter accept")}, NOT_ONCE, id="that counts"),
            pytest.param({"more": "\tchain dead {\n\t\t%s\n\t}" % NFT_RULE}, MORE % OTHERS, id="in a chain of its own"),
            pytest.param({"here": NFT_RULE + "; tcp dport 9 accept"}, MORE % ": a rule of inet filter input", id="and another one"),
            pytest.param({"here": NFT_RULE, "more": "\tset more { type ipv4_addr; }"}, MORE % OTHERS, id="and a set"),
        ],
    )
    def test_a_rule(self, prove, changed, outcome):
        assert prove(self.OLD, text(NFT_FILE, **changed)) == outcome.replace("CHAIN", "inet filter input")

    @pytest.mark.parametrize(
        "old, new, outcome",
        [
            ("443 } \\\n", "443 } \\\n" + NFT_RULE + "\n", NOT_ONCE),
            ("443 } \\\n\t\t\taccept", "443 } \\\n" + NFT_RULE, NOT_ONCE),
            ("443 } \\\n", "443 } \\\n # " + NFT_RULE + "\\\n", "our rule"),
            ("198.18.0.0/15", "198.18.0.0/16", MORE % OTHERS),
            ("@bad drop", "@bad accept", NOT_ONCE),
        ],
    )
    def test_a_line_at_a_wrong_place(self, prove, old, new, outcome):
        assert prove(self.OLD, self.OLD.replace(old, new)).startswith(outcome.replace("CHAIN", "inet filter input"))

    @pytest.mark.parametrize(
        "old, new",
        [
            ("198.18.0.0/15", "198.18.0.0/16"),
            ("policy drop", "policy accept"),
            ("@bad drop", "@bad accept"),
            ("flush ruleset", "table ip x { chain y { }; }"),
        ],
    )
    def test_a_second_change_beside_ours(self, prove, old, new):
        assert prove(self.OLD, text(NFT_FILE, here=NFT_RULE).replace(old, new)).startswith(MORE % ":")

    def test_a_chain_that_is_written_a_second_time(self, prove):
        again = "table inet filter { chain input { %s; }; }\n" % NFT_RULE
        assert prove(self.OLD, self.OLD + again) == BEHIND

    @pytest.mark.parametrize(
        "more",
        [
            pytest.param('tcp dport { 7, 9 } counter drop\nlog prefix "a } ; # b" counter', id="counters, log, sets"),
            pytest.param('iif "eth1" accept\niifname "eth9" accept', id="the node's devices"),
            pytest.param("tcp dport 7 jump {\ncounter\ntcp dport 8 accept\n}", id="a chain without a name"),
            pytest.param("ip saddr 10.0.0.1 limit rate 3/minute burst 5 packets accept", id="a limit"),
        ],
    )
    def test_what_others_wrote_stays(self, prove, more):
        assert prove(text(NFT_FILE, behind=more), text(NFT_FILE, behind=more, here=NFT_RULE)) == PROVEN

    @pytest.mark.parametrize(
        "more",
        [
            "\tset f { type ipv4_addr; flags timeout; elements = { 10.9.9.9 timeout 1h expires 30m }\n\t}",
            '\tmap m { type ifname . inet_service : verdict; elements = { "eth0" . 22 : accept, "eth1" . 25 : drop }\n\t}',
            '\tchain ingress { type filter hook ingress device "eth1" priority 0; }',
            "\tquota q { over 100 bytes used 80 bytes }\n\tcounter c { packets 5 bytes 300 }",
        ],
    )
    def test_sets_and_chains_of_others_stay(self, prove, more):
        assert prove(text(NFT_FILE, more=more), text(NFT_FILE, more=more, here=NFT_RULE)) == PROVEN

    @pytest.mark.parametrize(
        "more, reason",
        [
            pytest.param('iif "eth9" accept', "Interface does not exist", id="a device that the node does not have"),
            pytest.param("ip saddr no.such.example accept", "Could not resolve hostname", id="a name to resolve"),
            pytest.param("ip saddr @nowhere drop", "No such file or directory", id="a set that is nowhere"),
            pytest.param('include "/nowhere.nft"', "File not found: /nowhere.nft", id="an include that is not there"),
        ],
    )
    def test_what_does_not_load_apart_is_not_proven(self, prove, more, reason):
        assert reason in prove(text(NFT_FILE, behind=more), text(NFT_FILE, behind=more, here=NFT_RULE))

    @pytest.mark.parametrize("begins", ["delete table ip x\n", "#!/bin/sh\nnft flush ruleset\n"])
    def test_what_is_no_file_that_loads_into_nothing_is_not_proven(self, prove, begins):
        assert prove(begins + self.OLD, begins + text(NFT_FILE, here=NFT_RULE)).startswith("nft: ")

    def test_a_chain_that_no_packet_comes_to_is_not_proven(self, prove):
        more = "\tchain dead {\n\t\t%s\n\t}"
        found = prove(text(NFT_FILE, more=more % ""), text(NFT_FILE, more=more % NFT_RULE), NFT_WHAT.replace("input|", "dead|"))
        assert found == "no packet to the node comes to the chain inet filter dead"

    def test_a_rule_that_goes(self, prove):
        there = text(NFT_FILE, here=NFT_RULE)
        assert prove(there, self.OLD, removed=[NFT_WHAT]) == PROVEN
        assert prove(there, self.OLD.replace("198.18.0.0/15", "198.18.0.0/16"), removed=[NFT_WHAT]) == MORE % OTHERS
        # Where nothing can be loaded apart, a rule of ours still goes.
        missing = 'iif "eth9" accept'
        assert prove(text(NFT_FILE, here=NFT_RULE, behind=missing), text(NFT_FILE, behind=missing), removed=[NFT_WHAT]) == PROVEN

    @pytest.mark.parametrize(
        "more, outcome",
        [
            ("", PROVEN),
            ("table ip p { chain p { type filter hook prerouting priority -300; tcp dport 6082 drop; }; }", "would refuse all the same: "),
        ],
    )
    def test_who_would_get_in_is_asked_of_what_is_loaded(self, tmp_path, more, outcome):
        old, new = (
            "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n%s\t}\n}\n" % rule + more
            for rule in ("", "\t\t%s\n" % NFT_RULE)
        )
        node = ProofNode(str(tmp_path / "boot.nft"), "nft")
        node.firewall.edit_proof.questions = lambda rule: [Question("203.0.113.0/24", "192.0.2.10", 6082, 6082)]
        assert outcome in on_a_node(lambda: node.proven(old, new, [NFT_WHAT]).encode()).decode()

    @pytest.mark.parametrize(
        "more, at, outcome",
        [
            ("add rule ip filter INPUT drop\n", -2, PROVEN),
            ("add rule ip filter INPUT drop\n", -1, BEHIND),
            ("insert rule ip filter INPUT drop\n", -2, BEHIND),
        ],
    )
    def test_a_script_of_commands(self, prove, more, at, outcome):
        begin = "add table ip filter\nadd chain ip filter INPUT { type filter hook input priority 0; policy drop; }\n"
        lines = (begin + "add rule ip filter INPUT iifname lo accept\n" + more).split("\n")
        new = lines[:at] + ["add rule ip filter INPUT " + NFT_RULE] + lines[at:]
        assert prove("\n".join(lines), "\n".join(new), "ip filter INPUT|" + NFT_RULE) == outcome


@pytest.mark.parametrize("tool", ["iptables-nft", "iptables-legacy"])
class TestOfIptables:
    OLD = text(IPTABLES_FILE)

    @pytest.fixture
    def prove(self, tmp_path, tool):
        if shutil.which(tool) is None:
            pytest.skip("there is no %s. `npm test -- kernel` installs it" % tool)

        def prove(old, new, removed=()):
            node = ProofNode(str(tmp_path / "rules.v4"), tool)
            return node.proven(old, new, [] if removed else [IPTABLES_WHAT], removed)

        return prove

    @pytest.mark.parametrize(
        "changed, outcome",
        [
            pytest.param({"here": IPTABLES_WHAT}, PROVEN, id="at its place"),
            pytest.param({"here": "[3:180] --append INPUT " + IPTABLES_RULE}, PROVEN, id="spelled otherwise"),
            pytest.param({"behind": IPTABLES_WHAT}, BEHIND, id="behind a drop"),
            pytest.param({"behind": "-I INPUT 3 " + IPTABLES_RULE}, PROVEN, id="inserted before a drop"),
            pytest.param({}, NOT_ONCE, id="nowhere"),
            pytest.param({"here": "#" + IPTABLES_WHAT}, NOT_ONCE, id="in a comment"),
            pytest.param({"here": IPTABLES_WHAT, "behind": IPTABLES_WHAT}, NOT_ONCE, id="twice"),
            pytest.param({"here": IPTABLES_WHAT.replace("/24", "/8")}, NOT_ONCE, id="for more sources"),
            pytest.param({"here": IPTABLES_WHAT.replace("INPUT", "FORWARD")}, NOT_ONCE, id="in another chain"),
            pytest.param({"here": IPTABLES_WHAT + "\n-A INPUT -p udp -j ACCEPT"}, MORE % ": a rule of CHAIN", id="and another one"),
            pytest.param({"here": IPTABLES_WHAT + "\n:more - [0:0]"}, MORE % OTHERS, id="and a chain"),
            pytest.param({"here": IPTABLES_WHAT + "\n-P INPUT ACCEPT"}, MORE % OTHERS, id="and the policy"),
        ],
    )
    def test_a_rule(self, prove, changed, outcome, tool):
        chain = "filter INPUT" if tool == "iptables-legacy" else "ip filter INPUT"
        assert prove(self.OLD, text(IPTABLES_FILE, **changed)) == outcome.replace("CHAIN", chain)

    def test_a_drop_that_is_inserted_later_comes_before_it(self, prove):
        drop = "-I INPUT -p tcp -j DROP"
        assert prove(text(IPTABLES_FILE, behind=drop), text(IPTABLES_FILE, here=IPTABLES_WHAT, behind=drop)) == BEHIND

    @pytest.mark.parametrize(
        "more", ["*filter\n%s\nCOMMIT\n" % IPTABLES_WHAT, "*mangle\n%s\nCOMMIT\n" % IPTABLES_WHAT, IPTABLES_WHAT + "\n"]
    )
    def test_a_rule_behind_the_table_s_end(self, prove, more):
        assert prove(self.OLD, self.OLD + more) != PROVEN

    def test_a_rule_behind_an_end_that_is_no_line(self, prove):
        assert prove(self.OLD.rstrip("\n"), self.OLD.rstrip("\n") + IPTABLES_WHAT) != PROVEN

    @pytest.mark.parametrize("more", ["-A INPUT -m set --match-set nowhere src -j ACCEPT", "-A INPUT -s no.such.example -j ACCEPT"])
    def test_what_does_not_load_apart_is_not_proven(self, prove, more, tool):
        found = prove(text(IPTABLES_FILE, behind=more), text(IPTABLES_FILE, behind=more, here=IPTABLES_WHAT))
        assert found.startswith(tool + "-restore: ")

    def test_a_rule_that_goes(self, prove):
        assert prove(text(IPTABLES_FILE, here=IPTABLES_WHAT), self.OLD, [IPTABLES_WHAT]) == PROVEN
        assert prove(text(IPTABLES_FILE, here=IPTABLES_WHAT), self.OLD.replace("lo -j ACCEPT", "lo -j DROP"), [IPTABLES_WHAT]) != PROVEN
