"""A repository that the stack brings is written with its key, and is in nobody's way."""

import pytest
from fakes import FakeJournal, as_reported, failed, make_node
from openstack_spice.changes.kind import Outcome
from openstack_spice.changes.packages import RpmKeyKind
from openstack_spice.changes.whole_files import RepositoryKind
from openstack_spice.document.desired import Desired, RepositoryFile
from openstack_spice.errors import CannotTell, Failed, Refused
from openstack_spice.messages import text_of
from openstack_spice.packages.dnf import Dnf
from openstack_spice.packages.repository import Repository, has_credentials
from openstack_spice.state.entry import Entry
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.record import Record
from openstack_spice.text import present

NO_RECORD = Record()
FILE = "/etc/yum.repos.d/epel.repo"
KEY_FILE = "/etc/pki/rpm-gpg/RPM-GPG-KEY-EPEL-7"
KEY = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
KEY_ID = "352c64e5-52ae6884"
LINES = ("name=EPEL 7", "baseurl=file:///srv/epel", "enabled=1", "gpgcheck=1", "gpgkey=file://" + KEY_FILE, "includepkgs=spice-html5")
TEXT = (
    "# Written by openstack-spice, removed when the role is reverted.\n[epel]\nname=EPEL 7\nbaseurl=file:///srv/epel\nenabled=1\n"
    "gpgcheck=1\ngpgkey=file://%s\nincludepkgs=spice-html5\n" % KEY_FILE
)
NOT_INSTALLED = failed(1, out="package gpg-pubkey-%s is not installed\n" % KEY_ID)


def rpm(words, stdin):
    """An rpm that takes the key, and does not have it yet."""
    if words[1] == "--dbpath":
        return KEY_ID + "\n" if "-q" in words else ""
    return NOT_INSTALLED if words[1] == "-q" else ""


def repository(tmp_path, answers=None, files=None, lines=LINES, key=KEY, name="epel", on="CentOS 7", record=NO_RECORD, other=None):
    settings = dict(line.split("=", 1) for line in lines)
    declared = RepositoryFile(name, "" if key is None else key.decode(), settings) if name else None
    desired = Desired(role="controller", node="node-1", repository=declared)
    node = make_node(tmp_path, dict({"rpm": rpm}, **(answers or {})), files, desired, on, record)
    tool = Dnf(node.context)
    kind = RepositoryKind(node.files, Ledger(node.context.system))
    key_kind = RpmKeyKind(node.commands)
    return node, tool, Repository(node.context, tool, kind, key_kind, {"compute": other}.get), {"repository": kind, "rpm-key": key_kind}


def refused(found):
    with pytest.raises(Refused) as caught:
        found.check()
    return text_of(caught.value)


def test_its_key_is_written_and_imported_before_its_file(tmp_path):
    node, _, found, kinds = repository(tmp_path)
    found.check()
    plan = list(found.plan())
    assert [planned.entry for planned in plan] == [
        Entry("repository", KEY_FILE, "-", "-", present(KEY)),
        Entry("rpm-key", KEY_ID, KEY_FILE, "-", "in"),
        Entry("repository", FILE, "-", "-", present(TEXT.encode("ascii"))),
    ]
    assert [as_reported(kinds[planned.entry.kind], planned) for planned in plan] == [
        "file%s: (none) -> written" % KEY_FILE,
        "rpm-key/%s: (none) -> imported" % KEY_ID,
        "file%s: (none) -> written" % FILE,
    ]
    kinds["repository"].apply(plan[2], FakeJournal())
    assert node.files.text(FILE) == TEXT


def test_the_tool_looks_at_it_before_its_file_is_there(tmp_path):
    node, tool, found, _ = repository(tmp_path, {"yum": ""})
    found.check()
    tool.install(("a",))
    (option,) = [word for word in node.commands.calls[-1] if word.startswith("--setopt=reposdir=")]
    folder = option.split(",")[-1]
    assert node.files.text(folder + "/epel.repo") == TEXT
    found.is_written()
    tool.install(("a",))
    assert option not in node.commands.calls[-1]


def test_what_is_as_declared_changes_nothing(tmp_path):
    def has_it(words, stdin):
        return KEY_ID + "\n" if words[1] == "-q" else rpm(words, stdin)

    node, tool, found, _ = repository(tmp_path, {"rpm": has_it, "yum": ""}, {FILE: TEXT, KEY_FILE: KEY})
    found.check()
    assert list(found.plan()) == []
    tool.install(("a",))
    assert not any("reposdir" in word for word in node.commands.calls[-1])


def test_a_document_without_one_asks_nothing(tmp_path):
    node, _, found, _ = repository(tmp_path, name="")
    found.check()
    assert (list(found.plan()), node.commands.calls) == ([], [])


OURS = (
    Entry("repository", KEY_FILE, "-", "-", present(KEY)),
    Entry("rpm-key", KEY_ID, KEY_FILE, "-", "in"),
    Entry("repository", FILE, "-", "-", present(TEXT.encode("ascii"))),
)


def test_one_that_is_declared_no_longer_goes_in_the_other_order(tmp_path):
    def has_it(words, stdin):
        return KEY_ID + "\n"

    _, _, found, kinds = repository(tmp_path, {"rpm": has_it}, {FILE: TEXT, KEY_FILE: KEY}, name="", record=Record(entries=OURS))
    plan = list(found.plan())
    assert [planned.entry for planned in plan] == [entry.reversed for entry in reversed(OURS)]
    assert as_reported(kinds["rpm-key"], plan[1]) == "rpm-key/%s: written -> (none)" % KEY_ID


def test_of_one_that_is_declared_no_longer_what_somebody_changed_stays(tmp_path):
    _, _, found, _ = repository(tmp_path, files={FILE: TEXT + "#\n", KEY_FILE: KEY}, name="", record=Record(entries=OURS))
    assert [planned.entry for planned in found.plan()] == [OURS[0].reversed]


@pytest.mark.parametrize(
    "parts, message",
    [
        pytest.param(
            dict(files={FILE: "[epel]\n"}),
            "%s is there already, and is not as declared. It is somebody's: leave packageRepository out where it does what you need, give "
            "yours another id, or move the file away" % FILE,
            id="where a file of somebody's has its name",
        ),
        pytest.param(
            dict(files={KEY_FILE: "another"}),
            "%s is there already, and is not as declared. It is somebody's: leave packageRepository out where it does what you need, give "
            "yours another id, or move the file away" % KEY_FILE,
            id="where a key of somebody's has its name",
        ),
        pytest.param(
            dict(files={"/etc/yum/repos.d/site.repo": "[base]\n[epel]\n"}),
            "/etc/yum/repos.d/site.repo has a repository 'epel' already. Leave packageRepository out, or give it another id",
            id="where another file has a repository of its id",
        ),
        pytest.param(
            dict(key=None),
            "%s, the key of the repository 'epel', is not on this node. Give its text as gpgKey, or put it there" % KEY_FILE,
            id="where its key is nowhere",
        ),
        pytest.param(
            dict(answers={"rpm": 1}),
            "rpm does not take the key of the repository 'epel'. Give the text of its public key as gpgKey",
            id="with a key that is none",
        ),
        pytest.param(
            dict(on="Debian 12"),
            "packageRepository is for yum and dnf, and Debian 12 has apt. Take it out, and add the repository to this node's /etc/apt "
            "yourself",
            id="for apt",
        ),
    ],
)
def test_is_refused(tmp_path, parts, message):
    assert refused(repository(tmp_path, **parts)[2]) == message


@pytest.mark.parametrize(
    "line",
    [
        "baseurl=https://user:secret@example.org/",
        "mirrorlist=http://a/ http://secret@b/",
        "metalink=ftp://:secret@c/x",
        "baseurl=https://user:sec/ret@c/",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_shown(tmp_path, line):
    message = refused(repository(tmp_path, lines=LINES + (line,))[2])
    assert "sec" not in message and "packageRepository" not in message and "'epel'" in message


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a@b",
        "http://example.org/?mail=a@b",
        "file:///srv/a@b",
        "/srv/a:b@c",
        "gpgkey=a",
        "https://h:8443",
        "http://[2001:db8::1]:80/a@b",
        "baseurl=https://h:8443/ https://i/",
    ],
)
def test_what_only_looks_like_a_password_is_none(url):
    assert not has_credentials(url)


@pytest.mark.parametrize("whose", ["record", "other"])
def test_what_a_role_of_ours_brought_is_not_somebodys(tmp_path, whose):
    former = TEXT.replace("EPEL 7", "EPEL")
    entry = Entry("repository", FILE, "-", "-", present(former.encode("ascii")))
    _, _, found, _ = repository(tmp_path, files={FILE: former}, **{whose: Record(entries=(entry,))})
    found.check()
    assert [planned.old for planned in found.plan()] == ["(none)", "(none)", "edited"]


def test_a_key_that_lies_on_the_node_is_imported_and_not_written(tmp_path):
    _, _, found, _ = repository(tmp_path, files={KEY_FILE: KEY}, key=None)
    found.check()
    assert [planned.entry.kind for planned in found.plan()] == ["rpm-key", "repository"]


def test_without_signatures_a_key_that_lies_on_the_node_is_not_asked_for(tmp_path):
    lines = tuple(line.replace("gpgcheck=1", "gpgcheck=0") for line in LINES)
    node, _, found, _ = repository(tmp_path, lines=lines, key=None)
    found.check()
    assert node.commands.calls == []


def test_an_rpm_that_cannot_be_run_is_no_key_that_is_none(tmp_path):
    with pytest.raises(CannotTell):
        repository(tmp_path, {"rpm": 124})[2].check()


# The kind


def test_a_key_is_imported_and_taken_out(tmp_path):
    said = {"state": NOT_INSTALLED}
    node = make_node(tmp_path, {"rpm -q": lambda words, stdin: said["state"], "rpm": ""})
    kind, entry = RpmKeyKind(node.commands), Entry("rpm-key", KEY_ID, KEY_FILE, "-", "in")
    assert kind.read(KEY_ID, KEY_FILE) == "-"
    assert kind.transition(entry, FakeJournal()) is Outcome.MADE
    said["state"] = KEY_ID + "\n"
    assert kind.read(KEY_ID, KEY_FILE) == "in"
    assert kind.transition(entry, FakeJournal()) is Outcome.NOTHING
    assert kind.undo(entry, FakeJournal()) is Outcome.MADE
    changes = [line for line in node.commands.lines() if " -q " not in line]
    assert changes == ["rpm --import " + KEY_FILE, "rpm -e --allmatches gpg-pubkey-" + KEY_ID]
    assert kind.described(entry) == ("(none)", "imported")
    assert kind.described(entry.reversed) == ("imported", "(none)")


def test_a_key_that_rpm_does_not_tell_about_is_not_one_that_is_gone(tmp_path):
    said = failed(1, "error: cannot open Packages database\n", "package gpg-pubkey-%s is not installed\n" % KEY_ID)
    kind = RpmKeyKind(make_node(tmp_path, {"rpm": said}).commands)
    with pytest.raises(CannotTell):
        kind.undo(Entry("rpm-key", KEY_ID, KEY_FILE, "-", "in"), FakeJournal())


@pytest.mark.parametrize(
    "written, message",
    [
        ("in", "rpm does not take the key {0}. See 'rpm --import {0}' on the node".format(KEY_FILE)),
        ("-", "rpm does not give up the key gpg-pubkey-{0}. See 'rpm -e gpg-pubkey-{0}' on the node".format(KEY_ID)),
    ],
)
def test_an_rpm_that_refuses_is_reported(tmp_path, written, message):
    kind = RpmKeyKind(make_node(tmp_path, {"rpm": 1}).commands)
    with pytest.raises(Failed) as caught:
        kind.set(Entry("rpm-key", KEY_ID, KEY_FILE, "-", written), FakeJournal())
    assert text_of(caught.value) == message
