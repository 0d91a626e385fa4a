"""The first Python of the program on a node. bootstrap.sh runs it from the bytes of the archive, once it has checked them.

It holds the kept archive, unpacks it once to a folder beside it, with compiled files, checks every file of that folder, and goes on
with it. The folder is derived from the archive: where it is missing or damaged, it is made again.
"""

import errno
import fcntl
import gc
import hashlib
import os
import sys

PROGRAMS = "/var/lib/openstack-spice/programs"  # root's, 0700


def start(data: bytes, tar: int, digest: str) -> None:
    """Goes on with the unpacked program; does not return. Exit status 3 where it cannot be unpacked.

    :param data: the archive
    :param tar: where the tar begins in it
    :param digest: its SHA-256, in hex
    """
    # A run lives for seconds, and hardly makes circles: what looks for them takes a fifth of the time of a start.
    gc.disable()
    os.umask(0o077)
    program = Program(data, tar, digest)
    try:
        held = program.hold()
        program.make_intact()
    except OSError as error:
        sys.stderr.write(
            "openstack-spice: error: %s: the program cannot be unpacked to %s (%s). " % (os.uname().nodename, PROGRAMS, error.strerror)
            + "%s and see that it can be written, then run again\n" % remedy(error)
        )
        sys.exit(3)
    sys.dont_write_bytecode = True  # the folder stays as it was checked
    sys.path.insert(0, program.folder)
    from openstack_spice.__main__ import run

    sys.exit(run(sys.argv[2:], digest, held))


def remedy(error: OSError) -> str:
    """What is to be done where the program cannot be unpacked: make room, or inodes where those alone lack."""
    folder = PROGRAMS
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    found = os.statvfs(folder)
    if error.errno == errno.ENOSPC and found.f_files and not found.f_favail and found.f_bfree:
        return "No inode is free there (df -i): remove files that nobody needs"
    return "Make room there"


class Program:
    """An archive, where root keeps it, and the folder that it is unpacked to."""

    def __init__(self, data: bytes, tar: int, digest: str, programs: str = PROGRAMS) -> None:
        self._data = data
        self._tar = tar
        self._programs = programs
        self.file = programs + "/" + digest + ".sh"
        self.folder = programs + "/" + digest
        # Compiled files are one interpreter's: after an upgrade of the node's Python they are made again.
        self._header = ("# openstack-spice %s %s" % (digest, sys.implementation.cache_tag)).encode("ascii")

    def hold(self) -> int:
        """A descriptor of the kept archive with a shared lock: while anybody has one, nobody tidies the program away. The archive is put
        there where it is missing, or is not what runs. Raises OSError."""
        while True:
            try:
                descriptor = os.open(self.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError:
                self._keep()
                continue
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if self._is_kept(descriptor):
                return descriptor
            os.close(descriptor)

    def make_intact(self) -> None:
        """Every file of the folder is there, as it was unpacked. One process makes it, others wait. Raises OSError."""
        if self.is_intact():
            return
        descriptor = os.open(self._programs, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not self.is_intact():
                self._unpack()
        finally:
            os.close(descriptor)

    def is_intact(self) -> bool:
        """Whether the manifest is whole, and every file has the digest that is in it."""
        try:
            lines = read(self.folder + "/manifest").split(b"\n")
            if len(lines) < 3 or lines[0] != self._header or lines[-2:] != [ending(lines[:-2]), b""]:
                return False
            for line in lines[1:-2]:
                digest, _, name = line.partition(b"  ")
                if digest_of(read(self.folder + "/" + name.decode("ascii"))) != digest:
                    return False
        except OSError:  # missing or unreadable: it is made again, and that says what is wrong
            return False
        return True

    def _is_kept(self, descriptor: int) -> bool:
        """Whether the locked file still has its name, and the bytes of what runs; else it is put there again."""
        try:
            found = os.stat(self.file, follow_symlinks=False)
        except FileNotFoundError:
            return False
        mine = os.fstat(descriptor)
        if (found.st_dev, found.st_ino) != (mine.st_dev, mine.st_ino):
            return False
        if mine.st_size == len(self._data) and os.pread(descriptor, len(self._data), 0) == self._data:
            return True
        self._keep()
        return False

    def _keep(self) -> None:
        """Writes the archive to its place, synced."""
        os.makedirs(self._programs, 0o700, exist_ok=True)
        new = self._new_name()
        try:
            write(new, self._data, True)
            os.rename(new, self.file)
        except BaseException:
            if os.path.exists(new):
                os.unlink(new)
            raise
        sync_folder(self._programs)

    def _unpack(self) -> None:
        """Makes the folder under another name, and renames it into its place. It is not synced, unlike the archive: what a power cut takes
        away is seen at the next start, and made again."""
        import shutil

        new = self._new_name()
        os.mkdir(new, 0o700)
        try:
            lines = [self._header]
            for name, content in sorted(self._fill(new).items()):
                lines.append(digest_of(content) + b"  " + name.encode("ascii"))
            write(new + "/manifest", b"\n".join(lines + [ending(lines), b""]), False)
            if os.path.isdir(self.folder):  # damaged, or compiled by another interpreter
                os.rename(self.folder, new + "/former")
            os.rename(new, self.folder)
        except BaseException:
            shutil.rmtree(new, True)
            raise
        shutil.rmtree(self.folder + "/former", True)

    def _fill(self, folder: str) -> "dict[str, bytes]":
        """Writes the archive's files to a new folder, and their compiled ones. Gives the bytes of all by name."""
        import io
        import py_compile
        import tarfile

        os.environ.pop("SOURCE_DATE_EPOCH", None)  # py_compile would go by it
        files = {}
        with tarfile.open(fileobj=io.BytesIO(self._data[self._tar :])) as tar:
            for member in tar:
                content = tar.extractfile(member)
                files[member.name] = b"" if content is None else content.read()
        for name in sorted(files):
            os.makedirs(os.path.dirname(folder + "/" + name), 0o700, exist_ok=True)
            write(folder + "/" + name, files[name], False)
        for name in sorted(files):
            # The probes are Nova's interpreter's, and are never imported.
            if name.endswith(".py") and "/" in name and "/probes/" not in name:
                head, tail = os.path.split(name)
                compiled = "%s/__pycache__/%s.%s.pyc" % (head, tail[:-3], sys.implementation.cache_tag)
                py_compile.compile(folder + "/" + name, folder + "/" + compiled, self.folder + "/" + name, True)
                files[compiled] = read(folder + "/" + compiled)
        return files

    def _new_name(self) -> str:
        """A name that nothing has. It begins with the program's, for who tidies up (state/programs.py)."""
        folder, name = os.path.split(self.folder)
        return "%s/.%s.%s" % (folder, name, os.urandom(6).hex())


def digest_of(data: bytes) -> bytes:
    """SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest().encode("ascii")


def ending(lines: "list[bytes]") -> bytes:
    """The last line of a manifest, which tells that it is whole."""
    return b"# " + digest_of(b"\n".join(lines))


def read(path: str) -> bytes:
    """All bytes of a file."""
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def write(path: str, data: bytes, sync: bool) -> None:
    """Makes a file, 0600 by the umask."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        if sync:
            os.fsync(file.fileno())


def sync_folder(path: str) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
