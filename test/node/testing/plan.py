"""What a test asks for: the archive's file `openstack_spice/testing/plan.json`, which test/host/support/injection.ts writes."""

import json
import pkgutil
from typing import Any, Dict, List, Mapping, NamedTuple, Optional


class At(NamedTuple):
    """Something that happens at a named point."""

    point: str
    when: str  # before, after; of a command also during
    count: int  # at which of its calls; 0: at each
    verb: str  # only in a run of this verb; empty: in any
    run: str  # shell text that runs on the node
    then: str  # what becomes of the program then; see actions.py


class Numbered(NamedTuple):
    """Something that happens at an operation by its number; see numbering.py."""

    number: int  # 0: at none; all are noted
    fault: str  # EIO, ENOSPC, kill or fail
    verb: str  # of the run; `both`: of each run


class Plan(NamedTuple):
    """All of it."""

    at: List[At]
    without: List[str]  # parts of the program that do nothing; see points.py
    limits: Dict[str, float]
    numbered: Optional[Numbered]
    synced: str = ""  # what fsync makes durable; see numbering.py
    announce_names: str = ""  # the folder by which each process announces renames and removals; see announcing.py


def read_plan(data: bytes) -> Plan:
    """The plan. Raises KeyError, TypeError, ValueError where it is none."""
    value: Mapping[str, Any] = json.loads(data.decode("utf-8"))
    at = [
        At(one["point"], one["when"], int(one.get("count", 1)), one.get("verb", ""), one.get("run", ""), one.get("then", ""))
        for one in value.get("at", [])
    ]
    numbered = value.get("numbered")
    return Plan(
        at,
        list(value.get("without", [])),
        dict(value.get("limits", {})),
        None if numbered is None else Numbered(int(numbered["number"]), numbered.get("fault", ""), numbered.get("verb", "converge")),
        value.get("synced", ""),
        value.get("announceNames", ""),
    )


def own_plan() -> Plan:
    """The plan of this archive."""
    data = pkgutil.get_data("openstack_spice.testing", "plan.json")
    return read_plan(b"{}" if data is None else data)
