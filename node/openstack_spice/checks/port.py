"""Whether the proxy's port is free."""

from ..context import Context
from ..errors import Refused
from ..services.processes import listeners
from ..text import printable

_EVERYWHERE = ("0.0.0.0", "::", "*")


def check_port(context: Context, address: str, port: int) -> None:
    """Free, or already served by Nova's SPICE proxy. Raises Refused, CannotTell.

    :param address: where the proxy is to listen
    """
    for listener in listeners(context, port):
        if "nova-spicehtml5proxy" in listener.command:
            continue
        at = listener.address.strip("[]")
        if address in _EVERYWHERE or at in _EVERYWHERE or at == address:
            command = printable(listener.command).strip()
            raise Refused("port-held", port=port, command=command, pid=listener.pid, address=listener.address)
