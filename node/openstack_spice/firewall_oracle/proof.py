"""Whether a changed boot file gives what the former one gave, and our rules, and nothing else.

Both are loaded (boot_files.py) and compared as the kernel has them, not as texts. What is ours is known by loading each of our rules
alone. A program of its own: a request on standard input, an answer on standard output, both JSON.
"""

import base64
import json
import os
import re
import sys
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from . import nftables
from .boot_files import NFT, OWN, Boot, Loaded, Surroundings, loaded, surroundings
from .errors import CannotTell
from .namespaces import die_with, limit_memory
from .netlink import Attribute, nested, packed
from .program import answer_with

LARGEST = 1 << 30  # bytes of address space
_FAMILIES: Mapping[int, str] = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
_EXPIRES = 5  # NFTA_SET_ELEM_EXPIRATION: what is left of an element's time
_ELEMENTS = 3  # NFTA_SET_ELEM_LIST_ELEMENTS
# The kernel numbers a chain without a name; all name spaces share the number.
_ANONYMOUS = re.compile(rb"__chain[0-9]+")
_SECONDS = 15  # for a question
_COUNTERS = re.compile(r" \[[0-9]+:[0-9]+\]$")


class NotProven(Exception):
    """The files differ by something else, or cannot be compared.

    :param reason: one line, for people
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Rule(NamedTuple):
    """A rule of ours."""

    chain: str  # `FAMILY TABLE CHAIN`; of iptables `filter INPUT`
    text: str  # as the tool takes it


class Contents(NamedTuple):
    """What was loaded, in a form that is the same whenever the same is loaded."""

    others: Tuple[Any, ...]  # tables, chains, sets: in their order
    rules: Tuple[Tuple[str, Any], ...]  # the chain and the rule, in their order


class Change(NamedTuple):
    """A change of boot files, and what it is to be.

    :param former: what a boot does by now
    :param new: what a boot is to do
    """

    former: Boot
    new: Boot
    added: Sequence[Rule]
    removed: Sequence[Rule]
    everything: Sequence[bytes]  # the texts of all files that could be loaded


def proven(change: Change) -> Tuple[Loaded, List[int]]:
    """What the new files load, and of each added rule its index in its chain. Raises NotProven, CannotTell."""
    around = surroundings(change.everything)
    alone = _alone(change.new.tool, list(change.added) + list(change.removed), around)
    ours, gone = alone[: len(change.added)], alone[len(change.added) :]
    before, after = loaded(change.former, around), loaded(change.new, around)
    former, new = contents(before), contents(after)
    if _without_names(former.others) != _without_names(new.others):
        raise NotProven("it would change more than our rules: a table, a chain or a set")
    for one in ours:
        if former.rules.count(one) or new.rules.count(one) != 1:
            raise NotProven("our rule would not be loaded once, as it is, in %s" % one[0])
    left, stays = list(new.rules), list(former.rules)
    for one in ours:
        left.remove(one)
    for one in gone:
        if one not in stays:
            raise NotProven("the rule that goes is not loaded by now in %s" % one[0])
        stays.remove(one)
    if _without_names(left) != _without_names(stays):
        raise NotProven("it would change more than our rules: %s" % _first_difference(stays, left))
    return after, [[rule for chain, rule in new.rules if chain == one[0]].index(one[1]) for one in ours]


def contents(of: Loaded) -> Contents:
    """What was loaded, so that it can be compared."""
    others: List[Any] = []
    rules: List[Tuple[str, Any]] = []
    for message in of.rules.messages:
        if message.kind == nftables.RULE:
            rules.append((_chain_of(message), packed(message.attributes)))
        else:
            others.append((message.kind, message.family, packed(_lasting(message))))
    for name, text in sorted(of.rules.legacy.items()):
        table = ""
        for line in text.splitlines():
            if line.startswith("*"):
                table = line[1:]
            if line.startswith("-A "):
                rules.append(("%s %s" % (table, line.split(" ")[1]), line))
            elif not line.startswith("#"):
                others.append((name, _COUNTERS.sub("", line)))
    return Contents(tuple(others), tuple(rules))


def _lasting(message: nftables.Message) -> List[Attribute]:
    """The attributes, of an element without what is left of its time."""
    if message.kind != nftables.ELEMENTS:
        return list(message.attributes)
    found = []
    for one in message.attributes:
        if one.kind == _ELEMENTS:
            elements = [nested(element.kind, [part for part in element.inner if part.kind != _EXPIRES]) for element in one.inner]
            one = nested(one.kind, elements)
        found.append(one)
    return found


def _chain_of(message: nftables.Message) -> str:
    family = _FAMILIES.get(message.family, str(message.family))
    return "%s %s %s" % (family, message.text(nftables.TABLE_NAME), message.text(nftables.RULE_CHAIN))


def _without_names(items: Sequence[Any]) -> List[bytes]:
    """Chains without a name by the order in which they come."""
    names: Dict[bytes, bytes] = {}
    whole = []
    for item in items:
        text = repr(item).encode("ascii", "backslashreplace")
        whole.append(_ANONYMOUS.sub(lambda found: names.setdefault(found.group(), b"chain %d" % len(names)), text))
    return whole


def _first_difference(former: Sequence[Tuple[str, Any]], new: Sequence[Tuple[str, Any]]) -> str:
    for one, other in zip(former, new):
        if one != other:
            return "a rule of %s" % one[0]
    return "%d rules instead of %d" % (len(new), len(former))


def _alone(tool: str, rules: Sequence[Rule], around: Surroundings) -> List[Tuple[str, Any]]:
    """Each of these rules as the kernel has it, with nothing else in its chain. Raises NotProven where the tool makes another number of
    rules of them."""
    path, lines = OWN + "alone", ["*filter"]
    for rule in rules:
        lines.append("-A INPUT " + rule.text)
    lines.append("COMMIT")
    if tool == NFT:
        lines = []
        for rule in rules:
            family, table, chain = rule.chain.split(" ")
            lines += ["table %s %s {" % (family, table), "chain %s {" % chain, rule.text, "}", "}"]
    text = "\n".join(lines + [""])
    found = contents(loaded(Boot(tool, (path,), {path: text.encode("utf-8", "surrogateescape")}), around)).rules
    if len(found) != len(rules):
        raise NotProven("%s makes %d rules of %d" % (tool, len(found), len(rules)))
    left = list(found)
    first = [left.pop(next(at for at, one in enumerate(left) if tool != NFT or one[0] == rule.chain)) for rule in rules]
    return first


def _boot(tool: str, roots: Sequence[str], texts: Mapping[str, str]) -> Boot:
    return Boot(tool, roots, {path: base64.b64decode(text) for path, text in texts.items()})


def answer(request: Mapping[str, Any]) -> Dict[str, Any]:
    """Answers a request.

    `{"tool", "roots", "former", "everything"}` asks what is loaded: `{"listing"}`. With `"new", "added", "removed"` it asks for the
    proof, and the listing is that of the new files: `{"listing", "indexes", "answers"}`; the last are those to `"questions"`, which are
    as :mod:`program` has them, of what the new files load. What cannot be had: `{"reason"}`, and whether that is since files do not
    load: `{"does not load"}`.
    """
    former = _boot(request["tool"], request["roots"], request["former"])
    everything = [base64.b64decode(text) for text in request["everything"]]
    try:
        if "new" not in request:
            return {"listing": loaded(former, surroundings(everything)).listing}
        new = _boot(request["tool"], request["roots"], request["new"])
        added, removed = ([Rule(*one) for one in request[name]] for name in ("added", "removed"))
        after, indexes = proven(Change(former, new, added, removed, everything))
        answers = [answer_with(question, after.rules, _SECONDS)._asdict() for question in request.get("questions", ())]
        return {"listing": after.listing, "indexes": indexes, "answers": answers}
    except CannotTell as error:
        return {"reason": error.construct, "does not load": True}
    except NotProven as error:
        return {"reason": error.reason, "does not load": False}


def main() -> None:
    """The program."""
    die_with(os.getppid())
    limit_memory(LARGEST)
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
