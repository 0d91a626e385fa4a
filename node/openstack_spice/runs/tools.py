"""What every run needs of a node."""

from ..errors import Refused
from ..system import System

NEEDED_TOOLS = ("systemctl", "systemd-run")


def check_tools(system: System) -> None:
    """The program runs as root, on a node that systemd runs, and has what it needs. Raises Refused."""
    if not system.files.runs_as_root():
        raise Refused("not-root")
    for tool in NEEDED_TOOLS:
        if system.commands.which(tool) is None:
            raise Refused("tool-missing", tool=tool)
    if not system.files.exists("/run/systemd/system"):
        raise Refused("no-systemd")
