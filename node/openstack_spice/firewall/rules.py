"""Rules of ours, of whichever firewall, and the plan that they are put into."""

import re
from typing import List, NamedTuple, Optional, Set, Tuple, Union

from ..changes.kind import Planned
from ..document.desired import PortRange
from ..state.entry import Entry
from ..text import ABSENT

COMMENT = "openstack-spice: SPICE consoles"
IN = "in"  # the state of a rule that is there
NONE = "(none)"  # for people

Ports = Union[int, PortRange]


class Source(NamedTuple):
    """Who is let in, and to which ports."""

    block: str  # in CIDR
    ports: str  # `6082`, or `5900-5999`

    @property
    def is_ipv6(self) -> bool:
        """Whether the block is one of IPv6."""
        return ":" in self.block

    @property
    def ports_with_colon(self) -> str:
        """The ports as iptables and ufw write them."""
        return self.ports.replace("-", ":")

    @property
    def text(self) -> str:
        """For people."""
        return "accept tcp %s from %s" % (self.ports, self.block)


def text_of_ports(ports: Ports) -> str:
    """`6082`, or `5900-5999`."""
    if isinstance(ports, int):
        return str(ports)
    return str(ports.first) if ports.first == ports.last else str(ports)


def rule_text(rule: str) -> str:
    """A rule of ours, as people read it: `accept tcp PORTS from SOURCE`."""
    text = re.sub(r"^(-A INPUT )?-p tcp -m multiport --dports ", "-s 0.0.0.0/0 --dport ", rule)
    text = re.sub(r"port ([0-9]+):", r"port \1-", text, count=1)
    text = re.sub(r'[="]+', " ", text)
    return re.sub(r".*(-s|saddr|from|address) ([^ ]+) .*port ([0-9-]+) .*", r"accept tcp \3 from \2", text, count=1)


class RulePlan:
    """The rules that have to be there, and what is to be done so that they are."""

    def __init__(self) -> None:
        self.planned: List[Planned] = []
        self._wanted: Set[Tuple[str, str, str]] = set()
        self._places: Set[Tuple[str, str]] = set()

    def rule(self, kind: str, where: str, what: str, is_there: bool, text: str) -> None:
        """A rule that has to be there. It goes without saying that it is one only once."""
        is_new = (kind, where, what) not in self._wanted
        self._wanted.add((kind, where, what))
        self._places.add((kind, where))
        if not is_there and is_new:
            self.add(Entry(kind, where, what, ABSENT, IN), NONE, text)

    def add(self, entry: Entry, old: str, new: str) -> None:
        """Any change."""
        self.planned.append(Planned(entry, old, new))

    def wants(self, kind: str, where: str, what: Optional[str] = None) -> bool:
        """Whether such a rule, or any rule there, has to be there."""
        return (kind, where) in self._places if what is None else (kind, where, what) in self._wanted

    def has(self, kind: str, where: str) -> bool:
        """Whether such a change is planned."""
        return any((planned.entry.kind, planned.entry.where) == (kind, where) for planned in self.planned)
