"""The files that nftables.service loads at boot: /etc/nftables.conf of Debian's, /etc/sysconfig/nftables.conf of RHEL's, and those
that they include."""

import fnmatch
import re
import stat
from typing import Dict, List, Optional, Tuple

from ..services.units import Units
from ..system import Files
from ..text import from_bytes
from .boot_proof import BootFiles, Content
from .nft_file import NftChain
from .nft_parser import includes_of

_LOADED = re.compile(r".* (?:-f|--file) ([^ ;]+) ")
_WILD = re.compile(r"[*?[]")


class NftablesFiles:
    """Which they are, by the unit, and what is in them.

    :param files: the node's
    """

    def __init__(self, files: Files, units: Units) -> None:
        self._files = files
        self._units = units
        self._roots: Tuple[str, ...] = ()
        self._all: Optional[List[str]] = None
        self._chains: Dict[str, Tuple[Dict[str, bytes], NftChain]] = {}

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

    def chain(self, chain: str, content: Optional[Content] = None) -> NftChain:
        """A chain as these files write it. Raises NotPlaced where they cannot be read, CannotTell.

        :param content: gives the bytes of a file, as it will be; default: as it is
        """
        read = content or self._files.read
        texts = {path: read(path) for path in self.all()}
        if chain not in self._chains or self._chains[chain][0] != texts:  # read once for all rules
            self._chains[chain] = (texts, self._written(chain, texts.__getitem__))
        return self._chains[chain][1]

    def _written(self, chain: str, content: Content) -> NftChain:
        root = "".join('include "%s"\n' % path for path in self.roots)

        def text(path: str) -> str:
            return root if path == "" else from_bytes(content(path))

        def included(pattern: str) -> Optional[List[Tuple[str, str]]]:
            found = [path for path in self.included_files(pattern) if path in self.all()]
            return [(path, text(path)) for path in found] if found or _WILD.search(pattern) else None

        return NftChain(chain, "", text, included)

    def boot_files(self) -> BootFiles:
        """What the unit loads. Raises CannotTell."""
        return BootFiles("nft", self.roots, self.all())

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
        for pattern in includes_of(from_bytes(self._files.read(file))):
            for other in self.included_files(pattern):
                self._add(other, found)

    def _is_file(self, path: str) -> bool:
        state = self._files.state(path)
        return state is not None and stat.S_ISREG(state.st_mode)
