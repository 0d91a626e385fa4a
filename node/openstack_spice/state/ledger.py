"""The ledger of our own writes: what a service has not read yet is somebody else's change only where the ledger does not have it.

It lies in /run, since after a boot every service has read everything. Without an entry our own write is taken for somebody
else's, which is no reason to fail: the ledger never stops a run.
"""

import hashlib
import json
from typing import Dict, NamedTuple, Optional

from ..errors import CannotTell, Failed
from ..system import System
from ..system.files import ROOT_ALONE
from .paths import LEDGER


class Note(NamedTuple):
    """What is known of something that we wrote."""

    content: str  # SHA-256 of a file, version of a package
    changed: int  # when somebody else last changed it before, in seconds since 1970; 0: never


class Ledger:
    """Reads and writes the ledger."""

    def __init__(self, system: System) -> None:
        self._system = system

    def noted(self, what: str) -> Optional[Note]:
        """The note of a file, by its path without links, or of `package NAME`; None where there is none."""
        value = self._read().get(what)
        return Note(str(value[0]), int(value[1])) if isinstance(value, list) and len(value) == 2 else None

    def note(self, what: str, content: str, changed: int) -> None:
        """Notes something that is about to be written."""
        notes = self._read()
        notes[what] = [content, changed]
        try:
            self._system.files.create(LEDGER, json.dumps(notes).encode("ascii"), ROOT_ALONE, lambda path: None)
        except Failed:
            pass

    def note_write(self, path: str, data: bytes) -> None:
        """To be called before a file gets these bytes."""
        try:
            real = self._system.files.real_path(path)
            changed = self.changed_by_others(real)
        except (FileNotFoundError, CannotTell):
            real, changed = path, 0
        self.note(real, hashlib.sha256(data).hexdigest(), changed)

    def changed_by_others(self, real: str, as_planned: Optional[bytes] = None) -> int:
        """When somebody else last changed a file, in seconds since 1970; 0 where it is not there. A chmod counts too: nothing tells
        it from an edit with the former time put back.

        :param real: its path without links
        :param as_planned: its bytes as the plan makes them: what somebody changed, and the plan changes back, is no change
        Raises CannotTell.
        """
        state = self._system.files.state(real)
        if state is None:
            return 0
        note = self.noted(real)
        if note is not None:
            data = self._system.files.read_if_there(real)
            digests = [hashlib.sha256(text).hexdigest() for text in (data, as_planned) if text is not None]
            if note.content in digests:
                return note.changed
        return int(max(state.st_mtime, state.st_ctime))

    def _read(self) -> Dict[str, object]:
        try:
            value = json.loads((self._system.files.read_if_there(LEDGER) or b"{}").decode("ascii"))
        except (ValueError, CannotTell):
            return {}
        return value if isinstance(value, dict) else {}
