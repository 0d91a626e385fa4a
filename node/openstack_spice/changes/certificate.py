"""Kind of change `pem`: a certificate with its key in one file, so that both change at one moment; the proxies read it anew for each
connection."""

import grp
from typing import Iterator, Optional, Tuple

from ..context import Context
from ..document.pem import declared_pem, declares_tls, fingerprint
from ..errors import Refused
from ..nova_conf.ini import plain
from ..state.entry import Entry
from ..system.files import Access, is_roots_alone
from ..text import bytes_of, is_absent, present
from .kind import Planned
from .whole_files import FileKind

READERS = "nova"  # the group that reads it; root alone writes it


class PemKind(FileKind):
    """`pem PATH -`: `-`, or the file's bytes. root:nova 0640, in a folder that is root's alone: in one of nova's, as Debian's /etc/nova
    is, nova could take the file away and put another one there."""

    name = "pem"
    in_roots_folder = True

    def access(self, where: str) -> Access:
        """Who may do what with the file. Raises Refused where there is no group nova."""
        try:
            return Access(0, grp.getgrnam(READERS).gr_gid, 0o640)
        except KeyError:
            raise Refused("no-nova-group")

    def subject(self, where: str, what: str) -> str:
        return "certificate" + where

    def described(self, entry: Entry) -> Optional[Tuple[str, str]]:
        return pem_text(entry.former), pem_text(entry.written)


def plan_certificate(context: Context, kind: PemKind) -> Iterator[Planned]:
    """The file of the document's certificate; or, where an earlier document had one and this one has not, what was there before.
    Raises Refused, CannotTell."""
    desired = context.desired
    if desired.tls.key:
        file = plain(desired.options["DEFAULT/cert"].encode("ascii")).decode("ascii")
        written = present(declared_pem(desired))
        if kind.read(file, "-") != written:
            kind.access(file)
            _check_folder(context, file.rpartition("/")[0])
        yield from _plan_pem(kind, file, kind.read(file, "-"), written)
        return
    for entry in context.record.of_kind(kind.name):
        if kind.read(entry.where, "-") == entry.written:
            yield from _plan_pem(kind, entry.where, entry.written, entry.former)
        else:
            context.reporter.warn("no-longer-declared", subject=entry.where)


def tls_since(context: Context, now: int) -> Optional[int]:
    """Since when a document has had TLS, in seconds since 1970, for the record: a service that started after that has read it.

    :param now: when this run started
    """
    if not declares_tls(context.desired):
        return None
    since = context.record.tls_since
    return now if since is None else since


def pem_text(state: str) -> str:
    """A file's state as people read it: the fingerprint of its first certificate, and nothing of its key."""
    if is_absent(state):
        return "(none)"
    found = fingerprint(bytes_of(state))
    return "sha256 " + found if found else "no certificate"


def _plan_pem(kind: PemKind, file: str, former: str, written: str) -> Iterator[Planned]:
    if former == written:
        return
    planned = kind.planned(file, "-", former, written)
    yield planned if planned.old != planned.new else planned._replace(new="the same, with another chain or key")


def _check_folder(context: Context, folder: str) -> None:
    found = context.system.files.state(folder)
    if found is not None and not is_roots_alone(found):
        raise Refused("folder-not-roots", folder=folder)
