"""What a run that was cut off left is put back by the next one."""

import json
from types import SimpleNamespace

from fakes import FakeReporter, make_node, platform
from openstack_spice.document.platforms import to_record
from openstack_spice.runs import converge
from openstack_spice.runs.request import Request
from openstack_spice.runs.session import Session
from openstack_spice.state.journal import Journal
from openstack_spice.state.paths import journal_file, record_file, role_folder, unfinished_file

FOLDER = "/etc/systemd/system/nova-spicehtml5proxy.service.d"
DROP_IN = FOLDER + "/openstack-spice.conf"
NEW = DROP_IN + ".openstack-spice.0123456789ab"


def test_a_folder_of_ours_goes_where_the_power_was_cut_before_its_file_had_its_name(tmp_path):
    journal = [to_record(platform("Debian 12")), ["file", DROP_IN, "-", "-", "=W1NlcnZpY2VdCg=="], NEW]
    lines = "".join(json.dumps(line) + "\n" for line in journal)
    node = make_node(tmp_path, {"systemctl": ""}, {journal_file("controller"): lines, NEW: "[Service]\n"})
    request = Request("revert", "controller", b"", "", "root", "node-1", "", None)
    Session(request, node.context.system, node.context.limits).recover()
    assert [path for path in node.files.all() if path.startswith(FOLDER)] == []
    assert not node.files.exists(FOLDER)
    assert not node.files.exists(journal_file("controller"))


def test_a_run_that_is_ended_when_its_record_is_written_does_not_say_that_it_put_anything_back(tmp_path):
    files = {record_file("controller"): "{}", unfinished_file("controller"): "converge 1 a/b/c\n"}
    node = make_node(tmp_path, {"systemctl": ""}, files)
    session = Session(Request("converge", "controller"), node.context.system, node.context.limits)
    session.reporter = FakeReporter()
    journal = Journal(node.files, "controller")
    journal.is_recorded = True
    parts = SimpleNamespace(edits=SimpleNamespace(drop=lambda: None))
    converge._roll_back(converge.Converging(session, parts, None, journal))
    assert (session.reporter.said, session.reporter.errors) == ([], [])
    assert node.files.names(role_folder("controller")) == ["record"]
