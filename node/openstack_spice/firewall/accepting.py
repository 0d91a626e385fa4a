"""Rules of others that accept what is closed: nothing refuses by them, but who wrote them should know."""

import re
from typing import FrozenSet, Iterator, List, Tuple

from .rules import COMMENT

_PORTS = re.compile(r"[ -]dports? ")
_ACCEPTS = re.compile(r"( -j ACCEPT| accept)( |$)")
_SOURCE = re.compile(r"(?:saddr|-s) ([^ ]+)")
_OURS = re.compile(r"OPENSTACK_SPICE|openstack_spice")
_WORD = re.compile(r"[0-9]+(-[0-9]+)?$")


def accepting_rules(rules: List[str], first: int, last: int, ours: FrozenSet[str]) -> Iterator[str]:
    """Those that accept a port of the range by its number.

    :param ours: sources, as :func:`host` has them: what accepts a declared one, or one of an earlier document, is ours
    """
    for rule in rules:
        if not _PORTS.search(rule) or not _ACCEPTS.search(rule) or _OURS.search(rule) or COMMENT in rule:
            continue
        source = _SOURCE.search(rule)
        if source and host(source.group(1)) in ours:
            continue
        if any(low <= last and high >= first for low, high in _ports_of(rule)):
            yield rule


def host(block: str) -> str:
    """A block without the prefix length that one address has."""
    length = "/128" if ":" in block else "/32"
    return block[: -len(length)] if block.endswith(length) else block


def _ports_of(rule: str) -> Iterator[Tuple[int, int]]:
    text = re.sub(r".*[ -]dports? ", "", rule, count=1)
    text = re.sub(r" (-j|accept).*", "", text, count=1).replace(":", "-")
    for word in re.sub(r"[{},]", " ", text).split():
        if not _WORD.match(word):
            return
        ports = word.split("-")
        yield int(ports[0]), int(ports[-1])
