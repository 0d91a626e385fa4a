"""The noVNC proxy beside ours."""

from typing import Callable

from ..context import Context
from ..document.pem import declares_tls
from .units import Units


def restart_novnc_without_tls(context: Context, units: Units, restart: Callable[[str], None]) -> None:
    """noVNC reads the same options for TLS. Where it started while they were in nova.conf, it would go on without its certificate, or go
    on refusing plain http, once they are taken back. Raises Failed, CannotTell.

    :param restart: restarts a unit
    """
    unit = context.platform.novnc_unit
    since = context.record.tls_since
    if since is None or declares_tls(context.desired) or unit in units.fresh or not units.is_active(unit):
        return
    started = units.started_at(unit)
    if started is not None and started >= since:
        restart(unit)


def web_server_unit(context: Context) -> str:
    """The dashboard's, which the recipe restarts."""
    return "apache2" if context.platform.tool == "apt" else "httpd"
