"""A web client from an archive that the document names, with its checksum: unpacked to a folder of our own, of which the SPICE
proxy alone gets it (services/drop_in.py), so that noVNC keeps its pages."""

import hashlib
import os
import re
import sys
from typing import Iterable, Iterator, Optional

from ..changes.kind import Kind, Planned
from ..context import Context
from ..errors import Failed, Refused
from ..state.entry import Entry
from ..state.journal import Journal
from ..system import Files
from ..system.files import Access
from ..system.reading import Found
from ..text import ABSENT, to_bytes
from .repository import has_credentials
from .web_archive import LARGEST, Leaf, Tree, web_client_of

WEB_CLIENTS = "/usr/local/share/openstack-spice"
NEW, GONE = ".new", ".gone"  # beside a web client's place: what is not there yet, and what was taken away in this run

FETCH_WAIT = 120  # seconds
FETCHER = "nobody"  # runs what talks to the network; what it says is used only where its SHA-256 is the declared one

_OURS = re.compile(r"web-client-[0-9a-f]{12}\.(new|gone)\Z")
_FETCH_PROGRAM = """
import sys
from urllib.request import urlopen
url, most = sys.stdin.read(), int(sys.argv[1])
try:
    data = urlopen(url, timeout=30).read(most + 1)
except Exception as error:
    sys.exit("openstack-spice: %s: %s" % (url, error))
if len(data) > most:
    sys.exit("openstack-spice: %s: more than %s bytes" % (url, most))
sys.stdout.buffer.write(data)
"""


class WebClient:
    """The document's web client."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._files = context.system.files
        self._sha256, self._location = context.desired.web_client.sha256, context.desired.web_client.archive
        self._unpacked: Optional[Tree] = None

    def folder(self) -> str:
        """Where the document's web client lies, or nothing where that is the platform's own place."""
        if self._sha256:
            return "%s/web-client-%s" % (WEB_CLIENTS, self._sha256[:12])
        return self._context.desired.web_client.folder

    def check(self) -> None:
        """Fetches, verifies and takes apart the archive, where it is not in its place already. Refuses one that is not the one declared,
        or that has more in it than plain files and folders, or no client. Raises Refused, CannotTell."""
        if not self._sha256 or self._is_in_place():
            return
        archive = self._read() if self._location.startswith("/") else self._fetched()
        found = hashlib.sha256(archive).hexdigest()
        if found != self._sha256:
            raise Refused("web-client-other", location=self._location, sha256=found)
        self._unpacked = web_client_of(archive, self._location)

    def plan(self, kind: Kind) -> Iterator[Planned]:
        """The document's, where it is not in place. Raises Refused, CannotTell.

        :param kind: `web-client`
        """
        if self._unpacked is None:
            return
        folder, state = self.folder(), digest(_as_found(self._unpacked))
        if self.state(folder) == state:
            return
        if self._files.exists(folder):
            raise Refused("web-client-changed", folder=folder)
        entry = Entry(kind.name, folder, self._sha256, ABSENT, state)
        yield Planned(entry, "(none)", "%s (sha256 %s)" % (self._location, self._sha256[:12]))

    def retire(self, journal: Journal, kind: Kind) -> None:
        """Takes away those of earlier documents, once the proxy serves the new one. Raises Failed, CannotTell."""
        reporter = self._context.reporter
        for entry in self._context.record.of_kind(kind.name):
            if entry.where == self.folder():
                continue
            if self.state(entry.where) == entry.written:
                planned = kind.planned(entry.where, entry.what, entry.written, ABSENT)
                kind.report(planned, reporter)
                kind.apply(planned, journal)
            else:
                reporter.warn("changed-since", subject=entry.where)

    def state(self, folder: str) -> str:
        """`-`, or a digest of the names, modes, owners and bytes of all that is in a folder. Raises CannotTell."""
        found = self._files.tree(folder)
        return ABSENT if found is None else digest(found)

    def put(self, folder: str, state: str) -> None:
        """Puts what was unpacked, or what was taken away in this run, in its place, by one rename. Raises Failed, CannotTell."""
        name = folder.rpartition("/")[2]
        if self.state(folder + GONE) == state:
            self._files.rename_folder(folder + GONE, name)
            return
        if self._unpacked is None or digest(_as_found(self._unpacked)) != state:
            raise Failed("web-client-not-at-hand", folder=folder)
        new = folder + NEW
        self._files.remove_tree(new)
        self._write(new, self._unpacked)
        self._files.rename_folder(new, name)

    def take_away(self, folder: str) -> None:
        """Takes it out of its place; it lies beside it until the end of the run. Raises Failed."""
        self._files.remove_tree(folder + GONE)
        self._files.rename_folder(folder, folder.rpartition("/")[2] + GONE)

    def _write(self, place: str, tree: Tree) -> None:
        """Makes the folder with all that is in it. Names are bytes, as the archive has them, whatever the locale is."""
        try:
            for path in [""] + sorted(tree.folders):
                self._files.make_folder((place + "/" + os.fsdecode(to_bytes(path))).rstrip("/"), 0o755)
        except OSError as error:
            raise self._files.explained(Failed("cannot-write", file=place, reason=error.strerror or str(error)), error)
        for path, leaf in sorted(tree.files.items()):
            name = place + "/" + os.fsdecode(to_bytes(path))
            self._files.create(name, leaf.data, Access(0, 0, leaf.mode), lambda path: None)

    def _is_in_place(self) -> bool:
        """Whether it is as this program put it there, so that the archive is not needed again."""
        entry = self._context.record.find("web-client", self.folder(), self._sha256)
        return entry is not None and entry.written == self.state(self.folder())

    def _read(self) -> bytes:
        """The archive, where it lies on the node."""
        archive = self._files.read_if_there(self._location, LARGEST)
        if archive is None:
            raise Refused("web-client-not-there", location=self._location)
        return archive

    def _fetched(self) -> bytes:
        """The archive, by a process that is nobody's, without proxies, bounded."""
        if has_credentials(self._location):
            raise Refused("web-client-credentials")
        commands = self._context.system.commands
        argv = [sys.executable, "-I", "-c", _FETCH_PROGRAM, str(LARGEST)]
        url = to_bytes(self._location)
        user = FETCHER if commands.knows_user(FETCHER) else None
        result = commands.run(argv, FETCH_WAIT, stdin=url, user=user, most=LARGEST + 1)
        if result.missing and user is not None:  # nobody may not run our Python
            result = commands.run(argv, FETCH_WAIT, stdin=url, most=LARGEST + 1)
        if not result.ok:
            late = b"openstack-spice: %s: no end within %d s\n" % (url, FETCH_WAIT)
            self._context.reporter.quote(late if result.timed_out else result.err)
            raise Refused("web-client-not-fetched", location=self._location)
        return result.out


def tidy_web_clients(files: Files) -> None:
    """To be called at the end of a run: nothing that was taken away is needed any more. Raises Failed, CannotTell."""
    for name in files.names_if_there(WEB_CLIENTS):
        if _OURS.match(name):
            files.remove_tree(WEB_CLIENTS + "/" + name)
    files.remove_folder_if_empty(WEB_CLIENTS)


def digest(entries: Iterable[Found]) -> str:
    """The state of a folder: SHA-256 of the sorted lines `TYPE MODE USER:GROUP PATH`, then of what sha256sum(1) prints for each file."""
    found = [entry._replace(path=b"." if entry.path == b"" else b"./" + entry.path) for entry in entries]
    lines = sorted(
        b"%s %o %s:%s %s\n" % (entry.letter.encode("ascii"), entry.mode, _owner(entry.owner), _owner(entry.group), entry.path)
        for entry in found
    )
    lines += [
        b"%s  %s\n" % (entry.sha256.encode("ascii"), entry.path) for entry in sorted(found, key=lambda entry: entry.path) if entry.sha256
    ]
    return "=" + hashlib.sha256(b"".join(lines)).hexdigest()


def _owner(number: int) -> bytes:
    """Who else it may be does not matter: the state is another one then."""
    return b"root" if number == 0 else b"%d" % number


def _as_found(tree: Tree) -> Iterator[Found]:
    """The web client as it will be in its place."""
    yield Found(b"", "d", 0o755, 0, 0, "")
    for path in tree.folders:
        yield Found(to_bytes(path), "d", 0o755, 0, 0, "")
    for path, leaf in tree.files.items():
        yield _file(path, leaf)


def _file(path: str, leaf: Leaf) -> Found:
    return Found(to_bytes(path), "f", leaf.mode, 0, 0, hashlib.sha256(leaf.data).hexdigest())
