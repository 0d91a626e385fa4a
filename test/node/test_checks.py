"""What is looked at before the first write: room, files, the port, pages, other layers, and what waits for a restart."""

import os
import time

import pytest
from fakes import make_node
from openstack_spice.changes.kind import Planned
from openstack_spice.checks import port, web
from openstack_spice.checks.conf_text import check_text
from openstack_spice.checks.layers import check_in_force, check_layers, planned_conf
from openstack_spice.checks.pending import check_pending, files_read_by, units_the_plan_restarts
from openstack_spice.checks.space import check_space, check_space_for_units
from openstack_spice.checks.writable import check_writable
from openstack_spice.document.desired import Desired, WebClientSource
from openstack_spice.errors import CannotTell, Refused
from openstack_spice.messages import text_of
from openstack_spice.nova.effective import InForce
from openstack_spice.services.processes import Listener
from openstack_spice.state.entry import Entry
from openstack_spice.state.ledger import Ledger
from openstack_spice.state.paths import NOVA_CONF
from openstack_spice.system.reading import Room
from openstack_spice.text import present

UNIT = "nova-spicehtml5proxy"


def message_of(check, *arguments):
    """Why it refuses; None where it does not."""
    try:
        check(*arguments)
    except Refused as stop:
        return text_of(stop)
    return None


def planned(kind, where=NOVA_CONF, what="spice/enabled", written=None):
    return Planned(Entry(kind, where, what, "-", present(b"enabled = true\n") if written is None else written), "", "")


class FakeUnits:
    """Units by what runs, and since when."""

    def __init__(self, active=(), absent=(), started=None, files=()):
        self._active, self._absent, self._started, self._files = active, absent, started, list(files)

    def is_active(self, unit):
        return unit in self._active

    def is_absent(self, unit):
        return unit in self._absent

    def started_at(self, unit):
        return self._started

    def files(self, unit):
        return self._files


class FakeProgram:
    """A service's command line and variables."""

    def __init__(self, command=(), environment=None):
        self._command, self._environment = list(command), environment or {}

    def name(self, unit):
        return unit

    def command(self, unit):
        return self._command

    def arguments(self, unit):
        return [word for word in self._command if word.startswith("--config-")]

    def environment(self, unit):
        return self._environment


class FakeNova:
    """What a service reads."""

    def __init__(self, major=26, **options):
        self._major, self._options = major, options

    def major(self):
        return self._major

    def option(self, section, option, default):
        return self._options.get("%s_%s" % (section, option)) or default


@pytest.mark.parametrize(
    "conf,number",
    [
        (b"[spice]\n# a comment\renabled = false\n", 2),
        (b"[spice]\nenabled = true\rdebug = true\n", 2),
        (b"[DEFAULT]\n\n[spice]\renabled = false\n", 3),
        (b"[spice]\n\renabled = false", 2),
        (b"[spice]\r# a comment\nenabled = false\n", 1),
        (b"[spice]\r\na = 1,\r  2\r\n", 2),
        (b"[spice]\r\r\na = 1,\r\r\n  2\r\r\n", 2),
        (b"[spice]\r\na = 1,\r\n  2\r\n# a comment\r\r\n\r\r\n", None),
        (b"# a comment\r# another\r\r; and one\n[spice]\na = 1\r", None),
        (b"[spice]\r\r\na = 1\r\r\nb = 2\r\r\n", None),
    ],
)
def test_a_carriage_return_that_parts_what_looks_like_one_line_is_refused(conf, number):
    reason = (
        "line %s of /etc/nova/nova.conf has a carriage return in its midst, at which Nova's services, in Python 3, end a line, and an "
        "editor does not. Put a newline in its place, or take it out, as it is meant ('cat -A /etc/nova/nova.conf' shows it as ^M), "
        "and run again"
    )
    assert message_of(check_text, conf) == (None if number is None else reason % number)


def test_bytes_that_are_not_utf_8_are_refused():
    assert message_of(check_text, "# Gr\u00fc\u00dfe\n".encode("utf-8")) is None
    assert message_of(check_text, b"[spice]\n# Gr\xfc\xdfe\n") == (
        "line 2 of /etc/nova/nova.conf is not UTF-8, and Nova's services, in Python 3, would not start again. Mend that line, and run again"
    )


def test_room_is_looked_for_in_the_first_folder_that_is_there(tmp_path):
    node = make_node(tmp_path, files={"/var/lib/x": ""})
    free = {"/var/lib": 16383, "/etc": 16384, "/": 0, "/run": 16384}
    node.files.room = lambda path: Room(free[path], None)
    assert message_of(check_space, node.context) == "only 16383 KiB are free in /var/lib, 16384 are needed. Make room, and run again"
    free["/var/lib"] = 16384
    os.makedirs(node.files.at("/etc"))
    os.makedirs(node.files.at("/run"), exist_ok=True)
    assert message_of(check_space, node.context) is None
    # Where systemd would read no unit anew (the trial's rows D1 and D2).
    free["/run"] = 16383
    for check in (check_space, check_space_for_units):
        assert message_of(check, node.context) == "only 16383 KiB are free in /run, 16384 are needed. Make room, and run again"
    free.update({"/run": 16384, "/var/lib": 0})
    assert message_of(check_space_for_units, node.context) is None
    found = os.statvfs(str(tmp_path))
    assert abs(make_node(tmp_path).files.room("/etc").kib - found.f_bavail * found.f_frsize // 1024) < 1 << 20


def test_a_file_system_that_has_bytes_and_hardly_an_inode_is_refused_by_that(tmp_path):
    node = make_node(tmp_path, files={"/var/lib/x": "", "/etc/x": "", "/run/x": ""})
    free = {"/var/lib": Room(16384, 64), "/etc": Room(16384, None), "/run": Room(16384, 63)}
    node.files.room = lambda path: free[path]
    for check in (check_space, check_space_for_units):
        assert message_of(check, node.context) == (
            "only 63 inodes are free in /run, 64 are needed. Remove files that nobody needs from its file system ('df -i /run'), "
            "and run again"
        )
    free["/run"] = Room(16384, 64)
    assert message_of(check_space, node.context) is None
    free["/run"] = Room(16383, 0)  # as file systems tell that make their inodes of free blocks
    assert message_of(check_space, node.context).startswith("only 16383 KiB are free in /run")


READ_ONLY = " cannot be written (a read-only file system?). Make it writable, and run again"
MOUNTS = "22 1 0:21 / / rw - ext4 /dev/x rw\n36 22 0:3 /x %s rw,relatime - tmpfs tmpfs rw\n"


@pytest.mark.parametrize(
    "kinds,mount,flags,writable,reason",
    [
        (["option"], "/srv", "--------------e-------", True, None),
        (["unit"], NOVA_CONF, "----i---", True, None),
        (
            ["unit"],
            "/srv",
            "",
            "/etc",
            "/usr/local/sbin/openstack-spice" + READ_ONLY,
        ),
        (
            ["file", "unit"],
            NOVA_CONF,
            "",
            "/usr",
            "/etc/nova/nova.conf" + READ_ONLY,
        ),
        (
            ["section"],
            NOVA_CONF,
            "",
            True,
            "/etc/nova/nova.conf is mounted by itself, and cannot be replaced in one step. "
            "Mount its folder instead, or take the mount away for this run",
        ),
        (
            ["obsolete-option"],
            "/srv",
            "-----a--------e-------",
            True,
            "/etc/nova/nova.conf is immutable. Someone wants it so: 'chattr -ia /etc/nova/nova.conf' if it may change",
        ),
        (["pem"], "/srv", "", "/usr", "/etc/nova/nova.conf" + READ_ONLY),
    ],
)
def test_a_file_that_cannot_be_replaced_is_refused(tmp_path, kinds, mount, flags, writable, reason):
    answers = {"lsattr -d -- /etc/nova/nova.conf": "%s %s\n" % (flags, NOVA_CONF) if flags else 127}
    node = make_node(tmp_path, answers, files={NOVA_CONF: "x", "/proc/self/mountinfo": MOUNTS % mount})
    os.makedirs(node.files.at("/usr/local"))
    node.files.is_writable = lambda path: writable is True or path.startswith(writable)
    plan = [planned(kind, "/etc/nova/new.pem" if kind == "pem" else NOVA_CONF) for kind in kinds]
    assert message_of(check_writable, node.context, plan) == reason


def test_a_mount_with_a_blank_and_a_link_are_known_by_their_real_names(tmp_path):
    files = {"/srv/my site/nova.conf": "x", "/proc/self/mountinfo": MOUNTS % "/srv/my\\040site/nova.conf", "/etc/nova/x": ""}
    node = make_node(tmp_path, {"lsattr": 1}, files=files)
    os.symlink("/srv/my site/nova.conf", node.files.at(NOVA_CONF))
    assert message_of(check_writable, node.context, [planned("option")]).startswith("/srv/my site/nova.conf is mounted by itself")
    assert node.files.is_writable(NOVA_CONF) and node.files.is_writable("/srv/my site/.")


@pytest.mark.parametrize(
    "address,listener,refused",
    [
        ("0.0.0.0", ("0.0.0.0", "/usr/bin/python3 -m http.server 6082 "), True),
        ("0.0.0.0", ("127.0.0.1", "x"), True),
        ("192.0.2.1", ("[::]", "x"), True),
        ("192.0.2.1", ("192.0.2.1", "x"), True),
        ("2001:db8::1", ("[2001:db8::1]", "x"), True),
        ("192.0.2.1", ("192.0.2.2", "x"), False),
        ("0.0.0.0", ("0.0.0.0", "/usr/bin/python3 /usr/bin/nova-spicehtml5proxy --web /x"), False),
    ],
)
def test_a_port_that_another_program_holds_is_refused(tmp_path, monkeypatch, address, listener, refused):
    at, command = listener
    monkeypatch.setattr(port, "listeners", lambda context, number: [Listener(at, number, 17, command)])
    reported = message_of(port.check_port, make_node(tmp_path).context, address, 6082)
    wanted = "TCP 6082 is held by another program: %s (pid 17, on %s). Stop it, or choose another port" % (command.strip(), at)
    assert reported == (wanted if refused else None)


def test_nova_conf_as_planned_is_made_in_memory_alone(tmp_path):
    node = make_node(tmp_path, files={NOVA_CONF: "[spice]\n#enabled = false\n"})
    plan = [planned("section", what="vnc blank", written="there"), planned("option"), planned("file", "/x", "-"), planned("unit", "u", "-")]
    assert planned_conf(node.context, plan) == b"[spice]\n#enabled = false\nenabled = true\n\n[vnc]\n"
    assert planned_conf(node.context, plan[2:]) is None
    assert node.files.all() == {NOVA_CONF: b"[spice]\n#enabled = false\n"}


class FakeEffective:
    def __init__(self, *reported):
        self._in_force = InForce(*reported)

    def options_in_force(self, unit, planned_bytes):
        assert unit == UNIT and planned_bytes in (b"planned", None)
        return self._in_force


@pytest.mark.parametrize(
    "reported,reason",
    [
        ((0, ()), None),
        (
            (9, ("a reads x from y", "a reads z from y")),
            "what is declared would have no effect: a reads x from y, a reads z from y. "
            "That wins over /etc/nova/nova.conf: take it out of there, or declare the same value",
        ),
        ((1, ("first", "/x:3: odd")), "oslo.config cannot read what %s would read: /x:3: odd. Mend that, and run again" % UNIT),
    ],
)
def test_a_layer_that_would_win_over_nova_conf_is_refused(tmp_path, reported, reason):
    context = make_node(tmp_path).context
    assert message_of(check_layers, context, FakeEffective(*reported), b"planned") == reason
    assert message_of(check_layers, context, None, None) is None
    assert message_of(check_in_force, context, FakeEffective(*reported)) == reason


@pytest.mark.parametrize(
    "role,kind,active,restarted",
    [
        ("compute", "option", ["nova-compute"], ("nova-compute",)),
        ("compute", "obsolete-option", ["nova-compute"], ("nova-compute",)),
        ("compute", "option", [], ()),
        ("compute", "console-ports", ["nova-compute"], ()),
        ("controller", "pem", [UNIT], (UNIT,)),
        ("controller", "file", [UNIT], (UNIT,)),
        ("controller", "obsolete-option", [UNIT], ()),
        ("vnc-proxy-retirement", "option", [UNIT, "nova-novncproxy"], ()),
    ],
)
def test_a_plan_restarts_what_runs_and_reads_what_it_changes(tmp_path, role, kind, active, restarted):
    context = make_node(tmp_path, desired=Desired(role=role, node="n")).context
    assert units_the_plan_restarts(context, FakeUnits(active), [planned(kind)]) == restarted


class FakePackages:
    def __init__(self, *news):
        self._news = list(news)

    def packages_since(self, unit, seconds):
        return self._news


NOW = int(time.time())


class Pending:
    """A controller whose proxy runs since `started`."""

    def __init__(self, root, started, news=(), accept=False, files=None):
        left = {NOVA_CONF: "[spice]\n", "/etc/default/nova-consoleproxy": "x"}
        left.update(files or {})
        self.node = make_node(root, files=left, desired=Desired(role="controller", node="n", accept_pending_changes=accept))
        self.ledger = Ledger(self.node.context.system)
        self.units, self.program, self.packages = FakeUnits([UNIT], started=started), FakeProgram(), FakePackages(*news)

    def check(self, as_planned=None):
        arguments = (self.node.context, self.units, self.program, self.packages, self.ledger, [planned("option")], as_planned)
        return message_of(check_pending, *arguments)


def moment(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


WAY_OUT = "'systemctl restart %s' when that suits you, then run again; or set acceptPendingChanges for this node" % UNIT


def test_a_proxy_while_someone_changed_what_it_reads_since_is_refused_with_each_file_unless_that_is_accepted(tmp_path):
    node = Pending(tmp_path, NOW - 1000)
    changed = [int(os.stat(node.node.files.at(path)).st_ctime) for path in ("/etc/default/nova-consoleproxy", NOVA_CONF)]
    assert node.check() == (
        "%s runs since %s, and someone changed what it reads since: /etc/default/nova-consoleproxy (%s), /etc/nova/nova.conf (%s). "
        "Its restart here would bring that into force. %s" % (UNIT, moment(NOW - 1000), moment(changed[0]), moment(changed[1]), WAY_OUT)
    )
    assert Pending(tmp_path, NOW - 1000, accept=True).check() is None
    assert Pending(tmp_path, NOW + 1000).check() is None
    assert Pending(tmp_path, None).check() is None


def test_a_proxy_while_its_nova_was_installed_anew_is_refused(tmp_path):
    assert Pending(tmp_path, NOW + 1000, news=["package a 1 (then)", "package b 2 (then)"]).check() == (
        "%s runs since %s, and what it runs on is newer: package a 1 (then), package b 2 (then). "
        "Its restart here would start another Nova than the one that runs. %s" % (UNIT, moment(NOW + 1000), WAY_OUT)
    )


def test_what_we_wrote_and_what_the_plan_changes_back_is_no_ones_change(tmp_path):
    node = Pending(tmp_path, NOW - 1000)
    for path, data in ((NOVA_CONF, b"ours"), ("/etc/default/nova-consoleproxy", b"ours")):
        node.ledger.note(path, "", 0)
        node.ledger.note_write(path, data)
        os.utime(node.node.files.at(path), (NOW - 5000, NOW - 5000))
    noted = {path: node.ledger.noted(path) for path in (NOVA_CONF, "/etc/default/nova-consoleproxy")}
    for path, note in noted.items():
        node.ledger.note(path, note.content, 0)
        node.node.files.put(path, b"ours")
    assert node.check() is None
    node.node.files.put(NOVA_CONF, b"drifted")
    assert "/etc/nova/nova.conf" in node.check()
    assert node.check(as_planned=b"ours") is None
    assert "/etc/nova/nova.conf" in node.check(as_planned=b"another")


def test_the_files_that_a_unit_reads_are_named_once_and_sorted(tmp_path):
    files = {NOVA_CONF: "", "/etc/nova/nova.conf.d/a.conf": "", "/etc/nova/nova.conf.d/b.txt": "", "/etc/nova/site.d/x.conf": ""}
    node = Pending(tmp_path, 0, files=files)
    node.units = FakeUnits(files=["/lib/systemd/system/u.service"])
    context = node.node.context
    usual = ["/etc/default/" + UNIT, "/etc/default/nova-consoleproxy", "/etc/default/openstack", NOVA_CONF]
    folder = ["/etc/nova/nova.conf.d", "/etc/nova/nova.conf.d/a.conf"]
    own = ["/etc/nova/%s.conf.d" % UNIT]
    unit = ["/lib/systemd/system/u.service"]
    assert files_read_by(context, node.units, FakeProgram(), UNIT) == sorted(usual + folder + own + unit + ["/etc/nova/%s.conf" % UNIT])
    named = FakeProgram(["x", "--config-file=/etc/nova/nova.conf", "--config-dir=/etc/nova/site.d"])
    site = ["/etc/nova/site.d", "/etc/nova/site.d/x.conf"]
    assert files_read_by(context, node.units, named, UNIT) == sorted(usual + folder + own + unit + site)


def test_a_web_server_to_be_restarted_where_there_is_none_is_refused(tmp_path):
    context = make_node(tmp_path, desired=Desired(recipe=frozenset(["restart-httpd"]))).context
    assert message_of(web.check_web_server, context, FakeUnits(absent=["apache2"]), "apache2") == (
        "there is no apache2 on this node, and restart-httpd of the recipe restarts it. Take restart-httpd out"
    )
    assert message_of(web.check_web_server, context, FakeUnits(), "apache2") is None
    assert message_of(web.check_web_server, make_node(tmp_path).context, FakeUnits(absent=["apache2"]), "apache2") is None


def test_web_in_nova_conf_is_refused_where_novnc_would_serve_the_spice_pages_for_it(tmp_path):
    context = make_node(tmp_path, desired=Desired(options={"DEFAULT/web": "/x"})).context
    running = FakeUnits(["nova-novncproxy"])
    assert message_of(web.check_web_of_novnc, context, running, FakeProgram(["nova-novncproxy"])) == (
        "nova-novncproxy runs without --web, and would serve the SPICE client's pages with [DEFAULT] web in nova.conf. "
        "Take web-in-nova-conf out of recipe"
    )
    assert message_of(web.check_web_of_novnc, context, running, FakeProgram(["nova-novncproxy", "--web", "/usr/share/novnc"])) is None
    assert message_of(web.check_web_of_novnc, context, FakeUnits(), FakeProgram()) is None


NOVNC = "/usr/share/novnc"
NO_CLIENT = WebClientSource()
REMEDY = (
    "Take that out there (noVNC's proxy finds its own pages without it, or gets them by --web on its own command line), "
    "or declare webClient with a package and the folder of its spice_auto.html"
)


@pytest.mark.parametrize(
    "reads,program,client,options,source",
    [
        (NOVNC, FakeProgram(), NO_CLIENT, {}, "[DEFAULT] web of /etc/nova/nova.conf says so"),
        (NOVNC, FakeProgram(["x", "--config-file=/etc/nova/site.conf"]), NO_CLIENT, {}, "[DEFAULT] web of /etc/nova/site.conf says so"),
        (NOVNC, FakeProgram(environment={"OS_DEFAULT__WEB": NOVNC}), NO_CLIENT, {}, "the variable OS_DEFAULT__WEB of its unit says so"),
        ("", FakeProgram(["x", "--web", NOVNC]), NO_CLIENT, {}, "--web on its command line says so"),
        ("", FakeProgram(["x", "--web=" + NOVNC]), WebClientSource("x", "/srv/client"), {}, "--web on its command line says so"),
        ("", FakeProgram(), NO_CLIENT, {"DEFAULT/web": NOVNC}, "[DEFAULT] web is declared so"),
    ],
)
def test_a_folder_without_a_page_of_a_spice_client_is_refused_before_the_first_write(tmp_path, reads, program, client, options, source):
    files = {NOVNC + "/vnc_auto.html": "", NOVA_CONF: "[DEFAULT]\nweb = %s\n" % NOVNC}
    if "site" in source:
        files["/etc/nova/site.conf"] = files[NOVA_CONF]
    node = make_node(tmp_path, files=files, desired=Desired(role="controller", web_client=client, options=options))
    reported = message_of(web.check_web_folder, node.context, FakeNova(DEFAULT_web=reads), program)
    assert reported == "%s would serve the pages in %s, where there is no spice_auto.html: %s. %s" % (UNIT, NOVNC, source, REMEDY)
    node.files.put(NOVNC + "/spice_auto.html")
    assert message_of(web.check_web_folder, node.context, FakeNova(DEFAULT_web=reads), program) is None


@pytest.mark.parametrize(
    "reads,client",
    [
        ("", NO_CLIENT),
        ("/usr/share/spice-html5/", NO_CLIENT),
        (NOVNC, WebClientSource("x", "/srv/client")),
        (NOVNC, WebClientSource(archive="https://example.org/x", sha256="0" * 64)),
        ("/opt/client", WebClientSource("my-client")),
    ],
)
def test_a_folder_that_is_yet_to_be_made_or_is_not_served_passes(tmp_path, reads, client):
    node = make_node(tmp_path, files={NOVNC + "/vnc_auto.html": "", NOVA_CONF: ""}, desired=Desired(web_client=client))
    assert message_of(web.check_web_folder, node.context, FakeNova(DEFAULT_web=reads), FakeProgram()) is None


@pytest.mark.parametrize(
    "nova,said",
    [
        (FakeNova(), "is not set"),
        (FakeNova(database_connection="sqlite:////var/lib/nova/novadb"), "is a file of this node (sqlite:////var/lib/nova/novadb)"),
        (FakeNova(19, workarounds_enable_consoleauth="no"), "is not set"),
        (FakeNova(database_connection="mysql+pymysql"), None),
        (FakeNova(17), None),
        (FakeNova(19, workarounds_enable_consoleauth="True"), None),
    ],
)
def test_a_proxy_without_a_database_of_its_cell_has_it_reported_that_no_console_will_come(tmp_path, nova, said):
    node = make_node(tmp_path)
    web.report_console_database(node.context, nova)
    assert [line.split(": ")[0] for line in node.reporter.said] == (
        [] if said is None else [("[database] connection of /etc/nova/nova.conf " + said).split(": ")[0]]
    )


def test_what_is_unknown_is_no_reason_to_go_on(tmp_path):
    node = make_node(tmp_path, files={NOVA_CONF: ""})
    os.makedirs(node.files.at("/srv"))
    node.files.put("/srv/file")
    with pytest.raises(CannotTell):
        web.check_web_folder(node.context, FakeNova(DEFAULT_web="/srv/file/x"), FakeProgram())
