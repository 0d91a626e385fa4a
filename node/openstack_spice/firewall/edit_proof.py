"""Files that the next boot loads are proven before they are published: what they load is what they loaded, and our rules, each before
what could refuse it."""

from typing import Callable, Dict, List, NamedTuple, Sequence, Tuple

from ..changes.edits import Edits
from ..changes.kind import Planned
from ..context import Context
from ..errors import Failed, Refused
from ..firewall_oracle.oracle import REFUSED, Question
from ..text import ABSENT
from .backend import FileBackend
from .boot_proof import BootFiles, Content, NotProven
from .lines import NotPlaced


class FileRule(NamedTuple):
    """A rule of ours in a file, as a record's entry has both."""

    file: str
    rule: str


class Difference(NamedTuple):
    """An edit of files that are loaded together."""

    files: BootFiles
    former: Content
    new: Content
    added: Sequence[FileRule]
    removed: Sequence[FileRule]


class Unproven(Exception):
    """An edit is not proven.

    :param rule: of the edit
    :param reason: one line, for people
    """

    def __init__(self, rule: FileRule, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


class EditProof:
    """Proves the edits of a run.

    :param backends: those whose files are free text
    :param argument: of the stack, by which the sources are declared
    :param questions: what is asked of the files that a rule was put into, were they all that is loaded
    """

    def __init__(
        self, context: Context, backends: Sequence[FileBackend], argument: str, questions: Callable[[FileRule], Sequence[Question]]
    ) -> None:
        self._read = context.system.files.read
        self._backends = {backend.file_kind: backend for backend in backends}
        self._argument = argument
        self._edited: Dict[str, List[FileRule]] = {}  # by the kind
        self.questions = questions

    def note(self, kind: str, file: str, rule: str) -> None:
        """A rule that was put into a file, or taken out, and is not published yet."""
        one = FileRule(file, rule)
        if one not in self._edited.setdefault(kind, []):
            self._edited[kind].append(one)

    def failure(self, file: str, rule: str, reason: str) -> Failed:
        """For an edit that cannot be made, since what it was planned by has changed."""
        return Failed("boot-file-not-proven", **self._facts(Unproven(FileRule(file, rule), reason)))

    def check_plan(self, plan: Sequence[Planned]) -> None:
        """Refuses a plan whose edits cannot be proven, before anything is touched. Raises Refused, CannotTell."""
        for kind, backend in self._backends.items():
            entries = [planned.entry for planned in plan if planned.entry.kind == kind]
            new = _Overlay(self._read, {})
            try:
                for entry in entries:
                    rule = FileRule(entry.where, entry.what)
                    new.texts[rule.file] = _edited(backend, rule, entry.written != ABSENT, new.read)
                self._prove_all(backend, [FileRule(entry.where, entry.what) for entry in entries], self._read, new.read)
            except Unproven as stop:
                raise Refused("boot-file-not-proven", **self._facts(stop))

    def check_edits(self, edits: Edits) -> None:
        """The same of what is about to be published; what :meth:`check_plan` has proven is not asked for again. Raises Failed."""
        formers = {path: former for path, former, _ in edits.planned()}
        for kind, backend in self._backends.items():
            rules = [one for one in self._edited.pop(kind, []) if one.file in formers]
            try:
                self._prove_all(backend, rules, _Overlay(self._read, formers).read, edits.content)
            except Unproven as stop:
                raise Failed("boot-file-not-proven", **self._facts(stop))

    def prove(self, kind: str, edit: Difference) -> None:
        """Proves one edit. Raises Unproven.

        :param kind: of the files, as a record has it
        """
        backend = self._backends[kind]
        rules = [[backend.as_loaded(one.rule) for one in some] for some in (edit.added, edit.removed)]
        try:
            asked = [(one, question) for one in edit.added for question in self.questions(one)]
            proven = backend.proof.prove(edit.files, edit.former, edit.new, rules[0], rules[1], [question for _, question in asked])
            for one, (chain, _), index in zip(edit.added, rules[0], proven.indexes):
                first = backend.refusal_in(proven.listing, chain)
                if first is not None and index > first:
                    raise Unproven(one, "it would come behind a rule that could refuse")
            for (one, _), known in zip(asked, proven.answers):
                # By a rule elsewhere; what cannot be told is as the structure has it.
                if known.kind == REFUSED and not known.is_partly_in:
                    raise Unproven(one, "what is loaded then would refuse all the same: " + known.reason)
        except NotProven as answer:
            # A rule of ours that goes takes nothing along, whether or not the file loads where nothing of the node is.
            if edit.added or answer.loads:
                raise Unproven((list(edit.added) + list(edit.removed) + [FileRule(edit.files.roots[0], "")])[0], answer.reason)

    def _facts(self, stop: Unproven) -> Dict[str, str]:
        return {"file": stop.rule.file, "rule": stop.rule.rule.rpartition("|")[2], "reason": stop.reason, "argument": self._argument}

    def _prove_all(self, backend: FileBackend, rules: Sequence[FileRule], former: Content, new: Content) -> None:
        """Proves the edits of all files that these rules were put into, or taken out of. Raises Unproven."""
        together: Dict[Tuple[str, ...], Tuple[BootFiles, List[FileRule]]] = {}
        for one in rules:
            files = backend.boot_files(one.file)
            if files is not None:
                together.setdefault(tuple(files.all), (files, []))[1].append(one)
            elif backend.file_has(new(one.file), one.rule):
                raise Unproven(one, "it is not known what the next boot loads")
        for files, changed in together.values():
            if all(former(path) == new(path) for path in files.all):
                continue
            had = [backend.file_has(former(one.file), one.rule) for one in changed]
            has = [backend.file_has(new(one.file), one.rule) for one in changed]
            added = [one for one, before, after in zip(changed, had, has) if after and not before]
            removed = [one for one, before, after in zip(changed, had, has) if before and not after]
            self.prove(backend.file_kind, Difference(files, former, new, added, removed))


class _Overlay:
    """Files of which some have another text."""

    def __init__(self, read: Content, texts: Dict[str, bytes]) -> None:
        self.texts = texts
        self._read = read

    def read(self, path: str) -> bytes:
        """The text of a file."""
        return self.texts[path] if path in self.texts else self._read(path)


def _edited(backend: FileBackend, rule: FileRule, is_added: bool, content: Content) -> bytes:
    """The file with the rule, or without it. Raises Unproven."""
    try:
        if is_added:
            return backend.file_with(rule.file, content, rule.rule).data
        return backend.file_without(content(rule.file), rule.rule).data
    except NotPlaced as answer:
        raise Unproven(rule, answer.reason)
