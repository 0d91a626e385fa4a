"""What every kind of firewall has to offer."""

from abc import ABC, abstractmethod
from typing import List, Sequence

from ..nova_conf.ini import Edit
from .rules import RulePlan, Source


class Backend(ABC):
    """One kind of firewall, by its own tools."""

    kinds: Sequence[str]  # of change

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


class FileBackend(Backend):
    """A firewall whose persistent file is edited by us."""

    @abstractmethod
    def file_has(self, data: bytes, rule: str) -> bool:
        """Whether a file has the rule."""

    @abstractmethod
    def file_with(self, data: bytes, rule: str) -> Edit:
        """The file with the rule, before what could refuse."""

    @abstractmethod
    def file_without(self, data: bytes, rule: str) -> Edit:
        """The file without the rule."""
