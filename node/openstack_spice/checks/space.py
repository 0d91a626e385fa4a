"""Room for what a run writes."""

from ..context import Context
from ..errors import Refused
from ..state.paths import NOVA_CONF, STATE

SPACE_NEEDED = 16384  # KiB that must be free where we write
_FOLDERS = (STATE, NOVA_CONF.rpartition("/")[0], "/etc/systemd/system")


def check_space(context: Context) -> None:
    """Room for records and for the rewritten files. Raises Refused, CannotTell."""
    files = context.system.files
    for path in _FOLDERS:
        folder = path
        while folder and not files.is_folder(folder):
            folder = folder.rpartition("/")[0]
        free = files.free_kib(folder or "/")
        if free < SPACE_NEEDED:
            raise Refused("space", free=free, folder=folder or "/", needed=SPACE_NEEDED)
