"""What every part of a run knows."""

import os
from typing import NamedTuple, Optional

from .document.desired import Desired
from .document.platforms import Platform
from .limits import Limits
from .reporter import Reporter
from .state.record import Record
from .system import System


class WorkFolder:
    """A folder of this run's own in /run, root's alone, for what a tool needs as a file. It is made when it is first asked for, and
    removed at the end whatever the end is.

    :param system: makes it
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._path: Optional[str] = None

    @property
    def path(self) -> str:
        """The folder. Raises OSError where it cannot be made."""
        if self._path is None:
            path = "/run/openstack-spice.%d.%s" % (os.getpid(), os.urandom(4).hex())
            self._system.files.make_folder(path, 0o700)
            self._path = path
        return self._path

    def remove(self) -> None:
        """Takes it away with all that is in it."""
        if self._path is not None:
            self._system.files.remove_tree(self._path)
            self._path = None


class Context(NamedTuple):
    """What a run is about, and what it works with."""

    system: System
    reporter: Reporter
    limits: Limits
    verb: str  # converge, check or revert
    role: str
    desired: Desired  # the document; empty in a revert
    platform: Platform  # as it is; in a revert as the record has it
    record: Record  # of the role, as the run found it; empty where there is none
    work: WorkFolder
