"""Files that iptables-restore loads, as people write them: where a rule of ours goes in, and that it comes out again to the last byte.
What they load is in test_firewall_boot_proof.py."""

import pytest
from openstack_spice.firewall.iptables_file import IptablesFile
from openstack_spice.firewall.lines import NotPlaced

RULE = '-s 192.0.2.7/32 -p tcp -m tcp --dport 6082 -m comment --comment "openstack-spice: SPICE consoles" -j ACCEPT'
LINE = ("-A INPUT " + RULE).encode()


def filter_table(*lines):
    return "*filter\n:INPUT DROP [0:0]\n:site - [0:0]\n" + "".join(line + "\n" for line in lines) + "COMMIT\n"


def with_line(text, index, family="4"):
    """The text with the rule, which comes out of it again as it went in."""
    edit = IptablesFile(text.encode(), family).with_line(index, LINE)
    assert IptablesFile(edit.data).find(LINE) is not None
    assert IptablesFile(edit.data).without_line(LINE).data == text.encode()
    return edit.data.decode()


@pytest.mark.parametrize("end", ["", "\n", "\n\n# the end"])
@pytest.mark.parametrize(
    "lines, index, at, new",
    [
        (["-A INPUT -i lo -j ACCEPT", "-A INPUT -j REJECT"], 1, 1, "-A INPUT"),
        (["-A INPUT -i lo -j ACCEPT", "-A INPUT -j REJECT"], None, 2, "-A INPUT"),
        (["  -A INPUT -i lo -j ACCEPT", "\t-A\tINPUT -j REJECT"], 1, 1, "-A INPUT"),
        (["--append INPUT -i lo --jump ACCEPT", "--app INPUT --jump REJECT"], 1, 1, "-A INPUT"),
        (["[7:420] -A INPUT -i lo -j ACCEPT", "# drop", "", "[0:0] -A INPUT -j REJECT"], 1, 3, "-A INPUT"),
        (["-A site -j DROP", "-A INPUT -i lo -j ACCEPT", "-A INPUT -j site"], 1, 2, "-A INPUT"),
        (["-p tcp -A INPUT -j ACCEPT", "-j REJECT -AINPUT"], 1, 1, "-A INPUT"),
        (['-A INPUT -m comment --comment "a -I INPUT \\" b" -j ACCEPT', "-A INPUT -j DROP"], 1, 1, "-A INPUT"),
        (["-I INPUT -j REJECT", "-I INPUT -p tcp --dport 22 -j ACCEPT", "-I INPUT 1 -i lo -j ACCEPT"], 2, 1, "-I INPUT"),
        (["-A INPUT -i lo -j ACCEPT", "-I INPUT 2 -j DROP", "-A INPUT -p icmp -j ACCEPT"], 1, 2, "-I INPUT 2"),
        (["-A INPUT -s 10.0.0.1,10.0.0.2 -d 10.1.0.1,10.1.0.2 -j ACCEPT", "-A INPUT -j DROP"], 4, 1, "-A INPUT"),
        (["-A INPUT -j DROP", "-F INPUT", "-A INPUT -i lo -j ACCEPT", "-A INPUT -j REJECT"], 1, 3, "-A INPUT"),
        (["-A INPUT -j DROP", "-F", "-A INPUT -j REJECT"], 0, 2, "-A INPUT"),
        (["-A INPUT -j DROP", "-D INPUT 1", "-A INPUT -j REJECT"], 0, 2, "-A INPUT"),
        (["-A INPUT -j ACCEPT", "-R INPUT 1 -j DROP"], None, 2, "-A INPUT"),
        (["-A INPUT -6 -j DROP", "-A INPUT -4 -j DROP"], 0, 1, "-A INPUT"),
        (["-N other", "-P FORWARD DROP", "-A INPUT -j DROP"], 0, 2, "-A INPUT"),
    ],
)
def test_a_rule_has_a_line_before_the_one_that_gives_the_rule_of_that_number(lines, index, at, new, end):
    table = ("*nat\n-A INPUT -j ACCEPT\nCOMMIT\n" + filter_table(*lines)).rstrip("\n") + end
    ours = new + " " + RULE
    expected = ("*nat\n-A INPUT -j ACCEPT\nCOMMIT\n" + filter_table(*(lines[:at] + [ours] + lines[at:]))).rstrip("\n") + end
    assert with_line(table, index) == expected


def test_of_two_filter_tables_the_last_counts():
    first, last = filter_table("-A INPUT -j DROP", "-A INPUT -j DROP"), filter_table("-A INPUT -i lo -j ACCEPT", "-A INPUT -j REJECT")
    assert IptablesFile((first + last).encode()).number == 2
    assert with_line(first + last, 1) == first + last.replace("-A INPUT -j REJECT", LINE.decode() + "\n-A INPUT -j REJECT")


def test_of_another_family_is_no_rule():
    text = filter_table("-A INPUT -4 -j DROP", "-A INPUT -j DROP")
    assert (IptablesFile(text.encode(), "4").number, IptablesFile(text.encode(), "6").number) == (2, 1)


@pytest.mark.parametrize(
    "text, index, reason",
    [
        ("*nat\nCOMMIT\n", None, "it has no filter table that is ended by COMMIT"),
        ("*filter\n-A INPUT -j DROP\n", 0, "it has no filter table that is ended by COMMIT"),
        (filter_table("-j DROP"), None, "line 4 does not say what it does to which chain"),
        (filter_table("-A INPUT -j DROP", "-D INPUT -j DROP"), 0, "line 5 changes what other lines made"),
        (filter_table("-I INPUT 3 -j DROP"), 0, "line 4 changes what other lines made"),
        (
            filter_table("-A INPUT -j DROP", "-A INPUT -p tcp -j ACCEPT", "-I INPUT 2 -j REJECT"),
            0,
            "later lines have their places by number",
        ),
    ],
)
def test_a_file_without_a_sure_place_has_none(text, index, reason):
    with pytest.raises(NotPlaced) as stop:
        IptablesFile(text.encode()).with_line(index, LINE)
    assert stop.value.reason == reason


@pytest.mark.parametrize(
    "spelled", ["-A INPUT " + RULE, "  -A INPUT  " + RULE, "[1:2] -A INPUT " + RULE, "-I INPUT " + RULE, "--append INPUT " + RULE]
)
def test_a_rule_is_found_however_its_line_begins(spelled):
    assert IptablesFile(filter_table("-A INPUT -j DROP", spelled).encode()).find(LINE) == 4


@pytest.mark.parametrize("other", ["#-A INPUT " + RULE, "-A site " + RULE, "-D INPUT " + RULE, "-A INPUT " + RULE.replace("6082", "6083")])
def test_another_line_is_not_taken_for_it(other):
    data = filter_table(other).encode()
    assert IptablesFile(data).find(LINE) is None
    assert IptablesFile(data).without_line(LINE).data == data
