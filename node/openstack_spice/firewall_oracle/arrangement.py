"""Who connects in the copy, by which devices, and what the copy must have for that."""

from typing import Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import faithful, nftables, node_network, sources
from .connecting import Try
from .copied_network import MOST_DEVICES, Wanted
from .errors import CannotTell
from .netlink import Netlink, by_kind
from .node_network import Address, Device, NodeNetwork
from .ruleset import Ruleset

MOST_ADDRESSES = 200
MOST_PORTS = 8
MOST_NETWORKS = 8
MOST_OTHER_DEVICES = 8
# Kinds of devices that a copy stands for: packets come from them as from hardware.
KINDS = frozenset(("", "bond", "bridge", "dummy", "ipvlan", "macvlan", "netvsc", "openvswitch", "team", "veth", "virtio_net", "vlan"))
_GUESTS = ("tap", "qvo", "qvb", "vnet", "veth")  # how the ports of guests are named: none of those leads outside


class Question(NamedTuple):
    """What is asked."""

    source: sources.Network
    destination: Address
    first_port: int
    last_port: int


class Arrangement(NamedTuple):
    """Who connects, by which devices."""

    tries: Tuple[Try, ...]
    wanted: Wanted
    path: faithful.Path
    left_out: int
    expected: Mapping[Address, Optional[node_network.Route]]


def arranged(question: Question, network: NodeNetwork, ruleset: Ruleset, kernel: Netlink) -> Arrangement:
    """What there is to try. Raises CannotTell.

    :param kernel: for routes, in the node's own name space
    """
    destination = question.destination
    if not network.is_own(destination):
        raise CannotTell("%s is no address of this node" % destination)
    ports, ports_left = sources.ports(question.first_port, question.last_port, ruleset, MOST_PORTS)
    addresses, left = sources.addresses(question.source, ruleset, MOST_ADDRESSES // len(ports))
    if question.source.num_addresses > 1:
        addresses = [one for one in addresses if not network.is_own(one)]
    routed: Dict[Address, node_network.Route] = {}
    # Of everybody, where the node has no default route, those that it has one to.
    for those in (addresses, node_network.reached(network, question.source)[:MOST_NETWORKS]):
        if not routed:
            routes = {one: node_network.route(kernel, one, destination) for one in those}
            kinds = (node_network.UNICAST, node_network.LOCAL)
            routed = {one: route for one, route in routes.items() if route is not None and route.kind in kinds}
    if not routed:
        raise CannotTell("the node has no route to %s" % question.source)
    arrivals = _arrivals(routed, network)
    tries: List[Try] = []
    for address, route in routed.items():
        device = None if route.kind == node_network.LOCAL else network.devices[route.device]
        tries += [Try(address, port, device, True) for port in ports]
    others = _others(network, destination, arrivals)
    # Who is on the link of the destination's own device comes by that; who is beyond a router can come by any.
    owners = network.devices_of(destination)
    distant = (one for one in tries if one.device is not None and (routed[one.source].gateway is not None or one.device not in owners))
    first = next(distant, None)
    if first is None:
        others = []
    else:
        tries += [first._replace(device=device, is_routed=False) for device in others if device != first.device]
    wanted = _wanted(network, ruleset, destination, routed, arrivals + [one for one in others if one not in arrivals])
    bridges = any(one.kind == "bridge" for one in wanted.arrivals)
    names = {one.name for one in wanted.arrivals} | {one.name for one in wanted.ports.values()}
    known = bool(wanted.macs) and all(device.number in wanted.macs for device in arrivals) or not arrivals
    path = faithful.Path(destination.version, frozenset(names), bridges, known)
    return Arrangement(tuple(tries), wanted, path, left + ports_left, routes)


def _arrivals(routed: Mapping[Address, node_network.Route], network: NodeNetwork) -> List[Device]:
    """The devices that the node answers by."""
    found: List[Device] = []
    for route in routed.values():
        if route.kind == node_network.LOCAL:
            continue
        device = network.devices.get(route.device)
        if device is None or not device.is_up:
            raise CannotTell("the device of a route is not there or is down")
        if device not in found:
            found.append(device)
    return found


def _others(network: NodeNetwork, destination: Address, arrivals: Sequence[Device]) -> List[Device]:
    """Other devices that packets could come by: those with addresses, first those of the destination."""
    found = [one for one in network.devices_of(destination) if one.is_up]
    found += [network.devices[one.device] for one in network.addresses if one.device in network.devices]
    unique: List[Device] = []
    for one in found:
        fits = one.is_up and one.is_ethernet and one.kind in KINDS and one.name != "lo" and one.kind != "dummy"
        own = [each.address for each in network.addresses if each.device == one.number and each.address.version == destination.version]
        if fits and any(not address.is_link_local for address in own) and one not in unique and one not in arrivals:
            unique.append(one)
    return unique[:MOST_OTHER_DEVICES]


def _wanted(
    network: NodeNetwork, ruleset: Ruleset, destination: Address, routed: Mapping[Address, node_network.Route], arrivals: List[Device]
) -> Wanted:
    named = bound_devices(ruleset)
    devices = [one for one in arrivals]
    with_address = {one.device for one in network.addresses if not one.address.is_link_local}
    for one in network.devices.values():
        if (one.number in with_address or one.name in named) and one not in devices and one.name != "lo":
            devices.append(one)
    if len(devices) > MOST_DEVICES:
        raise CannotTell("%d devices with addresses, or that rules are bound to" % len(devices))
    ports: Dict[int, Device] = {}
    macs: Dict[int, bytes] = {}
    senders: Dict[int, List[Address]] = {}
    distant: List[Address] = []
    for address, route in routed.items():
        if route.kind == node_network.LOCAL:
            continue
        hop = address if route.gateway is None else route.gateway
        of_device = senders.setdefault(route.device, [])
        if hop not in of_device:
            of_device.append(hop)
        if route.gateway is not None:
            distant.append(address)
    for index, hops in senders.items():
        known = {network.neighbours.get((index, hop)) for hop in hops}
        mac = known.pop() if len(known) == 1 else None
        if mac is not None:
            macs[index] = mac
    for device in devices:
        port = _port_of(network, device, macs.get(device.number)) if device.kind == "bridge" else None
        if port is not None:
            ports[device.number] = port
    by_link = {index: tuple(hops) for index, hops in senders.items()}
    devices = [one for one in devices if one not in ports.values()]
    return Wanted(network, tuple(devices), ports, macs, by_link, tuple(distant), tuple(arrivals), destination)


def bound_devices(ruleset: Ruleset) -> FrozenSet[str]:
    """Names of the devices that chains and flowtables are bound to: they do not load without."""
    found = set()
    for message in ruleset.messages:
        hook_kind = {nftables.CHAIN: nftables.CHAIN_HOOK, nftables.FLOWTABLE: 3}.get(message.kind)
        hook = by_kind(message.attributes).get(hook_kind) if hook_kind is not None else None
        if hook is not None:
            has = by_kind(hook.inner)
            if message.kind == nftables.CHAIN and 3 in has:
                found.add(has[3].text)
            several = has.get(4 if message.kind == nftables.CHAIN else 3)
            found |= {one.text for one in several.inner} if several is not None else set()
    return frozenset(found)


def _port_of(network: NodeNetwork, bridge: Device, mac: Optional[bytes]) -> Optional[Device]:
    """The port of a bridge that packets come by: where the sender was seen, else one that is no guest's."""
    ports = [one for one in network.devices.values() if one.master == bridge.number]
    seen = network.devices.get(network.ports.get(mac or b"", 0))
    if seen in ports:
        return seen
    outside = [one for one in ports if not one.name.startswith(_GUESTS)]
    return (outside or ports)[0] if ports else None
