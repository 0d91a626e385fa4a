"""nova.conf is not all that a service reads: what stands in another file, a folder nova.conf.d or an OS_ variable can win over it.
Asked before the write, of nova.conf as it would be."""

from typing import Dict, Optional, Sequence

from ..changes.edits import Edits
from ..changes.kind import Kind, Planned
from ..changes.obsolete_options import ObsoleteOptionKind
from ..changes.options import OptionKind, SectionKind
from ..context import Context
from ..errors import Refused
from ..nova.effective import Effective
from ..state.journal import Journal
from ..state.ledger import Ledger
from ..state.paths import NOVA_CONF
from ..text import in_a_row

IN_FORCE = 0
OTHERS_WIN = 9


def planned_conf(context: Context, plan: Sequence[Planned]) -> Optional[bytes]:
    """nova.conf as the plan makes it, in memory alone; None where the plan leaves it as it is. Raises CannotTell."""
    edits = Edits(context.system.files, Ledger(context.system), context.reporter)
    kinds: Dict[str, Kind] = {kind.name: kind for kind in (OptionKind(edits), SectionKind(edits), ObsoleteOptionKind(edits))}
    never_opened = Journal(context.system.files, context.role)
    differs = False
    for planned in plan:
        entry = planned.entry
        if entry.where == NOVA_CONF and entry.kind in kinds:
            kinds[entry.kind].set(entry, never_opened)
            differs = True
    return edits.content(NOVA_CONF) if differs else None


def check_layers(context: Context, effective: Effective, planned: Optional[bytes]) -> None:
    """Refuses where the service would not read what is declared. Raises Refused, CannotTell.

    :param planned: nova.conf as it would be; None where it stays
    """
    if planned is not None:
        _demand_in_force(context, effective, planned)


def check_in_force(context: Context, effective: Effective) -> None:
    """Refuses where nothing is to be changed, and the service does not read what is declared. The last answer of the node's oslo.config
    costs no process as long as nothing that the service reads has changed. Raises Refused, CannotTell."""
    _demand_in_force(context, effective, None)


def _demand_in_force(context: Context, effective: Effective, planned: Optional[bytes]) -> None:
    unit = context.platform.compute_unit if context.role == "compute" else context.platform.spice_unit
    outcome = effective.options_in_force(unit, planned)
    if outcome.status == IN_FORCE:
        return
    if outcome.status == OTHERS_WIN:
        raise Refused("layers-win", found=in_a_row(outcome.lines), file=NOVA_CONF)
    raise Refused("layers-unreadable", unit=unit, reason=outcome.lines[-1] if outcome.lines else "status %d" % outcome.status)
