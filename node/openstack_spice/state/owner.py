"""Whose a record is, whatever version wrote it: the two facts that every format has."""

import json
from typing import NamedTuple, Optional

from ..errors import Refused
from ..system import Files
from .paths import record_file
from .record import record_data


class Owner(NamedTuple):
    """Who converged a role last."""

    stack: str
    id: str  # which of the stack's resources


def record_owner(files: Files, role: str) -> Optional[Owner]:
    """The owner of a role's record; None where there is none. Raises Refused where it is damaged or of format 1,
    CannotTell where it cannot be read."""
    data = record_data(files, role)
    if data is None:
        return None
    try:
        value = json.loads(data.decode("utf-8"))
        return Owner(str(value["owner"]), str(value["id"]))
    except (ValueError, KeyError, TypeError):
        raise Refused("record-damaged", file=record_file(role))
