"""Whether the declared sources get in, and others too: asked of the kernel, on a copy of this node's filter (firewall_oracle/). What was
answered is kept for as long as the filter is the same, so a run that touches no firewall asks nothing."""

import hashlib
import json
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..context import Context
from ..document.desired import PortRange
from ..errors import CannotTell, Failed
from ..firewall_oracle.oracle import LET_IN, REFUSED, Answer, Oracle, Question
from ..messages import text_of_message
from ..state.paths import filter_file, record_file
from ..system.files import ROOT_ALONE
from ..text import to_bytes
from .kernel import LEGACY, TOOLS, Kernel
from .rules import text_of_ports

MOST_SOURCES = 20  # that are asked about: each takes up to two seconds
ANY = "::"
# Where packets come by decides too.
_NETWORK = ("/proc/net/fib_trie", "/proc/net/ipv6_route", "/proc/net/if_inet6")
_IPSET = re.compile(r'match-set|xt (match|target) "(set|SET)"')  # whose elements are not in the listing
_LARGEST = 65536  # bytes of what is kept
# What differs from one listing to the next, and decides nothing.
_CHANGING = re.compile(r"packets \d+ bytes \d+|expires [0-9a-z]+|^#.*$|\[\d+:\d+\]", re.MULTILINE)


class Said(NamedTuple):
    """A warning of the catalogue, with its facts."""

    message: str
    facts: Dict[str, Any]


class Listener(NamedTuple):
    """Where the declared sources connect to.

    :param address: an address of this node; nothing, or ANY for IPv6 too, stands for the one that it answers a source by, and so does one
        that it does not have, such as a virtual one that is elsewhere by now
    """

    address: str
    ports: PortRange


class WhoGetsIn:
    """Asks, and says what the operator should know.

    :param argument: of the stack, by which the sources are declared
    """

    def __init__(self, context: Context, kernel: Kernel, argument: str) -> None:
        self._context = context
        self._kernel = kernel
        self._argument = argument
        self._oracle = Oracle(context.system.commands)

    def report(self, listener: Listener, asks_for_everybody: bool) -> None:
        """Says which of the declared sources do not get in, by which rule, and of which that cannot be told: what it said last time, where
        all is as it was then. Raises CannotTell.

        :param asks_for_everybody: whether it says too that everybody gets in
        """
        key = self._key(listener, asks_for_everybody)
        if key is None:
            self._say([_open_to_all(listener)] if asks_for_everybody else [])
            return
        kept = self._read() if key else {}
        if not key or kept.get("key") != key:
            everybody: List[str] = []
            if asks_for_everybody:
                everybody = ["::/0"] if ":" in listener.address else ["0.0.0.0/0"]
                if listener.address == ANY:  # both families come in
                    everybody.append("0.0.0.0/0")
            answers = self._asked(listener, everybody + self._declared(listener))
            said = _of_everybody(listener, answers[: len(everybody)]) + self._of_declared(listener, answers[len(everybody) :])
            kept = {"key": key, "said": [[one.message, one.facts] for one in said]}
            self._keep(kept)
        self._say([Said(str(message), dict(facts)) for message, facts in kept["said"]])

    def _keep(self, kept: Dict[str, Any]) -> None:
        """Writes what was answered. Where it cannot be written the next run asks again."""
        files = self._context.system.files
        try:
            if self._context.verb == "converge" and files.exists(record_file(self._context.role)):
                data = json.dumps(kept, sort_keys=True).encode("ascii")
                files.create(filter_file(self._context.role), data, ROOT_ALONE, lambda path: None)
        except (Failed, CannotTell):
            pass

    def _declared(self, listener: Listener) -> List[str]:
        """The first of the declared sources that can meet the address."""
        sources = self._context.desired.sources or ()
        if listener.address not in ("", ANY):
            sources = tuple(source for source in sources if (":" in source) == (":" in listener.address))
        return list(sources)[:MOST_SOURCES]

    def _asked(self, listener: Listener, sources: Sequence[str]) -> List[Answer]:
        address = "" if listener.address == ANY else listener.address
        return self._oracle.ask(
            [Question(source, address, listener.ports.first, listener.ports.last, may_be_elsewhere=True) for source in sources]
        )

    def _of_declared(self, listener: Listener, answers: Sequence[Answer]) -> List[Said]:
        said = []
        ports = text_of_ports(listener.ports)
        for source, answer in zip(self._declared(listener), answers):
            facts = {"source": source, "ports": ports, "reason": answer.reason, "argument": self._argument}
            if answer.kind == LET_IN and answer.left_out:
                facts["reason"] = "the rules name %d addresses or ports more within it than were tried" % answer.left_out
                said.append(Said("source-not-tried", facts))
            elif answer.kind == REFUSED:
                said.append(Said("source-partly-shut-out" if answer.is_partly_in else "source-shut-out", facts))
            elif answer.kind != LET_IN:
                said.append(Said("source-not-tried", facts))
        number = len(self._context.desired.sources or ())
        if number > MOST_SOURCES:
            said.append(Said("sources-not-tried", {"number": number, "tried": MOST_SOURCES}))
        return said

    def _say(self, said: Sequence[Said]) -> None:
        for one in said:
            self._context.reporter.warn(one.message, **one.facts)

    def _key(self, listener: Listener, asks_for_everybody: bool) -> Optional[str]:
        """A digest of all that an answer depends on; nothing where that is more than is listed here; None where nothing filters at all.
        Raises CannotTell."""
        listings: List[Tuple[str, str]] = [("nft", self._kernel.nft() or "")]
        listings += [(tool, self._kernel.saved(tool) or "") for tool in TOOLS + tuple(LEGACY)]
        files = self._context.system.files
        loaded = [files.read_if_there(path) or b"" for _, path in LEGACY.values()]
        if not any(loaded) and "\tchain " not in listings[0][1]:
            return None
        if any(loaded) or _IPSET.search(listings[0][1]):
            return ""
        network = [files.read_if_there(path) or b"" for path in _NETWORK] + [to_bytes(" ".join(files.names_if_there("/sys/class/net")))]
        asked = [list(listener), self._declared(listener), asks_for_everybody]
        text = json.dumps([[name, _CHANGING.sub("", listing)] for name, listing in listings] + asked)
        return hashlib.sha256(to_bytes(text) + b"\n".join(network)).hexdigest()

    def _read(self) -> Dict[str, Any]:
        try:
            data = self._context.system.files.read_if_there(filter_file(self._context.role), _LARGEST)
            value = json.loads((data or b"{}").decode("ascii"))
        except (ValueError, CannotTell):
            return {}
        return value if _is_kept(value) else {}


def _is_kept(value: Any) -> bool:
    """Whether it has the shape of what :class:`WhoGetsIn` writes, and warnings that this version has."""
    try:
        return isinstance(value["said"], list) and all(text_of_message(message, facts) for message, facts in value["said"])
    except (KeyError, TypeError, ValueError):
        return False


def _open_to_all(listener: Listener) -> Said:
    return Said("port-open-to-all", {"port": listener.ports.first})


def _of_everybody(listener: Listener, answers: Sequence[Answer]) -> List[Said]:
    """What is to be said of who is not declared: of several families what is worst."""
    # What a list of bans refuses is no filter for the others.
    if any(answer.kind == LET_IN or answer.is_partly_in for answer in answers):
        return [_open_to_all(listener)]
    unknown = [answer for answer in answers if answer.kind != REFUSED]
    return [Said("port-not-tried", {"port": listener.ports.first, "reason": unknown[0].reason})] if unknown else []
