"""All that filters in a network name space: nftables, the legacy tables of iptables, and the sets of ipset. Read without a change, and
loaded again elsewhere as it was."""

import ctypes
import errno
import os
import re
import socket
import struct
from typing import Dict, List, Mapping, NamedTuple, Tuple

from . import nftables
from .errors import CannotTell
from .modules import is_there
from .namespaces import tool, which

# What lists the legacy tables that are loaded, and the tools that read them, the surest first: where there is no iptables-legacy, an
# iptables before 1.8 is one.
_LEGACY: Mapping[str, Tuple[str, Tuple[str, ...]]] = {
    "4": ("/proc/net/ip_tables_names", ("iptables-legacy", "iptables")),
    "6": ("/proc/net/ip6_tables_names", ("ip6tables-legacy", "ip6tables")),
}
ARP_TABLES = "/proc/net/arp_tables_names"
OUR_TABLE = "openstack-spice-trace"  # of nftables, in a copy
Handle = Tuple[int, str, int]  # family, table and number of a rule
_IPSET_VERSIONS = (7, 6)
_GET_INDEX, _GET_NAME = 6, 7  # IP_SET_OP_GET_BYNAME, IP_SET_OP_GET_BYINDEX
_FIRST_INDEXES = 256  # a new set takes the first that is free
_SO_IP_SET, _EBT_SO_GET_INFO = 83, 128
_GAP = "openstack-spice-gap"  # a set that takes an index which the node has free
# Steps of rules whose attributes change with the packets that they see.
_STATEFUL = frozenset(("counter", "quota", "limit", "connlimit", "last", "dynset"))
_C = ctypes.CDLL(None, use_errno=True)


class Ruleset(NamedTuple):
    """What filters."""

    messages: Tuple[nftables.Message, ...] = ()  # of nftables
    legacy: Mapping[str, str] = {}  # of each tool what its -save says, such as {"iptables-legacy": "*filter\n..."}
    ipsets: str = ""  # as `ipset restore` takes it
    others: Tuple[Tuple[str, str], ...] = ()  # tables that are not copied: `arp` or `bridge`, by whose packets they are met, and a name

    @property
    def is_empty(self) -> bool:
        """Whether nothing filters."""
        return not self.messages and not self.legacy


EMPTY = Ruleset()


def read() -> Ruleset:
    """All that filters in this network name space. Nothing is changed, no module is loaded. Raises CannotTell, OSError."""
    return Ruleset(tuple(nftables.dump()), _read_legacy(), _read_ipsets(), tuple(_others()))


def load(ruleset: Ruleset) -> None:
    """Loads all that into this network name space, an empty one. Raises CannotTell where it does not load."""
    if ruleset.ipsets:
        _run("ipset", ["ipset", "restore"], ruleset.ipsets)
    nftables.load(ruleset.messages)
    for name, text in sorted(ruleset.legacy.items()):
        _run("the legacy tables", [name + "-restore"], text)


def unload(ruleset: Ruleset) -> None:
    """Takes all rules away; sets stay. The legacy tables are left empty by who loads them again. Raises OSError."""
    if ruleset.messages:
        nftables.flush()


def copied(ruleset: Ruleset) -> Dict[Handle, nftables.Message]:
    """The rules that were loaded into this network name space, by their handles there; a table of ours is left aside. Raises CannotTell
    where what was loaded is not what it is a copy of."""
    now = [one for one in nftables.dump() if one.text(nftables.TABLE_NAME) != OUR_TABLE]
    for given, found in zip(ruleset.messages, now):
        if given[:3] != found[:3] and _lasting(given) != _lasting(found):
            raise CannotTell("the copy of this %s differs: %s" % (nftables.NAMES[given.kind], nftables.described(given)))
    if len(now) != len(ruleset.messages):
        raise CannotTell("the copy of nftables has %d parts of %d" % (len(now), len(ruleset.messages)))
    return {(one.family, one.text(nftables.TABLE_NAME), one.handle): one for one in now if one.kind == nftables.RULE}


def counters(tool_name: str) -> str:
    """The legacy tables with what each rule has counted. Raises CannotTell."""
    output = tool([tool_name + "-save", "-c"])
    if output.status:
        raise CannotTell("%s-save: %s" % (tool_name, output.reason))
    return output.out.decode("utf-8", "surrogateescape")


def _lasting(message: nftables.Message) -> nftables.Message:
    """What a packet or a second does not change: not the state of rules, nor what sets gain and lose."""
    if message.kind == nftables.RULE:
        shape = tuple(one.name + one.extension for one in nftables.expressions(message))
        stateless = [one.raw for one in nftables.expressions(message) if one.name not in _STATEFUL and not one.extension]
        return nftables.with_expressions(message._replace(handle=hash(shape)), stateless)
    if message.kind in (nftables.ELEMENTS, nftables.OBJECT):
        return message._replace(attributes=message.attributes[:2])
    return message


def _run(what: str, argv: List[str], text: str) -> None:
    output = tool(argv, text.encode("utf-8", "surrogateescape"))
    if output.status:
        raise CannotTell("%s cannot be copied: %s" % (what, output.reason))


def _read_legacy() -> Dict[str, str]:
    found = {}
    for listing, tools in _LEGACY.values():
        if not _lines(listing):
            continue
        names = [name for name in tools if which(name + "-save")]
        if not names:
            raise CannotTell("legacy tables (%s), and no tool that reads them" % listing)
        output = tool([names[0] + "-save"])
        if output.status:
            raise CannotTell("%s-save: %s" % (names[0], output.reason))
        found[names[0]] = output.out.decode("utf-8", "surrogateescape")
        missing = [name for name in _lines(listing) if "*%s\n" % name not in found[names[0]]]
        if missing:  # it is a tool of nftables that has a legacy name
            raise CannotTell("the legacy table %s, which %s-save does not show" % (missing[0], names[0]))
    return found


def _lines(path: str) -> List[str]:
    try:
        with open(path) as file:
            return file.read().split()
    except OSError:
        return []


def _read_ipsets() -> str:
    """The sets, each to be made at its index of the kernel: a rule of iptables names a set by that."""
    if not is_there("ip_set") or not _has_ipsets():
        return ""
    if not which("ipset"):
        raise CannotTell("sets of ipset, and no ipset to read them")
    output = tool(["ipset", "save"])
    if output.status:
        raise CannotTell("ipset save: " + output.reason)
    lines = output.out.decode("utf-8", "surrogateescape").splitlines()
    made = {_index(re.split(r"\s", line)[1]): line for line in lines if line.startswith("create ")}
    if not made:
        return ""
    gaps = [number for number in range(max(made)) if number not in made]
    creates = [made.get(number, "create %s%d hash:ip" % (_GAP, number)) for number in range(max(made) + 1)]
    adds = [line for line in lines if line.startswith("add ")]
    return "\n".join(creates + adds + ["destroy %s%d" % (_GAP, number) for number in gaps]) + "\n"


def _has_ipsets() -> bool:
    """Whether there is any set. Raises CannotTell."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as asked:
        for version in _IPSET_VERSIONS:
            for number in range(_FIRST_INDEXES):
                request = ctypes.create_string_buffer(struct.pack("=IIH", _GET_NAME, version, number), 40)
                if _ask(asked, request):
                    break
                if request.raw[8:9] != b"\0":
                    return True
            else:
                return False
            if ctypes.get_errno() == errno.ENOPROTOOPT:  # the kernel has no ipset
                return False
    raise CannotTell("ipset of a version that is not known here")


def _index(name: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as asked:
        for version in _IPSET_VERSIONS:
            request = ctypes.create_string_buffer(struct.pack("=II32s", _GET_INDEX, version, os.fsencode(name)), 40)
            if not _ask(asked, request):
                return int(struct.unpack_from("=H", request.raw, 8)[0])
    raise CannotTell("the index of the set %s is not known" % name)


def _ask(asked: socket.socket, request: "ctypes.Array[ctypes.c_char]") -> int:
    length = ctypes.c_int(len(request))
    return int(_C.getsockopt(asked.fileno(), socket.IPPROTO_IP, _SO_IP_SET, request, ctypes.byref(length)))


def _others() -> List[Tuple[str, str]]:
    """The legacy tables of arptables and ebtables."""
    found = [("arp", "the legacy tables of arptables")] if _lines(ARP_TABLES) else []
    for table in ("filter", "nat", "broute"):
        # Built into the kernel they cannot be asked for without being made.
        if os.path.isdir("/sys/module/ebtable_%s" % table) and _has_bridge_rules(table):
            found.append(("bridge", "the legacy table %s of ebtables" % table))
    return found


def _has_bridge_rules(table: str) -> bool:
    """Whether a table of ebtables has rules; True where it does not say."""
    size = struct.calcsize("@32sIIIPPPPPPIPP")  # struct ebt_replace
    request = ctypes.create_string_buffer(table.encode(), size)
    length = ctypes.c_int(size)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as asked:
        if _C.getsockopt(asked.fileno(), socket.IPPROTO_IP, _EBT_SO_GET_INFO, request, ctypes.byref(length)):
            return True
    return bool(struct.unpack_from("=I", request.raw, 36)[0])
