"""What runs on the node, from /proc: processes, their open files, and the node's TCP sockets. No process is started for it.

A process that ends meanwhile has nothing: that is no failure to report. Root reads all processes; another user's own only.
"""

import os
import socket
import struct
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from ..errors import CannotTell

LARGEST = 1 << 20  # bytes of a process's command line or environment that count
LISTENING = 0x0A
ESTABLISHED = 0x01
_STATES = ("%02X" % LISTENING, "%02X" % ESTABLISHED)


class Socket(NamedTuple):
    """A TCP socket of the node."""

    family: int
    local: str  # an address, without brackets
    port: int
    remote: str
    remote_port: int
    state: int  # LISTENING, ESTABLISHED, or another one
    inode: str


class Proc:
    """Reads /proc.

    :param root: where it is; tests have another folder
    """

    def __init__(self, root: str = "/proc") -> None:
        self._root = root

    def pids(self) -> List[int]:
        """All processes."""
        return sorted(int(name) for name in os.listdir(self._root) if name.isdigit())

    def uid(self, pid: int) -> Optional[int]:
        """Whose the process is, by its effective user id; None where it is gone. The owner of its folder tells less: root's, where
        the process has asked not to be looked at."""
        uids = self._uids(pid)
        return uids[1] if uids else None

    def is_of(self, pid: int, uids: FrozenSet[int]) -> bool:
        """Whether the process is one of these users', by who started it and by whose rights it has: anybody can start a program that has
        root's rights (su, sudo), and say what it is called."""
        found = self._uids(pid)
        return bool(found) and set(found) <= uids

    def words(self, pid: int) -> List[bytes]:
        """Its command line; none where it is gone, or has none."""
        return _parts(self._read(pid, "cmdline"))

    def environment(self, pid: int) -> List[bytes]:
        """Its variables at its start, as NAME=VALUE."""
        return _parts(self._read(pid, "environ"))

    def name(self, pid: int) -> bytes:
        """Its name, as its user chose it."""
        return self._read(pid, "comm").rstrip(b"\n")

    def program(self, pid: int) -> Optional[str]:
        """The path of the program that it runs; None where that is not known."""
        try:
            return os.readlink("%s/%d/exe" % (self._root, pid))
        except OSError:
            return None

    def cgroups(self, pid: int) -> List[str]:
        """The control groups that systemd has it in, as paths."""
        paths = []
        for line in self._read(pid, "cgroup").decode("utf-8", "replace").splitlines():
            _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
            if controllers in ("", "name=systemd"):
                paths.append(path)
        return paths

    def open_files(self, pid: int) -> List[str]:
        """What its descriptors lead to: paths, or `socket:[INODE]`."""
        targets = []
        try:
            folder = os.open("%s/%d/fd" % (self._root, pid), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return []
        try:
            for name in os.listdir(folder):
                try:
                    targets.append(os.readlink(name, dir_fd=folder))
                except OSError:
                    continue
        except OSError:
            pass
        finally:
            os.close(folder)
        return targets

    def sockets(self) -> List[Socket]:
        """The node's TCP sockets that listen, or have a connection. Raises CannotTell where the kernel does not list them."""
        found = list(self._table("tcp", socket.AF_INET))
        if os.path.exists(self._root + "/net/tcp6"):  # a kernel without IPv6 has none
            found += self._table("tcp6", socket.AF_INET6)
        return found

    def owners(self, inodes: "frozenset[str]", pids: Optional[List[int]] = None) -> Dict[str, int]:
        """The process of each of these sockets, where one has it open.

        :param pids: where to look; default: everywhere
        """
        wanted = {"socket:[%s]" % inode: inode for inode in inodes}
        owners: Dict[str, int] = {}
        for pid in self.pids() if pids is None else pids:
            for target in self.open_files(pid):
                if target in wanted:
                    owners.setdefault(wanted[target], pid)
            if len(owners) == len(wanted):
                break
        return owners

    def _uids(self, pid: int) -> List[int]:
        """The user ids, real and effective; none where the process is gone."""
        for line in self._read(pid, "status").split(b"\n"):
            if line.startswith(b"Uid:"):
                return [int(word) for word in line.split()[1:3]]
        return []

    def _table(self, name: str, family: int) -> Iterator[Socket]:
        try:
            with open("%s/net/%s" % (self._root, name), "rb") as file:
                lines = file.read().decode("ascii", "replace").splitlines()[1:]
        except OSError as error:
            raise CannotTell("TCP sockets", error.strerror or str(error))
        for line in lines:
            fields = line.split()
            if len(fields) < 10 or fields[3] not in _STATES:  # a busy node has thousands that only wait for their end
                continue
            (local, port), (remote, remote_port) = _endpoint(fields[1], family), _endpoint(fields[2], family)
            yield Socket(family, local, port, remote, remote_port, int(fields[3], 16), fields[9])

    def _read(self, pid: int, name: str) -> bytes:
        try:
            with open("%s/%d/%s" % (self._root, pid, name), "rb", buffering=0) as file:
                data = b""
                while len(data) < LARGEST:
                    piece = file.read(65536)
                    if not piece:
                        break
                    data += piece
                return data
        except OSError:  # it ended meanwhile
            return b""


def _parts(data: bytes) -> List[bytes]:
    return data.rstrip(b"\0").split(b"\0") if data.rstrip(b"\0") else []


def _endpoint(text: str, family: int) -> Tuple[str, int]:
    """Address and port as /proc/net/tcp has them: words of 32 bits in the processor's order."""
    address, _, port = text.partition(":")
    words = [int(address[i : i + 8], 16) for i in range(0, len(address), 8)]
    return socket.inet_ntop(family, struct.pack("=%dI" % len(words), *words)), int(port, 16)
