"""What a run answers: lines of JSON that are short and whole whatever is in them, and the same for people."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_spice.document.schema import violations
from openstack_spice.errors import BadDocument, Failed, Refused
from openstack_spice.messages import catalogue, warnings
from openstack_spice.reporter import Reporter, line_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "contract" / "report.schema.json").read_text("ascii"))
KINDS = {next(iter(kind["properties"])): kind for kind in SCHEMA["$defs"].values() if "properties" in kind}


def valid(line):
    """A line as an object; it is as the schema has it."""
    value = json.loads(line)
    assert list(violations(value, KINDS[next(iter(value))], SCHEMA["$defs"])) == []
    return value


def said(step):
    """What a reporter writes: the report's lines as objects, and standard error."""
    read, write = os.pipe(), os.pipe()
    saved = [os.dup(1), os.dup(2)]
    try:
        os.dup2(read[1], 1)
        os.dup2(write[1], 2)
        step(Reporter("node-1", None))
    finally:
        for descriptor, kept in zip((1, 2), saved):
            os.dup2(kept, descriptor)
            os.close(kept)
    os.close(read[1])
    os.close(write[1])
    texts = []
    for descriptor in (read[0], write[0]):
        with os.fdopen(descriptor, "rb") as file:
            texts.append(file.read().decode("ascii"))
    return [valid(line) for line in texts[0].splitlines()], texts[1]


def test_a_change_is_reported_to_programs_and_to_people():
    lines, people = said(lambda reporter: reporter.changed("spice/enabled", "(unset)", "true"))
    assert lines == [{"change": "spice/enabled", "old": "(unset)", "new": "true"}]
    assert people == "spice/enabled: (unset) -> true\n"


def test_a_restart_is_reported_to_programs_and_to_people():
    assert said(lambda reporter: reporter.restarted("nova-compute")) == (
        [{"restarted": "nova-compute"}],
        "restarted nova-compute\n",
    )


def test_a_warning_has_its_id_and_its_text_with_the_facts():
    lines, people = said(lambda reporter: reporter.warn("port-open-to-all", port=6082))
    text = "TCP 6082 is open to all. 'dropOtherSources' closes it"
    assert lines == [{"warning": "port-open-to-all", "text": text}]
    assert people == "openstack-spice: node-1: %s\n" % text


@pytest.mark.parametrize("stop, kind", [(Refused, "refused"), (BadDocument, "refused"), (Failed, "failed")])
def test_what_ends_a_run_has_its_id(stop, kind):
    lines, people = said(lambda reporter: reporter.error(stop("release-other", asserted=27, version="26.2.2")))
    text = "release 27 is asserted, but Nova 26.2.2 is installed. Correct 'release', or leave it out"
    assert lines == [{kind: "release-other", "text": text}]
    assert people == "openstack-spice: error: node-1: %s\n" % text


def test_the_end_mark_is_the_last_line_and_has_the_number_of_changes():
    def run(reporter):
        reporter.changed("a", "b", "c")
        reporter.kept.append("spice/enabled")
        reporter.end()

    lines, people = said(run)
    assert lines[1:] == [{"kept": "spice/enabled"}, {"end": 1}]
    assert people == "a: b -> c\nchanged 1\n"


def test_progress_and_quotes_are_for_people_alone():
    def run(reporter):
        reporter.say("waiting")
        reporter.quote(b"one\ntwo\x1b[31m\n")

    assert said(run) == ([], "openstack-spice: node-1: waiting\none\ntwo?[31m\n")


def test_who_sits_at_a_terminal_sees_no_report():
    program = (
        "import pty, os, sys; sys.path.insert(0, %r)\n"
        "pid, terminal = pty.fork()\n"
        "if pid == 0:\n"
        "    from openstack_spice.reporter import Reporter\n"
        "    reporter = Reporter('n', None); reporter.changed('a', 'b', 'c'); reporter.end(); os._exit(0)\n"
        "text = b''\n"
        "try:\n"
        "    while True: text += os.read(terminal, 100)\n"
        "except OSError: sys.stdout.buffer.write(text)\n"
    ) % str(ROOT / "node")
    assert subprocess.run([sys.executable, "-B", "-c", program], check=True, stdout=subprocess.PIPE).stdout == b"a: b -> c\r\nchanged 1\r\n"


def test_every_warning_has_a_cause_and_is_in_the_catalogue():
    for name, message in warnings.MESSAGES.items():
        assert catalogue()[name] == message and message.cause


strange = st.sampled_from(["x", '"', "\\", "\u00e9", "\U0001f600", "\x1b", "\ud800", ","])
texts = st.one_of(st.text(max_size=1500), strange.map(lambda character: character * 1500))


@given(texts, texts, texts)
def test_a_line_is_valid_and_short_whatever_is_in_it(subject, old, new):
    line = line_of({"change": subject, "old": old, "new": new})
    assert len(line.encode("ascii")) <= 1000
    value = valid(line)
    assert all(text.isprintable() for text in value.values())
    if len(json.dumps([subject, old, new])) < 600 and all(text.isprintable() for text in (subject, old, new)):
        assert value == {"change": subject, "old": old, "new": new}


def test_a_line_that_is_too_long_loses_the_end_of_its_longest_text():
    value = valid(line_of({"change": "firewall/proxy", "old": "open", "new": "192.0.2.0/24, " * 100}))
    assert (value["change"], value["old"]) == ("firewall/proxy", "open")
    assert value["new"].startswith("192.0.2.0/24, 192") and value["new"].endswith(" ...") and len(value["new"]) > 850
