"""The files that nftables.service loads at boot: /etc/nftables.conf of Debian's, /etc/sysconfig/nftables.conf of RHEL's, and those
that they include."""

import fnmatch
import re
import stat
from typing import Callable, List, Optional, Tuple

from ..services.units import Units
from ..system import Files
from ..text import from_bytes, to_bytes
from .nftables_text import ChainInFile, included

_DEEPEST = 16  # of files within files; nft goes no deeper either
_LOADED = re.compile(r".* (?:-f|--file) ([^ ;]+) ")
_WILD = re.compile(r"[*?[]")

Content = Callable[[str], bytes]


class NftablesFiles:
    """Which they are, by the unit, and what is in them.

    :param files: the node's
    """

    def __init__(self, files: Files, units: Units) -> None:
        self._files = files
        self._units = units
        self._roots: Tuple[str, ...] = ()
        self._all: Optional[List[str]] = None

    @property
    def roots(self) -> Tuple[str, ...]:
        """What the unit itself names, of what can be read. Raises CannotTell."""
        self.all()
        return self._roots

    def all(self) -> List[str]:
        """These, and what they include, each once. Raises CannotTell."""
        if self._all is None:
            found: List[str] = []
            named = [_LOADED.match(line) for line in self._units.shown("nftables").get("ExecStart", ())]
            self._roots = tuple(match.group(1) for match in named if match and self._is_file(match.group(1)))
            for root in self._roots:
                self._add(root, found)
            self._all = found
        return self._all

    def are_known(self) -> bool:
        """Whether they were asked for in this run."""
        return self._all is not None

    def text(self) -> str:
        """For messages."""
        files = self.all()
        return (files[0] if files else "what nftables.service loads") + (", nor in what that includes" if len(files) > 1 else "")

    def file_of(self, chain: str) -> Optional[str]:
        """The one in which a chain is written out first; None where it is nowhere. Raises CannotTell."""
        for file in self.all():
            if ChainInFile(self._files.read(file), chain).place is not None:
                return file
        return None

    def whole(self, content: Content) -> bytes:
        """All that is loaded, as one text.

        :param content: gives the bytes of a file, as it will be
        """
        return b"".join(self.inlined(root, content) for root in self.roots)

    def inlined(self, file: str, content: Content, depth: int = 0) -> bytes:
        """What is loaded of a file, each `include` replaced by what it includes, or left where that is nothing."""
        if depth >= _DEEPEST:
            return b""
        pieces: List[bytes] = []
        lines = from_bytes(content(file)).split("\n")
        if lines[-1] == "":
            lines.pop()
        for line in lines:
            pattern = included(line)
            within = [] if pattern is None else self.included_files(pattern)
            pieces += [self.inlined(other, content, depth + 1) for other in within] or [to_bytes(line + "\n")]
        return b"".join(pieces)

    def included_files(self, pattern: str) -> List[str]:
        """The files that an `include` brings in, in their order; nft looks for a relative one in /etc. Raises CannotTell."""
        path = pattern if pattern.startswith("/") else "/etc/" + pattern
        found = [""]
        parts = [part for part in path.split("/") if part]
        for part in parts:
            if _WILD.search(part):
                found = [above + "/" + name for above in found for name in self._names(above or "/", part)]
            else:
                found = [above + "/" + part for above in found]
        return [file for file in found if self._files.exists(file)]

    def _names(self, folder: str, pattern: str) -> List[str]:
        state = self._files.state(folder)
        if state is None or not stat.S_ISDIR(state.st_mode):
            return []
        names = self._files.names_if_there(folder)
        return [name for name in names if fnmatch.fnmatchcase(name, pattern) and (name[0] != "." or pattern[0] == ".")]

    def _add(self, file: str, found: List[str]) -> None:
        if file in found or not self._is_file(file):
            return
        found.append(file)
        for line in from_bytes(self._files.read(file)).split("\n"):
            pattern = included(line)
            for other in self.included_files(pattern) if pattern is not None else ():
                self._add(other, found)

    def _is_file(self, path: str) -> bool:
        state = self._files.state(path)
        return state is not None and stat.S_ISREG(state.st_mode)
