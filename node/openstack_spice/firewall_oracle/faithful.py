"""The list of what filters in a copy as it does on the node. What is not on it, and could be met by the packets that are asked about, is
named, and there is no answer.

A limit of a rate counts from a full bucket in the copy: it is for who sends too much, and one connection does not.
"""

from typing import Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Set, Tuple

from . import nftables
from .netlink import Attribute, by_kind
from .nftables import Expression, Message

# nftables' own expressions (NFTA_EXPR_NAME).
EXPRESSIONS: FrozenSet[str] = frozenset(
    (
        "bitwise", "byteorder", "cmp", "counter", "ct", "dynset", "exthdr", "fib", "immediate", "last", "limit", "log", "lookup", "masq",
        "match", "meta", "nat", "notrack", "objref", "payload", "quota", "range", "redir", "reject", "rt", "target",
    )
)  # fmt: skip
# Those whose outcome depends on what a copy does not have: processes, other connections, chance. Both outcomes are tried.
UNKNOWN_EXPRESSIONS: FrozenSet[str] = frozenset(("connlimit", "hash", "numgen", "osf", "socket"))
# Those that give the packet to somebody who decides.
DECIDED_ELSEWHERE: FrozenSet[str] = frozenset(("queue", "synproxy", "tproxy"))

# Keys of `meta` (NFT_META_...): all but security mark, IPsec, the kind of a device, VLANs of a bridge.
META: FrozenSet[int] = frozenset((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 18, 19, 21, 22))
UNKNOWN_META: FrozenSet[int] = frozenset((10, 11, 20, 23, 24, 25, 30, 31, 32))  # owner, CPU, cgroup, chance, IPsec, the clock
# Keys of `ct` (NFT_CT_...): all but security mark, expiry and identity.
CT: FrozenSet[int] = frozenset((0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22))
OBJECTS: Mapping[int, str] = {1: "counter", 2: "quota", 3: "ct helper", 4: "limit", 7: "ct timeout", 9: "ct expectation"}
UNKNOWN_OBJECTS: Mapping[int, str] = {5: "ct count"}
_OBJECT_NAMES: Mapping[int, str] = {6: "tunnel", 8: "secmark", 10: "synproxy"}
_AUDIT = 8  # NFT_LOGLEVEL_AUDIT: it would write to the node's audit log

# Matches and targets of iptables (xt_... of the kernel), of the legacy tables and of nftables alike.
MATCHES: FrozenSet[str] = frozenset(
    (
        "addrtype", "ah", "comment", "connlabel", "connmark", "conntrack", "devgroup", "dccp", "dscp", "dst", "ecn", "esp", "eui64", "frag",
        "hashlimit", "hbh", "helper", "hl", "icmp", "icmp6", "icmpv6", "iprange", "ipv6header", "length", "limit", "mac", "mark",
        "multiport", "physdev", "pkttype", "realm", "rpfilter", "rt", "sctp", "set", "state", "string", "tcp", "tcpmss", "tos", "ttl",
        "u32", "udp", "udplite",
    )
)  # fmt: skip
UNKNOWN_MATCHES: FrozenSet[str] = frozenset(
    (
        "bpf", "cgroup", "connbytes", "connlimit", "cpu", "nfacct", "osf", "owner", "policy", "quota", "rateest", "recent", "socket",
        "statistic", "time",
    )
)  # fmt: skip
TARGETS: FrozenSet[str] = frozenset(
    (
        "ACCEPT", "CHECKSUM", "CLASSIFY", "CONNMARK", "CT", "DNAT", "DROP", "DSCP", "ECN", "HL", "LOG", "MARK", "MASQUERADE", "NETMAP",
        "NFLOG", "NOTRACK", "REDIRECT", "REJECT", "RETURN", "SET", "SNAT", "TCPMSS", "TCPOPTSTRIP", "TOS", "TRACE", "TTL",
    )
)  # fmt: skip
TARGETS_DECIDED_ELSEWHERE: FrozenSet[str] = frozenset(("NFQUEUE", "SYNPROXY", "TPROXY"))
# Those that act on the whole machine as soon as they are loaded, wherever they stand: they are never loaded.
ACTING_WHEN_LOADED: FrozenSet[str] = frozenset(("IDLETIMER", "LED"))
# Those that send a packet to another address or port than it was for.
REDIRECTING: FrozenSet[str] = frozenset(("DNAT", "NETMAP", "REDIRECT", "nat", "redir"))
IPSETS: Tuple[str, ...] = ("bitmap:", "hash:", "list:set")
# Those whose outcome can be another at the second packet than at the first.
CHANGING: FrozenSet[str] = frozenset(("connlimit", "dynset", "hashlimit", "last", "limit", "quota", "set", "SET"))

_INET, _IP, _ARP, _NETDEV, _BRIDGE, _IP6 = 1, 2, 3, 5, 7, 10
_FORWARD = 2
_NETDEV_INGRESS, _INET_INGRESS = 0, 5
Chain = Tuple[int, str, str]  # family, table, chain


class Path(NamedTuple):
    """What the packets go by."""

    version: int  # 4 or 6
    devices: FrozenSet[str]  # names of those that they come by, ports of bridges too
    has_bridge: bool
    mac_is_known: bool  # of each sender


def met(messages: Iterable[Message], path: Path) -> List[int]:
    """The places of the rules that the packets could meet: of the base chains on their way, and of all chains that those lead to."""
    messages = list(messages)
    dormant = {(one.family, one.text(1)) for one in messages if one.kind == nftables.TABLE and _flags(one, 2) & 1}
    reached = {
        _chain(one, nftables.CHAIN_NAME)
        for one in messages
        if one.kind == nftables.CHAIN and (one.family, one.text(1)) not in dormant and _is_on(one, path)
    }
    leads = _leads(messages)
    waiting = list(reached)
    while waiting:
        for chain in leads.get(waiting.pop(), ()):
            if chain not in reached:
                reached.add(chain)
                waiting.append(chain)
    return [place for place, one in enumerate(messages) if one.kind == nftables.RULE and _chain(one, nftables.RULE_CHAIN) in reached]


def _flags(message: Message, kind: int) -> int:
    found = by_kind(message.attributes).get(kind)
    return 0 if found is None else found.number


def _chain(message: Message, kind: int) -> Chain:
    return (message.family, message.text(nftables.TABLE_NAME), message.text(kind))


def _is_on(chain: Message, path: Path) -> bool:
    """Whether packets go by a base chain."""
    hook = by_kind(chain.attributes).get(nftables.CHAIN_HOOK)
    if hook is None:
        return False
    has = by_kind(hook.inner)
    number = has[1].number if 1 in has else 0
    if chain.family == _NETDEV or (chain.family == _INET and number == _INET_INGRESS):
        devices = {has[3].text} if 3 in has else {one.text for one in has[4].inner} if 4 in has else set()
        return any(name in path.devices or name.endswith("*") for name in devices)
    if number == _FORWARD and chain.family != _ARP:
        return False
    if chain.family == _BRIDGE:
        return path.has_bridge
    return chain.family == _INET or chain.family in ((_IP, _ARP) if path.version == 4 else (_IP6,))


def _leads(messages: List[Message]) -> Mapping[Chain, Set[Chain]]:
    """Of each chain those that its rules jump or go to, also by a map of verdicts."""
    of_sets: Dict[Chain, Set[str]] = {}
    for one in messages:
        if one.kind == nftables.ELEMENTS:
            key = (one.family, one.text(1), one.text(2))
            elements = [by_kind(element.inner) for part in one.attributes if part.kind == 3 for element in part.inner]
            of_sets.setdefault(key, set()).update(
                target for element in elements if nftables.ELEMENT_DATA in element for target in _targets(element[nftables.ELEMENT_DATA])
            )
    leads: Dict[Chain, Set[Chain]] = {}
    for one in messages:
        if one.kind != nftables.RULE:
            continue
        found = leads.setdefault(_chain(one, nftables.RULE_CHAIN), set())
        for step in nftables.expressions(one):
            names: Iterable[str] = ()
            if step.name == "immediate" and 2 in step.attributes:
                names = _targets(step.attributes[2])
            elif step.name == "lookup" and 1 in step.attributes:
                names = of_sets.get((one.family, one.text(1), step.attributes[1].text), ())
            found.update((one.family, one.text(1), name) for name in names)
    return leads


def _targets(data: Attribute) -> List[str]:
    """The chain in a verdict."""
    return [part.text for verdict in data.inner if verdict.kind == 2 for part in verdict.inner if part.kind == 2]


def unfaithful(messages: List[Message], places: Iterable[int]) -> List[str]:
    """What is not on the list, in the words of nftables and iptables."""
    objects = {(one.family, one.text(1), one.text(2), by_kind(one.attributes)[3].number) for one in messages if one.kind == nftables.OBJECT}
    found: List[str] = []
    for place in places:
        rule = messages[place]
        for step in nftables.expressions(rule):
            name = _unfaithful(step)
            if step.name == "objref":
                kind = step.attributes[1].number if 1 in step.attributes else 0
                of_table = [one[3] for one in objects if one[:2] == (rule.family, rule.text(1))]
                wrong = [one for one in ([kind] if kind else of_table) if one not in OBJECTS and one not in UNKNOWN_OBJECTS]
                name = _OBJECT_NAMES.get(wrong[0], "an object of kind %d" % wrong[0]) if wrong else ""
            if name and name not in found:
                found.append("%s, in chain %s of table %s" % (name, rule.text(nftables.RULE_CHAIN), rule.text(nftables.TABLE_NAME)))
    return found


def _unfaithful(step: Expression) -> str:
    known = EXPRESSIONS | UNKNOWN_EXPRESSIONS | DECIDED_ELSEWHERE
    key = step.attributes[2].number if 2 in step.attributes else 0
    if step.name not in known:
        return "the expression " + step.name
    if step.name == "match" and step.extension not in MATCHES | UNKNOWN_MATCHES:
        return "the match " + step.extension
    if step.name == "target" and step.extension not in TARGETS | TARGETS_DECIDED_ELSEWHERE:
        return "the target " + step.extension
    if step.name == "meta" and key not in META | UNKNOWN_META:
        return "meta key %d" % key
    if step.name == "ct" and key not in CT:
        return "ct key %d" % key
    if step.name == "log" and 5 in step.attributes and step.attributes[5].number == _AUDIT:
        return "a log to the audit system"
    return ""
