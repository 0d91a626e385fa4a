"""A compute: a node that runs guests, and hands out the URLs of their consoles."""

from typing import List, Sequence

from ..changes.kind import Planned
from ..changes.options import plan_options
from ..errors import Refused
from ..parts import Parts
from ..state.journal import Journal
from .controller import restart_after_undo
from .role import Role


class Compute(Role):
    """The role `compute`."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._unit = parts.context.platform.compute_unit

    def check(self) -> None:
        parts = self._parts
        parts.units.preload((self._unit,))
        parts.packages.find_missing(parts.packages.compute_packages, parts.nova)
        if parts.units.is_absent(self._unit):
            raise Refused("no-compute-unit", unit=self._unit)
        parts.repository.check()
        parts.packages.check()
        parts.hypervisor.check_hypervisor()
        parts.hypervisor.check_secure_channels()
        parts.hypervisor.check_console_loss()
        parts.console_ports.check(parts.hypervisor)

    def plan(self, in_transaction: bool) -> List[Planned]:
        parts = self._parts
        plan: List[Planned] = []
        plan += parts.repository.plan()
        plan += parts.packages.plan(parts.kinds["package"])
        plan += plan_options(self._context, parts.option_kind, parts.section_kind)
        plan += parts.obsolete_options.plan()
        # A node that is as it should be is no matter of its queue's.
        if not in_transaction and (plan or not self._context.record.entries):
            parts.queue.check_queue(self._unit)
        plan += parts.console_ports.plan()
        return plan

    def units_to_restart(self, journal: Journal) -> Sequence[str]:
        return (self._unit,) if journal.has("option", "obsolete-option") else ()

    def verify(self) -> None:
        parts = self._parts
        if not parts.units.is_active(self._unit):
            parts.units.failed(self._unit, "is not running")
        parts.queue.wait_for_queue(self._unit)
        parts.effective.verify_effective_options(self._unit)
        parts.units.settle(self._unit)

    def report(self) -> None:
        parts, reporter = self._parts, self._context.reporter
        parts.packages.report(parts.packages.compute_packages)
        for guest in parts.hypervisor.running_guests("without", "spice"):
            reporter.line("guest-without-spice", guest)
        if parts.firewall.is_managed:
            reporter.line("firewall", parts.firewall.text())
        parts.console_ports.report_who_gets_in()

    def before_revert(self) -> None:
        for guest in self._parts.hypervisor.running_guests("without", "vnc"):
            self._context.reporter.warn("no-console-after-revert", guest=guest)

    def after_undo(self) -> None:
        restart_after_undo(self._parts, self._unit)

    def before_ports_open(self) -> None:
        self._parts.console_ports.report_open_consoles(self._parts.hypervisor)
