"""A signal that asks the run to end, obeyed between two steps and never within one."""

import signal
from types import FrameType
from typing import Optional

from ..errors import ExitStatus, Terminated


class Interruption:
    """Whether SIGTERM or SIGINT has come. No step is cut off by it: who runs a command, waits, or is about to write asks."""

    def __init__(self) -> None:
        self._requested: Optional[ExitStatus] = None
        self._ignored = False

    def listen(self) -> None:
        """From here on the two signals are noted."""
        signal.signal(signal.SIGTERM, self._note)
        signal.signal(signal.SIGINT, self._note)

    def ignore(self) -> None:
        """From here on they change nothing: what is put back is put back to its end."""
        self._ignored = True

    def check(self) -> None:
        """Raises Terminated where one has come."""
        if self._requested is not None and not self._ignored:
            raise Terminated(self._requested)

    def _note(self, number: int, _frame: Optional[FrameType]) -> None:
        self._requested = ExitStatus.TERMINATED if number == signal.SIGTERM else ExitStatus.INTERRUPTED
