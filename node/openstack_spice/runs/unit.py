"""The unit of systemd's that a run has to itself."""

from typing import Dict

from ..errors import CannotTell
from ..limits import Limits
from ..system import System
from ..text import last_line

_AT_WORK = ("active", "activating", "deactivating", "reloading")


class RunUnit:
    """`openstack-spice-ROLE.service`.

    :param role: whose run
    """

    def __init__(self, system: System, limits: Limits, role: str) -> None:
        self._system = system
        self._limits = limits
        self.name = "openstack-spice-%s.service" % role

    def has_process(self) -> bool:
        """Whether a run is at work. Raises CannotTell."""
        return self._show()["ActiveState"] in _AT_WORK

    def is_gone(self) -> bool:
        """Whether another run can have the unit. A killed run's dpkg, say, works on, and has its unit until it ends. Raises CannotTell."""
        shown = self._show()
        if shown["ActiveState"] in _AT_WORK:
            return False
        if shown["LoadState"] == "loaded":
            self._systemctl("reset-failed", self.name)
            return self._show()["LoadState"] != "loaded"
        return True

    def forget_failure(self) -> None:
        """A run that was killed is finished by now: systemd need not remember it."""
        self._systemctl("reset-failed", self.name)

    def ask_to_end(self) -> None:
        """The run puts back what it changed, and ends."""
        self._systemctl("kill", "--kill-who=main", "--signal=TERM", self.name)

    def kill(self) -> None:
        """The run ends where it is, with all that it started."""
        self._systemctl("kill", "--signal=KILL", self.name)

    def _show(self) -> Dict[str, str]:
        result = self._system.commands.run(
            ["systemctl", "show", "-p", "LoadState", "-p", "ActiveState", self.name], self._limits.systemctl_wait
        )
        shown = dict(line.partition("=")[::2] for line in result.out.decode("utf-8", "replace").splitlines())
        if not result.ok or "LoadState" not in shown or "ActiveState" not in shown:
            raise CannotTell("service/" + self.name, last_line(result.err) or "systemctl ends with %d" % result.status)
        return shown

    def _systemctl(self, *words: str) -> None:
        """What is asked of systemd without a need to know what it says."""
        self._system.commands.run(["systemctl"] + list(words), self._limits.systemctl_wait)
