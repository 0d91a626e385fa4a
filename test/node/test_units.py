"""Units are asked by one process, and what they are asked for ends in time, whatever they say."""

import os

import pytest
from fakes import FakeJournal, as_reported, failed, make_node, note_syncs
from openstack_spice.changes.kind import Outcome
from openstack_spice.changes.units import MaskKind, UnitKind, unit_text
from openstack_spice.errors import CannotTell, Failed, Refused
from openstack_spice.limits import Limits
from openstack_spice.messages import text_of
from openstack_spice.services import show
from openstack_spice.services.unit_states import Witness
from openstack_spice.services.units import Units
from openstack_spice.state.entry import Entry
from openstack_spice.system.commands import Result
from services_support import ABSENT, Services

COMPUTE = "nova-compute"
STOPPING = {"ActiveState": "deactivating", "SubState": "stop-sigterm"}
STARTING = {"ActiveState": "activating", "SubState": "start", "MainPID": "200", "ExecMainStartTimestampMonotonic": "9000000"}
RUNNING = dict(STARTING, ActiveState="active", SubState="running")
DEAD = {"ActiveState": "inactive", "SubState": "dead", "MainPID": "0"}


def text(error):
    return text_of(error.value)


# What systemd prints for a unit that runs and one that is not there. 219: CentOS 7; 252: Debian 12; 257: Debian 13.
PRINTED = {
    "219": """Type=notify
MainPID=812
TimeoutStopUSec=1min 30s
ExecMainStartTimestamp=Fri 2026-11-27 14:00:00 UTC
ExecMainStartTimestampMonotonic=81200000
ExecStart={ path=/usr/bin/nova-compute ; argv[]=/usr/bin/nova-compute --config-file /etc/nova/nova.conf ; ignore_errors=no ; start_time=[n/a] ; pid=0 }
Environment=LIBGUESTFS_ATTACH_METHOD=appliance OS_DEFAULT__HOST=c-1
EnvironmentFile=/etc/sysconfig/nova (ignore_errors=yes)
EnvironmentFile=/etc/sysconfig/more (ignore_errors=no)
User=nova
Id=nova-compute.service
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/usr/lib/systemd/system/nova-compute.service
UnitFileState=enabled
NeedDaemonReload=no

Type=
MainPID=0
Id=none.service
LoadState=not-found
ActiveState=inactive
SubState=dead
""",
    "252": """Type=simple
TimeoutStopUSec=1min 5s
MainPID=812
NRestarts=0
ExecMainStartTimestamp=Fri 2026-11-27 14:00:00 UTC
ExecMainStartTimestampMonotonic=81200000
ExecStart={ path=/etc/init.d/nova-compute ; argv[]=/etc/init.d/nova-compute systemd-start ; ignore_errors=no ; start_time=[Fri 2026-11-27 14:00:00 UTC] ; stop_time=[n/a] ; pid=812 ; code=(null) ; status=0/0 }
Environment="OS_DEFAULT__HOST=c 1" LANG=C
EnvironmentFiles=/etc/sysconfig/nova (ignore_errors=yes)
EnvironmentFiles=/etc/sysconfig/more (ignore_errors=no)
User=nova
Id=nova-compute.service
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/lib/systemd/system/nova-compute.service
DropInPaths=/etc/systemd/system/nova-compute.service.d/a.conf /run/systemd/system/nova-compute.service.d/b.conf
UnitFileState=enabled
NeedDaemonReload=no

MainPID=0
Id=none.service
LoadState=not-found
ActiveState=inactive
SubState=dead
""",
}


@pytest.mark.parametrize("version", PRINTED)
def test_what_systemd_prints_is_read_whatever_its_version(tmp_path, version):
    node = make_node(tmp_path, {"systemctl show": PRINTED[version]})
    units = Units(node.context)
    units.preload([COMPUTE, "none"])
    assert [units.state(COMPUTE), units.state("none")] == ["enabled active", "absent inactive"]
    assert [units.is_absent(COMPUTE), units.is_absent("none")] == [False, True]
    assert units.started_at(COMPUTE) == 1795788000
    assert units.main_pid(COMPUTE) == 812
    assert units.gave_up(COMPUTE) is False
    assert units.files(COMPUTE)[-2:] == ["/etc/sysconfig/nova", "/etc/sysconfig/more"]
    assert [line for line in units.variables(COMPUTE) if line.startswith("OS_")] == [
        "OS_DEFAULT__HOST=c-1" if version == "219" else "OS_DEFAULT__HOST=c 1"
    ]
    assert units.command(COMPUTE)[0] == ("/usr/bin/nova-compute" if version == "219" else "/etc/init.d/nova-compute")
    assert len(node.commands.calls) == 1
    assert node.commands.options[0]["environment"] == {"TZ": "UTC"}


@pytest.mark.parametrize(
    "printed,seconds",
    [
        ("1min 30s", 90),
        ("3min 5s", 185),
        ("infinity", None),
        ("0", None),
        ("", None),
        ("1h 2min 3.500s", 3723.5),
        ("500ms", 0.5),
        ("1month 1d", 2716200),
        ("1 fortnight", None),
    ],
)
def test_spans_of_time(printed, seconds):
    assert show.span(printed) == seconds


def test_a_value_with_an_empty_line_in_it_costs_a_process_for_each_unit_and_no_more(tmp_path):
    services = Services(tmp_path, {"one": {"Environment": "A=1\n\nB=2"}, "two": {"ActiveState": "failed"}})
    services.units.preload(["one", "two"])
    assert [services.units.state("one"), services.units.state("two")] == ["enabled active", "enabled failed"]
    assert len(services.node.commands.calls) == 3


def test_a_systemd_that_does_not_answer_is_no_absent_unit(tmp_path):
    for answer in (Result(124, b"", b""), failed(1, "Failed to connect to bus: Connection refused\n")):
        units = Units(make_node(tmp_path, {"systemctl": answer}).context)
        for ask in (units.state, units.is_absent, units.is_active, units.is_moving, units.started_at):
            with pytest.raises(CannotTell):
                ask(COMPUTE)


def test_an_init_script_is_enabled_as_systemctl_is_enabled_says(tmp_path):
    services = Services(
        tmp_path, {"a": {"UnitFileState": "generated"}, "b": {"UnitFileState": ""}, "c": {"UnitFileState": "bad"}, "d": ABSENT}
    )
    services.systemd.enablement = {"a": "disabled", "b": "enabled", "d": "disabled"}
    assert [services.units.state(unit) for unit in "abcd"] == ["disabled active", "enabled active", "absent active", "absent inactive"]


def test_what_is_known_counts_until_something_is_changed(tmp_path):
    services = Services(tmp_path, {COMPUTE: {}})
    services.units.state(COMPUTE), services.units.is_active(COMPUTE), services.units.started_at(COMPUTE)
    services.systemd.units[COMPUTE]["ActiveState"] = "failed"
    assert services.units.state(COMPUTE) == "enabled active"
    assert services.units.is_moving(COMPUTE) is False
    assert services.units.state(COMPUTE) == "enabled failed"
    assert len(services.node.commands.calls) == 2


def test_a_restart_is_journaled_first_and_reported_last(tmp_path):
    services = Services(tmp_path, {COMPUTE: {}})
    services.systemd.then[("restart", COMPUTE)] = [(0, dict(STOPPING, Job="7")), (2, STARTING), (4, dict(RUNNING, Job="0"))]
    journal = FakeJournal()
    services.units.restart(COMPUTE, journal)
    assert journal.written == [Entry("restart", COMPUTE, "-", "-", "-")]
    assert services.systemd.asked == ["reset-failed nova-compute", "restart nova-compute"]
    assert services.node.reporter.facts == ["restarted nova-compute"]
    assert services.units.fresh == {COMPUTE}
    assert services.units.still_same_process(COMPUTE)
    assert services.node.clock.time >= 1004


def test_a_queued_job_still_shows_the_old_process_as_active_and_is_waited_for(tmp_path):
    services = Services(tmp_path, {COMPUTE: {}})
    services.systemd.then[("restart", COMPUTE)] = [(0, {"Job": "7"}), (3, STOPPING), (4, dict(RUNNING, Job="0"))]
    services.units.bring_up("restart", COMPUTE)
    assert services.units.main_pid(COMPUTE) == 200


def test_a_service_that_does_not_come_up_fails_with_its_last_words(tmp_path):
    services = Services(tmp_path, {COMPUTE: {}}, limits=Limits(service_wait=5))
    services.systemd.then[("restart", COMPUTE)] = [(0, STARTING), (1, dict(DEAD, ActiveState="failed"))]
    services.node.files.put("/var/log/nova/nova-compute.log", "".join("line %d\n" % n for n in range(30)))
    with pytest.raises(Failed) as error:
        services.units.bring_up("restart", COMPUTE)
    assert text(error) == (
        "nova-compute does not come up after restart. The former state is put back; mend the cause that its last words name, and run again"
    )
    assert services.said == ["last words of nova-compute:"]
    assert services.node.reporter.quoted[0] == "its last line"
    assert services.node.commands.lines()[-1] == "journalctl -u nova-compute -n 15 --no-pager -o cat"


class TestSecretsInLastWords:
    """Row D20 of the trial: of any text that a service says, not of oslo.config's errors alone."""

    def said(self, tmp_path, monkeypatch, unreadable=False, more=lambda files: None):
        services = Services(tmp_path, {COMPUTE: {}}, limits=Limits(service_wait=5))
        services.systemd.then[("restart", COMPUTE)] = [(0, STARTING), (1, dict(DEAD, ActiveState="failed"))]
        services.node.files.put("/etc/nova/nova.conf", "[DEFAULT]\ntransport_url = rabbit://nova:s3cret@h/\n")
        services.node.files.put("/etc/nova/nova.conf.d/more.conf", "[keystone_authtoken]\npassword = hunter22\n")
        more(services.node.files)
        words = "url is rabbit://nova:s3cret@h/ with s3cret\nlogged in with hunter22\nor swordfish\n"
        services.node.commands.answer("journalctl", words)
        services.node.files.put("/var/log/nova/nova-compute.log", words)
        os.utime(services.node.files.at("/var/log/nova/nova-compute.log"), (services.node.clock.now() + 1,) * 2)
        quoted = []
        monkeypatch.setattr(services.node.reporter, "quote", quoted.append)
        if unreadable:
            os.mkfifo(services.node.files.at("/etc/nova/nova.conf.d/fifo"))
            os.rename(services.node.files.at("/etc/nova/nova.conf.d/fifo"), services.node.files.at("/etc/nova/nova.conf"))
        with pytest.raises(Failed):
            services.units.bring_up("restart", COMPUTE)
        return services.said, b"\n".join(quoted)

    def test_are_hidden_in_the_journal_and_in_the_log(self, tmp_path, monkeypatch):
        _, quoted = self.said(tmp_path, monkeypatch)
        assert b"s3cret" not in quoted and b"hunter22" not in quoted
        assert quoted.count(b"logged in with ***") == 2

    def test_are_those_of_the_configuration_alone_whatever_else_its_command_names(self, tmp_path, monkeypatch):
        command = "nova-compute --web=/usr/share/client --log-file=/var/log/nova/all.log --config-dir /srv/more"
        monkeypatch.setattr(Units, "command", lambda units, unit: command.split(" "))

        def more(files):
            files.put("/usr/share/client/src/main.js", "")
            os.mkfifo(files.at("/usr/share/client/fifo"))
            files.put("/srv/more/deep/x.conf", "[a]\npassword = swordfish\n")
            os.makedirs(files.at("/var/log/nova/all.log"))

        said, quoted = self.said(tmp_path, monkeypatch, more=more)
        assert said == ["last words of nova-compute:"]
        assert quoted.count(b"or ***") == 2

    def test_so_nothing_is_shown_where_they_are_not_known(self, tmp_path, monkeypatch):
        said, quoted = self.said(tmp_path, monkeypatch, unreadable=True)
        assert quoted == b""
        assert said == [
            "what nova-compute said is not shown: Nova's configuration cannot be read whole, so secrets in it would not be known. "
            "See 'journalctl -u nova-compute -n 15 --no-pager -o cat'"
        ]


def test_the_end_of_novas_log_is_shown_where_it_was_written_since(tmp_path):
    services = Services(tmp_path, {"openstack-nova-compute": {}}, on="CentOS 7", limits=Limits(service_wait=1))
    services.systemd.then[("start", "openstack-nova-compute")] = [(0, DEAD)]
    services.node.files.put("/var/log/nova/nova-compute.log", "".join("line %d\n" % n for n in range(30)))
    import os

    log = services.node.files.at("/var/log/nova/nova-compute.log")
    for time, lines in ((1800000000 + 990, []), (1800000000 + 1001, ["line %d" % n for n in range(20, 30)])):
        os.utime(log, (time, time))
        del services.node.reporter.quoted[:]
        with pytest.raises(Failed):
            services.units.bring_up("start", "openstack-nova-compute")
        assert services.node.reporter.quoted == ["its last line"] + lines


@pytest.mark.parametrize("trap", ["fifo", "link"])
def test_a_log_that_its_user_made_a_trap_of_is_not_read(tmp_path, trap):
    import os

    services = Services(tmp_path, {COMPUTE: {}})
    services.systemd.then[("start", COMPUTE)] = [(0, DEAD)]
    services.node.files.put("/etc/shadow", "root:secret\n")
    services.node.files.put("/var/log/nova/other.log")
    log = services.node.files.at("/var/log/nova/nova-compute.log")
    if trap == "fifo":
        os.mkfifo(log)
        os.utime(log, (1900000000, 1900000000))
    else:
        os.symlink("/etc/shadow", log)
        if os.geteuid() == 0:
            os.lchown(log, 65534, 65534)
        os.utime(services.node.files.at("/etc/shadow"), (1900000000, 1900000000))
    with pytest.raises(Failed):
        services.units.bring_up("start", COMPUTE)
    if trap == "fifo" or os.geteuid() == 0:
        assert services.node.reporter.quoted == ["its last line"]


def test_a_service_that_dies_again_and_again_is_given_up(tmp_path):
    services = Services(tmp_path, {COMPUTE: {}})
    services.systemd.then[("restart", COMPUTE)] = [
        (0, STARTING),
        (2, {"ActiveState": "activating", "SubState": "auto-restart", "NRestarts": "3"}),
    ]
    with pytest.raises(Failed):
        services.units.bring_up("restart", COMPUTE)
    assert services.node.clock.time < 1005


def test_a_service_that_dies_again_and_again_is_given_up_by_time_where_systemd_does_not_count(tmp_path):
    """systemd 219."""
    services = Services(tmp_path, {COMPUTE: {"NRestarts": ""}}, limits=Limits(service_wait=20))
    deaths = []
    for second in range(0, 60, 2):
        process = {"MainPID": str(300 + second), "ExecMainStartTimestampMonotonic": str(9000000 + second)}
        deaths += [(second, dict(STARTING, **process)), (second + 1, dict(STOPPING, **process))]
    services.systemd.then[("restart", COMPUTE)] = [(0, dict(STOPPING, Job="7"))] + [(second + 1, change) for second, change in deaths]
    with pytest.raises(Failed):
        services.units.bring_up("restart", COMPUTE)
    assert services.node.clock.time < 1025


class TestStop:
    def test_one_that_never_ends_is_left_to_end_by_itself(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: {"TimeoutStopUSec": "infinity"}}, limits=Limits(service_wait=8))
        services.systemd.then[("restart", COMPUTE)] = [(0, dict(STOPPING, Job="7"))]
        with pytest.raises(Failed) as error:
            services.units.bring_up("restart", COMPUTE)
        assert text(error) == (
            "nova-compute has not stopped 8 s after 'systemctl restart': its old process still runs (TimeoutStopUSec=infinity). "
            "See what it is at, then run again"
        )
        assert services.said == []
        services.units.bring_up("restart", COMPUTE)
        assert services.said == [
            "nova-compute is still stopping. It is to start again, as it was, when its old process has ended: see what holds that one, or "
            "end it with 'systemctl kill -s KILL nova-compute'"
        ]
        assert services.units.stuck == [COMPUTE]

    def test_its_units_own_limit_is_waited_for_and_that_is_said(self, tmp_path):
        """Nova 33.0.0 to 33.0.2 sleep 160 s at each SIGTERM."""
        services = Services(tmp_path, {COMPUTE: {"TimeoutStopUSec": "3min 5s"}})
        services.systemd.then[("restart", COMPUTE)] = [(0, dict(STOPPING, Job="7")), (160, STARTING), (270, dict(RUNNING, Job="0"))]
        services.units.bring_up("restart", COMPUTE)
        assert services.units.is_active(COMPUTE)
        assert services.said == ["nova-compute is stopping (TimeoutStopUSec=3min 5s); waiting for that, until 08:19:55 UTC at most"]

    def test_beyond_its_units_own_limit_it_is_given_up(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: {"TimeoutStopUSec": "3min 5s"}})
        services.systemd.then[("stop", COMPUTE)] = [(0, STOPPING)]
        with pytest.raises(Failed) as error:
            services.units.stop(COMPUTE)
        assert "has not stopped 195 s after 'systemctl stop'" in text(error)

    def test_a_stop_ends_where_nothing_of_it_runs(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: {}})
        services.systemd.then[("stop", COMPUTE)] = [(0, {"Job": "3"}), (1, STOPPING), (3, dict(DEAD, Job="0"))]
        services.units.stop(COMPUTE)
        assert services.units.state(COMPUTE) == "enabled inactive"


class TestSettle:
    def test_a_process_that_stays_counts(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: {}})
        services.systemd.then[("restart", COMPUTE)] = [(0, RUNNING)]
        services.units.bring_up("restart", COMPUTE)
        services.units.settle(COMPUTE)
        assert services.node.clock.time >= 1005

    def test_a_successor_is_not_the_process_that_was_started(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: {}})
        services.systemd.then[("restart", COMPUTE)] = [(0, RUNNING), (3, {"MainPID": "300"})]
        services.units.bring_up("restart", COMPUTE)
        with pytest.raises(Failed) as error:
            services.units.settle(COMPUTE)
        assert "nova-compute came up, but its process ended within 5 s. " in text(error)

    def test_what_was_not_started_in_this_run_has_settled(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: DEAD})
        services.units.settle(COMPUTE)
        assert services.units.still_same_process(COMPUTE)


class TestNeverReady:
    """Nova 34 on native threads with oslo.service 4.8.0 sends no READY=1."""

    UNANNOUNCED = dict(STARTING, Type="notify", Job="9", ExecMainStartTimestampMonotonic="990000000")

    def test_where_systemd_waits_without_an_end_it_counts_as_up_once_it_serves(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: dict(self.UNANNOUNCED, TimeoutStartUSec="infinity")})
        serves = []
        services.units.watch(COMPUTE, Witness(lambda: bool(serves), lambda: 5))
        assert services.units.is_moving(COMPUTE) and not services.units.is_active(COMPUTE)
        serves.append("yes")
        assert not services.units.is_moving(COMPUTE) and services.units.is_active(COMPUTE)
        assert len(services.said) == 1 and "it counts as up" in services.said[0]

    def test_only_once_its_witness_has_no_patience_any_more(self, tmp_path):
        services = Services(
            tmp_path, {COMPUTE: dict(self.UNANNOUNCED, TimeoutStartUSec="infinity", ExecMainStartTimestampMonotonic="998000000")}
        )
        services.units.watch(COMPUTE, Witness(lambda: True, lambda: 5))
        assert services.units.is_moving(COMPUTE)
        services.node.clock.pause(4)
        assert not services.units.is_moving(COMPUTE)

    def test_a_restart_does_not_take_the_old_process_for_the_new_one(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: dict(self.UNANNOUNCED, TimeoutStartUSec="infinity")})
        services.units.watch(COMPUTE, Witness(lambda: True, lambda: 5))
        fresh = dict(self.UNANNOUNCED, MainPID="300", ExecMainStartTimestampMonotonic="1003000000")
        services.systemd.then[("restart", COMPUTE)] = [(2, STOPPING), (3, fresh)]
        services.units.bring_up("restart", COMPUTE)
        assert services.units.main_pid(COMPUTE) == 300
        assert services.node.clock.time >= 1008

    def test_where_systemd_will_end_it_that_is_said(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: {"Type": "notify"}})
        services.units.watch(COMPUTE, Witness(lambda: True, lambda: 5))
        fresh = dict(self.UNANNOUNCED, MainPID="300", ExecMainStartTimestampMonotonic="1003000000")
        services.systemd.then[("restart", COMPUTE)] = [(0, {"Job": "9"}), (2, STOPPING), (3, fresh)]
        with pytest.raises(Failed) as error:
            services.units.bring_up("restart", COMPUTE)
        assert "never notifies systemd that it is ready (Type=notify), so that systemd ends it after 1min 30s" in text(error)


def test_while_the_node_shuts_down_nothing_is_started(tmp_path):
    services = Services(tmp_path, {COMPUTE: {}})
    services.systemd.system = "stopping"
    services.units.bring_up("restart", COMPUTE)
    assert services.systemd.asked == []


def test_what_systemctl_refuses_is_reported(tmp_path):
    services = Services(tmp_path, {COMPUTE: {}})
    services.systemd.refuses = ("restart", "stop", "enable", "daemon-reload")
    for ask, reported in (
        (lambda: services.units.bring_up("restart", COMPUTE), "systemctl could not restart nova-compute. "),
        (lambda: services.units.stop(COMPUTE), "systemctl could not stop nova-compute. "),
        (lambda: services.units.enable(COMPUTE, True), "systemctl could not make nova-compute enabled. "),
        (lambda: services.units.daemon_reload(), "'systemctl daemon-reload' failed, or gave no answer in 60 s. "),
    ):
        with pytest.raises(Failed) as error:
            ask()
        assert text(error).startswith(reported)


@pytest.mark.parametrize("verb, enabled", [("enable", True), ("disable", False)])
def test_the_links_that_a_boot_goes_by_are_synced_after_systemctl_made_them(tmp_path, monkeypatch, verb, enabled):
    services = Services(tmp_path, {COMPUTE: {}})
    root = tmp_path / "root"
    for folder in ("systemd/system/multi-user.target.wants", "systemd/system/a.service.requires", "systemd/system/b.d", "rc.d/rc2.d"):
        (root / "etc" / folder).mkdir(parents=True)
    (root / "etc/rc2.d").symlink_to("rc.d/rc2.d")
    (root / "etc/systemd/system/c.wants").write_text("no folder")
    note_syncs(monkeypatch, root, services.systemd.asked)
    services.units.enable(COMPUTE, enabled)
    first, *synced = services.systemd.asked
    assert first == "%s nova-compute" % verb
    assert sorted(synced) == [
        "sync /etc/rc.d/rc2.d",
        "sync /etc/systemd/system",
        "sync /etc/systemd/system/a.service.requires",
        "sync /etc/systemd/system/multi-user.target.wants",
    ]


class TestUnitKind:
    def kind(self, tmp_path, **properties):
        services = Services(tmp_path, {COMPUTE: properties})
        systemd = services.systemd
        systemd.then[("enable", COMPUTE)] = [(0, {"UnitFileState": "enabled"})]
        systemd.then[("disable", COMPUTE)] = [(0, {"UnitFileState": "disabled"})]
        systemd.then[("start", COMPUTE)] = [(0, RUNNING)]
        systemd.then[("stop", COMPUTE)] = [(0, DEAD)]
        return services, UnitKind(services.context, services.units)

    def test_it_is_planned_where_it_differs(self, tmp_path):
        services, kind = self.kind(tmp_path, **DEAD)
        (planned,) = kind.plan_unit(COMPUTE, "enabled active")
        assert as_reported(kind, planned) == "service/nova-compute: enabled, inactive -> enabled, active"
        assert list(kind.plan_unit(COMPUTE, "enabled inactive")) == []
        (planned,) = kind.plan_unit("none", "enabled active")
        assert as_reported(kind, planned) == "service/none: (not installed) -> enabled, active"

    def test_a_masked_one_is_refused(self, tmp_path):
        services, kind = self.kind(tmp_path, UnitFileState="masked", LoadState="masked", **DEAD)
        with pytest.raises(Refused) as error:
            list(kind.plan_unit(COMPUTE, "enabled active"))
        assert text(error) == (
            "nova-compute is masked: someone switched it off on purpose. 'systemctl unmask nova-compute' if it may run again"
        )

    def test_what_a_package_of_this_run_brought_was_absent_before(self, tmp_path):
        services, kind = self.kind(tmp_path, **DEAD)
        services.units.before[COMPUTE] = "absent inactive"
        (planned,) = kind.plan_unit(COMPUTE, "enabled active")
        assert as_reported(kind, planned) == "service/nova-compute: (not installed) -> enabled, active"
        kind.apply(planned, FakeJournal())
        assert services.units.state(COMPUTE) == "enabled active"
        assert kind.undo(planned.entry, FakeJournal()) is Outcome.MADE
        assert services.units.state(COMPUTE) == "disabled inactive"

    @pytest.mark.parametrize(
        "now,former,written,outcome",
        [
            ("enabled active", "enabled active", "disabled inactive", Outcome.MADE),
            ("enabled failed", "enabled active", "disabled inactive", Outcome.MADE),
            ("disabled inactive", "enabled active", "disabled inactive", Outcome.NOTHING),
            ("masked inactive", "enabled active", "disabled inactive", Outcome.KEPT),
            ("static inactive", "disabled inactive", "enabled active", Outcome.KEPT),
            ("enabled active", "enabled inactive", "enabled active", Outcome.NOTHING),
            ("disabled active", "enabled active", "absent inactive", Outcome.MADE),
        ],
    )
    def test_an_enablement_that_is_neither_is_somebodys_will(self, tmp_path, now, former, written, outcome):
        enablement, activity = now.split(" ")
        services, kind = self.kind(
            tmp_path, UnitFileState=enablement, **dict(RUNNING if activity == "active" else DEAD, ActiveState=activity)
        )
        assert kind.transition(Entry("unit", COMPUTE, "-", former, written), FakeJournal()) is outcome

    def test_a_unit_that_is_stuck_is_described_as_it_is(self, tmp_path):
        services, kind = self.kind(tmp_path, UnitFileState="disabled", TimeoutStopUSec="infinity", **STOPPING)
        services.units.stuck.append(COMPUTE)
        services.systemd.then[("start", COMPUTE)] = [(0, {"Job": "4"})]
        entry = Entry("unit", COMPUTE, "-", "enabled active", "disabled inactive")
        assert kind.undo(entry, FakeJournal()) is Outcome.MADE
        assert kind.described(entry.reversed) == ("disabled, inactive", "enabled, deactivating")

    def test_another_enablement_than_the_two_is_left_and_reported(self, tmp_path):
        services, kind = self.kind(tmp_path, UnitFileState="enabled", **DEAD)
        kind.transition(Entry("unit", COMPUTE, "-", "enabled inactive", "indirect inactive"), FakeJournal())
        assert services.said == ["nova-compute is enabled, was indirect: left as it is"]

    def test_text_for_people(self):
        assert [unit_text("enabled active"), unit_text("absent inactive")] == ["enabled, active", "(not installed)"]


def test_a_mask_is_a_link_for_this_boot(tmp_path):
    services = Services(tmp_path, {COMPUTE: {}})
    kind = MaskKind(services.context, services.units)
    assert kind.read(COMPUTE, "-") == "-"
    services.node.files.put("/run/systemd/system/nova-compute.service", "[Unit]\n")
    assert kind.read(COMPUTE, "-") == "-"
    import os

    os.remove(services.node.files.at("/run/systemd/system/nova-compute.service"))
    os.symlink("/dev/null", services.node.files.at("/run/systemd/system/nova-compute.service"))
    assert kind.read(COMPUTE, "-") == "masked"
    kind.set(Entry("mask", COMPUTE, "-", "masked", "-"), FakeJournal())
    kind.set(Entry("mask", COMPUTE, "-", "-", "masked"), FakeJournal())
    assert services.systemd.asked == ["unmask nova-compute", "mask nova-compute"]
