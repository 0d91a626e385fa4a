"""What systemd says of units: one process asks for all properties of all units that the run has to do with, and its answer counts
until this run changes something."""

from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ..context import Context
from ..errors import CannotTell
from ..system.commands import Result
from ..text import last_line
from . import show
from .show import Shown

_KNOWN_TO_THE_TOOL = ("", "generated", "bad")  # states of a unit file that only `systemctl is-enabled` can say more of: init scripts
NOT_ENABLED_WORDS = ("", "not-found")


class Witness(NamedTuple):
    """Who knows whether a service that has not notified systemd that it is ready is ready all the same."""

    serves: Callable[[], bool]  # whether its process does what it is for
    patience: Callable[[], float]  # seconds for which it may well be about to notify it


class UnitStates:
    """Asks systemd. Units are named without `.service`.

    :ivar before: the state of units that a package of this run brought along, as it was before
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._names: List[str] = []
        self._shown: Dict[str, Shown] = {}
        self._enablement: Dict[str, str] = {}
        self._witnesses: Dict[str, Witness] = {}
        self._reported_unannounced: Set[str] = set()
        self._left: Dict[str, Tuple[str, str]] = {}  # main processes that were asked to make way
        self.before: Dict[str, str] = {}

    def preload(self, units: Sequence[str]) -> None:
        """Has these units asked for together with the first one."""
        self._names += [unit for unit in units if unit and unit not in self._names]

    def forget(self) -> None:
        """What is known may be so no more, as after an installation."""
        self._shown.clear()
        self._enablement.clear()

    def state(self, unit: str) -> str:
        """`enabled active`, `disabled inactive`, `masked failed`, `absent inactive` ... Raises CannotTell."""
        return "%s %s" % (self._enabled(unit), self.show(unit, "ActiveState"))

    def is_absent(self, unit: str) -> bool:
        """Whether there is no such unit. Raises CannotTell."""
        return self.show(unit, "LoadState") == "not-found" or self._enabled(unit) == "absent"

    def is_active(self, unit: str) -> bool:
        """Whether it runs. Raises CannotTell."""
        return self.show(unit, "ActiveState") == "active" or self.runs_unannounced(unit)

    def show(self, unit: str, name: str) -> str:
        """A property as `systemctl show` prints it; nothing where this systemd does not know it. Raises CannotTell."""
        return (self.shown(unit).get(name) or [""])[0]

    def shown(self, unit: str) -> Shown:
        """All properties of show.PROPERTIES. Raises CannotTell."""
        if unit not in self._shown:
            self.preload([unit])
            self._ask([name for name in self._names if name not in self._shown])
        return self._shown[unit]

    def look(self, unit: str) -> Shown:
        """As :meth:`shown`, asked anew. Raises CannotTell."""
        self._shown.pop(unit, None)
        self._enablement.pop(unit, None)
        self._ask([unit])
        return self._shown[unit]

    def is_moving(self, unit: str) -> bool:
        """Whether a job is queued, or it is starting or stopping; asked anew. Raises CannotTell."""
        self.look(unit)
        job, activity = self.show(unit, "Job"), self.show(unit, "ActiveState")
        return (job not in ("", "0") or activity.endswith("ing")) and not self.runs_unannounced(unit)

    def gave_up(self, unit: str) -> bool:
        """Whether it died three times since it was asked to start. Where a start takes longer than systemd's limit looks back,
        Restart= would go on for ever. (systemd before 235 does not count.)"""
        restarts = self.show(unit, "NRestarts")
        return restarts.isdigit() and int(restarts) >= 3

    def started_at(self, unit: str) -> Optional[int]:
        """When its process was started, in seconds since 1970. Raises CannotTell."""
        return show.moment(self.show(unit, "ExecMainStartTimestamp"))

    def main_pid(self, unit: str) -> int:
        """Its main process, or 0. Raises CannotTell."""
        pid = self.show(unit, "MainPID")
        return int(pid) if pid.isdigit() else 0

    def main_process(self, unit: str) -> Tuple[str, str]:
        """Its main process, in words that no other one is ever called by. Raises CannotTell."""
        return self.show(unit, "MainPID"), self.show(unit, "ExecMainStartTimestampMonotonic")

    def command(self, unit: str) -> List[str]:
        """The words of the command that its unit file gives. Raises CannotTell."""
        return show.command_of(self.show(unit, "ExecStart"))

    def variables(self, unit: str) -> List[str]:
        """The variables that its unit file gives, as NAME=VALUE. Raises CannotTell."""
        return show.variables_of(self.show(unit, "Environment"))

    def files(self, unit: str) -> List[str]:
        """The files that systemd reads for it. Raises CannotTell."""
        shown = self.shown(unit)
        return [path for name in ("FragmentPath", "DropInPaths", "EnvironmentFiles") for path in show.paths_of(shown.get(name, ()))]

    def watch(self, unit: str, witness: Witness) -> None:
        """Gives a unit a witness of its service: one that never notifies systemd that it is ready counts as up where that says so."""
        self._witnesses[unit] = witness

    def runs_unannounced(self, unit: str) -> bool:
        """Whether it does its work, though systemd was never notified that it is ready, and systemd waits for that without an end.

        Nova 34's nova-compute on native threads with oslo.service 4.8.0 sends no READY=1, so a unit of Type=notify stays
        `activating`. It counts as up where its main process has run for longer than its witness has patience, and serves. Where
        systemd has a limit it will end the process, so that it does not count as up there (:meth:`will_be_ended`).
        """
        return self._is_unannounced(unit) and show.span(self.show(unit, "TimeoutStartUSec")) is None and self._report_unannounced(unit)

    def will_be_ended(self, unit: str) -> bool:
        """Whether its process does its work, and systemd will end it all the same, since it was not notified that it is ready."""
        return self._is_unannounced(unit) and show.span(self.show(unit, "TimeoutStartUSec")) is not None

    def _is_unannounced(self, unit: str) -> bool:
        if unit not in self._witnesses:
            return False
        properties = [self.show(unit, name) for name in ("Type", "ActiveState", "SubState")]
        if properties != ["notify", "activating", "start"] or not self.main_pid(unit):
            return False
        if self._left.get(unit) == self.main_process(unit):
            return False
        witness, since = self._witnesses[unit], self.show(unit, "ExecMainStartTimestampMonotonic")
        if not since.isdigit() or self._context.system.clock.seconds() - int(since) / 1e6 < witness.patience():
            return False
        return witness.serves()

    def _report_unannounced(self, unit: str) -> bool:
        if unit not in self._reported_unannounced:
            self._reported_unannounced.add(unit)
            self._context.reporter.warn("unit-unannounced", unit=unit)
        return True

    def _enabled(self, unit: str) -> str:
        """Of a removed package Debian leaves the init script, which counts as `disabled`."""
        if self.show(unit, "LoadState") == "not-found":
            return "absent"
        if unit not in self._enablement:
            enablement = self.show(unit, "UnitFileState")
            if enablement in _KNOWN_TO_THE_TOOL or self.show(unit, "NeedDaemonReload") == "yes":
                enablement = self._is_enabled(unit)
            self._enablement[unit] = enablement
        return self._enablement[unit]

    def _is_enabled(self, unit: str) -> str:
        result = self.systemctl("is-enabled", unit)
        if result.timed_out or result.missing:
            raise CannotTell("service/" + unit, "'systemctl is-enabled' gives no answer")
        word = result.out.decode("utf-8", "replace").strip()
        return "absent" if word in NOT_ENABLED_WORDS else word.split("\n")[-1]

    def _ask(self, units: Sequence[str]) -> None:
        """Fills what is known of these units, by one process, or by one for each where a value has an empty line in it."""
        result = self._show(units)
        blocks = show.parse_blocks(_text(result), len(units))
        if blocks is None:
            blocks = [(show.parse_blocks(_text(self._show([unit])), 1) or [{}])[0] for unit in units]
        for unit, block in zip(units, blocks):
            if not block.get("LoadState"):
                reason = "no answer in %d s" % self._context.limits.systemctl_wait if result.timed_out else last_line(result.err)
                raise CannotTell("service/" + unit, reason or "'systemctl show' does not report")
            self._shown[unit] = block

    def _show(self, units: Sequence[str]) -> Result:
        return self.systemctl("show", "-p", ",".join(show.PROPERTIES), "--", *[unit + ".service" for unit in units])

    def systemctl(self, *arguments: str) -> Result:
        """Every call ends in time, whatever a unit, a generator or systemd itself does; what takes as long as a unit likes (start,
        stop, restart) is asked for with --no-block, and waited for here. Times are in UTC."""
        return self._context.system.commands.run(
            ("systemctl",) + arguments, seconds=self._context.limits.systemctl_wait, environment=_ENVIRONMENT
        )


_ENVIRONMENT: Mapping[str, str] = {"TZ": "UTC"}


def _text(result: Result) -> str:
    return result.out.decode("utf-8", "surrogateescape")
