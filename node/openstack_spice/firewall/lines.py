"""Edits of text files by the line, which keep how the file ends."""

from typing import List, Sequence

from ..nova_conf.ini import Edit


class Lines:
    """The lines of a file, and edits of them. Objects are not changed."""

    def __init__(self, data: bytes) -> None:
        self.lines: List[bytes] = data.split(b"\n")
        self._ends = self.lines[-1] == b""  # whether the last line is ended; a file without a line counts as ended
        if self._ends:
            self.lines.pop()

    def with_lines(self, at: int, new: Sequence[bytes]) -> Edit:
        """With these lines before the line of that index."""
        return self._edit(at, at, new)

    def without(self, first: int, end: int) -> Edit:
        """Without the lines from the first index to before the second one."""
        return self._edit(first, end, ())

    def unchanged(self) -> Edit:
        """An edit that changes nothing."""
        return self._edit(0, 0, ())

    def _edit(self, first: int, end: int, new: Sequence[bytes]) -> Edit:
        lines = self.lines[:first] + list(new) + self.lines[end:]
        data = b"\n".join(lines)
        if self._ends and lines:
            data += b"\n"
        return Edit(data, tuple(self.lines[first:end]), tuple(new))


def without_line(data: bytes, line: bytes) -> Edit:
    """A file without the first line that is this one."""
    lines = Lines(data)
    if line not in lines.lines:
        return lines.unchanged()
    at = lines.lines.index(line)
    return lines.without(at, at + 1)


def has_line(data: bytes, line: bytes) -> bool:
    """Whether a file has exactly this line."""
    return line in Lines(data).lines
