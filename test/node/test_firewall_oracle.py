"""The oracle's parts without a kernel, and its program as a child process: what it makes of rubbish, of a ruleset of thousands, of time."""

import contextlib
import ipaddress
import json
import os
import resource
import sys
import time

import pytest
from firewall_world import Case, build, load, shell
from openstack_spice.firewall_oracle import legacy_text, nftables, sources
from openstack_spice.firewall_oracle.errors import CannotTell
from openstack_spice.firewall_oracle.namespaces import isolated, tool
from openstack_spice.firewall_oracle.netlink import NETFILTER, ROUTE, Netlink
from openstack_spice.firewall_oracle.oracle import CANNOT_TELL, LET_IN, REFUSED, Answer, Oracle, Question, Step, answers
from openstack_spice.firewall_oracle.ruleset import EMPTY, Ruleset
from openstack_spice.system.commands import Commands, Result
from openstack_spice.system.interruption import Interruption

from test_firewall_oracle_copy import needs_root

GOOD = {"kind": "let-in", "reason": "", "is_partly_in": False, "on_route": "", "left_out": 0}
QUESTION = Question("198.18.113.77/32", "198.18.0.10", 6082, 6082)


class Scripted(Commands):
    """Gives one result, and counts how often it was asked for."""

    def __init__(self, result):
        super().__init__(Interruption())
        self.result, self.runs = result, []

    def run(self, argv, *positional, **named):
        self.runs.append((argv, named))
        return self.result


def rubbish(**changed):
    return Result(0, json.dumps([dict(GOOD, **changed)]).encode(), b"")


@pytest.mark.parametrize(
    "result",
    [
        Result(0, b"", b""),
        Result(0, b"[]", b""),
        Result(0, b'{"kind": "let-in"}', b""),
        Result(0, b"[1]", b""),
        Result(0, b'[{"kind": "let-in"}]', b""),
        Result(0, json.dumps([GOOD, GOOD]).encode(), b""),
        Result(0, json.dumps([GOOD]).encode()[:-2], b""),
        Result(0, b"[" * 100000, b""),
        Result(0, b"\xff", b""),
        rubbish(kind="open"),
        rubbish(kind=None),
        rubbish(on_route="cannot-tell"),
        rubbish(reason=7),
        rubbish(is_partly_in="no"),
        rubbish(left_out=None),
        Result(0, json.dumps([GOOD]).encode().replace(b'"kind"', b'"kid"'), b""),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(result):
    assert Oracle(Scripted(result)).ask([QUESTION]) == [
        Answer(CANNOT_TELL, "the program that asks the kernel gave no answer that can be read")
    ]


@pytest.mark.parametrize(
    "result, reason",
    [
        (Result(124, b"", b""), "it took too long"),
        (Result(1, json.dumps([GOOD]).encode(), b"Traceback\nMemoryError"), "MemoryError"),
        (Result(137, b"", b""), "exit status 137"),
        (Result(127, b"", b""), "exit status 127"),
    ],
)
def test_a_program_that_fails_knows_nothing(result, reason):
    found = Oracle(Scripted(result)).ask([QUESTION, QUESTION])
    assert found == [Answer(CANNOT_TELL, "the program that asks the kernel failed: " + reason)] * 2


def test_an_answer_is_one_line_and_bounded():
    result = rubbish(kind="refused", reason="a\nb\t" + "c" * 5000)
    assert answers(result, 1) == [Answer(REFUSED, "a b " + "c" * 596)]


def test_no_question_costs_no_process():
    commands = Scripted(Result(0, b"[]", b""))
    assert Oracle(commands).ask([]) == [] and commands.runs == []
    Oracle(commands, seconds=7).ask([QUESTION])
    argv, named = commands.runs[0]
    assert argv[0] == sys.executable and argv[1] == "-I" and named["seconds"] == 12 and named["most"] == 1 << 20


def test_addresses_are_both_sides_of_what_the_rules_name():
    given = Ruleset(legacy={"iptables-legacy": "*filter\n-A INPUT -s 198.18.0.64/26 -j DROP\n-A INPUT -s 10.0.0.0/8 -j DROP\nCOMMIT\n"})
    found, left = sources.addresses(ipaddress.ip_network("198.18.0.0/24"), given, 100)
    assert [str(one).rpartition(".")[2] for one in found] == ["0", "63", "64", "65", "127", "128", "255"]
    assert left == 0
    found, left = sources.addresses(ipaddress.ip_network("198.18.0.0/24"), given, 4)
    assert (str(found[0]), str(found[-1]), len(found) + left) == ("198.18.0.0", "198.18.0.255", 7)


@pytest.mark.parametrize(
    "source, first, last",
    [
        ("0.0.0.0/0", "1.0.0.0", "223.255.255.255"),
        ("::/0", "::2", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("198.18.0.7/32", "198.18.0.7", "198.18.0.7"),
        ("128.0.0.0/1", "128.0.0.0", "223.255.255.255"),
    ],
)
def test_nobody_has_an_address_that_nobody_can_have(source, first, last):
    found, left = sources.addresses(ipaddress.ip_network(source), EMPTY, 100)
    assert (str(found[0]), str(found[-1]), left) == (first, last, 0)


def test_ports_are_both_sides_of_what_the_rules_name():
    given = Ruleset(legacy={"iptables-legacy": "*filter\n-A INPUT -p tcp -m tcp --dport 5950 -j DROP\nCOMMIT\n"})
    assert sources.ports(5900, 5999, given, 10) == ([5900, 5949, 5950, 5951, 5999], 0)
    assert sources.ports(6082, 6082, given, 10) == ([6082], 0)
    assert sources.ports(5900, 5999, given, 3) == ([5900, 5950, 5999], 2)


def test_words_of_iptables_are_read_and_written_alike():
    line = '-A INPUT -m comment --comment "a \\"word\\" and \\\\ -j DROP" -m string --string "x y" --algo bm -j ACCEPT'
    words = legacy_text.split(line)
    assert words[5] == 'a "word" and \\ -j DROP' and legacy_text.joined(words) == line
    text = (
        "*filter\n:INPUT DROP [0:0]\n:site - [0:0]\n:other - [0:0]\n%s\n-A INPUT -g site\n-A site -j DROP\n-A other -j FOO\nCOMMIT\n" % line
    )
    met = legacy_text.met(text)
    assert [(one.chain, one.target, one.matches) for one in met] == [
        ("INPUT", "ACCEPT", ("comment", "string")),
        ("INPUT", "site", ()),
        ("site", "DROP", ()),
    ]
    assert legacy_text.unfaithful(text) == []
    assert legacy_text.unfaithful(text.replace("-g site", "-g other")) == ["the target FOO, in chain other of the legacy table filter"]


def large(rules, taps):
    """As on a compute with Neutron: a chain for each tap, and more rules than anybody reads."""
    lines = [":INPUT DROP [0:0]", "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT"]
    per_tap = rules // taps
    for tap in range(taps):
        lines.insert(0, ":neutron-o%d - [0:0]" % tap)
        lines.append("-A INPUT -m physdev --physdev-in tap%d --physdev-is-bridged -j neutron-o%d" % (tap, tap))
        lines += [
            "-A neutron-o%d -s 10.%d.%d.0/24 -p udp -m udp --dport %d -j RETURN" % (tap, tap % 256, rule, 1000 + rule)
            for rule in range(per_tap - 2)
        ]
        lines.append("-A neutron-o%d -j DROP" % tap)
    return "\n".join(lines + ["-A INPUT -s 198.18.113.0/24 -p tcp -m tcp --dport 6082 -j ACCEPT"])


@needs_root
def test_thousands_of_rules_and_hundreds_of_devices():
    """Measured: 1.4 s on a machine with a load of 13 on two cores, 0.42 s of them of a processor, and 66 MB."""

    def asked():
        build(Case("large", "in"))
        lines = "".join("link add tap%d type veth peer name ptap%d\nlink set tap%d up\n" % (tap, tap, tap) for tap in range(300))
        assert tool(["ip", "-batch", "-"], lines.encode()).status == 0
        load(Case("large", "in", iptables=large(3000, 300)))
        messages = nftables.dump()
        assert len([one for one in messages if one.kind == nftables.RULE]) >= 3000
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        started = time.monotonic()
        answer = Oracle(Commands(Interruption())).ask([QUESTION])[0]
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = time.monotonic() - started
        return json.dumps([answer.kind, answer.reason, used.ru_utime - before, seconds, used.ru_maxrss]).encode()

    kind, reason, processor, seconds, kilobytes = json.loads(isolated(asked, 120).decode())
    assert kind == LET_IN, reason
    print("%.2f s, %.2f s of a processor, %d MB" % (seconds, processor, kilobytes >> 10))
    assert processor < 10 and kilobytes < 200 << 10


@needs_root
def test_rules_that_a_boot_would_load_are_asked_about():
    def asked():
        build(Case("boot", "in"))
        load(Case("boot", "in", nft="table inet f { chain i { type filter hook input priority 0; policy drop; } }"))
        oracle = Oracle(Commands(Interruption()))
        accept = "table inet f { chain i { type filter hook input priority 0; policy drop; ct state established accept\n"
        accept += "iif eth0 tcp dport 6082 accept\n}\n}\n"
        before = listing()
        found = [
            oracle.ask([QUESTION])[0],
            oracle.ask([QUESTION], [Step(("nft", "-f", "-"), accept)], from_nothing=True)[0],
            oracle.ask([QUESTION], [Step(("nft", "insert", "rule", "inet", "f", "i", "accept"))])[0],
            oracle.ask([QUESTION], [Step(("nft", "-f", "-"), "nonsense")])[0],
            oracle.ask([QUESTION], [Step(("sh", "-c", "true"))])[0],
            oracle.ask([QUESTION._replace(source="2001:db8::/64")])[0],
        ]
        assert listing() == before
        return json.dumps([[one.kind, one.reason] for one in found]).encode()

    def listing():
        return [
            tool(argv).out for argv in (["nft", "list", "ruleset"], ["ip", "addr"], ["ip", "rule"], ["ip", "route"], ["ip", "-6", "route"])
        ]

    found = json.loads(isolated(asked, 60).decode())
    assert [kind for kind, _ in found] == [REFUSED, LET_IN, LET_IN, CANNOT_TELL, CANNOT_TELL, CANNOT_TELL]
    assert found[0][1] == "from 198.18.113.77 to port 6082: the policy of chain i of table inet f"
    assert found[3][1].startswith("nft -f -: /dev/stdin:1:")
    assert found[4][1] == "sh is no tool for rules"


@needs_root
def test_nothing_is_left_and_no_event_comes():
    """Whoever manages the network hears nothing, and no name space stays."""

    def asked():
        build(Case("quiet", "in", bridge=True))
        text = (
            "table inet f { set s { type ipv4_addr; flags dynamic; size 9; }\nchain i { type filter hook input priority 0; policy accept; "
        )
        load(Case("quiet", "in", nft=text + "add @s { ip saddr }\n}\n}\n"))
        # Devices, neighbours, addresses and routes of both families, rules of routing; and all of nftables.
        groups = [(ROUTE, group) for group in (1, 3, 5, 7, 8, 9, 11, 19)] + [(NETFILTER, 7)]
        with contextlib.ExitStack() as stack:
            heard = {group: stack.enter_context(Netlink(*group)) for group in groups}
            before = name_spaces()
            answer = Oracle(Commands(Interruption())).ask([QUESTION])[0]
            assert answer.kind == LET_IN, answer
            assert [group for group in groups if list(heard[group].events(0.01))] == []
            assert name_spaces() <= before
            shell("ip link set eth0 alias seen; ip addr add 198.18.0.11/32 dev br-ex; nft add table ip seen")
            assert [group for group in groups if list(heard[group].events(0.01))] == [(ROUTE, 1), (ROUTE, 5), (ROUTE, 7), (NETFILTER, 7)]
        return b"quiet"

    assert isolated(asked, 30) == b"quiet"


def name_spaces():
    """The network name spaces of this process and of all that it started, which are this process's group."""
    found = set()
    for pid in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(pid)) == os.getpgid(0):
                found.add(os.readlink("/proc/%s/ns/net" % pid))
    return found


@needs_root
def test_without_capabilities_there_is_no_answer():
    def asked():
        build(Case("weak", "in"))

        class Weak(Commands):
            def run(self, argv, *positional, **named):
                return super().run(["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"] + argv, *positional, **named)

        return json.dumps(Oracle(Weak(Interruption())).ask([QUESTION])[0]).encode()

    kind, reason = json.loads(isolated(asked, 30).decode())[:2]
    assert (kind, reason) == (CANNOT_TELL, "no name space of its own can be had (Operation not permitted)")


@needs_root
def test_memory_is_bounded():
    def asked():
        build(Case("memory", "in"))
        oracle = Oracle(Commands(Interruption()))
        import openstack_spice.firewall_oracle.oracle as module

        module.MEMORY = 1 << 20
        return json.dumps(oracle.ask([QUESTION])[0]).encode()

    assert json.loads(isolated(asked, 30).decode())[0] == CANNOT_TELL


def test_a_reason_is_kept():
    assert CannotTell("a word").construct == "a word"
    assert os.path.exists(os.path.join(os.path.dirname(sys.modules[Oracle.__module__].__file__), "program.py"))
