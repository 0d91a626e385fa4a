"""Changes are journaled before they are made, and taken back whatever else fails."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_spice.changes.edits import Edits, only_planned_lines_differ
from openstack_spice.changes.kind import Kind, Outcome, Pass
from openstack_spice.changes.transaction import Steps, Transaction
from openstack_spice.errors import CannotTell, Failed, Refused
from openstack_spice.messages import text_of
from openstack_spice.reporter import Reporter
from openstack_spice.state.entry import Entry
from openstack_spice.state.journal import Journal, read_journal
from openstack_spice.state.owner import record_owner
from openstack_spice.state.paths import journal_file, record_file
from openstack_spice.state.record import Record, merged, read_record, record_bytes
from openstack_spice.system import Files, Interruption

ROLE = "controller"


class Thing(Kind):
    """A state in memory."""

    name = "thing"
    made_in = Pass.FILES

    def __init__(self, states, failing=()):
        self.states = states
        self.failing = failing

    def read(self, where, what):
        if where in self.failing:
            raise CannotTell(where, "it does not answer")
        return self.states.get(where, "-")

    def set(self, entry, journal):
        self.states[entry.where] = entry.written

    def subject(self, where, what):
        return where

    def described(self, entry):
        return entry.former, entry.written


@pytest.fixture
def files(tmp_path):
    (tmp_path / "var/lib/openstack-spice/roles" / ROLE).mkdir(parents=True)
    return Files(Interruption(), str(tmp_path))


def transaction(kind, reporter=None):
    steps = Steps(lambda: None, lambda: None, lambda: None, lambda unit: None)

    class NoEdits(Edits):
        def __init__(self):
            pass

        def publish_all(self, journal):
            pass

    return Transaction({"thing": kind}, NoEdits(), reporter or Reporter("node", None), "revert", steps)


def opened(files):
    journal = Journal(files, ROLE)
    journal.open({})
    return journal


def test_a_change_is_in_the_journal_before_it_is_made(files):
    seen = []

    class Looking(Thing):
        def set(self, entry, journal):
            seen.append(read_journal(files, ROLE, None).entries)

    kind = Looking({})
    kind.apply(kind.planned("a", "-", "-", "1"), opened(files))
    assert seen == [(Entry("thing", "a", "-", "-", "1"),)]


def test_a_change_that_cannot_be_journaled_is_not_made(files, tmp_path):
    journal = opened(files)
    os.remove(str(tmp_path) + journal_file(ROLE))
    os.mkdir(str(tmp_path) + journal_file(ROLE))
    kind = Thing({})
    with pytest.raises((Failed, CannotTell)):
        kind.apply(kind.planned("a", "-", "-", "1"), journal)
    assert kind.states == {}


def test_what_somebody_changed_since_is_left_as_it_is(files):
    kind = Thing({"a": "theirs"})
    assert kind.undo(Entry("thing", "a", "-", "-", "1"), opened(files)) is Outcome.KEPT
    assert kind.states == {"a": "theirs"}


def test_one_undo_that_fails_does_not_stop_the_others_and_is_named(files, capfd):
    kind = Thing({"a": "1", "b": "1", "c": "1"}, failing=("b",))
    entries = [Entry("thing", where, "-", "-", "1") for where in "abc"]
    undone = transaction(kind).undo(entries, opened(files))
    assert undone.failures == ("b",)
    assert kind.states == {"a": "-", "b": "1", "c": "-"}
    reported = capfd.readouterr().err
    assert "b could not be put back: the node does not report b: it does not answer" in reported


def test_a_journal_whose_last_line_was_cut_off_has_all_lines_before(files, tmp_path):
    journal = opened(files)
    for where in "abc":
        journal.write(Entry("thing", where, "-", "-", "1"))
    journal.announce("/etc/new.openstack-spice.123")
    path = str(tmp_path) + journal_file(ROLE)
    with open(path, "rb") as file:
        data = file.read()
    whole = read_journal(files, ROLE, None)
    for cut in range(len(data)):
        with open(path, "wb") as file:
            file.write(data[:cut])
        content = read_journal(files, ROLE, None)
        assert content.entries == whole.entries[: len(content.entries)]
        assert len(content.entries) == sum(line.startswith(b"[") for line in data[:cut].split(b"\n")[:-1])


def test_what_an_undo_did_not_expect_is_reported_without_a_value(files, capfd):
    class Odd(Thing):
        def set(self, entry, journal):
            raise ValueError("a password")

    kind = Odd({"a": "1"})
    assert transaction(kind).undo([Entry("thing", "a", "-", "-", "1")], opened(files)).failures == ("a",)
    reported = capfd.readouterr().err
    assert "a could not be put back: the program has a defect: ValueError at " in reported and "password" not in reported


def test_a_journal_with_a_kind_that_this_version_does_not_know_is_refused_and_kept(files):
    journal = opened(files)
    journal.write(Entry("thing", "a", "-", "-", "1"))
    with pytest.raises(Refused) as stop:
        read_journal(files, ROLE, frozenset(["option"]))
    assert (stop.value.message, stop.value.facts["kinds"]) == ("record-kind-unknown", "thing")
    assert read_journal(files, ROLE, frozenset(["thing"])).entries == journal.entries


@given(st.binary(max_size=300))
def test_a_journal_of_any_bytes_is_read_or_refused(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("node")
    (root / "var/lib/openstack-spice/roles" / ROLE).mkdir(parents=True)
    (root / journal_file(ROLE)[1:]).write_bytes(data)
    try:
        read_journal(Files(Interruption(), str(root)), ROLE, None)
    except Refused as stop:
        assert stop.message == "journal-damaged"


words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
entries = st.builds(Entry, st.just("thing"), words, words, words, words)


@given(st.lists(entries, max_size=5), words, words)
def test_a_record_is_read_as_it_was_written(tmp_path_factory, given_entries, owner, identity):
    root = tmp_path_factory.mktemp("node")
    record = Record(owner, identity, "0" * 64, "remove", 17, {"name": "Debian 12"}, tuple(given_entries))
    (root / "var/lib/openstack-spice/roles" / ROLE).mkdir(parents=True)
    (root / record_file(ROLE)[1:]).write_bytes(record_bytes(record))
    assert read_record(Files(Interruption(), str(root)), ROLE, frozenset(["thing"])) == record


def test_a_record_that_is_cut_off_anywhere_is_refused_and_never_read_as_less(files, tmp_path):
    record = Record("a/b/c", "1", "0" * 64, entries=(Entry("thing", "a", "-", "-", "1"), Entry("thing", "b", "-", "-", "1")))
    data = record_bytes(record)
    path = tmp_path / record_file(ROLE)[1:]
    for cut in range(len(data) - 1):
        path.write_bytes(data[:cut])
        with pytest.raises(Refused) as stop:
            read_record(files, ROLE, frozenset(["thing"]))
        assert stop.value.message in ("record-damaged", "record-format")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 3}, "record-format"),
        ({"entries": [["new-kind", "a", "-", "-", "1"]]}, "record-kind-unknown"),
        ({"entries": [["thing", "a", "-", "-"]]}, "record-damaged"),
        ({"entries": [["thing", "a", "-", "-", 1]]}, "record-damaged"),
        ({"entries": 5}, "record-damaged"),
        ({"owner": None}, "record-damaged"),
        ({"platform": []}, "record-damaged"),
    ],
)
def test_a_record_that_this_version_does_not_know_is_refused_and_kept(files, tmp_path, change, message):
    value = json.loads(record_bytes(Record("a/b/c", "1", "0" * 64)).decode())
    value.update(change)
    path = tmp_path / record_file(ROLE)[1:]
    path.write_text(json.dumps(value))
    with pytest.raises(Refused) as stop:
        read_record(files, ROLE, frozenset(["thing"]))
    assert stop.value.message == message
    assert json.loads(path.read_text()) == value


def test_a_record_and_a_journal_of_format_1_are_refused_by_name_and_kept(files, tmp_path):
    entry = "thing\t/etc/x\ty z\t-\t=YQ==\n"
    record, journal = (tmp_path / file(ROLE)[1:] for file in (record_file, journal_file))
    record.write_text("# openstack-spice record 1\n# owner a/b/c\n# id 12\n# program 00\n" + entry)
    journal.write_text(entry)
    readers = {
        record: (lambda: read_record(files, ROLE, frozenset(["thing"])), lambda: record_owner(files, ROLE)),
        journal: (lambda: read_journal(files, ROLE, frozenset(["thing"])),),
    }
    for path, reads in readers.items():
        former = path.read_text()
        for read in reads:
            with pytest.raises(Refused) as stop:
                read()
            assert text_of(stop.value) == (
                "/%s is of format 1, which openstack-spice had while its program on the nodes was in bash. Run 'openstack-spice revert %s' "
                "on this node: the program that wrote it is there still, and puts back what it changed. Then run again"
                % (path.relative_to(tmp_path), ROLE)
            )
        assert path.read_text() == former


def test_the_first_former_state_stays_and_what_is_as_it_was_is_forgotten():
    first = [Entry("thing", "a", "-", "0", "1"), Entry("thing", "b", "-", "0", "1")]
    then = [Entry("thing", "a", "-", "1", "2"), Entry("thing", "b", "-", "1", "0")]
    assert merged(first, then) == (Entry("thing", "a", "-", "0", "2"),)


def test_a_file_that_would_differ_by_more_than_the_planned_lines_is_not_published():
    only_planned_lines_differ("f", b"a\nb\n", b"a\nc\n", [b"b"], [b"c"])
    with pytest.raises(Failed) as stop:
        only_planned_lines_differ("f", b"a\nb\n", b"a\n", [], [])
    assert stop.value.message == "edit-not-as-planned"
    with pytest.raises(Failed):
        only_planned_lines_differ("f", b"a\nb\n", b"a\nc\n", [b"b"], [])
