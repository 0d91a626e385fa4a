"""Progress that is told once, however often the run plans."""

from typing import Set

from ..reporter import Reporter


class Teller:
    """Tells each text once."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._told: Set[str] = set()

    def say(self, text: str) -> None:
        """A line of progress, where it is a new one."""
        if text not in self._told:
            self._told.add(text)
            self._reporter.say(text)
