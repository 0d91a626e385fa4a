"""Who should hear of it that ports are closed: those who are connected from elsewhere, and who wrote rules that let in more."""

import ipaddress
from typing import FrozenSet, List, Sequence, Tuple

from ..context import Context
from ..services.processes import Processes
from .accepting import accepting_rules, host
from .filter_tables import CHAINS
from .firewall import RULE_KINDS
from .kernel import TOOLS, Kernel
from .nftables_text import rules_of
from .rules import rule_text


class Bystanders:
    """Finds them."""

    def __init__(self, context: Context, kernel: Kernel, processes: Processes) -> None:
        self._context = context
        self._kernel = kernel
        self._processes = processes

    def connected_outside(self, first: int, last: int) -> List[Tuple[int, str]]:
        """Port and address of each machine that is connected, and not of the declared sources. Raises CannotTell."""
        found = self._processes.connected(first, last)
        return sorted({one for one in found if not is_of(one[1], (self._context.desired.sources or ()))}, key=lambda one: "%d %s" % one)

    def report_accepting_rules(self, ports: str, first: int, last: int) -> None:
        """Reports which rules of others let in more than is declared. Raises CannotTell."""
        ours = self._own_sources()
        for tool, rules in self._rules():
            for rule in accepting_rules(rules, first, last, ours):
                self._context.reporter.warn("rule-accepts-more", ports=ports, tool=tool, rule=rule)

    def _rules(self) -> List[Tuple[str, List[str]]]:
        rules = [(tool, (self._kernel.saved(tool) or "").split("\n")) for tool in TOOLS]
        listed = rules_of(self._kernel.nft() or "")
        # What iptables keeps there was reported as its own.
        kept = tuple(CHAINS[tool][: -len("INPUT")] for tool in TOOLS if "*filter\n" in (self._kernel.saved(tool) or ""))
        others = [rule for rule in listed if not rule.chain.startswith(kept)]
        return rules + [("nft", ["%s %s" % (rule.chain, rule.text) for rule in others])]

    def _own_sources(self) -> FrozenSet[str]:
        recorded = [rule_text(entry.what).rpartition(" from ")[2] for entry in self._context.record.of_kind(*RULE_KINDS)]
        return frozenset(host(block) for block in list(self._context.desired.sources or ()) + recorded)


def is_of(address: str, blocks: Sequence[str]) -> bool:
    """Whether the address is one of the blocks'."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(known in ipaddress.ip_network(block, strict=False) for block in blocks)
