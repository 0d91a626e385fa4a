"""Locks of files and folders that are there, which end with the process that has them."""

import fcntl
import os
from typing import Optional

from .reading import Reading


class Hold:
    """A lock of an entry that is there. What a process starts does not inherit it.

    :param path: of a file or folder in a folder that only root can write
    """

    def __init__(self, files: Reading, path: str) -> None:
        self._files = files
        self._path = path
        self._descriptor: Optional[int] = None

    @classmethod
    def of(cls, files: Reading, path: str, descriptor: int) -> "Hold":
        """The lock that an open descriptor has already."""
        hold = cls(files, path)
        hold._descriptor = descriptor
        return hold

    def share(self) -> None:
        """Takes it together with others that share it; waits for one that has it alone. Raises FileNotFoundError, CannotTell."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def share_now(self) -> bool:
        """As :meth:`share`, without waiting. Gives whether this process has it."""
        return self._try(fcntl.LOCK_SH)

    def take_now(self) -> bool:
        """Takes it alone. Gives whether this process has it; where it does not, it does not share it any more either."""
        return self._try(fcntl.LOCK_EX)

    def release(self) -> None:
        """Gives it up."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._open(), kind | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = self._files.descriptor(self._path)
        return self._descriptor
