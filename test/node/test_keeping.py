"""What stays on a node for the way back, and what goes: the launcher, the kept programs, what was uploaded."""

import hashlib
import os
import shutil
import subprocess

import pytest
from fakes import make_node
from openstack_spice.document.desired import Desired
from openstack_spice.errors import CannotTell, Refused
from openstack_spice.runs import launcher
from openstack_spice.runs.converge import renew_program
from openstack_spice.runs.keeping import Keeping
from openstack_spice.runs.request import Request
from openstack_spice.runs.session import Session
from openstack_spice.state import programs as programs_module
from openstack_spice.state.entry import Entry
from openstack_spice.state.lock import Lock
from openstack_spice.state.owner import Owner, record_owner
from openstack_spice.state.paths import LAUNCHER, LAUNCHER_END, PROGRAMS, ROLES, STATE, program_link, record_file
from openstack_spice.state.programs import program_file, tidy
from openstack_spice.state.record import Record, read_record, record_bytes
from openstack_spice.state.uploaded import note_upload, remove_noted_upload
from openstack_spice.system import files as files_module
from openstack_spice.system.hold import Hold

MINE, OTHER = "a" * 64, "b" * 64
WHOLE = hashlib.sha256(b"whole").hexdigest()
HOME = "/home/ops/.openstack-spice"


@pytest.fixture
def node(tmp_path, monkeypatch):
    monkeypatch.setattr(programs_module, "CALLERS_LOCK", str(tmp_path / "callers"))
    made = make_node(tmp_path / "root", {"systemctl": 0, "systemd-run": 0})
    for digest in (MINE, OTHER):
        made.files.put(program_file(digest), "program")
        made.files.put(PROGRAMS + "/" + digest + "/manifest", "manifest")
    made.files.put(LAUNCHER, launcher.LAUNCHER_TEXT)
    os.chmod(made.files.at(LAUNCHER), 0o755)
    os.makedirs(made.files.at(ROLES))
    made.lock = Lock(made.clock, str(tmp_path / "lock"))
    made.system = made.context.system
    return made


def kept(node):
    return sorted(name for name in os.listdir(node.files.at(PROGRAMS)))


def with_role(node, digest):
    request = Request("converge", "compute", program=digest, uploaded=HOME + "/compute-0a1b2c3d.sh")
    keeping = Keeping(node.system, request, node.context.limits, node.reporter)
    keeping.keep_program("compute")
    return keeping


class Killed(BaseException):
    """The end of the process, at once."""


class TestAnotherProgram:
    """A converge that changes nothing, by another program than the one that is kept."""

    RECORD = Record("org/project/stack", "id", OTHER, "remove", 7, {"name": "Debian 12"}, (Entry("unit", "u", "-", "a", "b"),))

    @pytest.fixture
    def converged(self, node):
        with_role(node, OTHER)
        node.files.put(record_file("compute"), record_bytes(self.RECORD))
        return node

    def session(self, node):
        made = Session(Request("converge", program=MINE), node.system, node.context.limits)
        made.desired = Desired(role="compute", node="node-1")
        made.recover()
        made.read_record()
        return made

    def check_done(self, node):
        assert os.readlink(node.files.at(program_link("compute"))) == program_file(MINE)
        assert node.files.read(record_file("compute")) == record_bytes(self.RECORD._replace(program=MINE))
        assert sorted(os.listdir(node.files.at(ROLES + "/compute"))) == ["program", "record"]

    def test_is_what_goes_back_from_then_on_and_the_former_one_is_tidied_away(self, converged):
        renew_program(self.session(converged))
        self.check_done(converged)
        tidy(converged.system, converged.lock, None)
        assert kept(converged) == [MINE, MINE + ".sh"]

    def test_nothing_is_written_where_it_is_the_kept_one_already(self, converged, monkeypatch):
        renew_program(self.session(converged))
        for name in ("_write", "_rename", "_symlink", "_sync", "_unlink"):
            monkeypatch.setattr(converged.files, name, lambda *arguments: pytest.fail("it writes"))
        renew_program(self.session(converged))

    @pytest.mark.parametrize("left", ["the link", "the record"])
    def test_what_another_run_left_half_done_is_finished(self, converged, left):
        renew_program(self.session(converged))
        if left == "the link":
            os.unlink(converged.files.at(program_link("compute")))
            os.symlink(program_file(OTHER), converged.files.at(program_link("compute")))
        else:
            converged.files.put(record_file("compute"), record_bytes(self.RECORD))
        renew_program(self.session(converged))
        self.check_done(converged)

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_wherever_it_is_killed_there_is_a_way_back_and_the_next_run_ends_it(self, converged, monkeypatch, when):
        """Each call that changes the disk is the last one, once; cleaning up after it is a matter of the next run."""
        names = ("_write", "_set_access", "_sync", "_rename", "_unlink", "_symlink")
        originals = {name: getattr(converged.files, name) for name in names}
        unlinked = files_module._unlink_where_there
        last, calls, dead = 0, [], []

        def counted(name):
            def call(*arguments):
                if dead:
                    raise Killed
                calls.append(name)
                if len(calls) == last and when == "before":
                    dead.append(True)
                    raise Killed
                try:
                    originals[name](*arguments)
                finally:
                    if len(calls) == last:
                        dead.append(True)
                        raise Killed

            return call

        whole = []
        while not whole:
            last += 1
            del calls[:], dead[:]
            converged.files.put(record_file("compute"), record_bytes(self.RECORD))
            with_role(converged, OTHER)
            session = self.session(converged)
            with monkeypatch.context() as killing:
                for name in names:
                    killing.setattr(converged.files, name, counted(name))
                killing.setattr(files_module, "_unlink_where_there", lambda *arguments: None if dead else unlinked(*arguments))
                try:
                    renew_program(session)
                    whole.append(True)
                except Killed:
                    pass
            file = os.readlink(converged.files.at(program_link("compute")))
            assert converged.files.exists(file)
            assert read_record(converged.files, "compute", None)._replace(program="") == self.RECORD._replace(program="")
            renew_program(self.session(converged))
            tidied = [name for name in os.listdir(converged.files.at(ROLES + "/compute")) if name not in ("program", "record")]
            # A link on its way is not journaled, as with changes; it goes with the role.
            assert [name for name in tidied if not name.startswith("program.openstack-spice.")] == []
            for name in tidied:
                os.unlink(converged.files.at(ROLES + "/compute/" + name))
            self.check_done(converged)
        assert last > 10


class TestRoleFolder:
    @pytest.mark.parametrize("step", [lambda keeping: keeping.forget("compute"), lambda keeping: keeping.close_journal("compute")])
    def test_has_the_program_as_long_as_it_has_anything(self, node, monkeypatch, step):
        """Else the node's own command, which nobody can run any more then, says that the program is gone."""
        keeping = with_role(node, MINE)
        folder = os.path.dirname(record_file("compute"))
        for name in ("answers", "journal", "unfinished", "uploaded", "z.openstack-spice.0123456789ab"):
            node.files.put(folder + "/" + name, "")
        unlink, seen = node.files._unlink, []

        def unlinked(*arguments):
            unlink(*arguments)
            seen.append(node.files.names(folder))

        monkeypatch.setattr(node.files, "_unlink", unlinked)
        step(keeping)
        assert [names for names in seen if names and "program" not in names] == []
        assert len(seen) >= 6 and not node.files.is_folder(folder)


class TestTidy:
    def test_the_launcher_goes_last(self, node, monkeypatch):
        removed = []
        for name in ("remove", "remove_folder_if_empty"):
            method = getattr(node.files, name)
            monkeypatch.setattr(node.files, name, lambda path, method=method: (removed.append(path), method(path)))
        tidy(node.system, node.lock, None)
        assert removed[-2:] == [STATE, LAUNCHER]

    def test_nothing_stays_where_nothing_is_recorded(self, node):
        tidy(node.system, node.lock, None)
        assert not node.files.exists(STATE) and not node.files.exists(LAUNCHER)

    @pytest.mark.parametrize(
        "text,stays", [("#!/bin/sh\necho mine\n", True), ("x" * 100, True), ("", False), (launcher.LAUNCHER_TEXT[:90], False)]
    )
    def test_somebody_elses_file_of_the_launchers_name_stays(self, node, text, stays):
        node.files.put(LAUNCHER, text)
        tidy(node.system, node.lock, None)
        assert node.files.exists(LAUNCHER) == stays

    def test_what_a_record_needs_stays(self, node):
        with_role(node, MINE)
        tidy(node.system, node.lock, None)
        assert kept(node) == [MINE, MINE + ".sh"]
        assert node.files.exists(LAUNCHER)

    def test_what_somebody_runs_stays_until_the_last_one_ends(self, node):
        holds = [Hold(node.files, program_file(MINE)) for _ in range(3)]
        for hold in holds:
            hold.share()
        for hold in holds[:-1]:
            tidy(node.system, node.lock, hold)
            assert kept(node) == [MINE, MINE + ".sh"]
        tidy(node.system, node.lock, holds[-1])
        assert not node.files.exists(STATE)

    def test_not_while_another_run_is_at_work(self, node, tmp_path):
        other = Lock(node.clock, str(tmp_path / "lock"))
        assert other.try_now()
        tidy(node.system, node.lock, None)
        assert len(kept(node)) == 4

    @pytest.mark.parametrize("folder", [ROLES, PROGRAMS])
    def test_nothing_goes_because_a_folder_cannot_be_listed(self, node, monkeypatch, folder):
        with_role(node, MINE)
        names = node.files.names

        def fail(path):
            if path == folder:
                raise CannotTell(path, "Input/output error")
            return names(path)

        with monkeypatch.context() as patched:
            patched.setattr(node.files, "names", fail)
            tidy(node.system, node.lock, None)
        assert len(kept(node)) == 4 and node.files.exists(LAUNCHER)

    def test_only_leftovers_that_nobody_will_put_in_their_place_go(self, node):
        names = [".copy.aB3dE6", ".%s.0123456789ab" % MINE, "notes", ".copy.notes.txt"]
        for name in names:
            node.files.put(PROGRAMS + "/" + name)
            os.utime(node.files.at(PROGRAMS + "/" + name), (node.clock.now() - 4000,) * 2)
        node.files.put(PROGRAMS + "/.copy.xXxXxX")
        os.utime(node.files.at(PROGRAMS + "/.copy.xXxXxX"), (node.clock.now() - 10,) * 2)
        tidy(node.system, node.lock, None)
        assert kept(node) == [".copy.notes.txt", ".copy.xXxXxX", "notes"]

    def test_what_an_unpacking_left_goes_with_its_program(self, node):
        node.files.put(PROGRAMS + "/.%s.0123456789ab/openstack_spice/main.py" % MINE)
        tidy(node.system, node.lock, None)
        assert not node.files.exists(STATE)


class TestKeeping:
    def test_forgets_all_of_a_role(self, node):
        keeping = with_role(node, MINE)
        node.files.put(HOME + "/compute-0a1b2c3d.sh", "program")
        keeping.note_upload("compute")
        keeping.arm("compute", "acme")
        node.files.put(record_file("compute"), "record")
        keeping.forget("compute")
        assert node.files.names(ROLES) == [] and not node.files.exists(HOME)
        assert node.commands.lines()[-1] == "systemctl stop openstack-spice-compute-watchdog.timer"

    @pytest.mark.parametrize(
        "damage",
        [
            lambda files: files.put(LAUNCHER, launcher.LAUNCHER_TEXT[:-1]),
            lambda files: os.chmod(files.at(LAUNCHER), 0o644),
            lambda files: os.unlink(files.at(LAUNCHER)),
            lambda files: files.put(program_file(WHOLE), ""),
            lambda files: os.unlink(files.at(program_file(WHOLE))),
            lambda files: os.unlink(files.at(program_link("compute"))),
        ],
    )
    def test_sees_what_is_damaged_of_the_way_back(self, node, damage):
        node.files.put(program_file(WHOLE), "whole")
        keeping = with_role(node, WHOLE)
        assert keeping.is_whole("compute")
        damage(node.files)
        assert not keeping.is_whole("compute")

    def test_a_journal_that_is_closed_leaves_a_role_that_has_a_record(self, node):
        keeping = with_role(node, MINE)
        node.files.put(record_file("compute"), "record")
        keeping.close_journal("compute")
        assert node.files.exists(record_file("compute"))
        node.files.remove(record_file("compute"))
        keeping.close_journal("compute")
        assert node.files.names(ROLES) == []

    def test_a_timer_that_is_there_still_is_set_again(self, node):
        keeping = with_role(node, MINE)
        answers = [1, 0]
        node.commands.answer("systemd-run", lambda words, stdin: answers.pop(0))
        keeping.arm("compute", "acme")
        assert [line.split(" ")[:2] for line in node.commands.lines()] == [
            ["systemd-run", "--quiet"],
            ["systemctl", "stop"],
            ["systemctl", "reset-failed"],
            ["systemd-run", "--quiet"],
        ]
        assert node.commands.calls[-1][-4:] == ("/bin/bash", program_link("compute"), "watchdog", "compute")
        assert node.reporter.said == []

    def test_a_timer_that_cannot_be_set_is_reported(self, node):
        keeping = with_role(node, MINE)
        node.commands.answer("systemd-run", 1)
        keeping.arm("compute", "acme")
        assert node.reporter.said == [
            "systemd-run could not set a timer: should this run be killed, the next one puts back what it changed"
        ]


class TestUploads:
    def test_go_of_every_version_and_none_that_came_later_or_is_of_another_role(self, node):
        old, late, other = HOME + "/compute-%s.sh" % ("0" * 64), HOME + "/compute-11111111.sh", HOME + "/vnc-proxy-retirement-0a1b2c3d.sh"
        for path in (HOME + "/compute-0a1b2c3d.sh", old, late, other, HOME + "/compute-notes", HOME + "/compute-x.sh"):
            node.files.put(path)
        note_upload(node.files, "compute", HOME + "/compute-0a1b2c3d.sh")
        later = os.stat(node.files.at(old)).st_mtime + 60
        os.utime(node.files.at(late), (later, later))
        remove_noted_upload(node.files, "compute")
        names = [path.rpartition("/")[2] for path in (late, other)] + ["compute-notes", "compute-x.sh"]
        assert node.files.names(HOME) == sorted(names)

    @pytest.mark.parametrize(
        "path", ["/home/ops/elsewhere/compute-0a1b2c3d.sh", HOME + "/compute-0a1b2c3d.sh/../x", HOME + "/compute.sh", ""]
    )
    def test_nothing_goes_for_a_path_that_is_no_upload(self, node, path):
        for name in ("/home/ops/elsewhere/compute-0a1b2c3d.sh", HOME + "/compute-0a1b2c3d.sh"):
            node.files.put(name)
        note_upload(node.files, "compute", path)
        remove_noted_upload(node.files, "compute")
        assert node.files.exists("/home/ops/elsewhere/compute-0a1b2c3d.sh") and node.files.exists(HOME + "/compute-0a1b2c3d.sh")

    def test_a_link_in_the_home_is_not_followed(self, node):
        node.files.put("/etc/compute-0a1b2c3d.sh")
        os.makedirs(node.files.at("/home/ops"))
        os.symlink(node.files.at("/etc"), node.files.at(HOME))
        if os.geteuid() == 0:
            os.lchown(node.files.at(HOME), 65534, 65534)
            note_upload(node.files, "compute", HOME + "/compute-0a1b2c3d.sh")
            remove_noted_upload(node.files, "compute")
            assert node.files.exists("/etc/compute-0a1b2c3d.sh")


class TestOwner:
    @pytest.mark.parametrize(
        "data",
        [
            record_bytes(Record("acme/x", "abc123")),
            b'{"format": 77, "owner": "acme/x", "id": "abc123", "new": []}',
        ],
    )
    def test_is_read_whatever_version_wrote_it(self, node, data):
        node.files.put(record_file("compute"), data)
        assert record_owner(node.files, "compute") == Owner("acme/x", "abc123")

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\0" * 100, b"# openstack-spice record 1\n# owner acme/x\n# id abc123\n"])
    def test_a_damaged_record_is_refused(self, node, data):
        node.files.put(record_file("compute"), data)
        with pytest.raises(Refused):
            record_owner(node.files, "compute")

    def test_no_record_has_none(self, node):
        assert record_owner(node.files, "compute") is None


class TestLauncher:
    """The real text, with folders of the test's, run by bash."""

    @pytest.fixture
    def run(self, tmp_path):
        import hashlib

        self.roles = tmp_path / "roles"
        text = launcher.LAUNCHER_TEXT.replace("/var/lib/openstack-spice", str(tmp_path)).replace("[[ $EUID == 0 ]]", "true")
        (tmp_path / "launcher").write_text(text)
        program = b'echo ran "$@"\n'
        self.program = tmp_path / (hashlib.sha256(program).hexdigest() + ".sh")
        self.program.write_bytes(program)
        (self.roles / "compute").mkdir(parents=True)

        def run(*words):
            ended = subprocess.run(["bash", str(tmp_path / "launcher")] + list(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            return ended.returncode, ended.stdout.decode(), ended.stderr.decode()

        return run

    def record(self):
        (self.roles / "compute/record").write_text("record")
        os.symlink(str(self.program), str(self.roles / "compute/program"))

    def test_runs_the_program_that_wrote_the_record(self, run):
        self.record()
        assert run("revert", "compute", "-") == (0, "ran revert compute -\n", "")
        assert run("status") == (0, "ran status\n", "")

    def test_says_that_nothing_is_recorded(self, run):
        assert run("status") == (0, "", "openstack-spice: nothing is recorded: nothing to put back\n")
        self.record()
        said = "openstack-spice: nothing is recorded for controller: nothing to put back\n"
        assert run("revert", "controller") == (0, "", said)
        # For the command that destroys.
        assert run("revert", "controller", "-") == (0, '{"end":0}\n', said)

    def test_says_so_too_where_the_power_was_cut_when_the_last_of_it_was_tidied_away(self, run, tmp_path):
        shutil.rmtree(str(self.roles))
        with open(str(tmp_path / "launcher"), "ab") as file:
            file.write(LAUNCHER_END)
        said = "openstack-spice: nothing is recorded: nothing to put back\n"
        assert run("revert", "compute", "-") == (0, '{"end":0}\n', said)
        assert run("revert", "compute") == (0, "", said)

    @pytest.mark.parametrize("left", ["no folder", "a file", "a state folder that is not mounted"])
    def test_fails_where_what_is_recorded_cannot_be_listed(self, run, left, tmp_path):
        shutil.rmtree(str(self.roles))
        if left == "a file":
            self.roles.write_text("no folder")
        status, out, err = run("revert", "compute", "-")
        reported = err.split("openstack-spice: error: ")[1]
        remedy = "See that /var/lib is mounted, or put the folder back; or restore by hand, and remove %s\n" % (tmp_path / "launcher")
        assert (status, out, reported) == (1, "", "what was recorded cannot be read. " + remedy)

    def test_a_role_of_which_something_is_there_and_neither_record_nor_program_is_not_one_that_never_was(self, run):
        (self.roles / "compute/answers").write_text("{}")
        status, out, err = run("revert", "compute", "-")
        assert (status, out) == (1, "") and "compute/program is gone. Put it back" in err
        assert run("revert", "controller")[0] == 0

    @pytest.mark.parametrize("words", [("status",), ("revert", "compute", "-")])
    @pytest.mark.parametrize("damage", ["empty", "cut", "zeros", "gone", "link gone"])
    def test_fails_where_the_program_is_damaged(self, run, damage, words):
        self.record()
        whole = self.program.read_bytes()
        if damage == "gone":
            self.program.unlink()
        elif damage == "link gone":
            (self.roles / "compute/program").unlink()
        else:
            self.program.write_bytes({"empty": b"", "cut": whole[:3], "zeros": b"\0" * len(whole)}[damage])
        status, out, err = run(*words)
        assert (status, out) == (1, "")
        place = str(self.roles / "compute/program") if damage == "link gone" else str(self.program)
        said = "is gone" if damage.endswith("gone") else "is damaged"
        assert err == "openstack-spice: error: %s %s. Put it back, or restore by hand from %s\n" % (place, said, self.roles)

    @pytest.mark.parametrize(
        "words",
        [("revert", "../x"), ("--by", "x"), ("revert", "a;b"), ("REVERT",), ("revert", "controler"), ("status", "x"), ("revert",), ()],
    )
    def test_takes_no_other_words(self, run, words):
        self.record()
        assert run(*words) == (2, "", "openstack-spice status | revert ROLE\n")
