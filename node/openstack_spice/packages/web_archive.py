"""A web client's archive: what is in it, taken apart in memory and bounded. Nothing of it is a file of the node before all of it
is known to be plain files."""

import io
from typing import TYPE_CHECKING, Dict, FrozenSet, List, Mapping, NamedTuple, Set, Tuple

from ..errors import Refused
from ..text import printable

# What unpacks is loaded where something is unpacked, which hardly a run does: a tenth of a start's time.
if TYPE_CHECKING:
    import tarfile

LARGEST = 64 * 1024 * 1024  # bytes, of the archive and of what is in it
PAGE = "spice_auto.html"  # has every spice-html5

_LARGEST_UNPACKED = 2 * LARGEST  # with the tar's own headers and padding

# How it can be packed that tar may know and Python's standard library does not (Python 3.14 knows the first).
_OTHER_PACKERS: Tuple[Tuple[bytes, str], ...] = (
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x1f\x9d", "compress"),
    (b"LZIP", "lzip"),
    (b"\x89LZO", "lzop"),
)


class Leaf(NamedTuple):
    """A file of the web client."""

    data: bytes
    mode: int  # 0755 where its owner may run it in the archive, else 0644


class Tree(NamedTuple):
    """Folders and files by their paths within it; the folder itself is not among them."""

    folders: FrozenSet[str]
    files: Mapping[str, Leaf]


def web_client_of(archive: bytes, location: str) -> Tree:
    """The folder that has the client's page, with all that is in it; the topmost one, where there are several.

    :param location: where the archive came from, for messages
    Raises Refused where it is no archive, has more than plain files in it, is too large, or has no client.
    """
    whole = _unpacked(archive, location)
    pages = [name for name in whole.files if name.rpartition("/")[2] == PAGE]
    if not pages:
        raise Refused("web-client-none", location=location)
    page = min(pages, key=lambda name: (name.count("/"), name.rpartition("/")[0].encode("utf-8", "surrogateescape")))
    start = page[: -len(PAGE)]
    return Tree(
        frozenset(name[len(start) :] for name in whole.folders if name.startswith(start) and name != start.rstrip("/")),
        {name[len(start) :]: leaf for name, leaf in whole.files.items() if name.startswith(start)},
    )


def _unpacked(archive: bytes, location: str) -> Tree:
    import lzma
    import tarfile
    import zlib

    for magic, packer in _OTHER_PACKERS:
        if archive.startswith(magic):
            raise Refused("web-client-packed", location=location, packer=packer)
    try:
        data = _plain_tar(archive)
        if len(data) > _LARGEST_UNPACKED:
            raise Refused("web-client-odd", location=location)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape") as tar:
            members = _plain_members(tar, location)
            # tarfile takes a header that is damaged, or cut off, for the end: there the end's zeros have to be.
            if data[tar.offset : tar.offset + tarfile.BLOCKSIZE].strip(b"\0"):
                raise EOFError("it is cut off")
            return _tree(tar, members, location)
    except (tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        raise Refused("web-client-no-archive", location=location)


def _plain_tar(archive: bytes) -> bytes:
    """The tar, at most one byte more than what is allowed."""
    import bz2
    import gzip
    import lzma

    packed = io.BytesIO(archive)
    if archive.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=packed, mode="rb").read(_LARGEST_UNPACKED + 1)
    if archive.startswith(b"BZh"):
        return bz2.BZ2File(packed).read(_LARGEST_UNPACKED + 1)
    if archive.startswith((b"\xfd7zXZ\x00", b"\x5d\x00\x00")):
        return lzma.LZMAFile(packed).read(_LARGEST_UNPACKED + 1)
    return archive


def _plain_members(tar: "tarfile.TarFile", location: str) -> "List[tarfile.TarInfo]":
    members: "List[tarfile.TarInfo]" = []
    size = 0
    for member in tar:
        size += member.size
        if not (member.isreg() or member.isdir()) or size > LARGEST:
            raise Refused("web-client-odd", location=location)
        members.append(member)
    return members


def _tree(tar: "tarfile.TarFile", members: "List[tarfile.TarInfo]", location: str) -> Tree:
    folders: Set[str] = set()
    files: Dict[str, Leaf] = {}
    for member in members:
        parts = [part for part in member.name.split("/") if part not in ("", ".")]
        if member.name.startswith("/") or ".." in parts or (not parts and member.isreg()):
            raise Refused("web-client-leads-out", location=location, name=printable(member.name))
        folders.update("/".join(parts[:count]) for count in range(1, len(parts)))
        name = "/".join(parts)
        if member.isdir():
            folders.update([name] if name else [])
            continue
        file = tar.extractfile(member)
        data = file.read() if file is not None else b""
        if len(data) != member.size:
            raise EOFError("it is cut off")
        files[name] = Leaf(data, 0o755 if member.mode & 0o100 else 0o644)
    if folders & files.keys():
        raise Refused("web-client-no-archive", location=location)
    return Tree(frozenset(folders), files)
