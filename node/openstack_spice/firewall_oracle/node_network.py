"""The node's devices, addresses, routes, rules of routing, neighbours and switches of the kernel. Read alone: nothing is changed.

Facts: linux/rtnetlink.h, linux/if_link.h, linux/neighbour.h, Documentation/networking/ip-sysctl of the kernel.
"""

import ipaddress
import os
import struct
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from .errors import CannotTell
from .netlink import ROUTE, Attribute, Changed, Netlink, NetlinkError, attributes, by_kind, packed

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

NEW_LINK, NEW_ADDRESS, NEW_ROUTE, NEW_NEIGHBOUR, NEW_RULE, _NEW_QDISC, _NEW_FILTER = 16, 20, 24, 28, 32, 36, 44  # GET is two more
LINK_HEADER, ADDRESS_HEADER, ROUTE_HEADER, NEIGHBOUR_HEADER, _TC_HEADER = "=BxHiII", "=BBBBI", "=BBBBBBBBI", "=BxxxiHBB", "=BxxxiIII"
FAMILIES: Mapping[int, int] = {4: 2, 6: 10}  # AF_INET, AF_INET6
_BRIDGE_FAMILY = 7  # AF_BRIDGE
_ETHERNET = 1  # ARPHRD_ETHER
_UP = 1
UNICAST, LOCAL = 1, 2  # RTN_...
_RESOLVED = 0x02 | 0x04 | 0x08 | 0x10 | 0x80  # NUD_REACHABLE, STALE, DELAY, PROBE, PERMANENT
_INGRESS, _EGRESS = 0xFFFFFFF2, 0xFFFFFFF3  # TC_H_CLSACT | TC_H_MIN_...
_OWN_QDISCS = ("clsact", "ingress")  # whose filters see what arrives

# What decides about a packet for the node itself, of each device and of the whole name space.
_OF_DEVICE = (
    "ipv4/conf/%s/rp_filter", "ipv4/conf/%s/accept_local", "ipv4/conf/%s/route_localnet", "ipv4/conf/%s/src_valid_mark",
    "ipv4/conf/%s/arp_ignore", "ipv4/conf/%s/arp_filter", "ipv4/conf/%s/arp_announce", "ipv4/conf/%s/accept_source_route",
    "ipv6/conf/%s/disable_ipv6",
)  # fmt: skip
_OF_ALL = (
    "ipv4/ip_forward", "ipv4/tcp_syncookies", "ipv4/tcp_timestamps", "ipv4/tcp_fwmark_accept", "ipv4/fwmark_reflect",
    "ipv4/tcp_l3mdev_accept", "ipv6/fwmark_reflect", "ipv6/conf/all/forwarding", "netfilter/nf_conntrack_tcp_loose",
    "netfilter/nf_conntrack_tcp_be_liberal", "netfilter/nf_conntrack_acct", "netfilter/nf_conntrack_helper",
    "bridge/bridge-nf-call-iptables", "bridge/bridge-nf-call-ip6tables", "bridge/bridge-nf-filter-vlan-tagged",
)  # fmt: skip


class Device(NamedTuple):
    """A network device."""

    name: str
    number: int  # ifindex
    kind: str  # IFLA_INFO_KIND, such as `bridge`; nothing for hardware
    mac: bytes
    mtu: int
    group: int
    master: int  # index of the bridge, bond or VRF that it is a part of; 0
    lower: int  # index of the device that it is upon; 0
    is_up: bool
    is_ethernet: bool
    has_xdp: bool


class OwnAddress(NamedTuple):
    """An address of the node."""

    address: Address
    device: int
    body: bytes  # the kernel's message


class Route(NamedTuple):
    """How the node sends to an address."""

    kind: int  # UNICAST, LOCAL ...
    device: int
    gateway: Optional[Address]


class NodeNetwork(NamedTuple):
    """All of it."""

    devices: Mapping[int, Device]  # by index
    addresses: Tuple[OwnAddress, ...]
    routes: Tuple[bytes, ...]  # the kernel's messages
    rules: Tuple[bytes, ...]
    neighbours: Mapping[Tuple[int, Address], bytes]  # the MAC address of who was seen, by device and address
    ports: Mapping[bytes, int]  # of bridges: the device that a MAC address was seen at
    switches: Mapping[str, str]  # values below /proc/sys/net
    filtering: Mapping[int, str]  # devices with filters of tc, or an XDP program: what that is, in words
    has_ipvs: bool  # whether services of IPVS take connections before any listener does

    def devices_of(self, address: Address) -> List[Device]:
        """The devices that have an own address."""
        return [self.devices[one.device] for one in self.addresses if one.address == address and one.device in self.devices]

    def is_own(self, address: Address) -> bool:
        """Whether it is an address of the node."""
        return any(one.address == address for one in self.addresses)


def read() -> NodeNetwork:
    """The network of this name space. Raises CannotTell where it keeps changing, OSError."""
    for _ in range(20):
        try:
            with Netlink(ROUTE) as kernel:
                return _read(kernel)
        except Changed:
            pass
    raise CannotTell("the devices or routes keep changing")


def _read(kernel: Netlink) -> NodeNetwork:
    devices = {one.number: one for one in _devices(kernel)}
    neighbours: Dict[Tuple[int, Address], bytes] = {}
    ports: Dict[bytes, int] = {}
    addresses, routes, rules = [], [], []
    for family in FAMILIES.values():
        for _, body in kernel.dump(NEW_ADDRESS + 2, struct.pack(ADDRESS_HEADER, family, 0, 0, 0, 0)):
            own = _own_address(body)
            if own is not None:
                addresses.append(own)
        routes += [body for _, body in kernel.dump(NEW_ROUTE + 2, struct.pack(ROUTE_HEADER, family, 0, 0, 0, 0, 0, 0, 0, 0))]
        rules += [body for _, body in kernel.dump(NEW_RULE + 2, struct.pack(ROUTE_HEADER, family, 0, 0, 0, 0, 0, 0, 0, 0))]
        for _, body in kernel.dump(NEW_NEIGHBOUR + 2, struct.pack(NEIGHBOUR_HEADER, family, 0, 0, 0, 0)):
            _, index, state, _, _ = struct.unpack_from(NEIGHBOUR_HEADER, body)
            has = by_kind(attributes(body[12:]))
            if state & _RESOLVED and 1 in has and 2 in has:
                neighbours[(index, ipaddress.ip_address(has[1].data))] = has[2].data
    if any(one.kind == "bridge" for one in devices.values()):
        for _, body in kernel.dump(NEW_NEIGHBOUR + 2, struct.pack(NEIGHBOUR_HEADER, _BRIDGE_FAMILY, 0, 0, 0, 0)):
            has = by_kind(attributes(body[12:]))
            if 2 in has:
                ports[has[2].data] = struct.unpack_from(NEIGHBOUR_HEADER, body)[1]
    names = ["all", "default"] + sorted({devices[one.device].name for one in addresses if one.device in devices})
    switches = _switches([path % name for name in names for path in _OF_DEVICE] + list(_OF_ALL))
    filtering = {one.number: "an XDP program on " + one.name for one in devices.values() if one.has_xdp}
    filtering.update({number: "filters of tc on " + devices[number].name for number in _with_filters(kernel, devices)})
    return NodeNetwork(devices, tuple(addresses), tuple(routes), tuple(rules), neighbours, ports, switches, filtering, _has_ipvs())


def _devices(kernel: Netlink) -> List[Device]:
    found = []
    for _, body in kernel.dump(NEW_LINK + 2, struct.pack(LINK_HEADER, 0, 0, 0, 0, 0)):
        _, kind, index, flags, _ = struct.unpack_from(LINK_HEADER, body)
        has = by_kind(attributes(body[16:]))
        info = by_kind(has[18].inner) if 18 in has else {}
        xdp = by_kind(has[43].inner) if 43 in has else {}
        found.append(
            Device(
                has[3].text,
                index,
                info[1].text if 1 in info else "",
                has[1].data if 1 in has else b"",
                _native(has, 4),
                _native(has, 27),
                _native(has, 10),
                0 if 37 in has else _native(has, 5),  # IFLA_LINK_NETNSID: the other end is elsewhere
                bool(flags & _UP),
                kind == _ETHERNET,
                2 in xdp and xdp[2].data != b"\0",
            )
        )
    return found


def _native(has: Dict[int, Attribute], kind: int) -> int:
    return has[kind].native if kind in has else 0


def _own_address(body: bytes) -> Optional[OwnAddress]:
    _, _, _, _, index = struct.unpack_from(ADDRESS_HEADER, body)
    has = by_kind(attributes(body[8:]))
    own = has.get(2, has.get(1))  # IFA_LOCAL, IFA_ADDRESS
    return None if own is None else OwnAddress(ipaddress.ip_address(own.data), index, body)


def _switches(names: List[str]) -> Dict[str, str]:
    found = {}
    for name in names:
        try:
            with open("/proc/sys/net/" + name) as file:
                found[name] = file.read()
        except OSError:  # this kernel has no such switch, or the part that it is of is not there
            pass
    return found


def route(kernel: Netlink, to: Address, source: Address) -> Optional[Route]:
    """How a packet goes that answers from an own address; None where there is no way. Raises NetlinkError.

    :param kernel: a socket in the name space that is asked about
    """
    length = to.max_prefixlen
    header = struct.pack(ROUTE_HEADER, FAMILIES[to.version], length, length, 0, 0, 0, 0, 0, 0)
    try:
        body = kernel.get(NEW_ROUTE + 2, header + packed([Attribute(1, to.packed), Attribute(2, source.packed)]))
    except NetlinkError:
        return None
    has = by_kind(attributes(body[12:]))
    if 18 in has:  # RTA_VIA: a gateway of the other family
        raise CannotTell("a route to %s by a gateway of the other address family" % to)
    gateway = ipaddress.ip_address(has[5].data) if 5 in has else None
    return Route(body[7], _native(has, 4), gateway)


def reached(network: NodeNetwork, source: Union[ipaddress.IPv4Network, ipaddress.IPv6Network]) -> List[Address]:
    """An address of each network within a source that the node has a route to, and that is none of its own."""
    found: List[Address] = []
    for body in network.routes:
        has = by_kind(attributes(body[12:]))
        if body[0] != FAMILIES[source.version] or 1 not in has or not 0 < body[1] < source.max_prefixlen - 1:  # RTA_DST
            continue
        first = ipaddress.ip_address(has[1].data) + 1
        address = first + 1 if network.is_own(first) else first
        if address in source and address not in found and not (address.is_loopback or address.is_link_local or address.is_multicast):
            found.append(address)
    return found


def answering_address(kernel: Netlink, to: Address) -> Address:
    """The own address by which a packet goes that nothing binds to another one. Raises CannotTell.

    :param kernel: a socket in the name space that is asked about
    """
    header = struct.pack(ROUTE_HEADER, FAMILIES[to.version], to.max_prefixlen, 0, 0, 0, 0, 0, 0, 0)
    try:
        has = by_kind(attributes(kernel.get(NEW_ROUTE + 2, header + packed([Attribute(1, to.packed)]))[12:]))
    except NetlinkError:
        raise CannotTell("the node has no route to %s" % to)
    if 7 not in has:  # RTA_PREFSRC
        raise CannotTell("the node has no address to answer %s by" % to)
    return ipaddress.ip_address(has[7].data)


def _with_filters(kernel: Netlink, devices: Mapping[int, Device]) -> List[int]:
    """The devices where filters of tc see what arrives or leaves."""
    asked = {}
    for _, body in kernel.dump(_NEW_QDISC + 2, struct.pack(_TC_HEADER, 0, 0, 0, 0, 0)):
        _, index, handle, _, _ = struct.unpack_from(_TC_HEADER, body)
        kind = by_kind(attributes(body[20:])).get(1)
        if index in devices and kind is not None and kind.text in _OWN_QDISCS:
            asked[index] = (_INGRESS, _EGRESS) if kind.text == "clsact" else (handle,)
    found = []
    for index, parents in asked.items():
        for parent in parents:
            if list(kernel.dump(_NEW_FILTER + 2, struct.pack(_TC_HEADER, 0, index, 0, parent, 0))):
                found.append(index)
    return found


def _has_ipvs() -> bool:
    if not os.path.exists("/proc/net/ip_vs"):
        return False
    with open("/proc/net/ip_vs") as file:
        return len(file.read().splitlines()) > 3  # three lines of heading
