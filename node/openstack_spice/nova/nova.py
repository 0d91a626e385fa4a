"""Which Nova is installed, and what it reads."""

import re
from typing import Callable, Optional

from ..context import Context
from ..errors import CannotTell
from ..nova_conf.ini import Ini
from ..packages.packages import Packages
from ..state.paths import NOVA_CONF
from ..text import from_bytes

Ask = Callable[[str, str, str], Optional[str]]
"""A unit, a section and an option, to the value that the unit's service reads, "" where none is set; None where oslo.config cannot be
asked, as before Nova's packages are installed. Raises Refused, CannotTell."""

_COMMANDS = ("nova-compute", "nova-spicehtml5proxy", "nova-manage")
LARGEST_SCRIPT = 1 << 20  # bytes; a command of Nova's is a short script


class Nova:
    """The node's Nova.

    :param packages: knows its version
    """

    def __init__(self, context: Context, packages: Packages) -> None:
        self._context = context
        self._packages = packages
        self._python = ""
        self._ask: Optional[Ask] = None

    def answered_by(self, ask: Ask) -> None:
        """Who asks oslo.config."""
        self._ask = ask

    def version(self) -> str:
        """The installed Nova as 26.2.2, or nothing where none is installed. Raises CannotTell."""
        version = self._packages.version(self._context.platform.nova_package)
        return version.split(":", 1)[-1].split("-", 1)[0]

    def major(self) -> int:
        """Its release, 13 and later; 0 where none is installed. Raises CannotTell."""
        first = self.version().split(".")[0]
        return int(first) if first.isdigit() else 0

    def python(self) -> str:
        """The interpreter that Nova's own commands run on, which is the one that has oslo.config."""
        if not self._python:
            which = self._context.system.commands.which
            found = (self._interpreter_of(which(command)) for command in _COMMANDS)
            self._python = next((path for path in found if path), None) or which("python3") or "python3"
        return self._python

    def option(self, section: str, option: str, default: str) -> str:
        """The value that the console proxy reads, noVNC's for [vnc]; the default where none is set. Raises Refused where its files
        cannot be read, CannotTell."""
        platform = self._context.platform
        return self._value(platform.novnc_unit if section == "vnc" else platform.spice_unit, section, option, default)

    def compute_option(self, section: str, option: str, default: str) -> str:
        """The value that nova-compute reads; as :meth:`option`."""
        return self._value(self._context.platform.compute_unit, section, option, default)

    def _value(self, unit: str, section: str, option: str, default: str) -> str:
        value = self._ask(unit, section, option) if self._ask is not None else None
        if value is None:
            value = self._by_files(section, option)
        return value or default

    def _by_files(self, section: str, option: str, depth: int = 5) -> str:
        """Where oslo.config is not there yet: the last of the platform's files that has it wins, and a reference such as `$state_path` is
        followed."""
        value = ""
        for file in self._context.platform.config or (NOVA_CONF,):
            data = self._context.system.files.read_if_there(file)
            found = Ini(data).value(section, option) if data is not None else None
            value = value if found is None else from_bytes(found)
        if depth == 0:
            return value
        return re.sub(
            r"\$\$|\$(?:\{([a-z_]+)\}|([a-z_]+))",
            lambda match: self._by_files("DEFAULT", match.group(1) or match.group(2), depth - 1) if match.group(0) != "$$" else "$",
            value,
        )

    def _interpreter_of(self, script: Optional[str]) -> Optional[str]:
        if script is None:
            return None
        try:
            first, _, rest = self._context.system.files.read(script, LARGEST_SCRIPT).partition(b"\n")
        except (CannotTell, FileNotFoundError):
            return None
        words = from_bytes(first)[2:].split() if first.startswith(b"#!") else []
        # pip and setuptools write this where the interpreter's path is too long for the kernel, or has a blank in it.
        if rest.startswith(b"'''exec' "):
            words = from_bytes(rest.partition(b"\n")[0]).split()[1:]
        if words and words[0].rpartition("/")[2] == "env":
            words = words[1:]
        # A wrapper that is a shell's says nothing of the interpreter.
        if not words or not re.match(r"(platform-)?python[0-9.]*\Z", words[0].rpartition("/")[2]):
            return None
        return self._context.system.commands.which(words[0])
