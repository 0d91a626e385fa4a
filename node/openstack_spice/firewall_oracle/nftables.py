"""The rules of nftables as the kernel's own messages: read, loaded again as one change, taken away. Exact, where nft's text is not:
`nft list ruleset` loses matches of iptables, whole tables with an owner, and the state of sets.

Facts: linux/netfilter/nf_tables.h; the order in which a kernel takes messages is that in which nft sends them.
"""

import errno
import functools
import struct
from typing import FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .errors import CannotTell
from .modules import is_there
from .netlink import (
    APPEND,
    CREATE,
    NETFILTER,
    REQUEST,
    Attribute,
    Changed,
    Netlink,
    NetlinkError,
    Request,
    by_kind,
    nested,
    number,
    packed,
)
from .netlink import attributes as attributes_of

TABLE, CHAIN, RULE, SET, ELEMENTS, GENERATION, OBJECT, FLOWTABLE = 0, 3, 6, 9, 12, 15, 18, 22  # NFT_MSG_NEW...; GET is one more
_DELETE_TABLE = 2
_SUBSYSTEM = 10 << 8  # NFNL_SUBSYS_NFTABLES
_BEGIN, _END = 0x10, 0x11  # NFNL_MSG_BATCH_...
NAMES: Mapping[int, str] = {
    TABLE: "table", CHAIN: "chain", RULE: "rule", SET: "set", ELEMENTS: "elements of a set", OBJECT: "object", FLOWTABLE: "flowtable",
}  # fmt: skip

# What each message has (NFTA_...): attributes that are loaded again, and those that are the kernel's own to say (handles, numbers of
# users, packets of a chain, padding). A message with any other attribute is of a kernel that we do not know.
_KEPT: Mapping[int, FrozenSet[int]] = {
    TABLE: frozenset((1, 2, 6)),
    CHAIN: frozenset((1, 3, 4, 5, 7, 10, 12)),
    FLOWTABLE: frozenset((1, 2, 3, 7)),
    OBJECT: frozenset((1, 2, 3, 4, 8)),
    SET: frozenset((1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 17, 18)),
    RULE: frozenset((1, 2, 4, 7)),
}
_OWN: Mapping[int, FrozenSet[int]] = {
    TABLE: frozenset((3, 4, 5, 7)),
    CHAIN: frozenset((2, 6, 8, 9, 11)),
    FLOWTABLE: frozenset((4, 5, 6)),
    OBJECT: frozenset((5, 6, 7)),
    SET: frozenset((10, 16, 19, 20)),
    RULE: frozenset((3, 5, 6, 8, 9, 10, 11)),
}
TABLE_NAME, RULE_CHAIN, RULE_HANDLE, RULE_EXPRESSIONS, RULE_COMPAT, RULE_USERDATA = 1, 2, 3, 4, 5, 7
CHAIN_NAME, CHAIN_HOOK, CHAIN_POLICY, CHAIN_TYPE, CHAIN_FLAGS = 3, 4, 5, 7, 10
SET_NAME, SET_FLAGS, SET_ID, SET_EXPRESSION, SET_EXPRESSIONS = 2, 3, 10, 17, 18
ELEMENT_KEY, ELEMENT_DATA, ELEMENT_FLAGS = 1, 2, 3
_DORMANT, _BASE_CHAIN, _INTERVAL_END = 1, 1, 1
_QUOTA = 2  # NFT_OBJECT_QUOTA
_QUOTA_INVERTED = 1
_DYNSET_TIMEOUT = 6
_FLAG_HARDWARE = 1
_LARGEST_PART = 32 << 10  # bytes of elements in a message; its length has 16 bits
_EXPRESSION_NAME, _EXPRESSION_DATA = 1, 2
_NO_SUCH_THING = (errno.ENOENT, errno.EOPNOTSUPP, errno.EINVAL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)


class Message(NamedTuple):
    """A table, chain, rule, set, part of a set's elements, object or flowtable."""

    kind: int
    family: int  # NFPROTO_...: 1 inet, 2 ip, 3 arp, 5 netdev, 7 bridge, 10 ip6
    attributes: Tuple[Attribute, ...]
    handle: int = 0  # a rule's, where it was read

    def text(self, kind: int) -> str:
        """The text of an attribute; nothing where it is not there."""
        found = by_kind(self.attributes).get(kind)
        return "" if found is None else found.text


class Expression(NamedTuple):
    """A step of a rule: what it compares, sets or decides."""

    name: str
    attributes: Mapping[int, Attribute]
    raw: Attribute

    @property
    def extension(self) -> str:
        """The name of the match or target of iptables that it stands for; nothing where it is nftables' own."""
        return self.attributes[1].text if self.name in ("match", "target") else ""


@functools.lru_cache(maxsize=1 << 16)  # each is looked at some ten times, and most rules have those of other rules
def expression(raw: Attribute) -> Expression:
    """The expression in an attribute. Not to be changed."""
    outer = by_kind(raw.inner)
    inner = outer.get(_EXPRESSION_DATA)
    return Expression(outer[_EXPRESSION_NAME].text, {} if inner is None else by_kind(inner.inner), raw)


def expressions(rule: Message) -> List[Expression]:
    """The expressions of a rule, in their order."""
    return [expression(raw) for one in rule.attributes if one.kind == RULE_EXPRESSIONS for raw in one.inner]


def with_expressions(rule: Message, raw: Sequence[Attribute]) -> Message:
    """A rule with other expressions."""
    attributes = [one for one in rule.attributes if one.kind != RULE_EXPRESSIONS]
    return rule._replace(attributes=tuple(attributes + [nested(RULE_EXPRESSIONS, raw)]))


def dump() -> List[Message]:
    """All rules of this network name space, in the order in which they load again. Nothing is asked for where the kernel has no nf_tables
    loaded. Raises CannotTell where they keep changing or have what we do not know; OSError."""
    if not is_there("nf_tables"):
        return []
    for _ in range(20):
        try:
            with Netlink(NETFILTER) as kernel:
                before = _generation(kernel)
                found = _all(kernel)
                if _generation(kernel) == before:
                    return found
        except Changed:
            pass
    raise CannotTell("the rules of nftables keep changing")


def load(messages: Sequence[Message]) -> None:
    """Loads rules, all or none. Raises CannotTell where the kernel refuses one."""
    requests, sets = [], 0
    for message in messages:
        attributes = list(message.attributes)
        if message.kind == SET:
            sets += 1
            attributes.append(number(SET_ID, sets))
        if message.kind == RULE:
            attributes += _compatible(message)
        flags = REQUEST | CREATE | (APPEND if message.kind == RULE else 0)
        requests.append(Request(_SUBSYSTEM | message.kind, flags, _header(message.family) + packed(attributes)))
    try:
        _batch(requests)
    except NetlinkError as error:
        refused = messages[min(max(error.index, 0), len(messages) - 1)]
        raise CannotTell("the kernel does not take this %s again: %s (%s)" % (NAMES[refused.kind], described(refused), error.strerror))


def flush() -> None:
    """Takes all rules away. Raises OSError."""
    _batch([Request(_SUBSYSTEM | _DELETE_TABLE, REQUEST, _header(0))])


def described(message: Message) -> str:
    """What a message is about, in a few words."""
    words = [message.text(TABLE_NAME)]
    if message.kind == RULE:
        words += [message.text(RULE_CHAIN), ", ".join(one.extension or one.name for one in expressions(message))]
    elif message.kind != TABLE:
        words.append(message.text(CHAIN_NAME if message.kind == CHAIN else SET_NAME))
    return " ".join(words)


def _batch(requests: Sequence[Request]) -> None:
    edge = struct.pack(">BBH", 0, 0, 10)
    with Netlink(NETFILTER) as kernel:
        kernel.batch(requests, Request(_BEGIN, REQUEST, edge), Request(_END, REQUEST, edge))


def _header(family: int) -> bytes:
    """A nfgenmsg."""
    return struct.pack(">BBH", family, 0, 0)


def _generation(kernel: Netlink) -> bytes:
    """Another one after each change. Its other attributes name the process that made the change."""
    answer = kernel.get(_SUBSYSTEM | GENERATION + 1, _header(0))
    return b"".join(one.data for one in _attributes(answer) if one.kind == 1)


def _all(kernel: Netlink) -> List[Message]:
    found = []
    for kind in (TABLE, CHAIN, FLOWTABLE, OBJECT, SET):
        found += [_loadable(message) for message in _of_kind(kernel, kind)]
    for one in [message for message in found if message.kind == SET]:
        found += _elements(kernel, one)
    return found + [_loadable(message) for message in _of_kind(kernel, RULE)]


def _attributes(body: bytes) -> Tuple[Attribute, ...]:
    return tuple(attributes_of(body[4:]))


def _of_kind(kernel: Netlink, kind: int, family: int = 0, body: bytes = b"") -> Iterator[Message]:
    """What a dump has; nothing where this kernel has no such kind."""
    try:
        for _, data in kernel.dump(_SUBSYSTEM | kind + 1, _header(family) + body):
            yield Message(kind, data[0], _attributes(data))
    except NetlinkError as error:
        if error.errno not in _NO_SUCH_THING:
            raise


def _loadable(message: Message) -> Message:
    """Without what is the kernel's own to say. Raises CannotTell where it has what we do not know."""
    unknown = {one.kind for one in message.attributes} - _KEPT[message.kind] - _OWN[message.kind]
    if unknown:
        raise CannotTell("%s with an attribute that is not known here (%s)" % (NAMES[message.kind], sorted(unknown)))
    handle = by_kind(message.attributes).get(RULE_HANDLE) if message.kind == RULE else None
    kept = [_settled(message.kind, one) for one in message.attributes if one.kind in _KEPT[message.kind]]
    kept = [one for one in kept if (message.kind, one.kind) != (CHAIN, CHAIN_FLAGS) or one.number]  # flags of 0 are not dumped
    if message.kind == OBJECT and by_kind(kept)[3].number == _QUOTA:
        kept = [one._replace(data=packed(_quota(one.inner, 2))) if one.kind == 4 else one for one in kept]
    changed = message._replace(attributes=tuple(kept), handle=handle.number if handle else 0)
    if message.kind == RULE and any(name in one.data for one in kept for name in (b"dynset\0", b"quota\0")):
        changed = with_expressions(changed, [_settled_expression(one) for one in expressions(changed)])
    return changed


def _settled(kind: int, one: Attribute) -> Attribute:
    """Of the flags those that a new one can have: no owner, whose end would take the table away; no binding; no hardware."""
    if (kind, one.kind) in ((TABLE, 2), (CHAIN, CHAIN_FLAGS)):
        return number(one.kind, one.number & (_DORMANT if kind == TABLE else _BASE_CHAIN))
    if (kind, one.kind) == (FLOWTABLE, 7):
        return number(one.kind, one.number & ~_FLAG_HARDWARE)
    return one


def _quota(inner: Sequence[Attribute], flags: int) -> List[Attribute]:
    """A quota's attributes without the mark that it is used up: the kernel makes that itself, from what is used."""
    return [number(one.kind, one.number & _QUOTA_INVERTED) if one.kind == flags else one for one in inner]


def _settled_expression(one: Expression) -> Attribute:
    """As a rule can have it that is loaded. A time of 0 for elements of a set is none, which is not taken again."""
    parts = []
    for part in one.raw.inner:
        if part.kind == _EXPRESSION_DATA and one.name == "quota":
            part = part._replace(data=packed(_quota(part.inner, 2)))
        elif part.kind == _EXPRESSION_DATA and one.name == "dynset":
            part = part._replace(data=packed(inner for inner in part.inner if inner.kind != _DYNSET_TIMEOUT or inner.number))
        parts.append(part)
    return one.raw._replace(data=packed(parts))


def _elements(kernel: Netlink, of: Message) -> List[Message]:
    """The elements of a set, in parts. They ascend, an interval's end before the next one's begin, as a tree of intervals takes them."""
    name = [one for one in of.attributes if one.kind in (TABLE_NAME, SET_NAME)]
    elements: List[Attribute] = []
    for message in _of_kind(kernel, ELEMENTS, of.family, packed(name)):
        elements += [one for part in message.attributes if part.kind == 3 for one in part.inner]
    elements.sort(key=_place)
    parts: List[List[Attribute]] = [[]]
    size = 0
    for one in elements:
        if size + len(one.data) > _LARGEST_PART:
            parts.append([])
            size = 0
        parts[-1].append(one)
        size += len(one.data) + 4
    return [Message(ELEMENTS, of.family, (name[0], name[1], nested(3, part))) for part in parts if part]


def _place(element: Attribute) -> Tuple[bytes, bool]:
    has = by_kind(element.inner)
    key = by_kind(has[ELEMENT_KEY].inner).get(1) if ELEMENT_KEY in has else None
    flags = has[ELEMENT_FLAGS].number if ELEMENT_FLAGS in has else 0
    return (b"\xff" * 64 if key is None else key.data, not flags & _INTERVAL_END)


def _compatible(rule: Message) -> List[Attribute]:
    """The protocol that a rule of iptables-nft is for: its matches ask for it when they are loaded, and the kernel does not dump it."""
    protocol: Optional[int] = None
    loads_protocol = has_extension = False
    for one in expressions(rule):
        number_of = {kind: value.number for kind, value in one.attributes.items()}
        if one.name == "meta":
            loads_protocol = number_of.get(2) == 16
        elif one.name == "payload":
            loads_protocol = number_of.get(2) == 1 and number_of.get(4) == 1 and number_of.get(3) in (9, 6)
        elif one.name == "cmp" and loads_protocol and number_of.get(2) == 0:
            protocol, loads_protocol = one.attributes[3].inner[0].data[0], False
        has_extension = has_extension or bool(one.extension)
    if not protocol or not has_extension:
        return []
    return [nested(RULE_COMPAT, [number(1, protocol), number(2, 0)])]
