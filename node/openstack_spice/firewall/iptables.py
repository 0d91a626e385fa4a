"""iptables and ip6tables, and the file that netfilter-persistent, or iptables-services' units, load at boot."""

import re
import stat
from typing import Dict, FrozenSet, List, Optional, Sequence, Tuple

from ..context import Context
from ..errors import CannotTell, Failed
from ..nova_conf.ini import Edit
from ..services.units import Units
from ..system.commands import Result
from ..text import to_bytes
from .backend import FileBackend
from .enablement import is_enabled
from .iptables_text import arguments, file_with, first_refusal
from .kernel import TOOLS, Kernel, is_not_in_kernel, reason_of
from .lines import has_line, without_line
from .rules import COMMENT, RulePlan, Source
from .warnings_once import WarningsOnce

RECIPE_COMMENT = "Allow SPICE connections for console access "  # with that blank
# What iptables says where a rule that it looks for, or its target, is not there: legacy and nft, 1.4.21 to 1.8.11.
_NOT_THERE = (b"does a matching rule exist", b"Bad rule", b"No chain/target/match by that name")


class Iptables(FileBackend):
    """Rules of the chain INPUT; `where` is the tool."""

    kind = "iptables"
    file_kind = "iptables-file"
    place = "firewall/"

    def __init__(self, context: Context, units: Units, kernel: Kernel, warnings: WarningsOnce, argument: str) -> None:
        super().__init__(context, units, kernel, warnings, argument)
        self._first = "firewall-rule-first" in context.desired.recipe
        self.closes_ports = False  # whether ports are closed by a chain of ours before all others, which has let the sources in
        self._files: Dict[str, Optional[str]] = {}
        self._lines: Tuple[str, FrozenSet[str]] = ("", frozenset())

    def at_work(self, found: Sequence[str]) -> List[str]:
        if "ufw" in found:  # its rules are ufw's
            return []
        at_work = []
        for tool in TOOLS:
            saved = self._kernel.saved(tool)
            # firewalld's chains let our sources in before they refuse.
            if saved is None or "\n:INPUT_ZONES " in saved:
                continue
            if self.closes_ports and self._kernel.closing() == "iptables":
                continue
            if first_refusal(saved) is not None:
                at_work.append(tool)
        return at_work

    def plan(self, plan: RulePlan, what: str, source: Source) -> None:
        if source.is_ipv6 != (what == "ip6tables"):
            return
        rule, file = self.rule_for(source), self._persistent_file(what)
        plan.rule(self.kind, what, rule, self.has(what, rule), source.text)
        if file is None:
            self._warnings.warn("no-persistent-file", tool=what)
            return
        line = "-A INPUT " + rule
        plan.rule(self.file_kind, file, line, self.file_has(self._context.system.files.read(file), line), source.text)

    def rule_for(self, source: Source) -> str:
        """The rule as iptables-save writes it, without the `-A INPUT`; the recipe's own where it is asked for, and where the source is
        everybody as it is there."""
        if source.block == "0.0.0.0/0" and self._first:
            return '-p tcp -m multiport --dports %s -m comment --comment "%s" -j ACCEPT' % (source.ports_with_colon, RECIPE_COMMENT)
        words = (source.block, source.ports_with_colon, COMMENT)
        return '-s %s -p tcp -m tcp --dport %s -m comment --comment "%s" -j ACCEPT' % words

    def has(self, where: str, rule: str) -> bool:
        lines = self._lines_of(self._kernel.saved(where) or "")
        # A source that is everybody is not listed.
        if "-A INPUT " + rule in lines or re.sub(r"^-s (0\.0\.0\.0|::)/0 ", "-A INPUT ", rule) in lines:
            return True
        # How a rule is listed differs with the tool's version, so what is not listed as we write it is asked for.
        result = self._do(where, ["-C", "INPUT"], rule)
        if result.ok:
            return True
        if (result.status == 1 and any(text in result.err for text in _NOT_THERE)) or is_not_in_kernel(result):
            return False
        raise CannotTell(self.subject(where), reason_of(result))

    def insert(self, where: str, rule: str) -> None:
        number = 1
        if not self._first:
            number = first_refusal(self._kernel.saved(where) or "") or 1
        if not self._change(where, ["-I", "INPUT", str(number)], rule):
            raise Failed("rule-not-taken", tool=where, rule=rule, argument=self._argument)

    def delete(self, where: str, rule: str) -> None:
        if not self._change(where, ["-D", "INPUT"], rule):
            raise Failed("rule-not-taken-away", tool=where, rule=rule, where="INPUT")

    def file_has(self, data: bytes, rule: str) -> bool:
        return has_line(data, to_bytes(rule))

    def file_with(self, data: bytes, rule: str) -> Edit:
        return file_with(data, to_bytes(rule))

    def file_without(self, data: bytes, rule: str) -> Edit:
        return without_line(data, to_bytes(rule))

    def _persistent_file(self, tool: str) -> Optional[str]:
        """The file that is loaded at boot, or None: of several the one whose unit is enabled."""
        if tool not in self._files:
            places = (
                ("netfilter-persistent", "/etc/iptables/rules.v%d" % (6 if tool == "ip6tables" else 4)),
                (tool, "/etc/sysconfig/" + tool),
            )
            found = [file for unit, file in places if self._is_file(file) and is_enabled(self._units, unit)]
            self._files[tool] = found[0] if found else None
        return self._files[tool]

    def _is_file(self, path: str) -> bool:
        state = self._context.system.files.state(path)
        return state is not None and stat.S_ISREG(state.st_mode)

    def _lines_of(self, saved: str) -> FrozenSet[str]:
        """The listing's lines, taken apart once for all rules."""
        if self._lines[0] is not saved:
            self._lines = (saved, frozenset(saved.split("\n")))
        return self._lines[1]

    def _change(self, tool: str, words: List[str], rule: str) -> bool:
        return self._changed(self._do(tool, words, rule))

    def _do(self, tool: str, words: List[str], rule: str) -> Result:
        argv = [tool, "-w", "10"] + words + arguments(rule)
        return self._context.system.commands.run(argv, self._context.limits.probe_wait)


def tests_of(path: str) -> Sequence[str]:
    """The command that tests a persistent file, which it reads from its standard input; none where the file is another one."""
    for tool, names in (("iptables", ("/rules.v4", "/sysconfig/iptables")), ("ip6tables", ("/rules.v6", "/sysconfig/ip6tables"))):
        if path.endswith(names):
            return (tool + "-restore", "--test")
    return ()
