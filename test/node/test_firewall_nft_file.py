"""Files for `nft -f`, which are free text: where a rule of ours goes in, and that it comes out again to the last byte. What they load is
in test_firewall_boot_proof.py."""

import pytest
from openstack_spice.firewall.lines import NotPlaced
from openstack_spice.firewall.nft_file import NftChain, NftFile
from openstack_spice.firewall.nft_parser import chains_of, includes_of
from openstack_spice.firewall.nft_tokens import Unreadable, tokens_of

CHAIN = "inet filter input"
RULE = 'ip saddr 192.0.2.7 tcp dport 6082 accept comment "openstack-spice: SPICE consoles"'
COMMAND = "rule inet filter input " + RULE


def written(text, others=None, chain=CHAIN):
    """A chain of a file, and of what it includes."""
    files = dict(others or {}, main=text)

    def included(pattern):
        return [(pattern, files[pattern])] if pattern in files else None

    return NftChain(chain, "main", files.__getitem__, included)


def with_rule(text, index, others=None):
    """The text with the rule, which comes out of it again as it went in."""
    edit = written(text, others).with_rule(index, RULE)
    assert NftFile(edit.data).find(CHAIN, RULE)
    assert NftFile(edit.data).without(CHAIN, RULE).data == text.encode()
    removed = NftFile(edit.data).without(CHAIN, RULE)
    assert (removed.removed, removed.added) == (edit.added, edit.removed)
    return edit.data.decode()


BLOCK = """table inet filter {
  set bad { type ipv4_addr; flags interval
    elements = { 198.51.100.0/24, # a comment }
      198.18.0.0/15 }
  }
  chain input {
    type filter hook input priority 0; policy drop;
    iif "lo" accept # first
    tcp dport {
      22,
      80
    } accept
    ip saddr { 10.0.0.0/8, 192.0.2.0/24 } \\
      counter \\
      drop
    tcp dport 25 reject; tcp dport 26 reject
    log prefix "a { b ; # c" accept
  }
  chain forward { type filter hook forward priority 0; policy drop; }
}
"""


@pytest.mark.parametrize(
    "index, before",
    [
        (0, '    iif "lo" accept'),
        (1, "    tcp dport {\n"),
        (2, "    ip saddr { 10"),
        (3, "    tcp dport 25"),
        (5, "    log prefix"),
        (None, "  }\n  chain forward"),
    ],
)
def test_a_rule_has_a_line_of_its_own_before_the_statement_of_that_number(index, before):
    assert with_rule(BLOCK, index) == BLOCK.replace(before, "    %s\n%s" % (RULE, before))


def test_a_statement_that_is_not_the_first_of_its_line_has_the_rule_before_it_on_the_same():
    assert with_rule(BLOCK, 4) == BLOCK.replace("tcp dport 26", RULE + "; tcp dport 26")


@pytest.mark.parametrize("tail", ["", "\n", "\n\n", "\n# the end"])
@pytest.mark.parametrize(
    "block, index, expected",
    [
        ("{ type filter hook input priority 0; accept; }", 0, "{ type filter hook input priority 0; RULE; accept; }"),
        ("{ type filter hook input priority 0; accept; }", None, "{ type filter hook input priority 0; accept; RULE; }"),
        ("{ type filter hook input priority 0; accept }", None, "{ type filter hook input priority 0; accept ;;; RULE; }"),
        ("{accept;}", None, "{accept;RULE; }"),
        ("{}", None, "{RULE; }"),
        ("{ \\\n accept\n}", 0, "{ \\\n RULE; accept\n}"),
        ("{\n\taccept \\\n\t}", None, "{\n\taccept \\\n\t;;; RULE; }"),
        ("{\n}", None, "{\n\tRULE\n}"),
        ("{\n    accept\n    }", None, "{\n    accept\n    \tRULE\n    }"),
        ("{ # comment\n    accept\n\n  # the end\n}", None, "{ # comment\n    accept\n\n  # the end\n    RULE\n}"),
    ],
)
def test_of_blocks_in_every_style(block, index, expected, tail):
    text = "table inet filter { chain input %s\n}" + tail
    assert with_rule(text % block, index) == text % expected.replace("RULE", RULE)


COMMANDS = """add table inet filter
add chain inet filter input { type filter hook input priority 0; policy drop; }
add rule inet filter input iif lo accept; add rule inet filter input tcp dport { 22,
  80 } accept
insert rule inet filter input ct state established accept # comes first
add rule inet filter input drop"""


@pytest.mark.parametrize(
    "index, old, new",
    [
        (0, "comes first\n", "comes first\ninsert %s\n" % COMMAND),
        (1, "add rule inet filter input iif", "add %s\nadd rule inet filter input iif" % COMMAND),
        (2, "add rule inet filter input tcp", "add %s; add rule inet filter input tcp" % COMMAND),
        (3, "add rule inet filter input drop", "add %s\nadd rule inet filter input drop" % COMMAND),
        (None, "input drop", "input drop\nadd " + COMMAND),
    ],
)
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_script_of_commands_gets_one(index, old, new, end):
    assert with_rule(COMMANDS + end, index) == (COMMANDS + end).replace(old, new)


def test_a_chain_that_is_made_with_a_policy_alone_gets_the_rule_into_its_braces():
    text = "add table inet filter\nadd chain inet filter input { type filter hook input priority 0; policy drop; }\n"
    assert with_rule(text, None) == text.replace("policy drop; ", "policy drop; %s; " % RULE)


def test_a_block_that_is_written_twice_counts_as_one_chain():
    first = "table inet filter {\n\tchain input {\n\t\taccept\n\t}\n}\n"
    second = "table inet filter {\n\tchain input {\n\t\tdrop\n\t}\n}\n"
    assert written(first + second).number == 2
    assert with_rule(first + second, 1) == first + second.replace("\t\tdrop", "\t\t%s\n\t\tdrop" % RULE)
    assert written(first + "flush ruleset\n" + second).number == 1
    assert written(first + "flush table inet filter; flush chain ip filter input\n" + second).number == 1
    assert written(first + "flush chain inet filter other\nflush ruleset ip\n" + second).number == 2
    assert written(first + "delete table inet filter\n" + second).number == 1


class TestIncludes:
    DEFINED = "define lan = { 10.0.0.0/8,\n  192.0.2.0/24 }\n"
    MAIN = DEFINED + 'table inet filter {\n\tchain input {\n\t\taccept\n\t\tinclude "more"\n\t\tdrop\n\t}\n}\n'
    MORE = "tcp dport 22 accept\ntcp dport 25 drop\n"

    def test_within_a_chain_count_and_have_the_rule_before_them(self):
        others = {"more": self.MORE}
        assert written(self.MAIN, others).number == 4
        expected = self.MAIN.replace('\t\tinclude "more"', '\t\t%s\n\t\tinclude "more"' % RULE)
        for index in (1, 2):
            assert with_rule(self.MAIN, index, others) == expected
        assert with_rule(self.MAIN, 3, others) == self.MAIN.replace("\t\tdrop", "\t\t%s\n\t\tdrop" % RULE)

    def test_of_whole_tables_have_the_rule_in_themselves(self):
        table = "table inet filter {\n\tchain input {\n\t\tdrop\n\t}\n}"
        chain = written('flush ruleset; include "more"; # ours\n', {"more": table})
        assert chain.file_for(0) == "more"
        assert chain.with_rule(0, RULE).data.decode() == table.replace("\t\tdrop", "\t\t%s\n\t\tdrop" % RULE)

    def test_that_are_not_there_leave_no_place(self):
        with pytest.raises(NotPlaced) as stop:
            written(self.MAIN).with_rule(0, RULE)
        assert stop.value.reason == "it includes what is not there"

    def test_are_found_wherever_a_statement_begins(self):
        text = 'include "a"; include "b" # include "c"\ntable ip x { include "d"\n chain y { include "e"; } }\nlog prefix include "f"\n'
        assert includes_of(text) == ["a", "b", "d", "e"]


@pytest.mark.parametrize(
    "more, reason",
    [
        ("add rule inet filter input position 3 drop", "a rule of it has its place by number"),
        ("insert rule inet filter input index 0 drop", "a rule of it has its place by number"),
        ("replace rule inet filter input handle 3 drop", "a rule of it has its place by number"),
        ("delete rule inet filter input handle 3", "a rule of it is taken away again"),
        ("rename chain inet filter input other", "a rule of it is taken away again"),
    ],
)
def test_a_chain_whose_rules_are_told_by_number_has_no_place(more, reason):
    with pytest.raises(NotPlaced) as stop:
        written(BLOCK + more + "\n").with_rule(0, RULE)
    assert stop.value.reason == reason


@pytest.mark.parametrize(
    "text, reason",
    [
        ('table inet filter {\n\tchain input {\n\t\tiifname "eth0\n', "a quote is left open in line 3"),
        ("table inet filter {\n\tchain input {\n", "a chain's block is left open"),
        ("table inet filter {\n", "a table's block is left open"),
        ("table inet filter {\n\tset x {\n", "a brace is left open"),
        ("}\n", "a brace is closed that is not open"),
    ],
)
def test_a_file_that_cannot_be_read_has_no_place(text, reason):
    with pytest.raises(NotPlaced) as stop:
        written(text)
    assert stop.value.reason == reason
    with pytest.raises(Unreadable):
        chains_of(text, "", lambda _: [])


def test_a_file_that_cannot_be_read_gives_back_a_rule_that_is_a_line():
    broken = 'table inet filter {\n\tchain input {\n%s\t\tiifname "eth0\n'
    data = (broken % ("\t\t%s\n" % RULE)).encode()
    assert NftFile(data).without(CHAIN, RULE).data == (broken % "").encode()


class TestARuleIsFound:
    TEXT = "table inet filter {\n\tchain input {\n\t\t%s\n\t}\n\tchain other {\n\t\taccept\n\t}\n}\n"

    def test_whatever_blanks_are_in_it(self):
        assert NftFile((self.TEXT % RULE.replace(" tcp", "  tcp")).encode()).find(CHAIN, RULE)
        assert NftFile((self.TEXT % RULE.replace(" tcp", " \\\n tcp")).encode()).find(CHAIN, RULE)

    def test_in_its_own_chain_alone_and_not_in_a_comment(self):
        data = (self.TEXT % RULE).encode()
        assert not NftFile(data).find("inet filter other", RULE)
        assert not NftFile(data).find("ip filter input", RULE)
        assert not NftFile((self.TEXT % ("# " + RULE)).encode()).find(CHAIN, RULE)

    def test_with_a_comment_of_somebody_that_stays(self):
        data = (self.TEXT % (RULE + " # asked for by Ann")).encode()
        assert NftFile(data).without(CHAIN, RULE).data == (self.TEXT % " # asked for by Ann").encode()

    def test_in_a_table_without_a_family(self):
        text = "table filter { chain INPUT { %s; } }" % RULE
        assert NftFile(text.encode()).find("ip filter INPUT", RULE)
        assert written(text, chain="ip filter INPUT").number == 1


def test_tokens_are_as_nft_has_them():
    text = 'a\\\nb "c # ;\nd" # e\n{f;}\\x'
    assert [token.text for token in tokens_of(text)] == ["a", "b", '"c # ;\nd"', "\n", "{", "f", ";", "}", "\\x", ""]
