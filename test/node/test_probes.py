"""What services read is asked of Nova's own Python, as the service's user, once; and what it says is data."""

import json
import os
import pwd

import pytest
from fakes import failed
from openstack_spice.document.desired import Desired
from openstack_spice.errors import Failed, Refused
from openstack_spice.messages import text_of
from openstack_spice.nova.effective import Effective
from openstack_spice.services.answers import LARGEST, WANTED, checked
from openstack_spice.services.page import Page, local_address
from openstack_spice.services.probes import isolation
from openstack_spice.system.commands import Result
from services_support import ABSENT, Services

SPICE, COMPUTE = "nova-spicehtml5proxy", "nova-compute"
ME = pwd.getpwuid(os.geteuid()).pw_name
NOBODY = pwd.getpwnam("nobody").pw_name
SECRET = "s3cret"


def said(values=(), ports=(), wrong=(), before=""):
    names = ["%s/%s" % entry[:2] for entry in WANTED]
    return before + "\n" + json.dumps({"values": dict(dict.fromkeys(names, ""), **dict(values)), "ports": ports, "wrong": wrong}) + "\n"


class Asking:
    """A node whose Python gives this answer to the probe."""

    def __init__(self, tmp_path, answer, units=None, on="Debian 12", files=(), **parts):
        contents = {"/etc/nova/nova.conf": "[DEFAULT]\nstate_path = /srv\n", "/usr/bin/nova-compute": "#!/usr/bin/python3\n"}
        contents.update(files)
        units = units or {COMPUTE: {"User": NOBODY}, SPICE: {"User": NOBODY}}
        self.services = Services(tmp_path, units, on=on, files=contents, **parts)
        self.node = self.services.node
        self.node.commands.programs = ["python3", "nova-compute"]
        self.node.commands.answer("/usr/bin/python3", answer)
        self.services.proc.process(
            100,
            "/system.slice/nova-compute.service",
            words=["/usr/bin/python3", "/usr/bin/nova-compute", "--config-file=/etc/nova/nova.conf"],
            environment=["OS_DEFAULT__HOST=c-1", "PYTHONPATH=/tmp", "HOME=/var/lib/nova", "LANG=C"],
        )
        self.probes = self.services.probes()
        self.nova = self.services.nova
        self.source = self.probes.source("options")

    @property
    def calls(self):
        return [(words, options) for words, options in zip(self.node.commands.calls, self.node.commands.options) if "python3" in words[0]]

    def request(self, number=-1):
        numbers = [number for number, words in enumerate(self.node.commands.calls) if "python3" in words[0]]
        return json.loads(self.node.commands.inputs[numbers[number]].decode("ascii"))


def test_a_probe_runs_isolated_as_the_services_user_with_its_variables_alone(tmp_path):
    asking = Asking(tmp_path, said())
    asking.nova.compute_option("DEFAULT", "compute_driver", "x")
    ((words, options),) = asking.calls
    assert words == ("/usr/bin/python3", "-I", "-W", "ignore", "-c", asking.source)
    assert options["user"] == NOBODY
    assert options["environment"] == {"OS_DEFAULT__HOST": "c-1"}
    assert options["seconds"] == 60
    request = asking.request()
    assert request["prog"] == "nova-compute"
    assert request["arguments"] == ["--config-file=/etc/nova/nova.conf"]
    assert request["real"] == "/etc/nova/nova.conf"
    assert len(json.dumps(words)) < 128 * 1024


def test_home_is_passed_where_oslo_config_looks_for_files_below_it(tmp_path):
    asking = Asking(tmp_path, said())
    with open(asking.services.proc.root + "/100/cmdline", "w") as file:
        file.write("/usr/bin/python3\0/usr/bin/nova-compute\0")
    asking.nova.compute_option("DEFAULT", "compute_driver", "x")
    assert asking.calls[0][1]["environment"] == {"OS_DEFAULT__HOST": "c-1", "HOME": "/var/lib/nova"}


def test_python_2_has_no_isolated_mode():
    assert [isolation(path) for path in ("/usr/bin/python3", "/opt/x/bin/python3.6", "/usr/bin/python2", "/usr/bin/python")] == [
        ["-I"],
        ["-I"],
        ["-E", "-s"],
        ["-E", "-s"],
    ]


def test_one_answer_has_all_that_a_run_needs(tmp_path):
    asking = Asking(tmp_path, said({"libvirt/virt_type": "qemu", "DEFAULT/instances_path": "/srv/instances"}, [5672]))
    assert asking.nova.compute_option("libvirt", "virt_type", "kvm") == "qemu"
    assert asking.nova.compute_option("DEFAULT", "instances_path", "x") == "/srv/instances"
    assert asking.nova.compute_option("DEFAULT", "compute_driver", "libvirt.LibvirtDriver") == "libvirt.LibvirtDriver"
    assert asking.probes.queue_ports(COMPUTE).ports == (5672,)
    assert len(asking.calls) == 1


def test_an_answer_is_true_until_something_that_it_depends_on_changes(tmp_path):
    asking = Asking(tmp_path / "1", said({"spice/html5proxy_port": "6083"}))
    files = asking.node.files
    os.makedirs(files.at("/var/lib/openstack-spice/roles/controller"))

    def run():
        before = len(asking.calls)
        asking.services.units.forget()
        asking.probes = asking.services.probes()
        assert asking.services.nova.option("spice", "html5proxy_port", "6082") == "6083"
        asking.probes.keep()
        return len(asking.calls) - before

    assert [run(), run()] == [1, 0]
    files.put("/etc/nova/nova.conf", "[DEFAULT]\nstate_path = /other\n")
    assert [run(), run()] == [1, 0]
    files.put("/etc/nova/nova.conf.d/site.conf", "[DEFAULT]\n")
    assert [run(), run()] == [1, 0]
    asking.services.systemd.units[SPICE]["ExecMainStartTimestampMonotonic"] = "6000000"
    assert [run(), run()] == [1, 0]
    asking.services.systemd.units[SPICE]["Environment"] = "OS_SPICE__HTML5PROXY_PORT=1"
    assert [run(), run()] == [1, 0]
    kept = files.at("/var/lib/openstack-spice/roles/controller/answers")
    assert os.stat(kept).st_mode & 0o777 == 0o600
    with open(kept, "w") as file:
        file.write('{"%s": {"key": 1}}' % SPICE)
    assert [run(), run()] == [1, 0]


def test_nothing_is_kept_where_the_role_has_no_folder(tmp_path):
    asking = Asking(tmp_path, said())
    asking.nova.option("spice", "html5proxy_port", "6082")
    asking.probes.keep()
    assert not asking.node.files.exists("/var/lib/openstack-spice/roles/controller")


def test_an_option_that_could_be_a_secret_is_not_kept(tmp_path):
    asking = Asking(tmp_path, said({"keystone_authtoken/password": "mysql://nova:%s@db/nova" % SECRET}))
    os.makedirs(asking.node.files.at("/var/lib/openstack-spice/roles/controller"))
    assert SECRET in asking.nova.option("keystone_authtoken", "password", "")
    assert asking.request()["options"][-1] == ["keystone_authtoken", "password", None, "", ""]
    asking.probes.keep()
    assert SECRET not in asking.node.files.text("/var/lib/openstack-spice/roles/controller/answers")


class TestBeforeNovasPackagesAreThere:
    FILES = {
        "/usr/share/nova/nova-dist.conf": "[DEFAULT]\nstate_path = /dist\n[libvirt]\nvirt_type = qemu\n",
        "/etc/nova/nova.conf": "[DEFAULT]\nstate_path = /srv\ninstances_path = ${state_path}/i$$\n",
    }

    def test_the_files_are_read(self, tmp_path):
        absent = {"openstack-nova-compute": ABSENT, "openstack-nova-spicehtml5proxy": ABSENT}
        asking = Asking(tmp_path, said(), units=absent, on="CentOS 7", files=self.FILES)
        assert asking.nova.compute_option("DEFAULT", "instances_path", "") == "/srv/i$"
        assert asking.nova.compute_option("libvirt", "virt_type", "kvm") == "qemu"
        assert asking.nova.option("spice", "html5proxy_port", "6082") == "6082"
        assert asking.calls == []

    def test_as_where_python_has_no_oslo_config(self, tmp_path):
        asking = Asking(tmp_path, '{"error": {"kind": "no-oslo"}}')
        assert asking.nova.compute_option("DEFAULT", "state_path", "") == "/srv"


class TestWhatCannotBeRead:
    BROKEN = json.dumps({"error": {"file": "/etc/nova/nova.conf", "line": 12, "kind": "Unexpected continuation line"}})

    def test_names_file_line_and_kind(self, tmp_path):
        asking = Asking(tmp_path, self.BROKEN)
        with pytest.raises(Refused) as error:
            asking.nova.option("spice", "html5proxy_port", "6082")
        assert text_of(error.value) == (
            "oslo.config cannot read what nova-spicehtml5proxy would read: /etc/nova/nova.conf:12: Unexpected continuation line. "
            "Mend that, and run again"
        )

    def test_keeps_no_revert_from_its_way(self, tmp_path):
        asking = Asking(tmp_path, self.BROKEN, verb="revert")
        assert asking.nova.option("DEFAULT", "state_path", "") == "/srv"


@pytest.mark.parametrize(
    "result,error",
    [
        (Result(124, b"", b""), "no answer in 60 s"),
        (Result(0, b"", b""), "it says nothing"),
        (failed(1, "Traceback\nSystemError: \x1b[2J\n"), "SystemError: ?[2J"),
        (Result(0, b"[1]", b""), "it says nothing"),
        (Result(0, b'{"values": {"a": 1}, "ports": []}', b""), "it says what cannot be understood"),
        (Result(0, b'{"values": {}, "ports": [70000]}', b""), "it says what cannot be understood"),
        (Result(0, b'{"values": {}, "ports": [], "wrong": [["a"]]}', b""), "it says what cannot be understood"),
        (Result(0, ('{"values": {"a": "%s"}, "ports": []}' % ("x" * 5000)).encode(), b""), "it says what cannot be understood"),
        (Result(0, b'{"error": 5}', b""), "it says what cannot be understood"),
        (Result(0, b'{"error": {"kind": "a\\u001bb", "file": "/x", "line": true}}', b""), "/x:1: a?b"),
        (Result(0, b"x" * (2 * LARGEST), b""), "it says nothing"),
    ],
)
def test_what_a_probe_says_is_checked(result, error):
    assert checked(result, 60).error == error


def test_what_libraries_print_before_the_answer_does_not_count():
    assert checked(Result(0, said(ports=[1], before="a warning {").encode(), b""), 60).ports == (1,)


class TestUser:
    def test_is_root_only_where_all_that_it_reads_is_roots(self, tmp_path):
        if os.geteuid() != 0:
            pytest.skip("needs root: files of others")
        asking = Asking(tmp_path, said(), units={SPICE: {"User": "", "MainPID": "0"}})
        assert asking.services.program.user(SPICE) == "root"
        os.chown(asking.node.files.at("/etc/nova"), 65534, 0)
        with pytest.raises(Refused) as error:
            asking.services.program.user(SPICE)
        assert text_of(error.value).startswith("nova-spicehtml5proxy runs as root, and reads /etc/nova, which others can change: ")

    def test_is_the_processs_where_the_unit_names_none(self, tmp_path):
        asking = Asking(tmp_path, said(), units={COMPUTE: {"User": "", "MainPID": "101"}})
        asking.services.proc.process(101, "/system.slice/nova-compute.service", uid=65534)
        assert asking.services.program.user(COMPUTE) == NOBODY

    def test_may_be_a_number(self, tmp_path):
        assert Asking(tmp_path, said(), units={COMPUTE: {"User": "65534"}}).services.program.user(COMPUTE) == NOBODY

    def test_that_is_not_known_is_refused(self, tmp_path):
        asking = Asking(tmp_path, said(), units={COMPUTE: {"User": "no-such-user"}})
        with pytest.raises(Refused) as error:
            asking.services.program.user(COMPUTE)
        assert "runs as the user no-such-user, whom this node does not know" in text_of(error.value)


class TestCommand:
    def test_of_a_service_that_does_not_run_is_its_unit_files(self, tmp_path):
        start = (
            "{ path=/usr/bin/nova-compute ; argv[]=/usr/bin/nova-compute --config-file /a --config-dir=/b -v ; ignore_errors=no ; pid=0 }"
        )
        services = Services(tmp_path, {COMPUTE: {"MainPID": "0", "ExecStart": start}})
        assert services.program.arguments(COMPUTE) == ["--config-file", "/a", "--config-dir=/b"]
        assert services.program.config_paths(COMPUTE) == ["/a", "/b"]

    def test_of_an_init_script_is_what_it_tells_as_the_services_user(self, tmp_path):
        start = "{ path=/etc/init.d/nova-x ; argv[]=/etc/init.d/nova-x systemd-start ; ignore_errors=no ; pid=0 }"
        services = Services(tmp_path, {SPICE: {"MainPID": "0", "ExecStart": start, "User": NOBODY}})
        services.node.commands.answer("/etc/init.d/nova-x show-args", "/usr/bin/nova-x --config-file=/etc/nova/nova.conf\n")
        assert services.program.command(SPICE) == services.program.command(SPICE)
        assert services.program.arguments(SPICE) == ["--config-file=/etc/nova/nova.conf"]
        assert [options["user"] for options in services.node.commands.options[1:]] == [NOBODY]

    def test_may_be_bytes_of_any_encoding(self, tmp_path):
        services = Services(tmp_path, {COMPUTE: {}})
        services.proc.process(100, "", words=["x", "--config-file=/caf\udce9"])
        assert services.program.arguments(COMPUTE) == ["--config-file=/caf\udce9"]


class TestInForce:
    WRONG = [["spice", "enabled", "no\x1b", "/etc/nova/nova-compute.conf"]]
    DECLARED = Desired(role="compute", node="node-1", options={"spice/enabled": "true"})

    def asking(self, tmp_path, answer, desired=DECLARED):
        asking = Asking(tmp_path, answer, desired=desired)
        return asking, Effective(asking.services.context, asking.nova, asking.services.program, asking.probes)

    def test_others_that_win_are_named(self, tmp_path):
        asking, effective = self.asking(tmp_path, said(wrong=self.WRONG))
        reported = effective.options_in_force(COMPUTE)
        assert (reported.status, reported.lines) == (9, ("nova-compute reads [spice] enabled = no? from /etc/nova/nova-compute.conf",))
        assert asking.request()["declared"] == [["spice", "enabled", "true"]]
        with pytest.raises(Failed) as error:
            effective.verify_effective_options(COMPUTE)
        assert asking.node.reporter.quoted == ["openstack-spice: " + reported.lines[0]]
        assert text_of(error.value) == (
            "another configuration file or an OS_ variable of nova-compute wins over /etc/nova/nova.conf (named above). "
            "Take the option out of it"
        )

    def test_nova_conf_as_planned_goes_by_a_descriptor_of_a_file_without_a_name(self, tmp_path):
        seen = []

        def answer(words, stdin):
            number = int(words[-1].rpartition("/")[2])
            with open(words[-1], "rb") as file:
                seen.append((file.read(), os.fstat(number).st_nlink, os.fstat(number).st_mode & 0o777, os.fstat(number).st_uid))
            return said()

        asking, effective = self.asking(tmp_path, answer)
        assert effective.options_in_force(COMPUTE, b"[spice]\nenabled = true\n").status == 0
        owner = pwd.getpwnam(NOBODY).pw_uid if os.geteuid() == 0 else os.geteuid()
        assert seen == [(b"[spice]\nenabled = true\n", 0, 0o400, owner)]
        ((words, options),) = asking.calls
        assert words[-1] == "/dev/fd/%d" % options["pass_fds"][0]

    def test_an_answer_about_the_plan_is_none_about_the_node(self, tmp_path):
        asking, effective = self.asking(tmp_path, said())
        effective.options_in_force(COMPUTE, b"x")
        asking.nova.compute_option("libvirt", "virt_type", "kvm")
        assert len(asking.calls) == 2

    def test_a_line_that_cannot_be_read_has_its_number_in_the_file_as_it_is(self, tmp_path):
        def answer(words, stdin):
            planned = words[-1].startswith("/dev/fd/")
            return json.dumps({"error": {"file": "/etc/nova/nova.conf", "line": 9 if planned else 8, "kind": "Empty section name"}})

        _, effective = self.asking(tmp_path, answer)
        assert effective.options_in_force(COMPUTE, b"x").lines == ("/etc/nova/nova.conf:8: Empty section name",)

    def test_the_proof_of_a_run_is_the_answer_of_the_next_one(self, tmp_path):
        asking, effective = self.asking(tmp_path, said())
        effective.verify_effective_options(COMPUTE)
        asking.nova.compute_option("libvirt", "virt_type", "kvm")
        assert len(asking.calls) == 1

    def test_the_proof_of_a_run_is_that_of_later_ones_until_the_node_or_what_is_declared_changes(self, tmp_path):
        options = {}
        asking, _ = self.asking(tmp_path, said(), Desired(role="compute", node="node-1", options=options))
        folder = asking.node.files.at("/var/lib/openstack-spice/roles/compute")
        os.makedirs(folder)

        def asked(value="true"):
            before = len(asking.calls)
            asking.services.units.forget()
            options["spice/enabled"] = value
            probes = asking.services.probes()
            asking.services.nova.compute_option("libvirt", "virt_type", "kvm")
            reported = Effective(asking.services.context, asking.services.nova, asking.services.program, probes).options_in_force(COMPUTE)
            probes.keep()
            return reported.status, len(asking.calls) - before

        assert [asked(), asked()] == [(0, 1), (0, 0)]
        assert [asked("not-kept-text"), asked("not-kept-text"), asked()] == [(0, 1), (0, 0), (0, 1)]
        with open(folder + "/answers") as file:
            assert "not-kept-text" not in file.read()
        asking.node.commands.answer("/usr/bin/python3", said(wrong=self.WRONG))
        with open(asking.node.files.at("/etc/nova/nova.conf"), "a") as file:
            file.write("\n")
        assert [asked(), asked()] == [(9, 2), (9, 1)]

    def test_no_answer_is_no_proof(self, tmp_path):
        asking, effective = self.asking(tmp_path, failed(1, "boom\n"))
        assert effective.options_in_force(COMPUTE)[:2] == (1, ("boom",))
        with pytest.raises(Failed) as error:
            effective.verify_effective_options(COMPUTE)
        assert text_of(error.value).startswith("the node's oslo.config does not report what nova-compute reads (boom). ")

    def test_where_nothing_is_declared_nothing_is_asked(self, tmp_path):
        asking, effective = self.asking(tmp_path, said(), Desired(role="compute", node="node-1"))
        assert effective.options_in_force(COMPUTE).status == 0
        assert asking.calls == []


class TestPage:
    def page(self, tmp_path, page, options=(), values=()):
        answers = []

        def answer(words, stdin):
            if "--is-it-json" in words or stdin:
                return said(values)
            answers.append(words[-2:])
            return page

        asking = Asking(tmp_path, answer, desired=Desired(role="controller", node="node-1", options=dict(options)))
        return asking, Page(asking.services.context, asking.services.units, asking.nova, asking.probes), answers

    def test_its_address_is_what_the_proxy_reads(self, tmp_path):
        asking, page, asked = self.page(tmp_path, "", values={"spice/html5proxy_host": "::", "spice/html5proxy_port": "6083"})
        page.verify_page()
        assert asked == [("http://[::1]:6083/spice_auto.html", "")]

    def test_over_tls_it_has_the_declared_certificate(self, tmp_path):
        asking, page, asked = self.page(tmp_path, "", options={"DEFAULT/cert": "/etc/nova/console.pem"}, values={"DEFAULT/ssl_only": "Yes"})
        asking.node.files.put("/etc/nova/console.pem", "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n")
        page.verify_page()
        digest = "2C:F2:4D:BA:5F:B0:A3:0E:26:E8:3B:2A:C5:B9:E2:9E:1B:16:1E:5C:1F:A7:42:5E:73:04:33:62:93:8B:98:24"
        assert asked == [("https://127.0.0.1:6082/spice_auto.html", digest)]

    def test_what_is_wrong_is_reported_before_the_services_last_words(self, tmp_path):
        reported = "http://127.0.0.1:6082/main.js: HTTP Error 404: File not found\x1b"
        asking, page, _ = self.page(tmp_path, failed(9, out=reported))
        with pytest.raises(Failed) as error:
            page.verify_page()
        assert asking.node.reporter.quoted == ["openstack-spice: " + reported.replace("\x1b", "?"), "its last line"]
        assert text_of(error.value).startswith("nova-spicehtml5proxy does not serve the console page. ")

    def test_its_address_on_this_node(self):
        assert [local_address(address) for address in ("0.0.0.0", "::", "2001:db8::1", "192.0.2.1")] == [
            "127.0.0.1",
            "[::1]",
            "[2001:db8::1]",
            "192.0.2.1",
        ]
