"""The program's own files beside its modules, which lie wherever the program was unpacked: root's alone there."""

import os

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def own_folder() -> str:
    """The folder that the program's package is in: what a program of its own is started with, to find its modules."""
    return os.path.dirname(_PACKAGE)


def own_text(name: str) -> str:
    """The text of one of the program's files, such as `probes/options.py`; ASCII. Raises OSError where the program is damaged."""
    with open(os.path.join(_PACKAGE, name), "rb") as file:
        return file.read().decode("ascii")
