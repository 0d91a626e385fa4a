"""The files by which ports are closed: the rules, and the unit that loads them at boot.

Refused is the packet that opens a connection, and only that: a console that somebody looks at goes on to its end. Loopback stays
open. Our table, or chain, comes before the node's other rules, so nothing that accepts there opens the ports. What they refuse they
go on to refuse.
"""

import hashlib
import re
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..text import in_a_row


class Closing(NamedTuple):
    """What belongs to one set of closed ports; all of it is named after the file that holds its rules."""

    file: str
    table: str  # of nftables, in the family inet

    @property
    def chain(self) -> str:
        """The chain of iptables."""
        return self.table.upper()

    @property
    def unit(self) -> str:
        """The unit that loads the rules."""
        return self.file.rpartition("/")[2]

    @property
    def unit_file(self) -> str:
        """That unit's file."""
        return "/etc/systemd/system/%s.service" % self.unit

    @property
    def see(self) -> str:
        """For messages: where to look at it."""
        return "'nft list table inet %s' or 'iptables -S %s'" % (self.table, self.chain)


CONSOLES = Closing("/etc/openstack-spice-console-ports", "openstack_spice")
PROXY = Closing("/etc/openstack-spice-proxy-port", "openstack_spice_proxy")


def closing_of(file: str) -> Closing:
    """By the file of the rules, which a record has."""
    return PROXY if file == PROXY.file else CONSOLES


NFTABLES_HEAD = "#!/usr/sbin/nft -f"
IPTABLES_HEAD = "# for iptables-restore --noflush and ip6tables-restore --noflush"
# In the order of systemd's words: what flushes rules that it does not know when it starts, restarts or reloads.
NFTABLES_FLUSHERS = "nftables.service"
IPTABLES_FLUSHERS = "netfilter-persistent.service iptables.service ip6tables.service"


def nftables_rules(closing: Closing, role: str, ports: str, sources: Sequence[str]) -> bytes:
    """The rules as a file for `nft -f`, which replaces the table by one transaction."""
    lines = _head(NFTABLES_HEAD, closing, role, ports, sources)
    lines += ["add table inet %s" % closing.table, "delete table inet %s" % closing.table, "table inet %s {" % closing.table]
    lines += ["  chain input {", "    type filter hook input priority -10; policy accept;"]
    lines += ["    tcp dport %s jump consoles" % ports, "  }", "  chain consoles {", '    iif "lo" accept']
    lines += ["    %s saddr %s accept" % ("ip6" if ":" in source else "ip", source) for source in sources]
    lines += ["    tcp flags & (syn | ack) == syn drop", "  }", "}"]
    return _text(lines)


def iptables_rules(closing: Closing, role: str, ports: str, sources: Sequence[str]) -> bytes:
    """The rules as a file for iptables-restore and ip6tables-restore, which each leave out the other's lines (`-4`, `-6`; iptables(8)).
    Both empty the chain first, since it is declared, and no other (`--noflush`)."""
    chain = "-A %s " % closing.chain
    lines = _head(IPTABLES_HEAD, closing, role, ports, sources)
    lines += ["*filter", ":%s -" % closing.chain, chain + "-p tcp -m tcp ! --dport %s -j RETURN" % ports.replace("-", ":")]
    lines += [chain + "-i lo -j ACCEPT"]
    lines += [chain + "%s -s %s -j ACCEPT" % ("-6" if ":" in source else "-4", source) for source in sources]
    lines += [chain + "-p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP", "COMMIT"]
    return _text(lines)


def is_for_nftables(rules: bytes) -> bool:
    """Whether a file of rules is nft's."""
    return rules.startswith(NFTABLES_HEAD.encode("ascii") + b"\n")


def is_for_iptables(rules: bytes) -> bool:
    """Whether a file of rules is for iptables-restore."""
    return rules.startswith(IPTABLES_HEAD.encode("ascii") + b"\n")


def title_of(rules: bytes) -> str:
    """What the second line tells people; nothing where it has another form."""
    lines = rules.decode("ascii", "replace").split("\n")
    return lines[1][2:] if len(lines) > 1 and lines[1].startswith("# ") else ""


def ports_of(rules: bytes) -> Optional[str]:
    """The ports that a file of rules closes; None where it is damaged."""
    found = re.match(r"([0-9]{1,5}(-[0-9]{1,5})?) only from ", title_of(rules))
    return found.group(1) if found else None


class Tool(NamedTuple):
    """iptables or ip6tables, as it is here."""

    name: str
    path: str
    restore: str  # path of the one that loads a file
    lock: Tuple[str, ...]  # by which that one waits for others of its kind, where it can


def nftables_commands(closing: Closing, ports: str, nft: str) -> Tuple[str, List[str]]:
    """What closes the ports to all, where they are not closed at all, and what loads the rules; as systemd has command lines.

    Where the table is as the rules have it, the first one adds what changes nothing behind what is there.
    """
    table = "inet " + closing.table
    words = ["add table " + table, "add chain %s input { type filter hook input priority -10; policy accept; }" % table]
    words += ["add chain %s consoles" % table, "add rule %s input tcp dport %s jump consoles" % (table, ports)]
    words += ['add rule %s consoles iif "lo" accept' % table, "add rule %s consoles tcp flags & (syn | ack) == syn drop" % table]
    return "%s '%s'" % (nft, "; ".join(words)), ["%s -f %s" % (nft, closing.file)]


def iptables_commands(closing: Closing, ports: str, tools: Sequence[Tool]) -> Tuple[List[str], List[str]]:
    """As :func:`nftables_commands`. The chain has to be asked first in INPUT, once: the one shell command has no word of the
    document's."""
    first, then = [], []
    for tool in tools:
        first += ["-%s -w 10 -N %s" % (tool.path, closing.chain)]
        drop = "! -i lo -p tcp -m tcp --dport %s --tcp-flags SYN,ACK SYN -j DROP" % ports.replace("-", ":")
        first += ["%s -w 10 -A %s %s" % (tool.path, closing.chain, drop)]
        jump = "INPUT -p tcp -j " + closing.chain
        first += ["/bin/sh -c '{0} -w 10 -C {1} 2>/dev/null || {0} -w 10 -I {1}'".format(tool.path, jump)]
        then += [" ".join((tool.restore,) + tool.lock + ("-n", closing.file))]
    return first, then


class Boot(NamedTuple):
    """What a boot has to do with closed ports."""

    role: str
    what: str  # for people
    before: str  # units that listen there
    flushers: str
    close: Sequence[str]  # commands that close the ports to all
    load: Sequence[str]  # commands that load the rules
    sha256sum: str  # path


def unit_text(closing: Closing, boot: Boot, rules: bytes) -> bytes:
    """The unit that loads the rules at boot. A service that flushes what it does not know when it starts, restarts or reloads comes
    before ours, and takes ours along.

    The ports are closed to all first. Then the rules are loaded, where they are those that were written: their digest is in the
    unit's own file, in the format that sha256sum reads, and sha256sum passes over all other lines. A file that is empty or damaged
    leaves the unit failed, and the ports closed. systemd passes over a section whose name begins with X- (systemd.unit(5)).
    """
    commands = list(boot.close) + ["%s --check --status %s" % (boot.sha256sum, closing.unit_file)] + list(boot.load)
    lines = [
        "# Written by openstack-spice, removed when the %s is reverted." % boot.role,
        "# Closes the ports to all, then loads the rules that let the sources in; not where their digest is another than below.",
        "[Unit]",
        "Description=" + boot.what,
        "DefaultDependencies=no",
        "Wants=network-pre.target",
        "After=local-fs.target " + boot.flushers,
        "Before=network-pre.target " + boot.before,
        "PartOf=" + boot.flushers,
        "ReloadPropagatedFrom=" + boot.flushers,
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "TimeoutStartSec=30",
    ]
    lines += ["ExecStart=" + command for command in commands] + ["ExecReload=" + command for command in commands]
    lines += ["", "[Install]", "WantedBy=sysinit.target " + boot.flushers]
    lines += ["", "[X-Rules]", "SHA256 (%s) = %s" % (closing.file, hashlib.sha256(rules).hexdigest())]
    return _text(lines)


def _head(first: str, closing: Closing, role: str, ports: str, sources: Sequence[str]) -> List[str]:
    return [
        first,
        "# %s only from %s" % (ports, in_a_row(sources) or "nobody"),
        "# Written by openstack-spice, loaded by %s.service, removed when the %s is reverted." % (closing.unit, role),
    ]


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("ascii")
