"""What is recorded on the node, without any value."""

from ..parts import KIND_NAMES, Parts
from ..state.paths import ROLE_NAMES, ROLES, journal_file, unfinished_file
from ..state.record import read_record
from .session import Session


def status(session: Session) -> None:
    """Reports which roles are recorded, for which stack, and what of each. Raises Refused, CannotTell."""
    reporter, files = session.reporter, session.system.files
    names = [name for name in files.names_if_there(ROLES) if name in ROLE_NAMES]
    records = {name: read_record(files, name, KIND_NAMES) for name in names}
    words = next((record.platform for record in records.values() if record is not None and record.platform), {})
    parts = Parts(session.context(session.platform_of(words)))
    reporter.answer("nova " + parts.nova.version())
    for name in names:
        record = records[name]
        reporter.answer("role " + name)
        reporter.answer("owner " + (record.owner if record is not None else ""))
        if session.keeping.run_is_there(name):
            reporter.answer("running " + name)
        elif files.exists(journal_file(name)) or files.exists(unfinished_file(name)):
            reporter.answer("interrupted " + name)
        for entry in record.entries if record is not None else ():
            kind = parts.kinds[entry.kind]
            reporter.answer("recorded " + kind.subject(entry.where, entry.what))
