"""The way back, from the record; it needs no document and no Pulumi, and can be run again wherever it broke."""

from ..checks.space import check_space_for_units
from ..document.platforms import to_record
from ..errors import CannotTell, Failed, Refused
from ..packages.removal import remove_packages
from ..parts import Parts
from ..roles.choice import role_of
from ..state.journal import Journal
from ..state.paths import ROLE_NAMES, journal_file, record_file
from ..state.record import Record
from .converge import report
from .session import Session
from .tools import check_tools


def revert(session: Session) -> None:
    """Every recorded change of the role that is still as we left it gets its former state. Raises Stop, CannotTell; then the
    record is kept."""
    session.take_lock()
    session.recover()
    reporter = session.reporter
    record = session.read_record()
    if session.record is None:
        reporter.say("nothing is recorded for the role %s: nothing to put back" % session.role)
        session.forget()
        reporter.fact("changed", "0")
        return
    check_tools(session.system)
    _check_order(session)
    session.keep_audit()
    parts = Parts(session.context(session.platform_of(record.platform)))
    check_space_for_units(parts.context)
    # What a revert that was cut off put back, this one does not see change; and a service may not have read it.
    parts.restarts_anyway = session.finishes_another
    try:
        _put_back(session, record, parts)
    except CannotTell as answer:  # something was put back by then: it is no refusal
        raise Failed("cannot-tell", subject=answer.subject, reason=answer.reason)
    report(session, parts, role_of(parts))


def _put_back(session: Session, record: Record, parts: Parts) -> None:
    """Takes all entries of the record back, and forgets the role. Raises Stop, CannotTell."""
    role = role_of(parts)
    journal = Journal(session.system.files, session.role)
    journal.open(to_record(parts.context.platform))
    session.keeping.arm(session.role, record.owner)
    role.before_revert()
    undone = parts.transaction.undo(record.entries, journal)
    if undone.failures:
        raise Failed("not-put-back")
    role.after_undo()
    remove_packages(parts.context, parts.packages, parts.units, parts.hypervisor)
    if undone.last:
        role.before_ports_open()
    if parts.transaction.undo_last(undone, journal):
        raise Failed("not-put-back")
    session.forget()


def _check_order(session: Session) -> None:
    """noVNC has to be back, also after a retirement that was cut off, before the SPICE proxy may go. Raises Refused, CannotTell."""
    retirement = ROLE_NAMES[2]
    files = session.system.files
    if session.role == "controller" and (files.exists(record_file(retirement)) or files.exists(journal_file(retirement))):
        raise Refused("revert-order")
