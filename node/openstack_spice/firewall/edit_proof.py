"""Files that the next boot loads are proven before they are published: what they load is what they loaded, and our rules, each before
what could refuse it."""

from typing import Dict, List, NamedTuple, Sequence, Tuple

from ..changes.edits import Edits
from ..changes.kind import Planned
from ..context import Context
from ..errors import Failed, Refused
from ..text import ABSENT
from .backend import FileBackend
from .boot_proof import BootFiles, Content, NotProven
from .lines import NotPlaced


class _FileRule(NamedTuple):
    file: str
    rule: str


class EditProof:
    """Proves the edits of a run.

    :param backends: those whose files are edited by us
    :param argument: of the stack, by which the sources are declared
    """

    def __init__(self, context: Context, backends: Sequence[FileBackend], argument: str) -> None:
        self._context = context
        self._backends = {backend.file_kind: backend for backend in backends}
        self._argument = argument
        self._edited: Dict[str, List[_FileRule]] = {}  # by the kind

    def note(self, kind: str, file: str, rule: str) -> None:
        """A rule that was put into a file, or taken out, and is not published yet."""
        one = _FileRule(file, rule)
        if one not in self._edited.setdefault(kind, []):
            self._edited[kind].append(one)

    def failure(self, file: str, rule: str, reason: str) -> Failed:
        """For an edit that cannot be made, since what it was planned by has changed."""
        return Failed("boot-file-not-proven", **self._facts(_FileRule(file, rule), reason))

    def check_plan(self, plan: Sequence[Planned]) -> None:
        """Refuses a plan whose edits cannot be proven, before anything is touched. Raises Refused, CannotTell."""
        for kind, backend in self._backends.items():
            former, new = self._context.system.files.read, _Overlay(self._context.system.files.read)
            rules: List[_FileRule] = []
            for entry in (planned.entry for planned in plan if planned.entry.kind == kind):
                if backend.boot_files(entry.where) is None:
                    continue
                rules.append(_FileRule(entry.where, entry.what))
                try:
                    new.texts[entry.where] = (
                        backend.file_without(new.read(entry.where), entry.what)
                        if entry.written == ABSENT
                        else backend.file_with(entry.where, new.read, entry.what)
                    ).data
                except NotPlaced as answer:
                    raise Refused("boot-file-not-proven", **self._facts(rules[-1], answer.reason))
            try:
                self._prove(backend, rules, former, new.read)
            except _Stopped as stop:
                raise Refused("boot-file-not-proven", **self._facts(stop.rule, stop.reason))

    def check_edits(self, edits: Edits) -> None:
        """The same of what is about to be published; what :meth:`check_plan` has proven is not asked for again. Raises Failed."""
        formers = _Overlay(self._context.system.files.read)
        formers.texts = {path: former for path, former, _ in edits.planned()}
        for kind, backend in self._backends.items():
            rules = [one for one in self._edited.pop(kind, []) if one.file in formers.texts and backend.boot_files(one.file) is not None]
            try:
                self._prove(backend, rules, formers.read, edits.content)
            except _Stopped as stop:
                raise Failed("boot-file-not-proven", **self._facts(stop.rule, stop.reason))

    def _facts(self, rule: _FileRule, reason: str) -> Dict[str, str]:
        return {"file": rule.file, "rule": rule.rule.rpartition("|")[2], "reason": reason, "argument": self._argument}

    def _prove(self, backend: FileBackend, rules: Sequence[_FileRule], former: Content, new: Content) -> None:
        """Proves all edits of files that are loaded together. Raises _Stopped."""
        together: Dict[Tuple[str, ...], Tuple[BootFiles, List[_FileRule]]] = {}
        for one in rules:
            files = backend.boot_files(one.file)
            if files is not None:
                together.setdefault(tuple(files.all), (files, []))[1].append(one)
        for files, changed in together.values():
            had = [backend.file_has(former(one.file), one.rule) for one in changed]
            has = [backend.file_has(new(one.file), one.rule) for one in changed]
            added = [one for one, before, after in zip(changed, had, has) if after and not before]
            removed = [one for one, before, after in zip(changed, had, has) if before and not after]
            if added or removed:
                self._prove_together(backend, files, former, new, added, removed)

    def _prove_together(
        self, backend: FileBackend, files: BootFiles, former: Content, new: Content, added: List[_FileRule], removed: List[_FileRule]
    ) -> None:
        loaded = [backend.as_loaded(one.rule) for one in added], [backend.as_loaded(one.rule) for one in removed]
        try:
            proven = backend.proof.prove(files, former, new, *loaded)
            for one, (chain, _), index in zip(added, loaded[0], proven.indexes):
                first = backend.refusal_in(proven.listing, chain)
                if first is not None and index > first:
                    raise _Stopped(one, "it would come behind a rule that could refuse")
        except NotProven as answer:
            # A rule of ours that goes takes nothing along, whether or not the file loads where nothing of the node is.
            if added or answer.loads:
                raise _Stopped((added + removed)[0], answer.reason)


class _Stopped(Exception):
    def __init__(self, rule: _FileRule, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


class _Overlay:
    """Files of which some have another text."""

    def __init__(self, read: Content) -> None:
        self.texts: Dict[str, bytes] = {}
        self._read = read

    def read(self, path: str) -> bytes:
        """The text of a file."""
        return self.texts[path] if path in self.texts else self._read(path)
