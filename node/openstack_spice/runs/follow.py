"""Says what a run says, from its beginning to its end. It asks files, and starts no process while the run lives."""

from typing import Optional

from ..errors import CannotTell, ExitStatus
from ..system import System
from ..system.hold import Hold
from ..system.streams import Follower, is_terminal, pass_on
from .unit import RunUnit

LOOK = 0.1  # seconds between two looks
LIFE_LOOK = 1.0  # seconds between two looks for the run's life


def follow(folder: str, unit: RunUnit, system: System) -> Optional[ExitStatus]:
    """Passes on what the run of a folder says. Gives its exit status; None where it was killed.

    A closed connection ends the follower, with status 1, and not the run.
    """
    # People read what is on standard error; the report is for programs.
    is_reported = not is_terminal(1)
    out, err = Follower(system.files, folder + "/out"), Follower(system.files, folder + "/err")
    life = _Life(folder, unit, system)
    try:
        while True:
            code = _code(folder, system)
            if code is None and not life.goes_on():
                code = _code(folder, system) or "killed"
            report = out.read()
            if not (pass_on(1, report if is_reported else b"") and pass_on(2, err.read())):
                return ExitStatus.FAILED
            if code is not None:
                return _status(code)
            system.clock.pause(LOOK)
    finally:
        out.close()
        err.close()


def _code(folder: str, system: System) -> Optional[str]:
    data = system.files.read_if_there(folder + "/code")
    return None if data is None else data.decode("ascii", "replace").strip()


def _status(code: str) -> Optional[ExitStatus]:
    try:
        return ExitStatus(int(code))
    except ValueError:
        return None


class _Life:
    """Whether the run lives: from its start on it has the file `request` locked, which no process that it starts inherits."""

    def __init__(self, folder: str, unit: RunUnit, system: System) -> None:
        self._folder = folder
        self._unit = unit
        self._system = system
        self._next_look = system.clock.deadline(LIFE_LOOK)

    def goes_on(self) -> bool:
        """Asked as often as one likes; looks once a second. Where nothing is known, it does."""
        if not self._system.clock.is_over(self._next_look):
            return True
        self._next_look = self._system.clock.deadline(LIFE_LOOK)
        if not self._system.files.exists(self._folder + "/started"):
            return self._unit_has_process()
        hold = Hold(self._system.files, self._folder + "/request")
        is_dead = hold.share_now()
        hold.release()
        return not is_dead

    def _unit_has_process(self) -> bool:
        try:
            return self._unit.has_process()
        except CannotTell:
            return True
