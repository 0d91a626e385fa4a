"""The one way to write a file.

Every file is named by a path that :mod:`resolve` walks; what is opened is a regular file in a folder that is open. A file
is replaced as a whole: its new bytes are written beside it, synced, read back, and put in its place by a rename, after
which the folder is synced. So a power cut leaves either the former bytes or the new ones (ext4 with `noauto_da_alloc` and
XFS alike give no such promise for a file that was not synced before its rename).
"""

import errno
import os
import stat
from contextlib import contextmanager
from typing import Callable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, TypeVar

from ..errors import CannotTell, Failed, Stop
from .attributes import Attributes, attributes_of, flags_of, remove_inherited_acl, set_flags
from .interruption import Interruption
from .reading import LARGEST, Reading, demand_regular, read_all, reason_of
from .resolve import Place

SUFFIX = ".openstack-spice."  # of a new file until it is in its place


class Access(NamedTuple):
    """Who may do what with a new file."""

    owner: int
    group: int
    mode: int


ROOT_ALONE = Access(0, 0, 0o600)
EVERYBODY_READS = Access(0, 0, 0o644)

AnyStop = TypeVar("AnyStop", bound=Stop)

Announce = Callable[[str], None]
"""Called with the path of a new file before it is made, so that a run that is cut off there can be tidied up after."""


class Files(Reading):
    """Reads and writes files of the node. The methods that begin with `_` are all that asks the kernel for a change.

    :param interruption: asked before each write, which a signal does not cut off
    :param root: the folder that all paths are in; tests have another one than `/`
    """

    def __init__(self, interruption: Interruption, root: str = "/") -> None:
        super().__init__(root)
        self._interruption = interruption

    def runs_as_root(self) -> bool:
        """Whether the program is root."""
        return os.geteuid() == 0

    def explained(self, stop: AnyStop, error: OSError) -> AnyStop:
        """A message about its fact `file`, which could not be written; where its file system has bytes and no inode, the one of that."""
        folder = self.folder_without_inodes(stop.facts["file"]) if error.errno == errno.ENOSPC else None
        return stop if folder is None else type(stop)("no-inodes", file=stop.facts["file"], folder=folder)

    def _cannot_write(self, path: str, error: OSError) -> Failed:
        return self.explained(Failed("cannot-write", file=path, reason=reason_of(error)), error)

    def replace(self, path: str, former: bytes, new: bytes, announce: Announce) -> None:
        """Gives a file other bytes. Owner, mode, ACL, extended attributes, the SELinux label and chattr's flags stay; a link of
        root's stays one.

        :param former: the bytes that it is known to have; where it has others by now, somebody edited it meanwhile
        :param announce: called with the path of the new file before that is made
        Raises Failed where it was edited meanwhile or cannot be written; then the file is as it was.
        """
        self._interruption.check()
        try:
            with self._place(path) as place:
                descriptor = self._open_for_reading(place)
                try:
                    if read_all(descriptor, LARGEST, path) != former:
                        raise Failed("edited-meanwhile", file=path)
                    found = os.fstat(descriptor)
                    attributes = attributes_of(descriptor)
                    kept = flags_of(descriptor)
                finally:
                    os.close(descriptor)
                access = Access(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))
                self._publish(place, new, access, attributes, announce, kept)
        except OSError as error:
            raise self.explained(Failed("cannot-rewrite", file=path, reason=reason_of(error)), error)

    def access(self, path: str) -> Tuple[Access, Attributes]:
        """Who may do what with a regular file, its ACL and the extended attributes of its users; those of the kernel's, such as
        the SELinux label, a new file gets by itself. Raises FileNotFoundError, CannotTell."""
        with self._place(path) as place:
            descriptor = self._open_for_reading(place)
            try:
                found = os.fstat(descriptor)
                attributes = [pair for pair in attributes_of(descriptor) if pair[0].startswith(("user.", "system.posix_acl_access"))]
            except OSError as error:
                raise CannotTell(path, reason_of(error))
            finally:
                os.close(descriptor)
        return Access(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)), attributes

    def create(
        self,
        path: str,
        data: bytes,
        access: Access,
        announce: Announce,
        roots_folder: bool = False,
        attributes: Sequence[Tuple[str, bytes]] = (),
    ) -> None:
        """Makes a file with these bytes, in the place of one that is there. Its folder is made, root's and 0755, where it is missing.

        :param roots_folder: whether it is written only where nobody but root can write in its folder
        :param attributes: extended attributes that it gets
        Raises Failed where it cannot be written; then nothing is in its place that was not there before.
        """
        self._interruption.check()
        try:
            self.make_folder(os.path.dirname(path), 0o755)
            with self._place(path) as place:
                if roots_folder and not is_roots_alone(os.fstat(place.folder)):
                    raise Failed("folder-not-roots", folder=os.path.dirname(place.path))
                self._publish(place, data, access, attributes, announce)
        except OSError as error:
            raise self._cannot_write(path, error)

    def append(self, path: str, data: bytes, access: Access) -> None:
        """Adds bytes at a file's end, and syncs it; the file is made where it is missing, and its folder synced then. Raises OSError; then
        the file has none of them, where the kernel lets us take them back."""
        with self._place(path) as place:
            flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            try:
                descriptor = self._open(place, flags, 0)
                made = False
            except FileNotFoundError:
                descriptor = self._open(place, flags | os.O_CREAT | os.O_EXCL, access.mode)
                made = True
            try:
                demand_regular(descriptor, path)
                if made:
                    self._set_access(descriptor, access)
                length = os.fstat(descriptor).st_size
                try:
                    self._write(descriptor, data, place.path)
                    self._sync(descriptor, place.path)
                except OSError:
                    os.ftruncate(descriptor, length)
                    raise
            finally:
                os.close(descriptor)
            if made:
                self._sync(place.folder, place.path)

    def shorten(self, path: str, length: int) -> None:
        """Cuts a file off after so many bytes, and syncs it. Raises OSError."""
        with self._place(path) as place:
            descriptor = self._open(place, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0)
            try:
                demand_regular(descriptor, path)
                os.ftruncate(descriptor, length)
                self._sync(descriptor, path)
            finally:
                os.close(descriptor)

    def remove(self, path: str) -> None:
        """Takes a file away, or a link itself; nothing where it is not there. Raises Failed where it cannot."""
        try:
            with self._parent(path) as (folder, name):
                try:
                    self._unlink(folder, name, path)
                except FileNotFoundError:
                    return
                except OSError:
                    # On a file system that is read-only the kernel says so, whether the name is there or not.
                    os.stat(name, dir_fd=folder, follow_symlinks=False)
                    raise
                self._sync(folder, path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Failed("cannot-remove", file=path, reason=reason_of(error))

    def remove_folder_if_empty(self, path: str) -> None:
        """Takes a folder away that has nothing in it; else nothing."""
        try:
            with self._parent(path) as (folder, name):
                self._rmdir(folder, name, path)
                self._sync(folder, path)
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY, errno.ENOTDIR):
                raise Failed("cannot-remove", file=path, reason=reason_of(error))

    def remove_tree(self, path: str) -> None:
        """Takes a folder of ours away with all that is in it; nothing where it is not there. Follows no link. Its own folder is synced,
        once: what is in it goes with its name. Raises Failed."""
        try:
            with self._parent(path) as (folder, name):
                self._remove_entry(folder, name, path)
                self._sync(folder, path)
        except FileNotFoundError:
            return
        except CannotTell as error:
            raise Failed("cannot-remove", file=path, reason=error.reason)
        except OSError as error:
            raise Failed("cannot-remove", file=path, reason=reason_of(error))

    def _remove_entry(self, folder: int, name: str, path: str) -> None:
        """Takes an entry of an open folder away, and all that is in it. Raises OSError, CannotTell."""
        if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            self._unlink(folder, name, path)
            return
        for inner in self.names(path):
            with self._parent(os.path.join(path, inner)) as (opened, entry):
                self._remove_entry(opened, entry, os.path.join(path, inner))
        self._rmdir(folder, name, path)

    def make_folder(self, path: str, mode: int) -> None:
        """Makes a folder, root's, and those above it; nothing where it is there. Raises OSError."""
        missing: List[str] = []
        while True:
            try:
                with self._place(path) as place:
                    found: Optional[os.stat_result] = os.stat(place.name, dir_fd=place.folder)
            except FileNotFoundError:
                found = None
            if found is not None:
                if not stat.S_ISDIR(found.st_mode):
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
                break
            missing.append(path)
            path = os.path.dirname(path)
        for folder in reversed(missing):
            with self._parent(folder) as (parent, name):
                self._mkdir(parent, name, mode, folder)
                self._sync(parent, folder)

    def sync(self, path: str) -> None:
        """Makes durable what somebody else wrote: a file's bytes, or the names in a folder. Raises Failed."""
        try:
            with self._place(path) as place:
                descriptor = self._open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0)
                try:
                    self._sync(descriptor, path)
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise self._cannot_write(path, error)

    def rename_folder(self, path: str, name: str) -> None:
        """Gives a folder of ours another name in the same folder, where nothing has it. Raises Failed."""
        try:
            with self._parent(path) as (folder, former):
                self._rename(folder, former, name, path)
                self._sync(folder, path)
        except OSError as error:
            raise self._cannot_write(path, error)

    def point_link(self, path: str, target: str, announce: Announce) -> None:
        """Makes a symbolic link, or points one elsewhere, in one step. Raises Failed."""
        try:
            with self._parent(path) as (folder, name):
                new = self._name_for(name)
                announce(os.path.join(os.path.dirname(path), new))
                self._symlink(target, folder, new, path)
                self._rename(folder, new, name, path)
                self._sync(folder, path)
        except OSError as error:
            raise self._cannot_write(path, error)

    @contextmanager
    def unlinked(self, folder: str, data: bytes, owner: int) -> Iterator[int]:
        """An open file with these bytes that has no name any more, for a command that inherits its descriptor: the command reads it as
        `/dev/fd/N`, also where it runs as another user.

        :param folder: where it is made, root's alone
        :param owner: the user id of who reads it
        Raises Failed where it cannot be written.
        """
        self._interruption.check()
        path = os.path.join(folder, self._name_for("unlinked"))
        try:
            with self._place(path) as place:
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = self._open(place, flags, 0o400)
                try:
                    self._unlink(place.folder, place.name, place.path)
                    self._write(descriptor, data, place.path)
                    if os.geteuid() == 0:
                        os.fchown(descriptor, owner, -1)
                    os.lseek(descriptor, 0, os.SEEK_SET)
                except BaseException:
                    os.close(descriptor)
                    raise
        except OSError as error:
            raise self._cannot_write(path, error)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _publish(
        self, place: Place, data: bytes, access: Access, attributes: Sequence[Tuple[str, bytes]], announce: Announce, kept: int = 0
    ) -> None:
        """Writes the new file beside its place, proves it, and puts it there.

        :param kept: the former file's flags
        """
        name = self._name_for(place.name)
        announce(os.path.join(os.path.dirname(place.path), name))
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = self._open(Place(place.folder, name, place.path), flags, 0o600)
        try:
            try:
                set_flags(descriptor, kept)
                self._write(descriptor, data, place.path)
                remove_inherited_acl(descriptor)
                self._set_access(descriptor, access)
                for key, value in attributes:
                    os.setxattr(descriptor, key, value)
                self._sync(descriptor, place.path)
                os.lseek(descriptor, 0, os.SEEK_SET)
                if read_all(descriptor, LARGEST, place.path) != data:
                    raise OSError(errno.EIO, "what was written reads otherwise")
                self._rename(place.folder, name, place.name, place.path)
            except BaseException:
                _unlink_where_there(place.folder, name)
                raise
            # In a folder of somebody else's, that one can put another file in the place of ours until it has its name.
            if not _is_under(descriptor, place):
                raise Failed("edited-meanwhile", file=place.path)
        finally:
            os.close(descriptor)
        self._sync(place.folder, place.path)

    def _name_for(self, name: str) -> str:
        """A name that nothing has, for a new file until it is in its place."""
        return name + SUFFIX + os.urandom(6).hex()

    def _write(self, descriptor: int, data: bytes, path: str) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def _set_access(self, descriptor: int, access: Access) -> None:
        os.fchown(descriptor, access.owner, access.group)
        os.fchmod(descriptor, access.mode)

    def _sync(self, descriptor: int, path: str) -> None:
        os.fsync(descriptor)

    def _rename(self, folder: int, name: str, to: str, path: str) -> None:
        os.rename(name, to, src_dir_fd=folder, dst_dir_fd=folder)

    def _unlink(self, folder: int, name: str, path: str) -> None:
        os.unlink(name, dir_fd=folder)

    def _mkdir(self, folder: int, name: str, mode: int, path: str) -> None:
        os.mkdir(name, mode, dir_fd=folder)
        made = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.fchmod(made, mode)  # whatever the umask is
        finally:
            os.close(made)

    def _rmdir(self, folder: int, name: str, path: str) -> None:
        os.rmdir(name, dir_fd=folder)

    def _symlink(self, target: str, folder: int, name: str, path: str) -> None:
        os.symlink(target, name, dir_fd=folder)


def _unlink_where_there(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:  # somebody else took it away
        pass


def _is_under(descriptor: int, place: Place) -> bool:
    """Whether an open file has the place's name."""
    mine = os.fstat(descriptor)
    try:
        found = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return (found.st_dev, found.st_ino) == (mine.st_dev, mine.st_ino)


def is_roots_alone(found: os.stat_result) -> bool:
    """Whether nobody else can write in a folder, by what the kernel says of it."""
    return found.st_uid in (0, os.geteuid()) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
