"""Standard input, output and error as bytes, and files that another process of ours is writing."""

import os
from typing import List

from ..errors import BadDocument
from .reading import Reading

LARGEST_INPUT = 1024 * 1024  # bytes; a document has some thousands


def read_input() -> bytes:
    """All of standard input. Raises BadDocument where that is more than any document."""
    pieces: List[bytes] = []
    size = 0
    while True:
        try:
            piece = os.read(0, 1 << 16)
        except OSError:  # it is closed
            piece = b""
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_INPUT:
            raise BadDocument("document-too-large", limit=LARGEST_INPUT)


def pass_on(descriptor: int, data: bytes) -> bool:
    """Writes all bytes to standard output (1) or error (2). Gives whether somebody takes them."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        return False
    return True


def is_terminal(descriptor: int) -> bool:
    """Whether somebody sits there."""
    return os.isatty(descriptor)


def redirect(document: str, out: str, err: str) -> None:
    """Gives this process other standard streams: files that are there. Raises OSError."""
    for descriptor, path, flags in ((0, document, os.O_RDONLY), (1, out, os.O_WRONLY), (2, err, os.O_WRONLY)):
        opened = os.open(path, flags | os.O_APPEND | os.O_NOFOLLOW)
        os.dup2(opened, descriptor)
        os.close(opened)


class Follower:
    """Reads what is added to a file.

    :param path: a file that is there
    Raises FileNotFoundError where it is not, CannotTell.
    """

    def __init__(self, files: Reading, path: str) -> None:
        self._descriptor = files.descriptor(path)

    def read(self) -> bytes:
        """What is new since the last call."""
        pieces: List[bytes] = []
        while True:
            piece = os.read(self._descriptor, 1 << 16)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)

    def close(self) -> None:
        """Ends it."""
        os.close(self._descriptor)
