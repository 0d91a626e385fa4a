"""The legacy tables as iptables-save writes them: which of their rules packets for the node could meet, and what those are made of."""

import re
from typing import Dict, Iterator, List, NamedTuple, Set, Tuple

from . import faithful

_ON_THE_WAY = ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")
_OWN_VERDICTS = ("ACCEPT", "DROP", "RETURN", "QUEUE")


class Line(NamedTuple):
    """A rule."""

    place: int  # of the line in the text
    table: str
    chain: str
    words: Tuple[str, ...]  # `-A`, the chain, and so on
    matches: Tuple[str, ...]
    target: str  # of -j or -g; nothing where there is none


def rules(text: str) -> Iterator[Line]:
    """All rules."""
    table = ""
    for place, line in enumerate(text.split("\n")):
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith("-A "):
            words = split(line)
            matches = [after for word, after in zip(words, words[1:]) if word == "-m"]
            targets = [after for word, after in zip(words, words[1:]) if word in ("-j", "-g")]
            yield Line(place, table, words[1], tuple(words), tuple(matches), targets[-1] if targets else "")


def met(text: str) -> List[Line]:
    """The rules that packets for the node could meet."""
    leads: Dict[Tuple[str, str], Set[str]] = {}
    every = list(rules(text))
    for line in every:
        leads.setdefault((line.table, line.chain), set()).add(line.target)
    reached = {(line.table, chain) for line in every for chain in _ON_THE_WAY}
    waiting = list(reached)
    while waiting:
        table, chain = waiting.pop()
        for target in leads.get((table, chain), ()):
            if (table, target) not in reached:
                reached.add((table, target))
                waiting.append((table, target))
    return [line for line in every if (line.table, line.chain) in reached]


def chains(text: str) -> Set[Tuple[str, str]]:
    """All chains, each with its table."""
    table, found = "", set()
    for line in text.split("\n"):
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith(":"):
            found.add((table, line[1:].split(" ")[0]))
    return found


def unfaithful(text: str) -> List[str]:
    """What is not on the list of :mod:`faithful`."""
    known, found = chains(text), []
    for line in met(text):
        where = ", in chain %s of the legacy table %s" % (line.chain, line.table)
        for match in line.matches:
            if match not in faithful.MATCHES | faithful.UNKNOWN_MATCHES:
                found.append("the match %s%s" % (match, where))
        targets = faithful.TARGETS | faithful.TARGETS_DECIDED_ELSEWHERE
        if line.target and line.target not in targets and (line.table, line.target) not in known and line.target != "QUEUE":
            found.append("the target %s%s" % (line.target, where))
    return found


def split(line: str) -> List[str]:
    """The words of a line, without quotes."""
    words, word, quoted, begun, escaped = [], "", False, False, False
    for character in line:
        if escaped:
            word, escaped = word + character, False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted, begun = not quoted, True
        elif character in " \t" and not quoted:
            if begun or word:
                words.append(word)
            word, begun = "", False
        else:
            word += character
    return words + [word] if begun or word else words


def joined(words: List[str]) -> str:
    """A line of words, quoted as iptables-restore reads them."""
    return " ".join(quoted(word) for word in words)


def quoted(word: str) -> str:
    """A word as iptables-restore reads it."""
    plain = word and all(character.isalnum() or character in "-_./,:!+*[]()=<>&|^%@#;~{}?$'" for character in word)
    return word if plain else '"%s"' % word.replace("\\", "\\\\").replace('"', '\\"')


class Counted(NamedTuple):
    """What packets did in the legacy tables."""

    places: Tuple[int, ...]  # of the lines whose rules were met
    refusing: str  # the first rule or policy that refused a packet; nothing where none did


def counted(text: str, listing: str) -> Counted:
    """What a listing with counters says of the rules of a text.

    :param text: as it was loaded
    :param listing: what iptables-save -c says now
    """
    given = list(rules(text))
    numbers = re.findall(r"^\[(\d+):\d+\] -A ", listing, re.MULTILINE)
    met_lines = [line for line, number in zip(_by_table(given, listing), numbers) if int(number)]
    refusing = ""
    for line in met_lines:
        if line.target in ("DROP", "REJECT"):
            refusing = "`%s` in the legacy table %s" % (joined(list(line.words)), line.table)
            break
    policies = re.findall(r"^:(\S+) DROP \[([1-9]\d*):", listing, re.MULTILINE)
    if not refusing and policies:
        refusing = "the policy of chain %s of the legacy tables" % policies[0][0]
    return Counted(tuple(line.place for line in met_lines), refusing)


def _by_table(given: List[Line], listing: str) -> List[Line]:
    """Rules in the order of a listing: its tables can come in another order, and a table's rules come chain by chain."""
    found: List[Line] = []
    tables = re.findall(r"^\*(\S+)", listing, re.MULTILINE)
    for table in tables:
        found += [line for line in given if line.table == table]
    return found
