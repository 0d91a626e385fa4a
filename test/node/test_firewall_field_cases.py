"""Files as operators write them, and such as are made of their pieces: a rule of ours goes in at its place, what is loaded then is what was
loaded before and that rule, and it comes out again to the last byte."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openstack_spice.firewall.lines import NotPlaced
from openstack_spice.firewall.nft_file import NftChain, NftFile
from openstack_spice.text import from_bytes, to_bytes

from proof_support import PROVEN, ProofNode, on_a_node
from test_closed_ports_in_the_kernel import can_filter

pytestmark = pytest.mark.skipif(not can_filter(), reason="needs root, nft and iptables")

NFT_RULE = 'ip saddr 203.0.113.0/24 tcp dport 6082 accept comment "openstack-spice: SPICE consoles"'
IPTABLES_RULE = '-s 203.0.113.0/24 -p tcp -m tcp --dport 6082 -m comment --comment "openstack-spice: SPICE consoles" -j ACCEPT'


def put_in(file, tool, old, rule, included=()):
    """The file with the rule, after the proof; the reason where there is none."""
    node = ProofNode(str(file), tool, included)

    def there():
        try:
            edit = node.with_rule(old, rule)
        except NotPlaced as answer:
            return answer.reason.encode()
        assert node.backend.file_without(edit.data, rule).data == to_bytes(old)
        outcome = node.proven(old, from_bytes(edit.data), [rule])
        return edit.data if outcome == PROVEN else outcome.encode()

    return from_bytes(on_a_node(there, "eth" in old))


NFT_CASES = {
    "a rule that goes on over lines": (
        "#!/usr/sbin/nft -f\nflush ruleset\ntable inet filter {\n\tchain input {\n"
        "\t\ttype filter hook input priority filter; policy accept;\n"
        '\t\tiif "lo" accept\n\t\tct state established,related accept\n'
        "HERE\t\tip saddr { 203.0.113.0/24, 198.51.100.0/24 } \\\n\t\t\tcounter \\\n"
        "\t\t\tdrop\n\t\ttcp dport { 22, 6080 } accept\n\t\treject\n\t}\n}\n"
    ),
    "braces over lines": (
        "flush ruleset\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n"
        "\t\tct state established,related accept\n\t\tiif lo accept\n\t\ttcp dport {\n\t\t\t22,\n\t\t\t80,\n\t\t\t443\n\t\t} accept\n"
        "HERE\t\treject with icmpx type admin-prohibited\n\t}\n}\n"
    ),
    "no newline at the end": (
        "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t\ttcp dport 22 accept\nHERE\t}\n}"
    ),
    "a jump to a chain that cannot refuse": (
        "table inet filter {\n\tchain count {\n\t\tcounter\n\t}\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n"
        "\t\tjump count\nHERE\t\tjump site\n\t}\n\tchain site {\n\t\ttcp dport 25 drop\n\t}\n}\n"
    ),
    "a verdict map with a name": (
        "table inet filter {\n\tmap blocked {\n\t\ttype ipv4_addr : verdict\n\t}\n\tchain input {\n\t\ttype filter hook input priority 0\n"
        "\t\taccept\nHERE\t\tip saddr vmap @blocked\n\t\tdrop\n\t}\n}\n"
    ),
    "bytes of any encoding": (
        "# \u0434\u043e\u043c {\ntable inet filter {\n\t# \udce9\udcff\n\tchain input {\n\t\ttype filter hook input priority 0\n"
        'HERE\t\treject comment "\u0434\u043e\u043c }"\n\t}\n}\n'
    ),
    "a name for a device and for networks": (
        "define wan = eth0\ndefine lan = { 10.0.0.0/8, 192.0.2.0/24 }\ntable inet filter {\n\tchain input {\n"
        "\t\ttype filter hook input priority 0; policy drop;\n\t\tiif $wan ip saddr $lan accept\nHERE\t\tiif $wan drop\n\t}\n}\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(NFT_CASES))
def test_a_file_for_nft_with(tmp_path, name):
    text = NFT_CASES[name]
    expected = text.replace("HERE", "\t\t%s\n" % NFT_RULE)
    assert put_in(tmp_path / "nftables.conf", "nft", text.replace("HERE", ""), "inet filter input|" + NFT_RULE) == expected


def test_a_native_table_of_the_name_that_iptables_has(tmp_path):
    old = (
        "#!/usr/sbin/nft -f\nflush ruleset\ntable ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority 0; policy drop;\n"
        '\t\tiifname "lo" accept\n\t\tct state established,related accept\n\t\ttcp dport { 22, 6080 } accept\n\t}\n}\n'
    )
    expected = old.replace("6080 } accept\n", "6080 } accept\n\t\t%s\n" % NFT_RULE)
    assert put_in(tmp_path / "nftables.conf", "nft", old, "ip filter INPUT|" + NFT_RULE) == expected


def test_a_file_that_is_included(tmp_path):
    old = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n}\n"
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "10-site.nft").write_text("tcp dport 22 accept\ntcp dport 25 drop\n")
    included = str(tmp_path / "rules.d" / "*.nft")
    old = old.replace("\t}\n}", '\t\tinclude "%s"\n\t}\n}' % included)
    expected = old.replace("\t\tinclude", "\t\t%s\n\t\tinclude" % NFT_RULE)
    assert put_in(tmp_path / "nftables.conf", "nft", old, "inet filter input|" + NFT_RULE, [included]) == expected


IPTABLES_CASES = {
    "leading blanks": "  -A INPUT -i lo -j ACCEPT\n  -A INPUT -p tcp --dport 22 -j ACCEPT\nHERE  -A INPUT -j REJECT\n",
    "rules that are inserted": "-I INPUT -j REJECT\nHERE-I INPUT -p tcp --dport 22 -j ACCEPT\n-I INPUT -i lo -j ACCEPT\n",
    "long options": "--append INPUT -i lo -j ACCEPT\n--append INPUT -p tcp --dport 22 --jump ACCEPT\nHERE--append INPUT --jump REJECT\n",
    "counters and several sources": "[3:180] -A INPUT -s 10.0.0.1,10.0.0.2 -j ACCEPT\nHERE[0:0] -A INPUT -s 10.0.0.3,10.0.0.4 -j DROP\n",
    "a policy alone": "-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp --dport 22 -j ACCEPT\nHERE",
}


@pytest.mark.parametrize("tool", ["iptables-nft", "iptables-legacy"])
@pytest.mark.parametrize("name", sorted(IPTABLES_CASES))
def test_a_file_for_iptables_with(tmp_path, tool, name):
    text = "*filter\n:INPUT %s [0:0]\n%sCOMMIT\n" % ("DROP" if name == "a policy alone" else "ACCEPT", IPTABLES_CASES[name])
    ours = ("-I" if "inserted" in name else "-A") + " INPUT " + IPTABLES_RULE + "\n"
    found = put_in(tmp_path / "rules.v4", tool, text.replace("HERE", ""), "-A INPUT " + IPTABLES_RULE)
    assert found == text.replace("HERE", ours)


def test_a_file_for_iptables_without_a_newline_at_the_end(tmp_path):
    old = "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT"
    found = put_in(tmp_path / "rules.v4", "iptables-nft", old, "-A INPUT " + IPTABLES_RULE)
    assert found == old.replace("COMMIT", "-A INPUT %s\nCOMMIT" % IPTABLES_RULE)
    # iptables-legacy 1.8.9 does not load it, so a boot would not.
    assert put_in(tmp_path / "rules.v4", "iptables-legacy", old, "-A INPUT " + IPTABLES_RULE).startswith("iptables-legacy-restore: ")


NFT_PIECES = (
    'iif "lo" accept',
    "tcp dport { 22, 80 } accept",
    "tcp dport {\n\t\t\t22, # ssh }\n\t\t\t80\n\t\t} accept",
    "ip saddr { 10.0.0.0/8, 192.0.2.0/24 } \\\n\t\t\tcounter \\\n\t\t\taccept",
    'log prefix "a } ; # b"',
    "jump count",
    "jump site",
    "ip saddr 198.51.100.0/24 drop",
    "ct state vmap { established : accept, invalid : drop }",
    "udp dport 53 reject",
)
COMMENTS = ("", "", "", "# a comment { ;\n\t\t", "\n\t\t# and \\\n\t\t")
ENDS = ("\n\t\t", "\n\t\t", "; ", ";\n\t\t", " ;; ", " # end }\n\t\t")
BLOCK = "table inet filter {\n\tchain count {\n\t\tcounter\n\t}\n\tchain site {\n\t\ttcp dport 25 drop\n\t}\n\tchain input {%s}\n}%s"
pieces = st.lists(st.tuples(st.sampled_from(COMMENTS), st.sampled_from(NFT_PIECES), st.sampled_from(ENDS)), max_size=6)
policies = st.sampled_from(["drop", "accept"])
slow = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)


@st.composite
def nft_files(draw):
    """A table with a base chain of some of the pieces, in some style; sometimes in two blocks, or with commands behind them."""
    base = "type filter hook input priority 0; policy %s;" % draw(policies)
    blocks = [draw(pieces)] + ([draw(pieces)] if draw(st.booleans()) else [])
    text = "flush ruleset\n" if draw(st.booleans()) else ""
    for number, block in enumerate(blocks):
        begin = draw(st.sampled_from(["\n\t\t", " "])) + (base + draw(st.sampled_from(["\n\t\t", " "])) if number == 0 else "")
        text += BLOCK % (begin + "".join("".join(piece) for piece in block), "\n")
    if draw(st.booleans()):
        verb = draw(st.sampled_from(["add", "insert"]))
        text += "%s rule inet filter input %s\n" % (verb, draw(st.sampled_from(NFT_PIECES[:2] + NFT_PIECES[-2:])))
    return text if draw(st.booleans()) else text.rstrip("\n")


@settings(slow, max_examples=100)
@given(nft_files(), st.integers(0, 20))
def test_any_file_for_nft_gives_the_rule_back_wherever_it_went_in(text, number):
    written = NftChain("inet filter input", "file", lambda _: text, lambda _: [])
    edit = written.with_rule(number if number < written.number else None, NFT_RULE)
    assert edit.data.decode().count(NFT_RULE) == 1
    assert NftFile(edit.data).without("inet filter input", NFT_RULE).data == text.encode()


@slow
@given(nft_files())
def test_any_file_for_nft_gets_the_rule_and_gives_it_back(tmp_path, text):
    found = put_in(tmp_path / "nftables.conf", "nft", text, "inet filter input|" + NFT_RULE)
    # That it comes out again as it went in is seen before the proof.
    assert found.count(NFT_RULE) == 1, (text, found)


IPTABLES_PIECES = (
    "-A INPUT -i lo -j ACCEPT",
    "  -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
    "[3:180] -A INPUT -s 198.51.100.0/24 -j DROP",
    "-A INPUT -s 10.0.0.1,10.0.0.2 -j ACCEPT",
    "--append INPUT -m conntrack --ctstate INVALID -j DROP",
    "-I INPUT -p icmp -j ACCEPT",
    "-I INPUT 1 -p udp -j ACCEPT",
    "-A site -p tcp -m tcp --dport 25 -j DROP",
    "-A INPUT -j site",
    '-A INPUT -m comment --comment "-A INPUT # \\" ;" -j ACCEPT',
    "# a comment",
    "",
)
table = st.tuples(policies, st.lists(st.sampled_from(IPTABLES_PIECES), max_size=8))


@slow
@given(st.lists(table, min_size=1, max_size=2), st.booleans(), st.sampled_from(["iptables-nft", "iptables-legacy"]))
def test_any_file_for_iptables_gets_the_rule_and_gives_it_back(tmp_path, tables, ends, tool):
    text = "".join(
        "*filter\n:INPUT %s [0:0]\n:FORWARD ACCEPT [0:0]\n:site - [0:0]\n%sCOMMIT\n"
        % (policy.upper(), "".join(line + "\n" for line in lines))
        for policy, lines in tables
    )
    text = text + "# the end" if ends else text
    found = put_in(tmp_path / "rules.v4", tool, text, "-A INPUT " + IPTABLES_RULE)
    lines = found.split("\n")
    ours = [line for line in lines if IPTABLES_RULE in line]
    assert len(ours) == 1, (text, found)
    lines.remove(ours[0])
    assert lines == text.split("\n")
