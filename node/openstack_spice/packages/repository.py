"""A repository of yum's or dnf's that the document brings: its file, and the key of its packages. Both are there before the first
package is installed, and go with the role."""

import re
from typing import Callable, Iterator, List, Mapping, Optional, Tuple

from ..changes.kind import Kind, Planned
from ..changes.whole_files import FileKind
from ..context import Context
from ..errors import Refused
from ..state.entry import Entry
from ..state.record import Record
from ..system.files import ROOT_ALONE
from ..text import ABSENT, bytes_of, present
from . import rpm
from .dnf import REPOSITORY_FOLDERS
from .tool import PackageTool, cannot_tell, text_of_output

RecordOf = Callable[[str], Optional[Record]]
"""Gives the record of a role, None where there is none."""

SETTINGS = ("name", "baseurl", "mirrorlist", "metalink", "failovermethod", "enabled", "gpgcheck", "gpgkey", "includepkgs")
"""The settings of a document's repository."""

_ROLES = ("controller", "compute")  # those whose documents can bring a repository
# A name before `@`; or what stands where a port would, and is none, as where a password has a slash in it.
_CREDENTIALS = re.compile(r"://[^/?#\s,]*@|://[^/?#\s,\[]*:(?!\d*([/?#\s,]|\Z))")


def has_credentials(text: str) -> bool:
    """Whether a URL in the text has a user's name or a password in it."""
    return _CREDENTIALS.search(text) is not None


class Repository:
    """The document's repository.

    :param tool: looks at it as long as its file is not there
    :param kind: `repository`
    :param key_kind: `rpm-key`
    :param record_of: what another role brought is not somebody's
    """

    def __init__(self, context: Context, tool: PackageTool, kind: FileKind, key_kind: Kind, record_of: RecordOf) -> None:
        self._context = context
        self._files = context.system.files
        self._tool = tool
        self._kind = kind
        self._key_kind = key_kind
        self._record_of = record_of
        declared = context.desired.repository
        self._id = "" if declared is None else declared.id
        self._declared = present(declared.key.encode("ascii")) if declared is not None and declared.key else ""
        self._settings: Mapping[str, str] = {} if declared is None else declared.settings
        self._keys: Tuple[str, ...] = ()  # VERSION-RELEASE of the key's gpg-pubkey, as rpm calls it

    @property
    def file(self) -> str:
        """Its file, whether it is there or not."""
        return "/etc/yum.repos.d/%s.repo" % self._id

    @property
    def text(self) -> bytes:
        """What its file is to be."""
        lines = ["# Written by openstack-spice, removed when the role is reverted.", "[%s]" % self._id] + self._lines
        return "".join(line + "\n" for line in lines).encode("ascii")

    def check(self) -> None:
        """Refuses where it cannot be written, or where somebody else's is in its place; makes the tool look at it. Raises Refused,
        CannotTell."""
        if not self._id:
            return
        if self._context.platform.tool == "apt":
            raise Refused("repository-for-yum", platform=self._context.platform.name)
        if any(has_credentials(line) for line in self._lines):
            raise Refused("repository-credentials", repository=self._id)
        self._check_other_files()
        self._check_not_somebodys(self.file, present(self.text))
        self._check_key()
        if not self._files.exists(self.file):
            self._offer()

    def is_written(self) -> None:
        """Its file is in its place from here on: the tool finds it by itself."""
        self._tool.withdraw_repositories()

    def plan(self) -> Iterator[Planned]:
        """The key's file, the key in rpm's database, the repository's file; and what is no longer declared. Raises CannotTell."""
        wanted = set()
        if self._id:
            path, key = self._key_file(), self._declared
            if key:
                yield from self._kind.plan(path, key)
                wanted.add(path)
            for name in self._keys:
                wanted.add(name)
                if self._key_kind.read(name, path) == ABSENT:
                    yield self._key_kind.planned(name, path, ABSENT, "in")
            yield from self._kind.plan(self.file, present(self.text))
            wanted.add(self.file)
        # What an earlier document brought, and this one does not, the last one first.
        for entry in reversed(self._context.record.of_kind(self._kind.name, self._key_kind.name)):
            kind = self._kind if entry.kind == self._kind.name else self._key_kind
            if entry.where not in wanted and kind.read(entry.where, entry.what) == entry.written:
                yield Planned(Entry(entry.kind, entry.where, entry.what, entry.written, entry.former), "written", "(none)")

    @property
    def _lines(self) -> List[str]:
        """The lines below the section's name, in the order in which people write them."""
        return ["%s=%s" % (name, self._settings[name]) for name in SETTINGS if name in self._settings]

    def _key_file(self) -> str:
        url = self._settings.get("gpgkey", "")
        return url[len("file://") :] if url.startswith("file://") else url

    def _check_other_files(self) -> None:
        """No other file may have a repository of that name."""
        section = ("[%s]" % self._id).encode("ascii")
        for folder in REPOSITORY_FOLDERS:
            for name in self._files.names_if_there(folder):
                file = folder + "/" + name
                if not name.endswith(".repo") or file == self.file:
                    continue
                if section in (self._files.read_if_there(file) or b""):
                    raise Refused("repository-twice", file=file, repository=self._id)

    def _check_not_somebodys(self, file: str, state: str) -> None:
        """Refuses a file that is there, is not as it is to be, and that no role's record has."""
        now = self._kind.read(file, "-")
        if now in (ABSENT, state):
            return
        for role in _ROLES:
            record = self._context.record if role == self._context.role else self._record_of(role)
            entry = record.find(self._kind.name, file, "-") if record is not None else None
            if entry is not None and entry.written == now:
                return
        raise Refused("repository-somebodys", file=file)

    def _check_key(self) -> None:
        """Asks rpm what it would call the key, by a database of its own. Refuses a key that rpm does not take."""
        path, declared = self._key_file(), self._declared
        if not path:
            return
        if declared:
            self._check_not_somebodys(path, declared)
            data: Optional[bytes] = bytes_of(declared)
        elif self._settings.get("gpgcheck") != "1":
            return
        else:
            data = self._files.read_if_there(path)
        if data is None:
            raise Refused("repository-key-nowhere", file=path, repository=self._id)
        self._keys = self._names_of_keys(data)
        if not self._keys:
            raise Refused("repository-key-none", repository=self._id)

    def _names_of_keys(self, data: bytes) -> Tuple[str, ...]:
        """What rpm calls the keys of a file; none where it does not take it."""
        commands, wait = self._context.system.commands, self._context.limits.probe_wait
        file, base = self._context.work.path + "/repository-key", self._context.work.path + "/keys"
        self._files.create(file, data, ROOT_ALONE, lambda path: None)
        self._files.make_folder(base, 0o700)
        result = commands.run(["rpm", "--dbpath", base, "--import", file], wait)
        if result.missing or result.timed_out:
            raise cannot_tell(file, result, "rpm")
        if not result.ok:
            return ()
        result = commands.run(["rpm", "--dbpath", base, "-q", "gpg-pubkey", "--qf", "%{VERSION}-%{RELEASE}\\n"], wait)
        if rpm.says_error(result):
            raise cannot_tell(file, result, "rpm")
        return tuple(text_of_output(result.out).split()) if result.ok else ()

    def _offer(self) -> None:
        """The tool looks at it before its file is there."""
        folder = self._context.work.path + "/repositories"
        self._files.create("%s/%s.repo" % (folder, self._id), self.text, ROOT_ALONE, lambda path: None)
        self._tool.offer_repositories(folder)
