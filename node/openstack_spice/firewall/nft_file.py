"""A rule of ours in the files that nftables.service loads, which are free text: found, put at its place, and taken out byte for byte."""

from typing import Callable, Dict, NamedTuple, Optional, Tuple

from ..nova_conf.ini import Edit
from ..text import from_bytes, to_bytes
from .lines import NotPlaced, edit_of
from .nft_parser import ADDED, IN_BLOCK, INSERTED, Chain, Included, Statement, chains_of
from .nft_tokens import CLOSE, NEWLINE, OPEN, SEMICOLON, Unreadable, words_of

# By which a missing end of the statement before ours is told from one that was there.
_MISSING_END = ";;; "


class _Splice(NamedTuple):
    """A text that is put into a file."""

    file: str
    at: int
    text: str


class NftChain:
    """A chain as the files write it.

    :param chain: `FAMILY TABLE CHAIN`
    :param file: the first of the files
    :param content: gives the text of a file
    :param included: see :func:`chains_of`
    Raises NotPlaced where the files cannot be read.
    """

    def __init__(self, chain: str, file: str, content: Callable[[str], str], included: Included) -> None:
        self._name = chain
        self._content = content
        try:
            self._chain = chains_of(content(file), file, included).get(chain, Chain())
        except Unreadable as answer:
            raise NotPlaced(answer.reason)

    @property
    def is_written(self) -> bool:
        """Whether the files have it at all."""
        return bool(self._chain.written)

    def file_with(self, rule: str) -> Optional[str]:
        """The file that has the rule; None where none does."""
        words = tuple(words_of(rule))
        return next((statement.place.file for statement in self._chain.statements if statement.words == words), None)

    @property
    def number(self) -> int:
        """How many rules the files give it."""
        return len(self._chain.statements)

    def file_for(self, index: Optional[int]) -> str:
        """The file that a rule at that place goes into. Raises NotPlaced."""
        return self._anchor(index).place.file

    def with_rule(self, index: Optional[int], rule: str) -> Edit:
        """The file of :meth:`file_for` with the rule.

        :param index: of the chain's rule before which ours belongs; None for the end
        Raises NotPlaced where it cannot be taken out again byte for byte.
        """
        splice = self._splice(index, rule)
        text = self._content(splice.file)
        new = to_bytes(text[: splice.at] + splice.text + text[splice.at :])
        if NftFile(new).without(self._name, rule).data != to_bytes(text):
            raise NotPlaced("the rule could not be taken out again byte for byte")
        return edit_of(to_bytes(text), new)

    def _anchor(self, index: Optional[int]) -> Statement:
        """What the rule comes before; behind it where it is inserted, or the last one."""
        chain = self._chain
        if chain.strange:
            raise NotPlaced(chain.strange)
        if index is not None:
            return chain.statements[index]
        appending = [statement for statement in chain.written if statement.how != INSERTED]
        if not appending and not chain.written:
            raise NotPlaced("no file has the chain")
        return appending[-1] if appending else chain.written[0]

    def _splice(self, index: Optional[int], rule: str) -> _Splice:
        anchor = self._anchor(index)
        if anchor.how in (IN_BLOCK, CLOSE):
            return self._in_block(anchor, rule)
        verb = "insert" if anchor.how == INSERTED else "add"
        command = "%s rule %s %s" % (verb, self._name, rule)
        if index is not None and anchor.how == ADDED:
            return self._before(anchor, command)
        return self._behind(anchor, command)

    def _in_block(self, anchor: Statement, rule: str) -> _Splice:
        """Before a statement, or the brace, of a block."""
        place = anchor.place
        if anchor.how == CLOSE and place.before not in (NEWLINE, SEMICOLON, OPEN):
            return _Splice(place.file, place.start, _MISSING_END + rule + "; ")
        return self._before(anchor, rule)

    def _before(self, anchor: Statement, text: str) -> _Splice:
        """A line of its own where the statement is the first of a line; else behind the statement before it."""
        place = anchor.place
        content = self._content(place.file)
        line = content.rfind("\n", 0, place.start) + 1
        if content[line : place.start].strip(" \t") or place.before != NEWLINE:
            return _Splice(place.file, place.start, text + "; ")
        indent = _indent_before(content, place.start) if anchor.how == CLOSE else content[line : place.start]
        return _Splice(place.file, line, indent + text + "\n")

    def _behind(self, anchor: Statement, text: str) -> _Splice:
        """On the line behind a statement. Raises NotPlaced where that has others behind it."""
        place = anchor.place
        content = self._content(place.file)
        newline = content.find("\n", place.end)
        rest = content[place.end : newline if newline >= 0 else len(content)].strip(" \t")
        if rest not in ("", ";") and not rest.startswith("#"):
            raise NotPlaced("other statements stand on the line")
        if newline < 0:
            return _Splice(place.file, len(content), "\n" + text)
        return _Splice(place.file, newline + 1, text + "\n")


def _indent_before(content: str, brace: int) -> str:
    """What the last line of a block is indented by, before whose brace a rule comes; a tab more than the brace where that is less."""
    own = content[content.rfind("\n", 0, brace) + 1 : brace]
    for line in reversed(content[:brace].split("\n")[:-1]):
        bare = line.lstrip(" \t")
        if bare and not bare.startswith("#"):
            indent = line[: len(line) - len(bare)]
            return indent if len(indent) > len(own) and bare[0] != CLOSE else own + "\t"
    return own + "\t"


class NftFile:
    """One file, as it is written: what it includes is not looked at. One that cannot be read has a rule where a line of it is the rule."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._text = from_bytes(data)
        self._is_read = False
        self._found: Optional[Dict[Tuple[str, Tuple[str, ...]], Tuple[int, int]]] = None

    def find(self, chain: str, rule: str) -> Optional[Tuple[int, int]]:
        """Where in the file's text a statement puts the rule into the chain; None where none does."""
        words = tuple(words_of(rule))
        if not all(word in self._text for word in words):  # of many sources most are in no file yet
            return None
        if not self._is_read:
            self._read()
        if self._found is None:
            return _line_of(self._text, rule)
        return self._found.get((chain, words))

    def _read(self) -> None:
        self._is_read = True
        try:
            chains = chains_of(self._text, "", lambda _: None)
        except Unreadable:
            return
        self._found = {}
        for name, chain in chains.items():
            for statement in chain.written:
                if statement.how != CLOSE:
                    self._found.setdefault((name, statement.words), (statement.place.start, statement.place.end))

    def without(self, chain: str, rule: str) -> Edit:
        """The file without the rule; unchanged where it is not there."""
        found = self.find(chain, rule)
        if found is None:
            return Edit(self._data, (), ())
        start, end = _own_text(self._text, *found)
        return edit_of(self._data, to_bytes(self._text[:start] + self._text[end:]))


def _own_text(text: str, start: int, end: int) -> Tuple[int, int]:
    """What goes with a statement: its line, where it has one of its own, else its end and the blank behind."""
    line = text.rfind("\n", 0, start) + 1
    newline = text.find("\n", end)
    rest = text[end : newline if newline >= 0 else len(text)]
    if not text[line:start].strip(" \t") and rest.strip(" \t") in ("", ";"):
        if newline >= 0:
            return line, newline + 1
        return max(line - 1, 0), len(text)
    if text[start - len(_MISSING_END) : start] == _MISSING_END and text[end : end + 2] == "; ":
        return start - len(_MISSING_END), end + 2
    for own in ("; ", ";"):
        if text.startswith(own, end):
            return start, end + len(own)
    return start, end


def _line_of(text: str, rule: str) -> Optional[Tuple[int, int]]:
    at = 0
    for line in text.split("\n"):
        bare = line.strip(" \t")
        if bare == rule:
            start = at + line.index(bare)
            return start, start + len(bare)
        at += len(line) + 1
    return None
