"""The probe `page`: the console page and its scripts are served, and with the declared certificate."""

import contextlib
import hashlib
import http.server
import re
import shutil
import ssl
import subprocess
import threading

import pytest
from openstack_spice.system.commands import Result
from probing import probe


@contextlib.contextmanager
def serving(pages, context=None):
    """The pages by their paths, on loopback: the URL of one."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = pages.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *arguments):
            """Says nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield "http%s://127.0.0.1:%d/spice_auto.html" % ("s" if context else "", server.server_port)
    server.shutdown()
    server.server_close()


@pytest.fixture
def served():
    pages = {}
    with serving(pages) as url:
        yield pages, url


def test_with_all_its_scripts_it_passes(served):
    pages, url = served
    pages["/spice_auto.html"] = b"<script type='module' src='main.js'></script><script>import x from './src/y.js'</script>"
    pages["/main.js"] = pages["/src/y.js"] = b""
    assert probe("page", [url, ""]) == Result(0, b"", b"")


def test_a_missing_script_is_named(served):
    pages, url = served
    pages["/spice_auto.html"] = b"<script src='main.js'></script>"
    result = probe("page", [url, ""])
    assert (result.status, result.out) == (9, url.replace("spice_auto.html", "main.js").encode() + b": HTTP Error 404: Not Found\n")


def test_a_page_without_a_script_is_another_one(served):
    pages, url = served
    pages["/spice_auto.html"] = b"<h1>It works!</h1>"
    result = probe("page", [url, ""])
    assert (result.status, result.out) == (9, url.encode() + b" names no script: this is not the SPICE client\n")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, which makes the certificate")
def test_over_tls_the_certificate_is_the_declared_one(served, tmp_path):
    pages, _ = served
    pages["/spice_auto.html"], pages["/main.js"] = b"<script src='main.js'></script>", b""
    certificate = str(tmp_path / "certificate.pem")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=console.example.org -days 2 -keyout %s -out %s"
    made = subprocess.run((command % (tmp_path / "key.pem", certificate)).split(), stderr=subprocess.DEVNULL)
    assert made.returncode == 0
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, str(tmp_path / "key.pem"))
    with open(certificate) as file:
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest().upper()
    fingerprint = ":".join(re.findall("..", digest))
    with serving(pages, context) as url:
        assert probe("page", [url, fingerprint]) == Result(0, b"", b"")
        other = "00" + fingerprint[2:] if fingerprint[:2] != "00" else "01" + fingerprint[2:]
        reported = b"%s has another certificate than the one declared\n" % url.encode("ascii")
        assert probe("page", [url, other]) == Result(9, reported, b"")


def test_plain_http_where_tls_is_declared(served):
    _, url = served
    assert b": no TLS: " in probe("page", [url.replace("http", "https"), "AA:BB"]).out
