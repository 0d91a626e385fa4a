"""Packages: only those that are missing, and never at the price of another one."""

import re
import time
from typing import TYPE_CHECKING, Dict, Iterable, Iterator, List, Pattern, Sequence, Tuple

from ..changes.kind import Kind, Planned
from ..context import Context
from ..errors import Failed, Refused
from ..state.entry import Entry
from ..state.journal import Journal
from ..state.ledger import Ledger
from ..text import ABSENT
from .apt import Apt
from .dnf import Dnf
from .tool import Installed, PackageTool, Step

if TYPE_CHECKING:
    from .asked import AsksNova, AsksUnits

WEB_CLIENT = "spice-html5"  # its package has this name wherever a platform has one
LAST_LINES = 20  # of a tool that failed

# What a restart would bring into force: the packages that Nova's proxies, and nova-compute, run on.
PROXY_RUNS_ON: Pattern[str] = re.compile(r"(nova-common|openstack-nova-common|python[0-9]*-nova|.*proxy)$")
COMPUTE_RUNS_ON: Pattern[str] = re.compile(
    r"(nova-common|(openstack-)?nova-compute.*|openstack-nova-common|python[0-9]*-(nova|libvirt.*)|qemu-.*|libvirt.*)$"
)


def package_tool(context: Context) -> PackageTool:
    """The tool of the context's platform."""
    return Apt(context) if context.platform.tool == "apt" else Dnf(context)


class Packages:
    """What is installed on the node, what is missing, and its installation.

    :param tool: see :func:`package_tool`
    """

    def __init__(self, context: Context, tool: PackageTool) -> None:
        self._context = context
        self._platform = context.platform
        self._reporter = context.reporter
        self._ledger = Ledger(context.system)
        self._known: Dict[str, Installed] = {}
        self._steps: Tuple[Step, ...] = ()
        self.tool = tool
        self.missing: List[str] = []  # names of packages that have to be installed
        self.pinned: List[str] = []  # the same as the tool is asked for them, with the version that fits the installed Nova

    @property
    def web_client(self) -> str:
        """The package of the web client."""
        return self._context.desired.web_client.package or WEB_CLIENT

    @property
    def proxy_packages(self) -> Tuple[str, ...]:
        """What a controller needs."""
        proxy = (self._platform.proxy_package,)
        return proxy if self._context.desired.web_client.archive else proxy + (self.web_client,)

    @property
    def compute_packages(self) -> Tuple[str, ...]:
        """What a compute needs."""
        qemu = () if self._platform.qemu_spice in ("built in", "none") else (self._platform.qemu_spice,)
        return qemu + ((self.web_client,) if "web-client-on-computes" in self._context.desired.recipe else ())

    def version(self, name: str) -> str:
        """The installed version, with the epoch where it has one, or nothing. Raises CannotTell."""
        return self.installed((name,))[name].version

    def installed(self, names: Iterable[str]) -> Dict[str, Installed]:
        """What the node has of each; what is not known yet is asked in one question. Raises CannotTell."""
        wanted = tuple(names)
        if not self._known.keys() >= set(wanted):
            # All that a run ever asks for, at the first time.
            usual = (self._platform.nova_package,) + self.proxy_packages + self.compute_packages
            asked = sorted(set(wanted + (() if self._known else usual)) - self._known.keys())
            self._known.update(self.tool.query(asked))
        return {name: self._known[name] for name in wanted}

    def forget(self) -> None:
        """Asks anew from here on: packages came or went."""
        self._known.clear()

    def report(self, names: Sequence[str]) -> None:
        """The versions of those that are installed. Raises CannotTell."""
        versions = {name: found.version for name, found in self.installed(names).items() if found.version}
        if versions:
            self._reporter.line("packages", versions)

    def find_missing(self, names: Sequence[str], nova: "AsksNova") -> None:
        """Fills :attr:`missing` and :attr:`pinned`. Raises CannotTell."""
        self.missing = []
        self.pinned = []
        for name, found in self.installed(names).items():
            if found.version or (name == self.web_client and self._context.role == "controller" and self._web_client_is_there(nova)):
                continue
            self.missing.append(name)
            # A proxy of another build would take the whole of Nova along with it.
            is_proxy = name == self._platform.proxy_package
            self.pinned.append(
                self.tool.pin(name, self.installed((self._platform.nova_package,))[self._platform.nova_package]) if is_proxy else name
            )

    def check(self) -> None:
        """Simulates the installation. Refuses where a package cannot be had, or where another one would be upgraded, downgraded or
        removed. Only `converge` may refresh the tool's lists, and only where they lack the package. Raises Refused."""
        if not self.missing:
            return
        wanted = " ".join(self.pinned)
        simulation = self.tool.simulate(self.pinned, self.missing)
        if not simulation.done and not simulation.locked and self._context.verb == "converge":
            self._reporter.say("%s does not know %s; refreshing its lists" % (self.tool.name, wanted))
            self._reporter.quote(self.tool.refresh())
            simulation = self.tool.simulate(self.pinned, self.missing)
        if not simulation.done:
            raise self._cannot_be_had(self.tool.reason(simulation.output))
        self._steps = self.tool.simulated(simulation.output)
        harm = " ".join("%s %s" % (step.name, step.detail) for step in self._steps if step.is_harm)
        if harm:
            raise Refused("packages-harm", packages=wanted, harm=harm)

    def plan(self, kind: Kind) -> Iterator[Planned]:
        """What will be installed, in the versions of the simulation.

        :param kind: `package`
        """
        for name in self.missing:
            version = self._version_to_come(name)
            entry = Entry(kind.name, name, "-", ABSENT, version or "missing")
            yield Planned(entry, "(not installed)", version or "installed")

    def install(self, journal: Journal, units: "AsksUnits", mask_kind: Kind, unit_kind: Kind) -> None:
        """Installs what is missing. The units that come along are masked for the time being, so that no proxy starts on an unfinished
        nova.conf; those that nobody asked for end up disabled. Raises Failed, CannotTell.

        :param units: learns which of them were not there before
        """
        if not self.missing:
            return
        self.tool.withdraw_repositories()  # its file is in its place by now
        new_units = self._new_units(units)
        for unit in new_units:
            units.before[unit] = "absent inactive"
            mask_kind.apply(mask_kind.planned(unit, "-", ABSENT, "masked"), journal)
        for name in self.missing:
            self._ledger.note("package " + name, self._version_to_come(name) or "missing", 0)
        wanted = " ".join(self.pinned)
        self._reporter.say("installing " + wanted)
        result = self.tool.install(self.pinned)
        self.forget()
        units.forget()
        if not result.ok:
            self._reporter.quote(b"\n".join(result.out.splitlines()[-LAST_LINES:]))
            raise Failed("packages-not-installed", tool=self.tool.name, packages=wanted)
        for unit in new_units:
            mask_kind.transition(Entry(mask_kind.name, unit, "-", "masked", ABSENT), journal)
        for unit in new_units:
            if unit != self._platform.spice_unit:
                self._switch_off(unit, unit_kind, journal)
        self.missing = []

    def packages_since(self, unit: str, seconds: int) -> List[str]:
        """Packages that a unit runs on, and that somebody else's installation unpacked after that time, a line each. Raises CannotTell.

        :param seconds: since 1970
        """
        wanted = COMPUTE_RUNS_ON if unit == self._platform.compute_unit else PROXY_RUNS_ON
        lines: List[str] = []
        for found in sorted(self.tool.unpacked_since(seconds, wanted)):
            note = self._ledger.noted("package " + found.name)
            if note is None or note.content != found.version:
                lines.append("package %s %s (%s)" % (found.name, found.version, moment(found.seconds)))
        return lines

    def _new_units(self, units: "AsksUnits") -> Tuple[str, ...]:
        """Those that come with the packages."""
        if self._context.role != "controller":
            return ()
        known = (self._platform.spice_unit,) + self._platform.other_units
        return tuple(unit for unit in known if units.state(unit).startswith("absent "))

    def _switch_off(self, unit: str, unit_kind: Kind, journal: Journal) -> None:
        """A unit that came with a package, and that nobody asked for."""
        entry = Entry(unit_kind.name, unit, "-", "absent inactive", "disabled inactive")
        journal.write(entry)
        unit_kind.set(entry, journal)
        self._reporter.changed("service/" + unit, "(not installed)", "disabled, inactive")

    def _version_to_come(self, name: str) -> str:
        return next((step.detail for step in self._steps if step.name == name and not step.is_harm), "")

    def _web_client_is_there(self, nova: "AsksNova") -> bool:
        """Whether it was brought by hand, where no package of the platform has it."""
        desired = self._context.desired
        if self._platform.web_client_from != "nobody" or desired.web_client.package:
            return False
        folder = desired.options.get("DEFAULT/web") or nova.option("DEFAULT", "web", "/usr/share/spice-html5")
        return self._context.system.files.exists(folder + "/spice_auto.html")

    def _cannot_be_had(self, reason: str) -> Refused:
        """What refuses the run, with what the tool said."""
        if " lock" in reason:
            return Refused("package-tool-at-work", tool=self.tool.name, reason=reason)
        client = self.web_client
        if self._platform.web_client_from == "nobody" and re.search(r"(No package|find a match).* %s( |$)" % re.escape(client), reason):
            return Refused("web-client-nowhere", platform=self._platform.name, reason=reason, client=client)
        nova = upstream_version(self.version(self._platform.nova_package))
        return Refused("packages-cannot-be-had", packages=" ".join(self.pinned), reason=reason, nova=nova)


def upstream_version(version: str) -> str:
    """A package's version without its epoch and its build: `26.2.2` of `2:26.2.2-1~deb12u5`."""
    return version.rpartition(":")[2].partition("-")[0]


def moment(seconds: int) -> str:
    """A time since 1970, as people read it."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
