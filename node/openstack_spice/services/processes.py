"""Which process listens where, and is connected to what, from /proc."""

import os
import re
from typing import FrozenSet, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..context import Context
from ..system.proc import ESTABLISHED, LISTENING, Proc, Socket
from ..text import for_people, printable
from .units import Units

LONGEST_COMMAND = 300  # characters; its user chose them, and the rest of a message is to be read too


class Listener(NamedTuple):
    """Who listens on a TCP port."""

    address: str  # as `ss` prints it: 0.0.0.0, [::]
    port: int
    pid: int  # 0 where no process has it open, as of the kernel's own
    command: str  # its command line, printable


def listeners(context: Context, first: int, last: Optional[int] = None) -> List[Listener]:
    """Who listens on a TCP port, or on one of a range. Raises CannotTell.

    :param last: of the range; default: one port
    """
    proc = context.system.proc
    ports = range(first, (first if last is None else last) + 1)
    sockets = [one for one in proc.sockets() if one.state == LISTENING and one.port in ports]
    owners = proc.owners(frozenset(one.inode for one in sockets)) if sockets else {}
    found = []
    for one in sorted(sockets, key=lambda one: (one.port, one.local)):
        pid = owners.get(one.inode, 0)
        found.append(Listener(bracketed(one.local), one.port, pid, _command(proc, pid)))
    return found


def strange_listeners(context: Context, first: int, last: int) -> List[str]:
    """Who listens in a range, is not QEMU, and not on loopback alone: `PROGRAM on TCP PORT (pid PID)`. Raises CannotTell."""
    found = []
    proc = context.system.proc
    for one in listeners(context, first, last):
        if is_loopback(one.address):
            continue
        program = printable((proc.program(one.pid) if one.pid else None) or one.command)
        if program.endswith(" (deleted)"):  # upgraded since
            program = program[: -len(" (deleted)")]
        if not re.match(r"(qemu-.*|kvm)\Z", os.path.basename(program)):
            found.append("%s on TCP %d (pid %s)" % (program, one.port, one.pid or "unknown"))
    return found


def is_loopback(address: str) -> bool:
    """Whether only this node itself reaches the address of a listener."""
    return address.startswith("127.") or address in ("[::1]", "::1") or address.startswith("[::ffff:127.")


def bracketed(address: str) -> str:
    """An address as it stands before a port."""
    return "[%s]" % address if ":" in address else address


def unit_of(context: Context, pid: int) -> str:
    """The unit of the system's own systemd that a process belongs to, without `.service`; nothing where it belongs to none.

    What lies below a user's own systemd is that user's, whatever its name; a unit of a container below another unit is that one's.
    """
    proc = context.system.proc
    return _unit_of_paths(proc.cgroups(pid), _prefixes(proc))


def _prefixes(proc: Proc) -> List[str]:
    """What the paths of control groups may begin with, where this systemd runs below another one: the longest first."""
    scope = "/init.scope"
    paths = (path[: -len(scope)] if path.endswith(scope) else path.rstrip("/") for path in proc.cgroups(1))
    return sorted(paths, key=len, reverse=True)


def _unit_of_paths(paths: Sequence[str], prefixes: Sequence[str]) -> str:
    for path in paths:
        above = next((prefix for prefix in prefixes if path.startswith(prefix + "/")), "")
        for part in path[len(above) :].strip("/").split("/"):
            if part.endswith(".service"):
                return part[: -len(".service")]
            if not part.endswith(".slice") or part == "user.slice":
                break
    return ""


def _command(proc: Proc, pid: int) -> str:
    words = proc.words(pid) if pid else []
    command = " ".join(for_people(word) for word in words).strip() or (for_people(proc.name(pid)) if pid else "") or "unknown"
    return command if len(command) <= LONGEST_COMMAND else command[: LONGEST_COMMAND - 4] + " ..."


class Processes:
    """The processes of units."""

    def __init__(self, context: Context, units: Units) -> None:
        self._context = context
        self._units = units
        self._proc = context.system.proc

    def of_unit(self, unit: str) -> List[int]:
        """All processes of a unit."""
        prefixes = _prefixes(self._proc)
        return [pid for pid in self._proc.pids() if _unit_of_paths(self._proc.cgroups(pid), prefixes) == unit]

    def listeners(self, port: int) -> List[Listener]:
        """Who listens on a port. Raises CannotTell."""
        return listeners(self._context, port)

    def strange_listeners(self, first: int, last: int) -> List[str]:
        """Who listens in a range, is not QEMU, and not on loopback alone. Raises CannotTell."""
        return strange_listeners(self._context, first, last)

    def unit_of(self, pid: int) -> str:
        """The unit that a process belongs to."""
        return unit_of(self._context, pid)

    def unit_listens(self, unit: str, port: int) -> bool:
        """Whether a process of the unit listens there. Raises CannotTell."""
        return self._has_socket(unit, [one for one in self._proc.sockets() if one.state == LISTENING and one.port == port])

    def has_connection(self, unit: str, ports: Sequence[int]) -> bool:
        """Whether a process of the unit has a TCP connection to one of the ports, established. Raises CannotTell."""
        return self._has_socket(unit, [one for one in self._proc.sockets() if one.state == ESTABLISHED and one.remote_port in ports])

    def connected(self, first: int, last: int) -> List[Tuple[int, str]]:
        """Who is connected to a port of a range, from another address than the connection's own end: port and address, sorted. IPv4
        addresses in IPv6 sockets are given as IPv4. Raises CannotTell."""
        found = set()
        for one in self._proc.sockets():
            local, remote = _host(one.local), _host(one.remote)
            if one.state == ESTABLISHED and first <= one.port <= last and local != remote:
                found.add((one.port, remote))
        return sorted(found)

    def wait_for_listener(self, unit: str, port: int) -> None:
        """Until a process of the unit listens: Nova's proxies need 3 to 13 s for that. Raises Failed, CannotTell."""
        context = self._context
        deadline = context.system.clock.deadline(context.limits.service_wait)
        while not self.unit_listens(unit, port):
            # It exits 0 on a bad option, and systemd then says `inactive`, not `failed`.
            moving = self._units.is_moving(unit)
            if self._units.gave_up(unit) or not (moving or self._units.is_active(unit)):
                self._units.failed(unit, "stopped, and does not listen on TCP %d" % port)
            if context.system.clock.is_over(deadline):
                self._units.failed(unit, "does not listen on TCP %d after %d s" % (port, context.limits.service_wait))
            context.system.clock.pause(0.2)

    def of_users(self, uids: FrozenSet[int]) -> Iterator[int]:
        """Processes of these users alone."""
        return (pid for pid in self._proc.pids() if self._proc.is_of(pid, uids))

    def _has_socket(self, unit: str, sockets: List[Socket]) -> bool:
        return bool(sockets) and bool(self._proc.owners(frozenset(one.inode for one in sockets), self.of_unit(unit)))


def _host(address: str) -> str:
    return address[len("::ffff:") :] if address.startswith("::ffff:") and "." in address else address
