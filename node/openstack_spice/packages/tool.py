"""What differs between package tools."""

from abc import ABC, abstractmethod
from typing import Dict, List, NamedTuple, Optional, Pattern, Sequence, Tuple

from ..context import Context
from ..errors import CannotTell
from ..system.commands import Result
from ..text import last_line


class Installed(NamedTuple):
    """What the node has of a package."""

    version: str  # with the epoch, where it has one; empty where it is not wholly installed
    architecture: str
    is_there: bool  # whether anything of it is installed, be it half


NOTHING = Installed("", "", False)


class Step(NamedTuple):
    """What a tool would do with one package."""

    is_harm: bool  # whether it is another one's upgrade, downgrade or removal
    name: str
    detail: str  # the version that would be installed; of a harm what it is, such as `(removed)`

    def __str__(self) -> str:
        return "%s %s %s" % ("harm" if self.is_harm else "install", self.name, self.detail)


class Simulation(NamedTuple):
    """How a tool answered when it was asked what it would do."""

    done: bool  # it knows how to do all that was asked
    locked: bool  # another one kept it waiting for too long
    output: str


class Unpacked(NamedTuple):
    """A package that came to the node."""

    name: str
    version: str
    seconds: int  # since 1970


class PackageTool(ABC):
    """apt, or dnf and yum, which understand much the same."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._files = context.system.files
        self._commands = context.system.commands
        self._clock = context.system.clock
        self._limits = context.limits
        self.name = context.platform.tool

    def versions(self, names: Sequence[str]) -> Dict[str, str]:
        """The versions of those that are installed. Raises CannotTell."""
        return {name: found.version for name, found in self.query(names).items() if found.version}

    def is_there(self, name: str) -> bool:
        """Whether anything of a package is installed, be it half. Raises CannotTell."""
        return self.query((name,))[name].is_there

    def offer_repositories(self, folder: str) -> None:  # noqa: B027
        """Has the tool look at the repositories of a folder too, until :meth:`withdraw_repositories`."""

    def withdraw_repositories(self) -> None:  # noqa: B027
        """The tool looks at its own repositories alone again."""

    @abstractmethod
    def query(self, names: Sequence[str]) -> Dict[str, Installed]:
        """What the node has of each, in one question. Raises CannotTell where the tool's database does not answer."""

    @abstractmethod
    def pin(self, name: str, nova: Installed) -> str:
        """A package as the tool is asked for it in the version of the installed Nova."""

    @abstractmethod
    def simulate(self, pinned: Sequence[str], names: Sequence[str]) -> Simulation:
        """Resolves the installation and changes nothing.

        :param pinned: packages as the tool is asked for them
        :param names: the same by their names alone
        """

    @abstractmethod
    def simulated(self, output: str) -> Tuple[Step, ...]:
        """What a simulation would do, from its output."""

    @abstractmethod
    def reason(self, output: str) -> str:
        """Why a simulation failed, one line."""

    @abstractmethod
    def refresh(self) -> bytes:
        """Has the lists of packages looked at anew. Gives what the tool said."""

    @abstractmethod
    def install(self, pinned: Sequence[str]) -> Result:
        """Installs, asks nothing, and ends in time, maintainer scripts included. Standard error comes with the output."""

    @abstractmethod
    def owner(self, file: str) -> Optional[str]:
        """The package that brought a file; None where none did. Raises CannotTell."""

    @abstractmethod
    def simulate_removal(self, names: Sequence[str]) -> Simulation:
        """As :meth:`simulate`, of a removal."""

    @abstractmethod
    def remove(self, names: Sequence[str]) -> Result:
        """Removes these; what came as their dependencies stays, and so do configuration files."""

    @abstractmethod
    def unpacked_since(self, seconds: int, wanted: Pattern[str]) -> List[Unpacked]:
        """What came after that time, since 1970, of the packages whose whole name matches. Raises CannotTell."""


def reason_of(result: Result, command: str) -> str:
    """Why a command gave no answer, one line."""
    if result.missing:
        return "there is no %s on this node" % command
    if result.timed_out:
        return "%s did not end in time" % command
    return last_line(result.err) or "%s ended with status %d" % (command, result.status)


def cannot_tell(subject: str, result: Result, command: str) -> CannotTell:
    """What is raised where a command gave no answer."""
    return CannotTell(subject, reason_of(result, command))


def text_of_output(data: bytes) -> str:
    """A tool's output as text."""
    return data.decode("utf-8", "replace")
