"""Kinds of change of services: `unit`, its enablement and activity; `mask`, until the next boot; `restart`, which has no state."""

from typing import Dict, Iterator, Optional, Tuple

from ..context import Context
from ..errors import CannotTell, Failed, Refused
from ..services.units import Units
from ..state.entry import Entry
from ..state.journal import Journal
from ..text import ABSENT
from .kind import Kind, Outcome, Pass, Planned


class UnitKind(Kind):
    """`unit UNIT -`: `enabled active` and the like."""

    name = "unit"
    made_in = Pass.UNITS

    def __init__(self, context: Context, units: Units) -> None:
        self._context = context
        self._units = units
        self._became: Dict[Entry, str] = {}  # what is seen after an undo, such as a unit that is still stopping

    def read(self, where: str, what: str) -> str:
        return self._units.state(where)

    def set(self, entry: Entry, journal: Journal) -> None:
        """Enablement as in the state; started where it is `active`, else stopped. `absent`: a unit that came with a package of ours; it is
        switched off, the package stays."""
        unit = entry.where
        enablement, activity = _parts(entry.written)
        now, _ = _parts(self._units.state(unit))
        if now == "absent":
            return
        if now != enablement:
            if enablement in ("enabled", "disabled", "absent"):
                self._units.enable(unit, enablement == "enabled")
            else:
                self._context.reporter.warn("unit-left", unit=unit, now=now, former=enablement)
        if activity == "active":
            if not self._units.is_active(unit):
                self._units.bring_up("start", unit)
        else:
            self._units.stop(unit)
            if activity != "failed":
                self._units.reset_failed(unit)

    def transition(self, entry: Entry, journal: Journal) -> Outcome:
        """A service that died, or is on its way up, is still ours to set; another enablement is somebody's will."""
        self._units.forget()
        before = self.read(entry.where, entry.what)
        now, former, written = (_parts(state)[0] for state in (before, entry.former, entry.written))
        if former != "absent" and now not in (former, written) and (now, written) != ("disabled", "absent"):
            return Outcome.KEPT
        self.set(entry, journal)
        return Outcome.NOTHING if self.read(entry.where, entry.what) == before else Outcome.MADE

    def undo(self, entry: Entry, journal: Journal) -> Outcome:
        outcome = super().undo(entry, journal)
        self._became[entry.reversed] = self.read(entry.where, entry.what)
        return outcome

    def subject(self, where: str, what: str) -> str:
        return "service/" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return unit_text(entry.former), unit_text(self._became.get(entry, entry.written))

    def plan_unit(self, unit: str, state: str) -> Iterator[Planned]:
        """The unit is to be in that state; one that is not there comes with a package. Raises Refused, CannotTell."""
        now = self._units.state(unit)
        if now == state:
            return
        if now.startswith("masked"):
            raise Refused("unit-masked", unit=unit)
        yield self.planned(unit, "-", self._units.before.get(unit, now), state)


class MaskKind(Kind):
    """`mask UNIT -`: `-` or `masked`, until the next boot only: a package that comes starts no service then."""

    name = "mask"
    made_in = Pass.PACKAGES

    def __init__(self, context: Context, units: Units) -> None:
        self._context = context
        self._units = units

    def read(self, where: str, what: str) -> str:
        folder = "/run/systemd/system"
        name = where + ".service"
        if name not in self._context.system.files.names_if_there(folder):
            return ABSENT
        try:
            return "masked" if self._context.system.files.link("%s/%s" % (folder, name)) is not None else ABSENT
        except CannotTell:  # a unit file that somebody made for this boot
            return ABSENT

    def set(self, entry: Entry, journal: Journal) -> None:
        self._units.mask(entry.where, entry.written != ABSENT)

    def subject(self, where: str, what: str) -> str:
        return "mask/" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return None


class RestartKind(Kind):
    """`restart UNIT -`: no state. The unit was restarted, and is again after an undo, which the transaction sees to."""

    name = "restart"
    made_in = Pass.FILES

    def read(self, where: str, what: str) -> str:
        return ABSENT

    def set(self, entry: Entry, journal: Journal) -> None:
        raise Failed("changed-meanwhile", subject=self.subject(entry.where, entry.what))

    def subject(self, where: str, what: str) -> str:
        return "restart/" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return None


def unit_text(state: str) -> str:
    """A unit's state as people read it."""
    return "(not installed)" if state.startswith("absent ") else state.replace(" ", ", ", 1)


def _parts(state: str) -> Tuple[str, str]:
    enablement, _, activity = state.partition(" ")
    return enablement, activity
