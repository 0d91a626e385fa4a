"""What a run that was cut off left is put back by the next one."""

import json

from fakes import make_node, platform
from openstack_spice.document.platforms import to_record
from openstack_spice.runs.request import Request
from openstack_spice.runs.session import Session
from openstack_spice.state.paths import journal_file

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
