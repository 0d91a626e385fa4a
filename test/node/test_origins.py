"""`[console] allowed_origins`: what noVNC needs there stays, whatever we add and take away."""

import pytest
from fakes import FakeJournal, make_node
from hypothesis import given, settings
from hypothesis import strategies as st
from openstack_spice.changes.edits import Edits
from openstack_spice.changes.options import OptionKind, SectionKind, plan_options, with_merged_origins
from openstack_spice.document.desired import Desired
from openstack_spice.nova_conf.ini import Ini
from openstack_spice.nova_conf.origins import merged_origins, origins_of
from openstack_spice.state.entry import Entry
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.paths import NOVA_CONF
from openstack_spice.state.record import Record, merged
from openstack_spice.text import present

OPTION = "console/allowed_origins"
CONF = b"[console]\nallowed_origins = dashboard.example.org,vdi.example.org\n"


class Node:
    """A controller that is converged again and again."""

    def __init__(self, root, conf):
        self.node = make_node(root, files={NOVA_CONF: conf})
        self.record = Record()
        self.said = self.node.reporter.said

    def converge(self, declared):
        """The changes of a run, as `OLD -> NEW`."""
        options = {} if declared is None else {OPTION: declared}
        context = self.node.context._replace(desired=Desired(role="controller", node="n", options=options), record=self.record)
        context = context._replace(desired=with_merged_origins(context))
        edits, journal = Edits(self.node.files, Ledger(context.system), self.node.reporter), FakeJournal()
        kinds = {kind.name: kind for kind in (OptionKind(edits), SectionKind(edits))}
        plan = list(plan_options(context, kinds["option"], kinds["section"]))
        for planned in plan:
            kinds[planned.entry.kind].apply(planned, journal)
        edits.publish_all(journal)
        self.record = Record(entries=merged(self.record.entries, journal.entries))
        assert list(plan_options(context, kinds["option"], kinds["section"])) == []
        return ["%s -> %s" % (planned.old, planned.new) for planned in plan]

    def revert(self):
        edits, journal = Edits(self.node.files, Ledger(self.node.context.system), self.node.reporter), FakeJournal()
        kinds = {kind.name: kind for kind in (OptionKind(edits), SectionKind(edits))}
        outcomes = [kinds[entry.kind].undo(entry, journal).value for entry in reversed(self.record.entries)]
        edits.publish_all(journal)
        return outcomes

    @property
    def conf(self):
        return self.node.files.read(NOVA_CONF)

    @property
    def origins(self):
        return origins_of(Ini(self.conf).value("console", "allowed_origins") or b"")

    def edit(self, old, new):
        self.node.files.put(NOVA_CONF, self.conf.replace(old, new))


def test_what_is_declared_is_added_to_what_is_there_and_every_byte_comes_back(tmp_path):
    node = Node(tmp_path, CONF)
    assert node.converge("console.example.org") == [
        "dashboard.example.org,vdi.example.org -> dashboard.example.org,vdi.example.org, console.example.org"
    ]
    assert node.said == [
        "[console] allowed_origins is read by nova-novncproxy too: what stands there stays (dashboard.example.org, vdi.example.org), "
        "and what is declared is added"
    ]
    assert node.converge("console.example.org") == []
    assert node.converge("console.example.org") == []
    assert len(node.said) == 1
    assert node.revert() == ["made"]
    assert node.conf == CONF


def test_a_changed_declaration_takes_away_ours_alone(tmp_path):
    node = Node(tmp_path, CONF)
    node.converge("a,b")
    assert node.converge("b,c") == ["dashboard.example.org,vdi.example.org, a,b -> dashboard.example.org,vdi.example.org, b,c"]
    assert node.converge("vdi.example.org") == ["dashboard.example.org,vdi.example.org, b,c -> dashboard.example.org,vdi.example.org"]
    assert node.converge("vdi.example.org") == []
    assert node.converge("c") == ["dashboard.example.org,vdi.example.org -> dashboard.example.org,vdi.example.org, c"]
    assert node.converge(None) == ["dashboard.example.org,vdi.example.org, c -> dashboard.example.org,vdi.example.org"]
    assert (node.conf, node.record.entries) == (CONF, ())


def test_with_nothing_there_it_is_written_as_declared(tmp_path):
    node = Node(tmp_path, b"[console]\n")
    assert node.converge("a,b") == ["(unset) -> a,b"]
    assert node.converge("b") == ["a,b -> b"]
    assert node.said == []
    assert node.revert() == ["made"]
    assert node.conf == b"[console]\n"


def test_what_is_there_already_is_left_as_it_stands(tmp_path):
    node = Node(tmp_path, b"[console]\nallowed_origins : 'b , a' \n")
    assert node.converge("a") == []
    assert node.record.entries == ()


def test_a_value_of_several_lines_is_kept_by_its_entries_and_given_back_by_its_bytes(tmp_path):
    conf = b"[console]\nallowed_origins = a,\n  b\n"
    node = Node(tmp_path, conf)
    node.converge("c")
    assert node.origins == ["a", "b", "c"]
    node.revert()
    assert node.conf == conf


def test_what_somebody_adds_afterwards_stays_and_is_not_ours(tmp_path):
    node = Node(tmp_path, CONF)
    node.converge("console.example.org")
    node.edit(b", console", b",more.example.org,console")
    assert node.converge("console.example.org") == []
    node.converge("other.example.org")
    assert node.origins == ["dashboard.example.org", "vdi.example.org", "more.example.org", "other.example.org"]
    node.converge("last.example.org")
    assert node.origins == ["dashboard.example.org", "vdi.example.org", "more.example.org", "last.example.org"]


def test_what_somebody_takes_away_of_ours_comes_again(tmp_path):
    node = Node(tmp_path, CONF)
    node.converge("console.example.org")
    node.edit(b"allowed_origins = dashboard.example.org,vdi.example.org, console.example.org", b"allowed_origins = new.example.org")
    assert node.converge("console.example.org") == ["new.example.org -> new.example.org, console.example.org"]
    assert node.converge("console.example.org") == []
    node.converge("x")
    assert node.origins == ["new.example.org", "x"]


def test_under_the_older_name_and_in_a_file_that_is_read_before_it_is_kept_too(tmp_path):
    node = Node(tmp_path / "1", b"[DEFAULT]\nconsole_allowed_origins = old.example.org\n")
    node.converge("a")
    assert node.origins == ["old.example.org", "a"]
    dist = "/usr/share/nova/nova-dist.conf"
    node = Node(tmp_path / "2", b"[DEFAULT]\n")
    node.node.files.put(dist, CONF)
    node.node.context = node.node.context._replace(platform=node.node.context.platform._replace(config=(dist, NOVA_CONF)))
    node.converge("a")
    assert node.origins == ["dashboard.example.org", "vdi.example.org", "a"]
    assert node.converge("a") == []


def test_what_the_program_in_bash_had_replaced_comes_back(tmp_path):
    node = Node(tmp_path, b"[console]\nallowed_origins = a\n")
    node.record = Record(entries=(Entry("option", NOVA_CONF, OPTION, _state("dash"), _state("a")),))
    assert node.converge("a") == ["a -> dash, a"]
    assert node.converge("a") == []
    assert node.revert() == ["made"]
    assert node.conf == b"[console]\nallowed_origins = dash\n"


names = st.lists(st.sampled_from(["a", "b", "c", "d", "$my_ip", "\u00e9.example.org"]), unique=True, max_size=4)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(names, st.lists(names, min_size=1, max_size=4))
def test_through_any_declarations_theirs_stay_in_their_order_and_ours_follow(theirs, declarations):
    conf = ",".join(theirs)
    former = "-" if not theirs else _state(conf)
    current, written_state = conf.encode() if theirs else None, None
    for declared in ([name for name in names if max(name) < "\x80"] for names in declarations):
        written = merged_origins(",".join(declared), current, former if written_state else None, written_state)
        assert origins_of(written.encode()) == theirs + [name for name in declared if name not in theirs]
        if current is None or written.encode() != current:
            current, written_state = written.encode(), _state(written)
            if written_state == former:
                written_state = None


def _state(value):
    return present(("allowed_origins = %s\n" % value).encode())


@pytest.mark.parametrize("value,entries", [(b"", []), (b" a , b,", ["a", "b"]), (b"a,a", ["a"]), (b"a,\nb", ["a", "b"])])
def test_entries_are_read_as_oslo_config_reads_a_list(value, entries):
    assert origins_of(value) == entries
