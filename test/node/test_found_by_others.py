"""What somebody who had not seen the program found in it: each on a real file system, by the functions that mended it."""

import errno
import json
import os
import stat
import struct

import pytest
from fakes import FakeJournal, make_node
from openstack_spice.changes.certificate import PemKind, _plan_pem
from openstack_spice.changes.edits import Edits
from openstack_spice.changes.kind import Outcome
from openstack_spice.changes.obsolete_options import ObsoleteOptionKind, ObsoleteOptions
from openstack_spice.changes.options import OptionKind, SectionKind, plan_options
from openstack_spice.changes.whole_files import FileKind, RepositoryKind
from openstack_spice.checks.pending import future
from openstack_spice.document.desired import Desired
from openstack_spice.errors import CannotTell, Failed, Refused
from openstack_spice.limits import Limits
from openstack_spice.nova.nova import Nova
from openstack_spice.reporter import Reporter
from openstack_spice.runs.request import Request
from openstack_spice.runs.revert import _without_purged, _without_sections_of_others
from openstack_spice.runs.session import Session
from openstack_spice.services.answers import shown_value
from openstack_spice.state import audit
from openstack_spice.state.audit import Audit
from openstack_spice.state.entry import Entry
from openstack_spice.state.journal import Journal, read_journal
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.paths import answers_file, journal_file, record_file
from openstack_spice.state.record import Record, read_record, record_bytes
from openstack_spice.system import Files, Interruption
from openstack_spice.system.files import ROOT_ALONE, Access
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

    @as_root
    def test_somebodys_key_comes_back_with_owner_and_mode(self, tmp_path, monkeypatch):
        path = "/etc/nova/openstack-spice/console.pem"
        node = make_node(tmp_path, files={path: "theirs"})
        os.chmod(node.files.at(path), 0o600)
        monkeypatch.setattr(PemKind, "access", lambda self, where: Access(0, 4, 0o640))
        kind = PemKind(Files(Interruption(), node.files.at("/")), Ledger(node.context.system))
        (planned,) = _plan_pem(kind, path, present(b"theirs"), present(b"ours"))
        kind.apply(planned, FakeJournal())
        assert kind.undo(planned.entry, FakeJournal()) is Outcome.MADE
        found = os.stat(node.files.at(path))
        assert (node.files.read(path), found.st_gid, found.st_mode & 0o777) == (b"theirs", 0, 0o600)

    @pytest.mark.parametrize("kind_of", [FileKind, RepositoryKind])
    @pytest.mark.parametrize("is_there", [True, False])
    def test_an_empty_folder_of_the_operators_stays_and_ours_goes(self, tmp_path, is_there, kind_of):
        path = "/etc/systemd/system/x.service.d/openstack-spice.conf"
        node = make_node(tmp_path, files={"/etc/systemd/system/y": ""})
        folder = node.files.at(os.path.dirname(path))
        if is_there:
            os.mkdir(folder, 0o750)
        kind = kind_of(node.files, Ledger(node.context.system))
        (planned,) = kind.plan(path, present(b"ours"))
        assert (planned.old, planned.new) == ("(none)", "written")
        kind.apply(planned, FakeJournal())
        assert kind.undo(planned.entry, FakeJournal()) is Outcome.MADE
        assert kind.undo(planned.entry, FakeJournal()) is Outcome.NOTHING
        assert os.path.isdir(folder) is is_there and not node.files.exists(path)
        assert kind.described(planned.entry.reversed) == ("written", "(none)")

    def test_a_state_of_a_file_that_is_as_ours_are_says_its_bytes_alone(self, tmp_path):
        node = make_node(tmp_path, files={"/etc/x": "theirs"})
        os.chmod(node.files.at("/etc/x"), 0o644)
        kind = FileKind(node.files, Ledger(node.context.system))
        (planned,) = kind.plan("/etc/x", present(b"ours"))
        assert planned.entry.former == (present(b"theirs") if os.geteuid() == 0 else planned.entry.former)


class TestSecretsInOtherLines:
    """What stands below an option by mistake, indented, is a part of its value."""

    CONF = "[spice]\nhtml5proxy_port = 6081\n  admin_password = TOPSECRET2\n  token TOPSECRET4\n"

    def test_are_not_in_a_plan(self, tmp_path):
        desired = Desired(role="controller", node="node-1", options={"spice/html5proxy_port": "6082"})
        node = make_node(tmp_path, files={CONF: self.CONF}, desired=desired)
        edits = Edits(node.files, Ledger(node.context.system), node.reporter)
        (planned,) = plan_options(node.context, OptionKind(edits), SectionKind(edits))
        assert (planned.old, planned.new) == ("6081 admin_password = *** ***", "6082")

    def test_are_not_in_an_obsolete_option(self, tmp_path):
        conf = "[DEFAULT]\nspicehtml5proxy_host = 192.0.2.4\n  admin_password = TOPSECRET5\n"
        desired = Desired(role="controller", node="node-1", remove_obsolete_options=True)
        node = make_node(tmp_path, files={CONF: conf}, desired=desired)
        edits = Edits(node.files, Ledger(node.context.system), node.reporter)
        old = [planned.old for planned in ObsoleteOptions(node.context, ObsoleteOptionKind(edits), lambda: 26).plan()]
        assert old == ["192.0.2.4 admin_password = ***"]

    def test_are_not_in_what_the_service_reads(self):
        value = "6081\nadmin_password = TOPSECRET9\ntoken TOPSECRET4"
        assert "TOPSECRET" not in shown_value("html5proxy_port", value)
        assert shown_value("html5proxy_port", value).startswith("6081")
        assert shown_value("admin_password", "TOPSECRET1") == "***"
        assert shown_value("html5proxy_host", "192.0.2.4") == "192.0.2.4"


class TestRevert:
    def reverting(self, tmp_path, conf, entries, others=(), version="26.2.2"):
        """What is left to take back, with a record of another role."""
        files = {"/etc/other": ""} if conf is None else {CONF: conf}
        node = make_node(tmp_path, files=files)
        if others:
            record = Record("acme/x", "id", "d" * 64, "keep", None, {}, tuple(others))
            node.files.put(record_file("controller"), record_bytes(record))
        session = Session(Request("revert", "compute", b"", "", "root", "node-1", "d" * 64, None), node.context.system, Limits())
        session.desired = Desired(role="compute")

        class Nova:
            def version(self):
                return version

        class Parts:
            nova = Nova()

        return node, session, _without_purged(session, entries, Parts()), lambda rest: _without_sections_of_others(session, rest)

    SECTION = Entry("section", CONF, "spice blank", "-", "there")
    OPTION = Entry("option", CONF, "spice/enabled", "-", "=eA==")
    UNIT = Entry("unit", "nova-compute", "-", "a", "b")

    def test_of_a_node_without_nova_puts_nothing_back_in_its_nova_conf(self, tmp_path):
        _, _, rest, _ = self.reverting(tmp_path, None, [self.SECTION, self.OPTION, self.UNIT], version="")
        assert rest == [self.UNIT]

    def test_is_refused_where_nova_conf_alone_is_gone(self, tmp_path):
        with pytest.raises(Refused) as error:
            self.reverting(tmp_path, None, [self.OPTION])
        assert error.value.message == "nova-conf-gone"
        assert self.reverting(tmp_path / "2", None, [self.UNIT])[2] == [self.UNIT]

    def test_a_section_in_which_the_other_role_has_options_goes_with_that_one(self, tmp_path):
        theirs = Entry("option", CONF, "spice/html5proxy_host", "-", "=eA==")
        node, _, rest, hand_over = self.reverting(tmp_path, "[spice]\n", [self.SECTION, self.OPTION], [theirs])
        for _ in range(2):  # again, where the first one was cut off after it
            assert hand_over(rest) == [self.OPTION]
            assert read_record(node.files, "controller", None).entries == (self.SECTION, theirs)

    def test_a_section_that_nobody_else_uses_goes(self, tmp_path):
        other = Entry("option", CONF, "vnc/enabled", "-", "=eA==")
        node, _, rest, hand_over = self.reverting(tmp_path, "[spice]\n", [self.SECTION], [other])
        assert hand_over(rest) == [self.SECTION]
        assert read_record(node.files, "controller", None).entries == (other,)


def test_a_name_that_is_not_there_is_removed_also_where_the_file_system_is_read_only(tmp_path):
    class ReadOnly(Files):
        def _unlink(self, folder, name, path):
            raise OSError(errno.EROFS, "Read-only file system")

    (tmp_path / "there").write_bytes(b"")
    files = ReadOnly(Interruption(), str(tmp_path))
    files.remove("/not-there")
    with pytest.raises(Failed):
        files.remove("/there")


@pytest.mark.parametrize(
    "script,python",
    [
        ("#!/bin/bash\nexec /usr/bin/nova-compute.real\n", "/usr/bin/python3"),
        ("#!/bin/sh\n'''exec' /opt/x/bin/python3.9 \"$0\" \"$@\"\n' '''\n", "/opt/x/bin/python3.9"),
        ("#!/usr/bin/env python3.11\n", "/usr/bin/python3.11"),
        ("#!/usr/bin/python2 -s\n", "/usr/bin/python2"),
        ("#!/usr/libexec/platform-python\n", "/usr/libexec/platform-python"),
    ],
)
def test_novas_interpreter_is_a_python_whatever_wraps_its_commands(tmp_path, script, python):
    node = make_node(tmp_path, files={"/usr/bin/nova-compute": script})
    paths = {"nova-compute": "/usr/bin/nova-compute", "python3": "/usr/bin/python3", "python3.11": "/usr/bin/python3.11"}
    node.commands.which = lambda name: paths.get(name, name if name.startswith("/") else None)
    assert Nova(node.context, None).python() == python


def test_a_time_that_is_to_come_is_reported_as_such():
    assert future(100, 100) == ""
    assert "'touch' it" in future(101, 100)


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
    @pytest.mark.parametrize(
        "log,reason",
        [
            ("a link of nobody's", "a symbolic link to it is not root's"),
            ("a link of root's to nothing", "a link on its way leads to nothing"),
            ("a folder", "it is no regular file"),
            ("a FIFO", "it is no regular file"),
            ("a FIFO that somebody reads", "it is no regular file"),
            ("a socket", "it is no regular file"),
            ("a device", "it is no regular file"),
            ("in no folder", "No such file or directory"),
        ],
    )
    @pytest.mark.parametrize("has_syslog", [True, False])
    def test_a_log_that_is_no_file_stops_nothing_and_is_told_once(self, tmp_path, monkeypatch, log, reason, has_syslog):
        node = make_node(tmp_path, files={"/var/log/x": "", "/etc/passwd": "root\n"})
        place, reader = node.files.at("/var/log/openstack-spice.log"), -1
        if log.startswith("a link"):
            os.symlink("/etc/passwd" if "nobody" in log else "/etc/none", place)
            os.lchown(place, 65534 if "nobody" in log else 0, 0)
        elif log == "a folder":
            os.mkdir(place)
        elif log.startswith("a FIFO"):
            os.mkfifo(place)
            reader = os.open(place, os.O_RDONLY | os.O_NONBLOCK) if "reads" in log else -1
        elif log == "a socket":
            os.mknod(place, stat.S_IFSOCK | 0o600)
        elif log == "a device":
            os.mknod(place, stat.S_IFCHR | 0o600, os.makedev(1, 3))
        else:
            os.unlink(node.files.at("/var/log/x"))
            os.rmdir(os.path.dirname(place))
        before = node.files.all()
        sent = []
        monkeypatch.setattr(audit, "_syslog", lambda line: sent.append(line) or has_syslog)
        log_of_run = Audit(node.context.system, "node-1", "who", node.reporter.say)
        log_of_run.write("first")
        log_of_run.write("second")
        assert sent == ["who: first", "who: second"]
        assert node.reporter.said == [
            "/var/log/openstack-spice.log cannot be written (%s): what changes is logged %s"
            % (reason, "in syslog alone" if has_syslog else "nowhere")
        ]
        assert node.files.all() == before
        if reader >= 0:
            assert os.read(reader, 100) == b""
            os.close(reader)

    @as_root
    def test_a_log_that_roots_link_leads_to_a_file_is_written_there(self, tmp_path, monkeypatch):
        node = make_node(tmp_path, files={"/var/log/x": "", "/srv/log": ""})
        os.symlink("/srv/log", node.files.at("/var/log/openstack-spice.log"))
        monkeypatch.setattr(audit, "_syslog", lambda line: False)
        Audit(node.context.system, "node-1", "who", node.reporter.say).write("text")
        assert node.files.text("/srv/log").endswith(" node-1 who: text\n")
        assert node.reporter.said == []

    def test_no_password_of_a_url_is_in_a_change_a_word_or_the_log(self, capfd):
        class Log:
            lines = []

            def write(self, text):
                self.lines.append(text)

        reporter = Reporter("node-1", Log())
        reporter.changed("console/allowed_origins", "https://admin:TopSecret1@host", "https://host")
        reporter.say("what stands there stays (https://admin:TopSecret1@host)")
        reporter.warn("fact-not-reported", reason="https://admin:TopSecret1@host")
        reporter.kept.append("https://admin:TopSecret1@host")
        reporter.end()
        out, err = capfd.readouterr()
        assert "TopSecret1" not in out + err + "".join(Log.lines + reporter.changes)
        assert Log.lines == ["console/allowed_origins: https://admin:***@host -> https://host"]
        assert json.loads(out.splitlines()[0])["old"] == "https://admin:***@host"
