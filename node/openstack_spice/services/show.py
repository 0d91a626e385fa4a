"""What `systemctl show` prints, of systemd 219 to 262."""

import calendar
import re
import shlex
from typing import Dict, List, Mapping, Optional, Sequence

PROPERTIES = (
    "Id",
    "LoadState",
    "ActiveState",
    "SubState",
    "UnitFileState",
    "NeedDaemonReload",
    "Job",
    "MainPID",
    "NRestarts",
    "Type",
    "User",
    "ExecStart",
    "ExecMainStartTimestamp",
    "ExecMainStartTimestampMonotonic",
    "TimeoutStartUSec",
    "TimeoutStopUSec",
    "FragmentPath",
    "SourcePath",
    "DropInPaths",
    "EnvironmentFiles",
    "Environment",
)
_LINE = re.compile("(%s)=(.*)" % "|".join(PROPERTIES + ("EnvironmentFile",)), re.DOTALL)
_UNITS: Mapping[str, float] = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "min": 60,
    "h": 3600,
    "d": 86400,
    "w": 604800,
    "month": 2629800,
    "y": 31557600,
}

Shown = Mapping[str, Sequence[str]]
"""A unit's properties; one that is given more often has a value for each, one that systemd does not know has none."""


def parse_blocks(text: str, count: int) -> Optional[List[Shown]]:
    """The properties of each unit that was asked for, in their order; None where the text does not show that.

    :param count: how many were asked for
    """
    blocks = [text] if count == 1 else [block for block in text.split("\n\n") if block.strip()]
    if len(blocks) != count:
        return None  # a value has an empty line in it
    return [_parse(block) for block in blocks]


def _parse(block: str) -> Shown:
    found: Dict[str, List[str]] = {}
    for line in block.split("\n"):
        match = _LINE.match(line)
        if match:
            name = "EnvironmentFiles" if match.group(1) == "EnvironmentFile" else match.group(1)  # as systemd 219 has it
            found.setdefault(name, []).append(match.group(2))
    return found


def moment(text: str) -> Optional[int]:
    """A time stamp that was printed with TZ=UTC, in seconds since 1970; None where there is none."""
    found = re.search(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)", text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    return calendar.timegm((year, month, day, hour, minute, second, 0, 0, 0))


def span(text: str) -> Optional[float]:
    """A span of time such as `1min 30s`, in seconds; None where it is without end, or not given."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([a-z]+)", text)
    if not parts or not all(unit in _UNITS for _, unit in parts):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def command_of(exec_start: str) -> List[str]:
    """The words of a unit's first command."""
    found = re.search(r" argv\[\]=(.*?) ; ", exec_start, re.DOTALL)
    return found.group(1).split() if found else []


def variables_of(environment: str) -> List[str]:
    """A unit's variables as NAME=VALUE. Newer versions of systemd quote them."""
    try:
        return shlex.split(environment)
    except ValueError:
        return environment.split()


def paths_of(values: Sequence[str]) -> List[str]:
    """Paths that a property names, such as `/etc/default/x (ignore_errors=yes)`."""
    words = (word for value in values for word in re.sub(r" \(ignore_errors=[a-z]*\)", "", value).split())
    return [word for word in words if word.startswith("/")]
