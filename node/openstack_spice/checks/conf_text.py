"""Whether nova.conf's bytes are lines that Nova's services, in Python 3, read as this program and people do."""

from ..errors import Refused
from ..nova_conf.ini import hidden_line
from ..state.paths import NOVA_CONF


def check_text(conf: bytes) -> None:
    """Refuses bytes that are not UTF-8, with which, in a comment too, no service of Nova starts again, and a carriage return that parts
    what looks like one line: what stands behind it would be taken for a part of what stands before it. Raises Refused."""
    try:
        conf.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("nova-conf-encoding", file=NOVA_CONF, number=conf.count(b"\n", 0, error.start) + 1)
    number = hidden_line(conf)
    if number is not None:
        raise Refused("nova-conf-carriage-return", file=NOVA_CONF, number=number)
