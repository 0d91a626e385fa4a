"""The one door to the runs that change the node: each verb's way, and the end of all of them."""

from ..errors import CannotTell, ExitStatus, Refused, Stop
from ..limits import Limits
from ..system import System
from .check import check
from .converge import converge
from .request import Request
from .revert import revert
from .session import Session
from .status import status


def work(request: Request, system: System, limits: Limits) -> ExitStatus:
    """Does what is asked, in this process, and tells the operator how it ended. An open transaction is undone by then.

    Raises Terminated, where a signal asked for the end.
    """
    session = Session(request, system, limits)
    verbs = {"converge": converge, "check": check, "revert": revert, "status": status}
    try:
        verbs[request.verb](session)
        return ExitStatus.DONE
    except Stop as stop:
        session.tell(stop)
        return stop.status
    except CannotTell as answer:
        # A transaction turns it into Failed; so here nothing was touched yet.
        session.tell(Refused("cannot-tell", subject=answer.subject, reason=answer.reason))
        return ExitStatus.REFUSED
    finally:
        session.close()
