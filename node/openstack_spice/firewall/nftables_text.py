"""Listings of `nft -a list ruleset`, and the files that nftables.service loads."""

import re
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from ..errors import CannotTell
from ..nova_conf.ini import Edit
from ..text import from_bytes, to_bytes
from .lines import Lines

_QUOTED = re.compile(r'"[^"]*"')
# A verdict map that has a name can come to refuse at any time.
_REFUSES = re.compile(r"(^|[ \t])(drop|reject)([ \t,;]|$)| vmap @")
_JUMPS = re.compile(r"(?:^|[ \t])(?:jump|goto) ([^ ,]+)")
# In a file a jump is not followed: its chain can be written anywhere.
_LEADS_AWAY = re.compile(r"(^|[ \t])(jump|goto|include)([ \t;]|$)")
_HANDLE = re.compile(r" # handle ([0-9]+)$")
_INCLUDE = re.compile(r'^[ \t]*include[ \t]+"([^"]+)"[ \t]*;?[ \t]*(#.*)?$')
_OURS_OR_FIREWALLDS = re.compile(r"^[a-z0-9]+ (openstack_spice(_proxy)?|firewalld) ")
_IPTABLES = re.compile(r"^ip6? filter INPUT$")


class Rule(NamedTuple):
    """A line of a chain: its type, or a rule."""

    chain: str  # `FAMILY TABLE CHAIN`
    text: str
    handle: str  # or nothing

    @property
    def listed(self) -> str:
        """The rule as nft lists it, with its handle."""
        return self.text + " # handle " + self.handle if self.handle else self.text


class Refusal(NamedTuple):
    """A base chain that could refuse."""

    chain: str  # `FAMILY TABLE CHAIN`
    handle: str  # of its first rule that could, or `end` where only the policy does


def rules_of(ruleset: str) -> List[Rule]:
    """Of each chain its type and its rules, in their order. nft breaks a long set over lines: a rule is whole where its handle is.

    Raises CannotTell where the text is no listing.
    """
    rules: List[Rule] = []
    at = chain = text = ""
    for line in ruleset.split("\n"):
        if line.startswith("table "):
            words = line.split() + ["", ""]
            at = words[1] + " " + words[2]
            continue
        if line.startswith("\tchain "):
            if at == "":
                raise CannotTell("firewall/nft", "its listing has a chain that is in no table")
            chain, text = (line.split() + [""])[1], ""
            continue
        if line.startswith("\t}"):
            chain = ""
        if chain == "" or line.startswith('\t\tcomment "'):
            continue
        bare = line.lstrip(" \t")
        text = text + " " + bare if text else bare
        handle = _HANDLE.search(line)
        if handle or line.startswith("\t\ttype "):
            whole = _HANDLE.sub("", text)
            rules.append(Rule(at + " " + chain, whole, handle.group(1) if handle else ""))
            text = ""
    return rules


def could_refuse(text: str) -> bool:
    """Whether a rule can refuse by its own words, in the kernel or in a file. A comment or a name is no verdict."""
    return bool(_REFUSES.search(_QUOTED.sub('""', text)))


def refusing_chains(ruleset: str) -> List[Refusal]:
    """The base input filter chains that could refuse a packet to the node.

    Not the chains that iptables-nft keeps, which are iptables' business, nor firewalld's, nor our own that close ports.
    """
    rules = rules_of(ruleset)
    refusing = _chains_with_refusal(rules)
    found: List[Refusal] = []
    for base in rules:
        if not base.text.startswith("type filter hook input ") or _IPTABLES.match(base.chain) or _OURS_OR_FIREWALLDS.match(base.chain):
            continue
        handle = "end" if "policy drop" in base.text else ""
        for rule in rules:
            if rule.chain == base.chain and not rule.text.startswith("type ") and _leads_to_refusal(rule, refusing):
                handle = rule.handle
                break
        if handle:
            found.append(Refusal(base.chain, handle))
    return found


def handle_of(ruleset: str, chain: str, rule: str) -> Optional[str]:
    """The handle of a rule in a running chain; None where it is not there."""
    return next((known.handle for known in rules_of(ruleset) if known.chain == chain and known.handle and known.text == rule), None)


def table_of(listing: str, name: str) -> str:
    """The listing of one table of the family inet, without handles; nothing where it is not there."""
    lines: List[str] = []
    for line in listing.split("\n"):
        bare = re.sub(r" # handle [0-9]+$", "", line)
        if lines or bare == "table inet %s {" % name:
            lines.append(bare)
            if bare == "}":
                return "\n".join(lines) + "\n"
    return ""


def included(line: str) -> Optional[str]:
    """The pattern of an `include`; None where the line is another one."""
    found = _INCLUDE.match(line)
    return found.group(1) if found else None


class ChainInFile:
    """A chain that is written out in a file, a brace and a rule to a line: such a file is free text.

    :param chain: `FAMILY TABLE CHAIN`
    """

    def __init__(self, data: bytes, chain: str) -> None:
        self._lines = Lines(data)
        self._bare: List[Tuple[int, str]] = []  # the chain's lines without what they are indented by
        self._indent = b""
        self.place: Optional[int] = None  # of the line before which a rule belongs: the first that could refuse, or the brace
        self._scan(chain)

    def has(self, rule: str) -> bool:
        """Whether the rule is a line of the chain."""
        return self._find(rule) is not None

    def with_rule(self, rule: str) -> Edit:
        """The file with the rule at its place, indented as its neighbours."""
        if self.place is None:
            return self._lines.unchanged()
        return self._lines.with_lines(self.place, [self._indent + to_bytes(rule)])

    def without_rule(self, rule: str) -> Edit:
        """The file without the rule."""
        at = self._find(rule)
        return self._lines.unchanged() if at is None else self._lines.without(at, at + 1)

    def _find(self, rule: str) -> Optional[int]:
        return next((at for at, bare in self._bare if bare == rule), None)

    def _scan(self, chain: str) -> None:
        table, inside = "", False
        for at, line in enumerate(self._lines.lines):
            bare = from_bytes(line).lstrip(" \t")
            text = re.sub(r"[ \t]*#.*$", "", bare, flags=re.DOTALL)
            if re.match(r"table [^{]*[{]$", text):
                words = text.split()
                table = "ip " + words[1] if words[2:3] == ["{"] else " ".join(words[1:3])
            if re.match(r"chain [^{]*[{]$", text):
                inside = table + " " + text.split()[1] == chain
                continue
            if not inside:
                continue
            self._bare.append((at, bare))
            if text.startswith("type "):
                self._indent = line[: len(line) - len(line.lstrip(b" \t"))]
            if self.place is None and _belongs_before(text):
                self.place = at
            if text.startswith("}"):
                inside = False


def _belongs_before(text: str) -> bool:
    if text.startswith("}"):
        return True
    if re.match(r"(type|policy) ", text):
        return False
    return could_refuse(text) or bool(_LEADS_AWAY.search(_QUOTED.sub('""', text)))


def _jumps(rule: Rule) -> List[str]:
    """The chains of the same table that the rule can jump to."""
    table = rule.chain.rpartition(" ")[0]
    return [table + " " + name for name in _JUMPS.findall(_QUOTED.sub('""', rule.text))]


def _leads_to_refusal(rule: Rule, refusing: Set[str]) -> bool:
    return could_refuse(rule.text) or any(chain in refusing for chain in _jumps(rule))


def _chains_with_refusal(rules: List[Rule]) -> Set[str]:
    """The chains in which a packet can be refused, by a rule of theirs or in a chain that they jump to."""
    refusing: Set[str] = set()
    jumped_from: Dict[str, Set[str]] = {}
    for rule in rules:
        if rule.text.startswith("type "):
            continue
        if could_refuse(rule.text):
            refusing.add(rule.chain)
        for target in _jumps(rule):
            jumped_from.setdefault(target, set()).add(rule.chain)
    todo = list(refusing)
    while todo:
        for chain in jumped_from.get(todo.pop(), ()):
            if chain not in refusing:
                refusing.add(chain)
                todo.append(chain)
    return refusing
