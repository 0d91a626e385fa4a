"""A controller's proxy port: what filters there lets the declared sources in, and where nothing refuses the others, that is said.

With `dropOtherSources` in the document it is open to the declared sources alone, whatever else filters (closed_ports.py: the table
`inet openstack_spice_proxy`, or the chain OPENSTACK_SPICE_PROXY of iptables).
"""

from typing import List

from ..changes.kind import Planned
from ..document.desired import PortRange
from ..errors import Refused
from .closed_ports_text import PROXY
from .declared_ports import DeclaredPorts

ADDRESS = "spice/html5proxy_host"  # the option that has the address it listens on


class ProxyPort(DeclaredPorts):
    """The port on which the SPICE proxy listens."""

    def plan(self, port: int, in_transaction: bool) -> List[Planned]:
        """The rules in what filters here, and the port closed by ourselves where that is asked for. Raises Refused, CannotTell.

        :param in_transaction: whether it was checked, and reported, before
        """
        closed, managed = "", self._firewall.is_managed
        if managed and self._context.desired.drop_other_sources:
            if not in_transaction:
                self._check(port)
            closed = str(port)
        self._firewall.closes_proxy_port = bool(closed)
        plan = self._firewall.plan(port)
        return plan + self._closed.plan(PROXY, closed, lambda: None if in_transaction else self._report_what_closes(port))

    def report_who_gets_in(self, port: int) -> None:
        """Says which of the declared sources do not get in, and where nothing refuses the others. Raises CannotTell."""
        is_open = not self._firewall.found and not self._firewall.closes_proxy_port
        self.report_declared(ADDRESS, PortRange(port, port), is_open)

    def _check(self, port: int) -> None:
        """Refuses where it cannot be closed without cutting off something else. Raises Refused, CannotTell."""
        self._closed.check(str(port), "dropOtherSources")
        for one in self._processes.listeners(port):
            if one.address.startswith("127.") or one.address == "[::1]" or "nova-spicehtml5proxy" in one.command:
                continue
            raise Refused("closing-cuts-off-program", port=port, command=one.command, pid=one.pid, address=one.address)

    def _report_what_closes(self, port: int) -> None:
        """Who has a console open from elsewhere, and which rules of others let in more."""
        addresses = [address for _, address in self._bystanders.connected_outside(port, port)]
        if addresses:
            self._context.reporter.warn("proxy-connected-outside", port=port, number=len(addresses), address=addresses[0])
        self._bystanders.report_accepting_rules(str(port), port, port)
