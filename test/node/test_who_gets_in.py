"""What is said of who gets in: asked where a run touched what filters, and kept for as long as the node lists the same."""

import json
import os

import pytest
from fakes import make_node
from openstack_spice.document.desired import Desired, PortRange
from openstack_spice.firewall.edit_proof import FileRule
from openstack_spice.firewall.kernel import Kernel
from openstack_spice.firewall.proxy_port import ProxyPort
from openstack_spice.firewall.who_gets_in import ANY, MOST_SOURCES, Listener, WhoGetsIn
from openstack_spice.firewall_oracle.oracle import CANNOT_TELL, LET_IN, REFUSED, Answer, Question
from openstack_spice.state.paths import filter_file, record_file

from test_firewall import NO_FIREWALL, FakeUnits
from test_firewall import Node as FirewallNode

PORT = Listener("", PortRange(6082, 6082))
RULES = "table ip nat {\n\tchain output { # handle 1\n\t\tcounter packets %d bytes 7 accept # handle 2\n\t}\n}\n"
IN = Answer(LET_IN)


class Node:
    """A node whose filter lists as given, and an oracle that answers by source; what is not given is let in."""

    def __init__(self, root, listing=RULES % 1, answers=None, sources=("192.0.2.0/24",), record="{}"):
        desired = Desired("controller", "node-1", sources=sources)
        files = {} if record is None else {record_file("controller"): record}
        self.fake = make_node(root, dict(NO_FIREWALL, **{"nft -a list ruleset": listing}), desired=desired, files=files)
        self.answers = answers or {}
        self.asked = []
        self.run()

    def run(self, listing=None):
        """Another run."""
        if listing is not None:
            self.fake.commands.answer("nft -a list ruleset", listing)
        self.who = WhoGetsIn(self.fake.context, Kernel(self.fake.context), "allowedSources")
        self.who._oracle = self
        self.fake.reporter.said.clear()

    def ask(self, questions):
        """As :meth:`Oracle.ask`."""
        self.asked += questions
        return [self.answers.get(one.source, IN) for one in questions]

    @property
    def said(self):
        return self.fake.reporter.said


def test_of_declared_sources_that_get_in_nothing_is_said(tmp_path):
    node = Node(tmp_path, sources=("192.0.2.0/24", "2001:db8::/32"))
    node.who.report(PORT, False)
    assert node.asked == [Question("192.0.2.0/24", "", 6082, 6082, True), Question("2001:db8::/32", "", 6082, 6082, True)]
    assert node.said == []


@pytest.mark.parametrize(
    "answer, text",
    [
        (
            Answer(REFUSED, "inet f input: drop"),
            "192.0.2.0/24 does not get in to TCP 5900-5999, though it is declared: inet f input: drop. "
            "Change that rule, or take the source out of 'allowedSources'",
        ),
        (
            Answer(REFUSED, "ip saddr @f2b drop", is_partly_in=True),
            "a part of 192.0.2.0/24 does not get in to TCP 5900-5999, though it is declared: ip saddr @f2b drop. "
            "Change that rule, or narrow the source in 'allowedSources'",
        ),
        (
            Answer(CANNOT_TELL, "tc"),
            "it cannot be told whether 192.0.2.0/24 gets in to TCP 5900-5999: tc. Try it from there",
        ),
    ],
)
def test_of_a_declared_source_that_does_not_get_in_the_rule_is_named(tmp_path, answer, text):
    node = Node(tmp_path, answers={"192.0.2.0/24": answer})
    node.who.report(Listener("198.51.100.1", PortRange(5900, 5999)), False)
    assert node.asked == [Question("192.0.2.0/24", "198.51.100.1", 5900, 5999, True)]
    assert node.said == [text]


def test_a_number_of_sources_is_tried_and_how_many_are_not_is_said(tmp_path):
    sources = tuple("192.0.2.%d/32" % last for last in range(MOST_SOURCES + 1))
    node = Node(tmp_path, sources=sources)
    node.who.report(PORT, False)
    assert [one.source for one in node.asked] == list(sources[:-1])
    assert node.said == ["of the 21 declared sources the first 20 were tried"]


def test_a_node_without_any_filter_is_open_to_all_and_nothing_is_asked(tmp_path):
    node = Node(tmp_path, "")
    node.who.report(PORT, True)
    assert node.asked == [] and not node.fake.files.exists(filter_file("controller"))
    assert node.said == ["TCP 6082 is open to all. 'dropOtherSources' closes it"]


@pytest.mark.parametrize(
    "answers, said",
    [
        ({}, ["TCP 6082 is open to all. 'dropOtherSources' closes it"]),
        ({"0.0.0.0/0": Answer(REFUSED, "x")}, []),
        ({"0.0.0.0/0": Answer(REFUSED, "@bans", is_partly_in=True)}, ["TCP 6082 is open to all. 'dropOtherSources' closes it"]),
        (
            {"192.0.2.0/24": Answer(LET_IN, left_out=7), "0.0.0.0/0": Answer(REFUSED, "x")},
            [
                "it cannot be told whether 192.0.2.0/24 gets in to TCP 6082: the rules name 7 addresses or ports more within it than "
                "were tried. Try it from there"
            ],
        ),
        (
            {"0.0.0.0/0": Answer(CANNOT_TELL, "tc")},
            ["it cannot be told whether anybody but the declared sources gets in to TCP 6082: tc. Try it from elsewhere"],
        ),
        (
            {"0.0.0.0/0": Answer(REFUSED, "x"), "192.0.2.0/24": Answer(REFUSED, "x")},
            [
                "192.0.2.0/24 does not get in to TCP 6082, though it is declared: x. "
                "Change that rule, or take the source out of 'allowedSources'"
            ],
        ),
    ],
)
def test_nothing_is_called_open_by_a_guess(tmp_path, answers, said):
    node = Node(tmp_path, RULES % 1, answers)
    node.who.report(PORT, True)
    assert [one.source for one in node.asked] == ["0.0.0.0/0", "192.0.2.0/24"]
    assert node.said == said


@pytest.mark.parametrize(
    "address, sources, destination",
    [
        ("", ["0.0.0.0/0"], ""),
        ("192.0.2.1", ["0.0.0.0/0"], "192.0.2.1"),
        ("2001:db8::1", ["::/0"], "2001:db8::1"),
        (ANY, ["::/0", "0.0.0.0/0"], ""),
    ],
)
def test_everybody_is_of_the_families_that_the_proxy_listens_by(tmp_path, address, sources, destination):
    node = Node(tmp_path, RULES % 1, sources=())
    node.who.report(Listener(address, PortRange(6082, 6082)), True)
    assert node.asked == [Question(source, destination, 6082, 6082, True) for source in sources]


def test_what_was_answered_is_kept_for_as_long_as_the_filter_is_the_same(tmp_path):
    node = Node(tmp_path, RULES % 1, {"192.0.2.0/24": Answer(CANNOT_TELL, "tc")})
    node.who.report(PORT, True)
    first = list(node.said)
    assert len(node.asked) == len(first) == 2
    node.run(RULES % 99)  # only counters went on
    node.who.report(PORT, True)
    assert node.said == first and len(node.asked) == 2
    node.run(RULES.replace("accept", "return") % 1)
    node.who.report(PORT, True)
    assert node.said == first and len(node.asked) == 4
    node.who.report(Listener("192.0.2.1", PortRange(6082, 6082)), True)
    assert len(node.asked) == 6


def test_it_is_not_kept_for_a_role_without_a_record(tmp_path):
    node = Node(tmp_path, RULES % 1, record=None)
    node.who.report(PORT, True)
    assert not node.fake.files.exists(filter_file("controller"))


@pytest.mark.parametrize(
    "data",
    ["", "{", "[]", "null", '{"key": 1}', '{"key": "K", "said": {}}', '{"key": "K", "said": [["x"]]}', '{"key": "K", "said": [[1, {}]]}',
     '{"key": "K", "said": [["no-such-message", {}]]}', '{"key": "K", "said": [["port-open-to-all", {}]]}', "x" * 70000],
)  # fmt: skip
def test_what_is_kept_and_damaged_is_asked_for_again(tmp_path, data):
    node = Node(tmp_path, RULES % 1)
    node.who.report(PORT, True)
    key = json.loads(node.fake.files.text(filter_file("controller")))["key"]
    node.fake.files.put(filter_file("controller"), data.replace('"K"', json.dumps(key)))
    node.run()
    node.who.report(PORT, True)
    assert len(node.asked) == 4
    assert node.said == ["TCP 6082 is open to all. 'dropOtherSources' closes it"]


@pytest.mark.parametrize(
    "value, address",
    [("0.0.0.0", ""), ("", ""), ("::", ANY), ("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"), ("$my_ip", ""), ("control-1", "")],
)
def test_the_address_is_the_one_that_the_proxy_listens_on(tmp_path, value, address):
    node = FirewallNode(tmp_path, sources=("192.0.2.0/24",))
    desired = node.fake.context.desired._replace(options={"spice/html5proxy_host": value} if value else {})
    node.fake.context = node.fake.context._replace(desired=desired)
    node.make_parts()
    asked = []
    node.firewall.who_gets_in.report = lambda *given: asked.append(given)
    ProxyPort(node.fake.context, FakeUnits(), None, node.firewall).report_who_gets_in(6082)
    assert asked == [(Listener(address, PortRange(6082, 6082)), True)]


@pytest.mark.parametrize(
    "rule, questions",
    [
        ('inet f input|ip saddr 192.0.2.7 tcp dport 6082 accept comment "x"', [Question("192.0.2.7", "", 6082, 6082)]),
        (
            '-A INPUT -s 192.0.2.7/32 -p tcp -m tcp --dport 5900:5999 -m comment --comment "x" -j ACCEPT',
            [Question("192.0.2.7/32", "", 5900, 5999)],
        ),
        ('inet f input|ip6 saddr 2001:db8::/32 tcp dport 6082 accept comment "x"', [Question("2001:db8::/32", "", 6082, 6082)]),
        ("-A INPUT -s 192.0.2.9/32 -p tcp -m tcp --dport 6082 -j ACCEPT", []),  # not among the first three
        ("-A INPUT -s 203.0.113.0/24 -p tcp -m tcp --dport 6082 -j ACCEPT", []),  # of an earlier document
    ],
)
def test_of_a_boot_file_it_is_asked_for_the_first_sources_alone(tmp_path, rule, questions):
    sources = ("192.0.2.7/32", "2001:db8::/32", "192.0.2.8/32", "192.0.2.9/32")
    node = FirewallNode(tmp_path, sources=sources)
    assert list(node.firewall.edit_proof.questions(FileRule("/etc/nftables.conf", rule))) == questions


def test_sources_that_cannot_meet_the_address_are_not_tried(tmp_path):
    node = Node(tmp_path, sources=("192.0.2.0/24", "2001:db8::/32"))
    node.who.report(Listener("198.51.100.1", PortRange(6082, 6082)), False)
    node.who.report(Listener("2001:db8::1", PortRange(6082, 6082)), False)
    assert [one.source for one in node.asked] == ["192.0.2.0/24", "2001:db8::/32"]


@pytest.mark.parametrize(
    "changes",
    [
        lambda node: node.fake.files.put("/proc/net/fib_trie", "another route"),
        lambda node: os.makedirs(node.fake.files.at("/sys/class/net/eth1")),
        lambda node: node.fake.files.put("/proc/net/if_inet6", "another address"),
    ],
)
def test_it_is_asked_again_where_packets_can_come_by_another_way(tmp_path, changes):
    node = Node(tmp_path, RULES % 1)
    os.makedirs(node.fake.files.at("/sys/class/net/eth0"))
    node.who.report(PORT, True)
    node.run()
    node.who.report(PORT, True)
    assert len(node.asked) == 2
    changes(node)
    node.run()
    node.who.report(PORT, True)
    assert len(node.asked) == 4


@pytest.mark.parametrize(
    "listing, legacy", [(RULES % 1, "raw\n"), ((RULES % 1).replace("accept", 'xt match "set" drop'), ""), (RULES % 1 + "# match-set", "")]
)
def test_what_no_listing_has_is_asked_for_each_time(tmp_path, listing, legacy):
    node = Node(tmp_path, listing)
    node.fake.files.put("/proc/net/ip_tables_names", legacy)
    for asked in (2, 4):
        node.run()
        node.who.report(PORT, True)
        assert len(node.asked) == asked
