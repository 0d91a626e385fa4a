"""Every operation of a run has a number: each that asks the kernel for a change of the file system, each look at it, each command.

The Nth can fail, find no space, or be the last one of a program that is killed. A run of the test build without a number
writes the list of its operations: a line `NUMBER KIND SUBJECT` each.
"""

import errno
import os
import signal
import stat
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

from ..errors import CannotTell
from ..system.commands import Commands, Result
from ..system.files import Access, Files
from ..system.interruption import Interruption
from ..system.resolve import Place

LIST = "/run/openstack-spice-points"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Numbering:
    """Counts, and says what is to happen.

    :param number: of the operation at which `fault` happens; 0: at none
    :param fault: EIO, ENOSPC, kill or fail, which is EIO where there is no command to fail
    :param list_file: where operations are noted; None: nowhere
    """

    def __init__(self, number: int = 0, fault: str = "", list_file: Optional[str] = None) -> None:
        self._number = number
        self._fault = fault
        self._list = list_file
        self._count = 0

    def next(self, kind: str, subject: str) -> str:
        """Counts an operation. Gives the fault that befalls it, or nothing."""
        self._count += 1
        if self._list is not None:
            descriptor = os.open(self._list, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            line = "%d %s %s\n" % (self._count, kind, subject.replace("\n", " "))  # a command can have a script in it
            os.write(descriptor, line.encode("utf-8", "surrogateescape"))
            os.close(descriptor)
        return self._fault if self._count == self._number else ""

    def change(self, kind: str, subject: str) -> None:
        """An operation that has no half. Raises OSError, or kills the program."""
        befall(self.next(kind, subject), subject)


def befall(fault: str, subject: str) -> None:
    """Lets a fault happen to an operation of files."""
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault:
        number = errno.ENOSPC if fault == "ENOSPC" else errno.EIO
        raise OSError(number, os.strerror(number), subject)


class Durability(NamedTuple):
    """What becomes durable, and who gets to look at that."""

    synced: str = ""  # what fsync makes durable: `nothing`, only `folders`; empty: all, as it should
    announce: Callable[[str, str], None] = lambda kind, path: None  # called when a name was given or taken away


class FaultyFiles(Files):
    """Files whose Nth operation goes wrong."""

    def __init__(self, interruption: Interruption, numbering: Numbering, root: str = "/", durability: Durability = Durability()) -> None:
        super().__init__(interruption, root)
        self._numbering = numbering
        self._durability = durability

    def state(self, path: str) -> Optional[os.stat_result]:
        """A look."""
        self._look(path)
        return super().state(path)

    def names(self, path: str) -> List[str]:
        """A look."""
        self._look(path)
        return super().names(path)

    def link(self, path: str) -> Optional[str]:
        """A look."""
        self._look(path)
        return super().link(path)

    def _look(self, path: str) -> None:
        try:
            self._numbering.change("look", path)
        except OSError as error:
            raise CannotTell(path, error.strerror)

    def _open(self, place: Place, flags: int, mode: int) -> int:
        self._numbering.change("open" if flags & WRITING else "read", place.path)
        return super()._open(place, flags, mode)

    def _write(self, descriptor: int, data: bytes, path: str) -> None:
        fault = self._numbering.next("write", path)
        if fault in ("kill", "ENOSPC"):
            super()._write(descriptor, data[: len(data) // 2], path)
        befall(fault, path)
        super()._write(descriptor, data, path)

    def _set_access(self, descriptor: int, access: Access) -> None:
        self._numbering.change("access", str(tuple(access)))
        super()._set_access(descriptor, access)

    def _sync(self, descriptor: int, path: str) -> None:
        self._numbering.change("sync", path)
        synced = self._durability.synced
        if synced == "" or (synced == "folders" and stat.S_ISDIR(os.fstat(descriptor).st_mode)):
            super()._sync(descriptor, path)

    def _rename(self, folder: int, name: str, to: str, path: str) -> None:
        self._numbering.change("rename", path)
        super()._rename(folder, name, to, path)
        self._durability.announce("rename", path)

    def _unlink(self, folder: int, name: str, path: str) -> None:
        self._numbering.change("unlink", path)
        super()._unlink(folder, name, path)
        self._durability.announce("unlink", path)

    def _mkdir(self, folder: int, name: str, mode: int, path: str) -> None:
        self._numbering.change("mkdir", path)
        super()._mkdir(folder, name, mode, path)

    def _rmdir(self, folder: int, name: str, path: str) -> None:
        self._numbering.change("rmdir", path)
        super()._rmdir(folder, name, path)
        self._durability.announce("rmdir", path)

    def _symlink(self, target: str, folder: int, name: str, path: str) -> None:
        self._numbering.change("symlink", path)
        super()._symlink(target, folder, name, path)


class FaultyCommands(Commands):
    """Commands of which the Nth operation's fails.

    :param environment: variables that all commands get; an action of a test adds to it
    """

    def __init__(self, interruption: Interruption, numbering: Numbering, environment: Dict[str, str]) -> None:
        super().__init__(interruption)
        self._numbering = numbering
        self._environment = environment

    def run(self, argv: Sequence[str], *arguments: Any, **named: Any) -> Result:
        """Runs it, unless it is to fail: then it says nothing, and ends with 1, or as if something killed it."""
        fault = self._numbering.next("command", " ".join(argv))
        if fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault:
            return Result(137 if fault == "fail" else 1, b"", b"")
        if self._environment:
            named["environment"] = dict(named.get("environment") or {}, **self._environment)
        return super().run(argv, *arguments, **named)
