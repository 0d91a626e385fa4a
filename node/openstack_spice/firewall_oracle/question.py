"""Would a TCP connection SOURCE -> OWN ADDRESS:PORT be let in? The copy is made, the connections are tried, and an answer comes of it."""

import socket
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import exactness, faithful, legacy_text, nftables, unknown_state
from . import ruleset as rules
from .arrangement import Arrangement, Question, arranged
from .connecting import LONGEST, Attempt, Outcome, Try, listening, reply_of
from .copied_network import Copy
from .errors import CannotTell
from .netlink import Netlink
from .node_network import NodeNetwork
from .ruleset import Ruleset
from .trace import Refusal, Trace, described
from .unknown_state import Where

LET_IN, REFUSED, CANNOT_TELL = "let-in", "refused", "cannot-tell"
MOST_RUNS = 8  # with mixtures of rules whose outcome is unknown
_CONTROL = 0.3  # seconds for a connection without rules
_CONTROLS = 12  # of those: addresses and bridges need a moment


class Answer(NamedTuple):
    """What is known."""

    kind: str
    reason: str = ""  # the rule that refuses, or what makes an answer impossible
    is_partly_in: bool = False  # whether it is refused for a part of the source, or the ports, alone
    on_route: str = ""  # the kind by the device that the node answers by, where other devices alone make that impossible
    left_out: int = 0  # addresses and ports that the rules name and that were not tried: too many


class Verdict(NamedTuple):
    """What became of a connection."""

    kind: str
    reason: str


def ask(question: Question, network: NodeNetwork, ruleset: Ruleset, kernel: Netlink) -> Answer:
    """The answer. To be called in a child process of its own (:func:`namespaces.isolated`), whose network is empty. Raises CannotTell.

    :param network: the node's
    :param ruleset: the node's, or another one
    :param kernel: for routes, in the node's own name space
    """
    arrangement = arranged(question, network, ruleset, kernel)
    places = faithful.met(ruleset.messages, arrangement.path)
    exactness.check(arrangement, network, ruleset, places)
    copy = Copy(arrangement.wanted)
    ports = sorted({one.port for one in arrangement.tries})
    with listening(question.destination.version, ports) as listeners:
        _see_that_it_works(copy, arrangement, listeners)
        copy.settle()
        for address, route in arrangement.expected.items():
            copy.check_route(address, route)
        asked = Asked(copy, arrangement, ruleset, listeners, places)
        return asked.answer()


def _see_that_it_works(copy: Copy, arrangement: Arrangement, listeners: Sequence[socket.socket]) -> None:
    """One connection by each device that answers go by, without a rule. Raises CannotTell where none is let in."""
    firsts = list({one.device: one for one in reversed(arrangement.tries) if one.is_routed}.values())
    for _ in range(_CONTROLS):
        outcomes = Attempt(copy, arrangement.wanted.destination, listeners, None).made(firsts, _CONTROL, False)
        firsts = [one for one in firsts if not outcomes[one].is_in]
        if not firsts:
            return
    where = firsts[0].device.name if firsts[0].device is not None else "lo"
    raise CannotTell("without any rule a copy of %s does not let %s in: the wiring cannot be copied" % (where, firsts[0].source))


class Asked:
    """A question under way, in its copy."""

    def __init__(
        self, copy: Copy, arrangement: Arrangement, ruleset: Ruleset, listeners: Sequence[socket.socket], places: Sequence[int]
    ) -> None:
        self._copy = copy
        self._arrangement = arrangement
        self._ruleset = ruleset
        self._listeners = listeners
        self._path = arrangement.path
        self._has_run = False
        self._unknown = unknown_state.unknown_rules(ruleset, places, self._path)
        steps = [one for place in places for one in nftables.expressions(ruleset.messages[place])]
        lines = [line for text in ruleset.legacy.values() for line in legacy_text.met(text)]
        names = {one.extension or one.name for one in steps} | {name for line in lines for name in line.matches + (line.target,)}
        self._is_steady = not names & faithful.CHANGING and not ruleset.legacy
        self._redirects = bool(names & faithful.REDIRECTING)

    def answer(self) -> Answer:
        """All mixtures of what is unknown are tried, as far as a packet gets to it. Raises CannotTell."""
        waiting: List[Dict[Where, bool]] = [{}]
        verdicts: Dict[Try, Verdict] = {}
        runs = 0
        while waiting:
            decided = waiting.pop()
            runs += 1
            now, reached = self._run(decided)
            open_ones = [where for where in reached if where not in decided]
            stuck = [self._unknown[where] for where in open_ones if not self._unknown[where].can_be_met]
            names = unknown_state.named([name for where in open_ones for name in self._unknown[where].names])
            if stuck or runs + len(waiting) + len(open_ones) > MOST_RUNS:
                raise CannotTell("rules whose outcome is not known here: " + names)
            for number, where in enumerate(open_ones):
                branch = dict(decided)
                branch.update({other: False for other in open_ones[:number]})
                branch[where] = True
                waiting.append(branch)
            for one, verdict in now.items():
                verdicts[one] = _joined(verdicts.get(one), verdict, [name for where in decided for name in self._unknown[where].names])
        return _answer(verdicts, self._arrangement.left_out)

    def _run(self, decided: Mapping[Where, bool]) -> Tuple[Dict[Try, Verdict], List[Where]]:
        """One mixture: what becomes of each connection, and the rules with an unknown outcome that a packet got to."""
        path, wanted = self._path, self._arrangement.wanted
        varied = unknown_state.varied(self._ruleset, self._unknown, decided, path)
        devices = [one.name for one in wanted.arrivals if one.name in path.devices]
        with Trace(varied.messages, path.version, devices) as trace:
            rules.unload(varied)
            sets = varied.ipsets if not self._has_run else ""
            rules.load(varied._replace(messages=tuple(trace.messages) + varied.messages, ipsets=sets))
            self._has_run = True
            loaded = rules.copied(varied)
            attempt = Attempt(self._copy, wanted.destination, self._listeners, trace)
            outcomes = attempt.made(self._arrangement.tries, LONGEST, self._is_steady)
            reached, legacy = self._reached(varied)
            explain = Explanation(trace, loaded, legacy, self._redirects)
            return {one: explain.verdict(outcome) for one, outcome in outcomes.items()}, reached

    def _reached(self, varied: Ruleset) -> Tuple[List[Where], str]:
        """The unknown rules that a packet got to; and the rule or policy of the legacy tables that refused one, if any did."""
        found: List[Where] = []
        if any(tool == "" for tool, _ in self._unknown):
            places = unknown_state.rules_of(varied.messages)
            now = [one for one in nftables.dump() if one.kind == nftables.RULE and one.text(nftables.TABLE_NAME) != rules.OUR_TABLE]
            for place, rule in zip(places, now):
                if ("", place) in self._unknown and unknown_state.has_counted(rule):
                    found.append(("", place))
        refusing = ""
        for name, text in varied.legacy.items():
            counted = legacy_text.counted(text, rules.counters(name))
            found += [(name, place) for place in counted.places if (name, place) in self._unknown]
            refusing = refusing or counted.refusing
        return found, refusing


class Explanation:
    """Why a connection was refused.

    :param loaded: of each rule's handle in the copy, what the rule is
    :param legacy: what refused in the legacy tables
    :param redirects: whether a rule can send packets elsewhere
    """

    def __init__(self, trace: Trace, loaded: Mapping[rules.Handle, nftables.Message], legacy: str, redirects: bool) -> None:
        self._refusals = trace.refusals
        self._loaded = loaded
        self._legacy = legacy
        self._redirects = redirects
        self._texts: Dict[Refusal, str] = {}

    def verdict(self, outcome: Outcome) -> Verdict:
        """What became of a connection."""
        if outcome.is_in:
            return Verdict(LET_IN, "")
        if outcome.port:
            return Verdict(CANNOT_TELL, "address translation sends it to port %d" % outcome.port)
        ends = (outcome.flow, reply_of(outcome.flow))
        for refusal in self._refusals:
            if refusal.flow in ends:
                return Verdict(REFUSED, self._text(refusal))
        if self._redirects:
            return Verdict(CANNOT_TELL, "address translation sends it elsewhere")
        if self._legacy:
            return Verdict(REFUSED, self._legacy)
        for refusal in self._refusals:
            if refusal.flow is None:
                return Verdict(REFUSED, self._text(refusal) + ", which the search for neighbours needs")
        # The kernel itself drops it, or a node that is short of processors was too slow: silence alone refuses nobody.
        return Verdict(CANNOT_TELL, "no rule refuses it, and yet it does not arrive (rp_filter is such a reason)")

    def _text(self, refusal: Refusal) -> str:
        refusal = refusal._replace(flow=None)
        if refusal not in self._texts:
            self._texts[refusal] = described(refusal, self._loaded.get((refusal.family, refusal.table, refusal.handle)))
        return self._texts[refusal]


def _joined(before: Optional[Verdict], now: Verdict, names: Sequence[str]) -> Verdict:
    """Of two mixtures: what both have, else there is no answer."""
    if before is None or before.kind == now.kind:
        return now if before is None else before
    if CANNOT_TELL in (before.kind, now.kind):
        return before if before.kind == CANNOT_TELL else now
    return Verdict(CANNOT_TELL, "it depends on what is not known here: " + unknown_state.named(names))


def _answer(verdicts: Mapping[Try, Verdict], left_out: int) -> Answer:
    """Of all connections one answer."""
    routed = [(one, verdict) for one, verdict in verdicts.items() if one.is_routed]
    for kind in (CANNOT_TELL, REFUSED):
        for one, verdict in routed:
            if verdict.kind == kind:
                partly = any(other.kind == LET_IN for _, other in routed)
                reason = "from %s to port %d: %s" % (one.source, one.port, verdict.reason)
                return _elsewhere(verdicts, Answer(kind, reason, partly, "", left_out))
    return _elsewhere(verdicts, Answer(LET_IN, "", False, "", left_out))


def _elsewhere(verdicts: Mapping[Try, Verdict], answer: Answer) -> Answer:
    """The answer where packets come by the device that the node answers by; none where another one makes a difference."""
    for one, verdict in verdicts.items():
        if one.device is None or one.is_routed or verdict.kind == answer.kind or answer.is_partly_in or answer.kind == CANNOT_TELL:
            continue
        what = "they are let in" if verdict.kind == LET_IN else verdict.reason
        reason = "should packets come by %s: %s" % (one.device.name, what)
        return answer._replace(kind=CANNOT_TELL, reason=reason, on_route=answer.kind)
    return answer
