"""Units are started, restarted and stopped, and each of that ends in time, whatever the unit says."""

import time
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, NoReturn, Optional, Set, Tuple

from ..context import Context
from ..errors import CannotTell, Failed, Stop
from ..nova_conf.secrets import secrets_in, without_secrets
from ..state.entry import Entry
from ..state.journal import Journal
from ..state.paths import NOVA_CONF
from ..text import ABSENT
from . import show
from .boot_links import sync_boot_links
from .config_words import config_paths
from .unit_states import UnitStates

REPORT_AFTER = 10  # seconds that something may stop without a word about it
STOP_MARGIN = 10  # seconds that systemd gets beyond the unit's own limit
MOST_FILES, LARGEST_FILE = 1000, 4 << 20  # of Nova's folder, that are looked through for secrets; bytes, of all of them too
MOST_SECRETS = 2000
LOG_LINES = 10
LOG_SIZE = 65536  # bytes of a log that are looked at


class _CameUp(NamedTuple):
    """A unit that was started in this run."""

    settled: float  # deadline
    process: Tuple[str, str]


class Units(UnitStates):
    """Steers the units of the node. Methods raise CannotTell where systemd gives no answer.

    :ivar fresh: units that started in this run, and so have read what it wrote
    :ivar stuck: units that did not stop in time
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.fresh: Set[str] = set()
        self.stuck: List[str] = []
        self._came_up: Dict[str, _CameUp] = {}
        self._asked: Optional[int] = None  # when a unit was last asked to start, in seconds since 1970

    def restart(self, unit: str, journal: Journal) -> None:
        """Restarts it, so that it reads what was written. Raises Failed."""
        journal.write(Entry("restart", unit, ABSENT, ABSENT, ABSENT))
        self.bring_up("restart", unit)
        self._context.reporter.restarted(unit)

    def bring_up(self, verb: str, unit: str) -> None:
        """Asks systemd, and waits until the unit is active: a unit of Type=notify would keep `systemctl restart` for as long as its
        own time-out says (nova-compute without a message queue: 90 s, and for ever on some). While the node shuts down nothing is
        started: what is enabled starts with its next boot.

        :param verb: `start` or `restart`
        Raises Failed, after the unit's last words.
        """
        self.fresh.add(unit)
        if self.system_is_stopping():
            return
        self._asked = self._context.system.clock.now()
        self.systemctl("reset-failed", unit)
        self._left[unit] = self.main_process(unit)
        self._demand(verb, unit, "--no-block")
        if unit in self.stuck:
            self._context.reporter.warn("unit-still-stopping", unit=unit)
            return
        self._wait(verb, unit)
        if not self.is_active(unit):
            if self.will_be_ended(unit):
                raise Failed("unit-never-ready", unit=unit, limit=self.show(unit, "TimeoutStartUSec"))
            self.failed(unit, "does not come up after " + verb)
        settled = self._context.system.clock.deadline(self._context.limits.settle_time)
        self._came_up[unit] = _CameUp(settled, self.main_process(unit))

    def stop(self, unit: str) -> None:
        """Asks systemd, and waits until nothing of it runs: `systemctl stop` waits for as long as TimeoutStopSec says, which can be for
        ever. Raises Failed."""
        self._demand("stop", unit, "--no-block")
        self._wait("stop", unit)
        if self.is_active(unit):
            raise Failed("unit-not-stopped", unit=unit)

    def enable(self, unit: str, enabled: bool) -> None:
        """Has it start at boot, or not, durably. Raises Failed."""
        result = self.systemctl("enable" if enabled else "disable", "--quiet", unit)
        sync_boot_links(self._context.system.files)
        self.forget()
        if not result.ok:
            raise Failed("unit-not-enabled", unit=unit, state="enabled" if enabled else "disabled")

    def mask(self, unit: str, masked: bool) -> None:
        """Keeps it from being started until the next boot, or no more. Raises Failed."""
        self._demand("mask" if masked else "unmask", unit, "--runtime", "--quiet")

    def reset_failed(self, unit: str) -> None:
        """It failed in our hands: systemd is not to remember."""
        self.systemctl("reset-failed", unit)
        self.forget()

    def daemon_reload(self) -> None:
        """Has systemd read its unit files anew. Raises Failed."""
        result = self.systemctl("daemon-reload")
        self.forget()
        if not result.ok:
            raise Failed("units-not-read", seconds=self._context.limits.systemctl_wait)

    def settle(self, unit: str) -> None:
        """Waits until a service that was started in this run has been up for settle_time seconds, and fails where the process that was
        started is not there any more: with Restart= its successor is as active as it was. Raises Failed."""
        came_up = self._came_up.get(unit)
        if came_up is None:
            return
        clock = self._context.system.clock
        while self.still_same_process(unit):
            if clock.is_over(came_up.settled):
                return
            clock.pause(1)  # each look costs systemd as much as a process
        self.failed(unit, "came up, but its process ended within %d s" % self._context.limits.settle_time)

    def still_same_process(self, unit: str) -> bool:
        """Whether what was started in this run is what runs; asked anew."""
        came_up = self._came_up.get(unit)
        if came_up is None:
            return True
        self.look(unit)
        return self.is_active(unit) and self.main_process(unit) == came_up.process

    def failed(self, unit: str, fact: str) -> NoReturn:
        """Fails with what the service said last, in the journal and in Nova's log, which has the cause where the service got as far as
        to open it; without the secrets that stand in Nova's configuration. Raises Failed always."""
        context = self._context
        command = ("journalctl", "-u", unit, "-n", "15", "--no-pager", "-o", "cat")
        try:
            secrets = self._secrets(unit)
            context.reporter.say("last words of %s:" % unit)
            context.reporter.quote(without_secrets(context.system.commands.run(command, seconds=20).out, secrets))
            context.reporter.quote(without_secrets(self._log_since_asked(unit), secrets))
        except (CannotTell, Stop):
            text = "what %s said is not shown: Nova's configuration cannot be read whole, so secrets in it would not be known. See '%s'"
            context.reporter.say(text % (unit, " ".join(command)))
        raise Failed("service-failed", unit=unit, fact=fact)

    def system_is_stopping(self) -> bool:
        """Whether the node shuts down."""
        return self.systemctl("is-system-running").out.strip() == b"stopping"

    def stop_limit(self, unit: str) -> int:
        """How long its stop is waited for, in seconds: as long as its own limit lets it, where it has one. (Nova 33.0.0 to 33.0.2 sleep
        160 s at each SIGTERM, and Debian's unit has TimeoutStopSec=185.)"""
        own = show.span(self.show(unit, "TimeoutStopUSec"))
        return self._context.limits.service_wait if own is None else int(max(self._context.limits.service_wait, own + STOP_MARGIN))

    def _demand(self, verb: str, unit: str, *options: str) -> None:
        result = self.systemctl(verb, *(options + (unit,)))
        self.forget()
        if not result.ok:
            raise Failed("systemctl-could-not", verb=verb, unit=unit)

    def _wait(self, verb: str, unit: str) -> None:
        """Until the unit has done what it was asked for, or its time is over. The time for a start begins where its old process has
        ended. A queued job still shows that one as active: the job is waited for first. Raises Failed where the old process does not
        end. It is not killed: TimeoutStopSec is the administrator's word on how long that one may take to finish what it is at."""
        clock = self._context.system.clock
        begin = clock.seconds()
        service_wait, stop_limit = self._context.limits.service_wait, self.stop_limit(unit)
        start_until, said, former = begin + service_wait, False, self._left.get(unit)
        while self.is_moving(unit) and not (verb != "stop" and self.gave_up(unit)):
            now = clock.seconds()
            # One that dies while it starts passes by `deactivating` too, with another process: its time is not begun anew.
            if self.show(unit, "ActiveState") == "deactivating" and (verb == "stop" or self._is_still(unit, former)):
                if now >= begin + stop_limit:
                    break
                start_until = now + service_wait
                if not said and now >= begin + REPORT_AFTER:
                    said = True
                    self._report_stopping(unit, begin + stop_limit - now)
            elif now >= start_until:
                break
            clock.pause(0.5)
        if self.show(unit, "ActiveState") == "deactivating":
            self.stuck.append(unit)
            limit = self.show(unit, "TimeoutStopUSec")
            raise Failed("unit-does-not-stop", unit=unit, seconds=stop_limit, verb=verb, limit=limit)

    def _is_still(self, unit: str, former: Optional[Tuple[str, str]]) -> bool:
        """Whether it has no other main process than the one before, or none any more."""
        process = self.main_process(unit)
        return former is None or process == former or process[1] == former[1]

    def _report_stopping(self, unit: str, seconds: float) -> None:
        until = time.strftime("%H:%M:%S UTC", time.gmtime(self._context.system.clock.now() + seconds))
        limit = self.show(unit, "TimeoutStopUSec")
        self._context.reporter.say("%s is stopping (TimeoutStopUSec=%s); waiting for that, until %s at most" % (unit, limit, until))

    def _secrets(self, unit: str) -> FrozenSet[bytes]:
        """Those of nova.conf, which can be a link to elsewhere, and of other configuration. Raises CannotTell, Stop."""
        found = set(secrets_in(self._context.system.files.read_if_there(NOVA_CONF) or b""))
        size = 0
        for data in self._configuration(unit):
            found |= secrets_in(data)
            size += len(data)
            if size > LARGEST_FILE or len(found) > MOST_SECRETS:
                raise CannotTell(NOVA_CONF.rpartition("/")[0], "there is too much in it")
        return frozenset(found)

    def _configuration(self, unit: str) -> Iterator[bytes]:
        """What is in the files that the unit's command names as configuration, and in all below Nova's folder. Raises CannotTell, Stop."""
        files = self._context.system.files
        folders = [NOVA_CONF.rpartition("/")[0]]
        for path in config_paths(self.command(unit)):
            if files.is_folder(path):
                folders.append(path)
            else:
                yield files.read_if_there(path, LARGEST_FILE) or b""
        for folder in folders:
            for file in files.walk(folder, MOST_FILES, LARGEST_FILE):
                yield file.data

    def _log_since_asked(self, unit: str) -> bytes:
        """The end of Nova's log of it, where that was written since the unit was asked to start."""
        name = unit[len("openstack-") :] if unit.startswith("openstack-") else unit
        log = "/var/log/nova/%s.log" % name
        try:
            state = self._context.system.files.state(log)
            if self._asked is None or state is None or state.st_mtime < self._asked:
                return b""
            tail = self._context.system.files.tail(log, LOG_SIZE) or b""
        except (CannotTell, Stop):  # its user has put something else there: nothing to quote
            return b""
        return b"\n".join(tail.rstrip(b"\n").split(b"\n")[-LOG_LINES:])
