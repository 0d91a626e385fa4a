"""The node's files, commands and clock. Nothing else of the program writes a file, reads one of somebody else's, or runs a command."""

from typing import NamedTuple

from .clock import Clock
from .commands import Commands
from .files import Files
from .interruption import Interruption
from .proc import Proc

__all__ = ["Clock", "Commands", "Files", "Interruption", "Proc", "System"]


class System(NamedTuple):
    """What the program works on. Tests give others of these classes, which fail where they are asked to."""

    files: Files
    commands: Commands
    clock: Clock
    interruption: Interruption
    proc: Proc = Proc()
