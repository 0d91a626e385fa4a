"""What Nova is at on a compute, as its API reports: also what has not reached the node yet, such as a live migration that is about to
come. Asked with credentials that the node's nova.conf has already, so that none travel."""

from ..context import Context
from ..errors import Refused
from ..services.probes import Probes
from ..services.program import ServiceProgram
from ..text import last_line
from .nova import Nova


class NovaApi:
    """Nova's API."""

    def __init__(self, context: Context, nova: Nova, program: ServiceProgram, probes: Probes) -> None:
        self._context = context
        self._nova = nova
        self._program = program
        self._probes = probes

    def work_of_nova(self, unit: str) -> str:
        """The first server of this compute that has a task, or migration from or to it that has not ended; nothing where there is none,
        or the API is not to be asked. An API that gives no answer counts as work, since nobody knows then. Raises Refused where the
        credentials do not serve, CannotTell."""
        section = self._context.desired.nova_api_credentials
        if not section:
            return ""
        result = self._probes.run("nova_api", unit, [section, self._program.name(unit)] + self._program.arguments(unit))
        answer = (last_line(result.err) or last_line(result.out))[:300]
        if result.timed_out:
            return "Nova's API does not report whether it is (no answer in %d s)" % self._context.limits.probe_wait
        if result.ok:
            work = last_line(result.out)[:300]
            return work and work + ", by Nova's API"
        if result.status == 8:
            return "Nova's API does not report whether it is (%s)" % answer
        if result.status == 9:
            raise Refused("nova-api-refuses", section=section, reason=answer)
        raise Refused("nova-api-not-asked", reason=answer, python=self._nova.python())
