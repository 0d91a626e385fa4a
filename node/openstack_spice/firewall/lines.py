"""Edits of text files by the line, which keep how the file ends."""

from typing import List, Sequence

from ..nova_conf.ini import Edit


class NotPlaced(Exception):
    """There is no place in the file for a rule that would be sure to be the right one.

    :param reason: one line, for people
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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


def edit_of(data: bytes, new: bytes) -> Edit:
    """The edit that makes new bytes of a file's: the lines between those that both begin with and those that both end with."""
    before, after = data.split(b"\n"), new.split(b"\n")
    most, first, last = min(len(before), len(after)), 0, 0
    while first < most and before[first] == after[first]:
        first += 1
    while last < most - first and before[-1 - last] == after[-1 - last]:
        last += 1
    return Edit(new, tuple(before[first : len(before) - last]), tuple(after[first : len(after) - last]))
