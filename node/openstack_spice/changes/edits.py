"""Files that are edited together: a service never reads half of a change."""

from collections import Counter
from typing import Dict, List, Optional, Tuple

from ..errors import Failed
from ..nova_conf.ini import Edit, Ini
from ..reporter import Reporter
from ..state.journal import Journal
from ..state.ledger import Ledger
from ..system import Files


class _Edited:
    def __init__(self, former: bytes) -> None:
        self.former = former
        self.data = former
        self.removed: List[bytes] = []
        self.added: List[bytes] = []


class Edits:
    """Edited files that are not published yet. They are kept in memory: no other file system has to have room for them.

    :param ledger: notes each write of ours
    """

    def __init__(self, files: Files, ledger: Ledger, reporter: Reporter) -> None:
        self._files = files
        self._ledger = ledger
        self._reporter = reporter
        self._edited: Dict[str, _Edited] = {}
        self._parsed: Dict[str, Tuple[bytes, Ini]] = {}

    def content(self, path: str) -> bytes:
        """The file as it will be. Raises FileNotFoundError, CannotTell."""
        edited = self._edited.get(path)
        return self._files.read(path) if edited is None else edited.data

    def ini(self, path: str) -> Ini:
        """The file as it will be, parsed; once, as long as it has the same bytes. Raises FileNotFoundError, CannotTell."""
        data = self.content(path)
        known = self._parsed.get(path)
        if known is None or known[0] != data:
            known = self._parsed[path] = (data, Ini(data))
        return known[1]

    def content_if_there(self, path: str) -> Optional[bytes]:
        """As :meth:`content`; None where the file is not there."""
        try:
            return self.content(path)
        except FileNotFoundError:
            return None

    def edit(self, path: str, edit: Edit) -> None:
        """Takes an edit of :meth:`content` over."""
        if path not in self._edited:
            self._edited[path] = _Edited(self._files.read(path))
        edited = self._edited[path]
        edited.data = edit.data
        edited.removed += edit.removed
        edited.added += edit.added

    def planned(self) -> Tuple[Tuple[str, bytes, bytes], ...]:
        """The files that differ, each as it was and as it will be."""
        all_of_them = sorted(self._edited.items())
        return tuple((path, edited.former, edited.data) for path, edited in all_of_them if edited.data != edited.former)

    def publish(self, path: str, journal: Journal) -> None:
        """Puts one file in its place, where it differs.

        Raises Failed where somebody edited it meanwhile, or more than the planned lines would differ, or it cannot be written.
        """
        edited = self._edited.pop(path)
        if edited.data == edited.former:
            return
        only_planned_lines_differ(path, edited.former, edited.data, edited.removed, edited.added)
        state = self._files.state(path)
        if state is not None and state.st_nlink > 1:
            self._reporter.warn("hard-links", path=path, number=state.st_nlink)
        self._ledger.note_write(path, edited.data)
        self._files.replace(path, edited.former, edited.data, journal.announce)

    def publish_all(self, journal: Journal) -> None:
        """Puts every file in its place; see :meth:`publish`."""
        for path in sorted(self._edited):
            self.publish(path, journal)

    def forget(self, path: str) -> None:
        """Forgets the edits of one file, which goes as a whole."""
        self._edited.pop(path, None)

    def drop(self) -> None:
        """Forgets what is not published."""
        self._edited.clear()


def only_planned_lines_differ(path: str, former: bytes, new: bytes, removed: List[bytes], added: List[bytes]) -> None:
    """Raises Failed where two texts differ by other lines than those."""
    before, after = Counter(former.split(b"\n")), Counter(new.split(b"\n"))
    lost, got = before - after, after - before
    net_lost, net_got = Counter(removed) - Counter(added), Counter(added) - Counter(removed)
    for lines in (lost, got, net_lost, net_got):
        lines.pop(b"", None)  # how a file ends is no line of it
    if lost != net_lost or got != net_got:
        raise Failed("edit-not-as-planned", file=path)
