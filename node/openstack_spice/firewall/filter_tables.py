"""Whose the tables `ip filter` and `ip6 filter` of nf_tables are: iptables-nft keeps its rules there, and people write tables of that name
for nft. A rule of ours goes in by the tool of who keeps them, and into that one's file."""

from typing import FrozenSet, Mapping

from ..services.units import Units
from .enablement import is_enabled
from .kernel import TOOLS, Kernel
from .lines import NotPlaced
from .nftables_files import NftablesFiles
from .nftables_text import filters_input

CHAINS: Mapping[str, str] = {"iptables": "ip filter INPUT", "ip6tables": "ip6 filter INPUT"}


class FilterTables:
    """Tells it."""

    def __init__(self, units: Units, kernel: Kernel, files: NftablesFiles) -> None:
        self._units = units
        self._kernel = kernel
        self._files = files

    def is_written_for_nft(self, tool: str) -> bool:
        """Whether the chain INPUT that this tool of iptables would change is one that is written for nft. Raises CannotTell.

        :param tool: `iptables` or `ip6tables`
        """
        chain = CHAINS[tool]
        if not filters_input(self._kernel.nft() or "", chain):
            return False
        saved = self._kernel.saved(tool) or ""
        # Of a table that has what it does not know, iptables says just that.
        if "\n:INPUT " not in saved or self._kernel.is_legacy(tool):
            return True
        try:
            return is_enabled(self._units, "nftables") and self._files.chain(chain).is_written
        except NotPlaced:
            return False

    def of_iptables(self) -> FrozenSet[str]:
        """The chains that iptables-nft keeps. Raises CannotTell."""
        return frozenset(CHAINS[tool] for tool in TOOLS if not self.is_written_for_nft(tool))
