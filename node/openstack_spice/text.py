"""Bytes as text for people, and as words of a record."""

import base64
from typing import Iterable, List

LONGEST_LINE = 1000  # characters; the command provider hangs on a line of 64 KiB


def encode(data: bytes) -> str:
    """Any bytes as one word, for a record."""
    return base64.b64encode(data).decode("ascii")


def decode(word: str) -> bytes:
    """What :func:`encode` made a word of. Raises ValueError for any other word."""
    return base64.b64decode(word.encode("ascii"), validate=True)


def present(data: bytes) -> str:
    """The state of something that is there with these bytes."""
    return "=" + encode(data)


def bytes_of(state: str) -> bytes:
    """The bytes of a state that :func:`present` made, whatever else it says behind a blank."""
    return decode(state[1:].partition(" ")[0])


ABSENT = "-"  # the state of what is not there


def is_absent(state: str) -> bool:
    """Whether a state is that of what is not there, whatever else it says behind a blank."""
    return state.partition(" ")[0] == ABSENT


def printable(text: str) -> str:
    """The text with every character that a terminal could obey replaced by `?`; tabs become blanks.

    What a node's processes and files say reaches the operator's terminal only like this.
    """
    return "".join(character if character.isprintable() else " " if character in "\t\n\r" else "?" for character in text)


def from_bytes(data: bytes) -> str:
    """Bytes of unknown encoding as text that :func:`to_bytes` gives back as they were."""
    return data.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """The inverse of :func:`from_bytes`."""
    return text.encode("utf-8", "surrogateescape")


def for_people(data: bytes) -> str:
    """Bytes from the node as printable text of one line."""
    return printable(data.decode("utf-8", "replace")).strip()


def cut(text: str) -> str:
    """A line of at most LONGEST_LINE characters."""
    return text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 4] + " ..."


def one_line(text: str) -> str:
    """Lines as one, with blanks between them."""
    return text.replace("\n", " ")


def in_a_row(items: Iterable[str]) -> str:
    """Items with commas between them."""
    return ", ".join(items)


def last_line(data: bytes) -> str:
    """The last line that is not empty, printable."""
    lines: List[str] = [for_people(line) for line in data.splitlines() if line.strip()]
    return lines[-1] if lines else ""
