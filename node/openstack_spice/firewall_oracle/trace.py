"""Which rule refuses a packet: by the kernel's own trace, in the copy. A rule in front of all others marks each packet to be traced.

Facts: linux/netfilter/nf_tables.h (nft_trace_attributes); traces go to the group NFNLGRP_NFTRACE of the name space.
"""

import ipaddress
import struct
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import nftables
from .namespaces import tool
from .netlink import NETFILTER, Attribute, Netlink, attributes, by_kind, nested, number
from .nftables import Message
from .node_network import Address
from .ruleset import OUR_TABLE

_GROUP = 9
_TRACE = 10 << 8 | 17  # NFT_MSG_TRACE
_FIRST = 0x80000000  # the lowest priority, as a signed number
_POLICY, _RULE = 1, 3  # NFT_TRACETYPE_...
_INET_INGRESS = 5
_NFTRACE = 12  # NFT_META_NFTRACE
_ICMPV6, _TCP = 58, 6
_FAMILY_NAMES: Mapping[int, str] = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}


class Flow(NamedTuple):
    """A packet's ends."""

    source: Address
    source_port: int
    destination: Address
    destination_port: int


class Refusal(NamedTuple):
    """Where a packet ended."""

    flow: Optional[Flow]  # None for a packet that is not TCP's
    family: int
    table: str
    chain: str
    handle: int  # of the rule; 0 for the chain's policy


class Trace:
    """What is refused from now on. For `with`; in the name space of the copy.

    :param messages: what is traced
    :param devices: names of those that packets come by
    """

    def __init__(self, messages: Sequence[Message], version: int, devices: Sequence[str]) -> None:
        self._kernel = Netlink(NETFILTER, _GROUP)
        self._flows: Dict[int, Tuple[Optional[Flow], int]] = {}
        self.refusals: List[Refusal] = []
        self._messages = _marking(messages, version, devices)

    @property
    def messages(self) -> List[Message]:
        """The rules that mark packets, to be loaded with the others."""
        return self._messages

    def __enter__(self) -> "Trace":
        return self

    def __exit__(self, *_error: object) -> None:
        self._kernel.__exit__()

    def fileno(self) -> int:
        """The descriptor, to wait for."""
        return self._kernel.fileno()

    def read(self, seconds: float = 0) -> None:
        """Takes what came by now."""
        for kind, body in self._kernel.events(seconds):
            if kind == _TRACE:
                self._take(by_kind(attributes(body[4:])), body[0])

    def _take(self, has: Dict[int, Attribute], family: int) -> None:
        identity = has[6].number if 6 in has else 0
        if 8 in has:
            self._flows[identity] = _flow(has[8].data, has[9].data if 9 in has else b"")
        kind = has[4].number if 4 in has else 0
        code = 1
        if kind == _POLICY and 16 in has:
            code = has[16].number
        elif kind == _RULE and 5 in has:
            verdict = by_kind(has[5].inner)
            code = verdict[1].number if 1 in verdict else 1
        if code & 0x800000FF == 0:  # NF_DROP, with or without an error number
            flow, protocol = self._flows.get(identity, (None, 0))
            if protocol in (_TCP, _ICMPV6, 0):
                rule = int.from_bytes(has[3].data, "big") if kind == _RULE and 3 in has else 0
                self.refusals.append(Refusal(flow, family, has[1].text, has[2].text, rule))


def _flow(header: bytes, transport: bytes) -> Tuple[Optional[Flow], int]:
    """The ends of a packet, and its protocol."""
    if header[:1] and header[0] >> 4 == 4 and len(header) >= 20:
        protocol, source, destination = header[9], header[12:16], header[16:20]
    elif header[:1] and header[0] >> 4 == 6 and len(header) >= 40:
        protocol, source, destination = header[6], header[8:24], header[24:40]
    else:
        return None, 0
    if protocol != _TCP or len(transport) < 4:
        return None, protocol
    ends = struct.unpack_from("!HH", transport)
    return Flow(ipaddress.ip_address(source), ends[0], ipaddress.ip_address(destination), ends[1]), protocol


def _marking(messages: Sequence[Message], version: int, devices: Sequence[str]) -> List[Message]:
    """Tables with a chain in front of all others, in those families alone that the kernel has for the node's rules anyway."""
    of_version = 2 if version == 4 else 10
    families = {one.family for one in messages}
    hooks = [by_kind(one.attributes).get(nftables.CHAIN_HOOK) for one in messages if one.kind == nftables.CHAIN and one.family == 1]
    has_ingress = any(hook is not None and by_kind(hook.inner)[1].number == _INET_INGRESS for hook in hooks)
    found: List[Message] = []
    if families & {1, of_version}:
        family = 1 if 1 in families else of_version
        found += _table(family) + _chain(family, "prerouting", 0, "") + _chain(family, "output", 3, "")
    if 5 in families:
        found += _table(5)
    for place, device in enumerate(devices):
        found += _chain(5, "ingress%d" % place, 0, device) if 5 in families else []
        found += _chain(1, "ingress%d" % place, _INET_INGRESS, device) if has_ingress else []
    if 7 in families:
        found += _table(7) + _chain(7, "prerouting", 0, "") + _chain(7, "output", 3, "")
    return [one for kind in (nftables.TABLE, nftables.CHAIN, nftables.RULE) for one in found if one.kind == kind]


def _text(kind: int, value: str) -> Attribute:
    return Attribute(kind, value.encode() + b"\0")


def _table(family: int) -> List[Message]:
    return [Message(nftables.TABLE, family, (_text(1, OUR_TABLE), number(2, 0)))]


def _chain(family: int, name: str, hook: int, device: str) -> List[Message]:
    place = [number(1, hook), number(2, _FIRST)] + ([_text(3, device)] if device else [])
    chain = (
        _text(1, OUR_TABLE),
        _text(nftables.CHAIN_NAME, name),
        nested(nftables.CHAIN_HOOK, place),
        _text(nftables.CHAIN_TYPE, "filter"),
    )
    one = nested(2, [number(1, 1), nested(2, [Attribute(1, b"\1")])])
    load = nested(1, [_text(1, "immediate"), one])
    mark = nested(1, [_text(1, "meta"), nested(2, [number(2, _NFTRACE), number(3, 1)])])
    rule = (_text(1, OUR_TABLE), _text(nftables.RULE_CHAIN, name), nested(nftables.RULE_EXPRESSIONS, [load, mark]))
    return [Message(nftables.CHAIN, family, chain), Message(nftables.RULE, family, rule)]


def described(refusal: Refusal, rule: Optional[Message]) -> str:
    """A rule as nft writes it where nft is there, with its table and chain; or a chain's policy.

    :param rule: the rule, where it is known
    """
    family = _FAMILY_NAMES.get(refusal.family, "?")
    where = "chain %s of table %s %s" % (refusal.chain, family, refusal.table)
    if not refusal.handle:
        return "the policy of " + where
    output = tool(["nft", "-a", "list", "chain", family, refusal.table, refusal.chain])
    ending = "# handle %d" % refusal.handle
    for line in output.out.decode("utf-8", "replace").splitlines():
        if line.rstrip().endswith(ending):
            return "`%s` in %s" % (line.rstrip()[: -len(ending)].strip(), where)
    return "a rule (%s) in %s" % (nftables.described(rule) if rule is not None else refusal.handle, where)
