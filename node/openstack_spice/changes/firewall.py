"""Kinds of change of what filters: rules that are in force, `-` or `in`, and rules in the files that a boot loads."""

from typing import Dict, FrozenSet, List, Optional, Tuple

from ..context import Context
from ..errors import Failed
from ..firewall.backend import Backend, FileBackend
from ..firewall.edit_proof import EditProof
from ..firewall.firewall import RULE_KINDS, Firewall
from ..firewall.firewalld import WRITTEN
from ..firewall.lines import NotPlaced
from ..firewall.rules import IN, NONE, rule_text
from ..nova_conf.ini import Edit
from ..state.entry import Entry
from ..state.journal import Journal
from ..state.ledger import Ledger
from ..state.paths import record_file
from ..state.record import read_record, record_bytes
from ..system.files import EVERYBODY_READS, ROOT_ALONE
from ..text import ABSENT, bytes_of, present
from .edits import Edits
from .kind import Kind, Outcome, Pass


class _RuleKind(Kind):
    made_in = Pass.FIREWALL

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        text = rule_text(entry.what)
        return NONE if entry.former == ABSENT else text, NONE if entry.written == ABSENT else text


class RunningRuleKind(_RuleKind):
    """A rule that is in force: `KIND WHERE RULE`, as the firewall's own tool has it."""

    def __init__(self, backend: Backend) -> None:
        self.name = backend.kind
        self._backend = backend

    def read(self, where: str, what: str) -> str:
        return IN if self._backend.has(where, what) else ABSENT

    def set(self, entry: Entry, journal: Journal) -> None:
        if entry.written == ABSENT:
            self._backend.delete(entry.where, entry.what)
        else:
            self._backend.insert(entry.where, entry.what)

    def subject(self, where: str, what: str) -> str:
        return self._backend.subject(where)


class RuleInFileKind(_RuleKind):
    """A rule in a file that a boot loads: `KIND FILE RULE`, as the file has it."""

    def __init__(self, backend: FileBackend, edits: Edits, proof: EditProof) -> None:
        self.name = backend.file_kind
        self._backend = backend
        self._edits = edits
        self._proof = proof

    def read(self, where: str, what: str) -> str:
        data = self._edits.content_if_there(where)
        return IN if data is not None and self._backend.file_has(data, what) else ABSENT

    def set(self, entry: Entry, journal: Journal) -> None:
        data = self._edits.content_if_there(entry.where)
        if data is None:
            raise Failed("changed-meanwhile", subject=self.subject(entry.where, entry.what))
        if entry.written == ABSENT:
            edit = self._backend.file_without(data, entry.what)
        else:
            edit = self._with_rule(entry)
        self._edits.edit(entry.where, edit)
        self._proof.note(self.name, entry.where, entry.what)

    def _with_rule(self, entry: Entry) -> Edit:
        try:
            return self._backend.file_with(entry.where, self._edits.content, entry.what)
        except NotPlaced as answer:
            raise self._proof.failure(entry.where, entry.what, answer.reason)

    def subject(self, where: str, what: str) -> str:
        return "firewall" + where


class FirewalldZoneKind(Kind):
    """`firewalld-zone FILE -`: `-`, or the file's bytes; the file that a zone of firewalld's package gets on this node."""

    name = "firewalld-zone"
    made_in = Pass.FIREWALL

    def __init__(self, context: Context, edits: Edits, ledger: Ledger) -> None:
        self._context = context
        self._files = context.system.files
        self._edits = edits
        self._ledger = ledger

    def read(self, where: str, what: str) -> str:
        data = self._edits.content_if_there(where)
        return ABSENT if data is None else present(data)

    def set(self, entry: Entry, journal: Journal) -> None:
        if entry.written == ABSENT:
            self._edits.forget(entry.where)
            self._files.remove(entry.where)
            return
        data = bytes_of(entry.written)
        self._ledger.note_write(entry.where, data)
        self._files.create(entry.where, data, EVERYBODY_READS, journal.announce)

    def subject(self, where: str, what: str) -> str:
        return "firewall" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return WRITTEN, NONE if entry.written == ABSENT else "as before"

    def undo(self, entry: Entry, journal: Journal) -> Outcome:
        outcome = super().undo(entry, journal)
        return Outcome.NOTHING if outcome is Outcome.KEPT and self._hand_over(entry, journal) else outcome

    def _hand_over(self, entry: Entry, journal: Journal) -> bool:
        """The file, once it has rules of the node's other role too, goes with the last of them: that role's record gets it. Gives
        whether the other role has rules there. Raises Failed, Refused, CannotTell."""
        other = "controller" if self._context.role == "compute" else "compute"
        record = read_record(self._files, other, None)
        if record is None or not any(known.where == entry.where for known in record.of_kind("firewalld-file")):
            return False
        if record.find(self.name, entry.where, ABSENT) is None:
            # First of all, so that it is undone last.
            entries = (Entry(self.name, entry.where, ABSENT, ABSENT, entry.written),) + record.entries
            data = record_bytes(record._replace(entries=entries))
            self._files.create(record_file(other), data, ROOT_ALONE, journal.announce)
        return True


class FirewallKinds:
    """All of them."""

    NAMES: FrozenSet[str] = frozenset(RULE_KINDS) | {FirewalldZoneKind.name}

    def __init__(self, context: Context, edits: Edits, firewall: Firewall) -> None:
        self._kinds: List[Kind] = [FirewalldZoneKind(context, edits, Ledger(context.system))]
        for backend in firewall.backends:
            self._kinds.append(RunningRuleKind(backend))
            if isinstance(backend, FileBackend):
                self._kinds.append(RuleInFileKind(backend, edits, firewall.edit_proof))

    def kinds(self) -> Dict[str, Kind]:
        """By their names."""
        return {kind.name: kind for kind in self._kinds}
