"""A controller: a node that runs the SPICE console proxy."""

from typing import List, Sequence

from ..changes.kind import Planned
from ..changes.options import plan_options
from ..checks.port import check_port
from ..checks.web import check_web_folder, check_web_of_novnc, check_web_server, report_console_database
from ..parts import Parts
from ..services.novnc import restart_novnc_without_tls, web_server_unit
from ..state.journal import Journal
from .role import Role


class Controller(Role):
    """The role `controller`."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._desired = parts.context.desired
        self._unit = parts.context.platform.spice_unit
        self._novnc = parts.context.platform.novnc_unit

    @property
    def _port(self) -> int:
        return int(self._desired.declared("spice/html5proxy_port", "6082"))

    def check(self) -> None:
        parts, context = self._parts, self._context
        parts.units.preload((self._unit, self._novnc) + context.platform.other_units)
        parts.packages.find_missing(parts.packages.proxy_packages, parts.nova)
        check_port(context, self._desired.declared("spice/html5proxy_host", "0.0.0.0"), self._port)
        parts.certificate.check()
        check_web_server(context, parts.units, web_server_unit(context))
        parts.repository.check()
        parts.packages.check()
        parts.web_client.check()
        check_web_of_novnc(context, parts.units, parts.program)
        check_web_folder(context, parts.nova, parts.program)
        report_console_database(context, parts.nova)

    def plan(self, in_transaction: bool) -> List[Planned]:
        parts = self._parts
        plan: List[Planned] = []
        plan += parts.repository.plan()
        plan += parts.packages.plan(parts.kinds["package"])
        plan += parts.certificate.plan()
        plan += parts.web_client.plan(parts.kinds["web-client"])
        plan += plan_options(self._context, parts.option_kind, parts.section_kind)
        plan += parts.obsolete_options.plan()
        plan += parts.drop_in.plan_drop_in()
        plan += parts.unit_kind.plan_unit(self._unit, "enabled active")
        plan += parts.proxy_port.plan(self._port, in_transaction)
        return plan

    def units_to_restart(self, journal: Journal) -> Sequence[str]:
        units: List[str] = []
        if "restart-iptables" in self._desired.recipe and journal.has("iptables-file"):
            units.append("iptables")
        if journal.has("option", "file", "pem"):
            if "restart-httpd" in self._desired.recipe:
                units.append(web_server_unit(self._context))
            units.append(self._unit)
        return units

    def after_files(self, journal: Journal) -> None:
        restart_novnc_without_tls(self._context, self._parts.units, lambda unit: self._parts.units.restart(unit, journal))

    def verify(self) -> None:
        parts = self._parts
        port = int(parts.nova.option("spice", "html5proxy_port", "6082"))
        parts.processes.wait_for_listener(self._unit, port)
        parts.effective.verify_effective_options(self._unit)
        parts.page.verify_page()
        parts.units.settle(self._unit)

    def before_commit(self, journal: Journal) -> None:
        self._parts.web_client.retire(journal, self._parts.kinds["web-client"])

    def report(self) -> None:
        self._parts.packages.report(self._parts.packages.proxy_packages)
        self._context.reporter.line("firewall", self._parts.firewall.text())
        self._parts.proxy_port.report_who_gets_in(self._port)

    def after_undo(self) -> None:
        units, reporter = self._parts.units, self._context.reporter

        def again(unit: str) -> None:
            units.bring_up("restart", unit)
            reporter.restarted(unit)

        restart_novnc_without_tls(self._context, units, again)
        restart_after_undo(self._parts, self._unit)


def restart_after_undo(parts: Parts, unit: str) -> None:
    """Restarts a unit that runs on where something that it reads was put back. Raises Failed."""
    subjects = parts.context.reporter.changes
    is_needed = parts.restarts_anyway or any(not subject.startswith(("service/", "firewall/")) for subject in subjects)
    if not is_needed or not parts.units.is_active(unit):
        return
    parts.units.bring_up("restart", unit)
    if parts.context.role == "compute":
        parts.queue.wait_for_queue(unit)
    parts.units.settle(unit)
    parts.context.reporter.restarted(unit)
