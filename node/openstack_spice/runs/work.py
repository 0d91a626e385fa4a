"""The one door to the runs that change the node: each verb's way, and the end of all of them."""

from ..errors import ExitStatus
from ..limits import Limits
from ..system import System
from .check import check
from .converge import converge
from .request import Request
from .revert import revert
from .session import Session, to_its_end
from .status import status


def work(request: Request, system: System, limits: Limits) -> ExitStatus:
    """Does what is asked, in this process, and reports how it ended. An open transaction is undone by then.

    Raises Terminated, where a signal asked for the end.
    """
    session = Session(request, system, limits)
    verbs = {"converge": converge, "check": check, "revert": revert, "status": status}

    def run() -> ExitStatus:
        verbs[request.verb](session)
        return ExitStatus.DONE

    return to_its_end(session, run)
