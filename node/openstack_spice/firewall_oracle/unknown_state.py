"""Rules that ask for what a copy does not have (who owns a socket, what was seen before, the clock, chance): both outcomes are tried.

Such a rule stands in the copy as a counter first, behind all of its other conditions: where no packet gets to it, it does not matter.
Where one does, the same is asked once with the rule met and once without, and answers that differ are no answer. Exact for any
mixture of such rules, and bounded.
"""

from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from . import faithful, legacy_text, nftables
from .netlink import Attribute, nested
from .nftables import Expression, Message
from .ruleset import Ruleset

Where = Tuple[str, int]  # "" and the place of a message of nftables, or a tool and the place of a line

_READS: Mapping[str, int] = {"cmp": 1, "range": 1, "bitwise": 1, "byteorder": 1, "lookup": 2, "hash": 1}  # the attribute of a register
_WRITES: Mapping[str, int] = {
    "payload": 1, "meta": 1, "ct": 1, "fib": 1, "rt": 1, "exthdr": 1, "numgen": 1, "osf": 1, "bitwise": 2, "byteorder": 2, "hash": 2,
    "socket": 2, "lookup": 3,
}  # fmt: skip
_COMPARES = frozenset(("cmp", "range", "lookup"))
_CONDITIONS = frozenset(("bitwise", "byteorder", "cmp", "lookup", "range", "limit", "quota", "match"))
_LOADS = frozenset(("payload", "meta", "ct", "fib", "rt", "exthdr"))
_COUNTER = Attribute(1, nested(1, [Attribute(1, b"counter\0")]).data)


class Unknown(NamedTuple):
    """A rule with an unknown outcome."""

    names: Tuple[str, ...]  # of what is unknown
    can_be_met: bool  # whether it can be loaded as one that is met


def unknown_rules(ruleset: Ruleset, places: Sequence[int], path: faithful.Path) -> Dict[Where, Unknown]:
    """Those among the rules that packets could meet.

    :param places: of nftables' rules that could be met
    """
    found: Dict[Where, Unknown] = {}
    limiting = _counting_sets(ruleset.messages)
    for place in places:
        steps = nftables.expressions(ruleset.messages[place])
        names = [name for name in (_unknown(step, path, limiting) for step in steps) if name]
        if names:
            found[("", place)] = Unknown(tuple(names), _as_met(steps, path, limiting) is not None)
    for tool, text in ruleset.legacy.items():
        for line in legacy_text.met(text):
            names = [name for name in line.matches if name in _matches(path)]
            elsewhere = line.target if line.target in faithful.TARGETS_DECIDED_ELSEWHERE | {"QUEUE"} else ""
            if names or elsewhere:
                found[(tool, line.place)] = Unknown(tuple(names or [elsewhere]), not elsewhere)
    return found


def varied(ruleset: Ruleset, unknown: Mapping[Where, Unknown], decided: Mapping[Where, bool], path: faithful.Path) -> Ruleset:
    """The rules with each unknown one as met, as not met, or as a counter where that is not decided."""
    messages, limiting = list(ruleset.messages), _counting_sets(ruleset.messages)
    lines = {tool: text.split("\n") for tool, text in ruleset.legacy.items()}
    for where in unknown:
        tool, place = where
        if tool:
            lines[tool][place] = _line(lines[tool][place], decided.get(where, False), path)
            continue
        steps = nftables.expressions(messages[place])
        raw = _as_met(steps, path, limiting) if decided.get(where, False) else _as_counter(steps, path, limiting)
        messages[place] = nftables.with_expressions(messages[place], raw or [])
    return ruleset._replace(messages=tuple(messages), legacy={tool: "\n".join(parts) for tool, parts in lines.items()})


def has_counted(rule: Message) -> bool:
    """Whether a packet got to the counter that an unknown rule is in the copy."""
    last = nftables.expressions(rule)[-1]
    return last.name == "counter" and 2 in last.attributes and last.attributes[2].number > 0


def _matches(path: faithful.Path) -> "frozenset[str]":
    return faithful.UNKNOWN_MATCHES if path.mac_is_known else faithful.UNKNOWN_MATCHES | {"mac"}


def _counting_sets(messages: Sequence[Message]) -> Set[Tuple[int, str, str]]:
    """Sets whose elements count connections."""
    found = set()
    for one in messages:
        if one.kind == nftables.SET:
            inner = [part for part in one.attributes if part.kind == nftables.SET_EXPRESSION]
            inner += [part for outer in one.attributes if outer.kind == nftables.SET_EXPRESSIONS for part in outer.inner]
            if any(nftables.expression(part).name == "connlimit" for part in inner):
                found.add((one.family, one.text(1), one.text(2)))
    return found


def _unknown(step: Expression, path: faithful.Path, limiting: Set[Tuple[int, str, str]]) -> str:
    """The name of what is unknown about a step; nothing for what is known."""
    number_of = {kind: one.number for kind, one in step.attributes.items() if len(one.data) == 4}
    if step.name == "match" and step.extension in _matches(path):
        return step.extension
    if step.name == "target" and step.extension in faithful.TARGETS_DECIDED_ELSEWHERE:
        return step.extension
    if step.name in faithful.UNKNOWN_EXPRESSIONS | faithful.DECIDED_ELSEWHERE:
        return "ct count" if step.name == "connlimit" else step.name
    if step.name == "meta" and 1 in number_of and number_of.get(2) in faithful.UNKNOWN_META:
        return "meta key %d" % number_of[2]
    if step.name == "payload" and 1 in number_of and number_of.get(2) == 0 and not path.mac_is_known:
        return "ether"
    if step.name == "objref" and number_of.get(1) in faithful.UNKNOWN_OBJECTS:
        return "ct count"
    if step.name == "dynset":
        inner = [one for kind, one in step.attributes.items() if kind == 7]
        inner += [part for kind, one in step.attributes.items() if kind == 10 for part in one.inner]
        if any(nftables.expression(part).name == "connlimit" for part in inner) or step.attributes[1].text in {one[2] for one in limiting}:
            return "ct count"
    return ""


def _register(step: Expression, of: Mapping[str, int]) -> Optional[int]:
    """The register that a step reads or writes, as the first of its 32-bit registers."""
    kind = of.get(step.name)
    if kind is None or kind not in step.attributes:
        return None
    number = step.attributes[kind].number
    return 8 + 4 * (number - 1) if 1 <= number <= 4 else number


def _sorted_out(steps: Sequence[Expression], path: faithful.Path, limiting: Set[Tuple[int, str, str]]) -> Optional[List[bool]]:
    """Of each step whether its outcome is unknown: it is itself, or it compares what is. None where what is unknown goes into a verdict, a
    mark or the like."""
    unknown, held, compared = [], set(), False  # type: List[bool], Set[int], bool
    for step in steps:
        reads, writes = _register(step, _READS), _register(step, _WRITES)
        if compared and step.name not in _COMPARES:  # the next condition begins
            held, compared = set(), False
        whole = step.name in ("lookup", "hash")  # these read several registers
        uses = reads is not None and any(one >= reads if whole else one == reads for one in held)
        itself = bool(_unknown(step, path, limiting))
        if step.name in faithful.DECIDED_ELSEWHERE or step.extension in faithful.TARGETS_DECIDED_ELSEWHERE:
            return None
        is_load = step.name in _LOADS and 1 in step.attributes
        if held and not uses and not is_load and step.name not in _COMPARES and not itself:
            return None
        if uses and step.name == "lookup" and 3 in step.attributes:
            return None
        unknown.append(itself or uses)
        if writes is not None:
            (held.add if itself or uses else held.discard)(writes)
        compared = compared or (uses and step.name in _COMPARES)
    return None if held and not compared else unknown


def _as_met(steps: Sequence[Expression], path: faithful.Path, limiting: Set[Tuple[int, str, str]]) -> Optional[List[Attribute]]:
    """A rule without what is unknown; None where that cannot be."""
    unknown = _sorted_out(steps, path, limiting)
    return None if unknown is None else [step.raw for step, one in zip(steps, unknown) if not one]


def _as_counter(steps: Sequence[Expression], path: faithful.Path, limiting: Set[Tuple[int, str, str]]) -> List[Attribute]:
    """A rule that does what it does before what is unknown, asks for the rest of its conditions, and counts who gets there."""
    unknown = _sorted_out(steps, path, limiting)
    kept, passed = [], False
    for number, step in enumerate(steps):
        itself = bool(_unknown(step, path, limiting))
        passed = passed or itself
        if passed and unknown is None:
            break
        is_load = step.name in _LOADS and 1 in step.attributes
        is_condition = step.name in _CONDITIONS and not (step.name == "lookup" and 3 in step.attributes)
        if unknown is not None and unknown[number]:
            continue
        if not passed or is_load or is_condition:
            kept.append(step.raw)
    return kept + [_COUNTER]


def _line(line: str, is_met: bool, path: faithful.Path) -> str:
    """A rule of the legacy tables, as met or as a counter."""
    words, kept, gone = legacy_text.split(line), [], False  # type: List[str], List[str], bool
    for number, word in enumerate(words):
        if word in ("-m", "-j", "-g"):
            gone = word == "-m" and number + 1 < len(words) and words[number + 1] in _matches(path)
            gone = gone or (word != "-m" and not is_met)
        if not gone:
            kept.append(word)
    return legacy_text.joined(kept)


def rules_of(messages: Sequence[Message]) -> List[int]:
    """The places of rules among messages, in the order in which the kernel dumps them again."""
    return [place for place, one in enumerate(messages) if one.kind == nftables.RULE]


def named(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return ", ".join(sorted(set(names)))
