"""The stand-ins stand in well."""

import pytest
from fakes import FakeClock, UnexpectedCommand, failed, make_node
from openstack_spice.system.files import ROOT_ALONE


def test_a_command_is_answered_by_the_longest_key(tmp_path):
    node = make_node(tmp_path, {"systemctl": 1, "systemctl show -p X": "X=1\n", ("a b", "c"): failed(3, "no")})
    run = node.context.system.commands.run
    assert run(["systemctl", "show", "-p", "X", "unit"]).out == b"X=1\n"
    assert run(["systemctl", "stop"]).status == 1
    assert run(["a b", "c", "d"]) == (3, b"", b"no")
    assert node.commands.lines() == ["systemctl show -p X unit", "systemctl stop", "a b c d"]


def test_a_command_that_is_not_in_the_table_ends_the_test(tmp_path):
    with pytest.raises(UnexpectedCommand, match="rm -rf /"):
        make_node(tmp_path).commands.run(["rm", "-rf", "/"])


def test_files_lie_in_the_folder(tmp_path):
    node = make_node(tmp_path, files={"/etc/nova/nova.conf": "[DEFAULT]\n"})
    files = node.context.system.files
    assert files.read("/etc/nova/nova.conf") == b"[DEFAULT]\n"
    files.create("/var/lib/x/y", b"z", ROOT_ALONE, lambda path: None)
    assert node.files.text("/var/lib/x/y") == "z"
    assert node.files.owners == {"/var/lib/x/y": ROOT_ALONE}
    assert sorted(node.files.all()) == ["/etc/nova/nova.conf", "/var/lib/x/y"]


def test_waiting_moves_the_clock_on():
    happened = []
    clock = FakeClock({3: lambda: happened.append("now")})
    assert clock.until(lambda: bool(happened), 10, every=1)
    assert clock.pauses == [1, 1, 1]
    assert not clock.until(lambda: False, 5)
