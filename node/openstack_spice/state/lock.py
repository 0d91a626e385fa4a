"""One run at a time on a node. The lock file lies in /run itself, where only root can write, and nobody else can open it."""

import fcntl
import os
from typing import Callable, Optional

from ..system import Clock

RUN_LOCK = "/run/openstack-spice-lock"
CALLERS_LOCK = "/run/openstack-spice-callers-lock"


class Lock:
    """A lock of the whole node.

    :param path: RUN_LOCK or CALLERS_LOCK
    """

    def __init__(self, clock: Clock, path: str = RUN_LOCK) -> None:
        self._clock = clock
        self._path = path
        self._descriptor: Optional[int] = None

    @property
    def held(self) -> bool:
        """Whether this run has it."""
        return self._descriptor is not None

    def try_now(self) -> bool:
        """Takes it where it is free. Gives whether this run has it."""
        if self._descriptor is not None:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def take(self, seconds: float, waiting: Callable[[], None]) -> bool:
        """Takes it, and waits for it where another run has it. Gives whether this run has it.

        :param waiting: called once where it is not free at once
        """
        if self.try_now():
            return True
        waiting()
        return self._clock.until(self.try_now, seconds, 0.1)

    def release(self) -> None:
        """Gives it to the next one."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
