"""Arguments, and what happens at the end whatever the end is."""

import os
import re
import signal
from typing import List, NamedTuple, Optional, Tuple

from .errors import BadDocument, CannotTell, ExitStatus, Failed, Refused, Stop, Terminated, place_of
from .limits import Limits
from .reporter import Reporter
from .runs.request import Request
from .state.lock import Lock
from .state.paths import ROLE_NAMES
from .state.programs import tidy
from .system import Interruption, System
from .system.hold import Hold
from .system.streams import read_input

VERBS = ("converge", "check", "revert", "status", "watchdog")


class Program(NamedTuple):
    """The program itself, as start.py started it."""

    digest: str = ""  # SHA-256 of its archive
    held: Optional[Hold] = None  # the lock of its archive


class _Call(NamedTuple):
    """The command line."""

    verb: str
    words: Tuple[str, ...]  # after the verb
    uploaded: str
    by: str
    folder: str  # of a run in a unit of its own


def prepare() -> Interruption:
    """Makes the process what a run needs. Gives what notes its signals."""
    os.umask(0o022)
    # A cut connection ends neither a run nor who follows it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interruption = Interruption()
    interruption.listen()
    return interruption


def main(argv: List[str], system: System, limits: Limits, program: Program) -> int:
    """Does what the command line asks. Gives the exit status."""
    reporter = Reporter(os.uname().nodename, None)
    detached = None
    try:
        call = _call(argv)
        _remove_work_of_the_dead(system)
        if call.folder:
            from .runs.detached import DetachedRun

            detached = DetachedRun(call.folder, system)
        status = _do(call, system, limits, program, reporter)
    except Stop as stop:
        if not stop.is_reported:
            reporter.error(stop)
        status = stop.status
    except CannotTell as answer:
        reporter.error(Refused("cannot-tell", subject=answer.subject, reason=answer.reason))
        status = ExitStatus.REFUSED
    except Terminated as terminated:
        status = terminated.status
    except OSError as error:
        failure = Failed("system-error", reason=error.strerror or "?", file=str(error.filename or "a file"), place=place_of(error))
        reporter.error(system.files.explained(failure, error))
        status = ExitStatus.FAILED
    except Exception as error:  # noqa: BLE001  # whatever it is, an open transaction has undone itself on the way here
        reporter.error(Failed("unexpected-error", kind=type(error).__name__, place=place_of(error)))
        status = ExitStatus.FAILED
    system.interruption.ignore()
    tidy(system, Lock(system.clock), program.held)
    if detached is not None:
        try:
            detached.end(status)
        except Stop as stop:  # who follows says that the run was killed: this says why
            reporter.error(stop)
            status = ExitStatus.FAILED
    return int(status)


def _call(argv: List[str]) -> _Call:
    """Reads the command line. Raises BadDocument."""
    options = {"--uploaded": "", "--by": _login(), "--run": ""}
    words = list(argv)
    while words and words[0].startswith("--"):
        if words[0] not in options or len(words) < 2:
            raise BadDocument("option-unknown", option=words[0])
        options[words[0]] = words[1]
        del words[:2]
    verb = words[0] if words else ""
    if verb not in VERBS:
        raise BadDocument("verb-unknown", verb=verb)
    return _Call(verb, tuple(words[1:]), options["--uploaded"], options["--by"] or _login(), options["--run"])


def _do(call: _Call, system: System, limits: Limits, program: Program, reporter: Reporter) -> ExitStatus:
    """The verb's way: in a unit of its own, or in this process."""
    role = call.words[0] if call.words else ""
    if call.verb in ("revert", "watchdog") and role not in ROLE_NAMES:
        raise BadDocument("role-unknown", role=role)
    given = call.verb in ("converge", "check") or call.words[1:2] == ("-",)
    document = read_input() if given or call.folder else b""
    node = os.uname().nodename
    request = Request(call.verb, role, document, call.uploaded, call.by, node, program.digest, program.held)
    if call.verb in ("converge", "revert") and not call.folder:
        from .runs.detach import call as start

        return start(request, system, limits, reporter, given)
    if call.verb == "watchdog":
        from .runs.watchdog import watch

        return watch(request, system, limits)
    from .runs.work import work

    return work(request, system, limits)


def _login() -> str:
    """Who logged in; where from, sudo keeps to itself."""
    origin = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    return (os.environ.get("SUDO_USER") or "root") + ("@" + origin if origin else "")


def _remove_work_of_the_dead(system: System) -> None:
    """A run that was killed leaves its work folder behind. Raises Failed, CannotTell."""
    for name in system.files.names("/run"):
        found = re.match(r"openstack-spice\.(\d+)\.[0-9A-Za-z]+\Z", name)
        if found and not system.files.exists("/proc/" + found.group(1)):
            system.files.remove_tree("/run/" + name)
