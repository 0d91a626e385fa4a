"""The node's devices, addresses and routes, made again in an empty network name space; and the other ends of the devices in a second
one, from where the connections come. Both ends of each device are made there: none of the node's is touched."""

import struct
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple

from . import node_network as node
from .errors import CannotTell
from .namespaces import inside, new_network, this_network
from .netlink import CREATE, EXCLUSIVE, REPLACE, ROUTE, Attribute, Netlink, NetlinkError, attributes, by_kind, native, nested, packed
from .node_network import Address, Device, NodeNetwork

_IFNAME, _ADDRESS, _MTU, _MASTER, _LINKINFO, _GROUP, _NET_NS_FD = 3, 1, 4, 10, 18, 27, 28
_UP = 1
_NO_DAD, _NO_PREFIX_ROUTE = 0x02, 0x200
_HOST, _LINK = 254, 253  # RT_SCOPE_...
_PERMANENT = 0x80
_ON_LINK = 4  # RTNH_F_ONLINK
_FIRST_TABLE = 1000
_FREE_INDEX = 1 << 24  # no node has that many devices
MOST_DEVICES = 512
_QUIET = ("accept_dad", "accept_ra", "dad_transmits")


class Wanted(NamedTuple):
    """What the copy is to have."""

    network: NodeNetwork
    devices: Tuple[Device, ...]  # to be made
    ports: Mapping[int, Device]  # of each bridge among them: the port that packets come by
    macs: Mapping[int, bytes]  # of each device: the MAC address of who sends, where it is known
    senders: Mapping[int, Tuple[Address, ...]]  # of each device: addresses that are on its link: gateways, and sources there
    distant: Tuple[Address, ...]  # sources beyond a gateway
    arrivals: Tuple[Device, ...]  # the devices that packets come by
    destination: Address


class Copy:
    """The two name spaces. Who makes it is in that of the node's copy from then on.

    :ivar outside: a descriptor of the name space that connections come from
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        _write(_quiet())
        _write({"ipv4/conf/%s/%s" % (name, key): value for name in ("all", "default") for key, value in _OUTSIDE})
        self.outside = this_network()
        new_network()
        _write(_quiet())
        self._kernel = Netlink(ROUTE)
        self._up(1)
        for device in wanted.devices:
            self._make(device)
        self._number()
        with inside(self.outside):
            with Netlink(ROUTE) as kernel:
                _set_up_outside(kernel, wanted)

    def settle(self) -> None:
        """The switches as they are on the node, and nobody knows a neighbour: what asks for one goes through the filter. To be called
        once the wiring was seen to work."""
        self._forget(self._kernel)
        with inside(self.outside):
            with Netlink(ROUTE) as kernel:
                self._forget(kernel)
        _write(self._wanted.network.switches)

    def check_route(self, to: Address, expected: Optional[node.Route]) -> None:
        """Raises CannotTell where the copy sends to an address by another way than the node."""
        found = node.route(self._kernel, to, self._wanted.destination)
        if found != expected:
            raise CannotTell("the node's routes to %s cannot be copied" % to)

    def _forget(self, kernel: Netlink) -> None:
        for family in node.FAMILIES.values():
            for _, body in list(kernel.dump(node.NEW_NEIGHBOUR + 2, struct.pack(node.NEIGHBOUR_HEADER, family, 0, 0, 0, 0))):
                _, index, state, _, _ = struct.unpack_from(node.NEIGHBOUR_HEADER, body)
                has = by_kind(attributes(body[12:]))
                if 1 in has and not state & (_PERMANENT | 0x40):  # NUD_NOARP
                    try:
                        kernel.change(node.NEW_NEIGHBOUR + 1, 0, body[:12] + packed([has[1]]))
                    except NetlinkError:  # it went meanwhile
                        pass

    def _make(self, device: Device) -> None:
        """A device with its name, number, address and group; and its other end outside."""
        port = self._wanted.ports.get(device.number)
        if port is None:
            self._pair(device, 0, self._wanted.macs.get(device.number))
            return
        attributes_of = [_text(_IFNAME, device.name), Attribute(_ADDRESS, device.mac), native(_GROUP, device.group)]
        attributes_of.append(nested(_LINKINFO, [_text(1, "bridge")]))
        self._link(device.number, 0, attributes_of)
        self._pair(port, device.number, self._wanted.macs.get(device.number))
        self._up(device.number)

    def _pair(self, device: Device, master: int, mac: Optional[bytes]) -> None:
        other = [_text(_IFNAME, "or%d" % (master or device.number)), native(_NET_NS_FD, self.outside), native(_MTU, device.mtu)]
        if mac:
            other.append(Attribute(_ADDRESS, mac))
        header = struct.pack(node.LINK_HEADER, 0, 0, master or device.number, 0, 0)
        ours = [_text(_IFNAME, device.name), native(_MTU, device.mtu), native(_GROUP, device.group)]
        if len(device.mac) == 6:
            ours.append(Attribute(_ADDRESS, device.mac))
        info = [_text(1, "veth"), nested(2, [Attribute(1, header + packed(other))])]
        self._link(device.number, 0, ours + [nested(_LINKINFO, info)])
        if master:
            self._link(device.number, 0, [native(_MASTER, master)], 0)
        if device.is_up:
            self._up(device.number)

    def _link(self, index: int, flags: int, attributes_of: List[Attribute], how: int = CREATE | EXCLUSIVE) -> None:
        body = struct.pack(node.LINK_HEADER, 0, 0, index, flags, flags) + packed(attributes_of)
        try:
            self._kernel.change(node.NEW_LINK, how, body)
        except NetlinkError as error:
            raise CannotTell("a device cannot be copied (%s)" % error.strerror)

    def _up(self, index: int) -> None:
        self._link(index, _UP, [], 0)

    def _number(self) -> None:
        """Addresses, routes and rules. What is about a device that is not here is left out, which `check_route` would see."""
        network = self._wanted.network
        for own in network.addresses:
            _try(self._kernel, node.NEW_ADDRESS, _address_body(own.body))
        routes = [body for body in map(_route_body, network.routes) if body]
        for body in sorted(routes, key=lambda body: 5 in by_kind(attributes(body[12:]))):  # a gateway must be reached
            _try(self._kernel, node.NEW_ROUTE, body)
        for body in network.rules:
            _try(self._kernel, node.NEW_RULE, _rule_body(body), EXCLUSIVE)


_OUTSIDE = (("rp_filter", "0"), ("arp_announce", "2"), ("accept_local", "1"))


def _quiet() -> Dict[str, str]:
    """No waiting for another one with the same address; there is none."""
    return {"ipv6/conf/%s/%s" % (name, key): "0" for name in ("all", "default") for key in _QUIET}


def _write(switches: Mapping[str, str]) -> None:
    for name, value in switches.items():
        try:
            with open("/proc/sys/net/" + name, "w") as file:
                file.write(value)
        except OSError:  # not of a name space, then it is the same here
            pass


def _text(kind: int, value: str) -> Attribute:
    return Attribute(kind, value.encode() + b"\0")


def _try(kernel: Netlink, kind: int, body: bytes, how: int = REPLACE) -> None:
    try:
        kernel.change(kind, CREATE | how, body)
    except NetlinkError:
        pass


def _address_body(body: bytes) -> bytes:
    """Without how long it lives; and it is in force at once."""
    has = [one for one in attributes(body[8:]) if one.kind in (1, 2, 3, 4, 5, 9)]
    flags = by_kind(attributes(body[8:])).get(8)
    kept = (flags.native if flags else body[2]) & _NO_PREFIX_ROUTE
    return body[:2] + b"\0" + body[3:8] + packed(has + [native(8, kept | _NO_DAD)])


def _route_body(body: bytes) -> bytes:
    """A route without what the kernel says of its state; nothing for one that is made with an address."""
    flags = struct.unpack_from("=I", body, 8)[0]
    if flags & 0x200:  # RTM_F_CLONED
        return b""
    kept = []
    for one in attributes(body[12:]):
        if one.kind == 9:  # RTA_MULTIPATH
            one = one._replace(data=_hops(one.data))
        if one.kind not in (12, 23, 30):  # RTA_CACHEINFO, RTA_EXPIRES, RTA_NH_ID
            kept.append(one)
    return body[:8] + struct.pack("=I", flags & _ON_LINK) + packed(kept)


def _hops(data: bytes) -> bytes:
    """The next hops of a route, each as if its device worked."""
    place, parts = 0, []
    while place + 8 <= len(data):
        length, flags, hops, index = struct.unpack_from("=HBBi", data, place)
        parts.append(struct.pack("=HBBi", length, flags & _ON_LINK, hops, index) + data[place + 8 : place + ((length + 3) & ~3)])
        place += max((length + 3) & ~3, 8)
    return b"".join(parts)


def _rule_body(body: bytes) -> bytes:
    flags = struct.unpack_from("=I", body, 8)[0] & 2  # FIB_RULE_INVERT
    return body[:8] + struct.pack("=I", flags) + packed(one for one in attributes(body[12:]) if one.kind != 18)


def stand_ins(network: NodeNetwork) -> None:
    """Devices with the names, numbers and groups of the node's, in the network name space that the process is in: tools know them by
    name. Raises CannotTell where there are too many."""
    others = [one for one in network.devices.values() if one.name != "lo"]
    if len(others) > MOST_DEVICES:
        raise CannotTell("%d devices" % len(others))
    with Netlink(ROUTE) as kernel:
        for place, device in enumerate(others):
            header = struct.pack(node.LINK_HEADER, 0, 0, _FREE_INDEX + place, 0, 0)
            info = [_text(1, "veth"), nested(2, [Attribute(1, header + packed([_text(_IFNAME, "or%d" % place)]))])]
            ours = [_text(_IFNAME, device.name), native(_GROUP, device.group), nested(_LINKINFO, info)]
            body = struct.pack(node.LINK_HEADER, 0, 0, device.number, 0, 0)
            try:
                kernel.change(node.NEW_LINK, CREATE | EXCLUSIVE, body + packed(ours))
            except NetlinkError as error:
                raise CannotTell("a device cannot be copied (%s)" % error.strerror)


def mark_of(device: Device) -> int:
    """The mark of a packet outside that is to come by a device."""
    return device.number


def _set_up_outside(kernel: Netlink, wanted: Wanted) -> None:
    """Addresses of gateways and sources; and for each device a table of routes that leads everything to it, by the mark."""
    _outside_link(kernel, 1)
    family = node.FAMILIES[wanted.destination.version]
    for address in wanted.distant:
        _outside_address(kernel, address, 1)
    for number, device in enumerate(wanted.arrivals):
        _outside_link(kernel, device.number)
        for address in wanted.senders.get(device.number, ()):
            _outside_address(kernel, address, device.number)
        table = _FIRST_TABLE + number
        route = struct.pack(node.ROUTE_HEADER, family, 0, 0, 0, 0, 3, _LINK, node.UNICAST, 0)
        kernel.change(node.NEW_ROUTE, CREATE, route + packed([native(4, device.number), native(15, table)]))
        rule = struct.pack(node.ROUTE_HEADER, family, 0, 0, 0, 0, 0, 0, 1, 0)
        parts = [native(6, 10 + number), native(10, mark_of(device)), native(15, table)]
        kernel.change(node.NEW_RULE, CREATE | EXCLUSIVE, rule + packed(parts))
        # By another device than its own a packet comes from a router, which asks for that device's address, not for this one.
        if device not in wanted.network.devices_of(wanted.destination):
            entry = struct.pack(node.NEIGHBOUR_HEADER, family, device.number, _PERMANENT, 0, 0)
            kernel.change(node.NEW_NEIGHBOUR, CREATE, entry + packed([Attribute(1, wanted.destination.packed), Attribute(2, device.mac)]))


def _outside_link(kernel: Netlink, index: int) -> None:
    kernel.change(node.NEW_LINK, 0, struct.pack(node.LINK_HEADER, 0, 0, index, _UP, _UP))


def _outside_address(kernel: Netlink, address: Address, index: int) -> None:
    body = struct.pack(node.ADDRESS_HEADER, node.FAMILIES[address.version], address.max_prefixlen, 0, 0, index)
    _try(kernel, node.NEW_ADDRESS, body + packed([Attribute(1, address.packed), Attribute(2, address.packed), native(8, _NO_DAD)]))
