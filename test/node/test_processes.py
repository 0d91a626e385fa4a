"""Who listens, who is connected, and whose process that is, from /proc."""

import pytest
from openstack_spice.errors import CannotTell, Failed
from openstack_spice.limits import Limits
from openstack_spice.messages import text_of
from openstack_spice.services.processes import Processes, listeners, strange_listeners, unit_of
from openstack_spice.system import Proc
from services_support import Services

ANY4, ANY6 = "00000000", "0" * 32
LOCAL4 = "0100007F"
SPICE = "nova-spicehtml5proxy"
SLICE = "/system.slice/%s.service"


@pytest.fixture
def services(tmp_path):
    return Services(tmp_path, {SPICE: {}, "nova-compute": {}}, limits=Limits(service_wait=3))


def port(number):
    return "%04X" % number


def test_listeners_have_address_process_and_command(services):
    services.proc.process(10, SLICE % SPICE, words=["/usr/bin/python3", "/usr/bin/nova-spicehtml5proxy"], open_files=["socket:[7]"])
    services.proc.process(11, "/user.slice/user-0.slice/session-1.scope", words=["nc", "-l", "\x1b[2J"], open_files=["/x", "socket:[8]"])
    services.proc.socket(ANY4 + ":" + port(6082), ANY4 + ":0000", "0A", 7)
    services.proc.socket(ANY6 + ":" + port(6082), ANY6 + ":0000", "0A", 8)
    services.proc.socket("00000000000000000000000001000000:" + port(6082), ANY6 + ":0000", "0A", 9)
    services.proc.socket(LOCAL4 + ":" + port(6082), LOCAL4 + ":" + port(40000), "01", 12)
    services.proc.socket(ANY4 + ":" + port(6083), ANY4 + ":0000", "0A", 13)
    assert [tuple(one) for one in listeners(services.context, 6082)] == [
        ("0.0.0.0", 6082, 10, "/usr/bin/python3 /usr/bin/nova-spicehtml5proxy"),
        ("[::]", 6082, 11, "nc -l ?[2J"),
        ("[::1]", 6082, 0, "unknown"),
    ]


def test_what_is_not_qemu_and_not_on_loopback_is_strange(services):
    proc = services.proc
    for number, (address, program) in enumerate(
        [
            (ANY4, "/usr/bin/qemu-system-x86_64"),
            (ANY4, "/usr/libexec/qemu-kvm"),
            (ANY4, "/usr/bin/kvm (deleted)"),
            (LOCAL4, "/usr/bin/x"),
            (ANY6, "/opt/vnc\x07"),
        ]
    ):
        proc.process(20 + number, "/machine.slice", open_files=["socket:[%d]" % (50 + number)], program=program)
        proc.socket(address + ":" + port(5900 + number), address + ":0000", "0A", 50 + number)
    assert strange_listeners(services.context, 5900, 5999) == ["/opt/vnc? on TCP 5904 (pid 24)"]


@pytest.mark.parametrize(
    "lines,unit",
    [
        (["0::/system.slice/nova-compute.service"], "nova-compute"),
        (["0::/system.slice/nova-compute.service/child"], "nova-compute"),
        (["11:devices:/x.service", "1:name=systemd:/system.slice/nova-compute.service"], "nova-compute"),
        (["0::/system.slice/system-x.slice/a@b.service"], "a@b"),
        (["0::/user.slice/user-1000.slice/user@1000.service/app.slice/nova-compute.service"], ""),
        (["0::/system.slice/docker-abc.scope/system.slice/nova-compute.service"], ""),
        (["0::/lxc.payload.c/system.slice/nova-compute.service"], ""),
        (["0::/site.slice/nova-compute.service"], "nova-compute"),
        (["0::/init.scope"], ""),
        ([""], ""),
    ],
)
def test_the_unit_of_a_process(services, lines, unit):
    services.proc.process(30, "", lines=lines)
    assert unit_of(services.context, 30) == unit
    assert unit_of(services.context, 31) == ""


def test_below_another_systemd_the_units_are_those_of_process_1(tmp_path):
    services = Services(tmp_path, {})
    with open(services.proc.root + "/1/cgroup", "w") as file:
        file.write("1:name=systemd:/host.service/lab/init.scope\n0::/\n")
    services.proc.process(30, "/host.service/lab/system.slice/nova-compute.service")
    assert unit_of(services.context, 30) == "nova-compute"


def test_a_unit_listens_and_is_connected_by_its_own_processes_alone(services):
    processes = Processes(services.context, services.units)
    services.proc.process(10, "/system.slice/thief.service", open_files=["socket:[7]", "socket:[70]"])
    services.proc.socket(ANY4 + ":" + port(6082), ANY4 + ":0000", "0A", 7)
    services.proc.socket(LOCAL4 + ":" + port(40000), LOCAL4 + ":" + port(5672), "01", 70)
    assert not processes.unit_listens(SPICE, 6082) and not processes.has_connection(SPICE, [5672])
    services.proc.process(11, SLICE % SPICE, open_files=["socket:[8]", "socket:[80]"])
    services.proc.socket(ANY6 + ":" + port(6082), ANY6 + ":0000", "0A", 8)
    services.proc.socket("0000000000000000FFFF00000100007F:" + port(40001), "0000000000000000FFFF00000100007F:" + port(5672), "01", 80)
    assert processes.unit_listens(SPICE, 6082) and processes.has_connection(SPICE, [5671, 5672])
    assert not processes.has_connection(SPICE, [5671])


def test_who_is_connected_from_elsewhere(services):
    mine, other = "0A0200C0", "0B0200C0"  # 192.0.2.10, 192.0.2.11
    services.proc.socket(mine + ":" + port(5900), other + ":" + port(50000), "01", 1)
    services.proc.socket(mine + ":" + port(5900), other + ":" + port(50001), "01", 2)
    services.proc.socket(mine + ":" + port(5901), mine + ":" + port(50002), "01", 3)
    services.proc.socket("0000000000000000FFFF0000" + mine + ":" + port(5902), "0000000000000000FFFF0000" + other + ":" + port(1), "01", 4)
    services.proc.socket(mine + ":" + port(6000), other + ":" + port(50003), "01", 5)
    assert Processes(services.context, services.units).connected(5900, 5999) == [(5900, "192.0.2.11"), (5902, "192.0.2.11")]


class TestWaitForListener:
    def test_it_ends_with_the_listener(self, services):
        processes = Processes(services.context, services.units)
        services.node.clock._events = [(1002.0, self.listens(services))]
        processes.wait_for_listener(SPICE, 6082)
        assert 1002 <= services.node.clock.time < 1003

    def listens(self, services):
        def happens():
            services.proc.process(11, SLICE % SPICE, open_files=["socket:[8]"])
            services.proc.socket(ANY4 + ":" + port(6082), ANY4 + ":0000", "0A", 8)

        return happens

    @pytest.mark.parametrize(
        "state,reported",
        [
            ({"ActiveState": "inactive"}, "stopped, and does not listen on TCP 6082"),
            ({"ActiveState": "activating", "NRestarts": "3"}, "stopped, and does not listen on TCP 6082"),
            ({}, "does not listen on TCP 6082 after 3 s"),
        ],
    )
    def test_one_that_never_listens_is_given_up(self, services, state, reported):
        services.systemd.units[SPICE].update(state)
        with pytest.raises(Failed) as error:
            Processes(services.context, services.units).wait_for_listener(SPICE, 6082)
        assert text_of(error.value).startswith("nova-spicehtml5proxy %s. " % reported)


def test_a_kernel_that_lists_no_sockets_is_not_one_without_listeners(tmp_path):
    with pytest.raises(CannotTell):
        Proc(str(tmp_path)).sockets()


def test_this_process_is_read_as_it_is():
    import os
    import socket

    proc = Proc()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        number = listener.getsockname()[1]
        found = [one for one in proc.sockets() if one.port == number and one.state == 0x0A]
        assert [one.local for one in found] == ["127.0.0.1"]
        assert proc.owners(frozenset([found[0].inode])) == {found[0].inode: os.getpid()}
    assert proc.uid(os.getpid()) == os.geteuid()
    assert proc.words(os.getpid())[0]
    assert proc.uid(1 << 30) is None and proc.words(1 << 30) == [] and proc.open_files(1 << 30) == []
