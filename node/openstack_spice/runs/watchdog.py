"""What finishes a run that was killed: the timer of runs/alarm.py starts it again and again."""

from ..document.desired import Desired
from ..errors import ExitStatus
from ..limits import Limits
from ..state.audit import Audit
from ..system import System
from .alarm import Alarm
from .request import Request
from .revert import revert
from .session import Session, to_its_end
from .unit import RunUnit

BY = "watchdog"  # in the audit log


def watch(request: Request, system: System, limits: Limits) -> ExitStatus:
    """Nothing while the run lives and is in time; one that is late is asked to put all back, and a while later killed. One that is dead
    is finished: a revert goes on, anything else is taken back.

    :param request: of verb `watchdog`, for a role
    Raises Terminated.
    """
    session = Session(request, system, limits)
    return to_its_end(session, lambda: _watch(session, request, limits))


def _watch(session: Session, request: Request, limits: Limits) -> ExitStatus:
    system, reporter = session.system, session.reporter
    alarm = Alarm(system, limits, reporter, request.role)
    unit = RunUnit(system, limits, request.role)
    run = alarm.unfinished()
    if run is None:
        alarm.disarm()
        return ExitStatus.DONE
    if not session.lock.try_now():
        _end_late_run(session, unit, run.deadline)
        return ExitStatus.DONE
    reporter.say("a run was killed before its end")
    # Once: where this does not help, doing it every few seconds will not either.
    alarm.disarm()
    session.request = request._replace(verb=run.verb, by=BY)
    session.desired = Desired(role=request.role, node=request.node, owner=run.owner)
    who = "%s %s by=%s stack=%s program=%s" % (request.role, run.verb, BY, run.owner, request.program)
    reporter.audit = Audit(system, reporter.node, who, reporter.say)
    if run.verb == "revert":
        revert(session)
    else:
        session.recover()
    unit.forget_failure()
    return ExitStatus.DONE


def _end_late_run(session: Session, unit: RunUnit, deadline: int) -> None:
    """A run of another role may hold the lock: that one has its own timer."""
    now, limit = session.system.clock.uptime(), session.limits.run_limit
    if now < deadline:
        return
    if now < deadline + limit // 6:
        session.reporter.say("the run takes longer than %d minutes: it is ended, and puts back what it changed" % (limit // 60))
        unit.ask_to_end()
    else:
        unit.kill()
