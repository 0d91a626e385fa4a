"""A package is installed only where it is missing, and never at the price of another one; it goes only where nobody needs it."""

import os

import pytest
from fakes import FakeJournal, as_reported, failed, make_node
from openstack_spice.changes.kind import Kind, Outcome, Pass
from openstack_spice.changes.packages import PackageKind
from openstack_spice.document.desired import Desired, WebClientSource
from openstack_spice.errors import CannotTell, Failed, Refused
from openstack_spice.messages import text_of
from openstack_spice.packages.packages import Packages, moment, package_tool, upstream_version
from openstack_spice.packages.removal import remove_packages
from openstack_spice.state.entry import Entry
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.record import Record

NOVA = "2:26.2.2-1~deb12u5"
WITNESS = "dpkg\tii \tamd64\t1.21.22\n"
NOVA_ROW = "nova-common\tii \tall\t%s\n" % NOVA
PROXY_ROW = "nova-consoleproxy\tii \tall\t%s\n" % NOVA
CLIENT_ROW = "spice-html5\tii \tall\t0.3.0-2\n"
NONE_FOUND = "dpkg-query: no packages found matching nova-consoleproxy\ndpkg-query: no packages found matching spice-html5\n"
NEITHER = failed(1, NONE_FOUND, WITNESS + NOVA_ROW)
SIMULATION = (
    "apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -s -qq --no-install-recommends --no-remove install "
    "nova-consoleproxy=%s spice-html5" % NOVA
)
INSTALLATION = "apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -y -qq --no-install-recommends"
REFRESH = "apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -qq update"
BOTH = "Inst spice-html5 (0.3.0-2 localhost [all])\nInst nova-consoleproxy (%s localhost [all])\n" % NOVA
WANTED = "nova-consoleproxy=%s spice-html5" % NOVA


class NovaConf:
    """A Nova whose options are all unset."""

    def __init__(self, value=None):
        self.value = value

    def option(self, section, option, default):
        return self.value or default


class Units:
    """Units in a table."""

    def __init__(self, states):
        self.states = states
        self.before = {}
        self.forgotten = 0

    def state(self, unit):
        if self.states[unit] is None:
            raise CannotTell("service/" + unit, "systemd does not answer")
        return self.states[unit]

    def show(self, unit, name):
        return "/lib/systemd/system/%s.service" % unit

    def forget(self):
        self.forgotten += 1


class UnitTable(Kind):
    """Notes what is made of units."""

    made_in = Pass.UNITS

    def __init__(self, name, states=None):
        self.name = name
        self.states = states if states is not None else {}
        self.done = []

    def read(self, where, what):
        return self.states.get(where, "-")

    def set(self, entry, journal):
        self.done.append((entry.where, entry.written))
        self.states[entry.where] = entry.written

    def subject(self, where, what):
        return "service/" + where

    def described(self, entry):
        return None


class Guests:
    def __init__(self, guests=()):
        self.guests = guests

    def guests_with_spice(self):
        if self.guests is None:
            raise CannotTell("guests", "libvirt does not answer")
        return self.guests


def packages(tmp_path, answers=None, **parts):
    node = make_node(tmp_path, answers, **parts)
    return node, Packages(node.context, package_tool(node.context))


def missing(tmp_path, answers=None, **parts):
    """A controller that has neither package."""
    table = {"dpkg-query -W": NEITHER, SIMULATION: BOTH}
    table.update(answers or {})
    node, found = packages(tmp_path, table, **parts)
    found.find_missing(found.proxy_packages, NovaConf())
    return node, found


def controller(**client):
    return Desired(role="controller", node="node-1", web_client=WebClientSource(**client))


# What is needed, and what is there


@pytest.mark.parametrize(
    "on, desired, proxy, compute",
    [
        ("Debian 12", controller(), ("nova-consoleproxy", "spice-html5"), ()),
        ("Debian 13", controller(), ("nova-consoleproxy", "spice-html5"), ("qemu-system-modules-spice",)),
        ("Ubuntu 24.04", controller(), ("nova-spiceproxy", "spice-html5"), ("qemu-system-modules-spice",)),
        ("RHEL 9 and its likes", controller(), ("openstack-nova-spicehtml5proxy", "spice-html5"), ()),
        ("Debian 12", controller(package="site-spice"), ("nova-consoleproxy", "site-spice"), ()),
        ("Debian 12", controller(archive="/a.tgz", sha256="a" * 64), ("nova-consoleproxy",), ()),
        (
            "CentOS 7",
            Desired(role="compute", recipe=frozenset(["web-client-on-computes"])),
            ("openstack-nova-spicehtml5proxy", "spice-html5"),
            ("spice-html5",),
        ),
    ],
)
def test_each_role_needs_its_packages(tmp_path, on, desired, proxy, compute):
    _, found = packages(tmp_path, on=on, desired=desired)
    assert (found.proxy_packages, found.compute_packages) == (proxy, compute)


def test_all_that_a_run_asks_of_the_packages_is_one_process(tmp_path):
    node, found = packages(tmp_path, {"dpkg-query -W": WITNESS + NOVA_ROW + PROXY_ROW + CLIENT_ROW})
    assert found.version("nova-common") == NOVA
    found.find_missing(found.proxy_packages, NovaConf())
    found.check()
    assert list(found.plan(PackageKind(found))) == []
    found.report(found.proxy_packages)
    assert node.reporter.facts == ["package nova-consoleproxy " + NOVA, "package spice-html5 0.3.0-2"]
    assert len(node.commands.calls) == 1


def test_a_missing_proxy_is_asked_for_in_the_version_of_nova(tmp_path):
    _, found = missing(tmp_path)
    assert (found.missing, found.pinned) == (["nova-consoleproxy", "spice-html5"], WANTED.split(" "))


@pytest.mark.parametrize(
    "options, in_force, page, is_missing",
    [
        ({}, None, "/usr/share/spice-html5/spice_auto.html", False),
        ({}, None, "/opt/spice_auto.html", True),
        ({}, "/opt", "/opt/spice_auto.html", False),
        ({"DEFAULT/web": "/srv"}, "/opt", "/srv/spice_auto.html", False),
        ({"DEFAULT/web": "/srv"}, "/opt", "/opt/spice_auto.html", True),
    ],
)
def test_a_web_client_that_was_brought_by_hand_is_none_that_is_missing_where_no_package_of_the_platform_has_it(
    tmp_path, options, in_force, page, is_missing
):
    rows = (
        "openstack-nova-common\t1:27.2.0-1.el9\tnoarch\nopenstack-nova-spicehtml5proxy\t1:27.2.0-1.el9\tnoarch\n"
        "package spice-html5 is not installed\n"
    )
    _, found = packages(
        tmp_path,
        {"rpm -q": failed(1, out=rows)},
        files={page: ""},
        desired=controller()._replace(options=options),
        on="RHEL 9 and its likes",
    )
    found.find_missing(found.proxy_packages, NovaConf(in_force))
    assert found.missing == (["spice-html5"] if is_missing else [])


def test_a_database_that_does_not_answer_stops_the_run(tmp_path):
    _, found = packages(tmp_path, {"dpkg-query -W": failed(2, "dpkg-query: error: failed to open\n")})
    with pytest.raises(CannotTell):
        found.find_missing(found.proxy_packages, NovaConf())


# What would happen


def test_the_plan_has_the_versions_of_the_simulation(tmp_path):
    _, found = missing(tmp_path)
    found.check()
    kind = PackageKind(found)
    assert [as_reported(kind, planned) for planned in found.plan(kind)] == [
        "package/nova-consoleproxy: (not installed) -> " + NOVA,
        "package/spice-html5: (not installed) -> 0.3.0-2",
    ]
    assert [planned.entry for planned in found.plan(kind)] == [
        Entry("package", "nova-consoleproxy", "-", "-", NOVA),
        Entry("package", "spice-html5", "-", "-", "0.3.0-2"),
    ]


@pytest.mark.parametrize(
    "verb, reported", [("converge", ["apt does not know %s; refreshing its lists" % WANTED]), ("check", [])], ids=["converge", "check"]
)
def test_only_a_converge_has_the_lists_looked_at_anew(tmp_path, verb, reported):
    answers = {SIMULATION: failed(100, out="E: Unable to locate package nova-consoleproxy\n"), REFRESH: "W: an old list\n"}
    node, found = missing(tmp_path, answers, verb=verb)
    with pytest.raises(Refused) as caught:
        found.check()
    assert text_of(caught.value) == (
        "package %s cannot be had: E: Unable to locate package nova-consoleproxy. "
        "Add the repository that Nova 26.2.2 came from, or install the package by hand" % WANTED
    )
    assert (node.reporter.said, node.reporter.quoted) == (reported, ["W: an old list"] if reported else [])


def test_what_the_lists_have_by_now_is_taken(tmp_path):
    results = [failed(100, out="E: Unable to locate package nova-consoleproxy\n"), BOTH]
    _, found = missing(tmp_path, {SIMULATION: lambda words, stdin: results.pop(0), REFRESH: ""})
    found.check()
    assert len(list(found.plan(PackageKind(found)))) == 2


def test_a_package_that_would_touch_another_one_is_refused(tmp_path):
    _, found = missing(tmp_path, {SIMULATION: BOTH + "Inst site-base [1.0] (2.0 localhost [all])\nRemv other [1]\n"})
    with pytest.raises(Refused) as caught:
        found.check()
    assert text_of(caught.value) == (
        "installing %s would touch other packages: site-base (upgraded) other (removed). "
        "Upgrade Nova on this node first, in a maintenance window, or install the package by hand" % WANTED
    )


RPM_ROWS = "openstack-nova-common\t1:27.2.0-1.el9\tnoarch\npackage openstack-nova-spicehtml5proxy is not installed\n"
RPM_NEITHER = failed(2, out=RPM_ROWS + "package spice-html5 is not installed\n")
RPM_WANTED = "openstack-nova-spicehtml5proxy-1:27.2.0-1.el9.noarch spice-html5"


@pytest.mark.parametrize(
    "result, message, asked",
    [
        pytest.param(
            failed(1, out="No match for argument: spice-html5\nError: Unable to find a match: spice-html5\n"),
            "there is no SPICE web client on this node, and RHEL 9 and its likes have no package of it (Error: Unable to find a match: "
            "spice-html5). Two ways out: a repository that has spice-html5 (packageRepository), or another source of the client "
            "(webClient: an archive with its checksum, or another package)",
            3,
            id="nobody has the web client",
        ),
        pytest.param(
            failed(1, out="Error: Unable to find a match: openstack-nova-spicehtml5proxy-1:27.2.0-1.el9.noarch\n"),
            "package %s cannot be had: Error: Unable to find a match: openstack-nova-spicehtml5proxy-1:27.2.0-1.el9.noarch. "
            "Add the repository that Nova 27.2.0 came from, or install the package by hand" % RPM_WANTED,
            3,
            id="only the proxy of a later Nova",
        ),
        pytest.param(
            failed(200, out="metadata already locked by 66\n  The application with PID 66 is: dnf\n"),
            "dnf is at work on this node already: metadata already locked by 66. Let it end, then run again",
            61,
            id="another dnf is at work for too long",
        ),
    ],
)
def test_a_package_of_rhel_is_refused_where(tmp_path, result, message, asked):
    node, found = packages(tmp_path, {"rpm -q": RPM_NEITHER, "dnf": result}, on="RHEL 9 and its likes")
    found.find_missing(found.proxy_packages, NovaConf())
    with pytest.raises(Refused) as caught:
        found.check()
    assert text_of(caught.value) == message
    assert len([call for call in node.commands.calls if call[0] == "dnf"]) == asked


# The installation


def install(node, found, units, mask=None, unit=None):
    journal = FakeJournal()
    mask, unit = mask or UnitTable("mask"), unit or UnitTable("unit")
    found.check()
    found.install(journal, units, mask, unit)
    return journal, mask, unit


ABSENT_UNITS = {"nova-spicehtml5proxy": "absent inactive", "nova-novncproxy": "absent inactive", "nova-serialproxy": "absent inactive"}


def test_no_proxy_starts_on_an_unfinished_nova_conf_and_those_that_nobody_asked_for_end_up_disabled(tmp_path):
    node, found = missing(tmp_path)
    units, mask = Units(dict(ABSENT_UNITS)), UnitTable("mask")

    def installs(words, stdin):
        assert mask.states == {unit: "masked" for unit in ABSENT_UNITS}
        assert Ledger(node.context.system).noted("package spice-html5") == ("0.3.0-2", 0)
        node.commands.answer("dpkg-query -W", WITNESS + NOVA_ROW + PROXY_ROW + CLIENT_ROW)
        return ""

    node.commands.answer(INSTALLATION, installs)
    journal, mask, unit = install(node, found, units, mask)
    assert set(mask.states.values()) == {"-"}
    assert unit.done == [("nova-novncproxy", "disabled inactive"), ("nova-serialproxy", "disabled inactive")]
    assert units.before == {name: "absent inactive" for name in ABSENT_UNITS}
    assert journal.written == [Entry("mask", name, "-", "-", "masked") for name in ABSENT_UNITS] + [
        Entry("unit", name, "-", "absent inactive", "disabled inactive") for name in ("nova-novncproxy", "nova-serialproxy")
    ]
    assert node.reporter.said == ["installing " + WANTED]
    assert node.reporter.facts == [
        "change service/nova-novncproxy: (not installed) -> disabled, inactive",
        "change service/nova-serialproxy: (not installed) -> disabled, inactive",
    ]
    assert (found.missing, found.pinned, units.forgotten) == ([], WANTED.split(" "), 1)
    assert found.version("spice-html5") == "0.3.0-2"


def test_a_unit_that_was_there_is_left_as_it_is(tmp_path):
    node, found = missing(tmp_path, {INSTALLATION: ""})
    states = dict(ABSENT_UNITS, **{"nova-novncproxy": "enabled active", "nova-serialproxy": "disabled inactive"})
    journal, mask, unit = install(node, found, Units(states))
    assert [entry.where for entry in journal.written] == ["nova-spicehtml5proxy"]
    assert unit.done == []


def test_a_compute_masks_nothing(tmp_path):
    found_none = failed(1, "dpkg-query: no packages found matching x\n", WITNESS + NOVA_ROW)
    node, found = packages(
        tmp_path,
        {"dpkg-query -W": found_none, "apt-get": "Inst qemu-system-modules-spice (1 x [all])\n"},
        desired=Desired(role="compute"),
        on="Debian 13",
    )
    found.find_missing(found.compute_packages, NovaConf())
    journal, mask, unit = install(node, found, Units({}))
    assert (journal.written, mask.done, unit.done) == ([], [], [])
    assert node.reporter.said == ["installing qemu-system-modules-spice"]


def test_an_installation_that_fails_is_reported_with_its_last_words(tmp_path):
    said = "".join("line %d\n" % number for number in range(30))
    node, found = missing(tmp_path, {INSTALLATION: failed(100, out=said)})
    with pytest.raises(Failed) as caught:
        install(node, found, Units(dict(ABSENT_UNITS)))
    assert text_of(caught.value) == ("apt could not install %s (its last lines are above). Mend apt on the node, and run again" % WANTED)
    assert node.reporter.quoted == said.splitlines()[-20:]
    assert found.pinned == WANTED.split(" ")


def test_an_entry_only_tells_that_we_installed_it(tmp_path):
    _, found = packages(tmp_path, {"dpkg-query -W": WITNESS + NOVA_ROW + PROXY_ROW + CLIENT_ROW})
    kind, journal = PackageKind(found), FakeJournal()
    entry = Entry("package", "spice-html5", "-", "-", "0.3.0-2")
    assert kind.read("spice-html5", "-") == "0.3.0-2"
    assert kind.undo(entry, journal) is Outcome.NOTHING
    kind.apply(kind.planned("spice-html5", "-", "-", "0.3.0-2"), journal)
    assert journal.written == [entry]


# What came since a service started


def test_what_came_since_a_service_started_is_reported_but_for_what_we_installed(tmp_path):
    folder = "/var/lib/dpkg/info/"
    node, found = packages(
        tmp_path,
        {"dpkg-query -W": WITNESS + NOVA_ROW + PROXY_ROW + "python3-nova\tii \tall\t2:26\n"},
        files={folder + name + ".list": "" for name in ("nova-common", "nova-consoleproxy", "python3-nova", "qemu-utils")},
    )
    for name in os.listdir(node.files.at(folder)):
        os.utime(node.files.at(folder + name), (1764169200, 1764169200))
    Ledger(node.context.system).note("package nova-consoleproxy", NOVA, 0)
    Ledger(node.context.system).note("package python3-nova", "2:25", 0)
    when = "(2025-11-26 15:00:00 UTC)"
    assert found.packages_since("nova-spicehtml5proxy", 1764169199) == [
        "package nova-common %s %s" % (NOVA, when),
        "package python3-nova 2:26 " + when,
    ]
    assert found.packages_since("nova-spicehtml5proxy", 1764169200) == []


def test_times_and_versions_are_as_people_read_them():
    assert moment(0) == "1970-01-01 00:00:00 UTC"
    assert [upstream_version(text) for text in ("2:26.2.2-1~deb12u5", "13.1.4-1.el7", "")] == ["26.2.2", "13.1.4", ""]


# The removal

OURS = ("nova-consoleproxy", "spice-html5")
OFF = {"nova-spicehtml5proxy": "disabled inactive", "nova-novncproxy": "disabled inactive", "nova-serialproxy": "disabled inactive"}
REMOVAL = "-o APT::Get::AutomaticRemove=false -o APT::Get::Purge=false remove"
WOULD_REMOVE = "apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -s -qq " + REMOVAL
REMOVES = "apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -y -qq " + REMOVAL
OWNERS = {"dpkg-query -S": "nova-consoleproxy: /lib/systemd/system/x.service\n"}


def reverted(tmp_path, answers, states=OFF, guests=(), fate="remove", names=OURS, **parts):
    """A revert of a role whose record has these packages."""
    table = {"dpkg-query -W": WITNESS + NOVA_ROW + PROXY_ROW + CLIENT_ROW}
    table.update(OWNERS)
    table.update(answers)
    entries = tuple(Entry("package", name, "-", "-", "1") for name in names)
    record = Record(packages_on_destroy=fate, entries=entries)
    desired = parts.pop("desired", Desired(role="controller", node="node-1"))
    node, found = packages(tmp_path, table, record=record, verb="revert", desired=desired, **parts)
    remove_packages(node.context, found, Units(dict(states)), Guests(guests))
    return node


def test_what_this_stack_installed_goes_and_nothing_else(tmp_path):
    would = "Remv nova-consoleproxy [1]\nRemv spice-html5 [1]\n"
    node = reverted(tmp_path, {WOULD_REMOVE: would, REMOVES: ""})
    assert node.commands.lines()[-1] == REMOVES + " nova-consoleproxy spice-html5"
    assert node.reporter.said == ["removing nova-consoleproxy spice-html5"]
    assert node.reporter.facts == ["change package/%s: installed -> (not installed)" % name for name in OURS]


def test_packages_stay_where_the_stack_did_not_say_otherwise(tmp_path):
    assert reverted(tmp_path, {}, fate="keep").commands.calls == []


def test_what_went_already_is_not_removed_again(tmp_path):
    node = reverted(tmp_path, {"dpkg-query -W": failed(1, NONE_FOUND, WITNESS + NOVA_ROW)})
    assert (node.reporter.said, len(node.commands.calls)) == ([], 1)


def test_a_package_that_is_half_installed_goes_too(tmp_path):
    rows = WITNESS + NOVA_ROW + "spice-html5\tiF \tall\t0.3.0-2\n"
    unknown = "dpkg-query: no packages found matching nova-consoleproxy\n"
    node = reverted(tmp_path, {"dpkg-query -W": failed(1, unknown, rows), WOULD_REMOVE: "Remv spice-html5 [1]\n", REMOVES: ""})
    assert node.reporter.said == ["removing spice-html5"]


def test_the_proxys_package_stays_where_novnc_came_to_use_it_and_so_does_what_a_new_package_needs(tmp_path):
    would = "Remv nova-consoleproxy [1]\nRemv site-page [1]\nRemv spice-html5 [1]\n"
    node = reverted(tmp_path, {WOULD_REMOVE: would}, dict(OFF, **{"nova-novncproxy": "enabled active"}))
    assert node.reporter.kept == ["package/nova-consoleproxy", "package/spice-html5"]
    assert node.reporter.said == [
        "package nova-consoleproxy stays: nova-novncproxy is enabled, active",
        "package spice-html5 stays: needed by nova-consoleproxy site-page",
    ]


def test_the_web_client_stays_where_the_spice_proxy_goes_on(tmp_path):
    node = reverted(tmp_path, {}, dict(OFF, **{"nova-spicehtml5proxy": "disabled active"}))
    assert node.reporter.said == [
        "package nova-consoleproxy stays: nova-spicehtml5proxy is disabled, active",
        "package spice-html5 stays: nova-spicehtml5proxy is disabled, active",
    ]


def test_what_only_others_need_stays_and_the_rest_goes(tmp_path):
    answers = {
        WOULD_REMOVE + " nova-consoleproxy spice-html5": "Remv nova-consoleproxy [1]\nRemv site-page [1]\nRemv spice-html5 [1]\n",
        WOULD_REMOVE + " nova-consoleproxy": "Remv nova-consoleproxy [1]\n",
        WOULD_REMOVE + " spice-html5": "Remv nova-consoleproxy [1]\nRemv site-page [1]\nRemv spice-html5 [1]\n",
        REMOVES: "",
    }
    node = reverted(tmp_path, answers)
    assert node.reporter.said == ["package spice-html5 stays: needed by site-page", "removing nova-consoleproxy"]


def test_nothing_goes_that_the_tool_cannot_remove_alone(tmp_path):
    answers = {
        WOULD_REMOVE + " nova-consoleproxy spice-html5": failed(100, out="E: broken\n"),
        WOULD_REMOVE + " nova-consoleproxy": "Remv nova-consoleproxy [1]\n",
        WOULD_REMOVE + " spice-html5": "Remv spice-html5 [1]\n",
    }
    assert reverted(tmp_path, answers).reporter.said == ["package %s stays: apt cannot remove it alone" % name for name in OURS]


def test_what_cannot_be_resolved_stays_with_what_the_tool_said(tmp_path):
    node = reverted(tmp_path, {WOULD_REMOVE: failed(100, out="E: broken\n")}, names=("spice-html5",))
    assert node.reporter.said == ["package spice-html5 stays: needed by E: broken"]


def test_a_removal_that_fails_is_reported_with_its_last_words(tmp_path):
    answers = {WOULD_REMOVE: "Remv nova-consoleproxy [1]\nRemv spice-html5 [1]\n", REMOVES: failed(100, out="E: disk full\n")}
    with pytest.raises(Failed) as caught:
        reverted(tmp_path, answers)
    assert text_of(caught.value) == (
        "apt could not remove nova-consoleproxy spice-html5 (its last lines are above). All else is put back. "
        "Mend apt on the node, and revert again"
    )


@pytest.mark.parametrize("guests, said", [(("aaaa", "bbbb"), "aaaa bbbb"), (None, "(libvirt does not report)")])
def test_a_qemu_module_stays_while_a_guest_has_spice_or_nobody_tells(tmp_path, guests, said):
    module = "qemu-system-modules-spice"
    rows = WITNESS + "%s\tii \tamd64\t1\n" % module
    parts = dict(names=(module,), desired=Desired(role="compute"), on="Debian 13")
    node = reverted(tmp_path, {"dpkg-query -W": rows}, guests=guests, **parts)
    assert node.reporter.said == ["package %s stays: guests have SPICE: %s" % (module, said)]
    answers = {"dpkg-query -W": rows, WOULD_REMOVE: "Remv %s [1]\n" % module, REMOVES: ""}
    assert reverted(tmp_path, answers, **parts).reporter.said == ["removing " + module]


def test_nothing_is_removed_where_nobody_tells_who_uses_it(tmp_path):
    with pytest.raises(CannotTell):
        reverted(tmp_path, {}, dict(OFF, **{"nova-novncproxy": None}))
