"""The run's own side of runs/detach.py: in its unit, with files for standard streams."""

from ..errors import ExitStatus
from ..system import System
from ..system.files import ROOT_ALONE
from ..system.hold import Hold
from ..system.streams import redirect
from .again import twice


class DetachedRun:
    """The folder of a run at work, which lives for as long as this object does.

    :param folder: as runs/detach.py makes it
    Raises OSError where that is not what it is to be.
    """

    def __init__(self, folder: str, system: System) -> None:
        self._folder = folder
        self._system = system
        redirect(folder + "/document", folder + "/out", folder + "/err")
        self._life = Hold(system.files, folder + "/request")
        self._life.take_now()
        system.files.create(folder + "/started", b"", ROOT_ALONE, lambda path: None)

    def end(self, status: ExitStatus) -> None:
        """To be called last: who follows ends with this status, and takes all traces along. Raises Failed."""
        self._system.interruption.ignore()
        twice(lambda: self._system.files.create(self._folder + "/code", b"%d\n" % status, ROOT_ALONE, lambda path: None))
