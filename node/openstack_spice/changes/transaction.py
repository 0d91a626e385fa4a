"""Changes made together: journaled, made in their order, and taken back in the other one from wherever it breaks."""

from typing import Callable, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from ..errors import CannotTell, Failed, Stop, place_of
from ..messages import text_of
from ..reporter import Reporter
from ..state.entry import Entry
from ..state.journal import Journal
from ..text import printable
from .edits import Edits
from .kind import Kind, Outcome, Pass, Planned

Kinds = Mapping[str, Kind]


class Steps(NamedTuple):
    """What a transaction asks of the services between its changes."""

    before_unit: Callable[[], None]  # before a unit is started or stopped, once the edited files are in their place
    test_edits: Callable[[], None]  # before edited files are published; raises Failed where one would not load
    reload_units: Callable[[], None]  # after unit files changed
    start_again: Callable[[str], None]  # a unit whose restart is undone


class Undone(NamedTuple):
    """What became of an undo."""

    failures: Tuple[str, ...]  # subjects that could not be put back
    last: Tuple[Entry, ...]  # entries that are for the very end: closed ports, once no service opens any


class Transaction:
    """Makes and takes back changes of any kind, and knows none of them.

    :param verb: `revert` reports what is taken back as a change; a failed converge says it
    """

    def __init__(self, kinds: Kinds, edits: Edits, reporter: Reporter, verb: str, steps: Steps) -> None:
        self._kinds = kinds
        self._edits = edits
        self._reporter = reporter
        self._verb = verb
        self._steps = steps

    def apply(self, plan: Sequence[Planned], passes: Sequence[Pass], journal: Journal) -> None:
        """Makes the changes of these passes, pass by pass. Edited files are published together at the end of a pass. Raises Stop."""
        for this_pass in passes:
            for planned in plan:
                kind = self._kinds[planned.entry.kind]
                if kind.made_in is not this_pass:
                    continue
                kind.report(planned, self._reporter)
                if this_pass is Pass.UNITS:
                    self.publish(journal)
                    self._steps.before_unit()
                kind.apply(planned, journal)
            self.publish(journal)

    def apply_kinds(self, plan: Sequence[Planned], kinds: Sequence[str], journal: Journal) -> None:
        """Makes the changes of these kinds alone. Raises Stop."""
        for planned in plan:
            if planned.entry.kind in kinds:
                kind = self._kinds[planned.entry.kind]
                kind.report(planned, self._reporter)
                kind.apply(planned, journal)
        self.publish(journal)

    def publish(self, journal: Journal) -> None:
        """Puts edited files in their place, after their syntax was tested."""
        self._steps.test_edits()
        self._edits.publish_all(journal)

    def undo(self, entries: Sequence[Entry], journal: Journal) -> Undone:
        """Takes entries back, the last one first. What somebody else changed since is left alone and reported. One that fails does not
        stop the others; it is reported, and named in the answer."""
        failures: List[str] = []
        restarts: List[str] = []
        last: List[Entry] = []
        for entry in reversed(entries):
            if entry.kind == "restart":
                if entry.where not in restarts:
                    restarts.append(entry.where)
                continue
            kind = self._kinds[entry.kind]
            if kind.made_in is Pass.CLOSED_PORTS:
                last.append(entry)
                continue
            if kind.made_in is Pass.UNITS:
                self._attempt("files", lambda: self._publish_undone(journal), failures)
            self._undo_one(entry, journal, failures)
        self._attempt("files", lambda: self._publish_undone(journal), failures)
        for unit in restarts:
            self._attempt("service/" + unit, lambda unit=unit: self._steps.start_again(unit), failures)  # type: ignore[misc]
        return Undone(tuple(failures), tuple(last))

    def undo_last(self, undone: Undone, journal: Journal) -> Tuple[str, ...]:
        """Takes back what was left for the end. Gives all subjects that could not be put back."""
        failures = list(undone.failures)
        for entry in undone.last:
            self._undo_one(entry, journal, failures)
        return tuple(failures)

    def _undo_one(self, entry: Entry, journal: Journal, failures: List[str]) -> None:
        kind = self._kinds[entry.kind]
        subject = kind.subject(entry.where, entry.what)
        outcomes: Dict[str, Outcome] = {}

        def undo() -> None:
            outcomes["this"] = kind.undo(entry, journal)

        self._attempt(subject, undo, failures)
        outcome = outcomes.get("this")
        if outcome is Outcome.KEPT:
            self._reporter.kept.append(subject)
            self._reporter.say("%s was changed by someone else since: left as it is" % subject)
        elif outcome is Outcome.MADE:
            self._report(kind, entry.reversed)

    def _report(self, kind: Kind, entry: Entry) -> None:
        states = kind.described(entry)
        if states is None:
            return
        subject = kind.subject(entry.where, entry.what)
        if self._verb == "revert":
            self._reporter.changed(subject, *states)
        else:
            text = "%s: %s -> %s" % (subject, states[0], states[1])
            self._reporter.log("undone: " + text)
            self._reporter.say(text)

    def _publish_undone(self, journal: Journal) -> None:
        self._edits.publish_all(journal)
        self._steps.reload_units()

    def _attempt(self, subject: str, step: Callable[[], None], failures: List[str]) -> None:
        """One step of an undo."""
        try:
            step()
        except Exception as error:  # noqa: BLE001  # whatever it is, the rest is put back all the same, and this one stays recorded
            failures.append(subject)
            self._reporter.say("%s could not be put back: %s" % (subject, reason_of(error)))


def reason_of(error: Exception) -> str:
    """Why something failed, as the operator reads it."""
    if isinstance(error, Stop):
        return text_of(error)
    if isinstance(error, CannotTell):
        return text_of(Failed("cannot-tell", subject=error.subject, reason=error.reason))
    if isinstance(error, OSError):
        return printable("%s: %s" % (type(error).__name__, error.strerror))
    return text_of(Failed("unexpected-error", kind=type(error).__name__, place=place_of(error)))  # its text can have a value in it
