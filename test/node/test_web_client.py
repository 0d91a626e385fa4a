"""A web client from an archive is the declared one, plain files alone, and in its place as a whole or not at all."""

import base64
import bz2
import gzip
import hashlib
import http.server
import io
import lzma
import os
import subprocess
import sys
import tarfile
import threading

import pytest
from fakes import FakeJournal, as_reported, failed, make_node
from openstack_spice.changes.kind import Outcome
from openstack_spice.changes.packages import WebClientKind
from openstack_spice.document.desired import Desired, WebClientSource
from openstack_spice.errors import Failed, Refused
from openstack_spice.messages import text_of
from openstack_spice.packages import web_archive, web_client
from openstack_spice.packages.web_archive import web_client_of
from openstack_spice.packages.web_client import WEB_CLIENTS, WebClient, digest, tidy_web_clients
from openstack_spice.state.entry import Entry
from openstack_spice.state.record import Record
from openstack_spice.system import Commands, Interruption
from openstack_spice.system.reading import Found

NO_RECORD = Record()
ARCHIVE = "/root/client.tgz"


def tar(entries, mode="w", kind=None, **options):
    """An archive of these files, by their names; None is a folder."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, encoding="utf-8", **options) as archive:
        for name, data in entries:
            member = tarfile.TarInfo(name)
            member.uid = member.gid = 1000
            member.mode = 0o664
            if data is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o2775
                archive.addfile(member)
            elif isinstance(data, bytes):
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
            else:
                data(member)
                archive.addfile(member)
    return file.getvalue()


PLAIN = [("package/spice_auto.html", b"<html>"), ("package/src/main.js", b"main"), ("package/README", b"read")]
CLIENT = tar(PLAIN, "w:gz")


def node_with(tmp_path, archive=CLIENT, location=ARCHIVE, files=None, answers=None, sha256=None, record=NO_RECORD):
    digits = sha256 or hashlib.sha256(archive or b"").hexdigest()
    desired = Desired(role="controller", node="node-1", web_client=WebClientSource(archive=location, sha256=digits))
    there = dict(files or {})
    if archive is not None and location.startswith("/"):
        there[location] = archive
    node = make_node(tmp_path, answers or {}, there, desired, record=record)
    return node, WebClient(node.context)


def refused(found):
    with pytest.raises(Refused) as caught:
        found.check()
    return text_of(caught.value)


def as_roots(found):
    """On the node all of it is root's; tests need not be root."""
    return [entry._replace(owner=0, group=0) for entry in found]


@pytest.fixture(autouse=True)
def all_is_roots(monkeypatch):
    real = web_client.digest
    monkeypatch.setattr(web_client, "digest", lambda entries: real(as_roots(entries)))


def made(tmp_path, **parts):
    """One that is in its place."""
    node, found = node_with(tmp_path, **parts)
    kind, journal = WebClientKind(found), FakeJournal()
    found.check()
    (planned,) = found.plan(kind)
    kind.apply(planned, journal)
    return node, found, kind, planned


# In its place


def test_it_is_unpacked_to_a_folder_of_our_own(tmp_path):
    node, found, kind, planned = made(tmp_path)
    short = hashlib.sha256(CLIENT).hexdigest()[:12]
    assert found.folder() == "%s/web-client-%s" % (WEB_CLIENTS, short)
    assert as_reported(kind, planned) == "web-client%s: (none) -> %s (sha256 %s)" % (found.folder(), ARCHIVE, short)
    in_place = {path[len(found.folder()) :]: data for path, data in node.files.all().items() if path.startswith(WEB_CLIENTS)}
    assert in_place == {"/spice_auto.html": b"<html>", "/src/main.js": b"main", "/README": b"read"}
    assert kind.read(found.folder(), "-") == planned.entry.written
    assert os.listdir(node.files.at(WEB_CLIENTS)) == ["web-client-" + short]


def test_everybody_reads_it_and_root_alone_writes_it_whatever_the_archive_and_the_umask_say(tmp_path):
    def runs(member):
        member.mode = 0o4777

    umask = os.umask(0o077)
    try:
        node, found, _, _ = made(tmp_path, archive=tar(PLAIN + [("package/empty", None), ("package/run", runs)]))
    finally:
        os.umask(umask)
    modes = {entry.path.decode("ascii"): "%s%o" % (entry.letter, entry.mode) for entry in node.files.tree(found.folder())}
    assert modes == {
        "": "d755",
        "README": "f644",
        "empty": "d755",
        "run": "f755",
        "spice_auto.html": "f644",
        "src": "d755",
        "src/main.js": "f644",
    }
    assert {access[:2] for path, access in node.files.owners.items() if path.startswith(WEB_CLIENTS)} == {(0, 0)}


def test_the_archive_is_not_needed_again(tmp_path):
    _, _, _, planned = made(tmp_path)
    again, found = node_with(tmp_path, record=Record(entries=(planned.entry,)))
    again.files.remove(ARCHIVE)
    found.check()
    assert list(found.plan(WebClientKind(found))) == []


def test_one_that_somebody_changed_is_refused(tmp_path):
    node, found, kind, planned = made(tmp_path)
    node.files.put(found.folder() + "/README", "changed")
    _, again = node_with(tmp_path, record=Record(entries=(planned.entry,)))
    again.check()
    with pytest.raises(Refused) as caught:
        list(again.plan(kind))
    assert text_of(caught.value) == ("%s was changed by someone else since it was put there. Move it away, and run again" % found.folder())
    assert kind.undo(planned.entry, FakeJournal()) is Outcome.KEPT


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda place: os.chmod(place + "/README", 0o666), id="a mode"),
        pytest.param(lambda place: os.rename(place + "/README", place + "/READ"), id="a name"),
        pytest.param(lambda place: os.mkdir(place + "/more"), id="a folder"),
        pytest.param(lambda place: os.rename(place + "/src", place + "/../src") or os.symlink("../src", place + "/src"), id="a link"),
        pytest.param(lambda place: os.rename(place, place + "-1") or os.symlink(place + "-1", place), id="the folder itself"),
        pytest.param(lambda place: os.mkfifo(place + "/fifo"), id="a fifo"),
    ],
)
def test_its_state_is_another_one_with(tmp_path, change):
    node, found, kind, planned = made(tmp_path)
    change(node.files.at(found.folder()))
    assert kind.read(found.folder(), "-") not in ("-", planned.entry.written)


def test_its_state_is_the_one_that_the_program_in_bash_made(tmp_path):
    node, found, kind, planned = made(tmp_path, archive=tar(PLAIN + [("package/b d\xe9", None), ("package/b-e", b"")]))
    command = (
        "cd \"$1\" && { find . -printf '%y %m root:root %p\\n' | sort; "
        "find . -type f -print0 | sort -z | xargs -0 -r sha256sum; } | sha256sum"
    )
    environment = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
    said = subprocess.check_output(["bash", "-c", command, "-", node.files.at(found.folder())], env=environment)
    assert planned.entry.written == "=" + said.decode("ascii").split(" ")[0]


def test_an_undo_takes_it_away_and_puts_it_back_without_the_archive(tmp_path):
    node, found, kind, planned = made(tmp_path)
    assert kind.undo(planned.entry, FakeJournal()) is Outcome.MADE
    assert kind.read(found.folder(), "-") == "-"
    # Another run, which was cut off before its end.
    node.files.remove(ARCHIVE)
    again = WebClientKind(WebClient(node.context))
    assert again.transition(planned.entry, FakeJournal()) is Outcome.MADE
    assert again.read(found.folder(), "-") == planned.entry.written


def test_what_is_not_at_hand_cannot_be_put_back_and_that_is_reported(tmp_path):
    node, found, kind, planned = made(tmp_path)
    kind.undo(planned.entry, FakeJournal())
    tidy_web_clients(node.files)
    with pytest.raises(Failed) as caught:
        WebClientKind(WebClient(node.context)).transition(planned.entry, FakeJournal())
    assert found.folder() in text_of(caught.value)


def test_those_of_earlier_documents_go_and_what_somebody_changed_stays(tmp_path):
    node, former, kind, planned = made(tmp_path)
    record = Record(entries=(planned.entry,))
    later = tar(PLAIN + [("package/LATER", b"later")], "w:gz")
    _, found = node_with(tmp_path, archive=later, record=record)
    found._context.reporter.changes.clear()
    kind, journal = WebClientKind(found), FakeJournal()
    found.check()
    kind.apply(list(found.plan(kind))[0], journal)
    found.retire(journal, kind)
    reported = "change web-client%s: sha256 %s -> (none)" % (former.folder(), former.folder()[-12:])
    assert found._context.reporter.facts[-1:] == [reported]
    tidy_web_clients(node.files)
    assert os.listdir(node.files.at(WEB_CLIENTS)) == [found.folder().rpartition("/")[2]]

    _, found = node_with(tmp_path, archive=later, record=record)
    found.retire(journal, WebClientKind(found))
    assert found._context.reporter.said == ["%s was changed by someone else since: left as it is" % former.folder()]


def test_only_what_a_run_left_is_tidied_up(tmp_path):
    names = ("web-client-0123456789ab.new", "web-client-0123456789ab.gone")
    others = ("web-client-0123456789ab", "site.gone", "web-client-0123456789ab.new.old")
    node = make_node(tmp_path, files={"%s/%s/a" % (WEB_CLIENTS, name): "" for name in names + others})
    tidy_web_clients(node.files)
    assert sorted(os.listdir(node.files.at(WEB_CLIENTS))) == sorted(others)
    empty = make_node(tmp_path / "empty", files={"%s/%s/a" % (WEB_CLIENTS, names[0]): ""})
    tidy_web_clients(empty.files)
    assert not empty.files.exists(WEB_CLIENTS)
    tidy_web_clients(make_node(tmp_path / "none").files)


def test_a_disk_that_fills_up_leaves_nothing_in_its_place(tmp_path):
    node, found = node_with(tmp_path)
    found.check()
    kind = WebClientKind(found)
    (planned,) = found.plan(kind)
    written = []
    real = node.files._write

    def fills_up(descriptor, data, path):
        written.append(path)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor, data, path)

    node.files._write = fills_up
    with pytest.raises(Failed):
        kind.apply(planned, FakeJournal())
    node.files._write = real
    assert kind.undo(planned.entry, FakeJournal()) is Outcome.NOTHING
    tidy_web_clients(node.files)
    assert not node.files.exists(WEB_CLIENTS)


# What is in an archive


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(lambda data: data, id="not packed"),
        pytest.param(gzip.compress, id="gzip"),
        pytest.param(bz2.compress, id="bzip2"),
        pytest.param(lzma.compress, id="xz"),
        pytest.param(lambda data: lzma.compress(data, lzma.FORMAT_ALONE), id="lzma"),
        pytest.param(lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:]), id="gzip in parts"),
    ],
)
def test_an_archive_is_taken_that_is(pack):
    tree = web_client_of(pack(tar(PLAIN)), "/a")
    assert {path: leaf.data for path, leaf in tree.files.items()} == {
        "spice_auto.html": b"<html>",
        "src/main.js": b"main",
        "README": b"read",
    }
    assert tree.folders == {"src"}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["ustar", "gnu", "pax"])
def test_long_names_and_headers_of_pax_are_understood(form):
    long = "package/" + "/".join(["d" * 45] * 3)
    entries = [("./package/spice_auto.html", b""), (long + "/a", b"a")]
    options = dict(pax_headers={"comment": "0123"}) if form == tarfile.PAX_FORMAT else {}
    tree = web_client_of(tar(entries, format=form, **options), "/a")
    assert tree.files[long[len("package/") :] + "/a"].data == b"a"


def test_of_several_pages_the_topmost_one_is_the_client():
    entries = [
        ("a/b/spice_auto.html", b"3"),
        ("b/spice_auto.html", b"2"),
        ("a/spice_auto.html", b"1"),
        ("c", b""),
        ("a/other", b""),
        ("ab/x", b""),
    ]
    tree = web_client_of(tar(entries), "/a")
    assert (tree.files["spice_auto.html"].data, sorted(tree.files), tree.folders) == (
        b"1",
        ["b/spice_auto.html", "other", "spice_auto.html"],
        {"b"},
    )
    assert sorted(web_client_of(tar(entries + [("spice_auto.html", b"")]), "/a").folders) == ["a", "a/b", "ab", "b"]


def odd(kind, target="/etc"):
    def change(member):
        member.type, member.linkname = kind, target

    return change


ODD = "/root/client.tgz has links or devices in it, or more than 64 MiB. A web client is plain files: pack those alone"


@pytest.mark.parametrize(
    "archive, message",
    [
        pytest.param(b"no\n", "/root/client.tgz is not a tar archive. Give webClient.archive one, packed or not", id="no archive"),
        pytest.param(b"", "/root/client.tgz is not a tar archive. Give webClient.archive one, packed or not", id="nothing"),
        pytest.param(CLIENT[:-20], "/root/client.tgz is not a tar archive. Give webClient.archive one, packed or not", id="cut off"),
        pytest.param(
            tar(PLAIN)[:1100],
            "/root/client.tgz is not a tar archive. Give webClient.archive one, packed or not",
            id="a tar that is cut off",
        ),
        pytest.param(tar(PLAIN + [("package/etc", odd(tarfile.SYMTYPE))]), ODD, id="a link out of it"),
        pytest.param(tar(PLAIN + [("package/etc", odd(tarfile.LNKTYPE, "package/README"))]), ODD, id="a second name"),
        pytest.param(tar(PLAIN + [("package/null", odd(tarfile.CHRTYPE))]), ODD, id="a device"),
        pytest.param(tar(PLAIN + [("package/fifo", odd(tarfile.FIFOTYPE))]), ODD, id="a fifo"),
        pytest.param(
            tar([("package/app/ui.js", b"")]),
            "/root/client.tgz has no spice_auto.html in it: this is not spice-html5. Give another one as webClient.archive",
            id="something else",
        ),
        pytest.param(
            tar([("package/spice_auto.html", None)]),
            "/root/client.tgz has no spice_auto.html in it: this is not spice-html5. Give another one as webClient.archive",
            id="a folder of the page's name",
        ),
        pytest.param(
            tar(PLAIN + [("../../etc/cron.d/a", b"")]),
            "/root/client.tgz has a file in it that would lie elsewhere: ../../etc/cron.d/a. A web client is plain files: pack those alone",
            id="a name that leads out",
        ),
        pytest.param(
            tar(PLAIN + [("/etc/cron.d/a\x1b[31m", b"")]),
            "/root/client.tgz has a file in it that would lie elsewhere: /etc/cron.d/a?[31m. A web client is plain files: pack those alone",
            id="an absolute name",
        ),
        pytest.param(
            tar(PLAIN + [("package/README/a", b"")]),
            "/root/client.tgz is not a tar archive. Give webClient.archive one, packed or not",
            id="a file that is a folder too",
        ),
        pytest.param(
            b"\x28\xb5\x2f\xfd" + CLIENT,
            "/root/client.tgz is packed by zstd, which this program does not unpack. Pack it by gzip, bzip2 or xz, or not at all",
            id="zstd",
        ),
    ],
)
def test_is_refused_with_an_archive_of(tmp_path, archive, message):
    node, found = node_with(tmp_path, archive)
    before = node.files.all()
    assert refused(found) == message
    assert node.files.all() == before


def test_more_than_what_is_allowed_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(web_archive, "LARGEST", 20000)
    monkeypatch.setattr(web_archive, "_LARGEST_UNPACKED", 40000)
    for entries in ([("package/zero", bytes(20001))], [("package/zero", bytes(50000))], [("p/%d" % name, b"") for name in range(100)]):
        archive = tar(PLAIN + entries, "w:gz")
        with pytest.raises(Refused) as caught:
            web_client_of(archive, ARCHIVE)
        assert text_of(caught.value) == ODD


def test_is_refused_with_an_archive_that_is_another_one(tmp_path):
    _, found = node_with(tmp_path, sha256="0" * 64)
    assert refused(found) == (
        "/root/client.tgz is not the web client that is declared: its SHA-256 is %s. Nothing of it was used. "
        "Correct webClient.sha256 if you trust this one" % hashlib.sha256(CLIENT).hexdigest()
    )


def test_is_refused_with_an_archive_that_is_not_there(tmp_path):
    _, found = node_with(tmp_path, archive=None)
    assert refused(found) == (
        "/root/client.tgz, the archive of the web client, is not on this node. Put it there, or give a URL as webClient.archive"
    )


# From elsewhere

URL = "http://127.0.0.1:9/client.tgz"


class Fetching(Commands):
    """The real thing; a test may not become nobody, whose Python may be another one."""

    def __init__(self):
        super().__init__(Interruption())
        self.users = []

    def run(self, argv, seconds=60, **options):
        self.users.append(options.pop("user"))
        return super().run(argv, seconds, **options)


@pytest.fixture
def served(tmp_path):
    """A web server that has the client at /client.tgz and much at /much."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "file:///etc/hostname")
                self.end_headers()
                return
            self.send_response(200 if self.path in ("/client.tgz", "/much") else 404)
            self.end_headers()
            self.wfile.write(CLIENT if self.path == "/client.tgz" else bytes(2000))

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield "http://127.0.0.1:%d" % server.server_port
    server.shutdown()
    server.server_close()


def fetching(tmp_path, location):
    node, _ = node_with(tmp_path, location=location)
    commands = Fetching()
    context = node.context._replace(system=node.context.system._replace(commands=commands))
    return node, WebClient(context), commands


def test_it_is_fetched_by_nobody(tmp_path, served):
    node, found, commands = fetching(tmp_path, served + "/client.tgz")
    found.check()
    assert len(list(found.plan(WebClientKind(found)))) == 1
    assert commands.users == ["nobody"]
    assert node.reporter.quoted == []


@pytest.mark.parametrize(
    "path, reason", [("/none", "HTTP Error 404: Not Found"), ("/much", "more than 1000 bytes"), ("/away", "HTTP Error 302")]
)
def test_what_cannot_be_fetched_is_refused_with_the_reason(tmp_path, served, monkeypatch, path, reason):
    monkeypatch.setattr(web_client, "LARGEST", 1000)
    node, found, _ = fetching(tmp_path, served + path)
    url = served + path
    assert refused(found) == (
        "%s cannot be fetched from this node (see above). Make it reachable, or copy the archive to the node and give its path as "
        "webClient.archive" % url
    )
    (line,) = [line for line in node.reporter.quoted if line.strip()][:1]
    assert line.startswith("openstack-spice: %s: %s" % (url, reason))


def test_one_that_nobody_serves_is_refused_with_the_reason(tmp_path):
    node, found, _ = fetching(tmp_path, URL)
    assert refused(found).startswith(URL + " cannot be fetched from this node (see above). ")
    assert node.reporter.quoted == ["openstack-spice: %s: <urlopen error [Errno 111] Connection refused>" % URL]


def test_where_nobody_may_not_run_our_python_it_is_fetched_all_the_same(tmp_path):
    users = []
    node, found = node_with(tmp_path, location=URL)
    node.commands.answer((sys.executable, "-I"), lambda words, stdin: CLIENT if len(node.commands.calls) == 2 else 127)
    found.check()
    users = [options.get("user") for options in node.commands.options]
    assert users == ["nobody", None]
    # What is asked for is seen in no list of processes.
    assert node.commands.inputs == [URL.encode("ascii")] * 2 and not any(URL in line for line in node.commands.lines())


def test_one_that_never_ends_is_reported(tmp_path):
    node, found = node_with(tmp_path, location=URL, answers={(sys.executable, "-I"): failed(124)})
    refused(found)
    assert node.reporter.quoted == ["openstack-spice: %s: no end within 120 s" % URL]


def test_a_password_in_the_url_is_refused_and_not_shown(tmp_path):
    node, found = node_with(tmp_path, location="https://user:secret@example.org/client.tgz")
    message = refused(found)
    assert "secret" not in message and "user:" not in message
    assert node.commands.calls == []


def test_a_document_without_one_asks_nothing(tmp_path):
    node = make_node(tmp_path)
    found = WebClient(node.context)
    found.check()
    assert (found.folder(), list(found.plan(WebClientKind(found)))) == ("", [])
    desired = Desired(role="controller", web_client=WebClientSource("x", "/opt/site"))
    assert WebClient(node.context._replace(desired=desired)).folder() == "/opt/site"


def test_the_state_of_a_folder_of_somebody_elses_is_another_one():
    ours, theirs = [Found(b"", "d", 0o755, owner, 0, "") for owner in (0, 1000)]
    assert digest([ours]) != digest([theirs])
    assert Entry("web-client", "/a", base64.b64encode(b"a").decode("ascii"), "-", digest([ours])).written.startswith("=")
