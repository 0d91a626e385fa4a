"""nftables. A packet passes every base chain of its hook, and an accept in one does not overrule a drop in another: the rule goes
into each base input chain that could refuse."""

import re
from typing import List, Optional, Sequence, Tuple

from ..context import Context
from ..errors import CannotTell, Failed, Refused
from ..nova_conf.ini import Edit
from ..services.units import Units
from .backend import FileBackend
from .boot_proof import BootFiles, BootProof, Content, NotProven, Place
from .enablement import is_enabled
from .filter_tables import FilterTables
from .kernel import Kernel
from .lines import NotPlaced
from .nft_file import NftFile
from .nftables_files import NftablesFiles
from .nftables_text import Refusal, filters_input, handle_of, handles_in, place_in, refusing_chains
from .rules import COMMENT, RulePlan, Source
from .warnings_once import WarningsOnce


class Nftables(FileBackend):
    """Rules of chains; `where` is `FAMILY TABLE CHAIN`. In a file a rule is `FAMILY TABLE CHAIN|RULE`."""

    kind = "nft"
    file_kind = "nft-file"
    place = "firewall/"

    def __init__(
        self, context: Context, units: Units, kernel: Kernel, warnings: WarningsOnce, files: NftablesFiles, proof: BootProof, argument: str
    ) -> None:
        super().__init__(context, units, kernel, warnings, argument)
        self._files = files
        self._tables = FilterTables(units, kernel, files)
        self.proof = proof
        self._known: Tuple[bytes, NftFile] = (b"", NftFile(b""))

    def at_work(self, found: Sequence[str]) -> List[str]:
        return ["nftables"] if self._refusing() else []

    def plan(self, plan: RulePlan, what: str, source: Source) -> None:
        rule = rule_for(source)
        for chain, _ in self._refusing():
            family, table, _ = chain.split(" ")
            if family not in ("inet", "ip6" if source.is_ipv6 else "ip"):
                continue
            plan.rule(self.kind, chain, rule, self.has(chain, rule), source.text)
            if not is_enabled(self._units, "nftables"):
                self._warnings.warn("nftables-not-enabled", family=family, table=table)
                continue
            self._plan_file(plan, chain, rule, source)

    def has(self, where: str, rule: str) -> bool:
        ruleset = self._kernel.nft()
        if ruleset is None:
            raise CannotTell(self.subject(where), "there is no nft that lists it")
        return handle_of(ruleset, where, rule) is not None

    def insert(self, where: str, rule: str) -> None:
        listing = self._kernel.nft() or ""
        index = place_in(listing, where)
        if index is not None:
            words = ["insert", "rule"] + where.split(" ") + ["position", handles_in(listing, where)[index], rule]
        else:
            words = ["add", "rule"] + where.split(" ") + [rule]
        if not self._change(words):
            raise Failed("nft-rule-not-taken", rule=rule, chain=where, argument=self._argument)

    def delete(self, where: str, rule: str) -> None:
        handle = handle_of(self._kernel.nft() or "", where, rule)
        if handle is None or not self._change(["delete", "rule"] + where.split(" ") + ["handle", handle]):
            raise Failed("rule-not-taken-away", tool="nft", rule=rule, where=where)

    def file_has(self, data: bytes, rule: str) -> bool:
        return self._read(data).find(*self.as_loaded(rule)) is not None

    def file_with(self, path: str, content: Content, rule: str) -> Edit:
        return self.proof.edited(self._files.boot_files(), content, path + " " + rule, lambda: self._with(path, content, rule))

    def _with(self, path: str, content: Content, rule: str) -> Edit:
        chain, text = self.as_loaded(rule)
        written, place = self._files.chain(chain, content), self._place(chain, content)
        if written.file_for(place.before) != path:
            raise NotPlaced("it belongs into %s by now" % written.file_for(place.before))
        edit = written.with_rule(place.before, text)
        self.proof.moved(self._files.boot_files(), content, lambda other: edit.data if other == path else content(other), chain)
        return edit

    def file_without(self, data: bytes, rule: str) -> Edit:
        return self._read(data).without(*self.as_loaded(rule))

    def boot_files(self, path: str) -> Optional[BootFiles]:
        # A revert edits the files that are recorded, and asks no unit for them.
        return self._files.boot_files() if self._files.are_known() and path in self._files.all() else None

    def as_loaded(self, rule: str) -> Tuple[str, str]:
        chain, _, text = rule.partition("|")
        return chain, text

    def refusal_in(self, listing: str, chain: str) -> Optional[int]:
        if not filters_input(listing, chain):
            raise NotProven("no packet to the node comes to the chain %s" % chain, True)
        return place_in(listing, chain)

    def _read(self, data: bytes) -> NftFile:
        """A file, read once for all rules."""
        if self._known[0] != data:
            self._known = (data, NftFile(data))
        return self._known[1]

    def _refusing(self) -> List[Refusal]:
        return refusing_chains(self._kernel.nft() or "", self._tables.of_iptables())

    def _plan_file(self, plan: RulePlan, chain: str, rule: str, source: Source) -> None:
        files, line = self._files, chain + "|" + rule
        for file in files.all():
            if self.file_has(self._context.system.files.read(file), line):
                plan.rule(self.file_kind, file, line, True, source.text)
                return
        try:
            written = files.chain(chain)
            if not written.is_written:
                if not self.has(chain, rule):  # whoever keeps that chain may have put the rule in
                    raise Refused("nft-chain-not-written-out", chain=chain, files=files.text(), rule=rule, argument=self._argument)
                return
            known = written.file_with(rule)
            file = known or written.file_for(self._place(chain, self._context.system.files.read).before)
        except NotPlaced as answer:
            raise Refused("boot-file-not-proven", file=files.roots[0], rule=rule, reason=answer.reason, argument=self._argument)
        plan.rule(self.file_kind, file, line, known is not None, source.text)

    def _place(self, chain: str, content: Content) -> Place:
        """Where in the chain that the files load the rule belongs. Raises NotPlaced where the files' statements are not those rules."""
        files = self._files.boot_files()
        place = self.proof.place(files, content, chain, lambda listing: Place(place_in(listing, chain), len(handles_in(listing, chain))))
        if place.number != self._files.chain(chain, content).number:
            raise NotPlaced("its statements are not the %d rules that are loaded of %s" % (place.number, chain))
        return place

    def _change(self, words: List[str]) -> bool:
        result = self._context.system.commands.run(["nft"] + words, self._context.limits.probe_wait)
        return self._changed(result)


def rule_for(source: Source) -> str:
    """The rule as `nft list` writes it: a host has no prefix length there."""
    block = re.sub(r"/128$", "", re.sub(r"^([0-9.]+)/32$", r"\1", source.block))
    return '%s saddr %s tcp dport %s accept comment "%s"' % ("ip6" if source.is_ipv6 else "ip", block, source.ports, COMMENT)
