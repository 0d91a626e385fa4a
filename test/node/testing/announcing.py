"""A program that stops after each name that it has given or taken away, until a test has looked at the node.

In a folder on the node the test has two named pipes: `asked`, to which the program writes a line `KIND PATH`, and `answered`, from which
it reads one. One process of the program asks at a time.
"""

import fcntl
import os
import select
from typing import Callable

WAIT = 60  # seconds for an answer: a test that has ended leaves no run behind


def announcer(folder: str) -> Callable[[str, str], None]:
    """What announces by these pipes, kind and path; it does nothing while the folder is not there."""

    def announce(kind: str, path: str) -> None:
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        fcntl.flock(lock, fcntl.LOCK_EX)
        # For reading too: to open a pipe does not wait for its other end then.
        asked, answered = (os.open(folder + "/" + name, os.O_RDWR | os.O_CLOEXEC) for name in ("asked", "answered"))
        try:
            os.write(asked, ("%s %s\n" % (kind, path)).encode("utf-8", "surrogateescape"))
            if not select.select([answered], [], [], WAIT)[0]:
                os._exit(98)
            os.read(answered, 64)
        finally:
            for descriptor in (asked, answered, lock):
                os.close(descriptor)

    return announce
