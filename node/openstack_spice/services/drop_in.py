"""The SPICE proxy's unit: what it needs beside its package's own.

Debian's two init scripts read one NOVA_CONSOLE_PROXY_TYPE, and the proxy that it does not name exits 0 at once. INIT_TEMPLATE is the
script's own way around that test (nova-consoleproxy 26.2.2, debian/*.init.in).
"""

from typing import Iterator, List

from ..changes.kind import Planned
from ..changes.shell import ShellKind
from ..changes.whole_files import FileKind
from ..context import Context
from ..nova_conf.ini import shell_assignment
from ..state.entry import Entry
from ..text import from_bytes, is_absent, present
from .units import Units

PROXY_TYPE = "NOVA_CONSOLE_PROXY_TYPE"
BESIDE = b"Environment=INIT_TEMPLATE=1"


class DropIn:
    """Plans the drop-in of the SPICE proxy's unit, and the package's own choice of a proxy.

    :param folder: of the web client, where that is not the platform's; else nothing
    """

    def __init__(self, context: Context, units: Units, file_kind: FileKind, shell_kind: ShellKind, folder: str) -> None:
        self._context = context
        self._units = units
        self._file_kind = file_kind
        self._shell_kind = shell_kind
        self._folder = folder

    @property
    def path(self) -> str:
        """Where it lies."""
        return "/etc/systemd/system/%s.service.d/openstack-spice.conf" % self._context.platform.spice_unit

    def plan_drop_in(self) -> Iterator[Planned]:
        """Needed where the init script would not start the SPICE proxy, or the web client lies in a folder of its own. Raises
        CannotTell."""
        beside = self._is_needed_beside()
        if not beside and not self._folder:
            yield from self._plan_undeclared()
        elif not self._units.is_absent(self._context.platform.spice_unit):  # its command line is known once it is installed
            yield from self._file_kind.plan(self.path, present(self._text(beside)))

    def plan_proxy_type(self) -> Iterator[Planned]:
        """Once noVNC is retired the package's own setting says so too, or a reinstallation would bring it back. Raises CannotTell."""
        file = self._context.platform.proxy_type_file
        line = self._assignment()
        if not line or value_of(line) == "spicehtml5":
            return
        written = ("%s=spicehtml5\n" % PROXY_TYPE).encode("ascii")
        entry = Entry(self._shell_kind.name, file, PROXY_TYPE, present(line + b"\n"), present(written))
        yield Planned(entry, value_of(line), "spicehtml5")

    def _assignment(self) -> bytes:
        file = self._context.platform.proxy_type_file
        data = self._context.system.files.read_if_there(file) if file else None
        return (shell_assignment(data, PROXY_TYPE) if data is not None else None) or b""

    def _is_needed_beside(self) -> bool:
        file = self._context.platform.proxy_type_file
        if not file or not self._context.system.files.exists(file):
            return False
        there = self._context.system.files.read_if_there(self.path) or b""
        # Ours stays where noVNC was retired since.
        return value_of(self._assignment()) != "spicehtml5" or BESIDE in there.split(b"\n")

    def _plan_undeclared(self) -> Iterator[Planned]:
        """An earlier document needed it."""
        recorded = self._context.record.find(self._file_kind.name, self.path, "-")
        now = self._file_kind.read(self.path, "-")
        if recorded is None or recorded.written != now or recorded.former == now:
            return
        planned = self._file_kind.planned(self.path, "-", now, recorded.former)
        yield planned._replace(old="written", new="(none)" if is_absent(recorded.former) else "as before")

    def _text(self, beside: bool) -> bytes:
        lines = ["# Written by openstack-spice, removed when the role is reverted."]
        if beside:
            lines.append("# Lets the SPICE proxy start beside the one that NOVA_CONSOLE_PROXY_TYPE names.")
        lines.append("[Service]")
        if beside:
            lines.append(BESIDE.decode("ascii"))
        if self._folder:
            lines += self._web_lines()
        return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")

    def _web_lines(self) -> List[str]:
        """An init script takes no argument; its Nova is new enough for oslo.config's variables, which CentOS 7's is not."""
        if self._context.platform.tool == "apt":
            return ["Environment=OS_DEFAULT__WEB=" + self._folder]
        command = " ".join(self._units.command(self._context.platform.spice_unit))
        # Ours of an earlier run is at its end.
        if self._context.system.files.exists(self.path) and " --web " in command:
            command = command[: command.rindex(" --web ")]
        return ["ExecStart=", "ExecStart=%s --web %s" % (command, self._folder)]


def value_of(line: bytes) -> str:
    """What an assignment of a shell file assigns."""
    return from_bytes(line.partition(b"=")[2])
