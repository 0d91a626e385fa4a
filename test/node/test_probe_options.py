"""The probe `options`, run by a Python that has oslo.config: what it reads is what Nova's services read; no secret is in an error."""

import json
import os
import subprocess

import pytest
from openstack_spice.services.answers import WANTED, checked
from openstack_spice.services.probes import isolation
from openstack_spice.system.commands import Result
from openstack_spice.system.own import own_text
from probing import ANY_PYTHON, PYTHON, is_python_3, needs_oslo, probe, since_stein

SECRET = "s3cret"


# Answers with one process that has oslo.config loaded already: each probe is a child of it, which reads and writes files.
SERVER = r"""
import json, os, sys
import oslo_config.cfg
for line in iter(sys.stdin.readline, ""):
    call = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, path in enumerate(call["streams"]):
            os.dup2(os.open(path, os.O_RDWR), number)
        sys.stdin, sys.stdout, sys.argv = os.fdopen(0), os.fdopen(1, "w"), ["-c"] + call["arguments"]
        os.environ.update(call["environment"])
        exec(compile(call["source"], "probe", "exec"), {"__name__": "__main__"})
        os._exit(0)
    os.waitpid(child, 0)
    sys.stdout.write("done\n")
    sys.stdout.flush()
"""


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Server:
    """Runs the probe `options` often without the time that Python and oslo.config take to load."""

    def __init__(self, folder):
        self.folder = folder
        variables = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        command = [PYTHON] + isolation(PYTHON) + ["-W", "ignore", "-c", SERVER]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables)
        self.source = own_text("probes/options.py")

    def ask(self, stdin, environment, planned):
        streams = [str(self.folder / name) for name in ("in", "out", "err")]
        for path, data in zip(streams, (stdin, b"", b"")):
            with open(path, "wb") as file:
                file.write(data)
        arguments = [] if planned is None else [planned]
        call = dict(source=self.source, streams=streams, environment=dict(environment), arguments=arguments)
        self.process.stdin.write(json.dumps(call).encode("ascii") + b"\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"done\n"
        return Result(0, *map(read, streams[1:]))


@pytest.fixture(scope="module")
def reported():
    """What is reported of options that are wrong, as this oslo.config can: one before Stein knows no sources."""
    knows = since_stein()

    def as_it_can(*wrong):
        nothing_known = "another file or a variable"
        return [
            (name, value, source if knows or not source.startswith(("@", "default")) else nothing_known) for name, value, source in wrong
        ]

    return as_it_can


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("server"))
    yield one
    one.process.stdin.close()
    one.process.stdout.close()
    one.process.wait()


@needs_oslo
class TestOptions:
    @pytest.fixture(autouse=True)
    def _server(self, server):
        self.server = server

    def ask(self, tmp_path, conf, declared=(), arguments=None, environment=(), planned=None, options=(), prog="nova-compute"):
        path = str(tmp_path / "nova.conf")
        with open(path, "wb") as file:
            file.write(conf)
        words = ["--config-file=" + path] if arguments is None else [word.replace("@", str(tmp_path)) for word in arguments]
        request = dict(prog=prog, real=path, arguments=words, declared=list(declared), options=list(WANTED) + list(options))
        stdin = json.dumps(request).encode("ascii")
        copy = None
        if planned is not None:
            copy = str(tmp_path / "planned")
            with open(copy, "wb") as file:
                file.write(planned)
        result = self.server.ask(stdin, environment, copy)
        assert SECRET.encode() not in result.out + result.err
        return checked(result, 60)

    def wrong(self, tmp_path, conf, declared, **more):
        answer = self.ask(tmp_path, conf, declared, **more)
        assert answer.error == ""
        return [(option, value, source.replace(str(tmp_path), "@")) for _, option, value, source in answer.wrong]

    @pytest.mark.parametrize(
        "line,ports",
        [
            (b"transport_url = rabbit://nova:s3cret@queue.example:5673/", (5673,)),
            (b"transport_url = rabbit://nova:s3cret@queue.example", (5672,)),
            (b"transport_url = rabbit://a:b@h1:5671,a:b@h2:5672,a:b@[2001:db8::1]:5674/v?ssl=1", (5671, 5672, 5674)),
            (b"transport_url = rabbit://a:b@[2001:db8::1]/", (5672,)),
            (b"transport_url = rabbit://a:5999@queue.example/", (5672,)),
            (b"transport_url = fake://", ()),
            (b"debug = false", (5672,)),
            (b"rabbit_hosts = h1:5680,h2:5681", (5680, 5681)),
            (b"rabbit_host = h1\nrabbit_port = 5690", (5690,)),
            (b"rpc_backend = fake", ()),
        ],
    )
    def test_the_queues_ports(self, tmp_path, line, ports):
        assert self.ask(tmp_path, b"[DEFAULT]\n" + line + b"\n").ports == ports

    def test_references_and_defaults_as_oslo_config_has_them(self, tmp_path):
        def instances(conf):
            return self.ask(tmp_path, conf).values["DEFAULT/instances_path"]

        assert instances(b"") == "/var/lib/nova/instances"
        assert instances(b"[DEFAULT]\nstate_path = /srv\n") == "/srv/instances"
        assert instances(b"[DEFAULT]\nstate_path = /srv\ninstances_path = $state_path/i\n") == "/srv/i"
        assert instances(b"[DEFAULT]\ninstances_path = $elsewhere/i\nelsewhere = /e\n") == "/e/i"

    def test_older_names_count(self, tmp_path):
        values = self.ask(tmp_path, b"[DEFAULT]\nnovncproxy_port = 6090\nlibvirt_type = qemu\n").values
        assert [values["vnc/novncproxy_port"], values["libvirt/virt_type"]] == ["6090", "qemu"]

    @pytest.mark.parametrize(
        "written,reported",
        [
            (b"mysql+pymysql://nova:s3cret@db/nova", "mysql+pymysql"),
            (b"sqlite:////var/lib/nova/nova.sqlite", "sqlite:////var/lib/nova/nova.sqlite"),
            (b"s3cret", "unknown"),
            (b"mysql://nova:$s3cret@db/nova", "mysql"),
            (b"", ""),
        ],
    )
    def test_of_the_database_no_password_is_shown(self, tmp_path, written, reported):
        assert self.ask(tmp_path, b"[database]\nconnection = %s\n" % written).values["database/connection"] == reported

    def test_all_files_that_the_service_reads_count(self, tmp_path):
        (tmp_path / "more.conf").write_text("[spice]\nhtml5proxy_port = 6083\n")
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / "9.conf").write_text("[libvirt]\nvirt_type = lxc\n")
        arguments = ["--config-file=@/nova.conf", "--config-file", "@/more.conf", "--config-dir", "@/d"]
        values = self.ask(tmp_path, b"[spice]\nhtml5proxy_port = 1\n", arguments=arguments).values
        assert [values["spice/html5proxy_port"], values["libvirt/virt_type"]] == ["6083", "lxc"]

    @pytest.mark.parametrize(
        "line,reported",
        [
            (b"connection = mysql+pymysql://nova:s3cret@db/nova", "mysql+pymysql"),
            (b"connection = mysql+pymysql://nova:s3cret$x${a.b}@db/nova", "unknown"),
            (b"sql_connection = mysql://nova:s3cret@db/nova", "mysql"),
            (b"connection = sqlite:////var/lib/nova/novadb", "sqlite:////var/lib/nova/novadb"),
            (b"connection =", ""),
            (b"", ""),
        ],
    )
    def test_of_the_database_only_its_kind_is_shown(self, tmp_path, line, reported):
        section = b"[DEFAULT]\n" if line.startswith(b"sql_") else b"[database]\n"
        assert self.ask(tmp_path, section + line + b"\n").values["database/connection"] == reported

    def test_a_declared_value_that_refers_to_another_option_is_read_beside_that_one(self, tmp_path, reported):
        conf = b"[DEFAULT]\nmy_ip = 192.0.2.7\n[console]\nallowed_origins = $my_ip, console\n"
        declared = [("console", "allowed_origins", "$my_ip, console")]
        for arguments in (None, ["--config-dir=@/d"]):
            (tmp_path / "d").mkdir(exist_ok=True)
            (tmp_path / "d" / "1.conf").write_bytes(conf)
            assert self.wrong(tmp_path, conf, declared, arguments=arguments) == []
        wrong = self.wrong(tmp_path, conf.replace(b", console", b""), declared)
        assert wrong == reported(("allowed_origins", "192.0.2.7", "@/nova.conf"))

    def test_any_bytes_in_a_comment(self, tmp_path):
        assert self.ask(tmp_path, "[spice]\n# Grüße\nhtml5proxy_port = 6083\n".encode("latin-1")).values["spice/html5proxy_port"] == "6083"

    def test_a_lone_carriage_return_ends_a_line_in_python_3(self, tmp_path):
        def port(conf):
            return self.ask(tmp_path, conf).values["spice/html5proxy_port"]

        # As the message nova-conf-carriage-return says.
        found = [port(b"[spice]\n# a comment\rhtml5proxy_port = 6083\n"), port(b"[spice]\nhtml5proxy_port = 6083\renabled = true\n")]
        assert found == (["6083", "6083"] if is_python_3() else ["", "6083\renabled = true"])

    def test_what_wins_over_nova_conf_is_named_with_its_source(self, tmp_path, reported):
        (tmp_path / "more.conf").write_text("[spice]\nserver_listen = $my_ip\n[DEFAULT]\nmy_ip = 192.0.2.7\n")
        arguments = ["--config-file=@/nova.conf", "--config-file=@/more.conf"]
        declared = [
            ("spice", "server_listen", "0.0.0.0"),
            ("spice", "enabled", "true"),
            ("spice", "agent_enabled", "false"),
            ("spice", "x", "1"),
        ]
        environment = {"OS_SPICE__AGENT_ENABLED": "yes"}
        conf = b"[spice]\nenabled = ON\nserver_listen = 0.0.0.0\n"
        of_the_variable = ("agent_enabled", "yes", "OS_SPICE__AGENT_ENABLED") if since_stein() else ("agent_enabled", "None", "default")
        assert self.wrong(tmp_path, conf, declared, arguments=arguments, environment=environment) == reported(
            of_the_variable, ("server_listen", "192.0.2.7", "@/more.conf"), ("x", "None", "default")
        )

    def test_nova_conf_as_planned_counts_in_the_place_of_the_real_one(self, tmp_path, reported):
        declared = [("spice", "enabled", "true"), ("spice", "jpeg_compression", "auto")]
        planned = b"[spice]\nenabled = true\njpeg_compression = never\n"
        wrong = self.wrong(tmp_path, b"[spice]\nenabled = false\n", declared, planned=planned)
        assert wrong == reported(("jpeg_compression", "never", "@/nova.conf"))

    def test_values_as_written_are_read_as_oslo_config_reads_them(self, tmp_path):
        declared = [("spice", "a", "'x y'"), ("spice", "b", "a$$b"), ("spice", "c", '"$$"')]
        assert self.wrong(tmp_path, b"[spice]\na = x y\nb = 'a$$b'\nc = $$\n", declared) == []

    @pytest.mark.parametrize(
        "conf,line,kind",
        [
            (b"[DEFAULT]\ntransport_url = \n\n  s3cret\n", 4, "Unexpected continuation line"),
            (b"[DEFAULT]\ns3cret\n", 2, "No ':' or '=' found in assignment"),
            (b"[s3cret\n", 1, "Invalid section (must end with ])"),
            (b"[DEFAULT]\n= s3cret\n", 2, "Key cannot be empty"),
        ],
    )
    @pytest.mark.parametrize("as_planned", [False, True])
    def test_an_error_has_file_line_and_kind_and_no_line_of_the_file(self, tmp_path, conf, line, kind, as_planned):
        answer = self.ask(tmp_path, b"" if as_planned else conf, planned=conf if as_planned else None)
        assert answer.error == "%s:%d: %s" % (tmp_path / "nova.conf", line, kind)

    def test_a_file_that_is_not_there_is_named(self, tmp_path):
        answer = self.ask(tmp_path, b"", arguments=["--config-file=@/none.conf"])
        assert answer.error == "%s: it is not there" % (tmp_path / "none.conf")

    @pytest.mark.parametrize(
        "arguments,environment,wrong",
        [
            (["--config-file=@/nova.conf"], {}, []),
            (["--config-dir", "@/d"], {}, [("concurrency_backend", "eventlet", "@/d/1.conf")]),
            ([], {}, [("concurrency_backend", "None", "no file that --config-file or --config-dir names")]),
            (
                ["--config-file=@/nova.conf"],
                {"OS_NOVA_DISABLE_EVENTLET_PATCHING": "no"},
                [("concurrency_backend", "eventlet", "OS_NOVA_DISABLE_EVENTLET_PATCHING")],
            ),
            (["--config-file=@/nova.conf"], {"OS_NOVA_DISABLE_EVENTLET_PATCHING": "True"}, []),
            (["--config-file=@/nova.conf"], {"OS_DEFAULT__CONCURRENCY_BACKEND": "eventlet"}, []),
        ],
    )
    def test_the_concurrency_backend_is_read_early(self, tmp_path, reported, arguments, environment, wrong):
        """nova/monkey_patch.py of Nova 34."""
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / "1.conf").write_text("[DEFAULT]\nconcurrency_backend = eventlet\n")
        declared = [("DEFAULT", "concurrency_backend", "threading")]
        conf = b"[DEFAULT]\nconcurrency_backend = threading\n"
        assert self.wrong(tmp_path, conf, declared, arguments=arguments, environment=environment) == reported(*wrong)


@needs_oslo
def test_the_probe_reads_nova_conf_as_planned_from_a_descriptor(tmp_path):
    """By the command line that the program gives it."""
    real = str(tmp_path / "nova.conf")
    request = dict(prog="nova-compute", real=real, arguments=["--config-file=" + real], declared=[], options=list(WANTED))
    number = os.open(str(tmp_path / "planned"), os.O_RDWR | os.O_CREAT)
    os.unlink(str(tmp_path / "planned"))
    os.write(number, b"[spice]\nhtml5proxy_port = 6083\n")
    open(real, "w").close()
    os.lseek(number, 0, os.SEEK_SET)
    result = probe("options", ["/dev/fd/%d" % number], json.dumps(request).encode("ascii"), pass_fds=(number,))
    os.close(number)
    assert checked(result, 60).values["spice/html5proxy_port"] == "6083"


def test_a_python_without_oslo_config_says_so(tmp_path):
    (tmp_path / "oslo_config.py").write_text("raise ImportError('no')\n")
    source = "import sys; sys.path.insert(0, %r)\n" % str(tmp_path) + own_text("probes/options.py")
    run = subprocess.run([ANY_PYTHON] + isolation(ANY_PYTHON) + ["-c", source], input=b"{}", stdout=subprocess.PIPE)
    assert checked(Result(run.returncode, run.stdout, b""), 60).error == "no-oslo"


@pytest.mark.parametrize("name", ["options", "page", "nova_api", "certificate"])
def test_probes_are_ascii_and_fit_on_a_command_line(name):
    assert len(own_text("probes/%s.py" % name)) < 100 * 1024
