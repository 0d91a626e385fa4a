"""The record of a role: all that its way back needs.

A JSON object, 0600 in a folder of 0700, since it can hold former values of nova.conf. `format` rises with what an older
program could not read; a record of another format, or with a kind of change that is not known, is refused, never dropped.
Format 1, of a program in bash, is refused by name: the program that wrote it lies on the node, and puts back what it changed.
"""

import json
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..errors import Refused
from ..system import Files
from .entry import Entry
from .paths import record_file

FORMAT = 2
FORMAT_1 = b"# openstack-spice record 1\n"  # how it begins


class Record(NamedTuple):
    """What was changed for a role."""

    owner: str = ""  # the stack, as ORGANIZATION/PROJECT/STACK
    id: str = ""  # which of the stack's resources converged the role last
    program: str = ""  # SHA-256 of the program that wrote it
    packages_on_destroy: str = "keep"  # or `remove`
    tls_since: Optional[int] = None  # since when a document had TLS, in seconds since 1970
    platform: Mapping[str, str] = {}  # the platform as it was: unit names, package tool, paths
    entries: Tuple[Entry, ...] = ()  # oldest first

    def find(self, kind: str, where: str, what: str) -> Optional[Entry]:
        """The entry of that change."""
        return next((entry for entry in self.entries if entry.key == (kind, where, what)), None)

    def of_kind(self, *kinds: str) -> List[Entry]:
        """Its entries of these kinds, oldest first."""
        return [entry for entry in self.entries if entry.kind in kinds]


def read_record(files: Files, role: str, kinds: Optional[FrozenSet[str]]) -> Optional[Record]:
    """The record of a role; None where there is none.

    :param kinds: the kinds of change that this program knows; None where entries are only carried along
    Raises Refused where it is damaged, of another format, or has a kind that is not known; CannotTell where it cannot be read.
    """
    file = record_file(role)
    data = record_data(files, role)
    if data is None:
        return None
    record = _of_json(data, file)
    unknown = [] if kinds is None else sorted({entry.kind for entry in record.entries} - kinds)
    if unknown:
        raise Refused("record-kind-unknown", file=file, kinds=", ".join(unknown))
    return record


def record_data(files: Files, role: str) -> Optional[bytes]:
    """The bytes of a role's record; None where there is none. Raises Refused where it is of format 1, CannotTell where it cannot be
    read."""
    file = record_file(role)
    data = files.read_if_there(file)
    if data is not None and data.startswith(FORMAT_1):
        raise Refused("record-of-bash", file=file, role=role)
    return data


def record_bytes(record: Record) -> bytes:
    """The record as it is kept."""
    value: Dict[str, Any] = {
        "format": FORMAT,
        "owner": record.owner,
        "id": record.id,
        "program": record.program,
        "platform": dict(record.platform),
        "entries": [list(entry) for entry in record.entries],
    }
    if record.packages_on_destroy != "keep":
        value["packages-on-destroy"] = record.packages_on_destroy
    if record.tls_since is not None:
        value["tls-since"] = record.tls_since
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode("ascii")


def merged(entries: Sequence[Entry], journal: Sequence[Entry]) -> Tuple[Entry, ...]:
    """The entries of a record after a journal: what was there before our first change stays the former state, and an entry whose
    written state is its former one again is forgotten."""
    first: Dict[Tuple[str, str, str], Entry] = {}
    for entry in tuple(entries) + tuple(journal):
        known = first.get(entry.key)
        first[entry.key] = entry if known is None else known._replace(written=entry.written)
    return tuple(entry for entry in first.values() if entry.former != entry.written)


def _of_json(data: bytes, file: str) -> Record:
    try:
        value = json.loads(data.decode("utf-8"))
    except ValueError:
        raise Refused("record-damaged" if data.startswith(b"{") else "record-format", file=file, format=FORMAT)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise Refused("record-format", file=file, format=FORMAT)
    try:
        entries = tuple(Entry(*fields) for fields in value["entries"])
        platform = value["platform"]
        since = value.get("tls-since")
        record = Record(
            value["owner"],
            value["id"],
            value["program"],
            value.get("packages-on-destroy", "keep"),
            None if since is None else int(since),
            platform,
            entries,
        )
    except (KeyError, TypeError, ValueError):
        raise Refused("record-damaged", file=file)
    if not isinstance(platform, dict):
        raise Refused("record-damaged", file=file)
    words = [word for entry in entries for word in entry] + list(platform.values()) + [record.owner, record.id]
    if not all(isinstance(word, str) for word in words):
        raise Refused("record-damaged", file=file)
    return record
