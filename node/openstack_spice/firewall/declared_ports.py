"""Ports that the declared sources reach, and where it is asked for nobody else."""

import ipaddress

from ..context import Context
from ..document.desired import PortRange
from ..services.processes import Processes
from ..services.units import Units
from .bystanders import Bystanders
from .closed_ports import ClosedPorts
from .firewall import Firewall
from .who_gets_in import ANY, Listener


class DeclaredPorts:
    """What a compute's console ports and a controller's proxy port are opened and closed with."""

    def __init__(self, context: Context, units: Units, processes: Processes, firewall: Firewall) -> None:
        self._context = context
        self._firewall = firewall
        self._processes = processes
        self._closed = ClosedPorts(context, units, firewall.kernel)
        self._bystanders = Bystanders(context, firewall.kernel, processes)

    def report_declared(self, option: str, ports: PortRange, asks_for_everybody: bool) -> None:
        """Says which of the declared sources do not get in. Raises CannotTell.

        :param option: the option of nova.conf that has the address they connect to
        :param asks_for_everybody: whether it says too that everybody gets in
        """
        if self._firewall.is_managed and self._context.verb in ("converge", "check"):
            self._firewall.who_gets_in.report(self._listener(option, ports), asks_for_everybody)

    def _listener(self, option: str, ports: PortRange) -> Listener:
        address = self._context.desired.declared(option, "")
        try:
            is_any = ipaddress.ip_address(address).is_unspecified
        except ValueError:  # a name, or a reference to another option
            return Listener("", ports)
        if is_any:
            return Listener(ANY if ":" in address else "", ports)
        return Listener(address, ports)
