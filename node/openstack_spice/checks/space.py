"""Room for what a run writes."""

from typing import Sequence

from ..context import Context
from ..errors import Refused
from ..state.paths import NOVA_CONF, STATE

SPACE_NEEDED = 16384  # KiB that must be free where we write
INODES_NEEDED = 64  # some twenty files of ours at most, in as many folders; the program itself is unpacked by then
_FOLDERS = (STATE, NOVA_CONF.rpartition("/")[0], "/etc/systemd/system")
_RUN = "/run"  # systemd reads no unit anew where less than 16 MiB are free there (src/core/dbus-manager.c, version 248 and later)


def check_space(context: Context) -> None:
    """Room for records and for the rewritten files, before the first write. Raises Refused, CannotTell."""
    _check(context, _FOLDERS + (_RUN,))


def check_space_for_units(context: Context) -> None:
    """Room for what systemd writes where units change, before a revert's first write. Raises Refused, CannotTell."""
    _check(context, (_RUN,))


def _check(context: Context, folders: Sequence[str]) -> None:
    files = context.system.files
    for path in folders:
        folder = files.nearest_folder(path)
        room = files.room(folder)
        if room.kib < SPACE_NEEDED:
            raise Refused("space", free=room.kib, folder=folder, needed=SPACE_NEEDED)
        if room.inodes is not None and room.inodes < INODES_NEEDED:
            raise Refused("space-inodes", free=room.inodes, folder=folder, needed=INODES_NEEDED)
