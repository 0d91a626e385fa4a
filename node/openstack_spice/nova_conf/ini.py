"""nova.conf's lines, read as oslo.config's iniparser reads them, and edits that leave every other byte as it is.

Sections of one name are merged (DEFAULT alone is spelled exactly, others in any case), the last definition wins, an indented
line continues a value, `=` or `:` separates.
"""

import re
from typing import Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..text import from_bytes, to_bytes

_Key = Tuple[str, str]  # a section's normal name, and an option


class Edit(NamedTuple):
    """New bytes, and the lines that the former ones lose and get, for the proof that nothing else differs."""

    data: bytes
    removed: Tuple[bytes, ...]
    added: Tuple[bytes, ...]


class _Lines(NamedTuple):
    """What stands in which lines, by their indexes."""

    headers: Dict[str, List[int]]  # by the section's normal name
    definitions: Dict[_Key, List[Tuple[int, int]]]  # first and last line of each, in their order


class Ini:
    """A file's lines. Objects are not changed: an edit gives new bytes.

    Lines are text only within: bytes of any encoding are given back as they were, and blanks are those of Python 3's strings, as
    oslo.config strips them; a no-break space from a page of the web is one.
    """

    def __init__(self, data: bytes) -> None:
        self._lines = from_bytes(data).split("\n")
        # A last line that is not ended stays so; a file that ends with a newline has an empty last piece.
        self._ends = self._lines[-1] == ""
        if self._ends:
            self._lines.pop()
        self._found = _found_in(self._lines)

    def definition(self, section: str, option: str) -> Optional[bytes]:
        """The raw lines of the definition in force, without the last newline; None where there is none."""
        place = self._in_force(section, option)
        return None if place is None else to_bytes("\n".join(self._lines[place[0] : place[1] + 1]))

    def value(self, section: str, option: str) -> Optional[bytes]:
        """The value in force, without one pair of outer quotes; lines that continue it after newlines. None where there is none."""
        place = self._in_force(section, option)
        if place is None:
            return None
        line = self._lines[place[0]]
        first = unquoted(to_bytes(line[_separator(line) + 1 :].strip()))
        return b"\n".join([first] + [to_bytes(more.strip()) for more in self._lines[place[0] + 1 : place[1] + 1]])

    def sections(self, section: str) -> int:
        """How often the section's header stands in the file."""
        return len(self._headers(section))

    def last_line_is_blank(self) -> bool:
        """Whether a section that is added at the end needs no blank line before it."""
        return not self._lines or self._lines[-1] == ""

    def put(self, section: str, option: str, block: bytes) -> Edit:
        """With the definition in force replaced by the block; where there is none, the block after the commented default, else after
        the section's header. Raises ValueError where the section has no header."""
        place = self._in_force(section, option)
        new = from_bytes(block).split("\n")
        if place is not None:
            return self._edit(place[0], place[1] + 1, new)
        after = self._commented_default(section, option)
        if after is None:
            raise ValueError("no section " + section)
        return self._edit(after + 1, after + 1, new)

    def without(self, section: str, option: str) -> Edit:
        """Without the definition in force."""
        place = self._in_force(section, option)
        return self._edit(0, 0, []) if place is None else self._edit(place[0], place[1] + 1, [])

    def with_section(self, section: str, blank: bool) -> Edit:
        """With the section's header at the end, after a blank line where that is asked for."""
        end = len(self._lines)
        return self._edit(end, end, ([""] if blank else []) + ["[" + section + "]"])

    def without_section(self, section: str, blank: bool) -> Edit:
        """Without the section's header where nothing stands below it, and without the blank line before it where that is asked for."""
        headers = self._headers(section)
        if len(headers) != 1:
            return self._edit(0, 0, [])
        at = headers[0]
        following = self._lines[at + 1 :]
        inside = next((i for i, line in enumerate(following) if line.startswith("[")), len(following))
        if any(line.strip() for line in following[:inside]):
            return self._edit(0, 0, [])
        start = at - 1 if blank and at > 0 and self._lines[at - 1] == "" else at
        return self._edit(start, at + 1, [])

    def commented(self, section: str, option: str, mark: bytes) -> Edit:
        """With the mark before each line of every definition of the option, also of those that are not in force."""
        places = self._found.definitions.get((_group(section), option), [])
        lines: Set[int] = {i for first, last in places for i in range(first, last + 1)}
        before = [self._lines[i] for i in sorted(lines)]
        new = [from_bytes(mark) + line if i in lines else line for i, line in enumerate(self._lines)]
        return self._replaced(new, before, [from_bytes(mark) + line for line in before])

    def uncommented(self, mark: bytes) -> Edit:
        """Without the mark where a line begins with it."""
        text = from_bytes(mark)
        marked = [line for line in self._lines if line.startswith(text)]
        new = [line[len(text) :] if line.startswith(text) else line for line in self._lines]
        return self._replaced(new, marked, [line[len(text) :] for line in marked])

    def _in_force(self, section: str, option: str) -> Optional[Tuple[int, int]]:
        """First and last line of the last definition."""
        return next(reversed(self._found.definitions.get((_group(section), option), [])), None)

    def _commented_default(self, section: str, option: str) -> Optional[int]:
        """The line of the option's first commented default; where there is none, of the section's first header."""
        for header in self._headers(section):
            for i in range(header + 1, len(self._lines)):
                line = self._lines[i]
                if line.startswith("["):
                    break
                if line.startswith(("#", ";")) and option in line and _commented_option(line.rstrip()) == option:
                    return i
        return next(iter(self._headers(section)), None)

    def _headers(self, section: str) -> List[int]:
        return self._found.headers.get(_group(section), [])

    def _edit(self, start: int, end: int, new: List[str]) -> Edit:
        return self._replaced(self._lines[:start] + new + self._lines[end:], self._lines[start:end], new)

    def _replaced(self, lines: List[str], removed: List[str], added: List[str]) -> Edit:
        data = to_bytes("\n".join(lines)) + (b"\n" if self._ends and lines else b"")
        return Edit(data, tuple(to_bytes(line) for line in removed), tuple(to_bytes(line) for line in added))


def _found_in(lines: List[str]) -> _Lines:
    """One walk through a file, as BaseParser.parse of oslo_config/iniparser.py makes it."""
    found = _Lines({}, {})
    section = ""
    places: Optional[List[Tuple[int, int]]] = None  # of the option that an indented line would continue
    before = -1
    # Most lines of a nova.conf are comments.
    for i in [i for i, line in enumerate(lines) if line and line[0] not in "#;"]:
        text = lines[i].rstrip()
        is_next, before = i == before + 1, i
        if text[:1] in (" ", "\t"):
            if places and is_next:
                places[-1] = (places[-1][0], i)
            continue
        places = None
        if text.startswith("["):
            section = _group(text[1:-1])
            found.headers.setdefault(section, []).append(i)
        elif _separator(text) > 0:
            places = found.definitions.setdefault((section, text[: _separator(text)].strip()), [])
            places.append((i, i))
    return found


def hidden_line(data: bytes) -> Optional[int]:
    """The number of the first line that means something else where a lone carriage return ends a line too, as Python 3 reads and
    :class:`Ini` does not. None where there is none, as where nothing but comments and blank lines would come to light."""
    if b"\r" not in data:
        return None
    lines = from_bytes(data).split("\n")
    for i, line in enumerate(lines):
        first, *hidden = (line[:-1] if line.endswith("\r") else line).split("\r")
        if not hidden:
            continue
        is_continued = i + 1 < len(lines) and lines[i + 1][:1] in (" ", "\t") and lines[i + 1].strip() != ""
        if any(map(_means_something, hidden)) or (_means_something(first) and (any(piece.strip() for piece in hidden) or is_continued)):
            return i + 1
    return None


def _means_something(line: str) -> bool:
    return line.strip() != "" and line[0] not in "#;"


def unquoted(value: bytes) -> bytes:
    """Without one pair of outer quotes."""
    if len(value) >= 1 and value[:1] in (b'"', b"'") and value[-1:] == value[:1]:
        return value[1:-1]
    return value


def plain(written: bytes) -> bytes:
    """A value as written in nova.conf, as people read it."""
    return unquoted(written).replace(b"$$", b"$")


_BOOLEANS: Mapping[bytes, bytes] = {
    b"true": b"true",
    b"yes": b"true",
    b"on": b"true",
    b"false": b"false",
    b"no": b"false",
    b"off": b"false",
}


def spelled(value: bytes) -> bytes:
    """One spelling for all that oslo.config reads as one boolean; any other value as it is."""
    return _BOOLEANS.get(value.lower(), value)


def same_value(value: bytes, written: bytes) -> bool:
    """Whether oslo.config reads the same from a value that :meth:`Ini.value` found as from what is to be written. Two spellings of a
    dollar sign count as different: then ours is written."""
    return spelled(value) == spelled(unquoted(written))


def value_of_definition(lines: bytes) -> str:
    """A definition's value as people read it, in one line."""
    value = re.split(rb"[=:]", lines, maxsplit=1)[-1]
    text = b"\n".join(line.strip(b" \t\n\r\f\v") for line in value.split(b"\n"))
    return plain(text).decode("utf-8", "replace").replace("\n", " ")


def shell_assignment(data: bytes, name: str) -> Optional[bytes]:
    """The last line that assigns a variable in a shell file such as /etc/default/x; None where there is none."""
    pattern = re.compile(rb"\s*" + name.encode("ascii") + b"=")
    found = [line for line in data.split(b"\n") if pattern.match(line)]
    return found[-1] if found else None


def with_line(data: bytes, old: bytes, new: bytes) -> Edit:
    """With the last line that is `old` replaced by `new`."""
    lines = data.split(b"\n")
    at = max((i for i, line in enumerate(lines) if line == old), default=-1)
    if at < 0:
        return Edit(data, (), ())
    return Edit(b"\n".join(lines[:at] + [new] + lines[at + 1 :]), (old,), (new,))


def _group(name: str) -> str:
    return name if name == "DEFAULT" else name.lower()


def _separator(line: str) -> int:
    """Where the value is parted from the name, or -1."""
    equal, colon = line.find("="), line.find(":")
    return equal if colon < 0 or 0 <= equal < colon else colon


def _commented_option(text: str) -> Optional[str]:
    """The option of which a comment has the default, as oslo-config-generator writes it: nothing parts it from its `#`."""
    if text[1:2] in (" ", "\t"):
        return None
    commented = text[1:].strip()
    at = _separator(commented)
    return commented[:at].strip() if at >= 0 else None
