"""nftables. A packet passes every base chain of its hook, and an accept in one does not overrule a drop in another: the rule goes
into each base input chain that could refuse."""

import re
from typing import List, Sequence

from ..context import Context
from ..errors import CannotTell, Failed, Refused
from ..nova_conf.ini import Edit
from ..services.units import Units
from .backend import FileBackend
from .enablement import is_enabled
from .kernel import Kernel
from .nftables_files import NftablesFiles
from .nftables_text import ChainInFile, handle_of, refusing_chains
from .rules import COMMENT, RulePlan, Source
from .warnings_once import WarningsOnce


class Nftables(FileBackend):
    """Rules of chains; `where` is `FAMILY TABLE CHAIN`. In a file a rule is `FAMILY TABLE CHAIN|RULE`."""

    kind = "nft"
    file_kind = "nft-file"
    place = "firewall/"

    def __init__(self, context: Context, units: Units, kernel: Kernel, warnings: WarningsOnce, files: NftablesFiles, argument: str) -> None:
        super().__init__(context, units, kernel, warnings, argument)
        self._files = files

    def at_work(self, found: Sequence[str]) -> List[str]:
        return ["nftables"] if refusing_chains(self._kernel.nft() or "") else []

    def plan(self, plan: RulePlan, what: str, source: Source) -> None:
        rule = rule_for(source)
        for chain, _ in refusing_chains(self._kernel.nft() or ""):
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
        refusals = dict(refusing_chains(self._kernel.nft() or ""))
        handle = refusals.get(where, "end")
        if handle.isdigit():
            words = ["insert", "rule"] + where.split(" ") + ["position", handle, rule]
        else:
            words = ["add", "rule"] + where.split(" ") + [rule]
        if not self._change(words):
            raise Failed("nft-rule-not-taken", rule=rule, chain=where, argument=self._argument)

    def delete(self, where: str, rule: str) -> None:
        handle = handle_of(self._kernel.nft() or "", where, rule)
        if handle is None or not self._change(["delete", "rule"] + where.split(" ") + ["handle", handle]):
            raise Failed("rule-not-taken-away", tool="nft", rule=rule, where=where)

    def file_has(self, data: bytes, rule: str) -> bool:
        chain, _, text = rule.partition("|")
        return ChainInFile(data, chain).has(text)

    def file_with(self, data: bytes, rule: str) -> Edit:
        chain, _, text = rule.partition("|")
        return ChainInFile(data, chain).with_rule(text)

    def file_without(self, data: bytes, rule: str) -> Edit:
        chain, _, text = rule.partition("|")
        return ChainInFile(data, chain).without_rule(text)

    def _plan_file(self, plan: RulePlan, chain: str, rule: str, source: Source) -> None:
        file = self._files.file_of(chain)
        if file is not None:
            data, line = self._context.system.files.read(file), chain + "|" + rule
            plan.rule(self.file_kind, file, line, self.file_has(data, line), source.text)
        elif not self.has(chain, rule):  # whoever keeps that chain may have put the rule in
            raise Refused("nft-chain-not-written-out", chain=chain, files=self._files.text(), rule=rule, argument=self._argument)

    def _change(self, words: List[str]) -> bool:
        result = self._context.system.commands.run(["nft"] + words, self._context.limits.probe_wait)
        return self._changed(result)


def rule_for(source: Source) -> str:
    """The rule as `nft list` writes it: a host has no prefix length there."""
    block = re.sub(r"/128$", "", re.sub(r"^([0-9.]+)/32$", r"\1", source.block))
    return '%s saddr %s tcp dport %s accept comment "%s"' % ("ip6" if source.is_ipv6 else "ip", block, source.ports, COMMENT)
