"""What a converge would do, read-only."""

from .converge import check_plan, report
from .gate import run_checks
from .session import Session


def check(session: Session) -> None:
    """Reports the changes that a converge would make. Raises Stop, CannotTell."""
    session.read_document()
    session.take_lock()
    parts, role = run_checks(session)
    plan = role.plan(in_transaction=False)
    check_plan(parts, plan)
    for planned in plan:
        parts.kinds[planned.entry.kind].report(planned, session.reporter)
    report(session, parts, role)
