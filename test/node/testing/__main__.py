"""The test build's way in, in the place of the program's own."""

from typing import List

from .main import Program
from .state.programs import program_file
from .system import Files, Interruption
from .system.hold import Hold
from .testing.start import start


def run(argv: List[str], digest: str, descriptor: int) -> int:
    """As the program's own."""
    return start(argv, Program(digest, Hold.of(Files(Interruption()), program_file(digest), descriptor)))
