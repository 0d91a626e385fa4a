"""Which addresses of a source, and which ports of a range, are tried: the first, the last, and both sides of whatever the rules name
within, since no rule can tell apart what lies between."""

import ipaddress
import re
import sys
from typing import Iterable, Iterator, List, NamedTuple, Set, Tuple, Union

from . import nftables
from .netlink import Attribute, by_kind
from .nftables import Expression, Message
from .node_network import Address
from .ruleset import Ruleset

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
# What nobody who connects has: this network, loopback, multicast, reserved; of IPv6 also what is of one link.
_NOBODY = tuple(
    ipaddress.ip_network(text)
    for text in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "::ffff:0:0/96", "fe80::/10", "ff00::/8")
)  # fmt: skip


class Tried(NamedTuple):
    """Values to try."""

    values: Tuple[int, ...]
    left_out: int  # that the rules name, and that are too many


def addresses(source: Network, ruleset: Ruleset, most: int) -> Tuple[List[Address], int]:
    """Addresses of a source that stand for all of them, and the number of those that were left out.

    :param most: addresses at most
    """
    low, high = int(source.network_address), int(source.broadcast_address)
    if source.num_addresses > most:
        low, high = _somebody(source, low, high)
    tried = _tried(low, high, _address_literals(ruleset, source.version) if high > low else (), most)
    make = ipaddress.IPv4Address if source.version == 4 else ipaddress.IPv6Address
    found: List[Address] = [make(value) for value in tried.values]
    return [one for one in found if not _is_nobody(one)], tried.left_out


def ports(first: int, last: int, ruleset: Ruleset, most: int) -> Tuple[List[int], int]:
    """Ports of a range that stand for all of them, and the number of those that were left out."""
    tried = _tried(first, last, _port_literals(ruleset) if last > first else (), most)
    return list(tried.values), tried.left_out


def outside(source: Network) -> Address:
    """An address of a source that somebody can have."""
    low, _ = _somebody(source, int(source.network_address), int(source.broadcast_address))
    return (ipaddress.IPv4Address if source.version == 4 else ipaddress.IPv6Address)(low)


def _is_nobody(address: Address) -> bool:
    return any(address.version == net.version and address in net for net in _NOBODY)


def _somebody(source: Network, low: int, high: int) -> Tuple[int, int]:
    """The first and the last of a wide source that somebody can have."""
    nets = [net for net in _NOBODY if net.version == source.version]
    for net in nets + nets[::-1]:
        if int(net.network_address) <= low <= int(net.broadcast_address):
            low = int(net.broadcast_address) + 1
        if int(net.network_address) <= high <= int(net.broadcast_address):
            high = int(net.network_address) - 1
    return min(low, high), max(low, high)


def _tried(low: int, high: int, literals: Iterable[Tuple[int, int]], most: int) -> Tried:
    ends = {low, high, (low + high) // 2}
    for first, last in literals:
        ends |= {value for value in (first - 1, first, first + 1, last, last + 1) if low <= value <= high}
    found = sorted(ends)
    if len(found) <= most:
        return Tried(tuple(found), 0)
    step = (len(found) - 1) / (most - 1)
    kept = sorted({found[round(number * step)] for number in range(most)})
    return Tried(tuple(kept), len(found) - len(kept))


def _address_literals(ruleset: Ruleset, version: int) -> Iterator[Tuple[int, int]]:
    """What the rules compare addresses with, as first and last; and other data of that size, which does no harm."""
    size = 4 if version == 4 else 16
    for message in ruleset.messages:
        if message.kind == nftables.RULE:
            mask = b""
            for step in nftables.expressions(message):
                yield from _in_step(step, size, mask)
                mask = by_kind(step.attributes[4].inner)[1].data if step.name == "bitwise" and 4 in step.attributes else b""
        elif message.kind == nftables.ELEMENTS:
            for key in _keys(message):
                for place in range(0, len(key) - size + 1, 4):
                    value = int.from_bytes(key[place : place + size], "big")
                    yield value, value
    for text in set(re.findall(r"[0-9a-f.:]{2,}(?:/\d+)?", "\n".join([ruleset.ipsets] + list(ruleset.legacy.values())))):
        try:
            found = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue
        if found.version == version:
            yield int(found.network_address), int(found.broadcast_address)


def _in_step(step: Expression, size: int, mask: bytes) -> Iterator[Tuple[int, int]]:
    if step.name == "cmp":
        data = _value(step.attributes.get(3))
        if data and len(data) <= size:  # an address, or the first bytes of one
            first = int.from_bytes(data.ljust(size, b"\0"), "big")
            last = int.from_bytes(data.ljust(size, b"\xff"), "big")
            if len(mask) == size:
                last = first | (int.from_bytes(mask, "big") ^ ((1 << size * 8) - 1))
            yield first, last
    elif step.name == "range":
        begin, end = [_value(step.attributes.get(kind)) for kind in (3, 4)]
        if len(begin) == len(end) == size:
            yield int.from_bytes(begin, "big"), int.from_bytes(end, "big")
    elif step.name == "match" and 3 in step.attributes:  # of iptables: a structure of words
        info = step.attributes[3].data
        for place in range(0, len(info) - size + 1, 4):
            value = int.from_bytes(info[place : place + size], "big")
            yield value, value


def _value(data: "Attribute | None") -> bytes:
    """The value in an attribute of data."""
    return b"" if data is None else b"".join(one.data for one in data.inner if one.kind == 1)


def _keys(elements: Message) -> Iterator[bytes]:
    """The keys of elements, and the last keys of intervals."""
    for part in elements.attributes:
        for element in part.inner if part.kind == 3 else ():
            for one in element.inner:
                if one.kind in (nftables.ELEMENT_KEY, 10):  # NFTA_SET_ELEM_KEY_END
                    yield _value(one)


def _port_literals(ruleset: Ruleset) -> Set[Tuple[int, int]]:
    found: Set[int] = set()
    for message in ruleset.messages:
        if message.kind == nftables.ELEMENTS:
            found |= {int.from_bytes(key[place : place + 2], "big") for key in _keys(message) for place in range(0, len(key) - 1, 4)}
        elif message.kind == nftables.RULE:
            for step in nftables.expressions(message):
                data = [_value(step.attributes.get(kind)) for kind in (3, 4)] if step.name in ("cmp", "range") else []
                found |= {int.from_bytes(one, "big") for one in data if len(one) == 2}
                if step.name == "match" and 3 in step.attributes:
                    info = step.attributes[3].data
                    found |= {int.from_bytes(info[place : place + 2], sys.byteorder) for place in range(0, len(info) - 1)}
    found |= {int(text) for text in re.findall(r"\b\d{1,5}\b", "\n".join([ruleset.ipsets] + list(ruleset.legacy.values())))}
    return {(value, value) for value in found}
