"""A run that does not hang on its caller: started, followed, joined, waited for; and what becomes of one that is killed."""

import os

import pytest
from fakes import FakeClock, failed, make_node
from openstack_spice import main as main_module
from openstack_spice.errors import BadDocument, CannotTell, ExitStatus, Failed, Refused, Terminated
from openstack_spice.limits import Limits
from openstack_spice.main import Program, main
from openstack_spice.runs import detach, follow, watchdog, work
from openstack_spice.runs import detached as detached_module
from openstack_spice.runs.request import Request
from openstack_spice.state import programs as programs_module
from openstack_spice.state.paths import RUNS, record_file, unfinished_file
from openstack_spice.state.record import Record, record_bytes
from openstack_spice.system.hold import Hold

UNIT = "openstack-spice-compute.service"
DOCUMENT = b'{"id":"0a1b2c","node":"node-1","nova.conf":{},"owner":"acme/x","role":"compute"}'
GONE, ACTIVE = "LoadState=not-found\nActiveState=inactive\n", "LoadState=loaded\nActiveState=active\n"
FAILED = "LoadState=loaded\nActiveState=failed\n"


@pytest.fixture
def node(tmp_path, monkeypatch):
    for module in (programs_module, detach):
        monkeypatch.setattr(module, "CALLERS_LOCK", str(tmp_path / "callers"))
    made = make_node(tmp_path / "root", clock=FakeClock())
    made.files.put("/run/systemd/system/x")
    monkeypatch.setattr(type(made.files), "runs_as_root", lambda self: True)
    made.state = GONE
    made.commands.answer("systemctl show", lambda words, stdin: made.state)
    made.commands.answer("systemctl reset-failed", lambda words, stdin: 0)
    made.commands.answer("systemd-run", failed(1, "not in this test"))
    made.said = {1: b"", 2: b""}

    def pass_on(descriptor, data):
        made.said[descriptor] += data
        return True

    monkeypatch.setattr(follow, "pass_on", pass_on)
    made.system = made.context.system
    made.monkeypatch = monkeypatch
    return made


def request(**changed):
    return Request("converge", "", DOCUMENT, "/home/ops/.openstack-spice/compute-0a1b2c3d.sh", "ops@192.0.2.1", "n", "d" * 64)._replace(
        **changed
    )


def run_of(node, out=b"changed 0\n", err=b"hello\n", code=b"0\n", started=True):
    """systemd-run, which starts a run that does this at once."""

    def start(words, stdin):
        folder = words[words.index("--run") + 1]
        node.folder = folder
        for name, data in (("out", out), ("err", err), ("code", code), ("started", b"" if started else None)):
            if data is not None:
                node.files.put(folder + "/" + name, data)
        return 0

    node.commands.answer("systemd-run", start)


def call(node, given=False, **changed):
    return detach.call(request(**changed), node.system, Limits(), node.reporter, given)


class TestCaller:
    def test_starts_a_run_and_ends_as_it_does(self, node):
        run_of(node, code=b"3\n")
        assert call(node) is ExitStatus.REFUSED
        assert node.said == {1: b"changed 0\n", 2: b"hello\n"}
        words = node.commands.calls[-1]
        assert words[:9] == (
            "systemd-run",
            "-p",
            "KillMode=process",
            "-p",
            "TimeoutStopSec=900",
            "-p",
            "SuccessExitStatus=1 2 3 130 143",
            "--quiet",
            "--unit=" + UNIT,
        )
        assert words[9:] == (
            "--description=openstack-spice: converge compute",
            "/bin/bash",
            "/var/lib/openstack-spice/programs/%s.sh" % ("d" * 64),
            "--uploaded",
            "/home/ops/.openstack-spice/compute-0a1b2c3d.sh",
            "--by",
            "ops@192.0.2.1",
            "--run",
            node.folder,
            "converge",
            "compute",
        )
        assert not node.files.exists(RUNS)
        assert len(node.commands.calls) == 1

    def test_the_run_has_the_document_and_nobody_else_can_read_it(self, node):
        seen = {}

        def start(words, stdin):
            folder = words[words.index("--run") + 1]
            seen["document"] = node.files.read(folder + "/document")
            seen["modes"] = {os.stat(node.files.at(path)).st_mode & 0o777 for path in (RUNS, folder)}
            seen["mode"] = os.stat(node.files.at(folder + "/document")).st_mode & 0o777
            node.files.put(folder + "/code", b"0\n")
            return 0

        node.commands.answer("systemd-run", start)
        assert call(node) is ExitStatus.DONE
        assert seen == {"document": DOCUMENT, "modes": {0o700}, "mode": 0o600}

    def test_an_old_systemd_takes_no_properties(self, node):
        run_of(node)
        start = node.commands.answers[("systemd-run",)]
        node.commands.answer("systemd-run", lambda words, stdin: 1 if "-p" in words else start(words, stdin))
        assert call(node) is ExitStatus.DONE

    def test_a_unit_that_cannot_be_started_is_refused_and_leaves_nothing(self, node):
        node.commands.answer("systemd-run", failed(1, "Failed to connect to bus"))
        with pytest.raises(Refused) as raised:
            call(node)
        assert raised.value.message == "run-not-started"
        assert node.reporter.quoted == ["Failed to connect to bus"] and not node.files.exists(RUNS)

    @pytest.mark.parametrize("document", [b'{"role":"compute"}', b"nonsense\n", b""])
    def test_a_document_that_is_not_sound_starts_nothing(self, node, document):
        with pytest.raises(BadDocument):
            call(node, document=document)
        assert node.commands.calls == []

    def test_where_systemd_does_not_answer_nothing_is_started(self, node):
        for command in ("systemctl show", "systemd-run"):
            node.commands.answer(command, failed(1, "Failed to connect to bus: Connection refused"))
        with pytest.raises(CannotTell):
            call(node)
        assert not node.files.exists(RUNS)

    def test_a_killed_run_is_reported(self, node):
        run_of(node, code=None)
        with pytest.raises(Failed) as raised:
            call(node)
        assert (raised.value.message, raised.value.facts) == ("run-killed", {"seconds": 40})
        assert not node.files.exists(RUNS)

    def test_a_run_that_died_before_it_began_is_reported(self, node):
        run_of(node, code=None, started=False)
        with pytest.raises(Failed) as raised:
            call(node)
        assert raised.value.message == "run-killed"

    def test_a_code_that_is_none_counts_as_killed(self, node):
        run_of(node, code=b"\n")
        with pytest.raises(Failed) as raised:
            call(node)
        assert raised.value.message == "run-killed"

    def test_a_failed_unit_is_forgotten_first(self, node):
        node.state = FAILED

        def forget(words, stdin):
            node.state = GONE
            return 0

        node.commands.answer("systemctl reset-failed", forget)
        run_of(node)
        start = node.commands.answers[("systemd-run",)]
        refused = failed(1, "Failed to start transient service unit: Unit %s was already loaded" % UNIT)
        node.commands.answer("systemd-run", lambda words, stdin: refused if node.state == FAILED else start(words, stdin))
        assert call(node) is ExitStatus.DONE
        assert [words[1] for words in node.commands.calls if words[0] == "systemctl"] == ["show", "reset-failed", "show"]
        assert node.reporter.quoted == []

    def at_work(self, node, asked):
        """A run that is at work, and has said something."""
        digest = detach.Caller(request(role="compute", **asked), node.system, Limits(), node.reporter)._digest
        folder = RUNS + "/compute.000000000000"
        for name, data in (("request", digest), ("out", b"change a: b -> c\n"), ("err", b""), ("document", b""), ("started", b"")):
            node.files.put(folder + "/" + name, data)
        os.symlink(folder, node.files.at(RUNS + "/compute"))
        node.state = ACTIVE
        life = Hold(node.files, folder + "/request")
        assert life.take_now()

        def end():
            node.files.put(folder + "/out", b"change a: b -> c\nchanged 1\n")
            node.files.put(folder + "/code", b"0\n")
            life.release()
            node.state = GONE

        node.clock._events = [(node.clock.time + 5, end)]
        return folder

    def test_one_for_the_same_desired_state_is_followed_from_its_beginning(self, node):
        self.at_work(node, {})
        assert call(node) is ExitStatus.DONE
        assert node.reporter.said == ["a run for the same desired state is at work on this node; following it"]
        assert node.said[1] == b"change a: b -> c\nchanged 1\n"
        assert not node.files.exists(RUNS)
        # It asks systemd at its beginning alone.
        assert len(node.commands.calls) == 2

    def test_one_for_another_state_is_waited_for(self, node):
        self.at_work(node, {"document": DOCUMENT + b"\n"})
        run_of(node)
        assert call(node) is ExitStatus.DONE
        assert node.reporter.said == ["another run is at work on this node; waiting up to 300 s for it"]
        assert node.said[1] == b"changed 0\n"

    def test_one_that_does_not_end_is_not_waited_for_for_ever(self, node):
        self.at_work(node, {"document": DOCUMENT + b"\n"})
        node.clock._events = []
        with pytest.raises(Refused) as raised:
            call(node)
        assert (raised.value.message, raised.value.facts) == ("run-still-at-work", {"seconds": 300, "unit": UNIT})

    def test_a_closed_connection_ends_the_follower_alone(self, node):
        folder = self.at_work(node, {})
        node.monkeypatch.setattr(follow, "pass_on", lambda descriptor, data: not data)
        assert call(node) is ExitStatus.FAILED
        assert not node.files.exists(folder + "/code")

    def test_a_run_that_somebody_still_reads_stays_for_him(self, node):
        folder = self.at_work(node, {})
        reader = Hold(node.files, folder)
        reader.share()
        assert call(node) is ExitStatus.DONE
        assert node.files.exists(folder + "/out")


class TestRevert:
    def record(self, node, owner, id):
        node.files.put(record_file("compute"), record_bytes(Record(owner, id)))

    def test_goes_on_where_the_resource_is_the_one_that_converged(self, node):
        self.record(node, "acme/x", "0a1b2c")
        run_of(node)
        assert call(node, True, verb="revert", role="compute") is ExitStatus.DONE
        assert node.said[1] == b"changed 0\n"

    def test_leaves_alone_what_another_resource_has_converged_since(self, node):
        self.record(node, "acme/x", "ffffff")
        assert call(node, True, verb="revert", role="compute") is ExitStatus.DONE
        assert node.commands.calls == []
        assert node.reporter.said == [
            "the role compute of this node is managed by another resource of the stack 'acme/x' by now, as after a new name: left as it "
            "is. To put it back all the same, run 'openstack-spice revert compute' on the node"
        ]

    def test_of_an_operator_asks_for_no_resource(self, node):
        self.record(node, "acme/x", "ffffff")
        run_of(node)
        assert call(node, False, verb="revert", role="compute", document=b"") is ExitStatus.DONE
        assert node.said[1] == b"changed 0\n"


class TestWatchdog:
    @pytest.fixture
    def watch(self, node, monkeypatch, tmp_path):
        calls = []

        class Session:
            def __init__(self, request, system, limits):
                self.request, self.system, self.limits, self.reporter = request, system, limits, node.reporter
                self.lock = self
                self.desired = None

            def try_now(self):
                return node.lock_is_free

            def report(self, stop):
                calls.append(stop.message)

            def recover(self):
                calls.append(("recover", self.request.verb, self.request.by, self.desired.owner))

            def close(self):
                calls.append("closed")

        node.lock_is_free = True
        for key in ("systemctl", "systemctl reset-failed"):
            node.commands.answer(key, lambda words, stdin: calls.append(" ".join(words)) or 0)
        monkeypatch.setattr(watchdog, "Session", Session)
        monkeypatch.setattr(watchdog, "revert", lambda session: calls.append(("revert", session.request.verb, session.request.by)))
        return lambda: (watchdog.watch(request(verb="watchdog", role="compute"), node.system, Limits()), calls)

    def unfinished(self, node, verb, left):
        node.files.put(unfinished_file("compute"), "%s %d acme/x y\n" % (verb, node.clock.uptime() + left))

    def test_finishes_what_a_killed_run_changed_once(self, node, watch):
        self.unfinished(node, "converge", 10)
        stop, forget = "systemctl stop openstack-spice-compute-watchdog.timer", "systemctl reset-failed " + UNIT
        assert watch() == (ExitStatus.DONE, [stop, ("recover", "converge", "watchdog", "acme/x y"), forget, "closed"])
        assert not node.files.exists(unfinished_file("compute"))

    def test_goes_on_with_a_revert(self, node, watch):
        self.unfinished(node, "revert", 10)
        assert ("revert", "revert", "watchdog") in watch()[1]

    def test_leaves_a_run_that_lives_alone(self, node, watch):
        self.unfinished(node, "converge", 10)
        node.lock_is_free = False
        assert watch() == (ExitStatus.DONE, ["closed"])

    def test_asks_a_late_run_to_end_and_kills_it_later(self, node, watch):
        node.lock_is_free = False
        self.unfinished(node, "converge", -1)
        assert watch()[1] == ["systemctl kill --kill-who=main --signal=TERM " + UNIT, "closed"]
        assert node.reporter.said == ["the run takes longer than 60 minutes: it is ended, and puts back what it changed"]
        self.unfinished(node, "converge", -601)
        assert watch()[1][2:] == ["systemctl kill --signal=KILL " + UNIT, "closed"]

    def test_goes_where_nothing_is_unfinished(self, node, watch):
        assert watch() == (ExitStatus.DONE, ["systemctl stop openstack-spice-compute-watchdog.timer", "closed"])


class TestMain:
    @pytest.fixture
    def run(self, node, monkeypatch, capfd):
        monkeypatch.setattr(main_module, "tidy", lambda *arguments: None)
        monkeypatch.setattr(main_module, "read_input", lambda: DOCUMENT)
        monkeypatch.delenv("SSH_CONNECTION", raising=False)
        monkeypatch.delenv("SUDO_USER", raising=False)
        seen = []

        def run(argv, answer=ExitStatus.DONE):
            def start(request, system, limits, reporter, given):
                seen.append((request, given))
                if isinstance(answer, BaseException):
                    raise answer
                return answer

            monkeypatch.setattr(detach, "call", start)
            status = main(argv, node.system, Limits(), Program("d" * 64))
            return status, seen, capfd.readouterr().err

        return run

    def test_reads_the_command_line(self, run, node):
        status, seen, _ = run(["--uploaded", "/u", "--by", "ops@192.0.2.1", "converge"])
        expected = Request("converge", "", DOCUMENT, "/u", "ops@192.0.2.1", os.uname().nodename, "d" * 64)
        assert (status, seen) == (0, [(expected, True)])

    def test_knows_who_logged_in(self, run, monkeypatch):
        monkeypatch.setenv("SUDO_USER", "ops")
        monkeypatch.setenv("SSH_CONNECTION", "192.0.2.9 4711 192.0.2.1 22")
        _, seen, _ = run(["revert", "compute"])
        assert (seen[0][0].by, seen[0][0].document, seen[0][1]) == ("ops@192.0.2.9", b"", False)
        monkeypatch.delenv("SUDO_USER")
        assert run(["revert", "compute", "-"])[1][1][0].by == "root@192.0.2.9"

    @pytest.mark.parametrize(
        "argv, text",
        [
            ([], "unknown verb ''; one of converge, check, revert ROLE, status"),
            (["frob"], "unknown verb 'frob'; one of converge, check, revert ROLE, status"),
            (["--frob", "x", "status"], "unknown option '--frob'"),
            (["--by"], "unknown option '--by'"),
            (["revert"], "role '' is none of controller, compute, vnc-proxy-retirement"),
            (["revert", "../x"], "role '../x' is none of controller, compute, vnc-proxy-retirement"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, run, argv, text):
        status, seen, err = run(argv)
        assert (status, seen) == (2, [])
        assert err == "openstack-spice: error: %s: %s\n" % (os.uname().nodename, text)

    @pytest.mark.parametrize(
        "answer, status",
        [
            (ExitStatus.REFUSED, 3),
            (Failed("run-killed", seconds=40), 1),
            (Refused("run-not-started"), 3),
            (CannotTell("service/x", "no answer"), 3),
            (Terminated(ExitStatus.TERMINATED), 143),
        ],
    )
    def test_ends_as_the_run_does(self, run, answer, status):
        assert run(["converge"], answer)[0] == status

    @pytest.mark.parametrize("failures, status, codes", [(1, 0, ["0"]), (2, 1, [])])
    def test_its_end_is_written_where_that_fails_once(self, run, node, monkeypatch, failures, status, codes):
        folder = "/run/openstack-spice/controller.0"
        node.files.put(folder + "/request")
        monkeypatch.setattr(detached_module, "redirect", lambda *files: None)
        monkeypatch.setattr(work, "work", lambda *arguments: ExitStatus.DONE)
        create, left, written = node.files.create, [failures], []

        def fails(path, data, *arguments):
            if path == folder + "/code" and left[0] > 0:
                left[0] -= 1
                raise Failed("cannot-write", file=path, reason="No space left on device")
            written.append((path, data))
            return create(path, data, *arguments)

        monkeypatch.setattr(node.files, "create", fails)
        ended, _, err = run(["--run", folder, "converge"])
        assert (ended, [data.decode().strip() for path, data in written if path == folder + "/code"]) == (status, codes)
        assert ("%s/code cannot be written" % folder in err) == (failures == 2)

    def test_an_unexpected_error_shows_its_place_and_no_value(self, run):
        status, _, err = run(["converge"], KeyError("a password"))
        assert status == 1
        assert err.startswith("openstack-spice: error: %s: the program has a defect: KeyError at " % os.uname().nodename)
        assert err.endswith(". Report this to openstack-spice\n") and "password" not in err and err.count("\n") == 1

    def test_the_work_of_killed_runs_goes(self, run, node):
        node.files.put("/run/openstack-spice.999999999.0a1b2c3d/nova.conf")
        node.files.put("/run/openstack-spice.999999999/notes")
        node.files.put("/run/openstack-spice.%d.0a1b2c3d/nova.conf" % os.getpid())
        node.files.put("/proc/%d/stat" % os.getpid())
        run(["converge"])
        names = node.files.names("/run")
        assert "openstack-spice.999999999.0a1b2c3d" not in names
        assert {"openstack-spice.999999999", "openstack-spice.%d.0a1b2c3d" % os.getpid()} <= set(names)
