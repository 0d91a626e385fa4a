"""Who changed what: a line for each change, in syslog and in one file of the node, which stays when all else goes.

What is written is what the report says, and has no secret in it.
"""

import errno
import socket
import time
from typing import Callable

from ..errors import CannotTell, Stop
from ..system import System
from ..system.files import EVERYBODY_READS
from ..system.reading import reason_of
from ..text import cut, printable, to_bytes
from .paths import AUDIT_LOG


class Audit:
    """The audit log of one run.

    :param node: the node's name
    :param who: `ROLE VERB by=WHO stack=STACK program=DIGEST`
    :param say: tells the operator
    """

    def __init__(self, system: System, node: str, who: str, say: Callable[[str], None]) -> None:
        self._system = system
        self._node = node
        self._who = who
        self._say = say
        self._told = False  # whether the operator knows that the file cannot be written

    def write(self, text: str) -> None:
        """One line. A full disk, or what is no file under the log's name, is no reason to stop a run, on its way back least of all: syslog
        has it then, and the operator hears of it, once. Nothing of that kind is waited for, or written to."""
        line = cut(printable("%s: %s" % (self._who, text)))
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._system.clock.now()))
        try:
            self._system.files.append(AUDIT_LOG, to_bytes("%s %s %s\n" % (stamp, self._node, line)), EVERYBODY_READS)
            reason = ""
        except (OSError, CannotTell, Stop) as error:
            reason = _reason_of(error)
        has_syslog = _syslog(line)
        if reason and not self._told:
            self._told = True
            place = "in syslog alone" if has_syslog else "nowhere"
            self._say("%s cannot be written (%s): what changes is logged %s" % (AUDIT_LOG, reason, place))


def _reason_of(error: Exception) -> str:
    """Why the file cannot be written."""
    if isinstance(error, CannotTell):
        return error.reason
    if isinstance(error, OSError):
        # A folder, or a FIFO that nobody reads and a socket, do not even open.
        return "it is no regular file" if error.errno in (errno.EISDIR, errno.ENXIO) else reason_of(error)
    return "a symbolic link to it is not root's"  # the one refusal on the way to a file


def _syslog(line: str) -> bool:
    """By the socket of the system's log, without a process. Gives whether it took the line."""
    notice = (10 << 3) | 5  # authpriv.notice
    message = to_bytes("<%d>openstack-spice: %s" % (notice, line))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        try:
            log.settimeout(1)
            log.connect("/dev/log")
            log.send(message)
            return True
        except OSError:
            return False
