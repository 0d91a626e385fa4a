"""The one way to read a file and the one way to write one, on a real file system."""

import errno
import fcntl
import os
import stat
import struct

import pytest
from fakes import mounted
from openstack_spice.errors import CannotTell, Failed, Refused
from openstack_spice.messages import text_of
from openstack_spice.state.journal import Journal
from openstack_spice.state.paths import ROLES, journal_file
from openstack_spice.system import Files, Interruption, attributes
from openstack_spice.system.files import Access

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it makes files of other users. Run the tests as root")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "etc").mkdir()
    return tmp_path


@pytest.fixture
def files(folder):
    return Files(Interruption(), str(folder))


def nothing(path):
    """Where the name of a new file need not be noted."""


NOATIME, NOCOW, IMMUTABLE, EXTENTS, ENCRYPT, INDEX = 0x80, 0x800000, 0x10, 0x80000, 0x800, 0x1000  # linux/fs.h


class Kernel:
    """Flags of inodes as a kernel has them whose file system gives every new file INDEX.

    :param flags: by inode
    :param error: of each request to set them; 0: none
    """

    def __init__(self, flags, error=0):
        self.flags, self.error, self.set = flags, error, []

    def ioctl(self, descriptor, request, argument, mutate):
        found = os.fstat(descriptor)
        if request == attributes.flag_requests(os.uname().machine, struct.calcsize("l"))[0]:
            argument[:4] = struct.pack("=I", self.flags.get(found.st_ino, INDEX))
            return 0
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        self.set.append((struct.unpack_from("=I", argument)[0], found.st_size))
        return 0


def write(path, data, mode=0o640):
    path.write_bytes(data)
    path.chmod(mode)


class Failing(Files):
    """Fails at the Nth call of one of its primitives."""

    def __init__(self, root, primitive, number, error):
        super().__init__(Interruption(), root)
        self._left = number
        original = getattr(self, primitive)

        def failing(*arguments):
            self._left -= 1
            if self._left == 0:
                if primitive == "_write" and error == errno.ENOSPC:
                    os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise OSError(error, os.strerror(error))
            return original(*arguments)

        setattr(self, primitive, failing)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("primitive", ["_write", "_sync", "_rename", "_set_access", "_open"])
def test_a_file_that_cannot_be_rewritten_keeps_every_byte_and_leaves_nothing_beside_it(folder, primitive, error):
    conf = folder / "etc" / "nova.conf"
    write(conf, b"former\n" * 1000)
    # The first call of _open reads the former bytes.
    files = Failing(str(folder), primitive, 2 if primitive == "_open" else 1, error)
    with pytest.raises(Failed) as stop:
        files.replace("/etc/nova.conf", b"former\n" * 1000, b"new\n", nothing)
    assert (stop.value.message, stop.value.facts) == (
        "cannot-rewrite",
        {"file": "/etc/nova.conf", "reason": os.strerror(error)},
    )
    assert conf.read_bytes() == b"former\n" * 1000
    assert os.listdir(str(folder / "etc")) == ["nova.conf"]


@pytest.fixture
def without_inodes(folder):
    """A folder of a file system of its own, which has bytes and no inode for one more file."""
    with mounted(folder / "small", "size=1m,nr_inodes=3") as place:
        write(place / "conf", b"former\n")
        (place / "full").mkdir()
        yield place


@as_root
@pytest.mark.parametrize(
    "step,file",
    [
        (lambda files: files.create("/small/new", b"", Access(0, 0, 0o600), nothing), "/small/new"),
        (lambda files: files.create("/small/deep/new", b"", Access(0, 0, 0o600), nothing), "/small/deep/new"),
        (lambda files: files.replace("/small/conf", b"former\n", b"new\n", nothing), "/small/conf"),
        (lambda files: files.point_link("/small/link", "conf", nothing), "/small/link"),
        (lambda files: files.unlinked("/small", b"", 0).__enter__(), None),
    ],
)
def test_where_no_inode_is_free_the_message_says_so(folder, files, without_inodes, step, file):
    with pytest.raises(Failed) as stop:
        step(files)
    assert stop.value.message == "no-inodes"
    named = stop.value.facts["file"]
    assert file in (None, named)
    assert text_of(stop.value) == (
        named + " cannot be written: no inode is free on its file system. "
        "Remove files that nobody needs from there ('df -i /small'), and run again"
    )


@as_root
def test_a_journal_for_which_no_inode_is_free_says_so(folder, files, without_inodes):
    os.rmdir(str(without_inodes / "full"))
    (without_inodes / "compute").mkdir()
    (folder / ROLES[1:]).parent.mkdir(parents=True)
    (folder / ROLES[1:]).symlink_to("/small")
    with pytest.raises(Failed) as stop:
        Journal(files, "compute").open({})
    assert (stop.value.message, stop.value.facts["file"]) == ("no-inodes", journal_file("compute"))


@as_root
def test_where_bytes_lack_too_or_alone_the_message_is_about_room(folder, files, without_inodes):
    room = b"x" * (1 << 20)
    with pytest.raises(OSError):
        (without_inodes / "conf").write_bytes(room + room)
    with pytest.raises(Failed) as stop:
        files.create("/small/new", b"", Access(0, 0, 0o600), nothing)
    assert stop.value.message == "cannot-write"
    os.rmdir(str(without_inodes / "full"))
    with pytest.raises(Failed) as stop:
        files.create("/small/new", b"x" * 4096, Access(0, 0, 0o600), nothing)
    assert stop.value.message == "cannot-write"


def test_what_was_written_is_read_back_before_it_is_published(folder):
    conf = folder / "etc" / "nova.conf"
    write(conf, b"former\n")

    class Damaging(Files):
        def _write(self, descriptor, data, path):
            super()._write(descriptor, data[:-1], path)

    with pytest.raises(Failed):
        Damaging(Interruption(), str(folder)).replace("/etc/nova.conf", b"former\n", b"new\n", nothing)
    assert conf.read_bytes() == b"former\n"


def test_every_new_file_is_synced_before_its_rename_and_its_folder_after_it(folder):
    steps = []

    class Noting(Files):
        def _write(self, descriptor, data, path):
            steps.append("write")
            super()._write(descriptor, data, path)

        def _sync(self, descriptor, path):
            steps.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
            super()._sync(descriptor, path)

        def _rename(self, *arguments):
            steps.append("rename")
            super()._rename(*arguments)

    files = Noting(Interruption(), str(folder))
    files.create("/etc/new", b"data", Access(os.geteuid(), os.getegid(), 0o644), lambda path: steps.append("announce"))
    assert steps == ["announce", "write", "sync file", "rename", "sync folder"]


def test_a_file_that_somebody_edited_meanwhile_is_left_alone(folder, files):
    conf = folder / "etc" / "nova.conf"
    write(conf, b"theirs\n")
    with pytest.raises(Failed) as stop:
        files.replace("/etc/nova.conf", b"former\n", b"new\n", nothing)
    assert stop.value.message == "edited-meanwhile"
    assert conf.read_bytes() == b"theirs\n"


@as_root
@pytest.mark.parametrize("theirs", ["a link", "a file", "nothing"])
def test_what_its_folders_owner_puts_in_the_place_of_a_new_file_is_not_taken_for_ours(folder, theirs):
    secret = folder / "secret"
    write(secret, b"secret\n", 0o600)
    conf = folder / "etc" / "nova.conf"
    write(conf, b"former\n")

    class Racing(Files):
        def _rename(self, inside, name, to, path):
            os.unlink(name, dir_fd=inside)
            if theirs == "a link":
                os.symlink(str(secret), name, dir_fd=inside)
            elif theirs == "a file":
                write(folder / "etc" / name, b"theirs\n")
            super()._rename(inside, name, to, path)

    with pytest.raises(Failed) as stop:
        Racing(Interruption(), str(folder)).replace("/etc/nova.conf", b"former\n", b"new\n", nothing)
    assert stop.value.message == ("cannot-rewrite" if theirs == "nothing" else "edited-meanwhile")
    assert (secret.read_bytes(), stat.S_IMODE(secret.stat().st_mode)) == (b"secret\n", 0o600)
    if theirs == "nothing":
        assert conf.read_bytes() == b"former\n"


def test_owner_mode_and_extended_attributes_stay(folder, files):
    conf = folder / "etc" / "nova.conf"
    write(conf, b"former\n", 0o460)
    os.chown(str(conf), NOBODY, 12)
    os.setxattr(str(conf), "user.note", b"kept")
    files.replace("/etc/nova.conf", b"former\n", b"new\n", nothing)
    found = conf.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (NOBODY, 12, 0o460)
    assert os.getxattr(str(conf), "user.note") == b"kept"
    assert conf.read_bytes() == b"new\n"


def kept_flags(path):
    with open(str(path), "rb") as file:
        return attributes.flags_of(file.fileno())


def give_flags(path):
    """Sets those of d, A and S that its file system takes; these."""
    taken = 0
    with open(str(path), "rb") as file:
        for flag in (0x40, NOATIME, 0x8):
            try:
                attributes.set_flags(file.fileno(), taken | flag)
            except OSError:
                continue
            taken |= attributes.flags_of(file.fileno()) & flag
    return taken


def test_the_flags_that_somebody_set_stay_and_the_file_systems_own_are_its_own(folder, files):
    conf, plain = folder / "etc" / "nova.conf", folder / "etc" / "plain.conf"
    for path in (plain, conf):
        write(path, b"former\n")
    of_any = kept_flags(plain)
    wanted = of_any | give_flags(conf)
    assert kept_flags(conf) == wanted
    inode = conf.stat().st_ino
    files.replace("/etc/nova.conf", b"former\n", b"new\n", nothing)
    files.replace("/etc/plain.conf", b"former\n", b"new\n", nothing)
    assert conf.stat().st_ino != inode
    assert (kept_flags(conf), kept_flags(plain)) == (wanted, of_any)
    assert conf.read_bytes() == b"new\n"


def test_a_file_whose_flags_the_new_one_cannot_get_is_left_as_it_is(folder, files, monkeypatch):
    """As with an ACL that it cannot get: nothing is lost without a word."""
    conf = folder / "etc" / "nova.conf"
    write(conf, b"former\n")
    kernel = Kernel({conf.stat().st_ino: NOCOW | NOATIME | EXTENTS}, errno.EOPNOTSUPP)
    monkeypatch.setattr(fcntl, "ioctl", kernel.ioctl)
    with pytest.raises(Failed) as stop:
        files.replace("/etc/nova.conf", b"former\n", b"new\n", nothing)
    assert stop.value.facts == {"file": "/etc/nova.conf", "reason": os.strerror(errno.EOPNOTSUPP)}
    assert (conf.read_bytes(), os.listdir(str(folder / "etc"))) == (b"former\n", ["nova.conf"])


def test_flags_are_set_before_the_first_byte_is_written_since_some_cannot_be_later(folder, files, monkeypatch):
    conf = folder / "etc" / "nova.conf"
    write(conf, b"former\n")
    kernel = Kernel({conf.stat().st_ino: NOCOW | NOATIME | IMMUTABLE | EXTENTS | ENCRYPT})
    monkeypatch.setattr(fcntl, "ioctl", kernel.ioctl)
    files.replace("/etc/nova.conf", b"former\n", b"new\n", nothing)
    # The kernel's own flags of the new file stay, and none of the former one's is copied.
    assert kernel.set == [(NOCOW | NOATIME | INDEX, 0)]


@pytest.mark.parametrize("error", [errno.ENOTTY, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_a_file_system_without_flags_is_asked_once_and_nothing_is_lost(folder, files, monkeypatch, error):
    conf = folder / "etc" / "nova.conf"
    write(conf, b"former\n")
    asked = []

    def refusing(descriptor, request, argument, mutate):
        asked.append(request)
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(fcntl, "ioctl", refusing)
    files.replace("/etc/nova.conf", b"former\n", b"new\n", nothing)
    assert (len(asked), conf.read_bytes()) == (1, b"new\n")


@pytest.mark.parametrize(
    "machine,size,numbers",
    [
        ("x86_64", 8, (0x80086601, 0x40086602)),
        ("aarch64", 8, (0x80086601, 0x40086602)),
        ("s390x", 8, (0x80086601, 0x40086602)),
        ("i686", 4, (0x80046601, 0x40046602)),
        ("ppc64le", 8, (0x40086601, 0x80086602)),
    ],
)
def test_the_requests_are_numbered_as_the_machines_kernel_does(machine, size, numbers):
    assert attributes.flag_requests(machine, size) == numbers


def test_a_link_of_ours_stays_one_and_what_it_points_to_is_rewritten(folder, files):
    write(folder / "real.conf", b"former\n")
    (folder / "etc" / "nova.conf").symlink_to("/real.conf")
    files.replace("/etc/nova.conf", b"former\n", b"new\n", nothing)
    assert os.readlink(str(folder / "etc" / "nova.conf")) == "/real.conf"
    assert (folder / "real.conf").read_bytes() == b"new\n"


@as_root
@pytest.mark.parametrize("place", ["the file", "its folder", "a folder above"])
def test_a_link_that_is_not_roots_is_never_followed(folder, files, place):
    (folder / "secret").mkdir()
    write(folder / "secret" / "nova.conf", b"secret\n", 0o600)
    (folder / "srv" / "deep").mkdir(parents=True)
    link, target, path = {
        "the file": (folder / "etc" / "nova.conf", "../secret/nova.conf", "/etc/nova.conf"),
        "its folder": (folder / "srv" / "deep" / "conf", "../../secret", "/srv/deep/conf/nova.conf"),
        "a folder above": (folder / "srv" / "up", "../secret/..", "/srv/up/secret/nova.conf"),
    }[place]
    link.symlink_to(target)
    os.lchown(str(link), NOBODY, NOBODY)
    for step in (
        lambda: files.read(path),
        lambda: files.replace(path, b"secret\n", b"new\n", nothing),
        lambda: files.create(path, b"new\n", Access(0, 0, 0o644), nothing),
        lambda: files.append(path, b"new\n", Access(0, 0, 0o644)),
        lambda: files.tail(path, 10),
    ):
        with pytest.raises(Refused) as stop:
            step()
        assert stop.value.message == "link-not-roots"
    assert (folder / "secret" / "nova.conf").read_bytes() == b"secret\n"
    assert stat.S_IMODE((folder / "secret" / "nova.conf").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket", "device"])
def test_what_is_no_regular_file_is_not_read_and_nothing_waits_for_it(folder, files, kind):
    path = folder / "etc" / "log"
    if kind == "fifo":
        os.mkfifo(str(path))
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        import socket

        with socket.socket(socket.AF_UNIX) as server:
            here = os.getcwd()
            os.chdir(str(path.parent))
            server.bind(path.name)
            os.chdir(here)
    elif os.geteuid() == 0:
        os.mknod(str(path), stat.S_IFCHR | 0o600, os.makedev(1, 5))  # endless zeros
    for step in (lambda: files.read("/etc/log"), lambda: files.tail("/etc/log", 100)):
        with pytest.raises((CannotTell, FileNotFoundError)):
            step()


def test_a_file_larger_than_the_limit_is_not_read(folder, files):
    write(folder / "etc" / "big", b"x" * 101)
    with pytest.raises(CannotTell):
        files.read("/etc/big", limit=100)
    assert files.tail("/etc/big", 10) == b"x" * 10


def test_what_cannot_be_read_is_not_what_is_not_there(folder, files):
    assert files.read_if_there("/etc/none") is None
    assert files.read_if_there("/none/none") is None
    (folder / "etc" / "loop").symlink_to("loop")
    with pytest.raises(OSError) as error:
        files.read_if_there("/etc/loop")
    assert error.value.errno == errno.ELOOP
    if os.geteuid() != 0:
        write(folder / "etc" / "closed", b"x", 0o000)
        with pytest.raises(CannotTell):
            files.read_if_there("/etc/closed")


def test_a_tree_of_ours_goes_without_what_its_links_point_to(folder, files):
    (folder / "elsewhere").mkdir()
    write(folder / "elsewhere" / "kept", b"x")
    (folder / "tree" / "inner").mkdir(parents=True)
    write(folder / "tree" / "inner" / "file", b"x")
    (folder / "tree" / "link").symlink_to("../elsewhere")
    files.remove_tree("/tree")
    assert not (folder / "tree").exists()
    assert (folder / "elsewhere" / "kept").read_bytes() == b"x"


def test_a_folder_goes_only_where_it_is_empty(folder, files):
    (folder / "full").mkdir()
    write(folder / "full" / "file", b"x")
    files.remove_folder_if_empty("/full")
    assert (folder / "full" / "file").exists()
    (folder / "empty").mkdir()
    files.remove_folder_if_empty("/empty")
    assert not (folder / "empty").exists()


def test_an_appended_line_is_synced_and_its_new_file_is_ours_alone(folder, files):
    access = Access(os.geteuid(), os.getegid(), 0o600)
    files.append("/etc/journal", b"one\n", access)
    files.append("/etc/journal", b"two\n", access)
    assert (folder / "etc" / "journal").read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE((folder / "etc" / "journal").stat().st_mode) == 0o600
