"""The transaction: checks, plan, changes, proof, record; or, from wherever it breaks, the way back."""

from typing import Callable, List, NamedTuple, Tuple

from ..changes.kind import Planned
from ..changes.transaction import reason_of
from ..checks.layers import check_in_force, check_layers, planned_conf
from ..checks.pending import check_pending, units_the_plan_restarts
from ..checks.writable import check_writable
from ..document.platforms import to_record
from ..errors import CannotTell, Failed, Stop
from ..parts import Parts
from ..roles.role import Role
from ..state.journal import Journal
from ..state.paths import STATE, record_file
from ..state.record import Record, merged, record_bytes
from ..system.files import ROOT_ALONE
from .gate import run_checks
from .session import Session


class Converging(NamedTuple):
    """What a transaction works with."""

    session: Session
    parts: Parts
    role: Role
    journal: Journal


def converge(session: Session) -> None:
    """Makes the node as the document says, or leaves it as it was. Raises Stop, CannotTell, Terminated."""
    session.read_document()
    session.take_lock()
    session.recover()
    parts, role = run_checks(session)
    plan = role.plan(in_transaction=False)
    is_whole = session.record is None or session.keeping.is_whole(session.role)
    if not is_whole:
        session.reporter.warn("way-back-damaged")
    if not plan and is_whole and _record_is_as_declared(session, parts):
        check_in_force(parts.context, parts.effective)
        session.keeping.note_upload(session.role)
        parts.probes.keep()
        renew_program(session)
        report(session, parts, role)
        return
    check_plan(parts, plan)
    run = Converging(session, parts, role, Journal(session.system.files, session.role))
    parts.on_unit = lambda: bring_services_into_line(run)
    _transaction(run, plan)
    report(session, parts, role)


def renew_program(session: Session) -> None:
    """Where nothing else is to be written, and another program converged the role last, this one is what goes back from here on, and stays
    unpacked. The record last: as long as that has another one, the next run does it again. Raises Failed, CannotTell."""
    record, program = session.record, session.request.program
    if record is None or (record.program == program and session.keeping.has_program(session.role)):
        return
    journal = Journal(session.system.files, session.role)
    session.keeping.keep_program(session.role)
    try:
        journal.open(record.platform)
        write_record(session, journal, record._replace(program=program))
    finally:
        session.close_journal()


def check_plan(parts: Parts, plan: List[Planned]) -> None:
    """What can be known only once it is known what changes. Refuses, or waits until the node is at rest. Raises Refused, CannotTell."""
    check_writable(parts.context, plan)
    planned = planned_conf(parts.context, plan)
    check_layers(parts.context, parts.effective, planned)
    check_pending(parts.context, parts.units, parts.program, parts.packages, parts.ledger, plan, planned)
    for unit in units_the_plan_restarts(parts.context, parts.units, plan):
        parts.busy.check_busy(unit)


def report(session: Session, parts: Parts, role: Role) -> None:
    """The facts; the changes were reported as they were made. What the node does not report by then is said, and is no failure of what was
    done. The last line is the end mark."""
    reporter = session.reporter
    facts: Tuple[Callable[[], None], ...] = (
        lambda: reporter.line("nova", parts.nova.version()),
        role.report,
        lambda: _report_obsolete_options(session, parts),
    )
    for fact in facts:
        try:
            fact()
        except (Stop, CannotTell) as error:
            reporter.warn("fact-not-reported", reason=reason_of(error))
    reporter.end()


def _report_obsolete_options(session: Session, parts: Parts) -> None:
    for option in _obsolete_options(session, parts):
        session.reporter.line("obsolete-option", option)


def _obsolete_options(session: Session, parts: Parts) -> List[str]:
    """Those that stay in nova.conf without effect, reported."""
    if session.request.verb not in ("converge", "check") or session.desired.remove_obsolete_options:
        return []
    return parts.obsolete_options.report()


def _record_is_as_declared(session: Session, parts: Parts) -> bool:
    """Whether the record says all that the document does, beside what is changed."""
    record, desired = session.record, session.desired
    return (
        record is not None
        and record.owner == desired.owner
        and record.id == desired.id
        and record.packages_on_destroy == desired.packages_on_destroy
        and record.platform == to_record(parts.context.platform)
    )


def _transaction(run: Converging, plan: List[Planned]) -> None:
    """All or nothing."""
    committed = False
    try:
        _open(run)
        _make(run, plan)
        _commit(run)
        committed = True
    except Stop as stop:
        run.session.report(stop)
        raise
    except CannotTell as answer:
        failed = Failed("cannot-tell", subject=answer.subject, reason=answer.reason)
        run.session.report(failed)
        raise failed
    finally:
        if not committed:
            _roll_back(run)


def _open(run: Converging) -> None:
    """The journal, the program's own copy for the way back, and the watchdog, before the first change."""
    session = run.session
    session.keeping.keep_program(session.role)
    run.journal.open(to_record(run.parts.context.platform))
    session.keep_audit()
    session.keeping.note_upload(session.role)
    session.keeping.arm(session.role, session.desired.owner)
    session.keeping.write_launcher(run.journal)


def _make(run: Converging, plan: List[Planned]) -> None:
    """The changes, and their proof."""
    parts, journal = run.parts, run.journal
    if parts.packages.missing:
        parts.transaction.apply_kinds(plan, ("repository", "rpm-key"), journal)
        parts.repository.is_written()
        parts.transaction.apply_kinds(plan, ("package",), journal)
        parts.packages.install(journal, parts.units, parts.kinds["mask"], parts.kinds["unit"])
        plan = run.role.plan(in_transaction=True)
    parts.transaction.apply(plan, run.role.passes, journal)
    bring_services_into_line(run)
    run.role.verify()
    run.role.before_commit(journal)


def bring_services_into_line(run: Converging) -> None:
    """Restarts what read a file that this transaction changed, once."""
    units, journal = run.parts.units, run.journal
    run.parts.transaction.publish(journal)
    if journal.has("file"):
        units.daemon_reload()
    for unit in run.role.units_to_restart(journal):
        if unit not in units.fresh and units.is_active(unit):
            units.restart(unit, journal)
    run.role.after_files(journal)


def _commit(run: Converging) -> None:
    """The journal becomes part of the record. From the moment in which the record is in its place the node is converged."""
    session, parts = run.session, run.parts
    former = session.record or Record()
    record = Record(
        session.desired.owner,
        session.desired.id,
        session.request.program,
        session.desired.packages_on_destroy,
        parts.tls_since(),
        to_record(parts.context.platform),
        merged(former.entries, [entry for entry in run.journal.entries if entry.kind not in ("restart", "mask")]),
    )
    write_record(session, run.journal, record)
    parts.probes.keep()
    session.close_journal()


def write_record(session: Session, journal: Journal, record: Record) -> None:
    """The record in its place. Raises Failed."""
    file = record_file(session.role)
    try:
        session.system.files.create(file, record_bytes(record), ROOT_ALONE, journal.announce)
    except Failed as stop:
        if stop.message == "no-inodes":
            raise
        raise Failed("state-cannot-be-written", file=file, folder=STATE)
    session.record = record
    journal.is_recorded = True


def _roll_back(run: Converging) -> None:
    """Takes back what the journal has. What cannot be put back stays journaled, for the next run."""
    session = run.session
    session.system.interruption.ignore()
    run.parts.edits.drop()
    if run.journal.is_recorded:  # only the end of the commit is left to do
        session.close_journal()
        return
    session.reporter.say("putting back the former state")
    undone = run.parts.transaction.undo(run.journal.entries, run.journal)
    if run.parts.transaction.undo_last(undone, run.journal):
        session.reporter.say("not everything could be put back (see above); the next run tries again")
        return
    run.journal.remove_new_files()
    session.close_journal()
    session.reporter.say("the node is as it was" + _exceptions(run.parts))


def _exceptions(parts: Parts) -> str:
    """To "as it was"."""
    text = ""
    if parts.packages.pinned:
        text += ", but for the packages %s, which stay" % " ".join(parts.packages.pinned)
    if parts.units.stuck:
        text += ", but for %s, still stopping" % " ".join(parts.units.stuck)
    return text
