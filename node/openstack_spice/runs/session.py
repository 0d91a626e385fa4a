"""A run: one request, with the node's lock, brought to its end whatever the end is."""

from typing import Callable, Mapping, Optional

from ..context import Context, WorkFolder
from ..document.desired import Desired, read_document
from ..document.platforms import PLATFORMS, Platform, described, find_platform, from_record
from ..errors import CannotTell, ExitStatus, Failed, Refused, Stop
from ..limits import Limits
from ..packages.web_client import tidy_web_clients
from ..parts import KIND_NAMES, Parts
from ..reporter import Reporter
from ..state.audit import Audit
from ..state.journal import Journal, JournalContent, read_journal
from ..state.lock import RUN_LOCK, Lock
from ..state.paths import answers_file, record_file, role_folder
from ..state.record import Record, read_record
from ..system import System
from ..text import in_a_row
from .again import twice
from .keeping import Keeping
from .request import Request


class Session:
    """What a run holds from its beginning to its end.

    :param request: what is asked, and by whom
    """

    def __init__(self, request: Request, system: System, limits: Limits) -> None:
        self.request = request
        self.system = system
        self.limits = limits
        self.desired = Desired(role=request.role)
        self.reporter = Reporter(request.node, None)
        self.folder = WorkFolder(system)
        self.lock = Lock(system.clock)
        self.keeping = Keeping(system, request, limits, self.reporter)
        self.record: Optional[Record] = None
        self.finishes_another = False  # whether a run before this one did not come to its end

    @property
    def role(self) -> str:
        """The role that the run is for."""
        return self.desired.role

    def read_document(self) -> None:
        """Takes the document over. Raises BadDocument."""
        self.desired = read_document(self.request.document)
        self.reporter.node = self.desired.node

    def take_lock(self) -> None:
        """Waits for the node's lock. Raises Refused where another run keeps it too long."""
        wait = self.limits.lock_wait
        waiting = "another run is at work on this node; waiting up to %d s for it" % wait
        if not self.lock.take(wait, lambda: self.reporter.say(waiting)):
            raise Refused("lock-held", file=RUN_LOCK, seconds=wait)

    def read_record(self) -> Record:
        """The role's record; empty where there is none. Raises Refused, also where it was lost, CannotTell."""
        self.record = read_record(self.system.files, self.role, KIND_NAMES)
        if self.record is None and self.system.files.exists(answers_file(self.role)):
            raise Refused("record-lost", file=record_file(self.role), folder=role_folder(self.role))
        return self.record or Record()

    def keep_audit(self) -> None:
        """From here on changes are logged."""
        stack = self.desired.owner or (self.record or Record()).owner
        who = "%s %s by=%s stack=%s program=%s" % (
            self.role,
            self.request.verb,
            self.request.by,
            stack,
            self.request.program,
        )
        self.reporter.audit = Audit(self.system, self.reporter.node, who, self.reporter.say)

    def context(self, platform: Platform) -> Context:
        """The run's context."""
        return Context(
            self.system,
            self.reporter,
            self.limits,
            self.request.verb,
            self.role,
            self.desired,
            platform,
            self.record or Record(),
            self.folder,
        )

    def detected_platform(self) -> Platform:
        """The platform that the node is. Raises Refused where it is none that is known, CannotTell."""
        text = self.system.files.read_if_there("/etc/os-release") or b""
        platform = find_platform(text)
        if platform is None:
            supported = in_a_row(known.name for known in PLATFORMS)
            raise Refused("platform-unknown", platform=described(text), supported=supported)
        return platform

    def platform_of(self, words: Mapping[str, str]) -> Platform:
        """The platform as a record or a journal has it, which a way back goes by; where it has none, as the node is."""
        return from_record(words) or self.detected_platform()

    def recover(self) -> None:
        """Takes back what a run before this one journaled and did not finish, before anything else. Raises Failed, Refused."""
        content = read_journal(self.system.files, self.role, KIND_NAMES)
        if content is None:
            return
        self.finishes_another = True
        journal = Journal(self.system.files, self.role)
        journal.resume(content)
        if content.entries:
            self.reporter.say("an earlier run was interrupted; putting back what it had changed")
            try:
                # A folder of ours goes with its file, where nothing else is in it.
                journal.remove_new_files()
            except Failed:
                pass  # what can be put back is put back first; then this is tried again
            self._undo(content, journal)
        journal.remove_new_files()
        self.close_journal()

    def _undo(self, content: JournalContent, journal: Journal) -> None:
        parts = Parts(self.context(self.platform_of(content.platform)))
        undone = parts.transaction.undo(content.entries, journal)
        if parts.transaction.undo_last(undone, journal):
            raise Failed("interrupted-not-put-back")

    def close_journal(self) -> None:
        """What the journal has was undone, or is in the record: it goes, and with it a role's folder that has no record."""
        twice(lambda: self.keeping.close_journal(self.role))
        tidy_web_clients(self.system.files)

    def forget(self) -> None:
        """Nothing of the role is recorded any more. Raises Failed, CannotTell."""
        twice(lambda: self.keeping.forget(self.role))
        tidy_web_clients(self.system.files)

    def report(self, stop: Stop) -> None:
        """The message that ends the run, once."""
        if not stop.is_reported:
            stop.is_reported = True
            self.reporter.error(stop)

    def close(self) -> None:
        """The end of every run."""
        self.folder.remove()
        self.keeping.tidy(self.lock)


def to_its_end(session: Session, run: Callable[[], ExitStatus]) -> ExitStatus:
    """What a run gives, and what its operator reads where it stops; the session is closed then. Raises Terminated."""
    try:
        return run()
    except Stop as stop:
        session.report(stop)
        return stop.status
    except CannotTell as answer:
        # A transaction turns it into Failed; so here nothing was touched yet.
        session.report(Refused("cannot-tell", subject=answer.subject, reason=answer.reason))
        return ExitStatus.REFUSED
    finally:
        session.close()
