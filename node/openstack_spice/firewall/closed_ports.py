"""Ports that are open to the declared sources alone, by a table that is all ours (with nftables; where that is missing a chain of
iptables): a compute's consoles (console_ports.py), and a controller's proxy where that is asked for (proxy_port.py).

A unit of ours loads it at boot, before what listens there, and again after a firewall service that flushes.
"""

import re
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ..changes.kind import Planned
from ..context import Context
from ..errors import CannotTell, Failed, Refused
from ..services.boot_links import sync_boot_links
from ..services.units import Units
from ..state.entry import Entry
from ..state.journal import Journal
from ..system.commands import Result
from ..system.files import EVERYBODY_READS
from ..text import ABSENT, bytes_of, from_bytes, present
from .closed_ports_text import (
    IPTABLES_FLUSHERS,
    NFTABLES_FLUSHERS,
    PROXY,
    Boot,
    Closing,
    Tool,
    closing_of,
    iptables_commands,
    iptables_rules,
    is_for_iptables,
    is_for_nftables,
    nftables_commands,
    nftables_rules,
    ports_of,
    title_of,
    unit_text,
)
from .enablement import is_enabled
from .kernel import TOOLS, Kernel, reason_of
from .nftables_text import table_of

KIND = "console-ports"
PARTLY = "partly"  # the state where someone has been at it, or a run was cut off
# How a rule is listed differs with the tools' versions; an empty name space shows how this node lists the file's. The words of both
# texts are arguments.
_IN_NFTABLES = 'nft -f "$1" && nft -a list table inet "$2"'
_IN_IPTABLES = (
    "tool=$1 file=$2 chain=$3; shift 3; "
    '"$tool-restore" "$@" -n "$file" && "$tool" -w 10 -I INPUT -p tcp -j "$chain" && "$tool-save" -t filter'
)


class ClosedPorts:
    """Reads and sets the state of closed ports: `-`, or `=` and the rules' file in base64; `partly` where it is neither."""

    def __init__(self, context: Context, units: Units, kernel: Kernel) -> None:
        self._context = context
        self._units = units
        self._kernel = kernel
        self._locks: Dict[str, Tuple[str, ...]] = {}

    def check(self, ports: str, argument: str) -> None:
        """Refuses where nothing can close them. Raises Refused, CannotTell.

        :param argument: that asks for it
        """
        if not self._kernel.closing():
            raise Refused("cannot-close", ports=ports, argument=argument)

    def wanted(self, closing: Closing, ports: str) -> str:
        """The state as the document has it. Raises CannotTell."""
        rules = nftables_rules if self._kernel.closing() == "nftables" else iptables_rules
        return present(rules(closing, self._context.role, ports, self._context.desired.sources or ()))

    def read(self, file: str) -> str:
        """The state by now. Raises CannotTell."""
        closing, files = closing_of(file), self._context.system.files
        rules, unit = files.read_if_there(file), files.read_if_there(closing.unit_file)
        running = self._running(closing)
        if rules is None and unit is None and not running:
            return ABSENT
        return present(rules) if rules is not None and self._are_closed(closing, rules, unit, running) else PARTLY

    def set(self, file: str, state: str, journal: Journal) -> None:
        """Makes it so. Raises Failed, CannotTell."""
        closing = closing_of(file)
        if state == ABSENT:
            self._open(closing)
        else:
            self._close(closing, bytes_of(state), journal)

    def plan(self, closing: Closing, ports: str, report: Callable[[], None]) -> List[Planned]:
        """Closed where ports are given, else open again where we closed them. Raises CannotTell.

        :param report: called before a plan that closes them
        """
        record = self._context.record.find(KIND, closing.file, ABSENT)
        if not ports and record is None:
            return []
        wanted = self.wanted(closing, ports) if ports else ABSENT
        former = self.read(closing.file)
        if former == wanted:
            return []
        if ports:
            report()
        # What is damaged goes back to what it should be.
        whole = (ABSENT if record is None else record.written) if former == PARTLY else former
        return [Planned(Entry(KIND, closing.file, ABSENT, whole, wanted), self.text(former), self.text(wanted))]

    def text(self, state: str) -> str:
        """A state, for people."""
        if state == ABSENT:
            return "open"
        return "damaged" if state == PARTLY else title_of(bytes_of(state))

    def _close(self, closing: Closing, rules: bytes, journal: Journal) -> None:
        files, units = self._context.system.files, self._units
        boot = self._boot(closing, rules)
        if boot is None:  # none that this program wrote
            raise Failed("closed-ports-differ", unit=closing.unit, file=closing.file, see=closing.see)
        files.create(closing.file, rules, EVERYBODY_READS, journal.announce)
        files.create(closing.unit_file, unit_text(closing, boot, rules), EVERYBODY_READS, journal.announce)
        units.daemon_reload()
        if not units.systemctl("enable", "--quiet", closing.unit).ok:
            raise Failed("closed-ports-not-enabled", unit=closing.unit)
        sync_boot_links(files)
        units.forget()
        units.bring_up("restart", closing.unit)
        self._kernel.forget()
        self._unload(closing, self._out_of_the_way(closing, rules))
        if self.read(closing.file) != present(rules):
            raise Failed("closed-ports-differ", unit=closing.unit, file=closing.file, see=closing.see)

    def _open(self, closing: Closing) -> None:
        files, units = self._context.system.files, self._units
        # A unit that is not there can neither be disabled nor stopped; that it is gone is seen below.
        units.systemctl("disable", "--quiet", closing.unit)
        sync_boot_links(files)
        units.systemctl("stop", closing.unit)
        files.remove(closing.unit_file)
        files.remove(closing.file)
        units.daemon_reload()
        self._kernel.forget()
        self._unload(closing, self._out_of_nftables(closing) + self._out_of_iptables(closing))

    def _unload(self, closing: Closing, commands: Sequence[Sequence[str]]) -> None:
        for argv in commands:
            result = self._run(argv)
            if not result.ok:
                self._context.reporter.quote(result.err)
                raise Failed("closed-ports-stay", unit=closing.unit, see=closing.see)
        self._kernel.forget()

    def _out_of_nftables(self, closing: Closing) -> List[List[str]]:
        """The commands that take the rules out of nftables. Raises CannotTell."""
        there = re.search(r"^table inet %s \{" % closing.table, self._kernel.nft() or "", re.MULTILINE)
        return [["nft", "delete", "table", "inet", closing.table]] if there else []

    def _out_of_iptables(self, closing: Closing) -> List[List[str]]:
        """The commands that take the rules out of iptables. Raises CannotTell."""
        commands: List[List[str]] = []
        for tool in TOOLS:
            if ("\n:%s " % closing.chain) in (self._kernel.saved(tool) or ""):
                commands += [self._without_jump(tool, closing)] * self._jumps(tool, closing)
                commands += [[tool, "-w", "10", verb, closing.chain] for verb in ("-F", "-X")]
        return commands

    def _out_of_the_way(self, closing: Closing, rules: bytes) -> List[List[str]]:
        """The commands that leave what the rules' file has, and no more: what another tool closed by before, and a second jump."""
        if is_for_nftables(rules):
            return self._out_of_iptables(closing)
        more = [[self._without_jump(tool, closing)] * (self._jumps(tool, closing) - 1) for tool in TOOLS]
        return self._out_of_nftables(closing) + more[0] + more[1]

    def _jumps(self, tool: str, closing: Closing) -> int:
        return (self._kernel.saved(tool) or "").split("\n").count("-A INPUT -p tcp -j " + closing.chain)

    def _without_jump(self, tool: str, closing: Closing) -> List[str]:
        return [tool, "-w", "10", "-D", "INPUT", "-p", "tcp", "-j", closing.chain]

    def _are_closed(self, closing: Closing, rules: bytes, unit: Optional[bytes], running: str) -> bool:
        """Whether the kernel has what the file says, no more and no less, and the next boot will too."""
        boot = self._boot(closing, rules)
        if boot is None or unit != unit_text(closing, boot, rules) or not is_enabled(self._units, closing.unit):
            return False
        return running != "" and running == self._loaded(closing, rules)

    def _running(self, closing: Closing) -> str:
        """What the kernel has of it."""
        text = table_of(self._kernel.nft() or "", closing.table)
        return text + "".join(_chain_of(self._kernel.saved(tool) or "", tool, closing.chain) for tool in TOOLS)

    def _loaded(self, closing: Closing, rules: bytes) -> str:
        """What the kernel would have of the file alone. Raises CannotTell."""
        if is_for_nftables(rules):
            result = self._apart(_IN_NFTABLES, closing.file, closing.table)
            return table_of(from_bytes(result.out), closing.table)
        text = ""
        for tool in self._tools():
            result = self._apart(_IN_IPTABLES, tool.name, closing.file, closing.chain, *tool.lock)
            text += _chain_of(from_bytes(result.out), tool.name, closing.chain)
        return text

    def _apart(self, script: str, *words: str) -> Result:
        """Runs in a network name space of its own. Raises CannotTell where there is none to be had."""
        result = self._run(["unshare", "-n", "/bin/sh", "-c", script, "sh"] + list(words))
        if result.missing or result.timed_out or result.err.startswith(b"unshare:"):
            raise CannotTell("firewall/" + words[1], reason_of(result))
        return result

    def _boot(self, closing: Closing, rules: bytes) -> Optional[Boot]:
        """What the unit does; None where the rules are no file of ours. Raises CannotTell."""
        ports, platform = ports_of(rules), self._context.platform
        if ports is None:
            return None
        if is_for_nftables(rules):
            first, load = nftables_commands(closing, ports, self._path("nft"))
            close, flushers = [first], NFTABLES_FLUSHERS
        elif is_for_iptables(rules):
            close, load = iptables_commands(closing, ports, self._tools())
            flushers = IPTABLES_FLUSHERS
        else:
            return None
        what = "This compute's console ports, for the console proxies alone"
        before = "libvirtd.service virtqemud.service %s.service" % platform.compute_unit
        if closing == PROXY:
            what, before = "This controller's SPICE proxy, for the declared sources alone", platform.spice_unit + ".service"
        return Boot(self._context.role, what, before, flushers, close, load, self._path("sha256sum"))

    def _tools(self) -> List[Tool]:
        """iptables, and ip6tables where the kernel has IPv6: one without it has nothing to close. Raises CannotTell."""
        names = [name for name in TOOLS if self._kernel.saved(name) is not None]
        return [Tool(name, self._path(name), self._path(name + "-restore"), self._lock_of(name)) for name in names]

    def _lock_of(self, name: str) -> Tuple[str, ...]:
        """Older ones do not wait, and do not know the option."""
        if name not in self._locks:
            result = self._run([name + "-restore", "--help"])
            self._locks[name] = ("-w", "10") if b"--wait" in result.out + result.err else ()
        return self._locks[name]

    def _path(self, name: str) -> str:
        return self._context.system.commands.which(name) or "/usr/sbin/" + name

    def _run(self, argv: Sequence[str]) -> Result:
        return self._context.system.commands.run(argv, self._context.limits.probe_wait)


def _chain_of(saved: str, tool: str, chain: str) -> str:
    """The lines of a text of iptables-save that are in the chain, or lead to it."""
    wanted = re.compile(r"-A (.* -j )?%s( .*)?$" % re.escape(chain))
    return "".join("%s %s\n" % (tool, line) for line in saved.split("\n") if wanted.match(line))
