"""What other programs write and ours read, fed with texts that somebody may have put there: each is read; none breaks it, or makes it
hang, or is answered by something that is not there."""

from fakes import failed, make_node
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openstack_spice.document.desired import Desired
from openstack_spice.errors import CannotTell, Refused
from openstack_spice.firewall import firewalld_text, iptables_text, nftables_text
from openstack_spice.firewall.accepting import accepting_rules
from openstack_spice.firewall.closed_ports_text import ports_of, title_of
from openstack_spice.firewall.firewall import Firewall
from openstack_spice.firewall.iptables_file import IptablesFile
from openstack_spice.firewall.lines import Lines, NotPlaced
from openstack_spice.firewall.nft_file import NftChain, NftFile
from openstack_spice.firewall.nft_parser import includes_of
from openstack_spice.firewall.rules import rule_text
from openstack_spice.firewall.ufw import has_tuple
from openstack_spice.messages import text_of
from openstack_spice.text import to_bytes

from test_firewall import FakeUnits

FORMS = (
    "*filter\n:INPUT DROP [0:0]\n-A INPUT -j REJECT\nCOMMIT",
    "*filter\nCOMMIT",
    "table inet filter {\n\tchain input { # handle 1\n\t\ttype filter hook input priority 0; policy drop;\n\t\treject # handle 2\n\t}\n}",
    "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n}",
    "public\npublic (default)\n  target: default\n  interfaces: eth0\n  sources: 192.0.2.0/24",
    '<rule family="ipv4">\n<source address="192.0.2.0/24"/>\n<port port="6082" protocol="tcp"/>\n<accept/>\n</rule>',
    "### tuple ### allow tcp 6082 0.0.0.0/0 any 192.0.2.0/24 in",
    "-A INPUT -p tcp -m tcp --dport 5901 -j ACCEPT",
)
PIECES = tuple(sorted({line for form in FORMS for line in form.split("\n")})) + (
    "chain {",
    "table {",
    "table x {",
    ":",
    "*",
    "-A ",
    "-A INPUT",
)
LINE = b"-A INPUT -s 192.0.2.7/32 -j ACCEPT"
RULE = 'rule family="ipv4" source address="192.0.2.0/24" port port="6082" protocol="tcp" accept'

EXAMPLES = 80
bytes_of_all_kinds = st.binary(max_size=200).map(lambda data: data.decode("utf-8", "surrogateescape"))
lines_that_begin_well = st.lists(
    st.one_of(st.sampled_from(FORMS), st.sampled_from(PIECES), st.text(max_size=40), st.sampled_from(("\t", "", "\r", "\x1b[0m", "\x85"))),
    max_size=12,
).map("\n".join)
garbage = st.one_of(bytes_of_all_kinds, lines_that_begin_well.filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
fast = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)


def nft_chain(text):
    return NftChain("inet filter input", "file", lambda _: text, lambda _: [])


class TestEachFormIsKnown:
    def test_of_iptables(self):
        assert iptables_text.first_refusal(FORMS[0]) == 1
        assert IptablesFile(FORMS[1].encode()).with_line(None, LINE).data == b"*filter\n" + LINE + b"\nCOMMIT"

    def test_of_nftables(self):
        assert nftables_text.refusing_chains(FORMS[2]) == [("inet filter input", "2")]
        edit = nft_chain(FORMS[3]).with_rule(None, "accept")
        assert edit.data.decode() == FORMS[3].replace("\n\t}", "\n\t\taccept\n\t}")

    def test_of_firewalld(self):
        assert firewalld_text.zones_for("192.0.2.0/24", "public", firewalld_text.zones_of(FORMS[4].split("\n", 1)[1])) == ["public"]
        assert firewalld_text.rule_in_file(FORMS[5].encode(), RULE) == (0, 5)

    def test_of_ufw_and_of_rules_that_accept(self):
        assert has_tuple(FORMS[6], "/etc/ufw/user.rules", "allow from 192.0.2.0/24 to any port 6082 proto tcp")
        assert list(accepting_rules([FORMS[7]], 5900, 5999, frozenset())) == [FORMS[7]]


@fast
@given(garbage)
def test_of_iptables_is_read(text):
    data = to_bytes(text)
    number = iptables_text.first_refusal(text)
    assert number is None or number >= 1
    written = IptablesFile(data)
    try:
        for index in [None] + list(range(written.number)):
            edit = written.with_line(index, LINE)
            assert IptablesFile(edit.data).without_line(LINE).data == data
    except NotPlaced as answer:
        assert "\n" not in answer.reason


@fast
@given(garbage)
def test_of_nftables_is_read(text):
    try:
        for chain, handle in nftables_text.refusing_chains(text):
            assert len(chain.split(" ")) == 3 and (handle == "end" or handle.isdigit())
    except CannotTell as answer:
        assert "in no table" in answer.reason
    nftables_text.table_of(text, "openstack_spice")
    includes_of(text)
    assert NftFile(to_bytes(text)).without("inet filter input", "RULE").data == to_bytes(text)
    try:
        for index in [None] + list(range(nft_chain(text).number)):
            edit = nft_chain(text).with_rule(index, "RULE")
            assert NftFile(edit.data).without("inet filter input", "RULE").data == to_bytes(text)
    except NotPlaced as answer:
        assert "\n" not in answer.reason


@fast
@given(garbage)
def test_of_firewalld_is_read(text):
    zones = firewalld_text.zones_of(text)
    assert set(firewalld_text.zones_for("192.0.2.0/24", "public", zones)) <= {zone.name for zone in zones}
    data = to_bytes(text)
    firewalld_text.is_strange(data)
    edit = firewalld_text.file_with(data, RULE)
    if edit.data != data:
        assert firewalld_text.rule_in_file(edit.data, RULE)
    found = firewalld_text.rule_in_file(data, RULE)
    assert (firewalld_text.file_without(data, RULE).data == data) == (found is None)


@fast
@given(garbage)
def test_of_ufw_a_record_and_our_own_file_is_read(text):
    has_tuple(text, "/etc/ufw/user.rules", text.replace("\n", " "))
    rule_text(text.replace("\n", " "))
    list(accepting_rules(text.split("\n"), 5900, 5999, frozenset()))
    data = to_bytes(text)
    title_of(data), ports_of(data)
    lines = Lines(data)
    assert lines.unchanged().data == data


@fast
@given(
    garbage, st.sampled_from(["nft", "iptables-save", "ip6tables-save", "ufw", "firewall-cmd"]), st.sampled_from([0, 0, 0, 1, 2, 124, 137])
)
def test_as_an_answer_of_a_tool_is_planned_with_or_refused_in_one_line(tmp_path, text, tool, status):
    answers = {
        "nft": "",
        "iptables-save": "",
        "ip6tables-save": "",
        "ufw": "Status: active\n",
        "firewall-cmd": "public\n",
        "iptables": failed(1, "Bad rule"),
    }
    answers[tool] = failed(status, text, text) if "\udc80" > max(text or " ") else failed(status)
    desired = Desired("controller", "n", sources=("192.0.2.0/24", "2001:db8::/32"))
    node = make_node(tmp_path, answers, desired=desired)
    node.commands.answer("ip6tables", failed(1, "Bad rule"))
    units = FakeUnits({"firewalld": "enabled active"} if tool == "firewall-cmd" else {})
    try:
        assert all(planned.entry.written == "in" for planned in Firewall(node.context, units).plan(6082))
    except Refused as stop:
        assert "\n" not in text_of(stop)
    except CannotTell as answer:
        assert "\n" not in answer.reason and answer.reason.isprintable()
