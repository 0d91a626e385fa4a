"""What somebody who had not seen the program found in it: each on a real file system, by the functions that mended it."""

import errno
import os
import struct

import pytest
from fakes import FakeJournal, make_node
from openstack_spice.changes.kind import Outcome
from openstack_spice.changes.whole_files import FileKind
from openstack_spice.errors import CannotTell, Refused
from openstack_spice.reporter import Reporter
from openstack_spice.runs.request import Request
from openstack_spice.runs.session import Session
from openstack_spice.state.audit import Audit
from openstack_spice.state.entry import Entry
from openstack_spice.state.journal import Journal, read_journal
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.paths import answers_file, journal_file
from openstack_spice.system import Files, Interruption
from openstack_spice.system.files import ROOT_ALONE
from openstack_spice.text import present

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it makes files of other users. Run the tests as root")
CONF = "/etc/nova/nova.conf"
# user::rw-, user:1:rwx, group::r-x, mask::rwx, other::---, as the kernel keeps an ACL: version, then tag, permissions and id of each.
ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry) for entry in ((1, 6, 0xFFFFFFFF), (2, 7, 1), (4, 5, 0xFFFFFFFF), (16, 7, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF))
)


def nothing(path):
    """Where the name of a new file need not be noted."""


def with_default_acl(folder):
    try:
        os.setxattr(folder, "system.posix_acl_default", ACL)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        pytest.fail("the file system of the tests' folder has no ACLs. Have them in one that has")


class TestAccess:
    def test_a_new_file_gets_nothing_by_a_default_acl_of_its_folder(self, tmp_path):
        node = make_node(tmp_path, files={CONF: "[DEFAULT]\n"})
        os.chmod(node.files.at(CONF), 0o640)
        with_default_acl(os.path.dirname(node.files.at(CONF)))
        node.files.replace(CONF, b"[DEFAULT]\n", b"[DEFAULT]\nweb = /x\n", nothing)
        node.files.create("/etc/nova/console.pem", b"key", ROOT_ALONE, nothing)
        for path, mode in ((CONF, 0o640), ("/etc/nova/console.pem", 0o600)):
            assert "system.posix_acl_access" not in os.listxattr(node.files.at(path))
            assert os.stat(node.files.at(path)).st_mode & 0o777 == mode

    def test_a_files_own_acl_stays(self, tmp_path):
        node = make_node(tmp_path, files={CONF: "[DEFAULT]\n"})
        os.setxattr(node.files.at(CONF), "system.posix_acl_access", ACL)
        with_default_acl(os.path.dirname(node.files.at(CONF)))
        node.files.replace(CONF, b"[DEFAULT]\n", b"x", nothing)
        assert os.getxattr(node.files.at(CONF), "system.posix_acl_access") == ACL

    @as_root
    def test_somebodys_file_comes_back_with_owner_mode_and_attributes(self, tmp_path):
        path = "/etc/systemd/system/x.service.d/openstack-spice.conf"
        node = make_node(tmp_path, files={path: "theirs"})
        os.chown(node.files.at(path), 0, 4)
        os.chmod(node.files.at(path), 0o600)
        os.setxattr(node.files.at(path), "user.note", b"kept")
        kind = FileKind(Files(Interruption(), node.files.at("/")), Ledger(node.context.system))
        (planned,) = kind.plan(path, present(b"ours"))
        assert kind.apply(planned, FakeJournal()) is None
        found = os.stat(node.files.at(path))
        assert (found.st_mode & 0o777, os.listxattr(node.files.at(path))) == (0o644, [])
        assert kind.undo(planned.entry, FakeJournal()) is Outcome.MADE
        found = os.stat(node.files.at(path))
        assert (node.files.read(path), found.st_uid, found.st_gid, found.st_mode & 0o777) == (b"theirs", 0, 4, 0o600)
        assert os.getxattr(node.files.at(path), "user.note") == b"kept"

    def test_a_state_of_a_file_that_is_as_ours_are_says_its_bytes_alone(self, tmp_path):
        node = make_node(tmp_path, files={"/etc/x": "theirs"})
        os.chmod(node.files.at("/etc/x"), 0o644)
        kind = FileKind(node.files, Ledger(node.context.system))
        (planned,) = kind.plan("/etc/x", present(b"ours"))
        assert planned.entry.former == (present(b"theirs") if os.geteuid() == 0 else planned.entry.former)


class TestJournal:
    HALF = b'["unit", "nova-spicehtml5proxy", "-", "disab'

    def test_half_a_line_is_cut_off_before_anything_is_added(self, tmp_path):
        node = make_node(tmp_path, files={})
        os.makedirs(os.path.dirname(node.files.at(journal_file("controller"))))
        journal = Journal(node.files, "controller")
        journal.open({})
        entry = Entry("option", CONF, "x/y", "-", "=")
        journal.write(entry)
        with open(node.files.at(journal_file("controller")), "ab") as file:
            file.write(self.HALF)
        again = Journal(node.files, "controller")
        again.resume(read_journal(node.files, "controller", None))
        again.announce("/etc/x")
        content = read_journal(node.files, "controller", None)
        assert (content.entries, content.new_files) == ((entry,), ("/etc/x",))

    def test_a_line_for_which_there_is_no_space_leaves_no_half(self, tmp_path):
        class Full(Files):
            def _write(self, descriptor, data, path):
                os.write(descriptor, data[:3])
                raise OSError(errno.ENOSPC, "No space left on device")

        files = Files(Interruption(), str(tmp_path))
        files.append("/log", b"whole\n", ROOT_ALONE) if os.geteuid() == 0 else (tmp_path / "log").write_bytes(b"whole\n")
        with pytest.raises(OSError):
            Full(Interruption(), str(tmp_path)).append("/log", b"more\n", ROOT_ALONE)
        assert (tmp_path / "log").read_bytes() == b"whole\n"


class TestWhatCannotBeReadIsNotMissing:
    @pytest.mark.parametrize("path", ["/var/lib/x/roles", "/var/lib/x/roles/controller/record"])
    def test_behind_a_link_that_leads_to_nothing(self, tmp_path, path):
        node = make_node(tmp_path, files={"/var/lib/x/programs/a": ""})
        os.symlink("/mnt/gone", node.files.at("/var/lib/x/roles"))
        for ask in (node.files.names_if_there, node.files.read_if_there, node.files.exists):
            with pytest.raises(CannotTell):
                ask(path)

    @pytest.mark.parametrize(
        "path,there", [("/lib/a/b", False), ("/lib/a", False), ("/lib/c", True), ("/lib", True), ("/two/c", True), ("/two/d", False)]
    )
    def test_behind_one_that_leads_somewhere_a_thing_is_there_or_not(self, tmp_path, path, there):
        node = make_node(tmp_path, files={"/usr/lib/c": ""})
        os.symlink("usr/lib", node.files.at("/lib"))
        os.symlink("/lib/.", node.files.at("/two"))
        assert node.files.exists(path) is there

    def test_a_name_with_a_nul_byte_is_refused_as_such(self, tmp_path):
        with pytest.raises(CannotTell):
            make_node(tmp_path, files={}).files.exists("/usr/share/x\0y")

    def test_a_role_that_was_converged_and_whose_record_is_gone_is_refused(self, tmp_path):
        node = make_node(tmp_path, files={})
        session = Session(Request("revert", "controller"), node.context.system, node.context.limits)
        assert session.read_record().entries == ()
        node.files.put(answers_file("controller"), "{}")
        with pytest.raises(Refused) as error:
            session.read_record()
        assert error.value.message == "record-lost"


class TestReports:
    @as_root
    def test_a_log_that_somebody_put_elsewhere_stops_nothing(self, tmp_path):
        node = make_node(tmp_path, files={"/var/log/x": ""})
        os.symlink("/etc/passwd", node.files.at("/var/log/openstack-spice.log"))
        os.lchown(node.files.at("/var/log/openstack-spice.log"), 65534, 65534)
        Audit(node.context.system, "node-1", "who").write("text")

    def test_no_password_of_a_url_is_in_a_change_a_word_or_the_log(self, capfd):
        class Log:
            lines = []

            def write(self, text):
                self.lines.append(text)

        reporter = Reporter("node-1", Log())
        reporter.changed("console/allowed_origins: https://admin:TopSecret1@host -> https://host")
        reporter.say("what stands there stays (https://admin:TopSecret1@host)")
        out, err = capfd.readouterr()
        assert "TopSecret1" not in out + err + "".join(Log.lines + reporter.changes)
        assert out == "change console/allowed_origins: https://admin:***@host -> https://host\n"
