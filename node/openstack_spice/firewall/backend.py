"""What every kind of firewall has to offer."""

from abc import ABC, abstractmethod
from typing import List, Optional, Sequence, Tuple

from ..context import Context
from ..nova_conf.ini import Edit
from ..services.units import Units
from ..system.commands import Result
from .boot_proof import BootFiles, BootProof, Content
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
    """A firewall whose persistent file is edited by us.

    What stands below the edits is for files that are free text, whose edits are proven: firewalld's have a form of their own.
    """

    file_kind: str  # of change: a rule in a file that a boot loads
    proof: BootProof  # of the edits of files that are free text

    @abstractmethod
    def file_has(self, data: bytes, rule: str) -> bool:
        """Whether a file has the rule."""

    @abstractmethod
    def file_with(self, path: str, content: Content, rule: str) -> Edit:
        """The file with the rule, before what could refuse. Raises NotPlaced.

        :param content: gives the bytes of this file, and of others that are loaded with it
        """

    @abstractmethod
    def file_without(self, data: bytes, rule: str) -> Edit:
        """The file without the rule."""

    def boot_files(self, path: str) -> Optional[BootFiles]:
        """The files that are loaded together with this one, by which its edits are proven; None where that is not known.

        Raises CannotTell.
        """
        raise NotImplementedError(self.file_kind)

    def as_loaded(self, rule: str) -> Tuple[str, str]:
        """A rule of the file: its chain, and the rule as the tool takes it."""
        raise NotImplementedError(self.file_kind)

    def refusal_in(self, listing: str, chain: str) -> Optional[int]:
        """The index of the chain's first rule that could refuse, in a listing of what is loaded; None where none does.

        Raises NotProven where no packet to the node comes to the chain.
        """
        raise NotImplementedError(self.file_kind)
