"""The way back, from the record; it needs no document and no Pulumi, and can be run again wherever it broke."""

from typing import List, Sequence

from ..checks.space import check_space_for_units
from ..document.platforms import to_record
from ..errors import CannotTell, Failed, Refused
from ..packages.removal import remove_packages
from ..parts import KIND_NAMES, Parts
from ..roles.choice import role_of
from ..state.entry import Entry
from ..state.journal import Journal
from ..state.paths import NOVA_CONF, ROLE_NAMES, journal_file, record_file
from ..state.record import Record, read_record, record_bytes
from ..system.files import ROOT_ALONE
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
        reporter.end()
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
    entries = _without_sections_of_others(session, _without_purged(session, record.entries, parts))
    undone = parts.transaction.undo(entries, journal)
    if undone.failures:
        raise Failed("not-put-back")
    role.after_undo()
    remove_packages(parts.context, parts.packages, parts.units, parts.hypervisor)
    if undone.last:
        role.before_ports_open()
    if parts.transaction.undo_last(undone, journal):
        raise Failed("not-put-back")
    session.forget()


def _without_purged(session: Session, entries: Sequence[Entry], parts: Parts) -> List[Entry]:
    """Without those of a nova.conf that went with its packages, which the package tool tells. Raises Refused where it is not there for
    another reason, CannotTell."""
    files = session.system.files
    if all(entry.where != NOVA_CONF for entry in entries) or files.state(NOVA_CONF) is not None:
        return list(entries)
    if parts.nova.version():
        raise Refused("nova-conf-gone", file=NOVA_CONF)
    session.reporter.say("%s is gone, and so are Nova's packages: nothing to put back in it" % NOVA_CONF)
    return [entry for entry in entries if entry.where != NOVA_CONF]


def _without_sections_of_others(session: Session, entries: Sequence[Entry]) -> List[Entry]:
    """Without the headers of sections in which another role has options: they go with that one, whose record gets them. Raises Refused,
    Failed, CannotTell."""
    files = session.system.files
    rest = list(entries)
    for role in ROLE_NAMES:
        record = None if role == session.role else read_record(files, role, KIND_NAMES)
        if record is None:
            continue
        used = {(entry.where, entry.what.partition("/")[0]) for entry in record.of_kind("option")}
        handed = [entry for entry in rest if entry.kind == "section" and (entry.where, entry.what.split(" ")[0]) in used]
        if not handed:
            continue
        rest = [entry for entry in rest if entry not in handed]
        new = [entry for entry in handed if record.find(entry.kind, entry.where, entry.what) is None]
        data = record_bytes(record._replace(entries=tuple(new) + record.entries))
        files.create(record_file(role), data, ROOT_ALONE, lambda path: None)
    return rest


def _check_order(session: Session) -> None:
    """noVNC has to be back, also after a retirement that was cut off, before the SPICE proxy may go. Raises Refused, CannotTell."""
    retirement = ROLE_NAMES[2]
    files = session.system.files
    if session.role == "controller" and (files.exists(record_file(retirement)) or files.exists(journal_file(retirement))):
        raise Refused("revert-order")
