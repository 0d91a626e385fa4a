"""What is planned in each firewall, what is done to it, and what becomes of a question that it does not answer."""

import pytest
from fakes import FakeJournal, as_reported, failed, make_node, note_syncs
from openstack_spice.changes.edits import Edits
from openstack_spice.changes.firewall import FirewallKinds
from openstack_spice.changes.kind import Outcome
from openstack_spice.document.desired import Desired, PortRange
from openstack_spice.errors import CannotTell, Failed, Refused
from openstack_spice.firewall.boot_proof import PROGRAM
from openstack_spice.firewall.firewall import Firewall
from openstack_spice.firewall.lines import NotPlaced
from openstack_spice.firewall.nftables_files import NftablesFiles
from openstack_spice.messages import text_of
from openstack_spice.state.entry import Entry
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.record import Record, read_record, record_bytes
from openstack_spice.text import bytes_of, present

from fake_proof import FakeProof

V4, V6 = "192.0.2.7/32", "2001:db8::/32"
COMMENT = 'comment "openstack-spice: SPICE consoles"'
NFT_RULE = "ip saddr 192.0.2.7 tcp dport 6082 accept " + COMMENT
IPTABLES_RULE = '-s %s -p tcp -m tcp --dport 6082 -m comment --comment "openstack-spice: SPICE consoles" -j ACCEPT'
RICH_RULE = 'rule family="ipv4" source address="%s" port port="6082" protocol="tcp" accept' % V4
NO_FIREWALL = {"nft -a list ruleset": "", "iptables-save -t filter": "", "ip6tables-save -t filter": ""}


class FakeUnits:
    """Units that a table has; others are not there."""

    def __init__(self, states=None, commands=None):
        self.states = states or {}
        self.commands = commands or {}

    def preload(self, units):
        pass

    def state(self, unit):
        return self.states.get(unit, "absent inactive")

    def is_active(self, unit):
        return self.state(unit).endswith(" active")

    def shown(self, unit):
        return {"ExecStart": self.commands[unit]} if unit in self.commands else {}


class Node:
    """A node with a firewall, and the kinds of change of it."""

    def __init__(self, root, answers=None, units=None, sources=(V4, V6), record=(), ways=(), **parts):
        desired = Desired("controller", "node-1", owner="a/b/c", sources=sources, recipe=frozenset(ways))
        known = {key: answer for key, answer in NO_FIREWALL.items() if key.split()[0] not in (answers or {})}
        known.update(answers or {})
        self.fake = make_node(root, known, desired=desired, record=Record(entries=tuple(record)), **parts)
        self.proof = FakeProof(self.fake.files)
        self.fake.commands.answer(PROGRAM, self.proof)
        self.units = units or FakeUnits()
        self.make_parts()

    def make_parts(self):
        """What works with the context."""
        self.firewall = Firewall(self.fake.context, self.units)
        self.edits = Edits(self.fake.files, Ledger(self.fake.context.system), self.fake.reporter)
        self.kinds = FirewallKinds(self.fake.context, self.edits, self.firewall).kinds()
        self.journal = FakeJournal()

    def plan(self, ports=6082):
        self.planned = self.firewall.plan(ports)
        return [as_reported(self.kinds[planned.entry.kind], planned) for planned in self.planned]

    def apply(self):
        for planned in self.planned:
            self.kinds[planned.entry.kind].apply(planned, self.journal)
        self.firewall.test_edits(self.edits)
        self.edits.publish_all(self.journal)

    def undo(self):
        entries = list(self.journal.written)
        outcomes = [self.kinds[entry.kind].undo(entry, self.journal) for entry in reversed(entries)]
        self.edits.publish_all(self.journal)
        return outcomes

    def ran(self):
        return self.fake.commands.lines()


class Nft:
    """Answers as nft does, for one chain that refuses."""

    def __init__(self, rules=("reject",), policy="accept"):
        self.rules = [[10 + number, rule] for number, rule in enumerate(rules)]
        self.policy = policy

    def __call__(self, words, _stdin):
        if words[1:3] == ("-a", "list"):
            lines = "".join("\t\t%s # handle %d\n" % (rule, handle) for handle, rule in self.rules)
            begin = "table inet filter { # handle 1\n\tchain input { # handle 1\n\t\ttype filter hook input priority 0; policy %s;\n"
            return begin % self.policy + lines + "\t}\n}\n"
        if words[1:3] == ("insert", "rule"):
            at = [handle for handle, _ in self.rules].index(int(words[7]))
            self.rules.insert(at, [99, words[8]])
        elif words[1:3] == ("add", "rule"):
            self.rules.append([98, words[6]])
        elif words[1:3] == ("delete", "rule"):
            self.rules = [one for one in self.rules if one[0] != int(words[7])]
        else:
            return failed(1, "Error: what?")
        return ""


CONF = """flush ruleset
table inet filter {
  chain input {
    type filter hook input priority 0; policy accept;
    reject
  }
}
"""
NFT_UNITS = FakeUnits(
    {"nftables": "enabled active"},
    {"nftables": ["{ path=/usr/sbin/nft ; argv[]=/usr/sbin/nft -f /etc/nftables.conf ; ignore_errors=no ; }"]},
)


class TestNftables:
    def test_gets_the_rule_in_the_kernel_and_in_the_file_and_back(self, tmp_path):
        nft = Nft(["accept", "reject"])
        node = Node(tmp_path, {"nft": nft}, NFT_UNITS, (V4,), files={"/etc/nftables.conf": CONF})
        assert node.plan() == [
            "firewall/inet filter input: (none) -> accept tcp 6082 from 192.0.2.7/32",
            "firewall/etc/nftables.conf: (none) -> accept tcp 6082 from 192.0.2.7/32",
        ]
        assert node.firewall.text() == "nftables"
        node.apply()
        assert [rule for _, rule in nft.rules] == ["accept", NFT_RULE, "reject"]
        assert node.fake.files.text("/etc/nftables.conf") == CONF.replace("    reject", "    %s\n    reject" % NFT_RULE)
        # What was proven in the plan is not asked for again.
        assert node.proof.asked == ["listing", "proof"]
        assert node.plan() == []
        assert node.proof.asked == ["listing", "proof"]
        assert node.undo() == [Outcome.MADE, Outcome.MADE]
        assert [rule for _, rule in nft.rules] == ["accept", "reject"]
        assert node.fake.files.text("/etc/nftables.conf") == CONF

    def test_gets_it_at_the_end_where_the_policy_refuses(self, tmp_path):
        nft = Nft(["accept"], "drop")
        node = Node(tmp_path, {"nft": nft}, FakeUnits(), (V4,))
        assert node.plan() == ["firewall/inet filter input: (none) -> accept tcp 6082 from 192.0.2.7/32"]
        assert node.fake.reporter.said == [
            "nftables.service is not enabled: the rule is gone after a reboot, as are all others of inet filter"
        ]
        node.apply()
        assert [rule for _, rule in nft.rules] == ["accept", NFT_RULE]

    def test_is_refused_where_the_chain_is_in_no_file_that_is_loaded_unless_its_keeper_put_the_rule_in(self, tmp_path):
        nft = Nft()
        node = Node(tmp_path, {"nft": nft}, NFT_UNITS, (V4,), files={"/etc/nftables.conf": "flush ruleset\n"})
        with pytest.raises(Refused) as stop:
            node.plan()
        assert text_of(stop.value) == (
            "chain 'inet filter input' refuses packets, but is not written out in /etc/nftables.conf. Put '%s' before its first "
            "refusal, and where the chain is kept, yourself, then run again; or leave allowedSources out" % NFT_RULE
        )
        nft.rules.insert(0, [3, NFT_RULE])
        node.firewall.kernel.forget()
        assert node.plan() == []

    def test_file_that_is_not_proven_is_refused_before_anything_is_touched(self, tmp_path):
        nft = Nft()
        node = Node(tmp_path, {"nft": nft}, NFT_UNITS, (V4,), files={"/etc/nftables.conf": CONF})
        node.proof.reason = 'nft: /etc/nftables.conf:3:1-5: Error: Interface "eth9" does not exist'
        with pytest.raises(Refused) as stop:
            node.plan()
        assert text_of(stop.value) == (
            "it is not proven that /etc/nftables.conf, with '%s', would load what it loads by now and that rule: %s. Add the rule by "
            "hand, there and to what is loaded, before the first rule that refuses, then run again; or leave allowedSources out"
            % (NFT_RULE, node.proof.reason)
        )
        assert (nft.rules, node.fake.files.text("/etc/nftables.conf")) == ([[10, "reject"]], CONF)

    def test_file_that_somebody_changed_since_is_not_published(self, tmp_path):
        node = Node(tmp_path, {"nft": Nft()}, NFT_UNITS, (V4,), files={"/etc/nftables.conf": CONF})
        node.plan()
        changed = CONF.replace("    reject", "    iif eth9 accept\n    reject")
        node.fake.files.put("/etc/nftables.conf", changed)
        node.proof.reason = "nft: no"
        with pytest.raises(Failed) as stop:
            node.apply()
        assert stop.value.message == "boot-file-not-proven"
        assert node.fake.files.text("/etc/nftables.conf") == changed

    def test_rule_goes_from_a_file_that_does_not_load_by_now(self, tmp_path):
        nft = Nft()
        node = Node(tmp_path, {"nft": nft}, NFT_UNITS, (V4,), files={"/etc/nftables.conf": CONF})
        node.plan()
        node.apply()
        node.proof.reason = "nft: no"
        assert node.undo() == [Outcome.MADE, Outcome.MADE]
        assert node.fake.files.text("/etc/nftables.conf") == CONF

    def test_rule_that_somebody_took_away_is_nothing_to_undo(self, tmp_path):
        nft = Nft()
        node = Node(tmp_path, {"nft": nft}, FakeUnits(), (V4,))
        node.plan()
        node.apply()
        del nft.rules[0]
        node.firewall.kernel.forget()
        assert node.undo() == [Outcome.NOTHING]


class TestTheFilesThatNftablesServiceLoads:
    MAIN = 'flush ruleset\n include "/etc/nft/*.nft" ; # ours\n#include "/etc/nft/off"\ninclude "nft/main"\ninclude "/etc/nft/nowhere"\n'
    CHAIN = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0\n\t\tdrop\n\t}\n}\n"

    def files(self, tmp_path, command="/sbin/nft -f /etc/nft/main", main=MAIN):
        files = {
            "/etc/nft/main": main,
            "/etc/nft/a.nft": "define x = 1\n",
            "/etc/nft/b.nft": self.CHAIN,
            "/etc/nft/.hidden.nft": self.CHAIN,
            "/etc/nft/off": self.CHAIN.replace("filter {", "site {"),
        }
        node = make_node(tmp_path, files=files)
        shown = "{ path=/sbin/nft ; argv[]=%s ; ignore_errors=no ; start_time=[n/a] ; pid=0 }" % command
        return NftablesFiles(node.files, FakeUnits(commands={"nftables": [shown]})), node.files

    def test_are_the_units_and_what_they_include_each_once(self, tmp_path):
        files, _ = self.files(tmp_path)
        assert files.roots == ("/etc/nft/main",)
        assert files.all() == ["/etc/nft/main", "/etc/nft/a.nft", "/etc/nft/b.nft"]
        assert files.text() == "/etc/nft/main, nor in what that includes"

    def test_have_a_chain_where_it_is_written_out_and_not_where_nothing_includes_it(self, tmp_path):
        files, _ = self.files(tmp_path, main=self.MAIN.replace('include "nft/main"\n', ""))
        assert files.chain("inet filter input").file_for(0) == "/etc/nft/b.nft"
        assert not files.chain("inet site input").is_written

    def test_that_include_themselves_have_no_place_for_a_rule(self, tmp_path):
        files, _ = self.files(tmp_path)
        with pytest.raises(NotPlaced) as stop:
            files.chain("inet filter input")
        assert stop.value.reason == "files include each other"

    def test_are_none_where_the_unit_loads_something_else(self, tmp_path):
        files, _ = self.files(tmp_path, "/sbin/nft nothing")
        assert (files.all(), files.text()) == ([], "what nftables.service loads")


RULES_V4 = """*filter
:INPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
COMMIT
"""


IPTABLES_UNITS = FakeUnits({"netfilter-persistent": "enabled active"})


class TestIptables:
    UNITS = IPTABLES_UNITS
    FILES = {"/etc/iptables/rules.v4": RULES_V4, "/etc/iptables/rules.v6": RULES_V4, "/etc/sysconfig/iptables": RULES_V4}

    def node(self, tmp_path, **parts):
        answers = {
            "iptables-save -t filter": RULES_V4,
            "ip6tables-save -t filter": RULES_V4.replace("REJECT", "ACCEPT"),
            "iptables -w 10 -C": failed(1, "iptables: Bad rule (does a matching rule exist in that chain?).\n"),
            "iptables -w 10 -I": "",
        }
        answers.update(parts.pop("answers", {}))
        return Node(tmp_path, answers, parts.pop("units", self.UNITS), files=self.FILES, **parts)

    def test_gets_the_rule_before_the_first_refusal_in_the_kernel_and_in_the_file(self, tmp_path):
        node = self.node(tmp_path)
        assert node.plan() == [
            "firewall/iptables: (none) -> accept tcp 6082 from 192.0.2.7/32",
            "firewall/etc/iptables/rules.v4: (none) -> accept tcp 6082 from 192.0.2.7/32",
        ]
        assert node.firewall.text() == "iptables"
        node.apply()
        inserted = next(call for call in node.fake.commands.calls if call[3:4] == ("-I",))
        words = "iptables -w 10 -I INPUT 2 -s 192.0.2.7/32 -p tcp -m tcp --dport 6082 -m comment --comment".split()
        assert list(inserted) == words + ["openstack-spice: SPICE consoles", "-j", "ACCEPT"]
        line = "-A INPUT " + IPTABLES_RULE % V4
        assert node.fake.files.text("/etc/iptables/rules.v4") == RULES_V4.replace("-A INPUT -j", line + "\n-A INPUT -j")
        assert node.proof.asked == ["listing", "proof"]

    def test_gets_it_first_of_all_as_in_the_recipe(self, tmp_path):
        node = self.node(tmp_path, ways=("firewall-rule-first",))
        node.plan()
        node.apply()
        assert any("-I INPUT 1 -s" in line for line in node.ran())

    def test_says_that_a_rule_has_no_persistent_file_once(self, tmp_path):
        node = self.node(tmp_path, units=FakeUnits())
        node.plan()
        node.plan()
        assert node.fake.reporter.said == [
            "iptables has no persistent file, of netfilter-persistent or of a unit iptables: the rule is gone after a reboot, as are "
            "all its others"
        ]

    def test_of_two_persistent_files_has_the_one_whose_unit_is_enabled(self, tmp_path):
        node = self.node(tmp_path, units=FakeUnits({"iptables": "enabled active", "netfilter-persistent": "disabled inactive"}))
        assert node.plan()[1].startswith("firewall/etc/sysconfig/iptables:")

    def test_of_five_hundred_sources_starts_no_more_processes_than_of_one(self, tmp_path):
        sources = tuple("10.1.%d.%d/32" % (number // 250, number % 250) for number in range(500))
        lines = "".join("-A INPUT %s\n" % (IPTABLES_RULE % source) for source in sources + ("0.0.0.0/0",))
        saved = RULES_V4.replace("-A INPUT -j", lines.replace("-s 0.0.0.0/0 ", "") + "-A INPUT -j")
        units = FakeUnits({"iptables": "enabled active"})
        node = self.node(tmp_path, answers={"iptables-save -t filter": saved}, units=units, sources=sources + ("0.0.0.0/0",))
        node.fake.files.put("/etc/sysconfig/iptables", RULES_V4.replace("COMMIT", lines + "COMMIT"))
        assert node.plan() == []
        assert sorted(node.ran()) == ["ip6tables-save -t filter", "iptables-save -t filter", "nft -a list ruleset"]

    def test_rules_of_an_earlier_document_go(self, tmp_path):
        rule = IPTABLES_RULE % "198.51.100.0/24"
        record = [
            Entry("iptables", "iptables", rule, "-", "in"),
            Entry("iptables-file", "/etc/iptables/rules.v4", "-A INPUT " + rule, "-", "in"),
        ]
        answers = {"iptables-save -t filter": RULES_V4.replace("COMMIT", "-A INPUT %s\nCOMMIT" % rule), "iptables -w 10 -D": ""}
        node = self.node(tmp_path, record=record, sources=None, answers=answers)
        node.fake.files.put("/etc/iptables/rules.v4", RULES_V4.replace("-A INPUT -j", "-A INPUT %s\n-A INPUT -j" % rule))
        assert node.plan() == [
            "firewall/iptables: accept tcp 6082 from 198.51.100.0/24 -> (none)",
            "firewall/etc/iptables/rules.v4: accept tcp 6082 from 198.51.100.0/24 -> (none)",
        ]
        assert node.firewall.text() == "unmanaged"
        node.apply()
        assert node.fake.files.text("/etc/iptables/rules.v4") == RULES_V4

    def test_rules_of_firewalld_and_ufw_are_not_its_own(self, tmp_path):
        node = self.node(tmp_path, answers={"iptables-save -t filter": RULES_V4.replace("\n-A", "\n:INPUT_ZONES - [0:0]\n-A", 1)})
        assert (node.plan(), node.firewall.text()) == ([], "none")

    def test_rules_behind_a_chain_of_ours_need_no_rule(self, tmp_path):
        node = self.node(tmp_path, answers={"nft -a list ruleset": 1, "iptables -n -L INPUT": "Chain INPUT (policy ACCEPT)\n"})
        node.firewall.closes_proxy_port = True
        assert (node.plan(), node.firewall.text()) == ([], "iptables")


FIREWALLD_UNITS = FakeUnits({"firewalld": "enabled active"})
ZONE = "<zone>\n  <short>Public</short>\n</zone>\n"
ZONE_FILE = "/etc/firewalld/zones/public.xml"
ORIGIN = "/usr/lib/firewalld/zones/public.xml"


class Firewalld:
    """Answers as firewall-cmd does, for one zone."""

    def __init__(self):
        self.rules = []

    def __call__(self, words, _stdin):
        if words[1] == "--get-default-zone":
            return "public\n"
        if words[1] == "--list-all-zones":
            rules = "".join("\t%s\n" % rule for rule in self.rules)
            return "public (default)\n  target: default\n  interfaces: \n  sources: \n  rich rules: \n" + rules
        verb, _, rule = words[3].partition("=")
        if verb == "--query-rich-rule":
            return 0 if rule in self.rules else 1
        (self.rules.append if verb == "--add-rich-rule" else self.rules.remove)(rule)
        return ""


class TestFirewalld:
    def test_gets_a_rich_rule_and_a_file_of_its_zone_and_back(self, tmp_path):
        firewalld = Firewalld()
        node = Node(tmp_path, {"firewall-cmd": firewalld}, FIREWALLD_UNITS, (V4, "192.0.2.8/32"), files={ORIGIN: ZONE})
        before = node.fake.files.all()
        assert node.plan() == [
            "firewall/zone public: (none) -> accept tcp 6082 from 192.0.2.7/32",
            "firewall/etc/firewalld/zones/public.xml: (none) -> as /usr/lib/firewalld/zones/public.xml",
            "firewall/etc/firewalld/zones/public.xml: (none) -> accept tcp 6082 from 192.0.2.7/32",
            "firewall/zone public: (none) -> accept tcp 6082 from 192.0.2.8/32",
            "firewall/etc/firewalld/zones/public.xml: (none) -> accept tcp 6082 from 192.0.2.8/32",
        ]
        node.apply()
        assert firewalld.rules == [RICH_RULE, RICH_RULE.replace("192.0.2.7", "192.0.2.8")]
        assert node.fake.files.text(ZONE_FILE).count("<rule family") == 2
        assert Node.plan(node) == []
        assert node.undo() == [Outcome.MADE] * 5
        assert firewalld.rules == []
        assert {path: data for path, data in node.fake.files.all().items() if not path.startswith("/run")} == before

    def test_file_that_was_made_goes_with_the_last_rule(self, tmp_path):
        record = [
            Entry("firewalld-zone", ZONE_FILE, "-", "-", present(ZONE.encode())),
            Entry("firewalld-file", ZONE_FILE, RICH_RULE, "-", "in"),
        ]
        node = Node(tmp_path, {}, FakeUnits(), None, record, files={ORIGIN: ZONE})
        file = node.firewall.firewalld.file_with(ZONE_FILE, lambda _: ZONE.encode(), RICH_RULE).data
        node.fake.files.put(ZONE_FILE, file)
        assert node.plan() == [
            "firewall/etc/firewalld/zones/public.xml: accept tcp 6082 from 192.0.2.7/32 -> (none)",
            "firewall/etc/firewalld/zones/public.xml: written -> (none)",
        ]
        node.apply()
        assert not node.fake.context.system.files.exists(ZONE_FILE)

    def test_file_that_the_other_role_has_rules_in_is_handed_over_to_it(self, tmp_path):
        node = Node(tmp_path, {}, FakeUnits(), None)
        other = "/var/lib/openstack-spice/roles/compute/record"
        theirs = Entry("firewalld-file", ZONE_FILE, RICH_RULE.replace("6082", "5900-5999"), "-", "in")
        node.fake.files.put(other, record_bytes(Record(owner="a/b/c", entries=(theirs, Entry("of-tomorrow", "x", "y", "-", "in")))))
        node.fake.files.put(ZONE_FILE, node.firewall.firewalld.file_with(ZONE_FILE, lambda _: ZONE.encode(), theirs.what).data)
        made = Entry("firewalld-zone", ZONE_FILE, "-", "-", present(ZONE.encode()))
        kind = node.kinds["firewalld-zone"]
        assert kind.undo(made, node.journal) is Outcome.NOTHING
        record = read_record(node.fake.files, "compute", None)
        assert record.entries[:2] == (made, theirs)
        assert len(record.entries) == 3
        assert kind.undo(made, node.journal) is Outcome.NOTHING
        assert read_record(node.fake.files, "compute", None) == record

    def test_file_that_somebody_else_changed_is_kept(self, tmp_path):
        node = Node(tmp_path, {}, FakeUnits(), None, files={ZONE_FILE: ZONE.replace("Public", "Ours")})
        made = Entry("firewalld-zone", ZONE_FILE, "-", "-", present(ZONE.encode()))
        assert node.kinds["firewalld-zone"].undo(made, node.journal) is Outcome.KEPT

    def test_is_refused_where_the_file_is_not_a_tag_to_a_line(self, tmp_path):
        files = {ORIGIN: ZONE, ZONE_FILE: "<zone><short>Public</short></zone>\n"}
        node = Node(tmp_path, {"firewall-cmd": Firewalld()}, FIREWALLD_UNITS, (V4,), files=files)
        with pytest.raises(Refused) as stop:
            node.plan()
        assert text_of(stop.value) == (
            "%s is not written a tag to a line, as firewalld writes it. Let firewalld rewrite it, by firewall-cmd --permanent "
            "--zone=public --add-rich-rule='%s', then run again; or leave allowedSources out" % (ZONE_FILE, RICH_RULE)
        )

    def test_is_refused_where_its_command_does_not_answer(self, tmp_path):
        node = Node(tmp_path, {"firewall-cmd": 252}, FIREWALLD_UNITS, (V4,))
        with pytest.raises(Refused) as stop:
            node.plan()
        assert text_of(stop.value) == ("firewalld is active, but firewall-cmd does not answer. See 'firewall-cmd --state', and run again")

    def test_says_that_a_zone_has_no_file(self, tmp_path):
        node = Node(tmp_path, {"firewall-cmd": Firewalld()}, FIREWALLD_UNITS, (V4,))
        assert node.plan() == ["firewall/zone public: (none) -> accept tcp 6082 from 192.0.2.7/32"]
        assert node.fake.reporter.said == ["firewalld's zone public has no file: the rule is gone after a reboot, as is the zone"]

    def test_with_many_rules_starts_two_processes(self, tmp_path):
        sources = tuple("10.1.2.%d/32" % number for number in range(200))
        firewalld = Firewalld()
        firewalld.rules = [RICH_RULE.replace(V4, source) for source in sources]
        node = Node(tmp_path, {"firewall-cmd": firewalld}, FIREWALLD_UNITS, sources)
        assert node.plan() == []
        assert [line for line in node.ran() if line.startswith("firewall-cmd")] == [
            "firewall-cmd --get-default-zone",
            "firewall-cmd --list-all-zones",
        ]


class TestUfw:
    UNITS = FakeUnits({"ufw": "enabled active"})
    TUPLE = "### tuple ### allow tcp 6082 0.0.0.0/0 any 192.0.2.7 in comment=6f\n"

    @pytest.mark.parametrize("rules, place", [("", ""), ("### tuple ### deny any any 0.0.0.0/0 any 10.0.0.0/8 in\n", "prepend ")])
    def test_gets_the_rule_by_its_own_command(self, tmp_path, rules, place):
        answers = {
            "ufw status": "Status: active\n\nTo\n",
            "ufw": lambda words, _: node.fake.files.put("/etc/ufw/user.rules", self.TUPLE) or "",
        }
        node = Node(tmp_path, answers, self.UNITS, (V4,), files={"/etc/ufw/user.rules": rules})
        assert node.plan() == ["firewall/etc/ufw/user.rules: (none) -> accept tcp 6082 from 192.0.2.7/32"]
        assert node.firewall.text() == "ufw"
        node.apply()
        assert node.ran()[-1] == "ufw %sallow from 192.0.2.7/32 to any port 6082 proto tcp comment openstack-spice: SPICE consoles" % place
        assert node.plan() == []

    def test_what_ufw_wrote_is_synced_after_it_wrote(self, tmp_path, monkeypatch):
        calls = []
        answers = {
            "ufw status": "Status: active\n\nTo\n",
            "ufw": lambda words, _: calls.append(" ".join(words[:2])) or node.fake.files.put("/etc/ufw/user.rules", self.TUPLE) or "",
        }
        files = {"/etc/ufw/user.rules": "", "/etc/ufw/user6.rules": ""}
        node = Node(tmp_path, answers, self.UNITS, (V4,), files=files)
        node.plan()
        note_syncs(monkeypatch, node.fake.files.root, calls)
        node.apply()
        assert calls == ["ufw allow", "sync /etc/ufw/user.rules", "sync /etc/ufw/user6.rules", "sync /etc/ufw"]

    @pytest.mark.parametrize(
        "defaults, is_on",
        [("IPV6=yes\n", True), ("IPV6=no\nIPV6='Yes'\n", True), ('IPV6="no"\n', False), ("IPV6=yes\n IPV6=no\n", False), ("", False)],
    )
    def test_without_ipv6_gets_no_rule_for_it_and_says_so(self, tmp_path, defaults, is_on):
        node = Node(tmp_path, {"ufw status": "Status: active\n"}, self.UNITS, files={"/etc/default/ufw": defaults})
        assert (
            node.plan()
            == [
                "firewall/etc/ufw/user.rules: (none) -> accept tcp 6082 from 192.0.2.7/32",
                "firewall/etc/ufw/user6.rules: (none) -> accept tcp 6082 from 2001:db8::/32",
            ][: 2 if is_on else 1]
        )
        said = "ufw drops all IPv6 here, by IPV6 in /etc/default/ufw: no rule for 2001:db8::/32"
        assert node.fake.reporter.said == ([] if is_on else [said])

    def test_is_none_where_it_is_off(self, tmp_path):
        node = Node(tmp_path, {"ufw status": "Status: inactive\n"}, self.UNITS, (V4,))
        assert (node.plan(), node.firewall.text()) == ([], "none")

    def test_says_that_no_boot_loads_its_rules(self, tmp_path):
        node = Node(tmp_path, {"ufw status": "Status: active\n"}, FakeUnits(), (V4,))
        node.plan()
        assert node.fake.reporter.said == [
            "ufw is on, but ufw.service is not enabled: the rules are gone after a reboot, as are all its others"
        ]

    def test_that_does_not_take_the_rule_fails(self, tmp_path):
        answers = {"ufw status": "Status: active\n", "ufw allow": failed(1, "ERROR: no")}
        node = Node(tmp_path, answers, self.UNITS, (V4,))
        node.plan()
        with pytest.raises(Failed) as stop:
            node.apply()
        assert text_of(stop.value) == (
            "ufw did not take the rule 'allow from 192.0.2.7/32 to any port 6082 proto tcp'. Add it by hand, and leave allowedSources out"
        )


LOST = failed(137)
QUESTIONS = [
    (
        "nft",
        "inet filter input",
        NFT_RULE,
        {"nft -a list ruleset": failed(1, "netlink: Error: cache initialization failed: Operation not permitted")},
    ),
    ("nft", "inet filter input", NFT_RULE, {"nft -a list ruleset": failed(137)}),
    ("nft", "inet filter input", NFT_RULE, {"nft -a list ruleset": failed(127)}),
    ("iptables", "iptables", IPTABLES_RULE % V4, {"iptables -w 10 -C": failed(4, "Another app is currently holding the xtables lock.")}),
    ("iptables", "iptables", IPTABLES_RULE % V4, {"iptables -w 10 -C": failed(1, "iptables: Memory allocation problem.")}),
    ("iptables", "iptables", IPTABLES_RULE % V4, {"iptables -w 10 -C": failed(137)}),
    ("iptables", "iptables", IPTABLES_RULE % V4, {"iptables -w 10 -C": failed(127)}),
    ("iptables", "iptables", IPTABLES_RULE % V4, {"iptables-save -t filter": failed(1, "iptables-save: Permission denied")}),
    ("firewalld", "public", RICH_RULE, {"firewall-cmd": failed(252, "FirewallD is not running")}),
    ("firewalld", "public", RICH_RULE, {"firewall-cmd": failed(124)}),
    ("firewalld", "public", RICH_RULE, {"firewall-cmd": failed(251, "Error: DBUS_ERROR")}),
]


@pytest.mark.parametrize("kind, where, rule, answers", QUESTIONS)
def test_a_question_that_is_not_answered_is_no_no(tmp_path, kind, where, rule, answers):
    entry = Entry(kind, where, rule, "-", "in")
    node = Node(tmp_path, answers, FIREWALLD_UNITS, None, [entry])
    with pytest.raises(CannotTell):
        node.kinds[kind].undo(entry, node.journal)
    with pytest.raises(CannotTell):
        node.plan()


@pytest.mark.parametrize(
    "kind, where, rule, answers",
    [
        (
            "iptables",
            "iptables",
            IPTABLES_RULE % V4,
            {"iptables -w 10 -C": failed(1, "iptables: Bad rule (does a matching rule exist in that chain?).")},
        ),
        ("iptables", "iptables", IPTABLES_RULE % V4, {"iptables -w 10 -C": failed(1, "iptables: No chain/target/match by that name.")}),
        ("firewalld", "public", RICH_RULE, {"firewall-cmd": 1}),
        ("firewalld", "public", RICH_RULE, {"firewall-cmd": failed(112, "Error: INVALID_ZONE: public")}),
        ("firewalld", "public", RICH_RULE, {"firewall-cmd": failed(252, "FirewallD is not running"), "off": ""}),
        ("nft", "inet filter input", NFT_RULE, {"nft -a list ruleset": ""}),
    ],
)
def test_a_no_is_nothing_to_undo(tmp_path, kind, where, rule, answers):
    entry = Entry(kind, where, rule, "-", "in")
    node = Node(tmp_path, answers, FakeUnits() if "off" in answers else FIREWALLD_UNITS, None, [entry])
    assert node.kinds[kind].undo(entry, node.journal) is Outcome.NOTHING
    assert node.plan() == []


@pytest.mark.parametrize(
    "answers",
    [
        {"nft -a list ruleset": failed(137)},
        {"iptables-save -t filter": failed(1, "iptables-save: Permission denied")},
        {"ufw status": failed(1, "ERROR: you need to be root")},
    ],
)
def test_what_filters_is_not_made_up(tmp_path, answers):
    with pytest.raises(CannotTell):
        Node(tmp_path, answers).plan()


@pytest.mark.parametrize(
    "answers",
    [
        {"nft -a list ruleset": failed(1, "netlink: Error: cache initialization failed: Protocol not supported")},
        {"nft -a list ruleset": failed(127), "ip6tables-save -t filter": failed(127)},
        {"nft -a list ruleset": failed(1)},
        {"ip6tables-save -t filter": failed(1, "ip6tables-save: Cannot initialize: Address family not supported by protocol")},
        {"iptables-save -t filter": failed(1, "can't initialize iptables table `filter': Table does not exist (do you need to insmod?)")},
    ],
)
def test_what_the_kernel_does_not_have_does_not_filter(tmp_path, answers):
    node = Node(tmp_path, answers)
    assert (node.plan(), node.firewall.text()) == ([], "none")


def test_a_range_of_one_port_is_that_port(tmp_path):
    node = Node(tmp_path, {"nft": Nft()}, FakeUnits(), (V4,))
    assert node.plan(PortRange(5900, 5900)) == ["firewall/inet filter input: (none) -> accept tcp 5900 from 192.0.2.7/32"]
    assert node.plan(PortRange(5900, 5999)) == ["firewall/inet filter input: (none) -> accept tcp 5900-5999 from 192.0.2.7/32"]


def test_states_are_words_of_a_record():
    assert bytes_of(present(b"x")) == b"x"
