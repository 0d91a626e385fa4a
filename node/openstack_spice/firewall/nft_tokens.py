"""The tokens of a file for `nft -f`: as few kinds as it takes to know where a statement begins and ends.

By nftables' scanner.l: a backslash at the end of a line joins it with the next one, a comment goes to the end of its line, a quoted
string knows no escapes. A newline within the braces of a set ends nothing; that is the parser's business (nft_file.py).
"""

import re
from typing import Iterator, List, NamedTuple, Tuple

WORD, STRING, NEWLINE, END = "word", "string", "newline", "end"
OPEN, CLOSE, SEMICOLON = "{", "}", ";"
_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\f\v]+|\\\n)|(?P<comment>\#[^\n]*)|(?P<newline>\n)"
    r'|(?P<string>"[^"]*")|(?P<brace>[{};])|(?P<word>(?:[^ \t\r\f\v\n{};"\#\\]|\\(?!\n))+)|(?P<strange>.)',
    re.DOTALL,
)


class Unreadable(Exception):
    """The text is not what nft reads, or not what is understood here of it.

    :param reason: one line, for people
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Place(NamedTuple):
    """Where in which file something stands."""

    file: str
    start: int  # in the file's text
    end: int
    before: str  # kind of the token before it


class Token(NamedTuple):
    """A piece of a file that means something."""

    kind: str
    text: str
    file: str
    start: int  # in the file's text
    end: int
    via: Tuple[Place, ...] = ()  # the `include` statements by which the file came, the outermost first

    @property
    def is_end(self) -> bool:
        """Whether it ends a statement outside of braces."""
        return self.kind in (NEWLINE, SEMICOLON, END)


def tokens_of(text: str, file: str = "", via: Tuple[Place, ...] = ()) -> Iterator[Token]:
    """The tokens of a text, the last of which is its end. Raises Unreadable where a quote is left open."""
    for found in _TOKEN.finditer(text):
        name = str(found.lastgroup)
        if name in ("blank", "comment"):
            continue
        if name == "strange":
            raise Unreadable("a quote is left open in line %d" % (text.count("\n", 0, found.start()) + 1))
        piece = found.group()
        yield Token(piece if name == "brace" else name, piece, file, found.start(), found.end(), via)
    yield Token(END, "", file, len(text), len(text), via)


def words_of(text: str) -> List[str]:
    """The tokens of one statement, as they are compared: spacing is none of it. Nothing where the text is none."""
    try:
        return [token.text for token in tokens_of(text) if token.kind not in (NEWLINE, END, SEMICOLON)]
    except Unreadable:
        return []
