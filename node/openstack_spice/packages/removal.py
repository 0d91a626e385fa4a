"""Packages at revert. They stay, unless the stack said `packages-on-destroy = remove`; then those that it installed go, and
nothing else: not what was there before, not what came as their dependencies, no configuration files."""

from typing import TYPE_CHECKING, List, Sequence

from ..context import Context
from ..errors import CannotTell, Failed
from .packages import LAST_LINES, Packages

if TYPE_CHECKING:
    from .asked import AsksGuests, AsksUnits


def remove_packages(context: Context, packages: Packages, units: "AsksUnits", guests: "AsksGuests") -> None:
    """Removes what of them is still there, also where an earlier revert was cut off. What is in use stays, and is reported.

    By now all of ours is as it was before. Raises Failed, CannotTell.
    """
    if context.record.packages_on_destroy == "remove":
        _Removal(context, packages, units, guests).run()


class _Removal:
    def __init__(self, context: Context, packages: Packages, units: "AsksUnits", guests: "AsksGuests") -> None:
        self._context = context
        self._platform = context.platform
        self._reporter = context.reporter
        self._packages = packages
        self._tool = packages.tool
        self._units = units
        self._guests = guests

    def run(self) -> None:
        names = [entry.where for entry in self._context.record.of_kind("package")]
        candidates: List[str] = []
        for name, found in self._packages.installed(names).items():
            reason = self.use(name) if found.is_there else ""
            if reason:
                self._keep(name, reason)
            elif found.is_there:
                candidates.append(name)
        removable = self.find_removable(candidates)
        if not removable:
            return
        wanted = " ".join(removable)
        self._reporter.say("removing " + wanted)
        result = self._tool.remove(removable)
        self._packages.forget()
        self._units.forget()
        if not result.ok:
            self._reporter.quote(b"\n".join(result.out.splitlines()[-LAST_LINES:]))
            raise Failed("packages-not-removed", tool=self._tool.name, packages=wanted)
        for name in removable:
            self._reporter.changed("package/" + name, "installed", "(not installed)")

    def use(self, name: str) -> str:
        """Who uses a package now, or nothing."""
        platform = self._platform
        for unit in (platform.spice_unit, platform.novnc_unit) + platform.other_units:
            state = self._units.state(unit)
            if not (state.startswith("enabled") or state.endswith(" active")):
                continue
            # The proxy reads the pages of the web client, whoever brought them.
            reads_it = name != platform.proxy_package and self._context.role == "controller" and unit == platform.spice_unit
            if reads_it or name == self._package_of(unit):
                return "%s is %s" % (unit, state.replace(" ", ", ", 1))
        if name == platform.qemu_spice:
            try:
                guests = " ".join(self._guests.guests_with_spice())
            except CannotTell:
                guests = "(libvirt does not report)"
            return "guests have SPICE: " + guests if guests else ""
        return ""

    def find_removable(self, names: Sequence[str]) -> List[str]:
        """Those that can go, and nothing else with them."""
        removable = list(names)
        while removable and self._removed_with(removable):
            going: List[str] = []
            staying: List[str] = []
            for name in removable:
                others = [other for other in self._removed_with([name]) if other not in removable]
                if others:
                    self._keep(name, "needed by " + " ".join(others))
                    staying.append(name)
                else:
                    going.append(name)
            if not staying:
                for name in removable:
                    self._keep(name, "%s cannot remove it alone" % self._tool.name)
                return []
            removable = going
        return removable

    def _removed_with(self, names: Sequence[str]) -> List[str]:
        """What else would be touched by their removal, or why it cannot be."""
        simulation = self._tool.simulate_removal(names)
        if not simulation.done:
            return [self._tool.reason(simulation.output)]
        return [step.name for step in self._tool.simulated(simulation.output) if step.name not in names]

    def _package_of(self, unit: str) -> str:
        """The package that a unit's file came with, or nothing."""
        file = self._units.show(unit, "FragmentPath")
        return (self._tool.owner(file) or "") if file else ""

    def _keep(self, name: str, reason: str) -> None:
        self._reporter.kept.append("package/" + name)
        self._reporter.say("package %s stays: %s" % (name, reason))
