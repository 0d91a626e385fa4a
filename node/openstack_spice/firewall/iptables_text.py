"""Texts of iptables-save: of the running kernel, and of what persistent files load."""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

_COUNTERS = re.compile(r"^\[[0-9]+:[0-9]+\] ")
_OTHER_PROTOCOL = re.compile(r" (! -p [^ ]+|-p (tcp|all)) ")
_TARGET = re.compile(r" -[jg] ([^ ]+)")
_OURS = ("OPENSTACK_SPICE", "OPENSTACK_SPICE_PROXY")  # the chains that close ports
_REFUSALS = ("DROP", "REJECT")


class _Filter(NamedTuple):
    policies: Dict[str, str]
    targets: Dict[str, List[str]]  # of each chain's rules in their order; nothing where a TCP packet to this node does not take it


def first_refusal(text: str, chain: str = "INPUT") -> Optional[int]:
    """The number of the chain's first rule that can refuse a TCP packet to this node; one past the last rule where only the policy
    does; None where none does. Not Neutron's rules for what is bridged to or from a guest, nor our own chains."""
    table = _filter(text)
    rules = table.targets.get(chain, [])
    refusing = _refusing(table.targets)
    for number, target in enumerate(rules, 1):
        if target in refusing:
            return number
    return len(rules) + 1 if table.policies.get(chain) == "DROP" else None


def arguments(rule: str) -> List[str]:
    """The text of a rule of ours as arguments; its only quoted word is the comment."""
    before, quote, rest = rule.partition('"')
    comment, _, after = rest.rpartition('"')
    return before.split() + ([comment] if quote else []) + after.split()


def number_of_rules(text: str, chain: str = "INPUT") -> int:
    """How many rules the chain has."""
    return len(_filter(text).targets.get(chain, []))


def _filter(text: str) -> _Filter:
    policies: Dict[str, str] = {}
    targets: Dict[str, List[str]] = {}
    table = ""
    for line in text.split("\n"):
        if line.startswith("*"):
            table = line.split()[0]
        if table != "*filter":
            continue
        line = _COUNTERS.sub("", line)
        words = line.split()
        if line.startswith(":") and len(words) > 1:
            policies[words[0][1:]] = words[1]
        elif line.startswith("-A ") and len(words) > 1:
            targets.setdefault(words[1], []).append(_target(line))
    return _Filter(policies, targets)


def _target(line: str) -> str:
    if " --physdev-is-bridged" in line and "! --physdev-is-bridged" not in line:
        return ""
    if " -p " in line and not _OTHER_PROTOCOL.search(line):
        return ""
    found = _TARGET.search(line)
    return found.group(1) if found else ""


def _refusing(targets: Dict[str, List[str]]) -> Tuple[str, ...]:
    """The targets by which a packet can be refused: the verdicts, and the chains that come to one."""
    refusing = list(_REFUSALS)
    grown = True
    while grown:
        grown = False
        for chain, rules in targets.items():
            if chain not in refusing and chain not in _OURS and any(target in refusing for target in rules):
                refusing.append(chain)
                grown = True
    return tuple(refusing)
