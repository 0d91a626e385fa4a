"""A kind of change: ports that are open to the declared sources alone."""

from typing import Optional, Tuple

from ..context import Context
from ..firewall.closed_ports import KIND, ClosedPorts
from ..firewall.closed_ports_text import PROXY
from ..firewall.firewall import Firewall
from ..services.units import Units
from ..state.entry import Entry
from ..state.journal import Journal
from .kind import Kind, Pass


class ClosedPortsKind(Kind):
    """`console-ports FILE -`: `-`, or the rules' file; consoles and the proxy's port alike."""

    name = KIND
    made_in = Pass.CLOSED_PORTS
    ours_alone = True  # the table of closed ports, whatever somebody did to it

    def __init__(self, context: Context, units: Units, firewall: Firewall) -> None:
        self._closed = ClosedPorts(context, units, firewall.kernel)

    def read(self, where: str, what: str) -> str:
        return self._closed.read(where)

    def set(self, entry: Entry, journal: Journal) -> None:
        self._closed.set(entry.where, entry.written, journal)

    def subject(self, where: str, what: str) -> str:
        return "firewall/proxy" if where == PROXY.file else "firewall/consoles"

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return self._closed.text(entry.former), self._closed.text(entry.written)
