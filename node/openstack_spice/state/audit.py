"""Who changed what: a line for each change, in syslog and in one file of the node, which stays when all else goes.

What is written is what the report says, and has no secret in it.
"""

import socket
import time

from ..errors import CannotTell, Stop
from ..system import System
from ..system.files import EVERYBODY_READS
from ..text import cut, printable, to_bytes
from .paths import AUDIT_LOG


class Audit:
    """The audit log of one run.

    :param node: the node's name
    :param who: `ROLE VERB by=WHO stack=STACK program=DIGEST`
    """

    def __init__(self, system: System, node: str, who: str) -> None:
        self._system = system
        self._node = node
        self._who = who

    def write(self, text: str) -> None:
        """One line. A full disk, or a log that somebody put elsewhere, is no reason to stop a run on its way back: syslog has it then."""
        line = cut(printable("%s: %s" % (self._who, text)))
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._system.clock.now()))
        try:
            self._system.files.append(AUDIT_LOG, to_bytes("%s %s %s\n" % (stamp, self._node, line)), EVERYBODY_READS)
        except (OSError, CannotTell, Stop):
            pass
        _syslog(line)


def _syslog(line: str) -> None:
    """By the socket of the system's log, without a process."""
    notice = (10 << 3) | 5  # authpriv.notice
    message = to_bytes("<%d>openstack-spice: %s" % (notice, line))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        try:
            log.settimeout(1)
            log.connect("/dev/log")
            log.send(message)
        except OSError:
            pass
