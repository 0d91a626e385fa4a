"""Kinds of change of whole files: `file` and `repository`, root's and 0644."""

from typing import Iterator, Optional, Tuple

from ..state.entry import Entry
from ..state.journal import Journal
from ..state.ledger import Ledger
from ..system import Files
from ..system.files import EVERYBODY_READS, Access
from ..text import ABSENT, bytes_of, present
from .kind import Kind, Outcome, Pass, Planned


class FileKind(Kind):
    """`file PATH -`: `-`, or the file's bytes."""

    name = "file"
    made_in = Pass.FILES
    keeps_empty_folder = False

    def __init__(self, files: Files, ledger: Ledger) -> None:
        self._files = files
        self._ledger = ledger

    def read(self, where: str, what: str) -> str:
        data = self._files.read_if_there(where)
        return ABSENT if data is None else present(data)

    def set(self, entry: Entry, journal: Journal) -> None:
        if entry.written != ABSENT:
            data = bytes_of(entry.written)
            self._ledger.note_write(entry.where, data)
            self._files.create(entry.where, data, self.access(entry.where), journal.announce)
            return
        self._files.remove(entry.where)
        self._remove_empty_folder(entry)

    def transition(self, entry: Entry, journal: Journal) -> Outcome:
        outcome = super().transition(entry, journal)
        if outcome is Outcome.NOTHING and entry.written == ABSENT:
            # The power was cut after the file was away for good, and before its folder was.
            self._remove_empty_folder(entry)
        return outcome

    def _remove_empty_folder(self, entry: Entry) -> None:
        if not self.keeps_empty_folder:
            self._files.remove_folder_if_empty(entry.where.rpartition("/")[0])

    def access(self, where: str) -> Access:
        """Who may do what with the file."""
        return EVERYBODY_READS

    def subject(self, where: str, what: str) -> str:
        return "file" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        if entry.written == ABSENT:
            return "written", "(none)"
        return ("(none)" if entry.former == ABSENT else "edited"), "written"

    def plan(self, where: str, state: str) -> Iterator[Planned]:
        """A file that is to be in a state. Raises CannotTell."""
        former = self.read(where, "-")
        if former != state:
            yield self.planned(where, "-", former, state)


class RepositoryKind(FileKind):
    """`repository PATH -`: a file of yum's or dnf's, or its key; the folder is yum's own, and stays."""

    name = "repository"
    keeps_empty_folder = True
