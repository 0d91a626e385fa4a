"""ufw: its own command, which puts the rule into its file and into the kernel in one go, and touches only its own chains.

The state is read from the file: what `ufw show added` prints of a rule depends on the other rules.
"""

import os
import re
from typing import List, Sequence

from ..errors import CannotTell, Failed
from ..nova_conf.ini import shell_assignment
from ..text import from_bytes
from .backend import Backend
from .enablement import is_enabled
from .kernel import reason_of
from .rules import COMMENT, RulePlan, Source

RULES = "/etc/ufw/user.rules"
RULES6 = "/etc/ufw/user6.rules"
DEFAULTS = "/etc/default/ufw"


class Ufw(Backend):
    """Rules of ufw; `where` is the file in which it keeps them."""

    kind = "ufw"
    place = "firewall"

    def at_work(self, found: Sequence[str]) -> List[str]:
        # Its unit tells nothing: it is active where ufw is off, and inactive where ufw was switched on since the boot.
        if self._context.system.commands.which("ufw") is None:
            return []
        result = self._context.system.commands.run(("ufw", "status"), self._context.limits.probe_wait)
        if not result.ok:
            raise CannotTell("firewall/ufw", reason_of(result))
        if b"Status: active" not in result.out.split(b"\n"):
            return []
        if not is_enabled(self._units, "ufw"):
            self._warnings.warn("ufw-not-enabled")
        return ["ufw"]

    def plan(self, plan: RulePlan, what: str, source: Source) -> None:
        file, rule = RULES6 if source.is_ipv6 else RULES, rule_for(source)
        is_skipped = source.is_ipv6 and not self._has_ipv6()
        if is_skipped:
            self._warnings.warn("ufw-without-ipv6", file=DEFAULTS, source=source.block)
        plan.rule(self.kind, file, rule, is_skipped or self.has(file, rule), source.text)

    def has(self, where: str, rule: str) -> bool:
        data = self._context.system.files.read_if_there(where)
        return data is not None and has_tuple(from_bytes(data), where, rule)

    def insert(self, where: str, rule: str) -> None:
        data = from_bytes(self._context.system.files.read_if_there(where) or b"")
        # The rules are asked in their order: ours comes last, but before all others where one of them refuses.
        place = ["prepend"] if re.search(r"^### tuple ### (deny|reject|limit)", data, re.MULTILINE) else []
        if not self._run(place + rule.split() + ["comment", COMMENT]):
            raise Failed("rule-not-taken", tool="ufw", rule=rule, argument=self._argument)

    def delete(self, where: str, rule: str) -> None:
        if not self._run(["delete"] + rule.split()):
            raise Failed("rule-not-taken-away", tool="ufw", rule=rule, where=where)

    def _has_ipv6(self) -> bool:
        """Whether ufw takes rules for IPv6: it is told so, as ufw reads its file, else it drops all IPv6 (ufw(8))."""
        line = shell_assignment(self._context.system.files.read_if_there(DEFAULTS) or b"", "IPV6")
        value = from_bytes(line or b"").partition("=")[2].strip().strip("\"'").lower()
        return value == "yes"

    def _run(self, words: List[str]) -> bool:
        result = self._context.system.commands.run(["ufw"] + words, self._context.limits.probe_wait)
        self._sync()
        return self._changed(result)

    def _sync(self) -> None:
        """Makes durable what ufw wrote, which syncs nothing itself. Raises Failed, CannotTell."""
        files = self._context.system.files
        for path in (RULES, RULES6, os.path.dirname(RULES)):
            if files.exists(path):
                files.sync(path)


def rule_for(source: Source) -> str:
    """The rule, as ufw's command takes it."""
    return "allow from %s to any port %s proto tcp" % (source.block, source.ports_with_colon)


def has_tuple(text: str, where: str, rule: str) -> bool:
    """Whether the text of a file has the rule: by the line with which ufw keeps one,
    `ACTION PROTOCOL PORT TO PORT FROM PORT in comment=HEX`; a host has no prefix length there."""
    words = rule.split()
    if len(words) != 9:
        return False
    everybody, host = ("::/0", "/128") if where == RULES6 else ("0.0.0.0/0", "/32")
    source = words[2][: -len(host)] if words[2].endswith(host) else words[2]
    line = "### tuple ### allow tcp %s %s any %s in" % (words[6], everybody, source)
    return any(known == line or known.startswith(line + " comment=") for known in text.split("\n"))
