"""Ports that the declared sources reach, and where it is asked for nobody else."""

from ..context import Context
from ..services.processes import Processes
from ..services.units import Units
from .bystanders import Bystanders
from .closed_ports import ClosedPorts
from .firewall import Firewall


class DeclaredPorts:
    """What a compute's console ports and a controller's proxy port are opened and closed with."""

    def __init__(self, context: Context, units: Units, processes: Processes, firewall: Firewall) -> None:
        self._context = context
        self._firewall = firewall
        self._processes = processes
        self._closed = ClosedPorts(context, units, firewall.kernel)
        self._bystanders = Bystanders(context, firewall.kernel, processes)
