"""Ports that are open to the declared sources alone: the files, the kernel, the unit of the boot, and who hears of it."""

import hashlib
import os
import shlex

import pytest
from fakes import FakeJournal, as_reported, failed, make_node, note_syncs
from openstack_spice.changes.closed_ports import ClosedPortsKind
from openstack_spice.changes.kind import Outcome, Pass
from openstack_spice.document.desired import Desired, PortRange
from openstack_spice.errors import CannotTell, Failed, Refused
from openstack_spice.firewall.closed_ports_text import (
    CONSOLES,
    PROXY,
    iptables_rules,
    nftables_rules,
    ports_of,
    title_of,
)
from openstack_spice.firewall.console_ports import ConsolePorts
from openstack_spice.firewall.firewall import Firewall
from openstack_spice.firewall.proxy_port import ProxyPort
from openstack_spice.messages import text_of
from openstack_spice.state.entry import Entry
from openstack_spice.state.record import Record
from openstack_spice.text import present

SOURCES = ("192.0.2.7/32", "2001:db8::7/128")
RANGE = PortRange(5900, 5999)
UNIT = "openstack-spice-console-ports"
UNIT_FILE = CONSOLES.unit_file
TITLE = "5900-5999 only from 192.0.2.7/32, 2001:db8::7/128"

NFT_RULES = """#!/usr/sbin/nft -f
# 5900-5999 only from 192.0.2.7/32, 2001:db8::7/128
# Written by openstack-spice, loaded by openstack-spice-console-ports.service, removed when the compute is reverted.
add table inet openstack_spice
delete table inet openstack_spice
table inet openstack_spice {
  chain input {
    type filter hook input priority -10; policy accept;
    tcp dport 5900-5999 jump consoles
  }
  chain consoles {
    iif "lo" accept
    ip saddr 192.0.2.7/32 accept
    ip6 saddr 2001:db8::7/128 accept
    tcp flags & (syn | ack) == syn drop
  }
}
"""


class Units:
    """Units that are enabled and disabled; a start does what a test says."""

    def __init__(self):
        self.enabled = set()
        self.calls = []
        self.on_start = lambda unit: None
        self.refuses = ()

    def preload(self, units):
        pass

    def state(self, unit):
        return ("enabled" if unit in self.enabled else "absent") + " inactive"

    def is_active(self, unit):
        return False

    def shown(self, unit):
        return {}

    def forget(self):
        pass

    def daemon_reload(self):
        self.calls.append("daemon-reload")

    def systemctl(self, *words):
        self.calls.append(" ".join(words))
        if words[0] == "enable" and words[0] not in self.refuses:
            self.enabled.add(words[-1])
        elif words[0] == "disable":
            self.enabled.discard(words[-1])
        return failed(1 if words[0] in self.refuses else 0)

    def bring_up(self, verb, unit):
        self.calls.append("%s %s" % (verb, unit))
        self.on_start(unit)


class Processes:
    """Who is connected, and who listens."""

    def __init__(self, connected=(), strange=(), listeners=()):
        self._connected, self._strange, self._listeners = list(connected), list(strange), list(listeners)

    def connected(self, first, last):
        return [one for one in self._connected if first <= one[0] <= last]

    def strange_listeners(self, first, last):
        return self._strange

    def listeners(self, port):
        return self._listeners


class Listener:
    def __init__(self, address, pid, command):
        self.address, self.pid, self.command = address, pid, command


class Guest:
    def __init__(self, uuid, *ports):
        self.uuid, self.ports = uuid, ports


class Hypervisor:
    def __init__(self, *guests):
        self._guests = guests

    def guests(self, running=True):
        return list(self._guests)

    def running_guests(self, has, display):
        return [guest.uuid for guest in self._guests]


TABLE = """table inet openstack_spice { # handle 4
	chain input { # handle 1
		type filter hook input priority filter - 10; policy accept;
		tcp dport 5900-5999 jump consoles # handle %d
	}
}
"""


EMPTY = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"


class Kernel:
    """nft and iptables: what is loaded is listed with other handles each time."""

    def __init__(self):
        self.table = ""
        self.others = ""
        self.saved = ""

    def nft(self, words, _stdin):
        if words[1:3] == ("-a", "list"):
            return self.others + self.table
        if words[1:] == ("delete", "table", "inet", "openstack_spice"):
            self.table = ""
        return ""

    def iptables(self, words, _stdin):
        if words[3] == "-X":
            self.saved = EMPTY
        return ""

    def answers(self):
        return {
            "iptables": self.iptables,
            "nft": self.nft,
            "iptables-save -t filter": lambda *_: self.saved,
            "ip6tables-save -t filter": "",
            "unshare -n": TABLE % 9,
        }


class Node:
    def __init__(self, root, kernel=None, sources=SOURCES, ports=RANGE, record=(), role="compute", close=False, **answers):
        self.kernel = kernel or Kernel()
        desired = Desired(
            role, "node-1", owner="a/b/c", sources=sources, drop_other_sources=close, console_ports=ports if role == "compute" else None
        )
        table = self.kernel.answers()
        table.update(answers.get("answers", {}))
        self.fake = make_node(root, table, desired=desired, record=Record(entries=tuple(record)))
        self.units = Units()
        self.units.on_start = lambda unit: setattr(self.kernel, "table", TABLE % 3)
        self.firewall = Firewall(self.fake.context, self.units)
        self.kind = ClosedPortsKind(self.fake.context, self.units, self.firewall)
        self.processes = answers.get("processes", Processes())
        self.consoles = ConsolePorts(self.fake.context, self.units, self.processes, self.firewall)
        self.proxy = ProxyPort(self.fake.context, self.units, self.processes, self.firewall)
        self.journal = FakeJournal()

    def described(self, planned):
        return [as_reported(self.kind, one) for one in planned]

    def apply(self, planned):
        for one in planned:
            self.kind.apply(one, self.journal)


class TestClosedPorts:
    def test_have_two_files_and_a_unit_and_go_again(self, tmp_path):
        node = Node(tmp_path)
        planned = node.consoles.plan()
        assert node.described(planned) == ["firewall/consoles: open -> " + TITLE]
        assert node.kind.made_in is Pass.CLOSED_PORTS
        node.apply(planned)
        assert node.fake.files.text(CONSOLES.file) == NFT_RULES
        assert node.units.calls == ["daemon-reload", "enable --quiet " + UNIT, "restart " + UNIT]
        assert node.firewall.text() == "nftables"
        assert node.consoles.plan() == []
        assert node.kind.undo(node.journal.written[0], node.journal) is Outcome.MADE
        assert [path for path in node.fake.files.all() if path.startswith("/etc")] == []
        assert node.units.calls[3:] == ["disable --quiet " + UNIT, "stop " + UNIT, "daemon-reload"]
        assert (node.kernel.table, node.units.enabled) == ("", set())
        assert node.kind.undo(node.journal.written[0], node.journal) is Outcome.NOTHING

    def test_are_damaged_where_somebody_was_at_them_and_are_ours_all_the_same(self, tmp_path):
        node = Node(tmp_path)
        node.apply(node.consoles.plan())
        whole = dict(node.fake.files.all())
        record = Record(entries=tuple(node.journal.written))
        spoiled = (
            lambda: setattr(node.kernel, "table", ""),
            lambda: setattr(node.kernel, "table", (TABLE % 3).replace("jump", "accept #")),
            lambda: setattr(node.kernel, "saved", "*filter\n:OPENSTACK_SPICE - [0:0]\n-A INPUT -p tcp -j OPENSTACK_SPICE\nCOMMIT\n"),
            lambda: node.fake.files.put(CONSOLES.file, NFT_RULES[:-40]),
            lambda: node.fake.files.put(CONSOLES.file, ""),
            lambda: node.fake.files.put(UNIT_FILE, "[Unit]\n"),
            lambda: node.units.enabled.clear(),
        )
        for spoil in spoiled:
            spoil()
            again = Node(tmp_path, node.kernel, record=record.entries)
            again.units.enabled = node.units.enabled
            planned = again.consoles.plan()
            assert again.described(planned) == ["firewall/consoles: damaged -> " + TITLE]
            assert planned[0].entry.former == planned[0].entry.written == present(NFT_RULES.encode())
            again.apply(planned)
            assert node.kernel.saved in ("", EMPTY)
            assert {path: again.fake.files.all()[path] for path in whole} == whole

    def test_are_changed_in_place_where_other_sources_are_declared(self, tmp_path):
        node = Node(tmp_path)
        node.apply(node.consoles.plan())
        other = Node(tmp_path, node.kernel, ("198.51.100.7/32",), PortRange(5900, 6010), node.journal.written)
        other.units.enabled = node.units.enabled
        assert other.described(other.consoles.plan()) == ["firewall/consoles: %s -> 5900-6010 only from 198.51.100.7/32" % TITLE]

    def test_are_opened_where_none_are_declared_any_more(self, tmp_path):
        node = Node(tmp_path)
        node.apply(node.consoles.plan())
        other = Node(tmp_path, node.kernel, (), None, node.journal.written)
        other.units.enabled = node.units.enabled
        planned = other.consoles.plan()
        assert other.described(planned) == ["firewall/consoles: %s -> open" % TITLE]
        other.apply(planned)
        assert node.kernel.table == ""

    def test_that_nobody_asks_for_are_not_asked_about(self, tmp_path):
        node = Node(tmp_path, sources=None, ports=None)
        assert node.consoles.plan() == []
        assert node.fake.commands.calls == []

    def test_are_refused_where_nothing_can_close_them(self, tmp_path):
        missing = {"nft -a list ruleset": failed(127), "iptables-save -t filter": failed(127)}
        node = Node(tmp_path, answers=missing)
        with pytest.raises(Refused) as stop:
            node.consoles.check(Hypervisor())
        assert text_of(stop.value) == (
            "neither nft nor iptables works here, so TCP 5900-5999 cannot be closed. Install nftables, or leave proxySourceAddresses out"
        )

    @pytest.mark.parametrize(
        "answers",
        [
            {"nft -a list ruleset": failed(137)},
            {"iptables-save -t filter": failed(4, "lock")},
            {"unshare -n": failed(1, "unshare: unshare failed: Operation not permitted")},
            {"unshare -n": failed(124)},
        ],
    )
    def test_are_not_forgotten_where_the_node_does_not_tell(self, tmp_path, answers):
        node = Node(tmp_path)
        node.apply(node.consoles.plan())
        for key, answer in answers.items():
            node.fake.commands.answer(key, answer)
        node.firewall.kernel.forget()
        with pytest.raises(CannotTell):
            node.kind.undo(node.journal.written[0], node.journal)
        assert CONSOLES.file in node.fake.files.all()

    def test_fail_where_the_kernel_has_other_rules_in_the_end(self, tmp_path):
        node = Node(tmp_path)
        node.units.on_start = lambda unit: None
        with pytest.raises(Failed) as stop:
            node.apply(node.consoles.plan())
        assert text_of(stop.value) == (
            "openstack-spice-console-ports has run, but the kernel has other rules than /etc/openstack-spice-console-ports. Compare "
            "'nft list table inet openstack_spice' or 'iptables -S OPENSTACK_SPICE'"
        )

    def test_are_synced_with_the_links_by_which_a_boot_starts_the_unit(self, tmp_path, monkeypatch):
        node = Node(tmp_path)
        wants = node.fake.files.at("/etc/systemd/system/sysinit.target.wants")
        os.makedirs(wants)
        note_syncs(monkeypatch, node.fake.files.at("/")[:-1], node.units.calls)
        node.apply(node.consoles.plan())
        links = ["sync /etc/systemd/system/sysinit.target.wants", "sync /etc/systemd/system"]
        enabled = node.units.calls.index("enable --quiet " + UNIT)
        assert node.units.calls[enabled + 1 : enabled + 3] == links
        del node.units.calls[:]
        node.kind.undo(node.journal.written[0], node.journal)
        assert node.units.calls[:3] == ["disable --quiet " + UNIT] + links

    def test_fail_where_the_unit_cannot_be_enabled(self, tmp_path):
        node = Node(tmp_path)
        node.units.refuses = ("enable",)
        with pytest.raises(Failed) as stop:
            node.apply(node.consoles.plan())
        assert text_of(stop.value) == "systemctl could not enable openstack-spice-console-ports. Try it on the node"

    def test_fail_to_open_where_the_rules_stay(self, tmp_path):
        node = Node(tmp_path)
        node.apply(node.consoles.plan())
        node.fake.commands.answer("nft delete", failed(1, "Error: busy"))
        with pytest.raises(Failed) as stop:
            node.kind.undo(node.journal.written[0], node.journal)
        assert text_of(stop.value) == (
            "the rules of openstack-spice-console-ports cannot be taken away: see 'nft list table inet openstack_spice' or 'iptables -S "
            "OPENSTACK_SPICE'"
        )

    def test_take_four_processes_where_nothing_changes(self, tmp_path):
        node = Node(tmp_path)
        node.apply(node.consoles.plan())
        node.firewall.kernel.forget()
        before = len(node.fake.commands.calls)
        assert node.consoles.plan() == []
        assert [call[0] for call in node.fake.commands.calls[before:]] == ["nft", "iptables-save", "ip6tables-save", "unshare"]


class TestTheUnit:
    def unit(self, tmp_path, kernel=None, **answers):
        node = Node(tmp_path, kernel, **answers)
        node.units.on_start = lambda unit: setattr(node.kernel, "table", TABLE % 3)
        with pytest.raises(Failed) if "answers" in answers else nothing():
            node.apply(node.consoles.plan())
        return node.fake.files.text(UNIT_FILE), node.fake.files.all()[CONSOLES.file]

    def test_has_the_digest_of_the_rules_in_a_section_that_systemd_passes_over(self, tmp_path):
        unit, rules = self.unit(tmp_path)
        assert unit.endswith("\n[X-Rules]\nSHA256 (/etc/openstack-spice-console-ports) = %s\n" % hashlib.sha256(rules).hexdigest())

    def test_closes_then_tests_then_loads(self, tmp_path):
        unit, _ = self.unit(tmp_path)
        for verb in ("ExecStart=", "ExecReload="):
            commands = [shlex.split(line[len(verb) :]) for line in unit.split("\n") if line.startswith(verb)]
            assert [command[0].rpartition("/")[2] for command in commands] == ["nft", "sha256sum", "nft"]
            assert commands[1][1:] == ["--check", "--status", UNIT_FILE]
            assert commands[2][1:] == ["-f", CONSOLES.file]
            assert "drop" in commands[0][1] and "saddr" not in commands[0][1]

    @pytest.mark.parametrize("source", ["$(touch /tmp/x)", "192.0.2.0/24; reboot", "'`id`'"])
    def test_has_no_word_of_the_document_but_the_ports(self, tmp_path, source):
        answers = {
            "nft -a list ruleset": failed(127),
            "iptables-restore --help": failed(0, "--wait"),
            "ip6tables-restore --help": failed(0),
        }
        unit, rules = self.unit(tmp_path, sources=(source,), answers=answers)
        assert source not in unit and source in rules.decode()
        scripts = [shlex.split(line.partition("=")[2])[2] for line in unit.split("\n") if "/bin/sh" in line]
        names = {"/usr/bin/iptables", "/usr/bin/ip6tables", "/usr/sbin/iptables", "/usr/sbin/ip6tables"}
        words = {"-w", "10", "-C", "-I", "INPUT", "-p", "tcp", "-j", "OPENSTACK_SPICE", "2>/dev/null", "||"} | names
        assert len(scripts) == 4 and set(" ".join(scripts).split()) <= words

    def test_comes_before_what_listens_there_and_goes_along_with_what_flushes(self, tmp_path):
        unit, _ = self.unit(tmp_path)
        lines = unit.split("\n")
        assert "Before=network-pre.target libvirtd.service virtqemud.service nova-compute.service" in lines
        assert "PartOf=nftables.service" in lines and "ReloadPropagatedFrom=nftables.service" in lines
        assert "WantedBy=sysinit.target nftables.service" in lines


class nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


class TestTheRules:
    def test_tell_people_and_the_program_what_they_do(self):
        for rules in (nftables_rules, iptables_rules):
            data = rules(PROXY, "controller", "6082", SOURCES)
            assert title_of(data) == "6082 only from 192.0.2.7/32, 2001:db8::7/128"
            assert ports_of(data) == "6082"
            nobody = rules(PROXY, "controller", "6082", ())
            assert title_of(nobody) == "6082 only from nobody"


class TestWhoIsToldOfIt:
    def test_listeners_that_are_not_qemu_stand_in_the_way(self, tmp_path):
        held = ["/usr/bin/python3.11 on TCP 5977 (pid 7)", "/usr/bin/Xvnc on TCP 5901 (pid 8)"]
        node = Node(tmp_path, processes=Processes(strange=held))
        with pytest.raises(Refused) as stop:
            node.consoles.check(Hypervisor())
        assert text_of(stop.value) == (
            "closing TCP 5900-5999 would cut off what is not QEMU: %s. Move it, or choose another consolePortRange" % ", ".join(held)
        )

    def test_guests_outside_of_the_range_are_named(self, tmp_path):
        node = Node(tmp_path)
        node.consoles.check(Hypervisor(Guest("a-b", 5900, 6000), Guest("c-d")))
        assert node.fake.reporter.said == [
            "guest a-b has a console on TCP 6000, outside of 5900-5999: open to whoever reaches it. Give a larger consolePortRange"
        ]

    def test_who_looks_at_a_console_from_elsewhere_is_named_once(self, tmp_path):
        connected = [(5901, "192.0.2.7"), (5902, "198.51.100.9"), (5902, "2001:db8::7"), (5910, "fe80::1%eth0"), (80, "198.51.100.9")]
        node = Node(tmp_path, processes=Processes(connected))
        node.consoles.plan()
        node.consoles.plan()
        text = (
            "%s is connected to the console on TCP %d, and not among the declared sources: it stays until it disconnects, and does not "
            "get in again. If that is a proxy, declare it"
        )
        assert node.fake.reporter.said == [text % ("198.51.100.9", 5902), text % ("fe80::1%eth0", 5910)]

    def test_rules_that_accept_more_are_reported(self, tmp_path):
        kernel = Kernel()
        kernel.saved = "*filter\n-A INPUT -p tcp -m tcp --dport 5900:5999 -j ACCEPT\nCOMMIT\n"
        rules = "\t\ttcp dport { 22, 5900-5910 } accept # handle 4\n\t\tip saddr 192.0.2.7 tcp dport 5900 accept # handle 5\n"
        kernel.others = "table inet filter {\n\tchain input {\n%s\t}\n}\n" % rules
        kernel.others += "table ip filter {\n\tchain INPUT {\n\t\ttcp dport 5900-5999 counter packets 0 bytes 0 accept # handle 4\n\t}\n}\n"
        node = Node(tmp_path, kernel)
        node.consoles.plan()
        text = "TCP 5900-5999 is closed to all but the declared sources, though a rule of this node accepts more: "
        assert node.fake.reporter.said == [
            text + "iptables -A INPUT -p tcp -m tcp --dport 5900:5999 -j ACCEPT",
            text + "nft inet filter input tcp dport { 22, 5900-5910 } accept",
        ]

    def test_guests_that_still_have_spice_are_named_before_a_revert_opens(self, tmp_path):
        node = Node(tmp_path)
        node.consoles.report_open_consoles(Hypervisor())
        node.consoles.report_open_consoles(Hypervisor(Guest("a-b"), Guest("c-d")))
        assert node.fake.reporter.said == [
            "guests that still have SPICE, without a password, until their next hard reboot, and whose ports are open again: a-b c-d"
        ]


class TestTheProxysPort:
    def test_that_nothing_refuses_is_said_to_be_open_to_all(self, tmp_path):
        node = Node(tmp_path, role="controller")
        assert node.proxy.plan(6082, in_transaction=False) == []
        assert node.proxy.plan(6082, in_transaction=True) == []
        assert node.firewall.text() == "none"
        node.proxy.report_who_gets_in(6082)
        assert node.fake.reporter.said == ["TCP 6082 is open to all. 'dropOtherSources' closes it"]

    def test_is_closed_where_that_is_asked_for(self, tmp_path):
        processes = Processes(
            [(6082, "198.51.100.9"), (6082, "192.0.2.7")], listeners=[Listener("[::]", 5, "python3 nova-spicehtml5proxy")]
        )
        node = Node(tmp_path, role="controller", close=True, processes=processes)
        planned = node.proxy.plan(6082, in_transaction=False)
        assert node.described(planned) == ["firewall/proxy: open -> 6082 only from 192.0.2.7/32, 2001:db8::7/128"]
        assert node.firewall.text() == "nftables"
        assert node.fake.reporter.said == [
            "connected to TCP 6082, and not among allowedSources: 1 machines, such as 198.51.100.9. Their consoles stay until they are "
            "closed, and do not open again"
        ]

    def test_is_refused_where_another_program_has_it_but_not_once_we_changed_something(self, tmp_path):
        processes = Processes(listeners=[Listener("127.0.0.1", 4, "x"), Listener("192.0.2.1", 9, "python3 -m http.server")])
        node = Node(tmp_path, role="controller", close=True, processes=processes)
        with pytest.raises(Refused) as stop:
            node.proxy.plan(6082, in_transaction=False)
        assert text_of(stop.value) == (
            "closing TCP 6082 would cut off another program: python3 -m http.server (pid 9, on 192.0.2.1). Move it, choose another port, "
            "or leave dropOtherSources out"
        )
        assert len(node.proxy.plan(6082, in_transaction=True)) == 1

    def test_of_a_role_whose_sources_are_not_declared_is_opened_again(self, tmp_path):
        node = Node(tmp_path, role="controller", close=True)
        assert node.kind.subject(PROXY.file, "-") == "firewall/proxy"
        entry = Entry("console-ports", PROXY.file, "-", "-", present(nftables_rules(PROXY, "controller", "6082", SOURCES)))
        gone = Node(tmp_path, role="controller", sources=(), record=[entry])
        gone.fake.files.put(PROXY.file, nftables_rules(PROXY, "controller", "6082", SOURCES))
        assert gone.described(gone.proxy.plan(6082, False)) == ["firewall/proxy: damaged -> open"]
