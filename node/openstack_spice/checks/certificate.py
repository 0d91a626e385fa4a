"""TLS at the proxy: a certificate that is on the node already is looked at before the first write, by the user and the library that
the proxy has; and where TLS is terminated upstream, Nova believes it."""

from typing import List

from ..changes.certificate import PemKind, plan_certificate
from ..changes.kind import Planned
from ..context import Context
from ..document.pem import declares_tls
from ..errors import Refused
from ..nova.nova import Nova
from ..nova_conf.ini import plain
from ..services.probes import Probes
from ..text import for_people, last_line

# Nova: "Ignore X-Forwarded-Proto" came with 19.0.0 and was carried back to 18.2.0.
FIRST_WITH_FORWARDED_PROTO = (18, 2, 0)
REFUSED = 9  # the probe's status


class Certificate:
    """The certificate that the document declares."""

    def __init__(self, context: Context, nova: Nova, probes: Probes, kind: PemKind) -> None:
        self._context = context
        self._nova = nova
        self._probes = probes
        self._kind = kind

    def check(self) -> None:
        """Refuses what browsers or Nova would not take. Raises Refused, CannotTell."""
        desired = self._context.desired
        version = self._nova.version()
        if desired.tls.is_terminated_upstream and _numbers(version) < FIRST_WITH_FORWARDED_PROTO:
            raise Refused("tls-too-old", version=version)
        if declares_tls(desired) and not desired.tls.key:
            self._look()

    def plan(self) -> List[Planned]:
        """The file of the document's certificate. Raises Refused, CannotTell."""
        return list(plan_certificate(self._context, self._kind))

    def _look(self) -> None:
        desired = self._context.desired
        certificate = _as_read(desired.options["DEFAULT/cert"])
        key = _as_read(desired.options.get("DEFAULT/key", "")) or certificate
        unit = self._context.platform.spice_unit
        result = self._probes.run("certificate", unit, [certificate, key, desired.tls.host])
        finding = for_people(result.out)
        if result.status == REFUSED:
            raise Refused("certificate", finding=finding)
        if result.status != 0:
            reason = last_line(result.err) or last_line(result.out) or "status %d" % result.status
            raise Refused("certificate-unseen", certificate=certificate, reason=reason, python=self._nova.python())
        if finding:
            self._context.reporter.warn("certificate-on-node", finding=finding)


def _as_read(written: str) -> str:
    return plain(written.encode("ascii")).decode("ascii")


def _numbers(version: str) -> "tuple[int, ...]":
    """A version as numbers, such as 26.2.2; what is no number ends it."""
    numbers: List[int] = []
    for part in version.split("."):
        digits = "".join(character for character in part if character.isdigit())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
