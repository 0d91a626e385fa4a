"""What the kernel filters by, as the node's own tools list it: asked once, and again only after a rule of ours went in or out."""

from typing import Dict, Optional

from ..context import Context
from ..errors import CannotTell
from ..system.commands import LARGEST_OUTPUT, Result
from ..text import from_bytes, last_line

TOOLS = ("iptables", "ip6tables")
# A kernel that has no nf_tables, no ip_tables or no IPv6 has no rules of it. (strerror of EPROTONOSUPPORT, EOPNOTSUPP and
# EAFNOSUPPORT; iptables' own text for ENOENT and ENOPROTOOPT)
_NOT_IN_KERNEL = (b"not supported", b"Table does not exist", b"Protocol not available")


class Kernel:
    """The listings."""

    def __init__(self, context: Context) -> None:
        self._commands = context.system.commands
        self._limit = context.limits.probe_wait
        self._listings: Dict[str, Optional[str]] = {}

    def nft(self) -> Optional[str]:
        """The rules of nftables, with their handles; None where there is no nft, or no nf_tables in the kernel. Raises CannotTell."""
        return self._listing("nft", "nft", "-a", "list", "ruleset")

    def saved(self, tool: str) -> Optional[str]:
        """The filter table of iptables or ip6tables, as its persistent file has it; None where the tool or its family is missing.

        Raises CannotTell.
        """
        return self._listing(tool, tool + "-save", "-t", "filter")

    def closing(self) -> str:
        """What can close ports here: `nftables`, `iptables`, or nothing. Raises CannotTell."""
        if self.nft() is not None:
            return "nftables"
        # It is iptables itself that closes them, and not iptables-save.
        works = self.saved("iptables") is not None and self._listing("iptables itself", "iptables", "-n", "-L", "INPUT") is not None
        return "iptables" if works else ""

    def forget(self) -> None:
        """To be called after a change of rules."""
        self._listings.clear()

    def _listing(self, name: str, *argv: str) -> Optional[str]:
        if name not in self._listings:
            self._listings[name] = _answer(name, self._commands.run(argv, self._limit))
        return self._listings[name]


def _answer(name: str, result: Result) -> Optional[str]:
    if result.ok:
        if len(result.out) >= LARGEST_OUTPUT:  # the rest is dropped
            raise CannotTell("firewall/" + name, "its listing is larger than %d bytes" % LARGEST_OUTPUT)
        return from_bytes(result.out)
    # A stand-in such as a link to /bin/false, by which people switch a tool off, says nothing; the tools themselves always do.
    silent = result.status == 1 and not result.out and not result.err
    if result.missing or silent or is_not_in_kernel(result):
        return None
    raise CannotTell("firewall/" + name, reason_of(result))


def is_not_in_kernel(result: Result) -> bool:
    """Whether a tool says that the kernel has nothing of what it asked for."""
    return not result.ok and not result.timed_out and any(text in result.err for text in _NOT_IN_KERNEL)


def reason_of(result: Result) -> str:
    """Why a command gave no answer, one line."""
    if result.timed_out:
        return "no answer in time"
    if result.missing:
        return "the command is not there"
    return last_line(result.err) or last_line(result.out) or "exit status %d" % result.status
