"""The one way to read a file: opened in its folder, without following anybody's links but root's, regular files only, bounded."""

import hashlib
import os
import stat
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ..errors import CannotTell, Refused
from .resolve import Place, resolve

LARGEST = 64 * 1024 * 1024  # bytes; a larger file is none that the program has to do with


class Found(NamedTuple):
    """Something that lies in a folder."""

    path: bytes  # within the folder; empty for the folder itself
    letter: str  # what it is: `f` a file, `d` a folder, `l` a link, `?` something else
    mode: int
    owner: int
    group: int
    sha256: str  # of a file; else empty


class Room(NamedTuple):
    """What is free on a file system."""

    kib: int
    inodes: Optional[int]  # None where the file system has no bound of them


class Beginning(NamedTuple):
    """A regular file that :meth:`Reading.walk` came by."""

    path: str
    data: bytes  # how it begins


class Reading:
    """Reads files of the node.

    :param root: the folder that all paths are in; tests have another one than `/`
    """

    def __init__(self, root: str = "/") -> None:
        self._root = root

    def read(self, path: str, limit: int = LARGEST) -> bytes:
        """All bytes of a regular file.

        Never waits (a FIFO is no regular file), never follows a link that is not root's.
        Raises FileNotFoundError where it is not there, CannotTell where it cannot be read or is larger than `limit`.
        """
        with self._place(path) as place:
            return self._read(place, limit)

    def read_if_there(self, path: str, limit: int = LARGEST) -> Optional[bytes]:
        """As :meth:`read`; None where the file, or a folder on the way, is not there."""
        try:
            return self.read(path, limit)
        except FileNotFoundError:
            return None

    def tail(self, path: str, size: int) -> Optional[bytes]:
        """The last bytes of a regular file, as :meth:`read` reads; None where it is not there."""
        try:
            with self._place(path) as place:
                descriptor = self._open_for_reading(place)
                with os.fdopen(descriptor, "rb", buffering=0) as file:
                    length = os.fstat(descriptor).st_size
                    file.seek(max(0, length - size))
                    return file.read(size) or b""
        except FileNotFoundError:
            return None

    def state(self, path: str) -> Optional[os.stat_result]:
        """What the kernel says of an entry, links of root's followed; None where it is not there. Raises CannotTell."""
        try:
            with self._place(path) as place:
                return os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CannotTell(path, reason_of(error))

    def exists(self, path: str) -> bool:
        """Whether something is there under that name. Raises CannotTell."""
        return self.state(path) is not None

    def names(self, path: str) -> List[str]:
        """The names in a folder, sorted. Raises FileNotFoundError where it is not there, CannotTell where it cannot be listed."""
        with self._place(path) as place:
            try:
                folder = os.open(place.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place.folder)
                try:
                    return sorted(os.listdir(folder))
                finally:
                    os.close(folder)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise CannotTell(path, reason_of(error))

    def names_if_there(self, path: str) -> List[str]:
        """As :meth:`names`; none where the folder is not there."""
        try:
            return self.names(path)
        except FileNotFoundError:
            return []

    def tree(self, path: str) -> Optional[List[Found]]:
        """All that is in a folder, itself first; no link is followed. None where nothing has that name. Raises CannotTell."""
        try:
            with self._parent(path) as (parent, name):
                found: List[Found] = []
                _walk(parent, name, b"", found)
                return found
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CannotTell(path, reason_of(error))

    def link(self, path: str) -> Optional[str]:
        """What a symbolic link points to; None where nothing is there. Raises CannotTell where it is no link."""
        try:
            with self._parent(path) as (folder, name):
                return os.readlink(name, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CannotTell(path, reason_of(error))

    def descriptor(self, path: str) -> int:
        """A file or folder, open, for who locks it or reads on in it. The caller closes it. Raises FileNotFoundError, CannotTell."""
        try:
            with self._parent(path) as (folder, name):
                return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise CannotTell(path, reason_of(error))

    def real_path(self, path: str) -> str:
        """The path without links. Raises FileNotFoundError where a folder on the way is missing."""
        with self._place(path) as place:
            return place.path

    def walk(self, path: str, most: int, size: int) -> Iterator[Beginning]:
        """All regular files below a folder, or the file itself, in the order of their whole paths as bytes; links within are not
        followed. Nothing where the folder is not there.

        :param most: more entries than these are not looked through
        :param size: so many bytes of each file are read
        Raises CannotTell where something cannot be read, or there is more.
        """
        try:
            with self._place(path) as place:
                yield from self._walk(place.folder, place.name, path, _Budget(path, most), size)
        except (FileNotFoundError, NotADirectoryError):
            return

    def _walk(self, folder: int, name: str, path: str, budget: "_Budget", size: int) -> Iterator[Beginning]:
        budget.take()
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISREG(mode):
                yield Beginning(path, self._beginning(folder, name, size))
            if not stat.S_ISDIR(mode):
                return
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                for entry in _in_order_of_paths(inner):
                    yield from self._walk(inner, entry, path + "/" + entry, budget, size)
            finally:
                os.close(inner)
        except FileNotFoundError:
            return  # it went meanwhile
        except OSError as error:
            raise CannotTell(path, reason_of(error))

    def _beginning(self, folder: int, name: str, size: int) -> bytes:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            pieces: List[bytes] = []
            while size > 0:
                piece = file.read(min(size, 1 << 20))
                if not piece:
                    break
                pieces.append(piece)
                size -= len(piece)
            return b"".join(pieces)

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there, links of root's followed. Raises CannotTell."""
        found = self.state(path)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def nearest_folder(self, path: str) -> str:
        """A folder, or the nearest one above it that is there. Raises CannotTell."""
        while path.strip("/") and not self.is_folder(path):
            path = path.rpartition("/")[0]
        return path or "/"

    def is_file(self, path: str) -> bool:
        """Whether a regular file is there, links of root's followed. Raises CannotTell."""
        found = self.state(path)
        return found is not None and stat.S_ISREG(found.st_mode)

    def identity(self, path: str) -> Optional[Tuple[int, int]]:
        """Device and inode of what a path leads to, whoever made the links on the way: nothing is opened. None where that is nothing."""
        try:
            found = os.stat(path if path.startswith("/proc/") else self._root.rstrip("/") + path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def room(self, path: str) -> Room:
        """What is free for us on a folder's file system. Raises FileNotFoundError, CannotTell."""
        found = self._file_system(path)
        return Room(found.f_bavail * found.f_frsize // 1024, found.f_favail if found.f_files else None)

    def folder_without_inodes(self, path: str) -> Optional[str]:
        """The nearest folder of a file that could not be made, where its file system has bytes and no inode; else None."""
        if not path.startswith("/"):
            return None
        try:
            folder = self.nearest_folder(os.path.dirname(path))
            found = self._file_system(folder)
        except (OSError, CannotTell, Refused):
            return None
        # Some file systems make inodes of free blocks: where those lack too, bytes do.
        return folder if found.f_files and not found.f_favail and found.f_bfree else None

    def _file_system(self, path: str) -> os.statvfs_result:
        """What the kernel says of a folder's file system. Raises FileNotFoundError, CannotTell."""
        with self._place(path) as place:
            try:
                folder = os.open(place.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place.folder)
                try:
                    return os.fstatvfs(folder)
                finally:
                    os.close(folder)
            except OSError as error:
                raise CannotTell(path, reason_of(error))

    def is_writable(self, path: str) -> bool:
        """Whether the kernel lets us write an entry: not on a file system that is read-only. Raises FileNotFoundError."""
        with self._place(path) as place:
            return os.access(place.name, os.W_OK, dir_fd=place.folder)

    @contextmanager
    def _place(self, path: str) -> Iterator[Place]:
        place = resolve(path, self._root)
        try:
            yield place
        finally:
            os.close(place.folder)

    @contextmanager
    def _parent(self, path: str) -> Iterator[Tuple[int, str]]:
        """The open folder of an entry, which is not followed where it is a link, and its name."""
        above, name = os.path.split(path)
        with self._place(above) as place:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            folder = os.open(place.name, flags, dir_fd=place.folder)
        try:
            yield folder, name
        finally:
            os.close(folder)

    def _read(self, place: Place, limit: int) -> bytes:
        descriptor = self._open_for_reading(place)
        try:
            return read_all(descriptor, limit, place.path)
        except OSError as error:
            raise CannotTell(place.path, reason_of(error))
        finally:
            os.close(descriptor)

    def _open_for_reading(self, place: Place) -> int:
        try:
            descriptor = self._open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise CannotTell(place.path, reason_of(error))
        try:
            demand_regular(descriptor, place.path)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _open(self, place: Place, flags: int, mode: int) -> int:
        return os.open(place.name, flags, mode, dir_fd=place.folder)


def _walk(parent: int, name: str, path: bytes, found: List[Found]) -> None:
    """Adds an entry of an open folder, and what is in it."""
    entry = os.stat(name, dir_fd=parent, follow_symlinks=False)
    is_file, is_folder = stat.S_ISREG(entry.st_mode), stat.S_ISDIR(entry.st_mode)
    letter = "f" if is_file else "d" if is_folder else "l" if stat.S_ISLNK(entry.st_mode) else "?"
    if not is_file and not is_folder:
        found.append(Found(path, letter, stat.S_IMODE(entry.st_mode), entry.st_uid, entry.st_gid, ""))
        return
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_DIRECTORY if is_folder else 0)
    descriptor = os.open(name, flags, dir_fd=parent)
    try:
        entry = os.fstat(descriptor)
        sha256 = ""
        if is_file:
            demand_regular(descriptor, os.fsdecode(path))
            sha256 = hashlib.sha256(read_all(descriptor, LARGEST, os.fsdecode(path))).hexdigest()
        found.append(Found(path, letter, stat.S_IMODE(entry.st_mode), entry.st_uid, entry.st_gid, sha256))
        for inner in sorted(os.listdir(descriptor)) if is_folder else ():
            _walk(descriptor, inner, (path + b"/" if path else b"") + os.fsencode(inner), found)
    finally:
        os.close(descriptor)


class _Budget:
    """How much more may be looked at."""

    def __init__(self, path: str, most: int) -> None:
        self._path = path
        self._most = most
        self._left = most

    def take(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise CannotTell(self._path, "it has more than %d entries" % self._most)


def _in_order_of_paths(folder: int) -> List[str]:
    """The names in an open folder, such that whole paths come in the order of their bytes: a folder counts with its slash."""
    keys: List[Tuple[bytes, str]] = []
    for name in os.listdir(folder):
        try:
            is_folder = stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            continue  # it went meanwhile
        keys.append((os.fsencode(name) + b"/" * is_folder, name))
    return [name for _, name in sorted(keys)]


def demand_regular(descriptor: int, path: str) -> None:
    """Raises CannotTell where an open file is no regular one."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise CannotTell(path, "it is no regular file")


def read_all(descriptor: int, limit: int, path: str) -> bytes:
    """All bytes of an open file. Raises CannotTell where there are more than `limit`, OSError."""
    pieces: List[bytes] = []
    size = 0
    while True:
        piece = os.read(descriptor, 1 << 20)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise CannotTell(path, "it is larger than %d bytes" % limit)


def reason_of(error: OSError) -> str:
    """Why an operation failed, without its path."""
    return error.strerror or str(error)
