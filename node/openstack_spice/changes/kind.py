"""A kind of change: a state that can be read and set, so that doing and undoing are the same thing, a transition from one state to
another, made only where the node still is in the first one."""

import enum
from abc import ABC, abstractmethod
from typing import NamedTuple, Optional, Tuple

from ..errors import Failed
from ..reporter import Reporter
from ..state.entry import Entry
from ..state.journal import Journal


class Pass(enum.Enum):
    """When in a transaction a change is made. Ports are closed before a service can open the first one; a service is started after
    the files that it reads."""

    CLOSED_PORTS = "console-ports"
    FILES = "files"
    UNITS = "units"
    FIREWALL = "firewall"
    PACKAGES = "packages"  # before all others, and before the rest can be planned


class Planned(NamedTuple):
    """A change that is to be made."""

    entry: Entry
    old: str  # for people
    new: str


class Outcome(enum.Enum):
    """What became of a transition."""

    MADE = "made"
    NOTHING = "nothing"  # the node was in the wanted state already
    KEPT = "kept"  # it is in neither state: somebody else changed it since, and it is left alone


class Kind(ABC):
    """One kind of change. A subclass has all that is particular to it, and is registered in parts.py."""

    name: str  # as records have it
    made_in: Pass
    ours_alone = False  # whether what changes is ours whatever somebody did to it, so that nothing of it is kept

    @abstractmethod
    def read(self, where: str, what: str) -> str:
        """The state now; an edited file counts as it will be. Raises CannotTell where the node does not report."""

    @abstractmethod
    def set(self, entry: Entry, journal: Journal) -> None:
        """Makes the state `entry.written`, where it is `entry.former` now. Raises Failed."""

    @abstractmethod
    def subject(self, where: str, what: str) -> str:
        """The name of what changes, as the operator reads it."""

    @abstractmethod
    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        """Both states as the operator reads them, former and written; None where the change goes without saying."""

    def planned(self, where: str, what: str, former: str, written: str) -> Planned:
        """A change, with its states as :meth:`described` has them."""
        entry = Entry(self.name, where, what, former, written)
        old, new = self.described(entry) or ("", "")
        return Planned(entry, old, new)

    def report(self, planned: Planned, reporter: Reporter) -> None:
        """Reports a change that is about to be made, or would be."""
        reporter.changed(self.subject(planned.entry.where, planned.entry.what), planned.old, planned.new)

    def apply(self, planned: Planned, journal: Journal) -> None:
        """Journals the change, then makes it. Raises Failed where somebody changed it since it was planned."""
        journal.write(planned.entry)
        if self.transition(planned.entry, journal) is Outcome.KEPT:
            raise Failed("changed-meanwhile", subject=self.subject(planned.entry.where, planned.entry.what))

    def undo(self, entry: Entry, journal: Journal) -> Outcome:
        """Takes an entry back. Raises Failed, CannotTell; then the entry stays recorded."""
        return self.transition(entry.reversed, journal)

    def transition(self, entry: Entry, journal: Journal) -> Outcome:
        """From `entry.former` to `entry.written`."""
        now = self.read(entry.where, entry.what)
        if now == entry.written:
            return Outcome.NOTHING
        if now != entry.former and not self.ours_alone:
            return Outcome.KEPT
        self.set(entry, journal)
        return Outcome.MADE
