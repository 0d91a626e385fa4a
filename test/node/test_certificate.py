"""Certificates: as files of the node, and as the node's program looks at them, apart from Nova and its proxy."""

import os
import re
import shutil
import subprocess

import pytest
from fakes import FakeJournal, as_reported, make_node
from openstack_spice.changes.certificate import PemKind, plan_certificate, tls_since
from openstack_spice.checks.certificate import Certificate
from openstack_spice.document.desired import Desired, Tls
from openstack_spice.document.pem import declared_pem, fingerprint
from openstack_spice.errors import Failed, Refused
from openstack_spice.messages import text_of
from openstack_spice.state.entry import Entry
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.record import Record
from openstack_spice.system.commands import Result
from openstack_spice.system.files import Access
from openstack_spice.text import present
from probing import probe

FILE = "/etc/nova/openstack-spice/console.pem"
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, which makes the certificates")
YEAR = 365 * 86400


class Made:
    """A self-signed certificate for 400 days."""

    def __init__(self, folder, name, hosts="DNS:console.example.org"):
        self.certificate, self.key = str(folder / (name + ".pem")), str(folder / (name + ".key"))
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 400 -subj /CN=x -addext".split()
        command += ["subjectAltName=" + hosts, "-keyout", self.key, "-out", self.certificate]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        self.certificate_text, self.key_text = read(self.certificate), read(self.key)


def read(path):
    with open(path, "rb") as file:
        return file.read()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("made"), "one")


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("made"), "two", "DNS:example.org,DNS:*.a.example.org,IP:192.0.2.9,IP:2001:db8::9")


def document(certificate=None, issuers=b""):
    """A document with a certificate in it."""
    if certificate is None:
        return Desired(role="controller", node="n")
    tls = Tls((certificate.certificate_text + issuers).decode(), certificate.key_text.decode())
    return Desired(role="controller", node="n", tls=tls, options={"DEFAULT/cert": FILE})


@needs_openssl
def test_the_program_makes_one_pem_file_of_a_documents_key_and_chain(made, issuer):
    assert declared_pem(document(made, issuer.certificate_text)) == made.key_text + made.certificate_text + issuer.certificate_text


@needs_openssl
def test_a_files_fingerprint_is_that_of_its_first_certificate_whatever_else_is_there(made, issuer):
    said = subprocess.check_output(["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", made.certificate])
    expected = said.decode("ascii").strip().split("=")[1]
    assert fingerprint(b"# x\n" + made.key_text + made.certificate_text + issuer.certificate_text) == expected
    assert fingerprint(made.certificate_text.replace(b"\n", b"\r\n")) == expected
    odd = b"-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----\n"
    assert [fingerprint(data) for data in (made.key_text, b"", odd, b"-----BEGIN CERTIFICATE-----\nMAA=\n")] == [""] * 4


class FakeNova:
    def __init__(self, version):
        self._version = version

    def version(self):
        return self._version

    def python(self):
        return "/usr/bin/python3"


class FakeProbes:
    def __init__(self, result):
        self.result = result
        self.calls = []

    def run(self, name, unit, arguments):
        self.calls.append((name, unit, arguments))
        return self.result


@pytest.mark.parametrize("version,passes", [("13.1.4", False), ("18.1.0", False), ("18.2.0", True), ("19.0.0", True), ("26.2.2", True)])
def test_the_program_lets_tls_be_terminated_upstream_of_the_proxy_of_nova_only_where_that_is_believed(tmp_path, version, passes):
    context = make_node(tmp_path, desired=Desired(role="controller", node="n", tls=Tls(is_terminated_upstream=True))).context
    certificate = Certificate(context, FakeNova(version), FakeProbes(None), None)
    if passes:
        certificate.check()
        return
    with pytest.raises(Refused) as stop:
        certificate.check()
    assert text_of(stop.value) == (
        "TLS is terminated at the load balancer, but Nova heeds X-Forwarded-Proto only from 18.2.0 on, "
        "so the proxy of Nova %s would refuse every console. Give the proxy a certificate too (tls)" % version
    )


@pytest.mark.parametrize(
    "result,stops,said",
    [
        (Result(0, b"", b""), None, []),
        (Result(0, b"it expires: renew it in time\n", b""), None, ["it expires: renew it in time"]),
        (Result(9, b"it is no certificate. Give one\n", b""), "it is no certificate. Give one", []),
        (
            Result(1, b"", b"Traceback\nImportError: no\x1b[2J ssl\n"),
            "the certificate /c{x}.pem could not be looked at: ImportError: no?[2J ssl. "
            "See that 'runuser -u nova -- /usr/bin/python3 -c \"import ssl\"' works, and run again",
            [],
        ),
        (Result(124, b"", b""), "the certificate /c{x}.pem could not be looked at: status 124. ", []),
    ],
)
def test_what_the_look_at_a_certificate_says_is_obeyed(tmp_path, result, stops, said):
    desired = Desired(options={"DEFAULT/cert": "/c{x}.pem"}, tls=Tls(host="h"))
    node, probes = make_node(tmp_path, desired=desired), FakeProbes(result)
    certificate = Certificate(node.context, FakeNova("26.2.2"), probes, None)
    if stops is None:
        certificate.check()
    else:
        with pytest.raises(Refused) as stop:
            certificate.check()
        assert text_of(stop.value).startswith(stops)
    assert (probes.calls, node.reporter.said) == ([("certificate", "nova-spicehtml5proxy", ["/c{x}.pem", "/c{x}.pem", "h"])], said)


def looked_at(certificate, key, host="console.example.org", now=None):
    """What the probe says, and its status."""
    before = "" if now is None else "import time\nnow = time.time() + %d\ntime.time = lambda: now\n" % now
    done = probe("certificate", [certificate, key, host], before=before, warnings="error")
    assert done.err == b""
    return done.status, done.out.decode("utf-8")


@needs_openssl
def test_a_certificate_that_nothing_is_wrong_with_passes_and_its_end_is_reported_in_its_last_month(made, issuer):
    assert looked_at(made.certificate, made.key) == (0, "")
    assert looked_at(made.certificate, made.key, "") == (0, "")
    assert looked_at(issuer.certificate, issuer.key, "b.a.example.org") == (0, "")
    assert looked_at(issuer.certificate, issuer.key, "192.0.2.9") == (0, "")
    assert looked_at(issuer.certificate, issuer.key, "2001:0db8::0009") == (0, "")
    status, said = looked_at(made.certificate, made.key, now=YEAR + 10 * 86400)
    assert (status, re.sub(" on .* GMT", "", said)) == (0, "the certificate %s expires: renew it in time\n" % made.certificate)


@needs_openssl
def test_a_certificate_is_refused_with_the_reason(made, issuer, tmp_path):
    none = tmp_path / "none"
    none.write_bytes(b"none\n")
    status, said = looked_at(made.certificate, str(tmp_path / "absent"))
    assert (status, said) == (
        9,
        "%s cannot be read by the user nova (No such file or directory). Give the path of a PEM file, root:nova 0640 in folders that "
        "nova can enter\n" % (tmp_path / "absent"),
    )
    assert looked_at(made.certificate, issuer.key) == (
        9,
        "the key in %s is not that of the certificate in %s, the first one there. Put the server's own certificate first, and its key\n"
        % (issuer.key, made.certificate),
    )
    assert looked_at(str(none), made.key)[1].startswith("%s and %s are no certificate and key that OpenSSL takes (" % (none, made.key))
    said = looked_at(made.certificate, made.key, now=2 * YEAR)[1]
    assert re.sub(" on .* GMT", "", said) == "the certificate %s expired. Renew it\n" % made.certificate
    said = looked_at(made.certificate, made.key, now=-YEAR)[1]
    assert re.sub(" from .* GMT", "", said) == (
        "the certificate %s is valid only. Give one that is valid now, or see to the clock of this node\n" % made.certificate
    )
    said = looked_at(issuer.certificate, issuer.key)[1]
    assert said == (
        "the certificate %s is for example.org, *.a.example.org, 192.0.2.9, 2001:DB8:0:0:0:0:0:9, and not for console.example.org, the "
        "host of baseUrl. Give one for that host, or write a host that it is for\n" % issuer.certificate
    )
    encrypted = str(tmp_path / "encrypted")
    command = ["openssl", "pkcs8", "-topk8", "-in", made.key, "-out", encrypted, "-passout", "pass:x"]
    subprocess.run(command, check=True)
    assert looked_at(made.certificate, encrypted) == (
        9,
        "the key in %s is encrypted, and the proxy has nobody to ask for the password. Write it as openssl pkey -in %s prints it\n"
        % (encrypted, encrypted),
    )


class AsRoot(PemKind):
    """The group nova of a node."""

    def access(self, where):
        return Access(0, 4242, 0o640)


def planned(node, desired, record=None):
    kind = AsRoot(node.files, Ledger(node.context.system))
    return kind, list(plan_certificate(node.context._replace(desired=desired, record=record or Record()), kind))


@needs_openssl
def test_a_documents_certificate_is_a_file_of_root_and_nova_named_by_its_fingerprint_and_goes_with_its_folder(tmp_path, made, issuer):
    node = make_node(tmp_path, files={"/etc/nova/nova.conf": "x"})
    journal = FakeJournal()
    kind, plan = planned(node, document(made))
    assert [as_reported(kind, one) for one in plan] == ["certificate%s: (none) -> sha256 %s" % (FILE, fingerprint(made.certificate_text))]
    kind.apply(plan[0], journal)
    assert (node.files.read(FILE), node.files.owners[FILE]) == (made.key_text + made.certificate_text, Access(0, 4242, 0o640))
    assert planned(node, document(made))[1] == []
    record = Record(entries=journal.entries)
    _, change = planned(node, document(issuer), record)
    assert [(one.old, one.new) for one in change] == [
        ("sha256 " + fingerprint(made.certificate_text), "sha256 " + fingerprint(issuer.certificate_text))
    ]
    other = document(made, issuer.certificate_text)
    assert planned(node, other, record)[1][0].new == "the same, with another chain or key"
    _, gone = planned(node, document(), record)
    assert [(one.old, one.new) for one in gone] == [("sha256 " + fingerprint(made.certificate_text), "(none)")]
    kind.apply(gone[0], journal)
    assert not node.files.exists("/etc/nova/openstack-spice")


def test_a_certificate_that_somebody_changed_since_is_left(tmp_path):
    node = make_node(tmp_path, files={FILE: "theirs"})
    record = Record(entries=(Entry("pem", FILE, "-", "-", present(b"ours")),))
    assert planned(node, document(), record)[1] == []
    assert node.reporter.said == [FILE + " is no longer declared, and was changed by someone else since: left as it is"]


@needs_openssl
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
def test_a_key_is_never_written_where_others_than_root_can_write(tmp_path, made, mode):
    node = make_node(tmp_path, files={"/etc/nova/nova.conf": "x"})
    kind, plan = planned(node, document(made))
    os.mkdir(node.files.at("/etc/nova/openstack-spice"))
    os.chmod(node.files.at("/etc/nova/openstack-spice"), mode)
    with pytest.raises(Failed) as failed:  # the folder came after the plan
        kind.apply(plan[0], FakeJournal())
    with pytest.raises(Refused) as refused:
        planned(node, document(made))
    assert text_of(failed.value) == text_of(refused.value)
    assert os.listdir(node.files.at("/etc/nova/openstack-spice")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it makes a folder of another user. Run the tests as root")
@needs_openssl
def test_a_key_is_never_written_into_a_folder_of_the_services_user(tmp_path, made):
    node = make_node(tmp_path, files={"/etc/nova/nova.conf": "x"})
    os.mkdir(node.files.at("/etc/nova/openstack-spice"))
    os.chown(node.files.at("/etc/nova/openstack-spice"), 65534, 65534)
    with pytest.raises(Refused) as stop:
        planned(node, document(made))
    assert stop.value.message == "folder-not-roots"


def test_tls_counts_from_the_first_document_that_had_it(tmp_path):
    context = make_node(tmp_path, desired=Desired(options={"DEFAULT/cert": "/x"})).context
    assert tls_since(context, 17) == 17
    assert tls_since(context._replace(record=Record(tls_since=5)), 17) == 5
    assert tls_since(context._replace(desired=Desired(), record=Record(tls_since=5)), 17) is None
