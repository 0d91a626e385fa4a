"""Proof that the proxy serves the console page of spice-html5."""

from ..context import Context
from ..document.pem import declares_tls, fingerprint
from ..nova.nova import Nova
from ..nova_conf.ini import plain, spelled
from ..text import last_line
from .probes import Probes
from .units import Units


class Page:
    """The console page of the SPICE proxy."""

    def __init__(self, context: Context, units: Units, nova: Nova, probes: Probes) -> None:
        self._context = context
        self._units = units
        self._nova = nova
        self._probes = probes

    def verify_page(self) -> None:
        """The page and every script that it names answer 200, over TLS where that is declared, and then with the declared certificate.
        Raises Failed, CannotTell."""
        unit = self._context.platform.spice_unit
        address = local_address(self._nova.option("spice", "html5proxy_host", "0.0.0.0"))
        port = self._nova.option("spice", "html5proxy_port", "6082")
        scheme = "https" if spelled(self._nova.option("DEFAULT", "ssl_only", "false").encode("utf-8", "replace")) == b"true" else "http"
        declared = ""
        if declares_tls(self._context.desired):
            scheme = "https"
            certificate = plain(self._context.desired.options["DEFAULT/cert"].encode("ascii")).decode("ascii")
            declared = fingerprint(self._context.system.files.read_if_there(certificate) or b"")
        result = self._probes.run("page", unit, ["%s://%s:%s/spice_auto.html" % (scheme, address, port), declared])
        if not result.ok:
            answer = last_line(result.out)
            if answer:
                self._context.reporter.quote(("openstack-spice: " + answer).encode("utf-8", "replace"))
            self._units.failed(unit, "does not serve the console page")


def local_address(listen: str) -> str:
    """An address of this node at which something that listens there answers."""
    if listen == "0.0.0.0":
        return "127.0.0.1"
    if listen == "::":
        return "[::1]"
    return "[%s]" % listen if ":" in listen else listen
