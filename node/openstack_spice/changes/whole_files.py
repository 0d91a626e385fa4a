"""Kinds of change of whole files: `file` and `repository`, root's and 0644."""

from typing import Iterator, Optional, Tuple

from ..errors import Refused
from ..state.entry import Entry
from ..state.journal import Journal
from ..state.ledger import Ledger
from ..system import Files
from ..system.attributes import Attributes
from ..system.files import EVERYBODY_READS, Access
from ..text import ABSENT, bytes_of, decode, encode, from_bytes, is_absent, present, to_bytes
from .kind import Kind, Outcome, Pass, Planned

FOLDER = " folder"  # behind the state of a file that is not there: its folder is


class FileKind(Kind):
    """`file PATH -`: `-`, or the file's bytes. The state of somebody else's file, before it is replaced, says behind the bytes who may do
    what with it, so that it comes back whole: ` OWNER GROUP MODE`, and ` NAME:VALUE` for each extended attribute. `- folder` where the
    file was not there, and its folder was, which stays then."""

    name = "file"
    made_in = Pass.FILES
    in_roots_folder = False  # whether it is made only where nobody but root can write

    def __init__(self, files: Files, ledger: Ledger) -> None:
        self._files = files
        self._ledger = ledger

    def read(self, where: str, what: str) -> str:
        data = self._files.read_if_there(where)
        return ABSENT if data is None else present(data)

    def planned(self, where: str, what: str, former: str, written: str) -> Planned:
        if former == ABSENT:
            if self._files.is_folder(where.rpartition("/")[0]):
                former = ABSENT + FOLDER
        elif _bytes_alone(former) == former:
            former += self._access_word(where)
        return super().planned(where, what, former, written)

    def set(self, entry: Entry, journal: Journal) -> None:
        if not is_absent(entry.written):
            data = bytes_of(entry.written)
            self._ledger.note_write(entry.where, data)
            former = _access_of(entry.written)
            access, attributes = former or (self.access(entry.where), [])
            roots_folder = self.in_roots_folder and former is None
            self._files.create(entry.where, data, access, journal.announce, roots_folder, attributes)
            return
        self._files.remove(entry.where)
        self._remove_empty_folder(entry)

    def transition(self, entry: Entry, journal: Journal) -> Outcome:
        now = self.read(entry.where, entry.what)
        if now == _bytes_alone(entry.written):
            if now == ABSENT:
                # The power was cut after the file was away for good, and before its folder was.
                self._remove_empty_folder(entry)
            return Outcome.NOTHING
        if now != _bytes_alone(entry.former):
            return Outcome.KEPT
        self.set(entry, journal)
        return Outcome.MADE

    def _remove_empty_folder(self, entry: Entry) -> None:
        if entry.written == ABSENT:
            self._files.remove_folder_if_empty(entry.where.rpartition("/")[0])

    def access(self, where: str) -> Access:
        """Who may do what with the file."""
        return EVERYBODY_READS

    def _access_word(self, where: str) -> str:
        """What a state says of a file's access; nothing where the file is as this kind makes it. Raises CannotTell."""
        access, attributes = self._files.access(where)
        try:
            if not attributes and access == self.access(where):
                return ""
        except Refused:  # it could not be made here
            pass
        words = [str(access.owner), str(access.group), "%04o" % access.mode]
        words += ["%s:%s" % (encode(to_bytes(name)), encode(value)) for name, value in attributes]
        return "".join(" " + word for word in words)

    def subject(self, where: str, what: str) -> str:
        return "file" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        if is_absent(entry.written):
            return "written", "(none)"
        return ("(none)" if is_absent(entry.former) else "edited"), "written"

    def plan(self, where: str, state: str) -> Iterator[Planned]:
        """A file that is to be in a state. Raises CannotTell."""
        former = self.read(where, "-")
        if former != state:
            yield self.planned(where, "-", former, state)


class RepositoryKind(FileKind):
    """`repository PATH -`: a file of yum's or dnf's, or its key."""

    name = "repository"


def _bytes_alone(state: str) -> str:
    return state.partition(" ")[0]


def _access_of(state: str) -> Optional[Tuple[Access, Attributes]]:
    """Who may do what with a file, by its state; None where that says nothing of it."""
    words = state.split(" ")[1:]
    if not words:
        return None
    owner, group, mode = words[:3]
    pairs = [word.split(":") for word in words[3:]]
    return Access(int(owner), int(group), int(mode, 8)), [(from_bytes(decode(name)), decode(value)) for name, value in pairs]
