"""A controller whose noVNC proxy stops."""

from typing import List, Sequence

from ..changes.kind import Pass, Planned
from ..errors import Failed, Refused
from ..parts import Parts
from ..state.journal import Journal
from .role import Role


class VncProxyRetirement(Role):
    """The role `vnc-proxy-retirement`."""

    # It is stopped before the setting that would start it again goes; an undo runs backwards.
    passes = (Pass.UNITS, Pass.FILES)

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._unit = parts.context.platform.novnc_unit

    def check(self) -> None:
        spice = self._context.platform.spice_unit
        port = int(self._parts.nova.option("spice", "html5proxy_port", "6082"))
        if not self._parts.processes.unit_listens(spice, port):
            raise Refused("spice-does-not-serve", unit=spice)

    def plan(self, in_transaction: bool) -> List[Planned]:
        parts = self._parts
        plan: List[Planned] = []
        plan += parts.unit_kind.plan_unit(self._unit, "disabled inactive")
        plan += parts.drop_in.plan_proxy_type()
        return plan

    def units_to_restart(self, journal: Journal) -> Sequence[str]:
        return ()

    def verify(self) -> None:
        port = self._port
        if self._parts.processes.unit_listens(self._unit, port):
            raise Failed("novnc-still-listens", unit=self._unit, port=port)

    def report(self) -> None:
        """Has no facts of its own."""

    def after_undo(self) -> None:
        if self._parts.units.is_active(self._unit):
            self._parts.processes.wait_for_listener(self._unit, self._port)

    @property
    def _port(self) -> int:
        return int(self._parts.nova.option("vnc", "novncproxy_port", "6080"))
