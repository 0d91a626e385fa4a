"""Whether services read the declared options as declared: other files, a nova.conf.d or OS_ variables can win over nova.conf."""

from typing import NamedTuple, Optional, Tuple

from ..context import Context
from ..errors import Failed
from ..services.probes import MISSING, Probes
from ..services.program import ServiceProgram
from ..state.paths import NOVA_CONF
from .nova import Nova

IN_FORCE = 0
OTHERS_WIN = 9
NOT_REPORTED = 1


class InForce(NamedTuple):
    """What a service would read."""

    status: int  # IN_FORCE, OTHERS_WIN, NOT_REPORTED
    lines: Tuple[str, ...] = ()  # `SERVICE reads [SECTION] OPTION = VALUE from SOURCE` for each that is not in force; or the reason


class Effective:
    """Asks the node's own oslo.config."""

    def __init__(self, context: Context, nova: Nova, program: ServiceProgram, probes: Probes) -> None:
        self._context = context
        self._nova = nova
        self._program = program
        self._probes = probes

    def options_in_force(self, unit: str, planned: Optional[bytes] = None) -> InForce:
        """Whether the unit's service reads the declared options as declared. Raises Refused, CannotTell.

        :param planned: nova.conf as it would be; default: as it is
        """
        if not self._context.desired.options:
            return InForce(IN_FORCE)
        answer = self._probes.in_force(unit, planned)
        if answer.error:
            return InForce(NOT_REPORTED, ("there is no oslo.config" if answer.error == MISSING else answer.error,))
        name = self._program.name(unit)
        lines = tuple("%s reads [%s] %s = %s from %s" % ((name,) + entry) for entry in answer.wrong)
        return InForce(OTHERS_WIN if lines else IN_FORCE, lines)

    def verify_effective_options(self, unit: str) -> None:
        """The proof, once it runs. Raises Failed, Refused, CannotTell."""
        in_force = self.options_in_force(unit)
        if in_force.status == NOT_REPORTED:
            raise Failed("options-not-reported", unit=unit, reason=in_force.lines[-1], python=self._nova.python())
        for text in in_force.lines:
            self._context.reporter.quote(("openstack-spice: " + text).encode("utf-8", "replace"))
        if in_force.status == OTHERS_WIN:
            raise Failed("options-not-in-force", unit=unit, file=NOVA_CONF)
