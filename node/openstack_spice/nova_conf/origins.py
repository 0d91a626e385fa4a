"""`[console] allowed_origins`, which noVNC's proxy reads too: what it needs there stays, and ours comes after it.

What is merged is written as `theirs,theirs, ours,ours`: the one comma with a blank after it parts what was there from what we added,
so that the next run knows ours from theirs by what it recorded that it wrote. oslo.config strips blanks around each entry.
"""

from typing import List, NamedTuple, Optional

from ..text import ABSENT, bytes_of, from_bytes
from .ini import Ini, unquoted

OPTIONS = ("console/allowed_origins", "DEFAULT/console_allowed_origins")  # as it is called from Nova 15 on, and before
_OURS = ", "


class _Former(NamedTuple):
    """What an earlier run knew and wrote."""

    value: bytes  # as it wrote it
    theirs: List[str]
    ours: List[str]


def merged_origins(written: str, current: Optional[bytes], former_state: Optional[str], written_state: Optional[str]) -> str:
    """The value to be written: what others have there, then what is declared and not there yet.

    With nothing to keep it is what is declared. Merged once more it is the same text, so that a second run changes nothing; an entry
    that is declared no more goes, unless it is somebody else's too.

    :param written: what is declared, as written in nova.conf
    :param current: the value that is in force there now; None where there is none
    :param former_state: the record's former state of the option; None where nothing is recorded of it
    :param written_state: the record's written state
    """
    if current is None:
        return written
    declared = origins_of(unquoted(written.encode("ascii")))
    former = _recorded(former_state, written_state)
    there = origins_of(current)
    if former is None:
        theirs = there
    elif current == former.value:
        theirs = former.theirs
    else:  # somebody wrote it anew since
        theirs = [origin for origin in there if origin not in former.ours]
        if all(origin in there for origin in declared) and all(origin in theirs or origin in declared for origin in there):
            return _in_one_line(current)
    added = [origin for origin in declared if origin not in theirs]
    if not theirs:
        return written
    if not added and former is None:
        return _in_one_line(current)
    return ",".join(theirs) + (_OURS + ",".join(added) if added else "")


def _in_one_line(value: bytes) -> str:
    """The value as it stands; one of several lines is written anew, since a document's value has one."""
    return ",".join(origins_of(value)) if b"\n" in value else from_bytes(value)


def origins_of(value: bytes) -> List[str]:
    """The entries of a list as oslo.config reads it, each once."""
    entries: List[str] = []
    for part in from_bytes(value).split(","):
        entry = part.strip()
        if entry and entry not in entries:
            entries.append(entry)
    return entries


def _recorded(former_state: Optional[str], written_state: Optional[str]) -> Optional[_Former]:
    if written_state is None or written_state == ABSENT:
        return None
    value = _value(written_state)
    theirs, parted, ours = from_bytes(value).partition(_OURS)
    if parted:
        return _Former(value, origins_of(theirs.encode("utf-8", "surrogateescape")), origins_of(ours.encode("utf-8", "surrogateescape")))
    # Nothing of theirs is in it; an earlier version of the program replaced what was there.
    before = [] if former_state is None or former_state == ABSENT else origins_of(_value(former_state))
    return _Former(value, before, [origin for origin in origins_of(value) if origin not in before])


def _value(state: str) -> bytes:
    """The value of an option's recorded definition."""
    return Ini(b"[x]\n" + bytes_of(state)).value("x", _name(bytes_of(state))) or b""


def _name(definition: bytes) -> str:
    at = min((at for at in (definition.find(b"="), definition.find(b":")) if at >= 0), default=0)
    return definition[:at].strip().decode("ascii", "replace")
