"""Listings of `nft -a list ruleset`: of the running kernel, and of what files load."""

import re
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Set

from ..errors import CannotTell

_QUOTED = re.compile(r'"[^"]*"')
# A verdict map that has a name can come to refuse at any time.
_REFUSES = re.compile(r"(^|[ \t])(drop|reject)([ \t,;]|$)| vmap @")
_JUMPS = re.compile(r"(?:^|[ \t])(?:jump|goto) ([^ ,]+)")
_HANDLE = re.compile(r" # handle ([0-9]+)$")
_OURS_OR_FIREWALLDS = re.compile(r"^[a-z0-9]+ (openstack_spice(_proxy)?|firewalld) ")


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
    """Whether a rule can refuse by its own words. A comment or a name is no verdict."""
    return bool(_REFUSES.search(_QUOTED.sub('""', text)))


def refusing_chains(ruleset: str, others: FrozenSet[str] = frozenset()) -> List[Refusal]:
    """The base input filter chains that could refuse a packet to the node: not firewalld's, nor our own that close ports.

    :param others: chains that are not asked for, since another tool keeps them
    """
    rules = rules_of(ruleset)
    refusing = _chains_with_refusal(rules)
    found: List[Refusal] = []
    for base in rules:
        if not _is_base(base) or base.chain in others or _OURS_OR_FIREWALLDS.match(base.chain):
            continue
        handle = "end" if "policy drop" in base.text else ""
        for rule in rules:
            if rule.chain == base.chain and _is_rule(rule) and _leads_to_refusal(rule, refusing):
                handle = rule.handle
                break
        if handle:
            found.append(Refusal(base.chain, handle))
    return found


def filters_input(ruleset: str, chain: str) -> bool:
    """Whether packets to the node come to the chain."""
    return any(rule.chain == chain and _is_base(rule) for rule in rules_of(ruleset))


def handles_in(ruleset: str, chain: str) -> List[str]:
    """The handles of the chain's rules, in their order."""
    return [rule.handle for rule in rules_of(ruleset) if rule.chain == chain and _is_rule(rule)]


def place_in(ruleset: str, chain: str) -> Optional[int]:
    """The index of the chain's rule before which a rule of ours belongs: the first that could refuse. None for the end. Where it is in
    the running kernel and where it is in what a file loads is decided by this function alone."""
    handle = dict(refusing_chains(ruleset)).get(chain, "end")
    return handles_in(ruleset, chain).index(handle) if handle.isdigit() else None


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


def _is_base(rule: Rule) -> bool:
    return rule.text.startswith("type filter hook input ")


def _is_rule(rule: Rule) -> bool:
    return rule.handle != ""


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
        if not _is_rule(rule):
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
