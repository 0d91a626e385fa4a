"""Where start.py comes in: the real node."""

from typing import List

from .limits import Limits
from .main import Program, main, prepare
from .state.programs import program_file
from .system import Clock, Commands, Files, System
from .system.hold import Hold


def run(argv: List[str], digest: str, descriptor: int) -> int:
    """Runs the program on this node. Gives the exit status.

    :param digest: SHA-256 of the program's archive
    :param descriptor: the archive, open, with a shared lock
    """
    interruption = prepare()
    files = Files(interruption)
    system = System(files, Commands(interruption), Clock(interruption), interruption)
    return main(argv, system, Limits(), Program(digest, Hold.of(files, program_file(digest), descriptor)))
