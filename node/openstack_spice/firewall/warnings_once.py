"""Warnings that are given once, however often the run plans."""

from typing import Set, Tuple

from ..reporter import Reporter


class WarningsOnce:
    """Gives each warning once."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._given: Set[Tuple[str, Tuple[Tuple[str, str], ...]]] = set()

    def warn(self, message: str, **facts: str) -> None:
        """A warning of the catalogue, where it is a new one."""
        key = (message, tuple(sorted(facts.items())))
        if key not in self._given:
            self._given.add(key)
            self._reporter.warn(message, **facts)
