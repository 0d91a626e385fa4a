"""A kind of change of a shell file such as /etc/default/x: `shell`, the last line that assigns a variable."""

from typing import Optional, Tuple

from ..nova_conf.ini import shell_assignment, with_line
from ..state.entry import Entry
from ..state.journal import Journal
from ..text import ABSENT, bytes_of, from_bytes, present
from .edits import Edits
from .kind import Kind, Pass


class ShellKind(Kind):
    """`shell FILE VARIABLE`: `-`, or the assigning line. It is replaced, never added: who plans it knows that it is there."""

    name = "shell"
    made_in = Pass.FILES

    def __init__(self, edits: Edits) -> None:
        self._edits = edits

    def read(self, where: str, what: str) -> str:
        data = self._edits.content_if_there(where)
        line = shell_assignment(data, what) if data is not None else None
        # As a line of the file: with the newline that follows it.
        return ABSENT if line is None else present(line + b"\n")

    def set(self, entry: Entry, journal: Journal) -> None:
        data = self._edits.content(entry.where)
        self._edits.edit(entry.where, with_line(data, bytes_of(entry.former)[:-1], bytes_of(entry.written)[:-1]))

    def subject(self, where: str, what: str) -> str:
        return "%s:%s" % (where, what)

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        former, written = (from_bytes(bytes_of(state)[:-1]).partition("=")[2] for state in (entry.former, entry.written))
        return former, written
