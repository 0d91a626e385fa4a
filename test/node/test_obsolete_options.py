"""Obsolete options of a nova.conf are reported; commented out where that is asked for, and set again, byte for byte."""

from fakes import FakeJournal, as_reported, make_node
from openstack_spice.changes.edits import Edits
from openstack_spice.changes.obsolete_options import ObsoleteOptionKind, ObsoleteOptions
from openstack_spice.changes.options import OptionKind, SectionKind, plan_options
from openstack_spice.checks.layers import planned_conf
from openstack_spice.document.desired import Desired
from openstack_spice.nova_conf.obsolete_options import find_obsolete_options
from openstack_spice.roles.compute import Compute
from openstack_spice.state.entry import Entry
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.paths import NOVA_CONF
from openstack_spice.state.record import Record, merged

CONF = b"""[DEFAULT]
vnc_enabled = True
#keymap = of another section
[spice]
# keymap in words
keymap = de
enabled = true
keymap: fr
  be
[vnc]
keymap = ch"""


def found(release, conf=CONF, declared=None):
    return ["%s %s" % (key.option, key.why) for key in find_obsolete_options(conf, "compute", release, declared or {})]


def test_obsolete_options_of_a_nova_conf_are_reported_by_release_and_beside_what_makes_them_obsolete():
    keymaps = [key + " spoils other keyboards than its own, and gone in 22.0.0" for key in ("spice/keymap", "vnc/keymap")]
    alias = "DEFAULT/vnc_enabled [vnc] enabled stands beside it, and wins"
    assert found(17) == []
    assert found(18) == keymaps
    assert found(26, CONF.replace(b"[vnc]", b"[vnc]\nenabled = false")) == [alias] + keymaps
    assert found(26, declared={"vnc/enabled": "true"}) == [alias] + keymaps
    assert found(21, declared={"spice/keymap": "de"}) == [keymaps[1]]
    beside = b"[vnc]\nvncserver_listen = a\nserver_listen = b\n"
    assert found(26, beside) == ["vnc/vncserver_listen [vnc] server_listen stands beside it, and wins"]


class Node:
    """A compute of Nova 26."""

    def __init__(self, root):
        self.node = make_node(root, files={NOVA_CONF: CONF})
        self.record = Record()

    def parts(self, fate="", verb="converge"):
        desired = Desired(role="compute", node="n", options={"vnc/enabled": "true"}, remove_obsolete_options=fate == "remove")
        context = self.node.context._replace(desired=desired, role="compute", record=self.record, verb=verb)
        edits = Edits(self.node.files, Ledger(context.system), self.node.reporter)
        kinds = {kind.name: kind for kind in (OptionKind(edits), SectionKind(edits), ObsoleteOptionKind(edits))}
        return context, edits, kinds, ObsoleteOptions(context, kinds["obsolete-option"], lambda: 26)

    def run(self, fate):
        """The changes of a converge, as the operator reads them."""
        context, edits, kinds, obsolete_options = self.parts(fate)
        plan = list(plan_options(context, kinds["option"], kinds["section"])) + list(obsolete_options.plan())
        foreseen = planned_conf(context, plan)
        journal = FakeJournal()
        for planned in plan:
            kinds[planned.entry.kind].apply(planned, journal)
        edits.publish_all(journal)
        assert foreseen == (self.conf if plan else None)
        self.record = Record(entries=merged(self.record.entries, journal.entries))
        role = Compute.__new__(Compute)
        role._unit = "nova-compute"
        self.restarts = role.units_to_restart(journal)
        return [as_reported(kinds[planned.entry.kind], planned) for planned in plan]

    def back(self):
        """What an undo does with each entry."""
        _, edits, kinds, _ = self.parts()
        journal = FakeJournal()
        outcomes = {entry.what: kinds[entry.kind].undo(entry, journal).value for entry in reversed(self.record.entries)}
        edits.publish_all(journal)
        return outcomes

    @property
    def conf(self):
        return self.node.files.read(NOVA_CONF)


CHANGES = [
    "vnc/enabled: (unset) -> true",
    "DEFAULT/vnc_enabled: True -> commented out",
    "spice/keymap: fr be -> commented out",
    "vnc/keymap: ch -> commented out",
]


def test_obsolete_options_are_commented_out_once_and_every_byte_comes_back_at_an_undo(tmp_path):
    node = Node(tmp_path)
    assert (node.run("remove"), node.restarts) == (CHANGES, ("nova-compute",))
    mark = b"#openstack-spice# spice/keymap# "
    expected = CONF.replace(b"vnc_enabled", b"#openstack-spice# DEFAULT/vnc_enabled# vnc_enabled")
    expected = expected.replace(b"keymap = de", mark + b"keymap = de").replace(b"keymap: fr\n  be", mark + b"keymap: fr\n" + mark + b"  be")
    assert node.conf == expected.replace(b"keymap = ch", b"enabled = true\n#openstack-spice# vnc/keymap# keymap = ch")
    assert (node.run("remove"), node.restarts) == ([], ())
    assert set(node.back().values()) == {"made"}
    assert node.conf == CONF


def test_obsolete_options_are_set_again_and_no_longer_recorded_where_that_is_no_longer_asked_for(tmp_path):
    node = Node(tmp_path)
    node.run("remove")
    assert node.run("") == [line.split(":")[0] + ": commented out -> set again" for line in CHANGES[1:]]
    assert node.restarts == ("nova-compute",)
    assert [entry.kind for entry in node.record.entries] == ["option"]
    assert node.conf == CONF.replace(b"keymap = ch", b"enabled = true\nkeymap = ch")
    node.back()
    assert node.conf == CONF


def test_obsolete_options_that_somebody_wrote_anew_meanwhile_are_left_as_that_is_and_their_comments_too(tmp_path):
    node = Node(tmp_path)
    node.run("remove")
    lines = [line for line in node.conf.split(b"\n") if b"vnc_enabled" not in line]
    node.node.files.put(NOVA_CONF, b"\n".join(lines))
    assert node.back()["DEFAULT/vnc_enabled"] == "kept"
    assert node.conf == CONF.replace(b"vnc_enabled = True\n", b"")


def test_obsolete_options_that_stay_are_said_and_given_for_the_report(tmp_path):
    node = Node(tmp_path)
    *_, obsolete_options = node.parts()
    assert obsolete_options.report() == ["DEFAULT/vnc_enabled", "spice/keymap", "vnc/keymap"]
    assert node.node.reporter.said[0] == (
        "[DEFAULT] vnc_enabled is an obsolete option of /etc/nova/nova.conf ([vnc] enabled stands beside it, and wins). "
        "Take it out, or set removeObsoleteOptions"
    )
    assert [node.parts(*case)[3].report() for case in (("remove", "converge"), ("", "revert"))] == [[], []]


def test_the_states_of_an_undo_read_as_in_a_plan():
    kind = ObsoleteOptionKind(None)
    entry = Entry("obsolete-option", NOVA_CONF, "spice/keymap", "key", "comment")
    assert [kind.described(entry), kind.described(entry.reversed)] == [("set", "commented out"), ("commented out", "set again")]
