"""The write-ahead journal of a run: each change is in it, and on the disk, before it is made.

Lines of JSON: an object, the platform as it was at the start; an entry as a list of five words; or a text, which is the path of a
new file that is not in its place yet. A last line that was cut off was not followed by its change.
"""

import json
from typing import FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..errors import Failed, Refused
from ..system import Files
from ..system.files import ROOT_ALONE
from .entry import Entry
from .paths import STATE, journal_file


class Journal:
    """The open journal of a role. Whoever changes the node needs one.

    :param role: whose
    """

    def __init__(self, files: Files, role: str) -> None:
        self._files = files
        self._file = journal_file(role)
        self._entries: List[Entry] = []
        self._new_files: List[str] = []
        self.is_recorded = False  # whether what it has is in the record already

    def open(self, platform: Mapping[str, str]) -> None:
        """Makes it, without an entry. Raises Failed where it cannot be written."""
        self._files.remove(self._file)
        self._append(json.dumps(platform, sort_keys=True).encode("ascii") + b"\n")

    def resume(self, content: "JournalContent") -> None:
        """Goes on with the journal of a run that was cut off, behind its last whole line. Raises Failed where it cannot be written."""
        try:
            self._files.shorten(self._file, content.length)
        except OSError as error:
            raise self._files.explained(Failed("state-cannot-be-written", file=self._file, folder=STATE), error)
        self._entries = list(content.entries)
        self._new_files = list(content.new_files)

    def write(self, entry: Entry) -> None:
        """Notes a change that is about to be made. Raises Failed where that cannot be written; then it must not be made."""
        self._append(json.dumps(list(entry)).encode("ascii") + b"\n")
        self._entries.append(entry)

    def announce(self, path: str) -> None:
        """Notes a new file that is about to be written beside its place, so that it can be tidied up by its exact name."""
        self._append(json.dumps(path).encode("ascii") + b"\n")
        self._new_files.append(path)

    def remove_new_files(self) -> None:
        """Takes new files away that never came into their place, each by its exact name. Raises Failed."""
        for path in self._new_files:
            self._files.remove(path)

    @property
    def entries(self) -> Tuple[Entry, ...]:
        """What it has, oldest first."""
        return tuple(self._entries)

    def has(self, *kinds: str) -> bool:
        """Whether a change of one of these kinds is in it."""
        return any(entry.kind in kinds for entry in self._entries)

    def _append(self, line: bytes) -> None:
        try:
            self._files.append(self._file, line, ROOT_ALONE)
        except OSError as error:
            raise self._files.explained(Failed("state-cannot-be-written", file=self._file, folder=STATE), error)


class JournalContent(NamedTuple):
    """What a journal of an earlier run has."""

    entries: Tuple[Entry, ...]  # oldest first
    new_files: Tuple[str, ...]  # paths of files that may lie beside their place
    platform: Mapping[str, str]  # as it was at the start
    length: int  # bytes of its whole lines


def read_journal(files: Files, role: str, kinds: Optional[FrozenSet[str]]) -> Optional[JournalContent]:
    """The journal of a run that did not come to its end; None where there is none.

    :param kinds: the kinds of change that this program knows; None where entries are only looked at
    Raises Refused where it is damaged, of format 1, or has a kind that is not known, CannotTell where it cannot be read.
    """
    file = journal_file(role)
    data = files.read_if_there(file)
    if data is None:
        return None
    entries: List[Entry] = []
    new_files: List[str] = []
    platform: Mapping[str, str] = {}
    lines = data.split(b"\n")
    for line in lines[:-1]:
        try:
            value = json.loads(line.decode("utf-8"))
        except ValueError:
            if line.count(b"\t") == 4:  # as entries of format 1 were
                raise Refused("record-of-bash", file=file, role=role)
            raise Refused("journal-damaged", file=file)
        if isinstance(value, str):
            new_files.append(value)
        elif isinstance(value, dict):
            platform = {str(name): str(word) for name, word in value.items()}
        elif _is_entry(value):
            entries.append(Entry(*value))
        else:
            raise Refused("journal-damaged", file=file)
    unknown = [] if kinds is None else sorted({entry.kind for entry in entries} - kinds)
    if unknown:
        raise Refused("record-kind-unknown", file=file, kinds=", ".join(unknown))
    return JournalContent(tuple(entries), tuple(new_files), platform, len(data) - len(lines[-1]))


def _is_entry(value: Sequence[object]) -> bool:
    return isinstance(value, list) and len(value) == 5 and all(isinstance(word, str) for word in value)
