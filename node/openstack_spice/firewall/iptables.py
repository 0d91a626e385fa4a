"""iptables and ip6tables, and the file that netfilter-persistent, or iptables-services' units, load at boot."""

import re
import stat
from typing import Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from ..context import Context
from ..errors import CannotTell, Failed, Refused
from ..nova_conf.ini import Edit
from ..services.units import Units
from ..system.commands import Result
from ..text import to_bytes
from .backend import FileBackend
from .boot_proof import BootFiles, BootProof, Content, Place
from .enablement import is_enabled
from .filter_tables import FilterTables
from .iptables_file import IptablesFile
from .iptables_text import arguments, first_refusal, number_of_rules
from .kernel import LEGACY, TOOLS, Kernel, is_not_in_kernel, reason_of
from .lines import NotPlaced
from .nftables_files import NftablesFiles
from .rules import COMMENT, RulePlan, Source
from .warnings_once import WarningsOnce

RECIPE_COMMENT = "Allow SPICE connections for console access "  # with that blank
# The ends of the paths of persistent files, and the tool that loads them.
_FILES: Mapping[str, Tuple[str, str]] = {
    "iptables": ("/rules.v4", "/sysconfig/iptables"),
    "ip6tables": ("/rules.v6", "/sysconfig/ip6tables"),
}
# What iptables says where a rule that it looks for, or its target, is not there: legacy and nft, 1.4.21 to 1.8.11.
_NOT_THERE = (b"does a matching rule exist", b"Bad rule", b"No chain/target/match by that name")


class Iptables(FileBackend):
    """Rules of the chain INPUT; `where` is the tool."""

    kind = "iptables"
    file_kind = "iptables-file"
    place = "firewall/"

    def __init__(
        self, context: Context, units: Units, kernel: Kernel, warnings: WarningsOnce, files: NftablesFiles, proof: BootProof, argument: str
    ) -> None:
        super().__init__(context, units, kernel, warnings, argument)
        self._tables = FilterTables(units, kernel, files)
        self.proof = proof
        self._first = "firewall-rule-first" in context.desired.recipe
        self.closes_ports = False  # whether ports are closed by a chain of ours before all others, which has let the sources in
        self._known: Tuple[bytes, IptablesFile] = (b"", IptablesFile(b""))
        self._files: Dict[str, Optional[str]] = {}
        self._lines: Tuple[str, FrozenSet[str]] = ("", frozenset())

    def at_work(self, found: Sequence[str]) -> List[str]:
        if "ufw" in found:  # its rules are ufw's
            return []
        at_work = []
        for tool in TOOLS + tuple(LEGACY):
            saved = self._kernel.saved(tool)
            # firewalld's chains let our sources in before they refuse.
            if saved is None or "\n:INPUT_ZONES " in saved:
                continue
            if self.closes_ports and self._kernel.closing() == "iptables":
                continue
            if first_refusal(saved) is None:
                continue
            if tool in TOOLS and not self._kernel.is_legacy(tool) and self._tables.is_written_for_nft(tool):
                continue
            at_work.append(tool)
        return at_work

    def plan(self, plan: RulePlan, what: str, source: Source) -> None:
        if source.is_ipv6 != what.startswith("ip6tables"):
            if source.is_ipv6 and self._kernel.saved("ip6tables") is None:
                self._warnings.warn("no-ipv6-filter", source=source.block)
            return
        rule, file = self.rule_for(source), self._persistent_file(what)
        plan.rule(self.kind, what, rule, self.has(what, rule), source.text)
        if file is None:
            self._warnings.warn("no-persistent-file", tool=what)
            return
        line, data = "-A INPUT " + rule, self._context.system.files.read(file)
        if not self._read(data).is_written:
            reason = "it has no filter table that is ended by COMMIT"
            raise Refused("boot-file-not-proven", file=file, rule=line, reason=reason, argument=self._argument)
        plan.rule(self.file_kind, file, line, self.file_has(data, line), source.text)

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
        line = to_bytes(rule)
        # Of many sources most are in no file yet.
        return all(word in data for word in line.split()[1:]) and self._read(data).find(line) is not None

    def file_with(self, path: str, content: Content, rule: str) -> Edit:
        return self.proof.edited(self._boot(path), content, path + " " + rule, lambda: self._with(path, content, rule))

    def _with(self, path: str, content: Content, rule: str) -> Edit:
        data, files, family = content(path), self._boot(path), _family(path)
        written = IptablesFile(data, family)
        place = self.proof.place(files, content, "INPUT", _place)
        if place.number != written.number:
            raise NotPlaced("its lines are not the %d rules that are loaded of INPUT" % place.number)
        edit = written.with_line(place.before, to_bytes(rule))
        self.proof.moved(files, content, lambda _: edit.data, "INPUT")
        return edit

    def file_without(self, data: bytes, rule: str) -> Edit:
        return self._read(data).without_line(to_bytes(rule))

    def boot_files(self, path: str) -> Optional[BootFiles]:
        return self._boot(path)

    def as_loaded(self, rule: str) -> Tuple[str, str]:
        return "filter INPUT", re.sub("^-A INPUT ", "", rule)

    def refusal_in(self, listing: str, chain: str) -> Optional[int]:
        return _place(listing).before

    def _read(self, data: bytes) -> IptablesFile:
        """A file, read once for all rules."""
        if self._known[0] != data:
            self._known = (data, IptablesFile(data))
        return self._known[1]

    def _boot(self, path: str) -> BootFiles:
        return BootFiles("ip6tables" if _family(path) == "6" else "iptables", (path,), (path,))

    def _persistent_file(self, tool: str) -> Optional[str]:
        """The file that is loaded at boot, or None: of several the one whose unit is enabled. None is for the legacy tables where another
        iptables is the node's own, since that one loads them."""
        if tool in LEGACY:
            return None
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


def _family(path: str) -> str:
    """`4` or `6`, by the persistent file's name."""
    return "6" if path.endswith(_FILES["ip6tables"]) else "4"


def _place(listing: str) -> Place:
    """Where in INPUT a rule belongs, by what is loaded: as in the running kernel."""
    first, number = first_refusal(listing), number_of_rules(listing)
    return Place(first - 1 if first is not None and first <= number else None, number)
