"""How the program comes from its archive to its first line: kept, unpacked, checked at each start, whatever became of its files."""

import fcntl
import hashlib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile

import pytest
from fakes import mounted

NODE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "node")
MAIN = (
    b"import sys\nimport openstack_spice.part\n\n\n"
    b"def run(argv, digest, held):\n    print(argv, digest, openstack_spice.part.__file__)\n    return 7\n"
)
FILES = {
    "openstack_spice/__init__.py": b"",
    "openstack_spice/__main__.py": MAIN,
    "openstack_spice/part.py": b"VALUE = 1\n",
    "openstack_spice/probes/old.py": b"print 'Nova runs this'\n",
    "openstack_spice/plan.json": b"{}\n",
}


def module():
    spec = importlib.util.spec_from_file_location("start", os.path.join(NODE, "start.py"))
    start = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(start)
    return start


def source(name):
    with open(os.path.join(NODE, name), "rb") as file:
        return file.read()


def archive(programs, files=FILES):
    """The program with other files, which is kept in another folder. Gives its bytes, and where the tar begins."""
    head = source("bootstrap.sh").replace(b"/var/lib/openstack-spice/programs", programs.encode()) + b"\n#tar\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        first = source("start.py").replace(b"/var/lib/openstack-spice/programs", programs.encode())
        for name, data in [("start.py", first)] + sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return head + packed.getvalue(), len(head)


@pytest.fixture
def kept(tmp_path):
    programs = str(tmp_path / "state/programs")
    data, tar = archive(programs)
    return module().Program(data, tar, hashlib.sha256(data).hexdigest(), programs)


def tree(folder):
    return {name: os.stat(os.path.join(folder, name)).st_ino for name in os.listdir(folder)}


def test_unpacks_once_with_compiled_files(kept):
    os.close(kept.hold())
    assert not kept.is_intact()
    kept.make_intact()
    assert kept.is_intact()
    compiled = os.path.join(kept.folder, "openstack_spice/__pycache__/part.%s.pyc" % sys.implementation.cache_tag)
    assert os.path.exists(compiled)
    assert not os.path.exists(os.path.join(kept.folder, "openstack_spice/probes/__pycache__"))
    before = tree(kept.folder)
    kept.make_intact()
    assert tree(kept.folder) == before
    assert os.listdir(os.path.dirname(kept.folder)) != []
    assert sorted(os.listdir(os.path.dirname(kept.folder))) == sorted(map(os.path.basename, (kept.folder, kept.file)))


@pytest.mark.parametrize("size", [0, 1, 200])
@pytest.mark.parametrize("name", ["manifest", "openstack_spice/part.py", "openstack_spice/plan.json", "compiled"])
def test_a_damaged_file_is_made_again(kept, name, size):
    os.close(kept.hold())
    kept.make_intact()
    if name == "compiled":
        name = "openstack_spice/__pycache__/part.%s.pyc" % sys.implementation.cache_tag
    path = os.path.join(kept.folder, name)
    with open(path, "rb") as file:
        whole = file.read()
    with open(path, "wb") as file:
        file.write((b"x" + whole[1:])[:size] + b"\0" * (size - len(whole)))
    assert not kept.is_intact()
    kept.make_intact()
    assert kept.is_intact()
    with open(os.path.join(kept.folder, "openstack_spice/part.py"), "rb") as file:
        assert file.read() == FILES["openstack_spice/part.py"]
    assert sorted(os.listdir(kept.folder)) == ["manifest", "openstack_spice", "start.py"]


def test_a_missing_file_and_another_interpreter_are_seen(kept, monkeypatch):
    os.close(kept.hold())
    kept.make_intact()
    os.unlink(os.path.join(kept.folder, "openstack_spice/part.py"))
    assert not kept.is_intact()
    kept.make_intact()
    kept._header = kept._header.replace(b"cpython", b"other")
    assert not kept.is_intact()


def test_holds_what_runs(kept):
    """Where the archive was tidied away, or is not what runs, it is put there again; nobody can take it alone meanwhile."""
    for damage in (lambda: None, lambda: os.unlink(kept.file), lambda: open(kept.file, "wb").close(), lambda: os.truncate(kept.file, 5)):
        if os.path.exists(kept.file):
            damage()
        held = kept.hold()
        with open(kept.file, "rb") as file:
            assert file.read() == kept._data
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(held)


def test_nothing_is_left_where_it_cannot_be_unpacked(kept, monkeypatch):
    os.close(kept.hold())

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(kept, "_fill", fail)
        with pytest.raises(OSError):
            kept.make_intact()
    assert os.listdir(os.path.dirname(kept.folder)) == [os.path.basename(kept.file)]


def starter(programs):
    """What bootstrap.sh has Python run first."""
    text = archive(programs)[0].split(b"\n#tar\n")[0].decode("ascii")
    return re.search(r"^readonly START='\n(.*?)'$", text, re.M | re.S).group(1)


def interpreters():
    found = [sys.executable]
    for version in ("3.6", "3.7", "3.14"):
        path = shutil.which("python" + version)
        if path and subprocess.run([path, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
            found.append(path)
    return found


@pytest.mark.parametrize("python", interpreters())
def test_starts_from_the_archive_alone(tmp_path, python):
    programs = str(tmp_path / "state/programs")
    data, _ = archive(programs)
    digest = hashlib.sha256(data).hexdigest()
    uploaded = tmp_path / "uploaded.sh"
    uploaded.write_bytes(data)
    for file in (str(uploaded), "%s/%s.sh" % (programs, digest)):
        started = subprocess.run(
            [python, "-I", "-S", "-c", starter(programs), file, "revert", "compute"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
        expected = "['revert', 'compute'] %s %s/%s/openstack_spice/part.py\n" % (digest, programs, digest)
        assert (started.returncode, started.stdout.decode()) == (7, expected)


@pytest.mark.parametrize("keep", [0, 1, 4000, 9000, 20000, -1])
def test_a_damaged_archive_is_never_run(tmp_path, keep):
    programs = str(tmp_path)
    data, _ = archive(programs)
    path = "%s/%s.sh" % (programs, hashlib.sha256(data).hexdigest())
    with open(path, "wb") as file:
        file.write(data[:keep])
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", starter(programs), path, "status"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert re.fullmatch(
        r"openstack-spice: error: \S+: %s is damaged. Put it back, or restore by hand from /var/lib/openstack-spice/roles\n"
        % re.escape(path),
        ended.stderr.decode(),
    )


@pytest.fixture
def full(tmp_path):
    """A folder of a file system of its own that has bytes and no inode more."""
    with mounted(tmp_path / "full", "nr_inodes=2") as place:
        (place / "file").write_bytes(b"")
        yield place


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it mounts a file system. Run the tests as root")
@pytest.mark.parametrize("below", ["", "/state/programs"])
def test_where_no_inode_is_free_both_who_unpack_and_who_copy_say_so(tmp_path, full, below):
    programs = str(full) + below
    data, _ = archive(programs)
    digest = hashlib.sha256(data).hexdigest()
    uploaded = tmp_path / "uploaded.sh"
    uploaded.write_bytes(data)
    run_as_root = re.search("^readonly RUN_AS_ROOT='(.*)'$", source("bootstrap.sh").decode("ascii"), re.MULTILINE).group(1)
    for command, message in (
        (
            [sys.executable, "-I", "-S", "-c", starter(programs), str(uploaded), "status"],
            "the program cannot be unpacked to %s (No space left on device). No inode is free there (df -i): remove files that nobody "
            "needs and see that it can be written, then run again",
        ),
        (
            ["/bin/bash", "-c", run_as_root, "%s/%s.sh" % (programs, digest), str(uploaded)],
            "%s cannot be written. No inode is free there (df -i): remove files that nobody needs and see that it can be written, then run "
            "again",
        ),
    ):
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        last = ended.stderr.decode().splitlines()[-1]
        assert (ended.returncode, ended.stdout) == (3, b"")
        assert last == "openstack-spice: error: %s: %s" % (os.uname().nodename, message % programs)


def test_an_old_interpreter_is_refused():
    old = "import sys; sys.version_info = (2, 7, 18); sys.version = '2.7.18 (default)'; exec(%r)" % starter("/nowhere")
    ended = subprocess.run([sys.executable, "-c", old, "/nowhere/x.sh", "status"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stdout) == (3, b"")
    assert b"is Python 2.7" in ended.stderr and b"and 3.6 or newer is needed. Install python3 on this node, and run again\n" in ended.stderr
