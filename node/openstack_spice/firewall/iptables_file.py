"""A rule of ours in a file that iptables-restore loads, which people write by hand too: found, put at its place, and taken out.

By iptables-restore.c: each `*filter` begins the table anew, `#` and `[packets:bytes]` and blanks may come before a rule, and a rule is
a line of arguments as the command has them, in which double quotes hold a word together. What does not name its chain in such a way
makes the file one that has no place for a rule (NotPlaced), never a guess.
"""

import re
from typing import List, NamedTuple, Optional, Tuple

from ..nova_conf.ini import Edit
from ..text import from_bytes
from .lines import Lines, NotPlaced

_COUNTERS = re.compile(r"\[[0-9]+:[0-9]+\][ \t]*")
_WORD = re.compile(r'(?:[^ \t"]|"(?:[^"\\]|\\.)*")+')
_APPEND, _INSERT, _DELETE, _REPLACE, _FLUSH = "A", "I", "D", "R", "F"
_VERBS = ("append", "insert", "delete", "replace", "flush")
_SHORT = re.compile(r"-([AIDRF])(.*)$")
_LISTS = ("-s", "--source", "--src", "-d", "--destination", "--dst")


class Command(NamedTuple):
    """A line that changes a chain."""

    line: int  # index
    verb: str  # A, I, D, R or F
    chain: str
    number: Optional[int]  # of I, D and R
    words: Tuple[str, ...]  # of the rule, without verb, chain and number

    @property
    def rules(self) -> int:
        """How many rules the line makes: one for each of the sources and destinations that it lists."""
        number = 1
        for name, value in zip(self.words, self.words[1:]):
            if name in _LISTS:
                number *= value.count(",") + 1
        return number


class IptablesFile:
    """The chain INPUT of the filter table, as a file writes it.

    :param family: `4` or `6`: a line may be for one of them alone (`-4`, `-6`)
    """

    def __init__(self, data: bytes, family: str = "4") -> None:
        self._lines = Lines(data)
        self._other = {"4": ("-6", "--ipv6"), "6": ("-4", "--ipv4")}[family]
        self._commands: List[Command] = []  # of the last section, in the order of the file
        self._commit: Optional[int] = None  # the line that ends it
        self._strange = ""
        self._scan()
        # The first of several: built from the last on.
        self._found = {known.words: known.line for known in reversed(self._commands) if known.verb in (_APPEND, _INSERT)}

    @property
    def is_written(self) -> bool:
        """Whether it has the filter table at all."""
        return self._commit is not None

    @property
    def number(self) -> int:
        """How many rules the file gives the chain. Raises NotPlaced."""
        return len(self._rules())

    def find(self, line: bytes) -> Optional[int]:
        """The index of the line that puts the rule into the chain; None where none does.

        :param line: `-A INPUT RULE`
        """
        wanted = _command(from_bytes(line), 0)
        return None if wanted is None else self._found.get(wanted.words)

    def with_line(self, index: Optional[int], line: bytes) -> Edit:
        """The file with the rule.

        :param index: of the chain's rule before which ours belongs; None for the end
        :param line: `-A INPUT RULE`
        Raises NotPlaced.
        """
        at, new = self._place(index, line)
        edit = self._lines.with_lines(at, [new])
        again = IptablesFile(edit.data, "6" if "-4" in self._other else "4")
        expected = [known.words for known in self._rules()]
        ours = _command(from_bytes(line), 0)
        expected.insert(len(expected) if index is None else index, ours.words if ours else ())
        if [known.words for known in again._rules()] != expected:  # numbers of later lines mean other rules now
            raise NotPlaced("later lines have their places by number")
        if again.without_line(line).data != from_lines(self._lines):
            raise NotPlaced("the rule could not be taken out again byte for byte")
        return edit

    def without_line(self, line: bytes) -> Edit:
        """The file without the rule; unchanged where it is not there."""
        at = self.find(line)
        return self._lines.unchanged() if at is None else self._lines.without(at, at + 1)

    def _place(self, index: Optional[int], line: bytes) -> Tuple[int, bytes]:
        """The index of a line, and the line that comes before it."""
        if self._commit is None:
            raise NotPlaced("it has no filter table that is ended by COMMIT")
        rules = self._rules()
        if index is None or index >= len(rules):
            return self._commit, line
        before = rules[index]
        if before.verb == _APPEND:
            return before.line, line
        number = "" if before.number in (None, 1) else " %d" % (before.number or 1)
        return before.line + 1, re.sub(rb"^-A INPUT", b"-I INPUT" + number.encode("ascii"), line)

    def _rules(self) -> List[Command]:
        """Which line each rule of the chain comes from, in the kernel's order. Raises NotPlaced."""
        if self._strange:
            raise NotPlaced(self._strange)
        rules: List[Command] = []
        for command in self._commands:
            at = (command.number or 1) - 1
            if command.verb == _APPEND:
                rules += [command] * command.rules
            elif command.verb == _FLUSH:
                rules = []
            elif command.verb == _INSERT and at <= len(rules):
                rules[at:at] = [command] * command.rules
            elif command.number is None or at >= len(rules):
                raise NotPlaced("line %d changes what other lines made" % (command.line + 1))
            else:
                rules[at : at + 1] = [command] if command.verb == _REPLACE else []
        return rules

    def _scan(self) -> None:
        table = ""
        for at, raw in enumerate(self._lines.lines):
            text = from_bytes(raw)
            if text.startswith("*"):
                table = text[1:].strip()
                if table == "filter":
                    self._commands, self._commit, self._strange = [], None, ""
            elif text.strip() == "COMMIT" and text.startswith("COMMIT"):
                if table == "filter":
                    self._commit = at
                table = ""
            elif table == "filter" and not text.startswith(("#", ":")) and text.strip():
                self._take(text, at)

    def _take(self, text: str, at: int) -> None:
        command = _command(text, at)
        if command is None:
            self._strange = "line %d does not say what it does to which chain" % (at + 1)
        elif command.chain == "INPUT" and not any(word in self._other for word in command.words):
            self._commands.append(command)


def from_lines(lines: Lines) -> bytes:
    """The bytes of a file, of its lines."""
    return lines.unchanged().data


def _command(text: str, line: int) -> Optional[Command]:
    """A line as a change of a chain; None where it does not say so. What adds, renames or deletes a chain, or sets its policy, is one of
    no chain."""
    words = _WORD.findall(_COUNTERS.sub("", text.strip(), count=1) if text.lstrip().startswith("[") else text)
    for at, word in enumerate(words):
        verb, rest = _verb(word)
        if verb == "":
            continue
        if verb == "other":
            return Command(line, _FLUSH, "", None, ())
        arguments = ([rest] if rest else []) + words[at + 1 :]
        if not arguments and verb != _FLUSH:
            return None
        chain = arguments.pop(0) if arguments else "INPUT"  # a flush without a name is one of all chains
        number = None
        if verb in (_INSERT, _DELETE, _REPLACE) and arguments and arguments[0].isdigit():
            number = int(arguments.pop(0))
        return Command(line, verb, chain.strip('"'), number, tuple(words[:at] + arguments))
    return None


def _verb(word: str) -> Tuple[str, str]:
    """The verb of an option, and what is glued to it; nothing where it is no verb; `other` where it is one about chains as a whole."""
    if word.startswith("--"):
        name = word[2:]
        found = [verb for verb in _VERBS if verb.startswith(name) and len(name) > 2]
        if found:
            return found[0][0].upper(), ""
        return ("other", "") if name in ("new-chain", "new", "delete-chain", "rename-chain", "policy", "zero") else ("", "")
    short = _SHORT.match(word)
    if short:
        return short.group(1), short.group(2)
    return ("other", "") if re.match(r"-[NXPEZ]", word) else ("", "")
