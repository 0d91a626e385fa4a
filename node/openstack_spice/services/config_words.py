"""Where a service reads its configuration, as its command line says it: `--config-file=X`, or two words; `--config-dir` alike."""

from typing import List, Sequence

_NAMES = ("--config-file", "--config-dir")


def config_arguments(command: Sequence[str]) -> List[str]:
    """The words of a command line that name configuration files and folders."""
    arguments: List[str] = []
    for i, word in enumerate(command):
        if word.partition("=")[0] in _NAMES:
            arguments += [word] if "=" in word else command[i : i + 2]
    return arguments


def config_paths(command: Sequence[str]) -> List[str]:
    """The files and folders that they name."""
    words = [word.partition("=")[2] if word.startswith("--") else word for word in config_arguments(command)]
    return [word for word in words if word.startswith("/")]
