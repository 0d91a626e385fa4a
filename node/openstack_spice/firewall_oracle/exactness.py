"""Whether the copy does as the node does: each reason why not, by name."""

from typing import List, Sequence

from . import faithful, legacy_text, nftables
from .arrangement import KINDS, Arrangement, bound_devices
from .errors import CannotTell
from .node_network import Device, NodeNetwork
from .ruleset import Ruleset


def check(arrangement: Arrangement, network: NodeNetwork, ruleset: Ruleset, places: Sequence[int]) -> None:
    """Raises CannotTell where the copy would not do as the node does.

    :param places: of the rules of nftables that could be met
    """
    wanted = arrangement.wanted
    reasons = _of_devices(arrangement, network, ruleset)
    if network.has_ipvs:
        reasons.append("services of IPVS")
    reasons += faithful.unfaithful(list(ruleset.messages), places)
    for text in ruleset.legacy.values():
        reasons += legacy_text.unfaithful(text)
    reasons += ["the target %s, which acts when it is loaded" % name for name in _acting(ruleset)]
    types = {line.split(" ")[2] for line in ruleset.ipsets.split("\n") if line.startswith("create ")}
    reasons += ["a set of the type " + one for one in sorted(types) if not one.startswith(faithful.IPSETS)]
    met = {"arp": wanted.destination.version == 4, "bridge": arrangement.path.has_bridge}
    reasons += [name for family, name in ruleset.others if met[family]]
    if reasons:
        raise CannotTell("; ".join(dict.fromkeys(reasons)))


def _acting(ruleset: Ruleset) -> List[str]:
    """Targets that a copy must not load."""
    lines = [line for text in ruleset.legacy.values() for line in legacy_text.rules(text)]
    names = {line.target for line in lines}
    for one in ruleset.messages:
        if one.kind == nftables.RULE:
            names |= {step.extension for step in nftables.expressions(one)}
    return sorted(names & faithful.ACTING_WHEN_LOADED)


def _of_devices(arrangement: Arrangement, network: NodeNetwork, ruleset: Ruleset) -> List[str]:
    wanted, reasons = arrangement.wanted, []
    for device in wanted.arrivals:
        if device.kind not in KINDS or not device.is_ethernet:
            reasons.append("the device %s of kind %s" % (device.name, device.kind or "without Ethernet"))
        master = network.devices.get(device.master)
        if master is not None and master.kind == "vrf":
            reasons.append("the device %s of the VRF %s" % (device.name, master.name))
    copied = list(wanted.arrivals) + list(wanted.ports.values())
    below = _below(wanted.arrivals, network, copied)
    bound = bound_devices(ruleset)
    reasons += ["a chain that is bound to %s, below a device with an address" % one.name for one in below if one.name in bound]
    return reasons + [network.filtering[one.number] for one in copied + below if one.number in network.filtering]


def _below(arrivals: Sequence[Device], network: NodeNetwork, copied: Sequence[Device]) -> List[Device]:
    """What packets pass before they come to a device: what it is upon, and the parts of a bond."""
    found: List[Device] = []
    waiting = list(arrivals)
    while waiting:
        device = waiting.pop()
        lower = [network.devices[device.lower]] if device.lower in network.devices and device.kind != "veth" else []
        if device.kind in ("bond", "team"):
            lower += [one for one in network.devices.values() if one.master == device.number]
        for one in lower:
            if one not in found and one not in copied:
                found.append(one)
                waiting.append(one)
    return found
