"""Stand-ins for what services are asked of: systemd, and /proc."""

import os
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from fakes import FakeNode, failed, make_node
from openstack_spice.context import Context
from openstack_spice.nova.nova import Nova
from openstack_spice.packages.packages import Packages
from openstack_spice.services.probes import Probes
from openstack_spice.services.program import ServiceProgram
from openstack_spice.services.units import Units
from openstack_spice.system import Proc
from openstack_spice.system.commands import Result

USUAL = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "SubState": "running",
    "UnitFileState": "enabled",
    "NeedDaemonReload": "no",
    "MainPID": "100",
    "ExecMainStartTimestamp": "Fri 2026-11-27 14:00:00 UTC",
    "ExecMainStartTimestampMonotonic": "5000000",
    "NRestarts": "0",
    "Type": "simple",
    "User": "nova",
    "TimeoutStartUSec": "1min 30s",
    "TimeoutStopUSec": "1min 30s",
    "FragmentPath": "",
    "Environment": "",
}
ABSENT = {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead", "UnitFileState": "", "MainPID": "0"}

Change = Mapping[str, str]


class FakeSystemd:
    """Units, which change as the clock goes on.

    :ivar then: what becomes of a unit when a verb is asked for, as (seconds later, properties)
    """

    def __init__(self, node: FakeNode, units: Mapping[str, Change]) -> None:
        self.units: Dict[str, Dict[str, str]] = {name: dict(USUAL, **properties) for name, properties in units.items()}
        self.then: Dict[Tuple[str, str], Sequence[Tuple[float, Change]]] = {}
        self.asked: List[str] = []
        self.refuses: Tuple[str, ...] = ()
        self.enablement: Dict[str, str] = {}
        self.system = "running"
        self._clock = node.clock
        self._coming: List[Tuple[float, str, Change]] = []
        node.commands.answer("systemctl", self._answer)
        node.commands.answer("journalctl", "its last line\n")

    def _answer(self, words: Sequence[str], _stdin: bytes) -> Any:
        verb, arguments = words[1], [word for word in words[2:] if not word.startswith("-")]
        self._settle()
        if verb == "show":
            return "\n".join(self._shown(name[: -len(".service")]) for name in words[words.index("--") + 1 :])
        if verb == "is-system-running":
            return failed(1, out=self.system + "\n") if self.system != "running" else self.system + "\n"
        if verb == "is-enabled":
            word = self.enablement.get(arguments[0], "")
            return Result(0 if word == "enabled" else 1, (word + "\n").encode(), b"")
        self.asked.append(" ".join([verb] + arguments))
        if verb in self.refuses:
            return failed(1, "no")
        for seconds, change in self.then.get((verb, (arguments or [""])[0]), ()):
            self._coming.append((self._clock.time + seconds, arguments[0], change))
        self._settle()
        return ""

    def _settle(self) -> None:
        for at, unit, change in sorted(self._coming, key=lambda coming: coming[0]):
            if at <= self._clock.time:
                self.units[unit].update(change)
        self._coming = [coming for coming in self._coming if coming[0] > self._clock.time]

    def _shown(self, name: str) -> str:
        properties = dict(self.units.get(name, dict(USUAL, **ABSENT)), Id=name + ".service")
        return "".join("%s=%s\n" % pair for pair in sorted(properties.items()))


class FakeProc(Proc):
    """A /proc in a folder."""

    def __init__(self, root: Any) -> None:
        self.root = str(root)
        super().__init__(self.root)
        os.makedirs(self.root + "/net")
        self._tables: Dict[str, List[str]] = {"tcp": [], "tcp6": []}
        self._write_tables()
        self.process(1, "/init.scope", words=["/sbin/init"])

    def process(
        self,
        pid: int,
        cgroup: str,
        uid: int = 0,
        words: Sequence[str] = ("x",),
        environment: Sequence[str] = (),
        open_files: Sequence[str] = (),
        program: Optional[str] = None,
        lines: Optional[Sequence[str]] = None,
        effective: Optional[int] = None,
    ) -> None:
        """A process; `lines` are its whole cgroup file, `effective` the user whose rights it has."""
        folder = "%s/%d" % (self.root, pid)
        os.makedirs(folder + "/fd")
        self._put(folder + "/status", "Name:\tx\nUid:\t%d\t%d\t%d\t%d\n" % ((uid,) + (uid if effective is None else effective,) * 3))
        self._put(folder + "/cmdline", "".join(word + "\0" for word in words))
        self._put(folder + "/environ", "".join(word + "\0" for word in environment))
        self._put(folder + "/comm", "x\n")
        self._put(folder + "/cgroup", "\n".join(lines or ["0::" + cgroup]) + "\n")
        if program is not None:
            os.symlink(program, folder + "/exe")
        for number, target in enumerate(open_files):
            os.symlink(target, "%s/fd/%d" % (folder, number))

    def socket(self, local: str, remote: str, state: str, inode: int) -> None:
        """A line of /proc/net/tcp, or tcp6, by its addresses as the kernel writes them."""
        name = "tcp" if len(local.split(":")[0]) == 8 else "tcp6"
        self._tables[name].append(
            "   0: %s %s %s 00000000:00000000 00:00000000 00000000     0        0 %d 1" % (local, remote, state, inode)
        )
        self._write_tables()

    def _write_tables(self) -> None:
        for name, lines in self._tables.items():
            self._put("%s/net/%s" % (self.root, name), "\n".join(["  sl  local_address ..."] + lines) + "\n")

    def _put(self, path: str, text: str) -> None:
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)


class Services:
    """A node with systemd and /proc, and what asks them."""

    def __init__(self, tmp_path: Any, units: Mapping[str, Change], **parts: Any) -> None:
        self.node = make_node(tmp_path / "root", **parts)
        self.systemd = FakeSystemd(self.node, units)
        self.proc = FakeProc(tmp_path / "proc")
        context = self.node.context
        self.context: Context = context._replace(system=context.system._replace(proc=self.proc))
        self.units = Units(self.context)
        self.program = ServiceProgram(self.context, self.units)

    def probes(self, version: str = "26.2.2") -> Probes:
        """The probes of a node with that Nova."""

        class Installed(Packages):
            def __init__(self) -> None:
                """Asks no tool."""
                self.missing = []

            def version(self, name: str) -> str:
                return version

        self.nova = Nova(self.context, Installed())
        return Probes(self.context, self.units, self.program, self.nova)

    @property
    def said(self) -> List[str]:
        return self.node.reporter.said
