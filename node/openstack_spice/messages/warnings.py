"""What the operator should know, and what stops nothing."""

from typing import Mapping

from .message import Message

MESSAGES: Mapping[str, Message] = {
    "changed-since": Message("{subject} was changed by someone else since: left as it is"),
    "no-longer-declared": Message("{subject} is no longer declared, and was changed by someone else since: left as it is"),
    "unit-left": Message("{unit} is {now}, was {former}: left as it is"),
    "unit-unannounced": Message(
        "{unit} runs and has its message queue, but has not notified systemd that it is ready, which waits for that without an end "
        "(Type=notify): it counts as up"
    ),
    "unit-still-stopping": Message(
        "{unit} is still stopping. It is to start again, as it was, when its old process has ended: see what holds that one, or end "
        "it with 'systemctl kill -s KILL {unit}'"
    ),
    "watchdog-not-set": Message(
        "systemd-run could not set a timer: should this run be killed, the next one puts back what it changed",
    ),
    "way-back-damaged": Message("what puts this node back is damaged: it is written again"),
    "origins-kept": Message(
        "[{section}] {option} is read by {unit} too: what stands there stays ({origins}), and what is declared is added"
    ),
    "hard-links": Message("{path} has {number} names (hard links): the others keep the former bytes", "Make them symbolic links"),
    "certificate-on-node": Message("{finding}"),
    "console-database": Message(
        "[database] connection of {file} {state}: from Nova 18 on the proxy looks up each console's token in its cell's database, and "
        "without it every console is refused",
        "Set it to that of the cell, as nova-conductor has it",
    ),
    "guests-not-reported": Message("libvirt does not report which guests run: {reason}"),
    "no-console-after-revert": Message("guest {guest} has SPICE only: it has no console after this until its hard reboot"),
    "consoles-open-again": Message(
        "guests that still have SPICE, without a password, until their next hard reboot, and whose ports are open again: {guests}"
    ),
    "console-outside-range": Message(
        "guest {guest} has a console on TCP {port}, outside of {range}: open to whoever reaches it", "Give a larger consolePortRange"
    ),
    "console-connected-outside": Message(
        "{address} is connected to the console on TCP {port}, and not among the declared sources: it stays until it disconnects, and does "
        "not get in again",
        "If that is a proxy, declare it",
    ),
    "proxy-connected-outside": Message(
        "connected to TCP {port}, and not among allowedSources: {number} machines, such as {address}. Their consoles stay until they are "
        "closed, and do not open again"
    ),
    "port-open-to-all": Message("TCP {port} is open to all", "'dropOtherSources' closes it"),
    "port-not-tried": Message(
        "it cannot be told whether anybody but the declared sources gets in to TCP {port}: {reason}", "Try it from elsewhere"
    ),
    "source-shut-out": Message(
        "{source} does not get in to TCP {ports}, though it is declared: {reason}",
        "Change that rule, or take the source out of '{argument}'",
    ),
    "source-partly-shut-out": Message(
        "a part of {source} does not get in to TCP {ports}, though it is declared: {reason}",
        "Change that rule, or narrow the source in '{argument}'",
    ),
    "source-not-tried": Message("it cannot be told whether {source} gets in to TCP {ports}: {reason}", "Try it from there"),
    "sources-not-tried": Message("of the {number} declared sources the first {tried} were tried"),
    "rule-accepts-more": Message(
        "TCP {ports} is closed to all but the declared sources, though a rule of this node accepts more: {tool} {rule}"
    ),
    "zone-without-file": Message("firewalld's zone {zone} has no file: the rule is gone after a reboot, as is the zone"),
    "ufw-not-enabled": Message("ufw is on, but ufw.service is not enabled: the rules are gone after a reboot, as are all its others"),
    "no-persistent-file": Message(
        "{tool} has no persistent file, of netfilter-persistent or of a unit {tool}: the rule is gone after a reboot, as are all its others"
    ),
    "ufw-without-ipv6": Message("ufw drops all IPv6 here, by IPV6 in {file}: no rule for {source}"),
    "no-ipv6-filter": Message("ip6tables filters nothing here, with no IPv6 in the kernel or no such tool: no rule for {source}"),
    "nftables-not-enabled": Message(
        "nftables.service is not enabled: the rule is gone after a reboot, as are all others of {family} {table}"
    ),
    "fact-not-reported": Message("{reason}"),
}
