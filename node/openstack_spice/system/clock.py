"""Waiting, by the time since boot: a clock that is set back makes no wait longer."""

import time
from typing import Callable

from .interruption import Interruption


class Clock:
    """The time since boot, and pauses.

    :param interruption: asked after each pause
    """

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption

    def seconds(self) -> float:
        """Seconds since some moment before the program's start; they never go back."""
        return time.monotonic()

    def uptime(self) -> int:
        """Seconds since the node's boot; another process of the node reads the same."""
        with open("/proc/uptime", "rb") as file:
            return int(float(file.read().split()[0]))

    def now(self) -> int:
        """Seconds since 1970, by the node's clock."""
        return int(time.time())

    def pause(self, seconds: float) -> None:
        """Does nothing for so long."""
        time.sleep(seconds)
        self._interruption.check()

    def deadline(self, seconds: float) -> float:
        """The moment at which the seconds are over, for :meth:`is_over`."""
        return self.seconds() + seconds

    def is_over(self, deadline: float) -> bool:
        """Whether the deadline has passed."""
        return self.seconds() >= deadline

    def until(self, condition: Callable[[], bool], seconds: float, every: float = 0.2) -> bool:
        """Asks until the condition holds. Gives whether it did within the seconds; it is asked once more at their end."""
        deadline = self.deadline(seconds)
        while not condition():
            if self.is_over(deadline):
                return False
            self.pause(every)
        return True
