"""What a compute is asked before its service is restarted: its hypervisor, its queue, what it is at. However many guests there are, the
processes are few."""

import json
import pwd

import pytest
from fakes import failed
from openstack_spice.document.desired import Desired
from openstack_spice.errors import CannotTell, Failed, Refused
from openstack_spice.limits import Limits
from openstack_spice.messages import text_of
from openstack_spice.nova.busy import Busy, disks_of, job_of
from openstack_spice.nova.hypervisor import Hypervisor
from openstack_spice.nova.nova_api import NovaApi
from openstack_spice.services.processes import Processes
from openstack_spice.services.queue import Queue
from openstack_spice.system.commands import Result
from services_support import Services

from test_probes import said

COMPUTE = "nova-compute"
URI = "virsh --readonly --connect qemu:///system"
MANY = ["5b1ce000-0000-4000-8000-%012d" % number for number in range(50)]
A, B, C = MANY[:3]
CAPABILITIES = ("virsh", "--connect", "qemu:///system", "domcapabilities; list --uuid")
SLEEPS = Limits(queue_wait=2, service_wait=3, busy_wait=10, busy_report=4, busy_pause=2)


def dump(uuid, *displays):
    graphics = "".join("<graphics type='%s' port='%d' autoport='yes'><listen type='address'/></graphics>" % pair for pair in displays)
    name = "<name>a &lt;graphics type='spice'&gt; b</name>"
    return "<domain type='kvm' id='1'>\n  %s\n  <uuid>%s</uuid>\n  <devices>%s</devices>\n</domain>\n\n" % (name, uuid, graphics)


def domcapabilities(*displays):
    values = "".join("<value>%s</value>" % display for display in displays)
    return (
        "<domainCapabilities><devices><video supported='yes'><enum name='modelType'><value>spice</value></enum></video>"
        "<graphics supported='yes'><enum name='type'>%s</enum></graphics></devices></domainCapabilities>" % values
    )


class Virsh:
    """libvirt's clients, of guests with these states, jobs and disks."""

    def __init__(self, guests):
        self.guests = guests
        self.silent = ()

    def __call__(self, words, _stdin):
        out = []
        for command in words[-1].split("; "):
            name, *arguments = command.split(" ")
            if any(guest in command for guest in self.silent):
                return Result(124, b"", b"")
            if name == "list":
                out.append("\n".join(self.guests) + "\n\n")
            elif name == "echo":
                out.append(" ".join(arguments).strip("'") + "\n")
            else:
                guest = next(argument for argument in arguments if argument in MANY)
                out.append(self.guests.get(guest, {}).get(name, ""))
        return "".join(out)


class Compute:
    """A compute on which nothing goes on."""

    def __init__(self, tmp_path, guests=(), options=(), verb="converge", values=(), ports=(5672,), files=(), version="26.2.2", **said):
        contents = {"/etc/nova/nova.conf": "[DEFAULT]\n", "/usr/bin/nova-compute": "#!/usr/bin/python3\n"}
        contents.update(files)
        desired = Desired(role="compute", node="node-1", options=dict(options), **said)
        units = {COMPUTE: {"User": "nobody"}}
        self.services = Services(tmp_path, units, on="Debian 12", files=contents, desired=desired, limits=SLEEPS, verb=verb)
        context, units = self.services.context, self.services.units
        commands = self.node.commands
        commands.programs = ["python3", "nova-compute", "virsh"]
        commands.answer("/usr/bin/python3", self.python)
        self.virsh = Virsh({guest: {} for guest in guests} if not isinstance(guests, dict) else guests)
        commands.answer(URI, self.virsh)
        self.capable("vnc", "spice")
        self.api = ""
        self.options = dict({"DEFAULT/instances_path": "/srv/instances", "DEFAULT/state_path": "/srv"}, **dict(values))
        self.ports = list(ports)
        self.answer = None
        self.services.proc.process(100, "/system.slice/nova-compute.service", words=["nova-compute"])
        self.processes = Processes(context, units)
        self.probes = self.services.probes(version)
        self.queue = Queue(context, units, self.processes, self.services.program, self.probes)
        self.hypervisor = Hypervisor(context, self.services.nova, self.services.nova._packages)
        api = NovaApi(context, self.services.nova, self.services.program, self.probes)
        self.busy = Busy(context, self.services.nova, self.processes, self.hypervisor, api)
        self.api_asked = api

    @property
    def node(self):
        return self.services.node

    def python(self, words, stdin):
        if not stdin:
            return self.api
        return self.answer if self.answer is not None else said(self.options, self.ports)

    def capable(self, *displays):
        guests = "".join(guest + "\n" for guest in self.virsh.guests)
        self.node.commands.answer(CAPABILITIES, domcapabilities(*displays) + "\n\n" + guests + "\n")

    def connect(self, port=5672):
        self.services.proc.process(103, "/system.slice/nova-compute.service", open_files=["socket:[9]"])
        self.services.proc.socket("0100007F:9C40", "0100007F:%04X" % port, "01", 9)


def reported(error):
    return text_of(error.value)


class TestHypervisor:
    def test_qemu_with_spice_passes(self, tmp_path):
        Compute(tmp_path).hypervisor.check_hypervisor()

    @pytest.mark.parametrize(
        "values,text",
        [
            (
                {"DEFAULT/compute_driver": "ironic.IronicDriver"},
                "this compute's hypervisor is not libvirt ([DEFAULT] compute_driver = ironic.IronicDriver). Only libvirt with QEMU or KVM "
                "can do SPICE: take the node out",
            ),
            (
                {"libvirt/virt_type": "lxc"},
                "guests of this compute are LXC ([libvirt] virt_type = lxc), which has no SPICE. Only kvm and qemu have: take the node out",
            ),
        ],
    )
    def test_another_one_is_refused(self, tmp_path, values, text):
        with pytest.raises(Refused) as error:
            Compute(tmp_path, values=values).hypervisor.check_hypervisor()
        assert reported(error) == text

    def test_qemu_without_spice_is_refused_though_a_video_model_is_called_so(self, tmp_path):
        compute = Compute(tmp_path)
        compute.capable("vnc")
        with pytest.raises(Refused) as error:
            compute.hypervisor.check_hypervisor()
        assert reported(error) == (
            "QEMU on this node has no SPICE (virsh domcapabilities lists no spice graphics). Install a QEMU built with SPICE, or take the "
            "node out"
        )

    def test_a_libvirt_that_does_not_answer_is_refused(self, tmp_path):
        compute = Compute(tmp_path)
        compute.node.commands.answer(CAPABILITIES, failed(1, "error"))
        with pytest.raises(Refused) as error:
            compute.hypervisor.check_hypervisor()
        assert reported(error) == "libvirt does not answer 'virsh domcapabilities'. Start libvirtd, and run again"

    @pytest.mark.parametrize(
        "conf", ["", "#spice_tls = 1\n", "spice_tls = 0\n", "spice_tls = 10\n", "spice_tls_x = 1\n", "spice_tls_x509_cert_dir = 1\n"]
    )
    def test_secure_channels_need_tls_of_libvirt(self, tmp_path, conf):
        compute = Compute(tmp_path, options={"spice/require_secure": '"Yes"'}, files={"/etc/libvirt/qemu.conf": conf})
        with pytest.raises(Refused) as error:
            compute.hypervisor.check_secure_channels()
        assert "has no 'spice_tls = 1': libvirt would start no guest" in reported(error)
        for with_tls in ("spice_tls = 1\n", "x\n  spice_tls=1 # yes\n"):
            compute.node.files.put("/etc/libvirt/qemu.conf", with_tls)
            compute.hypervisor.check_secure_channels()

    def test_channels_that_need_not_be_secure_need_no_tls(self, tmp_path):
        compute = Compute(tmp_path, options={"spice/require_secure": "false"}, files={"/etc/libvirt/qemu.conf": ""})
        compute.hypervisor.check_secure_channels()

    def test_fifty_guests_cost_two_processes(self, tmp_path):
        guests = {uuid: {"dumpxml": dump(uuid, ("vnc", 5900 + n), *[("spice", 6000 + n)] * (n % 2))} for n, uuid in enumerate(MANY)}
        compute = Compute(tmp_path, guests)
        assert compute.hypervisor.running_guests("without", "spice") == MANY[::2]
        assert compute.hypervisor.running_guests("with", "spice") == MANY[1::2]
        assert len(compute.node.commands.calls) == 2
        compute.node.clock.pause(11)
        assert len(compute.hypervisor.guests()) == 50
        assert len(compute.node.commands.calls) == 4
        assert compute.hypervisor.guests()[1].ports == (5901, 6001)

    def test_those_that_the_check_of_qemu_listed_are_not_listed_again_but_after_ten_seconds(self, tmp_path):
        compute = Compute(tmp_path, {A: {"dumpxml": dump(A, ("vnc", 5900))}})
        compute.hypervisor.check_hypervisor()
        assert [guest.uuid for guest in compute.hypervisor.guests()] == [A]
        compute.node.clock.pause(11)
        assert [guest.uuid for guest in compute.hypervisor.guests()] == [A]
        asked = [words[-1] for words in compute.node.commands.calls if words[0] == "virsh"]
        assert asked == ["domcapabilities; list --uuid", "dumpxml " + A, "list --uuid", "dumpxml " + A]

    def test_a_libvirt_that_starts_a_guest_and_lists_none_meanwhile_tells_of_spice_and_is_asked_again(self, tmp_path):
        compute = Compute(tmp_path, {A: {"dumpxml": dump(A, ("vnc", 5900))}})
        compute.node.commands.answer(CAPABILITIES, Result(124, b"<domainCapab", b""))
        compute.node.commands.answer(CAPABILITIES[:-1] + ("domcapabilities",), domcapabilities("vnc", "spice"))
        compute.hypervisor.check_hypervisor()
        assert [guest.uuid for guest in compute.hypervisor.guests()] == [A]

    def test_a_guest_that_ended_meanwhile_is_none(self, tmp_path):
        compute = Compute(tmp_path, {A: {}, B: {"dumpxml": dump(B, ("vnc", 5900))}})
        assert [guest.uuid for guest in compute.hypervisor.guests()] == [B]

    def test_a_libvirt_that_does_not_tell_is_not_one_without_guests(self, tmp_path):
        compute = Compute(tmp_path, vnc_is_off=True)
        for answer in (failed(1, "error: failed to connect\n"), Result(124, b"", b"")):
            compute.node.commands.answer(URI, answer)
            for ask in (compute.hypervisor.guests_with_spice, compute.hypervisor.check_console_loss):
                with pytest.raises(CannotTell):
                    ask()
        assert compute.hypervisor.running_guests("without", "vnc") == []
        assert compute.services.said == ["libvirt does not report which guests run: libvirt gives no answer in 30 s"]

    def test_a_console_is_not_lost_without_a_word(self, tmp_path):
        guests = {A: {"dumpxml": dump(A, ("vnc", 5900))}, B: {"dumpxml": dump(B, ("spice", 5901))}, C: {"dumpxml": dump(C)}}
        with pytest.raises(Refused) as error:
            Compute(tmp_path / "1", guests, vnc_is_off=True).hypervisor.check_console_loss()
        assert "would lose their console: %s %s. " % (A, C) in reported(error)
        Compute(tmp_path / "2", guests, vnc_is_off=True, accept_console_loss=True).hypervisor.check_console_loss()
        Compute(tmp_path / "3", guests).hypervisor.check_console_loss()


class TestQueue:
    def test_one_that_is_connected_passes(self, tmp_path):
        compute = Compute(tmp_path)
        compute.connect()
        compute.queue.check_queue(COMPUTE)
        compute.queue.wait_for_queue(COMPUTE)

    def test_one_without_a_queue_by_tcp_passes(self, tmp_path):
        Compute(tmp_path, ports=()).queue.check_queue(COMPUTE)

    def test_one_that_does_not_run_is_refused(self, tmp_path):
        compute = Compute(tmp_path)
        compute.services.systemd.units[COMPUTE]["ActiveState"] = "deactivating"
        with pytest.raises(Refused) as error:
            compute.queue.check_queue(COMPUTE)
        assert reported(error) == (
            "nova-compute does not run (it is deactivating), so nothing could show whether it lives with new settings. Bring it up first; "
            "/var/log/nova/nova-compute.log has the cause where it does not start"
        )
        assert 1002 <= compute.node.clock.time <= 1003

    def test_one_without_a_connection_is_refused(self, tmp_path):
        compute = Compute(tmp_path, ports=(5671, 5672))
        with pytest.raises(Refused) as error:
            compute.queue.check_queue(COMPUTE)
        assert reported(error) == (
            "nova-compute has no connection to its message queue (TCP 5671 5672, by transport_url), and would not come up again. Mend that "
            "first; /var/log/nova/nova-compute.log has the cause"
        )

    def test_one_whose_configuration_cannot_be_read_is_refused(self, tmp_path):
        compute = Compute(tmp_path)
        compute.answer = json.dumps({"error": {"kind": "it cannot be parsed", "file": "/etc/nova/nova.conf", "line": 3}})
        with pytest.raises(Refused) as error:
            compute.queue.check_queue(COMPUTE)
        assert reported(error) == "the node's oslo.config cannot read what nova-compute reads (see above). Mend that, and run again"
        assert compute.node.reporter.quoted == [
            "openstack-spice: nova-compute: the configuration cannot be read: /etc/nova/nova.conf:3: it cannot be parsed"
        ]

    def test_after_a_start_it_is_waited_for_and_given_up(self, tmp_path):
        compute = Compute(tmp_path)
        with pytest.raises(Failed) as error:
            compute.queue.wait_for_queue(COMPUTE)
        assert reported(error).startswith(
            "nova-compute has no connection to its message queue (TCP 5672, by transport_url) 3 s after its start. "
        )

    @pytest.mark.parametrize("version,patience", [("33.0.2", 3), ("34.0.0", 20), ("26.2.2", 3)])
    def test_before_nova_34_every_one_says_that_it_is_ready(self, tmp_path, version, patience):
        compute = Compute(tmp_path, version=version)
        assert compute.services.units._witnesses[COMPUTE].patience() == patience

    def test_it_is_the_witness_of_a_unit_that_never_says_that_it_is_ready(self, tmp_path):
        compute = Compute(tmp_path)
        compute.services.systemd.units[COMPUTE].update(
            Type="notify", ActiveState="activating", SubState="start", TimeoutStartUSec="infinity", Job="5"
        )
        with pytest.raises(Refused):
            compute.queue.check_queue(COMPUTE)
        compute.connect()
        compute.queue.check_queue(COMPUTE)
        assert compute.services.units.is_active(COMPUTE)
        compute.services.systemd.units[COMPUTE]["TimeoutStartUSec"] = "1min 30s"
        with pytest.raises(Refused) as error:
            compute.queue.check_queue(COMPUTE)
        assert "so that systemd ends it after 1min 30s" in reported(error)


class TestBusy:
    def work(self, compute):
        return compute.busy.work_under_way(COMPUTE)

    def test_a_node_at_rest(self, tmp_path):
        compute = Compute(tmp_path, {uuid: {"domstate": "running (booted)\n\n", "domjobinfo": "Job type:         None\n"} for uuid in MANY})
        assert self.work(compute) == ""
        assert len([words for words in compute.node.commands.calls if words[0] == "virsh"]) == 2

    @pytest.mark.parametrize(
        "words,cgroup,user,work",
        [
            (["/usr/bin/qemu-img", "convert", "a", "b"], "/system.slice/nova-compute.service", "root", "qemu-img convert (pid 50)"),
            (["qemu-img", "info", "a"], "/system.slice/nova-compute.service", "root", ""),
            (["cp", "/x", "/srv/instances/1/disk"], "/", "root", "cp /x (pid 50)"),
            (["dd", "if=/x", "of=/srv/instances/1/disk"], "/", "root", "dd if=/x (pid 50)"),
            (["mkfs.ext4", "/srv/instances/1/disk"], "/", "root", "mkfs.ext4 /srv/instances/1/disk (pid 50)"),
            (["cp", "/x", "/srv/instances-of-others/disk"], "/", "root", ""),
            (["cp", "/x", "/srv/instances/1/disk"], "/", "nobody", ""),
            (["less", "/srv/instances/1/console.log"], "/", "root", ""),
            (["rsync", "\x1b]0;", "/srv/instances/1"], "/", "root", "rsync ?]0; (pid 50)"),
        ],
    )
    def test_images_that_are_copied_by_who_may(self, tmp_path, words, cgroup, user, work):
        compute = Compute(tmp_path)
        compute.services.proc.process(50, cgroup, uid=pwd.getpwnam(user).pw_uid, words=words)
        assert self.work(compute) == work

    def test_a_program_with_roots_rights_that_nobody_started_is_nobodys(self, tmp_path):
        compute = Compute(tmp_path)
        # As `exec -a cp su /srv/instances/1/disk`: its effective user is root.
        compute.services.proc.process(50, "/", uid=65534, words=["cp", "/srv/instances/1/disk"], effective=0)
        assert self.work(compute) == ""

    def test_an_image_that_is_fetched(self, tmp_path):
        compute = Compute(tmp_path)
        compute.services.proc.process(50, "/", uid=65534, open_files=["/srv/instances/_base/y.part"])
        compute.services.proc.process(51, "/", open_files=["/srv/other/_base/x.part", "/srv/instances/_base/x"])
        assert self.work(compute) == ""
        compute.services.proc.process(52, "/", open_files=["/srv/instances/_base/x.part"])
        assert self.work(compute) == "the image /srv/instances/_base/x.part is fetched"

    @pytest.mark.parametrize(
        "reported,work",
        [
            (
                {"domjobinfo": "Job type:         Unbounded   \nOperation:        Outgoing migration  \n"},
                "guest %s has a job: Outgoing migration" % B,
            ),
            ({"domjobinfo": "Job type:         Bounded   \n"}, "guest %s has a job: Bounded" % B),
            (
                {
                    "domblklist": " Target   Source\n------------\n vda      /var/lib/x\n\n",
                    "blockjob": " type=Block Commit\n bandwidth=0\n",
                },
                "disk vda of guest %s has a job: Block Commit" % B,
            ),
            ({"domblklist": " Target   Source\n------------\n vda      /var/lib/x\n\n"}, ""),
        ],
    )
    def test_guests_with_jobs(self, tmp_path, reported, work):
        assert self.work(Compute(tmp_path, {A: {"domstate": "running (booted)\n\n"}, B: reported})) == work

    @pytest.mark.parametrize(
        "state",
        [
            pytest.param("paused (migrating)", id="comes from another compute, or leaves by an old libvirt"),
            pytest.param("running (post-copy)", id="came from another compute, which sends its memory still"),
            pytest.param("paused (post-copy failed)", id="waits for its memory"),
            pytest.param("paused (saving)", id="is saved"),
            pytest.param("paused (creating snapshot)", id="has a snapshot taken"),
            pytest.param("paused (dumping)", id="is dumped"),
            pytest.param("paused (starting up)", id="starts"),
            pytest.param("in shutdown (user)", id="is on its way down"),
            pytest.param("paused (shutting down)", id="is on its way down, stopped already"),
        ],
    )
    def test_a_guest_on_its_way(self, tmp_path, state):
        assert self.work(Compute(tmp_path, {A: {"domstate": state + "\n\n"}})) == "guest %s is %s" % (A, state)

    @pytest.mark.parametrize(
        "state",
        [
            "running (booted)",
            "running (migrated)",
            "running (from snapshot)",
            "running (migration canceled)",
            "running (save canceled)",
            "running (restored)",
            "paused (user)",
            "paused (I/O error)",
        ],
    )
    def test_a_guest_at_rest(self, tmp_path, state):
        assert self.work(Compute(tmp_path, {A: {"domstate": state + "\n"}})) == ""

    def test_a_guest_of_which_libvirt_tells_nothing(self, tmp_path):
        compute = Compute(tmp_path, [A, B, C])
        compute.virsh.silent = (B,)
        assert self.work(compute) == "guest %s, of which libvirt reports nothing" % B

    def test_a_libvirt_that_does_not_answer(self, tmp_path):
        compute = Compute(tmp_path)
        compute.node.commands.answer(URI, failed(1, "no"))
        assert self.work(compute) == "libvirt does not answer, as where it is at work on a guest"

    def test_a_libvirt_that_goes_while_it_is_asked(self, tmp_path):
        compute = Compute(tmp_path, [A])
        answers = [A + "\n", failed(1, "error: failed to connect to the hypervisor\n", "=openstack-spice= x\n"), ""]
        compute.node.commands.answer(URI, lambda words, stdin: answers.pop(0))
        assert self.work(compute) == "libvirt does not answer, as where it is at work on a guest"

    @pytest.mark.parametrize(
        "result,work",
        [
            ("", ""),
            ("a warning\nserver 1 has the task x\n", "server 1 has the task x, by Nova's API"),
            (failed(8, "a warning\nno route\n"), "Nova's API does not report whether it is (no route)"),
            (Result(124, b"", b""), "Nova's API does not report whether it is (no answer in 60 s)"),
        ],
    )
    def test_what_novas_api_tells(self, tmp_path, result, work):
        compute = Compute(tmp_path, nova_api_credentials="service_user")
        compute.api = result
        assert self.work(compute) == work
        assert compute.node.commands.calls[-1][-2:] == ("service_user", "nova-compute")

    @pytest.mark.parametrize(
        "status,text", [(9, "Nova's API cannot be asked with the credentials of [x], "), (1, "Nova's API could not be asked: ")]
    )
    def test_credentials_that_do_not_serve(self, tmp_path, status, text):
        compute = Compute(tmp_path, nova_api_credentials="x")
        compute.api = failed(status, "no such user\n")
        with pytest.raises(Refused) as error:
            self.work(compute)
        assert reported(error).startswith(text) and "no such user" in reported(error)

    def busy_for(self, compute, seconds):
        compute.virsh.guests = {A: {"domstate": "paused (saving)\n\n"}}
        compute.node.clock._events = [(1000.0 + seconds, lambda: compute.virsh.guests.clear())]

    def test_it_is_waited_for(self, tmp_path):
        compute = Compute(tmp_path)
        self.busy_for(compute, 5)
        compute.busy.check_busy(COMPUTE)
        work = "busy: guest %s is paused (saving); waiting for that, at most 10 s, before nova-compute is restarted" % A
        assert compute.services.said == [work, work]

    def test_it_is_postponed(self, tmp_path):
        compute = Compute(tmp_path)
        self.busy_for(compute, 50)
        with pytest.raises(Refused) as error:
            compute.busy.check_busy(COMPUTE)
        assert reported(error) == (
            "postponed: after 10 s the node is still busy: guest %s is paused (saving). Nothing was changed; the next 'pulumi up' goes on "
            "with this node" % A
        )

    def test_a_check_only_tells(self, tmp_path):
        compute = Compute(tmp_path, verb="check")
        self.busy_for(compute, 50)
        compute.busy.check_busy(COMPUTE)
        assert compute.services.said == ["busy: guest %s is paused (saving). The restart of nova-compute would wait for that" % A]

    def test_parsers(self):
        assert job_of("") == "" and disks_of("") == []
        assert disks_of(" Target   Source\n---\n vda   /a b\n sda   -\n\n") == ["vda", "sda"]
        assert disks_of("Target Source\n---\n$(x) /a\n") == []
