"""A run does not hang on its caller: the program starts itself in a unit of systemd's and only follows it. A caller that asks for the
same as the run at work follows that one; any other waits for its end.

RUNS/ROLE.XXXXXX has one run: `request` (what was asked), `document`, `out` and `err` (what it said), `started` (once it lives; it has
`request` locked then), `code` (its exit status, once it has ended). RUNS/ROLE is a link to the last one. Who follows shares a lock of the
folder; the last one removes it.
"""

import hashlib
import os
from typing import List, Optional

from ..document.desired import read_document, read_object
from ..errors import ExitStatus, Failed, Refused
from ..limits import Limits
from ..reporter import Reporter
from ..state.lock import CALLERS_LOCK, Lock
from ..state.owner import record_owner
from ..state.paths import RUNS
from ..state.programs import program_file
from ..system import System
from ..system.files import ROOT_ALONE
from ..system.hold import Hold
from .follow import follow
from .request import Request
from .tools import check_tools
from .unit import RunUnit


def call(request: Request, system: System, limits: Limits, reporter: Reporter, given: bool) -> ExitStatus:
    """What a caller asks for, sound before anything is started: to converge, or to revert.

    :param given: whether a document came with a revert: then only where no other resource has converged the role since
    Gives the run's exit status. Raises Stop, CannotTell.
    """
    if request.verb == "converge":
        desired = read_document(request.document)
        request = request._replace(role=desired.role)
        reporter.node = desired.node
    elif given and _is_superseded(request, system, reporter):
        return ExitStatus.DONE
    check_tools(system)
    return Caller(request, system, limits, reporter).run()


def _is_superseded(request: Request, system: System, reporter: Reporter) -> bool:
    """Whether another resource than the document's has converged the role since, and says so. A node that got another name in its stack is
    converged under the new one first, and the old name's resource deleted after that."""
    owner = record_owner(system.files, request.role)
    asked = read_object(request.document)
    if owner is None or list(owner) == [asked.get("owner"), asked.get("id")]:
        return False
    reporter.say(
        "the role %s of this node is managed by another resource of the stack '%s' by now, as after a new name: left as it is. "
        "To put it back all the same, run 'openstack-spice revert %s' on the node" % (request.role, owner.stack, request.role)
    )
    reporter.end()
    return True


class Caller:
    """Starts a run, or joins who does, and follows it."""

    def __init__(self, request: Request, system: System, limits: Limits, reporter: Reporter) -> None:
        self._request = request
        self._system = system
        self._limits = limits
        self._reporter = reporter
        self._unit = RunUnit(system, limits, request.role)
        self._lock = Lock(system.clock, CALLERS_LOCK)
        self._said = b""  # by systemd, when it last started nothing
        asked = b"%s\n%s\n%s\n" % (request.verb.encode("ascii"), request.program.encode("ascii"), request.document)
        self._digest = hashlib.sha256(asked).hexdigest().encode("ascii")

    def run(self) -> ExitStatus:
        """Gives the run's exit status. Raises Stop, CannotTell."""
        try:
            folder = self._folder_of_run()
            hold = Hold(self._system.files, folder)
            hold.share()
        finally:
            self._lock.release()
        status = follow(folder, self._unit, self._system)
        hold.release()
        self._take_lock()
        try:
            self._remove_run(folder)
        finally:
            self._lock.release()
        if status is None:
            raise Failed("run-killed", seconds=2 * self._limits.watchdog_every)
        return status

    def _folder_of_run(self) -> str:
        """Of a run for what is asked, the callers' lock held."""
        wait = self._limits.lock_wait
        deadline = self._system.clock.deadline(wait)
        said = tried = False
        while True:
            self._take_lock()
            folder = self._system.files.link(RUNS + "/" + self._request.role) or ""
            if self._request.verb == "converge" and not folder and not tried:
                # No run has left anything, so there is hardly one, and systemd starts no second one: it is not asked before. A converge
                # checks before it writes; a revert begins where systemd answers.
                tried = True
                started = self._start()
                if started is not None:
                    return started
            if self._unit.is_gone():
                started = self._start()
                if started is None:
                    self._reporter.quote(self._said)
                    raise Refused("run-not-started")
                return started
            has_ended = folder != "" and self._system.files.exists(folder + "/code")
            if (
                not has_ended
                and folder
                and self._system.files.read_if_there(folder + "/request") == self._digest
                and self._unit.has_process()
            ):
                self._reporter.say("a run for the same desired state is at work on this node; following it")
                return folder
            self._lock.release()
            if not said and not has_ended:
                said = True
                self._reporter.say("another run is at work on this node; waiting up to %d s for it" % wait)
            if self._system.clock.is_over(deadline):
                raise Refused("run-still-at-work", seconds=wait, unit=self._unit.name)
            self._system.clock.pause(0.2)

    def _take_lock(self) -> None:
        if not self._lock.take(self._limits.lock_wait, lambda: None):
            raise Refused("callers-lock-held", file=CALLERS_LOCK, seconds=self._limits.lock_wait)

    def _start(self) -> Optional[str]:
        """Starts a run. Gives its folder; None where systemd does not start it."""
        files, request = self._system.files, self._request
        for name in files.names_if_there(RUNS):
            if name.startswith(request.role + "."):
                self._remove_run(RUNS + "/" + name)
        folder = "%s/%s.%s" % (RUNS, request.role, os.urandom(6).hex())
        try:
            files.make_folder(folder, 0o700)
        except OSError as error:
            raise files.explained(Refused("cannot-write", file=folder, reason=error.strerror), error)
        for name, data in (("request", self._digest), ("document", request.document), ("out", b""), ("err", b"")):
            files.create(folder + "/" + name, data, ROOT_ALONE, lambda path: None)
        files.point_link(RUNS + "/" + request.role, folder, lambda path: None)
        command = ["/bin/bash", program_file(request.program), "--uploaded", request.uploaded, "--by", request.by]
        command += ["--run", folder, request.verb, request.role]
        if not self._start_unit(command):
            self._remove_run(folder)
            return None
        return folder

    def _start_unit(self, command: List[str]) -> bool:
        """KillMode: what a killed run had started, such as dpkg, is to end by itself. systemd 219 does not take these properties here."""
        properties = ["-p", "KillMode=process", "-p", "TimeoutStopSec=900", "-p", "SuccessExitStatus=1 2 3 130 143"]
        named = ["--quiet", "--unit=" + self._unit.name, "--description=openstack-spice: %s %s" % (self._request.verb, self._request.role)]
        for options in (properties + named, named):
            result = self._system.commands.run(["systemd-run"] + options + command, self._limits.systemctl_wait)
            if result.ok:
                return True
        self._said = result.err
        return False

    def _remove_run(self, folder: str) -> None:
        """What is left of a run that ended, unless someone still reads it. The callers' lock is held."""
        files = self._system.files
        if not files.exists(folder):
            return
        hold = Hold(self._system.files, folder)
        if not hold.take_now():
            return
        try:
            link = RUNS + "/" + self._request.role
            if files.link(link) == folder:
                files.remove(link)
            files.remove_tree(folder)
            files.remove_folder_if_empty(RUNS)
        finally:
            hold.release()
