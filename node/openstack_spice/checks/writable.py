"""Whether every file of the plan can be replaced in one step."""

import re
from typing import Dict, List, Sequence

from ..changes.kind import Planned
from ..context import Context
from ..errors import Refused
from ..state.paths import LAUNCHER, NOVA_CONF

_EDITED = ("option", "section", "obsolete-option", "shell", "pem")


def check_writable(context: Context, plan: Sequence[Planned]) -> None:
    """Refuses files that are mounted by themselves, immutable, or on a file system that is read-only. Raises Refused, CannotTell."""
    files = context.system.files
    for path in _new_files(plan):
        if not files.is_writable(files.nearest_folder(path.rpartition("/")[0]) + "/."):
            raise Refused("file-read-only", file=path)
    targets = _targets(context, plan)
    if not targets:
        return
    mounted = _mounted(files.read("/proc/self/mountinfo"))
    flags = _flags(context, targets)
    for target in targets:
        if target in mounted:
            raise Refused("file-mounted", file=target)
        for path in (target, target.rpartition("/")[0]):  # in a folder that is append-only nothing is renamed
            if set("ia") & set(flags.get(path, "")):
                raise Refused("file-immutable", file=path)
        if not files.is_writable(target) or not files.is_writable(target.rpartition("/")[0] + "/."):
            raise Refused("file-read-only", file=target)


def _new_files(plan: Sequence[Planned]) -> List[str]:
    """What is made beside the edited files: the node's own command, with anything, and whole files."""
    return [LAUNCHER] * bool(plan) + [planned.entry.where for planned in plan if planned.entry.kind in ("file", "repository")]


def _targets(context: Context, plan: Sequence[Planned]) -> List[str]:
    """The files to be replaced, without links."""
    targets: List[str] = []
    for planned in plan:
        if planned.entry.kind not in _EDITED:
            continue
        path = planned.entry.where
        if planned.entry.kind == "pem" and not context.system.files.exists(path):
            path = NOVA_CONF  # whose folder it goes to
        real = context.system.files.real_path(path)
        if real not in targets:
            targets.append(real)
    return targets


def _mounted(mountinfo: bytes) -> List[str]:
    """The mount points, of /proc/self/mountinfo."""
    points = [line.split(b" ")[4] for line in mountinfo.split(b"\n") if line.count(b" ") > 4]
    return [
        re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found.group(1), 8)]), point).decode("utf-8", "surrogateescape")
        for point in points
    ]


def _flags(context: Context, targets: Sequence[str]) -> Dict[str, str]:
    """Their flags by lsattr, and those of their folders; none on a file system that has none."""
    folders = sorted({target.rpartition("/")[0] for target in targets})
    result = context.system.commands.run(["lsattr", "-d", "--"] + list(targets) + folders, seconds=20)
    rows = [line.split(" ", 1) for line in result.out.decode("utf-8", "surrogateescape").splitlines() if " " in line]
    return {row[1].strip(): row[0] for row in rows}
