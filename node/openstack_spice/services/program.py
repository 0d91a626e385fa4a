"""The program that a unit runs: its command line, its variables, its user."""

import pwd
import re
from typing import Dict, List, Optional, Sequence, Tuple

from ..context import Context
from ..errors import Refused
from ..state.paths import NOVA_CONF
from ..text import from_bytes
from .config_words import config_arguments, config_paths
from .units import Units

_VARIABLE = re.compile(r"(OS_[A-Z0-9_]*|HOME)=(.*)\Z", re.DOTALL)
INIT_SCRIPTS = "/etc/init.d/"


class ServiceProgram:
    """What a unit's service is started with. What it says of itself is the word of the service's user: it names files that are read as
    that user, and nothing else."""

    def __init__(self, context: Context, units: Units) -> None:
        self._context = context
        self._units = units
        self._commands: Dict[Tuple[str, Tuple[str, str]], List[str]] = {}

    def name(self, unit: str) -> str:
        """By whose name its service looks for a configuration file of its own."""
        if unit == self._context.platform.spice_unit:
            return "nova-spicehtml5proxy"
        return unit[len("openstack-") :] if unit.startswith("openstack-") else unit

    def command(self, unit: str) -> List[str]:
        """The words of its command line: as it runs, or as it would be started. Raises CannotTell."""
        key = unit, self._units.main_process(unit)
        if key not in self._commands:
            self._commands[key] = self._running(unit) or self._of_unit_file(unit)
        return self._commands[key]

    def arguments(self, unit: str) -> List[str]:
        """Its configuration arguments: `--config-file=X`, or two words. Raises CannotTell."""
        return config_arguments(self.command(unit))

    def config_paths(self, unit: str) -> List[str]:
        """The files and folders that its arguments name. Raises CannotTell."""
        return config_paths(self.command(unit))

    def environment(self, unit: str) -> Dict[str, str]:
        """Its variables that oslo.config reads, OS_*, and HOME, below which it looks for files: as it runs, or as its unit says. They can
        be secrets, so they are on no command line. Raises CannotTell."""
        pid = self._units.main_pid(unit)
        running = self._context.system.proc.environment(pid) if pid else []
        variables = [from_bytes(variable) for variable in running] if running else self._units.variables(unit)
        found = (_VARIABLE.match(variable) for variable in variables)
        return {match.group(1): match.group(2) for match in found if match}

    def user(self, unit: str) -> str:
        """As whom it runs: the unit's User=, nova where the unit is not there yet or is masked, and so names nobody, else root, and then
        only where all that it reads is root's. Raises Refused, CannotTell."""
        named = self._units.show(unit, "User")
        has_no_unit = self._units.state(unit).startswith(("absent ", "masked"))
        if not named and has_no_unit and _name_of("nova") is not None:
            return "nova"  # as every platform's package will have it
        name = _name_of(named) if named else self._running_user(unit)
        if name is None:
            raise Refused("unit-user-unknown", unit=unit, user=named)
        if name == "root":
            self._demand_roots(unit)
        return name

    def files(self, unit: str) -> List[str]:
        """The configuration files and folders that it may read, there or not, folders with the files in them. Raises CannotTell."""
        name = self.name(unit)
        paths = [NOVA_CONF] + list(self._context.platform.config) + self.config_paths(unit)
        for folder in ("/etc/nova", "/usr/share/nova", "/etc"):
            paths += ["%s/%s" % (folder, file) for file in ("nova.conf", name + ".conf", "nova.conf.d", name + ".conf.d")]
        home = self.environment(unit).get("HOME", "")
        if home.startswith("/"):
            paths += ["%s/%s" % (folder, file) for folder in (home, home + "/.nova") for file in ("nova.conf", name + ".conf")]
        files: List[str] = []
        for path in paths:
            names = self._context.system.files.names_if_there(path) if path.endswith(".d") or self._is_folder(path) else []
            files += [path] + [path + "/" + inner for inner in names if inner.endswith(".conf")]
        return list(dict.fromkeys(files))

    def _is_folder(self, path: str) -> bool:
        state = self._context.system.files.state(path)
        return state is not None and (state.st_mode & 0o170000) == 0o040000

    def _running(self, unit: str) -> List[str]:
        pid = self._units.main_pid(unit)
        return [from_bytes(word) for word in self._context.system.proc.words(pid)] if pid else []

    def _of_unit_file(self, unit: str) -> List[str]:
        words = self._units.command(unit)
        if not words or not words[0].startswith(INIT_SCRIPTS):
            return words
        # Debian's init scripts put the arguments together, and print them; as root they would make folders.
        named = self._units.show(unit, "User")
        user = (_name_of(named) if named else None) or "nova"
        result = self._context.system.commands.run(
            [words[0], "show-args"], seconds=10, environment={"INIT_TEMPLATE": "1"}, user=user if user != "root" else "nova"
        )
        return from_bytes(result.out).split()

    def _running_user(self, unit: str) -> Optional[str]:
        pid = self._units.main_pid(unit)
        uid = self._context.system.proc.uid(pid) if pid else None
        return "root" if uid is None else _name_of(str(uid))

    def _demand_roots(self, unit: str) -> None:
        for path in dict.fromkeys(part for file in self.files(unit) for part in _with_folders(file)):
            state = self._context.system.files.state(path)
            if state is not None and (state.st_uid != 0 or state.st_mode & 0o002 or (state.st_mode & 0o020 and state.st_gid != 0)):
                raise Refused("probe-as-root", unit=unit, path=path)


def _name_of(user: str) -> Optional[str]:
    """The name of a user that is given by name or number."""
    try:
        return (pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)).pw_name
    except KeyError:
        return None


def _with_folders(path: str) -> Sequence[str]:
    parts = path.split("/")[1:]
    return ["/" + "/".join(parts[:i]) for i in range(1, len(parts) + 1)]
