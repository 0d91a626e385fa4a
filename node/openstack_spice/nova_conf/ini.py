"""nova.conf's lines, read as oslo.config's iniparser reads them, and edits that leave every other byte as it is.

Sections of one name are merged (DEFAULT alone is spelled exactly, others in any case), the last definition wins, an indented
line continues a value, `=` or `:` separates.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

_BLANKS = b" \t\r\f\v"


class Edit(NamedTuple):
    """New bytes, and the lines that the former ones lose and get, for the proof that nothing else differs."""

    data: bytes
    removed: Tuple[bytes, ...]
    added: Tuple[bytes, ...]


class _Scan(NamedTuple):
    first: int  # index of the line where the definition in force begins, or -1
    last: int
    defines: Set[int]  # lines of all definitions
    header: int  # of the section's first header, or -1
    last_header: int
    headers: int
    default_line: int  # the commented default, or -1


class Ini:
    """A file's lines. Objects are not changed: an edit gives new bytes."""

    def __init__(self, data: bytes) -> None:
        self._lines = data.split(b"\n")
        # A last line that is not ended stays so; a file that ends with a newline has an empty last piece.
        self._ends = self._lines[-1] == b""
        if self._ends:
            self._lines.pop()

    def definition(self, section: str, option: str) -> Optional[bytes]:
        """The raw lines of the definition in force, without the last newline; None where there is none."""
        scan = self._scan(section, option)
        return None if scan.first < 0 else b"\n".join(self._lines[scan.first : scan.last + 1])

    def value(self, section: str, option: str) -> Optional[bytes]:
        """The value in force, without one pair of outer quotes; lines that continue it after newlines. None where there is none."""
        scan = self._scan(section, option)
        if scan.first < 0:
            return None
        line = self._lines[scan.first]
        text = unquoted(line[_separator(line) + 1 :].strip(_BLANKS))
        return b"\n".join([text] + [more.strip(_BLANKS) for more in self._lines[scan.first + 1 : scan.last + 1]])

    def sections(self, section: str) -> int:
        """How often the section's header stands in the file."""
        return self._scan(section, "").headers

    def last_line_is_blank(self) -> bool:
        """Whether a section that is added at the end needs no blank line before it."""
        return not self._lines or self._lines[-1] == b""

    def put(self, section: str, option: str, block: bytes) -> Edit:
        """With the definition in force replaced by the block; where there is none, the block after the commented default, else after
        the section's header. Raises ValueError where the section has no header."""
        scan = self._scan(section, option)
        new = block.split(b"\n")
        if scan.first >= 0:
            return self._edit(scan.first, scan.last + 1, new)
        after = scan.default_line if scan.default_line >= 0 else scan.header
        if after < 0:
            raise ValueError("no section " + section)
        return self._edit(after + 1, after + 1, new)

    def without(self, section: str, option: str) -> Edit:
        """Without the definition in force."""
        scan = self._scan(section, option)
        return self._edit(scan.first, scan.last + 1, []) if scan.first >= 0 else self._edit(0, 0, [])

    def with_section(self, section: str, blank: bool) -> Edit:
        """With the section's header at the end, after a blank line where that is asked for."""
        end = len(self._lines)
        return self._edit(end, end, ([b""] if blank else []) + [b"[" + section.encode("ascii") + b"]"])

    def without_section(self, section: str, blank: bool) -> Edit:
        """Without the section's header where nothing stands below it, and without the blank line before it where that is asked for."""
        scan = self._scan(section, "")
        at = scan.last_header
        if scan.headers != 1:
            return self._edit(0, 0, [])
        following = self._lines[at + 1 :]
        inside = next((i for i, line in enumerate(following) if line.startswith(b"[")), len(following))
        if any(line.strip(_BLANKS) for line in following[:inside]):
            return self._edit(0, 0, [])
        start = at - 1 if blank and at > 0 and self._lines[at - 1] == b"" else at
        return self._edit(start, at + 1, [])

    def commented(self, section: str, option: str, mark: bytes) -> Edit:
        """With the mark before each line of every definition of the option, also of those that are not in force."""
        lines = self._scan(section, option).defines
        new = [mark + line if i in lines else line for i, line in enumerate(self._lines)]
        return self._replaced(new, [self._lines[i] for i in sorted(lines)], [mark + self._lines[i] for i in sorted(lines)])

    def uncommented(self, mark: bytes) -> Edit:
        """Without the mark where a line begins with it."""
        marked = [line for line in self._lines if line.startswith(mark)]
        new = [line[len(mark) :] if line.startswith(mark) else line for line in self._lines]
        return self._replaced(new, marked, [line[len(mark) :] for line in marked])

    def _edit(self, start: int, end: int, new: List[bytes]) -> Edit:
        return self._replaced(self._lines[:start] + new + self._lines[end:], self._lines[start:end], new)

    def _replaced(self, lines: List[bytes], removed: List[bytes], added: List[bytes]) -> Edit:
        data = b"\n".join(lines) + (b"\n" if self._ends and lines else b"")
        return Edit(data, tuple(removed), tuple(added))

    def _scan(self, section: str, option: str) -> _Scan:
        wanted, name = _group(section.encode("ascii")), option.encode("ascii")
        current = b""
        continuing = False
        found: Dict[str, int] = dict(first=-1, last=-1, header=-1, last_header=-1, headers=0, default=-1)
        defines: Set[int] = set()
        for i, line in enumerate(self._lines):
            text = line.rstrip(_BLANKS)
            if not text:
                continuing = False
            elif text[:1] in (b" ", b"\t"):
                if continuing:
                    found["last"] = i
                    defines.add(i)
            elif text.startswith(b"["):
                continuing = False
                current = _group(text[1:-1])
                if current == wanted:
                    found["headers"] += 1
                    found["last_header"] = i
                    found["header"] = i if found["header"] < 0 else found["header"]
            elif current != wanted:
                continuing = False
            elif text[:1] in (b"#", b";"):
                continuing = False
                if found["default"] < 0 and _is_commented_default(text, name):
                    found["default"] = i
            else:
                at = _separator(text)
                continuing = at > 0 and text[:at].strip(_BLANKS) == name
                if continuing:
                    found["first"] = found["last"] = i
                    defines.add(i)
        return _Scan(found["first"], found["last"], defines, found["header"], found["last_header"], found["headers"], found["default"])


def unquoted(value: bytes) -> bytes:
    """Without one pair of outer quotes."""
    if len(value) >= 1 and value[:1] in (b'"', b"'") and value[-1:] == value[:1]:
        return value[1:-1]
    return value


def plain(written: bytes) -> bytes:
    """A value as written in nova.conf, as people read it."""
    return unquoted(written).replace(b"$$", b"$")


_BOOLEANS = {b"true": b"true", b"yes": b"true", b"on": b"true", b"false": b"false", b"no": b"false", b"off": b"false"}


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


def _group(name: bytes) -> bytes:
    return name if name == b"DEFAULT" else name.lower()


def _separator(line: bytes) -> int:
    """Where the value is parted from the name, or -1."""
    equal, colon = line.find(b"="), line.find(b":")
    return equal if colon < 0 or 0 <= equal < colon else colon


def _is_commented_default(text: bytes, name: bytes) -> bool:
    commented = text[1:].strip(_BLANKS)
    at = _separator(commented)
    return text[1:2] not in (b" ", b"\t") and at >= 0 and commented[:at].strip(_BLANKS) == name
