"""What other tools leave on a node, read so that they cannot be mistaken for absent."""

import fnmatch
import re
from typing import List, Optional, Pattern, Sequence, Tuple

from ..context import Context
from ..errors import CannotTell, Refused
from ..services.units import Units
from ..state.paths import NOVA_CONF
from ..text import last_line

CRON = ("/etc/crontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/var/spool/cron")
MOST_ENTRIES = 100000  # of a tool's folder that are looked through
LARGEST_FILE = 4 * 1024 * 1024  # bytes of each of its files
BINARY = 32768  # bytes within which a file that is no text has a NUL
_NOVA_SERVICE = re.compile(rb"/nova-(compute|novncproxy|spicehtml5proxy|conductor)\Z")


class Signs:
    """Reads what tools left on the node.

    Root made it: a link that somebody else made is no sign. What is there and cannot be read raises CannotTell.

    :param patterns: of all units that will be asked for, such as `puppet*.timer`
    """

    def __init__(self, context: Context, units: Units, patterns: Sequence[str]) -> None:
        self._context = context
        self._files = context.system.files
        self._units = units
        self._patterns = list(patterns)
        self._on: Optional[List[str]] = None

    def switched_on(self, *patterns: str) -> Optional[str]:
        """The first unit of these that runs, or that will at boot. Raises CannotTell."""
        if self._on is None:
            self._on = self._active() + self._enabled()
        return next((unit for unit in self._on if any(fnmatch.fnmatchcase(unit, pattern) for pattern in patterns)), None)

    def by_cron(self, expression: str) -> bool:
        """Whether a line of cron's that is no comment runs it. Raises CannotTell."""
        line = re.compile(rb"^[^#\n]*(%s)" % expression.encode("ascii"), re.MULTILINE)
        return any(line.search(found.data) is not None for path in CRON for found in self._files.walk(path, MOST_ENTRIES, LARGEST_FILE))

    def text(self, path: str) -> bytes:
        """A file's bytes; none where it is not there. Raises CannotTell."""
        try:
            return self._files.read_if_there(path) or b""
        except (Refused, NotADirectoryError):
            return b""
        except OSError as error:
            raise CannotTell(path, error.strerror or str(error))

    def is_file(self, path: str) -> bool:
        """Whether a regular file is there. Raises CannotTell."""
        try:
            return self._files.is_file(path)
        except Refused:
            return False

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there. Raises CannotTell."""
        try:
            return self._files.is_folder(path)
        except Refused:
            return False

    def names(self, folder: str, pattern: str) -> List[str]:
        """The names in a folder that are like the pattern. Raises CannotTell."""
        if not self.is_folder(folder):
            return []
        return [name for name in self._files.names_if_there(folder) if fnmatch.fnmatchcase(name, pattern)]

    def has_line(self, path: str, line: Pattern[bytes]) -> bool:
        """Whether a line of the file is like the expression, wholly. Raises CannotTell."""
        return any(line.fullmatch(text) is not None for text in self.text(path).split(b"\n"))

    def first_that_names_nova_conf(self, folder: str) -> Optional[str]:
        """The first text file below a folder that has nova.conf's path in it. Raises CannotTell."""
        if not self.is_folder(folder):
            return None
        wanted = NOVA_CONF.encode("ascii")
        for found in self._files.walk(folder, MOST_ENTRIES, LARGEST_FILE):
            if wanted in found.data and b"\0" not in found.data[:BINARY]:
                return found.path
        return None

    def conf_head(self) -> bytes:
        """The comments that nova.conf begins with. Raises CannotTell."""
        head: List[bytes] = []
        for line in (self._files.read_if_there(NOVA_CONF) or b"").split(b"\n"):
            if line.strip() and line[:1] not in (b"#", b";"):
                break
            head.append(line)
        return b"\n".join(head)

    def nova_in_container(self) -> Optional[str]:
        """The first of Nova's services that runs with another root than ours; in a container its user id is none of this node's."""
        ours = self._files.identity("/")
        for pid in self._context.system.proc.pids():
            if not any(_NOVA_SERVICE.search(word) for word in self._context.system.proc.words(pid)):
                continue
            root = self._files.identity("/proc/%d/root" % pid)
            if root is not None and root != ours:
                return "process %d runs in a container" % pid
        return None

    def _active(self) -> List[str]:
        rows = self._rows("list-units", "--all", "--no-legend", "--plain", "--full")
        return [row[0] for row in rows if len(row) > 2 and row[2] in ("active", "activating")]

    def _enabled(self) -> List[str]:
        rows = self._rows("list-unit-files", "--no-legend", "--full")
        return [row[0] for row in rows if len(row) > 1 and row[1].startswith("enabled")]

    def _rows(self, *arguments: str) -> List[Tuple[str, ...]]:
        """One process for the units of all tools. With no unit to list, some versions of systemd say nothing and exit with 1."""
        result = self._units.systemctl(*(arguments + tuple(self._patterns)))
        if not result.ok and (result.status != 1 or result.err.strip() or result.out.strip()):
            reason = "no answer in time" if result.timed_out else last_line(result.err) or "status %d" % result.status
            raise CannotTell("'systemctl %s'" % arguments[0], reason)
        lines = result.out.decode("utf-8", "replace").splitlines()
        return [tuple(word for word in line.split() if word != "\u25cf") for line in lines]
