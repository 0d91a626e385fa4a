"""What a role has to say to a run that knows none of them."""

from abc import ABC, abstractmethod
from typing import List, Sequence, Tuple

from ..changes.kind import Pass, Planned
from ..parts import Parts
from ..state.journal import Journal


class Role(ABC):
    """One role of a node."""

    passes: Tuple[Pass, ...] = (Pass.CLOSED_PORTS, Pass.FILES, Pass.UNITS, Pass.FIREWALL)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._context = parts.context

    @abstractmethod
    def check(self) -> None:
        """Everything that can be known to go wrong before the plan is known. Raises Refused, CannotTell."""

    @abstractmethod
    def plan(self, in_transaction: bool) -> List[Planned]:
        """What differs from the document. Raises Refused, CannotTell.

        :param in_transaction: whether the run has changed something already, so that what was checked before is not checked again
        """

    @abstractmethod
    def units_to_restart(self, journal: Journal) -> Sequence[str]:
        """The units that read what the journal changed."""

    def after_files(self, journal: Journal) -> None:  # noqa: B027
        """What else the services need once the files are in their place. Raises Failed."""

    @abstractmethod
    def verify(self) -> None:
        """Proves that the role does what it is for. Raises Failed."""

    def before_commit(self, journal: Journal) -> None:  # noqa: B027
        """What is taken away once the new is proven. Raises Failed."""

    @abstractmethod
    def report(self) -> None:
        """The role's facts, as lines of the report."""

    def before_revert(self) -> None:  # noqa: B027
        """What the operator should know before a revert."""

    @abstractmethod
    def after_undo(self) -> None:
        """Restarts the services that run on and read what was put back, and proves them. Raises Failed."""

    def before_ports_open(self) -> None:  # noqa: B027
        """What the operator should know before closed ports are opened again."""
