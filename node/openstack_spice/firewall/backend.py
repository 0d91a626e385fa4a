"""What every kind of firewall has to offer."""

from abc import ABC, abstractmethod
from typing import List, Sequence

from ..context import Context
from ..nova_conf.ini import Edit
from ..services.units import Units
from ..system.commands import Result
from .kernel import Kernel
from .rules import RulePlan, Source
from .warnings_once import WarningsOnce


class Backend(ABC):
    """One kind of firewall, by its own tools.

    :param argument: of the stack, by which the sources are declared
    """

    kind: str  # of change: a rule that is in force
    place: str  # before `where` it is the name of what changes

    def __init__(self, context: Context, units: Units, kernel: Kernel, warnings: WarningsOnce, argument: str) -> None:
        self._context = context
        self._units = units
        self._kernel = kernel
        self._warnings = warnings
        self._argument = argument

    def subject(self, where: str) -> str:
        """The name of what changes, as the operator reads it."""
        return self.place + where

    @abstractmethod
    def at_work(self, found: Sequence[str]) -> List[str]:
        """What of it could refuse a packet to this node by now: what is installed, but switched off, does not count.

        :param found: what else is at work already
        Raises CannotTell.
        """

    @abstractmethod
    def plan(self, plan: RulePlan, what: str, source: Source) -> None:
        """What lets the source in by `what`, of those at work, now and after a boot. Raises Refused, CannotTell."""

    @abstractmethod
    def has(self, where: str, rule: str) -> bool:
        """Whether the rule is in force. Raises CannotTell."""

    @abstractmethod
    def insert(self, where: str, rule: str) -> None:
        """Puts the rule in force, before what could refuse. Raises Failed."""

    @abstractmethod
    def delete(self, where: str, rule: str) -> None:
        """Takes the rule away. Raises Failed."""

    def _changed(self, result: Result) -> bool:
        """Whether a tool has changed the rules as it was asked to; what it says of it is quoted."""
        self._kernel.forget()
        self._context.reporter.quote(result.err)
        return result.ok


class FileBackend(Backend):
    """A firewall whose persistent file is edited by us."""

    file_kind: str  # of change: a rule in a file that a boot loads

    @abstractmethod
    def file_has(self, data: bytes, rule: str) -> bool:
        """Whether a file has the rule."""

    @abstractmethod
    def file_with(self, data: bytes, rule: str) -> Edit:
        """The file with the rule, before what could refuse."""

    @abstractmethod
    def file_without(self, data: bytes, rule: str) -> Edit:
        """The file without the rule."""
