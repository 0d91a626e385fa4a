"""The probe that asks Nova's API, by keystoneauth1 as Mitaka or as today has it, against a Keystone and a Nova on loopback."""

import http.server
import json
import re
import socket
import threading
import urllib.parse

import pytest
from probing import needs_oslo, probe

pytestmark = needs_oslo
PASSWORD = "s3cret"
REST = {"id": "11111111-0000-4000-8000-000000000001", "OS-EXT-STS:task_state": None}
BUSY = {"id": "11111111-0000-4000-8000-000000000002", "OS-EXT-STS:task_state": "rebooting"}


def migration(status):
    return {"instance_uuid": REST["id"], "source_compute": "compute-1", "dest_compute": "compute-2", "status": status}


class Cloud:
    """Answers as Keystone and Nova: `catalog` are its compute endpoints, `servers` the servers by pages."""

    def __init__(self):
        cloud = self
        self.asked = []
        self.token_status = self.nova_status = 200
        self.servers, self.migrations = [[]], []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])).decode("ascii"))
                assert body["auth"]["identity"]["password"]["user"]["password"] == PASSWORD
                self.answer(*cloud.token(self.path), headers={"X-Subject-Token": "a-token"})

            def do_GET(self):
                assert self.headers["X-Auth-Token"] == "a-token"
                self.answer(*cloud.nova(self.path))

            def answer(self, status, members, headers=()):
                body = json.dumps(members).encode("ascii")
                self.send_response(status)
                for name, text in dict(headers, **{"Content-Type": "application/json", "Content-Length": str(len(body))}).items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                """Says nothing."""

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        self.catalog = [("internal", "one", "/compute/v2.1"), ("public", "one", "/never")]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def token(self, path):
        assert path == "/v3/auth/tokens"
        if self.token_status != 200:
            return self.token_status, {"error": {"code": self.token_status, "message": "Said by Keystone."}}
        endpoints = [
            {"id": str(n), "interface": interface, "region": region, "region_id": region, "url": self.url + path}
            for n, (interface, region, path) in enumerate(self.catalog)
        ]
        services = [{"id": "c", "type": "compute", "name": "nova", "endpoints": endpoints}]
        times = {"issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": "2096-01-01T00:00:00.000000Z"}
        user = {"id": "u", "name": "nova", "domain": {"id": "default", "name": "Default"}}
        return 201, {"token": dict(times, methods=["password"], user=user, roles=[], catalog=services)}

    def nova(self, path):
        path, _, query = path.partition("?")
        self.asked.append((path, sorted(urllib.parse.parse_qsl(query))))
        if self.nova_status != 200:
            return self.nova_status, {"forbidden": {"code": self.nova_status, "message": "Said by Nova."}}
        if path.endswith("/os-migrations"):
            return 200, {"migrations": self.migrations}
        assert path.endswith("/servers/detail")
        return 200, {"servers": self.servers.pop(0)}


@pytest.fixture
def cloud():
    one = Cloud()
    yield one
    one.server.shutdown()
    one.server.server_close()


def ask(tmp_path, url, more="", section="service_user"):
    """The status, standard output and the last line of standard error; the password is in neither."""
    lines = ["[DEFAULT]", "host = compute-1", "[%s]" % section, "auth_type = v3password", "auth_url = %s/v3" % url]
    lines += ["username = nova", "password = " + PASSWORD, "user_domain_name = Default", "project_domain_name = Default"]
    (tmp_path / "nova.conf").write_text("\n".join(lines + ["project_name = service", more, ""]))
    result = probe("nova_api", ["service_user", "nova-compute", "--config-file=%s/nova.conf" % tmp_path])
    assert PASSWORD.encode("ascii") not in result.out + result.err
    return result.status, result.out.decode("ascii"), result.err.decode("ascii").rstrip("\n").rpartition("\n")[2]


def test_a_compute_at_rest(tmp_path, cloud):
    cloud.servers = [[REST], []]
    cloud.migrations = [migration("completed"), migration("error")]
    assert ask(tmp_path, cloud.url) == (0, "", "")
    host = ("host", "compute-1")
    assert cloud.asked == [
        ("/compute/v2.1/servers/detail", [("all_tenants", "1"), host]),
        ("/compute/v2.1/servers/detail", [("all_tenants", "1"), host, ("marker", REST["id"])]),
        ("/compute/v2.1/os-migrations", [host]),
    ]


def test_a_server_with_a_task_on_a_later_page(tmp_path, cloud):
    cloud.servers = [[REST], [BUSY]]
    assert ask(tmp_path, cloud.url) == (0, "\nserver %s has the task rebooting\n" % BUSY["id"], "")


def test_a_migration_that_has_not_ended(tmp_path, cloud):
    cloud.migrations = [migration("done"), migration("post-migrating")]
    reported = "server %s migrates from compute-1 to compute-2 (post-migrating)" % REST["id"]
    assert ask(tmp_path, cloud.url) == (0, "\n%s\n" % reported, "")


def test_the_endpoint_is_the_regions_the_internal_one_first_and_of_version_2_1(tmp_path, cloud):
    cloud.catalog += [("public", "two", "/two")]
    assert ask(tmp_path, cloud.url, "region_name = two") == (0, "", "")
    cloud.servers = [[]]
    cloud.catalog = [("public", "one", "/v2/a-project/")]
    assert ask(tmp_path, cloud.url) == (0, "", "")
    assert [path for path, _ in cloud.asked] == [
        "/two/v2.1/servers/detail",
        "/two/v2.1/os-migrations",
        "/v2/a-project/servers/detail",
        "/v2/a-project/os-migrations",
    ]


@pytest.mark.parametrize("region, where", [("", ""), ("region_name = two", " in the region two")])
def test_no_endpoint(tmp_path, cloud, region, where):
    cloud.catalog = [("admin", "one", "/admin")]
    assert ask(tmp_path, cloud.url, region) == (9, "", "the catalog has no endpoint of the service compute" + where)


@pytest.mark.parametrize("status, exit_status", [(401, 9), (403, 9), (404, 9), (500, 8), (503, 8)])
def test_a_refusal_of_keystones_and_of_novas(tmp_path, cloud, status, exit_status):
    cloud.nova_status = status
    assert ask(tmp_path, cloud.url) == (exit_status, "", "Said by Nova. (HTTP %d)" % status)
    cloud.token_status = status
    assert ask(tmp_path, cloud.url) == (exit_status, "", "Said by Keystone. (HTTP %d)" % status)


def test_nobody_answers(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d" % free.getsockname()[1]
    status, out, reported = ask(tmp_path, url)
    assert (status, out) == (8, "")
    assert re.match(r"Unable to establish connection to %s/v3/auth/tokens" % re.escape(url), reported)
    assert "0x" not in reported


def test_no_credentials_there(tmp_path, cloud):
    assert ask(tmp_path, cloud.url, section="elsewhere") == (9, "", "it has no auth_type")


def test_a_line_that_cannot_be_read_is_not_quoted(tmp_path, cloud):
    assert ask(tmp_path, cloud.url, PASSWORD) == (9, "", "the configuration cannot be read: ConfigFileParseError")
