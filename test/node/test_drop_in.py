"""What the SPICE proxy's unit needs beside its package's own, and what becomes of noVNC."""

import os
import pwd

import pytest
from fakes import FakeJournal, FakeReporter, as_reported
from openstack_spice.changes.edits import Edits
from openstack_spice.changes.kind import Outcome
from openstack_spice.changes.shell import ShellKind
from openstack_spice.changes.whole_files import FileKind
from openstack_spice.document.desired import Desired
from openstack_spice.services.drop_in import DropIn
from openstack_spice.services.novnc import restart_novnc_without_tls, web_server_unit
from openstack_spice.state.entry import Entry
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.record import Record
from openstack_spice.system import Commands, Files, Interruption
from openstack_spice.text import bytes_of, present
from services_support import ABSENT, Services

SPICE, NOVNC = "nova-spicehtml5proxy", "nova-novncproxy"
PATH = "/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf"
TYPE = "/etc/default/nova-consoleproxy"
BESIDE = """# Written by openstack-spice, removed when the role is reverted.
# Lets the SPICE proxy start beside the one that NOVA_CONSOLE_PROXY_TYPE names.
[Service]
Environment=INIT_TEMPLATE=1
"""


class Planning:
    """What plans the drop-in on a node."""

    def __init__(self, tmp_path, files=(), units=None, folder="", **parts):
        self.services = Services(tmp_path, units or {SPICE: {}, NOVNC: {}}, files=dict(files), **parts)
        node, context = self.services.node, self.services.context
        ledger = Ledger(context.system)
        self.edits = Edits(node.files, ledger, FakeReporter())
        self.shell_kind = ShellKind(self.edits)
        self.file_kind = FileKind(node.files, ledger)
        self.drop_in = DropIn(context, self.services.units, self.file_kind, self.shell_kind, folder)

    def text(self):
        (planned,) = self.drop_in.plan_drop_in()
        assert planned.entry.key == ("file", planned.entry.where, "-")
        return bytes_of(planned.entry.written).decode("ascii")


def test_it_lets_the_proxy_start_beside_the_one_that_debian_chose(tmp_path):
    planning = Planning(tmp_path, {TYPE: "# x\nNOVA_CONSOLE_PROXY_TYPE=spicehtml5\n NOVA_CONSOLE_PROXY_TYPE=novnc\n"})
    assert planning.text() == BESIDE
    planning.services.node.files.put(PATH, BESIDE)
    assert list(planning.drop_in.plan_drop_in()) == []


def test_it_is_not_needed_where_spice_is_chosen_and_stays_where_it_is_ours(tmp_path):
    planning = Planning(tmp_path, {TYPE: "NOVA_CONSOLE_PROXY_TYPE=spicehtml5\n"})
    assert list(planning.drop_in.plan_drop_in()) == []
    planning.services.node.files.put(PATH, BESIDE)
    assert list(planning.drop_in.plan_drop_in()) == []


def test_a_unit_that_is_not_there_yet_waits(tmp_path):
    planning = Planning(tmp_path, {TYPE: ""}, {SPICE: ABSENT})
    assert list(planning.drop_in.plan_drop_in()) == []


def test_a_folder_of_the_web_client_goes_by_a_variable_with_apt(tmp_path):
    planning = Planning(tmp_path, {TYPE: "NOVA_CONSOLE_PROXY_TYPE=spicehtml5\n"}, folder="/usr/share/x")
    assert planning.text().endswith("role is reverted.\n[Service]\nEnvironment=OS_DEFAULT__WEB=/usr/share/x\n")


def test_and_by_an_argument_elsewhere_once(tmp_path):
    unit = "openstack-nova-spicehtml5proxy"
    start = "{ path=/usr/bin/x ; argv[]=/usr/bin/x %s; ignore_errors=no ; start_time=[n/a] }"
    planning = Planning(tmp_path, (), {unit: {"ExecStart": start % "--a b "}}, "/usr/share/x", on="CentOS 7")
    text = planning.text()
    assert text.endswith("[Service]\nExecStart=\nExecStart=/usr/bin/x --a b --web /usr/share/x\n")
    planning.services.node.files.put(planning.drop_in.path, text)
    planning.services.systemd.units[unit]["ExecStart"] = start % "--a b --web /usr/share/x "
    planning.services.units.forget()
    assert list(planning.drop_in.plan_drop_in()) == []


@pytest.mark.parametrize("former,new", [("-", "(none)"), (present(b"x"), "as before")])
def test_one_that_is_not_needed_any_more_goes(tmp_path, former, new):
    record = Record(entries=(Entry("file", PATH, "-", former, present(b"[Service]\n")),))
    planning = Planning(tmp_path, {TYPE: "NOVA_CONSOLE_PROXY_TYPE=spicehtml5\n", PATH: "[Service]\n"}, record=record)
    (planned,) = planning.drop_in.plan_drop_in()
    assert as_reported(planning.file_kind, planned) == "file%s: written -> %s" % (PATH, new)
    assert planned.entry.written == former
    planning.services.node.files.put(PATH, "[Service]\n# edited\n")
    assert list(planning.drop_in.plan_drop_in()) == []


class TestProxyType:
    def test_it_is_chosen_once_novnc_is_retired(self, tmp_path):
        planning = Planning(tmp_path, {TYPE: "# x\n  NOVA_CONSOLE_PROXY_TYPE=novnc\nA=b"})
        (planned,) = planning.drop_in.plan_proxy_type()
        kind = planning.shell_kind
        assert as_reported(kind, planned) == "%s:NOVA_CONSOLE_PROXY_TYPE: novnc -> spicehtml5" % TYPE
        kind.set(planned.entry, None)
        assert planning.edits.content(TYPE) == b"# x\nNOVA_CONSOLE_PROXY_TYPE=spicehtml5\nA=b"
        assert kind.read(TYPE, "NOVA_CONSOLE_PROXY_TYPE") == planned.entry.written
        kind.set(planned.entry.reversed, None)
        assert planning.edits.content(TYPE) == b"# x\n  NOVA_CONSOLE_PROXY_TYPE=novnc\nA=b"

    @pytest.mark.parametrize("files", [{TYPE: "NOVA_CONSOLE_PROXY_TYPE=spicehtml5\n"}, {TYPE: "A=b\n"}, {}])
    def test_else_not(self, tmp_path, files):
        assert list(Planning(tmp_path, files).drop_in.plan_proxy_type()) == []

    def test_another_platform_has_none(self, tmp_path):
        assert list(Planning(tmp_path, {"/etc/x": ""}, on="CentOS 7").drop_in.plan_proxy_type()) == []


class TestNoVnc:
    STARTED = 1795788000  # as its unit shows

    def restarted(self, tmp_path, since, options=(), fresh=(), active="active"):
        desired = Desired(role="controller", node="node-1", options=dict(options))
        services = Services(tmp_path, {NOVNC: {"ActiveState": active}}, record=Record(tls_since=since), desired=desired)
        services.units.fresh.update(fresh)
        restarted = []
        restart_novnc_without_tls(services.context, services.units, restarted.append)
        return restarted

    def test_one_that_read_the_options_of_tls_is_restarted_once_they_go(self, tmp_path):
        assert self.restarted(tmp_path, self.STARTED) == [NOVNC]

    @pytest.mark.parametrize(
        "case",
        [
            {"since": None},
            {"since": STARTED + 1},
            {"since": STARTED, "options": {"DEFAULT/cert": "/x"}},
            {"since": STARTED, "fresh": [NOVNC]},
            {"since": STARTED, "active": "inactive"},
        ],
    )
    def test_no_other_one(self, tmp_path, case):
        assert self.restarted(tmp_path, **case) == []

    def test_the_dashboards_web_server(self, tmp_path):
        assert [web_server_unit(Services(tmp_path / on, {}, on=on).context) for on in ("Debian 12", "CentOS 7")] == ["apache2", "httpd"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: another user")
def test_another_user_reads_a_file_without_a_name_by_its_descriptor(tmp_path):
    files = Files(Interruption(), "/")
    folder = str(tmp_path / "work")
    files.make_folder(folder, 0o700)
    with files.unlinked(folder, b"planned\n", pwd.getpwnam("nobody").pw_uid) as descriptor:
        assert os.listdir(folder) == []
        path = "/dev/fd/%d" % descriptor
        command = ["/bin/sh", "-c", 'id -un && cat "$0" "$0"', path]
        result = Commands(Interruption()).run(command, user="nobody", pass_fds=(descriptor,))
    assert result.out == b"nobody\nplanned\nplanned\n"


def test_an_undo_that_the_power_cut_off_between_the_file_and_its_folder_is_finished(tmp_path):
    planning = Planning(tmp_path, {TYPE: ""})
    files, journal = planning.services.node.files, FakeJournal()
    entry = planning.file_kind.planned(PATH, "-", "-", present(BESIDE.encode("ascii"))).entry
    os.makedirs(files.at(os.path.dirname(PATH)))
    assert planning.file_kind.undo(entry, journal) is Outcome.NOTHING
    assert not files.exists(os.path.dirname(PATH))
    files.put(os.path.dirname(PATH) + "/operators.conf", "[Service]\n")
    assert planning.file_kind.undo(entry, journal) is Outcome.NOTHING
    assert files.exists(os.path.dirname(PATH) + "/operators.conf")
