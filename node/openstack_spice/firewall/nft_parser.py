"""What the statements of files for `nft -f` do to the chains: which rule each of them appends or inserts, in the order of the files.

Files are read as nft reads them: an `include` stands for the text that it includes, wherever it stands. What is not understood makes
the chain that it is about unplaceable (:class:`Chain`), never a guess.
"""

from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from .nft_tokens import CLOSE, END, NEWLINE, OPEN, SEMICOLON, STRING, WORD, Place, Token, Unreadable, tokens_of

DEEPEST = 16  # of files within files; nft goes no deeper either
FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
NO_RULES = ("type", "policy", "flags", "comment", "devices", "device", "define", "redefine", "undefine", "include")
_POSITIONS = ("position", "handle", "index")

IN_BLOCK, ADDED, INSERTED = "in a block", "added", "inserted"  # how a statement puts its rule into its chain

Included = Callable[[str], Optional[List[Tuple[str, str]]]]


class Statement(NamedTuple):
    """A statement that puts one rule into a chain, or the brace that ends a block of it."""

    how: str  # IN_BLOCK, ADDED or INSERTED; CLOSE for a brace
    place: Place  # in a block, of the `include` that brings it in where it is in another file than the block
    words: Tuple[str, ...]  # of the rule


class Chain:
    """What the files do to one chain.

    :ivar statements: those that put a rule into it, in the order in which the kernel has the rules
    :ivar written: the same and the closing braces of its blocks, in the order of the files
    :ivar strange: why its rules cannot be told by the files; nothing where they can
    """

    def __init__(self) -> None:
        self.statements: List[Statement] = []
        self.written: List[Statement] = []
        self.strange = ""

    def put(self, statement: Statement) -> None:
        """Takes a statement in."""
        self.written.append(statement)
        if statement.how == INSERTED:
            self.statements.insert(0, statement)
        elif statement.how != CLOSE:
            self.statements.append(statement)

    def flush(self) -> None:
        """What was put in is gone."""
        self.statements, self.written, self.strange = [], [], ""


def chains_of(text: str, file: str, included: Included) -> Dict[str, Chain]:
    """The chains that a file, and what it includes, puts rules into, by `FAMILY TABLE CHAIN`. Raises Unreadable.

    :param included: the files of an `include`, with their texts; None where they are not to be looked at
    """
    parser = _Parser(text, file, included)
    parser.commands()
    return parser.chains


def includes_of(text: str) -> List[str]:
    """What the `include` statements of a text name; of one that cannot be read those before that."""
    found: List[str] = []

    def note(pattern: str) -> Optional[List[Tuple[str, str]]]:
        found.append(pattern)
        return []

    try:
        for _ in _stream(text, "", note):
            pass
    except Unreadable:
        pass
    return found


def _stream(text: str, file: str, included: Included, via: Tuple[Place, ...] = ()) -> Iterator[Token]:
    """The tokens of a file, those of the included ones among them."""
    if len(via) > DEEPEST:
        raise Unreadable("files include each other")
    before = NEWLINE  # the kind of the last token
    held: Optional[Token] = None  # an `include` whose file's name comes next
    for token in tokens_of(text, file, via):
        if held is not None:
            files = included(token.text[1:-1]) if token.kind == STRING else None
            if files is None:
                yield held
                yield token
            place = Place(file, held.start, token.end, before)
            for path, other in files or ():
                for inner in _stream(other, path, included, via + (place,)):
                    yield inner._replace(kind=NEWLINE) if inner.kind == END else inner
            held, before = None, token.kind
            continue
        if token.text == "include" and token.kind == WORD and before in (NEWLINE, SEMICOLON, OPEN, CLOSE):
            held = token
            continue
        before = token.kind
        yield token


class _Parser:
    def __init__(self, text: str, file: str, included: Included) -> None:
        self.chains: Dict[str, Chain] = {}
        self._tokens = list(_stream(text, file, included))
        self._at = 0

    def commands(self) -> None:
        """All statements outside of braces."""
        while self._peek().kind != END:
            if self._peek().is_end:
                self._at += 1
                continue
            if self._peek().kind == CLOSE:
                raise Unreadable("a brace is closed that is not open")
            self._command()

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _command(self) -> None:
        first, before = self._at, self._before()
        words = self._head()
        verb = words.pop(0) if words[:1] and words[0] in _VERBS else "add"
        kind = words.pop(0) if words else ""
        name = words if words[:1] and words[0] in FAMILIES else ["ip"] + words
        if verb in ("add", "create") and kind in ("table", "chain") and self._peek().kind == OPEN:
            self._at += 1
            (self._table if kind == "table" else self._chain)(" ".join(name))
            return
        end = self._rest()
        if kind == "rule" and verb not in ("delete", "destroy"):
            self._rule(verb, name, first, end, before)
        elif verb in ("flush", "delete", "destroy", "rename"):
            self._away(verb, kind, name, words)

    def _rule(self, verb: str, name: List[str], first: int, end: int, before: str) -> None:
        chain = self.chains.setdefault(" ".join(name[:3]), Chain())
        rule = [token.text for token in self._tokens[first:end]]
        # Behind the chain's name: the last of the three words that name it.
        rule = rule[_past(rule, name[:3]) :]
        if verb not in ("add", "insert") or rule[:1] and rule[0] in _POSITIONS:
            chain.strange = "a rule of it has its place by number"
            return
        begin, last = self._tokens[first], self._tokens[end - 1]
        place = Place(begin.file, begin.start, last.end, before)
        chain.put(Statement(INSERTED if verb == "insert" else ADDED, place, tuple(rule)))

    def _away(self, verb: str, kind: str, name: List[str], words: List[str]) -> None:
        if kind == "rule" or verb == "rename":
            self.chains.setdefault(" ".join(name[:3]), Chain()).strange = "a rule of it is taken away again"
            return
        family = " ".join(words[:1] + [""])  # of a ruleset: only that one, where it is named
        gone = {"ruleset": family.lstrip(), "table": " ".join(name[:2] + [""]), "chain": " ".join(name[:3] + [""])}.get(kind)
        for key, chain in self.chains.items():
            if gone is not None and (key + " ").startswith(gone):
                chain.flush()

    def _table(self, name: str) -> None:
        """The block of a table, whose brace was read."""
        while self._peek().kind != CLOSE:
            if self._peek().is_end:
                self._skip_end("a table's block is left open")
                continue
            words = self._head()
            if words[:1] == ["chain"] and self._peek().kind == OPEN:
                self._at += 1
                self._chain(name + " " + " ".join(words[1:]))
            else:
                self._rest()
        self._at += 1

    def _chain(self, name: str) -> None:
        """The block of a chain, whose brace was read."""
        chain, file = self.chains.setdefault(name, Chain()), self._tokens[self._at - 1].file
        while self._peek().kind != CLOSE:
            if self._peek().is_end:
                self._skip_end("a chain's block is left open")
                continue
            first, before = self._at, self._before()
            end = self._rest()
            words = tuple(token.text for token in self._tokens[first:end])
            if words[0] == "include":
                chain.strange = "it includes what is not there"
            elif words[0] not in NO_RULES:
                chain.put(Statement(IN_BLOCK, self._place(file, first, end, before), words))
        before, brace = self._before(), self._at
        self._at += 1
        chain.put(Statement(CLOSE, self._place(file, brace, self._at, before), ()))

    def _place(self, file: str, first: int, end: int, before: str) -> Place:
        """Where in the block's file the tokens come in."""
        begin, last = self._tokens[first], self._tokens[end - 1]
        if begin.file != last.file:
            raise Unreadable("a statement begins in one file and ends in another")
        found = [place for place in begin.via if place.file == file]
        return found[-1] if found and begin.file != file else Place(begin.file, begin.start, last.end, before)

    def _before(self) -> str:
        """The kind of the token before this one; that of a new line at the beginning of a file."""
        if self._at == 0 or self._tokens[self._at - 1].file != self._peek().file:
            return NEWLINE
        return self._tokens[self._at - 1].kind

    def _skip_end(self, otherwise: str) -> None:
        if self._peek().kind == END:
            raise Unreadable(otherwise)
        self._at += 1

    def _head(self) -> List[str]:
        """The words up to a brace, or the end of the statement; neither is read."""
        words = []
        while not self._peek().is_end and self._peek().kind not in (OPEN, CLOSE):
            words.append(self._peek().text)
            self._at += 1
        return words

    def _rest(self) -> int:
        """Reads to the end of the statement, the braces within it too. Gives the index of the token behind its last one."""
        depth = 0
        while True:
            token = self._peek()
            if token.kind == END:
                if depth:
                    raise Unreadable("a brace is left open")
                return self._at
            if depth == 0 and (token.is_end or token.kind == CLOSE):
                return self._at
            depth += {OPEN: 1, CLOSE: -1}.get(token.kind, 0)
            self._at += 1


_VERBS = ("add", "create", "insert", "delete", "destroy", "flush", "replace", "rename", "reset", "list", "get", "import", "export")


def _past(words: List[str], name: List[str]) -> int:
    """The index behind the words that name a chain, in a statement such as `add rule ip filter input ...`."""
    at = 0
    while words[at : at + 1] and words[at] in _VERBS + ("rule",) + FAMILIES:
        at += 1
    return at + len(name) - 1
