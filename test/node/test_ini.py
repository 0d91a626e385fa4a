"""nova.conf, whatever stands in it: read as oslo.config reads it, edited, and given back byte for byte."""

import os
import re

import pytest
from fakes import FakeJournal, make_node
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openstack_spice.changes.edits import Edits
from openstack_spice.changes.options import OptionKind, SectionKind, plan_options
from openstack_spice.document.desired import Desired
from openstack_spice.nova_conf.ini import Ini, spelled
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.paths import NOVA_CONF

HERE = os.path.dirname(os.path.abspath(__file__))

OPTIONS = ("spice/html5proxy_host", "spice/html5proxy_base_url", "console/allowed_origins", "DEFAULT/cert")
KEYS = [option.split("/")[1] for option in OPTIONS] + ["debug", "html5proxy_hosts", "Cert"]
HEADERS = ["[spice]", "[console]", "[DEFAULT]", "[SPICE]", "[Console]", "[default]", "[ spice ]", "[vnc]", "[spice]  ", "[a]b]"]
ODD = "$\\\"' {}=:#;[],%"

texts = st.one_of(
    st.text(st.one_of(st.sampled_from(ODD), st.characters(min_codepoint=32, max_codepoint=126)), max_size=12),
    st.sampled_from(["true", "True", "0.0.0.0", "'a'", '"a"', "a", "a b", "$my_ip", ""]),
)


def encoded(text):
    """As a document spells a text, so that oslo.config reads it as it is."""
    text = text.replace("$", "$$")
    return '"%s"' % text if text != text.strip() or text[:1] in ("'", '"') else text


def body(values):
    spellings = [form for value in values for form in (value, encoded(value), '"%s"' % value, value + "  ", value.upper(), value + "$")]
    value = st.one_of(st.sampled_from(spellings), texts)
    assignment = st.tuples(st.sampled_from(KEYS), st.sampled_from([" = ", "=", ": ", " :", "\t=\t"]), value).map("".join)
    more = st.tuples(st.sampled_from(["  ", "\t", " "]), st.sampled_from(["more", "# no comment", "[vnc]", "cert = no option", ","])).map(
        "".join
    )
    definition = st.tuples(assignment, st.lists(more, max_size=3)).map(lambda parts: [parts[0]] + parts[1])
    comments = [
        "",
        "   ",
        "# a comment",
        "; another",
        "#html5proxy_host = 127.0.0.1",
        "#cert = <None>",
        "# cert = in prose",
        "#allowed_origins =",
        "#\u00e9",
    ]
    return st.lists(st.one_of(definition, st.sampled_from(comments).map(lambda line: [line])), max_size=6).map(lambda parts: sum(parts, []))


@st.composite
def cases(draw):
    """A nova.conf, and what is to be declared in it."""
    names = draw(st.lists(st.sampled_from(OPTIONS), min_size=1, unique=True))
    values = draw(st.lists(texts, min_size=4, max_size=4))
    declared = {name: encoded(value) for name, value in zip(names, values)}
    sections = draw(st.lists(st.tuples(st.sampled_from(HEADERS), body(values)).map(lambda parts: [parts[0]] + parts[1]), max_size=6))
    lines = draw(st.sampled_from([[], ["# first"], [""]])) + sum(sections, [])
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    ended = draw(st.booleans()) and lines
    return (newline.join(lines) + (newline if ended else "")).encode("utf-8"), declared


def parsed(data):
    """Every value of every option, as `BaseParser.parse` of oslo_config/iniparser.py reads them: re-written from its text."""
    values, section, key = {}, None, None
    for line in data.decode("utf-8").replace("\r\n", "\n").split("\n"):
        line = line.rstrip()
        if not line:
            key = None
        elif line[0] in " \t":
            assert key is not None
            values[key][-1] += "\n" + line.lstrip()
        elif line[0] == "[":
            assert line[-1] == "]" and len(line) > 2
            section, key = line[1:-1], None
            section = section if section == "DEFAULT" else section.lower()
        elif line[0] in "#;":
            key = None
        else:
            assert section is not None
            name, value = re.split("[=:]", line, maxsplit=1)
            value = value.strip()
            value = value[1:-1] if value[:1] in ("'", '"') and value[0] == value[-1] else value
            key = (section, name.strip())
            values.setdefault(key, []).append(value)
    return values


class Run:
    """Declares options as a transaction does, without services."""

    def __init__(self, root, conf, declared):
        self.node = make_node(root, files={NOVA_CONF: conf}, desired=Desired(role="compute", node="n", options=declared))
        self.node.files._sync = lambda descriptor, path: None  # disks are slow, and none fails here
        self.journal = FakeJournal()
        self.edits = Edits(self.node.files, Ledger(self.node.context.system), self.node.reporter)
        self.kinds = {kind.name: kind for kind in (OptionKind(self.edits), SectionKind(self.edits))}

    def plan(self):
        return list(plan_options(self.node.context, self.kinds["option"], self.kinds["section"]))

    def apply(self):
        for planned in self.plan():
            self.kinds[planned.entry.kind].apply(planned, self.journal)
        self.edits.publish_all(self.journal)
        return self.read()

    def undo(self):
        for entry in reversed(self.journal.entries):
            self.kinds[entry.kind].undo(entry, self.journal)
        self.edits.publish_all(self.journal)
        return self.read()

    def read(self):
        return self.node.files.read(NOVA_CONF)


quick = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@quick
@given(cases())
def test_it_reads_as_declared_after_the_edit_all_else_as_before_is_not_edited_again_and_gets_its_bytes_back(tmp_path_factory, case):
    conf, declared = case
    run = Run(tmp_path_factory.mktemp("node"), conf, declared)
    after = run.apply()
    values, before = parsed(after), parsed(conf)
    for option, written in declared.items():
        key = tuple(option.split("/"))
        meant = parsed(b"[x]\ny = " + written.encode("ascii"))[("x", "y")][0]
        assert spelled(values[key][-1].encode("ascii")) == spelled(meant.encode("ascii"))
        values[key].pop()
        before.get(key, [None]).pop()
    assert {key: value for key, value in values.items() if value} == {key: value for key, value in before.items() if value}
    assert [line for line in after.split(b"\n") if line[:1] in (b"#", b";")] == [
        line for line in conf.split(b"\n") if line[:1] in (b"#", b";")
    ]
    assert run.plan() == []
    assert run.undo() == conf


@quick
@given(cases())
def test_what_a_stranger_adds_meanwhile_is_kept_and_the_rest_gets_its_bytes_back(tmp_path_factory, case):
    conf, declared = case
    run = Run(tmp_path_factory.mktemp("node"), conf, declared)
    edit = b"\n[stranger]\nkey = value\n"
    run.node.files.put(NOVA_CONF, run.apply() + edit)
    assert run.undo() == conf + edit


@quick
@given(cases(), st.lists(st.sampled_from([b"\xc2\xa0", b"\x1c", b"\xe2\x80\x83", b"\x85"]), min_size=1, max_size=3))
def test_it_is_read_as_the_real_oslo_config_does(tmp_path_factory, case, blanks):
    cfg = pytest.importorskip("oslo_config.cfg")
    conf, _ = case
    for blank in blanks:
        conf = conf.replace(b" = ", blank + b"= ", 1)
    path = str(tmp_path_factory.mktemp("oslo") / "conf")
    with open(path, "wb") as file:
        file.write(conf)
    values = {}
    parser = cfg.ConfigParser(path, {})
    parser._add_normalized(values)
    try:
        parser.parse()
    except (cfg.ParseError, UnicodeDecodeError):
        return
    ini = Ini(conf)
    read = {(section, name): found[-1] for section, options in values.items() for name, found in options.items()}
    assert {key: (ini.value(*key) or b"").decode("utf-8") for key in read} == read


def test_a_nul_byte_stays_and_is_part_of_the_value_as_it_is_to_oslo_config(tmp_path):
    conf = b"[spice]\nhtml5proxy_host = 127.0.0.1\0\n"
    assert Ini(conf).value("spice", "html5proxy_host") == b"127.0.0.1\0"
    run = Run(tmp_path / "node", conf, {"spice/html5proxy_host": "127.0.0.1"})
    assert [(planned.old, planned.new) for planned in run.plan()] == [("127.0.0.1\0", "127.0.0.1")]
    assert run.apply() == b"[spice]\nhtml5proxy_host = 127.0.0.1\n"
    assert run.undo() == conf


@pytest.mark.parametrize("comment", [b"# caf\xc3\xa9", b"# caf\xe9", b"#\xff\xfe"])
def test_comments_of_any_encoding_stay(tmp_path, comment):
    conf = comment + b"\n[DEFAULT]\n" + comment + b"\ncert = a" + comment
    run = Run(tmp_path / "node", conf, {"DEFAULT/cert": "b", "spice/html5proxy_port": "1"})
    assert run.apply() == comment + b"\n[DEFAULT]\n" + comment + b"\ncert = b\n\n[spice]\nhtml5proxy_port = 1"
    assert run.undo() == conf


def test_thirty_options_of_a_file_of_the_real_size_take_no_time(tmp_path):
    conf = b"[spice]\n" + b"".join(b"#\n# Some words about it (integer value)\n#option_%d = 3\n\n" % i for i in range(4500))
    run = Run(tmp_path / "node", conf, {"spice/option_%d" % i: "1" for i in range(30)})
    started = os.times()
    run.apply()
    assert run.undo() == conf
    assert os.times().user - started.user < 5
