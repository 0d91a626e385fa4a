"""A compute's console ports. A SPICE server has no password: who reaches its port has the console.

So the range is open to the declared sources alone (closed_ports.py: the table `inet openstack_spice`, or the chain OPENSTACK_SPICE of
iptables), from before nova-compute gives the first guest SPICE until it gives it to none any more. What else filters here goes on to
refuse, so firewall.py puts an accept for the declared sources there.
"""

from typing import List

from ..changes.kind import Planned
from ..context import Context
from ..errors import Refused
from ..nova.hypervisor import Hypervisor
from ..services.processes import Processes
from ..services.units import Units
from ..text import in_a_row
from .closed_ports_text import CONSOLES
from .declared_ports import DeclaredPorts
from .firewall import Firewall
from .rules import text_of_ports


class ConsolePorts(DeclaredPorts):
    """The range of the document, or none."""

    def __init__(self, context: Context, units: Units, processes: Processes, firewall: Firewall) -> None:
        super().__init__(context, units, processes, firewall)
        self._range = context.desired.console_ports
        self._ports = "" if self._range is None else text_of_ports(self._range)
        self._is_reported = False

    def check(self, hypervisor: Hypervisor) -> None:
        """Refuses where the range cannot be closed without cutting off something else. Raises Refused, CannotTell."""
        if self._range is None:
            return
        self._closed.check(self._ports, "proxySourceAddresses")
        held = self._processes.strange_listeners(self._range.first, self._range.last)
        if held:
            raise Refused("closing-cuts-off-listeners", ports=self._ports, held=in_a_row(held))
        self._report_consoles_outside(hypervisor)

    def plan(self) -> List[Planned]:
        """The closed range, and the accepts that it needs in what else filters here. Raises Refused, CannotTell."""
        plan = self._closed.plan(CONSOLES, self._ports, self._report_what_closes)
        self._is_reported = True
        return plan + self._firewall.plan(self._ports)

    def report_who_gets_in(self) -> None:
        """Says which of the declared proxies do not get in. Raises CannotTell."""
        if self._range is not None:
            self.report_declared("spice/server_proxyclient_address", self._range, asks_for_everybody=False)

    def report_open_consoles(self, hypervisor: Hypervisor) -> None:
        """Before a revert opens the range again: who still has SPICE on it."""
        guests = hypervisor.running_guests("with", "spice")
        if guests:
            self._context.reporter.warn("consoles-open-again", guests=" ".join(guests))

    def _report_consoles_outside(self, hypervisor: Hypervisor) -> None:
        """Guests whose consoles the range does not cover."""
        assert self._range is not None
        for guest in hypervisor.guests():
            for port in guest.ports:
                if not self._range.first <= port <= self._range.last:
                    self._context.reporter.warn("console-outside-range", guest=guest.uuid, port=port, range=self._range)

    def _report_what_closes(self) -> None:
        """Who looks at a console from elsewhere, and which rules of others let in more; once."""
        if self._is_reported or self._range is None:
            return
        for port, address in self._bystanders.connected_outside(self._range.first, self._range.last):
            self._context.reporter.warn("console-connected-outside", address=address, port=port)
        self._bystanders.report_accepting_rules(self._ports, self._range.first, self._range.last)
