"""What the test build has beside the program does what the tests take it to do."""

import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import threading

import openstack_spice
import pytest
from openstack_spice.errors import CannotTell, ExitStatus, Failed, Terminated
from openstack_spice.system import Interruption
from openstack_spice.system.files import Access

HERE = pathlib.Path(__file__).resolve().parent
openstack_spice.__path__.append(str(HERE))

from openstack_spice.testing import numbering, start, wrapping  # noqa: E402
from openstack_spice.testing.actions import Actions  # noqa: E402
from openstack_spice.testing.plan import At, read_plan  # noqa: E402
from openstack_spice.testing.points import PARTS, POINTS  # noqa: E402

MINE = Access(os.geteuid(), os.getegid(), 0o644)


def nothing(_path):
    pass


class TestNumbers:
    @pytest.fixture
    def create(self, tmp_path):
        def create(number=0, fault="", listed=None):
            files = numbering.FaultyFiles(Interruption(), numbering.Numbering(number, fault, listed), str(tmp_path))
            files.create("/folder/file", b"0123456789", MINE, nothing)

        return create

    def listed(self, create, tmp_path):
        create(listed=str(tmp_path / "list"))
        return [line.split(" ", 2) for line in (tmp_path / "list").read_text().splitlines()]

    def test_are_in_the_order_of_the_operations(self, create, tmp_path):
        lines = self.listed(create, tmp_path)
        assert [line[0] for line in lines] == [str(i + 1) for i in range(len(lines))]
        assert [line[1] for line in lines] == ["mkdir", "sync", "open", "write", "access", "sync", "rename", "sync"]
        assert lines[3][2] == "/folder/file"

    @pytest.mark.parametrize("fault", ["EIO", "ENOSPC", "fail"])
    def test_each_can_fail_and_leaves_nothing_half_written(self, create, tmp_path, fault):
        count = len(self.listed(create, tmp_path))
        for number in range(1, count):  # after the last but one the file is there
            for path in (tmp_path / "folder/file", tmp_path / "folder"):
                path.unlink() if path.is_file() else path.is_dir() and path.rmdir()
            with pytest.raises(Failed) as raised:
                create(number, fault)
            assert raised.value.facts["reason"] == os.strerror(28 if fault == "ENOSPC" else 5)
            assert not (tmp_path / "folder").is_dir() or os.listdir(str(tmp_path / "folder")) == []

    def test_one_can_be_the_last_of_a_killed_program_half_written(self, tmp_path):
        program = textwrap.dedent(
            """
            import sys
            sys.path[:0] = sys.argv[2:4]
            import openstack_spice
            openstack_spice.__path__.append(sys.argv[3])
            from openstack_spice.system import Interruption
            from openstack_spice.testing.numbering import FaultyFiles, Numbering
            from openstack_spice.system.files import Access
            files = FaultyFiles(Interruption(), Numbering(2, "kill"), sys.argv[1])
            files.create("/file", b"0123456789", Access(0, 0, 0o644), lambda path: None)
            """
        )
        folders = [str(tmp_path), str(HERE.parents[1] / "node"), str(HERE)]
        assert subprocess.call([sys.executable, "-c", program] + folders) == -signal.SIGKILL
        (left,) = os.listdir(str(tmp_path))
        assert left.startswith("file.openstack-spice.")
        assert (tmp_path / left).read_bytes() == b"01234"

    def test_a_read_that_fails_is_no_absence(self, tmp_path):
        (tmp_path / "file").write_bytes(b"x")
        for look in ("read", "state", "exists", "tail"):
            files = numbering.FaultyFiles(Interruption(), numbering.Numbering(1, "EIO"), str(tmp_path))
            with pytest.raises(CannotTell):
                getattr(files, look)(*(["/file", 3] if look == "tail" else ["/file"]))

    def test_a_command_can_fail_without_being_run(self, tmp_path):
        for fault, status in (("EIO", 1), ("fail", 137)):
            commands = numbering.FaultyCommands(Interruption(), numbering.Numbering(2, fault), {"A": "b"})
            assert commands.run(["sh", "-c", "echo $A"]).out == b"b\n"
            assert commands.run(["touch", str(tmp_path / "file")]) == (status, b"", b"")
            assert commands.run(["true"]).ok
        assert os.listdir(str(tmp_path)) == []


class TestDurability:
    """Which descriptors the kernel is asked to sync, and when a test gets to look."""

    @pytest.fixture
    def create(self, tmp_path, monkeypatch):
        calls = []
        monkeypatch.setattr(os, "fsync", lambda descriptor: calls.append(os.readlink("/proc/self/fd/%d" % descriptor)))

        def create(synced):
            durability = numbering.Durability(synced, lambda kind, subject: calls.append(kind + " " + subject))
            files = numbering.FaultyFiles(Interruption(), numbering.Numbering(), str(tmp_path), durability)
            files.create("/file", b"0123456789", MINE, nothing)
            files.remove("/file")
            return [call.replace(str(tmp_path), "") for call in calls]

        return create

    def test_all_is_synced_where_nothing_is_asked_for(self, create):
        file, *rest = create("")
        assert file.startswith("/file.openstack-spice.")
        assert rest == ["rename /file", "", "unlink /file", ""]

    def test_folders_alone_can_be_synced(self, create):
        assert create("folders") == ["rename /file", "", "unlink /file", ""]

    def test_nothing_can_be_synced(self, create):
        assert create("nothing") == ["rename /file", "unlink /file"]

    def test_a_removed_folder_is_reported(self, tmp_path):
        reported = []
        durability = numbering.Durability("", lambda kind, subject: reported.append((kind, subject)))
        files = numbering.FaultyFiles(Interruption(), numbering.Numbering(), str(tmp_path), durability)
        files.make_folder("/folder", 0o700)
        files.remove_folder_if_empty("/folder")
        assert reported == [("rmdir", "/folder")]

    def test_names_are_announced_by_pipes_one_at_a_time_and_wait_for_an_answer(self, tmp_path):
        for name in ("asked", "answered"):
            os.mkfifo(str(tmp_path / name))
        announce = start.durability_of(read_plan(b'{"announceNames": "%s"}' % bytes(tmp_path))).announce
        threads = [threading.Thread(target=announce, args=("rename", "/file-%d" % i)) for i in range(2)]
        asked, answered = (os.open(str(tmp_path / name), os.O_RDWR) for name in ("asked", "answered"))
        for thread in threads:
            thread.start()
        lines = set()
        for _ in threads:
            lines.add(os.read(asked, 64))  # one line: the other process has not asked
            assert any(thread.is_alive() for thread in threads)
            os.write(answered, b"yes\n")
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()
        assert lines == {b"rename /file-0\n", b"rename /file-1\n"}

    def test_nothing_is_announced_where_nobody_listens(self, tmp_path):
        start.durability_of(read_plan(b'{"announceNames": "%s/none"}' % bytes(tmp_path))).announce("rename", "/file")
        assert os.listdir(str(tmp_path)) == []

    def test_another_word_is_refused(self):
        with pytest.raises(KeyError):
            start.durability_of(read_plan(b'{"synced": "files"}'))


class TestWrapping:
    def test_a_method_stands_for_its_overrides_each_call_once(self):
        from openstack_spice.changes import kind, options

        calls = []
        before = kind.Kind.described, options.OptionKind.described
        try:
            wrapping.wrap("changes.kind.Kind.described", lambda call, arguments: (calls.append(arguments), call())[1])
            option = options.OptionKind(None)
            assert option.described(kind.Entry("option", "f", "a/b", "-", "-")) == ("(unset)", "(unset)")
            assert len(calls) == 1 and calls[0][0].kind == "option"
        finally:
            kind.Kind.described, options.OptionKind.described = before

    def test_a_function_is_wrapped_wherever_it_is_known(self):
        from openstack_spice.changes import edits
        from openstack_spice.state import ledger, paths

        calls = []
        original = paths.journal_file
        from openstack_spice.state import journal

        try:
            wrapping.wrap("state.paths.journal_file", lambda call, arguments: calls.append(arguments) or call())
            assert journal.journal_file("compute") == "/var/lib/openstack-spice/roles/compute/journal"
            assert calls == [("compute",)]
        finally:
            for module in (paths, journal):
                module.journal_file = original
        assert edits and ledger

    @pytest.mark.parametrize("name", ["state.journal.Journal.nothing", "state.nothing.f", "state.paths.nothing", "state.paths.STATE"])
    def test_what_is_not_there_is_said(self, name):
        with pytest.raises(wrapping.NotThere):
            wrapping.wrap(name, lambda call, arguments: call())


class TestActions:
    def perform(self, run, then="", variables=()):
        Actions("converge", Interruption(), {}).perform(run, then, dict(variables))

    def test_shell_text_has_the_run_s_variables(self, tmp_path):
        self.perform('echo "$VERB $PROGRAM_PID $UNIT" >%s' % (tmp_path / "x"), variables={"UNIT": "u"}.items())
        assert (tmp_path / "x").read_text() == "converge %d u\n" % os.getpid()

    def test_a_run_can_be_ended_well(self, capsys):
        with pytest.raises(Terminated) as raised:
            self.perform("false", "end")
        assert raised.value.status is ExitStatus.DONE
        assert capsys.readouterr().out == "passed\n"


def test_a_plan_is_read():
    plan = read_plan(b'{"at": [{"point": "journal", "when": "after", "count": 2, "then": "kill"}], "limits": {"lock_wait": 3}}')
    assert plan.at == [At("journal", "after", 2, "", "", "kill")]
    assert (plan.limits, plan.without, plan.numbered, plan.synced) == ({"lock_wait": 3}, [], None, "")


@pytest.mark.parametrize("verb, counted", [("converge", True), ("revert", True), ("check", False), ("", False)])
def test_operations_of_both_verbs_can_be_counted(verb, counted, monkeypatch, tmp_path):
    monkeypatch.setattr(start, "LIST", str(tmp_path / "list"))
    start.numbering_of(read_plan(b'{"numbered": {"number": 0, "verb": "both"}}'), verb).next("look", "/x")
    assert (tmp_path / "list").exists() is counted


@pytest.mark.parametrize("name", [point.name for point in POINTS.values()] + list(PARTS.values()))
def test_the_program_has_what_a_point_is_at(name):
    wrapping._find(name)
