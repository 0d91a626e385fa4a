"""What a run keeps on the node for the way back, and takes away when nothing needs it any more."""

from ..errors import Failed
from ..limits import Limits
from ..reporter import Reporter
from ..state.journal import Journal
from ..state.lock import Lock
from ..state.paths import PROGRAMS, STATE, answers_file, journal_file, program_link, record_file, role_folder
from ..state.programs import program_file, program_is_whole, tidy
from ..state.uploaded import note_upload, remove_noted_upload
from ..system import System
from .alarm import Alarm
from .launcher import launcher_is_whole, write_launcher
from .request import Request
from .unit import RunUnit


class Keeping:
    """The kept program, the launcher, the watchdog's timer and the folder of a role.

    :param request: whose program it is
    """

    def __init__(self, system: System, request: Request, limits: Limits, reporter: Reporter) -> None:
        self._system = system
        self._request = request
        self._limits = limits
        self._reporter = reporter

    def keep_program(self, role: str) -> None:
        """The program stays for the way back, durably. To be called before the journal is opened. Raises Failed."""
        files = self._system.files
        try:
            files.make_folder(role_folder(role), 0o700)
        except OSError as error:
            raise files.explained(Failed("state-cannot-be-written", file=role_folder(role), folder=STATE), error)
        # The bootstrap wrote the file, and start.py holds it; neither synced it, nor the folders above it.
        for path in (program_file(self._request.program), PROGRAMS, STATE, STATE.rpartition("/")[0]):
            files.sync(path)
        files.point_link(program_link(role), program_file(self._request.program), lambda path: None)

    def has_program(self, role: str) -> bool:
        """Whether it is this program that a role goes back by. Raises CannotTell."""
        return self._system.files.link(program_link(role)) == program_file(self._request.program)

    def is_whole(self, role: str) -> bool:
        """Whether the program that a role goes back by and the node's own command are as they were written. Raises CannotTell."""
        return launcher_is_whole(self._system.files) and program_is_whole(self._system.files, role)

    def note_upload(self, role: str) -> None:
        """What was uploaded, and by the time of the note, until when; for :meth:`forget`. Raises Failed."""
        note_upload(self._system.files, role, self._request.uploaded)

    def arm(self, role: str, owner: str) -> None:
        """Sets the watchdog's timer, before the first change. Raises Failed where the run cannot be noted."""
        self._alarm(role).arm(self._request.verb, owner)

    def disarm(self, role: str) -> None:
        """The run has ended, one way or the other. Raises Failed."""
        self._alarm(role).disarm()

    def write_launcher(self, journal: Journal) -> None:
        """The node's own command. Raises Failed, CannotTell."""
        write_launcher(self._system.files, journal.announce)

    def close_journal(self, role: str) -> None:
        """What the journal has was undone, or is in the record: it goes, and with it a role's folder that has no record. Raises Failed,
        CannotTell."""
        files = self._system.files
        files.remove(journal_file(role))
        self.disarm(role)
        if not files.exists(record_file(role)):
            self._remove_folder(role)

    def forget(self, role: str) -> None:
        """Nothing of the role is recorded any more, and what was uploaded for it goes too. Raises Failed."""
        remove_noted_upload(self._system.files, role)
        files = self._system.files
        # Answers without a record are those of a record that was lost. Then the record: what is left after a power cut is none of changes
        # that are taken back.
        files.remove(answers_file(role))
        files.remove(record_file(role))
        self._remove_folder(role)
        self.disarm(role)

    def _remove_folder(self, role: str) -> None:
        """The program last: as long as there is anything the node's own command needs it. Raises Failed, CannotTell."""
        files = self._system.files
        folder, program = role_folder(role), program_link(role)
        for path in [folder + "/" + name for name in files.names_if_there(folder)]:
            if path != program:
                files.remove_tree(path)
        files.remove_tree(folder)

    def run_is_there(self, role: str) -> bool:
        """Whether a run is at work on the role. Raises CannotTell."""
        return RunUnit(self._system, self._limits, role).has_process()

    def tidy(self, lock: Lock) -> None:
        """The end of a run, whatever it was; gives the node's lock up."""
        tidy(self._system, lock, self._request.held)

    def _alarm(self, role: str) -> Alarm:
        return Alarm(self._system, self._limits, self._reporter, role)
