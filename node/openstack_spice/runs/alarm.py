"""The watchdog's timer: there for as long as a run changes the node. It needs no connection, no Pulumi and no process of the run. After a
reboot it is gone; then the next run finishes."""

from typing import NamedTuple, Optional

from ..limits import Limits
from ..reporter import Reporter
from ..state.paths import program_link, unfinished_file
from ..system import System
from ..system.files import ROOT_ALONE


class Unfinished(NamedTuple):
    """The run at work."""

    verb: str
    deadline: int  # seconds since the node's boot
    owner: str  # the stack


class Alarm:
    """The timer of one role, and the note of its run.

    :param role: whose
    """

    def __init__(self, system: System, limits: Limits, reporter: Reporter, role: str) -> None:
        self._system = system
        self._limits = limits
        self._reporter = reporter
        self._role = role
        self._unit = "openstack-spice-%s-watchdog" % role

    def arm(self, verb: str, owner: str) -> None:
        """To be called before the first change, once the role has its program. Raises Failed where the run cannot be noted."""
        note = "%s %d %s\n" % (verb, self._system.clock.uptime() + self._limits.run_limit, owner)
        self._system.files.create(unfinished_file(self._role), note.encode("utf-8", "surrogateescape"), ROOT_ALONE, lambda path: None)
        if not self._set_timer():
            # One of an earlier run is there still, or has failed.
            self._stop_timer()
            self._systemctl("reset-failed", self._unit + ".service")
            if not self._set_timer():
                self._reporter.warn("watchdog-not-set")

    def disarm(self) -> None:
        """The run has ended, one way or the other. Raises Failed."""
        self._system.files.remove(unfinished_file(self._role))
        self._stop_timer()

    def unfinished(self) -> Optional[Unfinished]:
        """The run at work; None where there is none. Raises CannotTell."""
        data = self._system.files.read_if_there(unfinished_file(self._role))
        words = (data or b"").decode("utf-8", "surrogateescape").strip().split(" ", 2)
        if len(words) < 2 or not words[1].isdigit():
            return None
        return Unfinished(words[0], int(words[1]), words[2] if len(words) > 2 else "")

    def _set_timer(self) -> bool:
        every = self._limits.watchdog_every
        options = ["--quiet", "--unit=" + self._unit, "--description=openstack-spice: puts %s back if its run is killed" % self._role]
        options += ["--on-active=%d" % every, "--timer-property=OnUnitInactiveSec=%d" % every, "--timer-property=AccuracySec=1"]
        command = ["/bin/bash", program_link(self._role), "watchdog", self._role]
        return self._system.commands.run(["systemd-run"] + options + command, self._limits.systemctl_wait).ok

    def _stop_timer(self) -> None:
        self._systemctl("stop", self._unit + ".timer")

    def _systemctl(self, *words: str) -> None:
        self._system.commands.run(["systemctl"] + list(words), self._limits.systemctl_wait)
