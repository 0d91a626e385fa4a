"""firewalld's listings, and the files of its zones."""

import ipaddress
import re
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from ..nova_conf.ini import Edit
from .lines import Lines

_MAC = re.compile(r"[^:]+(:[^:]+){5}\Z")
_BLANKS = b" \t"


class Zone(NamedTuple):
    """A zone that runs."""

    name: str
    refuses: bool  # whether a packet that comes in by it can be refused
    has_interfaces: bool
    sources: Tuple[str, ...]  # that are bound to it
    rules: Tuple[str, ...]  # rich ones


def zones_of(listing: str) -> List[Zone]:
    """The zones of a text of `firewall-cmd --list-all-zones`, in their order."""
    zones: List[Zone] = []
    for line in listing.split("\n"):
        words = line.split()
        if not words:
            continue
        if line[0] not in " \t":
            zones.append(Zone(words[0], False, False, (), ()))
        elif zones:
            zones[-1] = _with_line(zones[-1], words, line.strip())
    return zones


def zones_for(source: str, default: str, zones: List[Zone]) -> List[str]:
    """The zones by which packets from the source come in, and that could refuse them.

    A zone that sources are bound to is asked first; where these are not all of the source, so are the zones with an interface, and
    the default zone, which has all other interfaces.
    """
    bound: Set[str] = set()
    whole = False
    for zone in zones:
        shares = [share(block, source) for block in zone.sources]
        if any(shares):
            bound.add(zone.name)
        whole = whole or ALL in shares
    found = []
    for zone in zones:
        others = zone.has_interfaces or zone.name == default
        if zone.refuses and (zone.name in bound or (not whole and others)):
            found.append(zone.name)
    return found


NOTHING, SOME, ALL = range(3)


def share(bound: str, source: str) -> int:
    """How much of the source's addresses a bound source has; SOME where nobody knows, as with a list's name or a hardware address."""
    try:
        one = ipaddress.ip_network(bound, strict=False)
    except ValueError:
        return SOME
    other = ipaddress.ip_network(source, strict=False)
    if one.version != other.version or not one.overlaps(other):
        return NOTHING
    return ALL if one.prefixlen <= other.prefixlen else SOME


def rule_in_file(data: bytes, rule: str) -> Optional[Tuple[int, int]]:
    """Where a rule's lines are in a zone's file, first index and end, whoever wrote them and in whichever order of attributes; None
    where they are not there."""
    elements = _elements(rule)
    spellings = (_spelled(elements, swapped=False), _spelled(elements, swapped=True))
    start: Optional[int] = None
    whole = b""
    for at, line in enumerate(Lines(data).lines):
        text = line.strip(_BLANKS)
        if re.match(rb"<rule[ >]", text):
            start, whole = at, b""
        if start is None:
            continue
        whole += text
        if text.endswith(b"</rule>"):
            if whole in spellings:
                return start, at + 1
            start = None
    return None


def file_with(data: bytes, rule: str) -> Edit:
    """A zone's file with the rule at its end, spelled as firewalld spells it."""
    lines = Lines(data)
    ends = [at for at, line in enumerate(lines.lines) if line.strip(_BLANKS) == b"</zone>"]
    if not ends:
        return lines.unchanged()
    elements = _elements(rule)
    new = [b"  " + elements["rule"], b"    " + elements["source"]]
    new += [b"    <port %s %s/>" % (elements["port"], elements["protocol"]), b"    <accept/>", b"  </rule>"]
    return lines.with_lines(ends[-1], new)


def file_without(data: bytes, rule: str) -> Edit:
    """A zone's file without the rule."""
    lines, found = Lines(data), rule_in_file(data, rule)
    return lines.unchanged() if found is None else lines.without(*found)


def is_strange(data: bytes) -> bool:
    """Whether a zone's file is not written a tag to a line."""
    return not any(line.strip(_BLANKS) == b"</zone>" for line in Lines(data).lines)


def _with_line(zone: Zone, words: List[str], text: str) -> Zone:
    if words[0] == "target:":
        return zone._replace(refuses=words[1:] != ["ACCEPT"] and len(words) > 1 or zone.refuses)
    if words[0] == "interfaces:":
        return zone._replace(has_interfaces=zone.has_interfaces or len(words) > 1)
    if words[0] == "sources:":
        return zone._replace(sources=zone.sources + tuple(words[1:]))
    if words[0] == "rule":
        return zone._replace(rules=zone.rules + (text,))
    return zone


def _elements(rule: str) -> Dict[str, bytes]:
    """The XML of a rule's parts, by the attributes of the rule as firewall-cmd lists it."""
    values = {name: re.sub('".*', "", re.sub('.*%s="' % name, "", rule)).encode("utf-8", "surrogateescape") for name in _ATTRIBUTES}
    return {
        "rule": b'<rule family="%s">' % values["family"],
        "source": b'<source address="%s"/>' % values["address"],
        "port": b'port="%s"' % values["port"],
        "protocol": b'protocol="tcp"',
    }


_ATTRIBUTES = ("family", "address", "port")


def _spelled(elements: Dict[str, bytes], swapped: bool) -> bytes:
    """The rule on one line. Older versions of firewalld have the two attributes of the port in the other order."""
    attributes = (elements["protocol"], elements["port"]) if swapped else (elements["port"], elements["protocol"])
    return elements["rule"] + elements["source"] + b"<port %s %s/><accept/></rule>" % attributes
