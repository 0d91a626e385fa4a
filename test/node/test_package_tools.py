"""What apt, yum and dnf answer, and what the program makes of it. The lab's nodes have dnf 4; yum 3 is here, by its own source (cli.py,
yummain.py, output.py)."""

import os
import re
import time

import pytest
from fakes import failed, make_node
from openstack_spice.errors import CannotTell
from openstack_spice.limits import Limits
from openstack_spice.packages.apt import Apt
from openstack_spice.packages.dnf import Dnf
from openstack_spice.packages.tool import Installed, Unpacked
from openstack_spice.system import Commands, Interruption
from openstack_spice.system.commands import Result

# yum 3.4.3 of CentOS 7, asked with --assumeno.
YUM_3 = """Loaded plugins: fastestmirror
Loading mirror speeds from cached hostfile
Resolving Dependencies
--> Running transaction check
---> Package openstack-nova-spicehtml5proxy.noarch 1:13.1.4-1.el7 will be installed
--> Finished Dependency Resolution

Dependencies Resolved

================================================================================
 Package                           Arch      Version            Repository
                                                                           Size
================================================================================
Installing:
 openstack-nova-spicehtml5proxy    noarch    1:13.1.4-1.el7     openstack  16 k
 spice-html5                       noarch    0.1.7-1.el7        epel      119 k
     replacing  spice-client-web.noarch 0.1.2-1.el7
Installing for dependencies:
 python-websockify-of-a-very-long-name-that-does-not-fit
                                   noarch    0.8.0-1.el7        openstack  68 k
Updating for dependencies:
 openstack-nova-common             noarch    1:13.1.4-1.el7     openstack 5.0 M
Removing for dependencies:
 old-thing                         x86_64    1.0-1.el7          @base      20 k

Transaction Summary
================================================================================
Install  2 Packages (+1 Dependent package)
Upgrade             ( 1 Dependent package)
Remove              ( 1 Dependent package)

Total download size: 5.2 M
Exiting on user command
Your transaction was saved, rerun it with:
 yum load-transaction /run/work/yum_save_tx.2026-11-22.20-00.AbCdEf.yumtx
"""

# dnf 4.14 of RHEL 9.
DNF_4 = """Last metadata expiration check: 0:00:07 ago on Sun Nov 22 20:12:39 2026.
Dependencies resolved.
================================================================================
 Package                            Arch       Version            Repo     Size
================================================================================
Installing:
 openstack-nova-spicehtml5proxy     noarch     1:27.2.0-2.el9     rdo     7.2 k
Upgrading:
 openstack-nova-common              noarch     1:27.2.0-2.el9     rdo     100 k
Installing dependencies:
 novnc                              noarch     1.3.0-1.el9        rdo     100 k
Downgrading:
 python3-nova                       noarch     1:27.2.0-2.el9     rdo     5.5 k
Reinstalling:
 spice-html5                        noarch     0.3.0-1.el9        copr    465 k

Transaction Summary
================================================================================
Install    2 Packages
Upgrade    1 Package

Total size: 120 k
Operation aborted.
"""

# apt 2.6 of Debian 12, asked with -s.
APT = """Inst spice-html5 (0.3.0-2 Debian:12.0/stable [all])
Inst site-base [1.0] (2.0 localhost [all])
Remv site-old [1.0]
Inst nova-consoleproxy (2:26.2.2-1~deb12u5 Debian-Security:12/stable-security [all]) []
Conf spice-html5 (0.3.0-2 Debian:12.0/stable [all])
"""

WANTED = ("openstack-nova-spicehtml5proxy", "spice-html5")
ASKED = "yum --color=never --setopt=exit_on_lock=1"


def dnf(tmp_path, answers=None, tool="yum", **parts):
    node = make_node(tmp_path, answers, on="CentOS 7" if tool == "yum" else "RHEL 9 and its likes", **parts)
    return node, Dnf(node.context)


def apt(tmp_path, answers=None, **parts):
    node = make_node(tmp_path, answers, **parts)
    return node, Apt(node.context)


def lines(steps):
    return [str(step) for step in steps]


# What yum and dnf would do


def test_is_read_from_yum_3s_table_what_is_new_with_its_version_and_what_would_be_touched(tmp_path):
    assert lines(dnf(tmp_path)[1].simulated(YUM_3)) == [
        "install openstack-nova-spicehtml5proxy 1:13.1.4-1.el7",
        "install spice-html5 0.1.7-1.el7",
        "harm spice-client-web (replaced)",
        "install python-websockify-of-a-very-long-name-that-does-not-fit 0.8.0-1.el7",
        "harm openstack-nova-common (upgraded)",
        "harm old-thing (removed)",
    ]


def test_is_read_from_dnf_4s_table(tmp_path):
    assert lines(dnf(tmp_path)[1].simulated(DNF_4)) == [
        "install openstack-nova-spicehtml5proxy 1:27.2.0-2.el9",
        "harm openstack-nova-common (upgraded)",
        "install novnc 1.3.0-1.el9",
        "harm python3-nova (downgraded)",
        "harm spice-html5 (installed again)",
    ]


@pytest.mark.parametrize(
    "output, reason",
    [
        pytest.param(
            "No match for argument: a\nNo match for argument: b\nError: Unable to find a match: a b\n",
            "Error: Unable to find a match: a b",
            id="a package that dnf does not find",
        ),
        pytest.param(
            "Loaded plugins: x\nNo package a available.\nError: Nothing to do\n",
            "No package a available.",
            id="a package that yum 3 does not find",
        ),
        pytest.param(
            "Error: \n Problem: conflicting requests\n  - nothing provides x\n  - nothing provides y\n(try to add '--skip-broken')\n",
            "Problem: conflicting requests; nothing provides x; nothing provides y",
            id="packages that do not go together",
        ),
        pytest.param(
            "Loaded plugins: x\nExisting lock /var/run/yum.pid: another copy is running as pid 66.\n",
            "Existing lock /var/run/yum.pid: another copy is running as pid 66.",
            id="another yum 3",
        ),
        pytest.param(
            "metadata already locked by 66\n  The application with PID 66 is: dnf\n", "metadata already locked by 66", id="another dnf"
        ),
        pytest.param("one\ntwo\n\n", "two", id="words of no known kind"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_or_why_not(tmp_path, output, reason):
    assert dnf(tmp_path)[1].reason(output) == reason


# What apt would do


def test_is_read_from_apts_lines_what_is_new_with_its_version_and_what_would_be_touched(tmp_path):
    assert lines(apt(tmp_path)[1].simulated(APT)) == [
        "install spice-html5 0.3.0-2",
        "harm site-base (upgraded)",
        "harm site-old (removed)",
        "install nova-consoleproxy 2:26.2.2-1~deb12u5",
    ]


@pytest.mark.parametrize(
    "output, reason",
    [
        ("Reading...\nE: Unable to locate package a\nE: b\n", "E: Unable to locate package a"),
        ("W: one\nN: two\n\n", "N: two"),
        ("", ""),
    ],
)
def test_why_apt_cannot_is_its_first_error_or_its_last_line(tmp_path, output, reason):
    assert apt(tmp_path)[1].reason(output) == reason


# Asking yum


def test_to_simulate_succeeds_where_it_aborts_at_the_question_with_every_wanted_package_in_its_table(tmp_path):
    node, tool = dnf(tmp_path, {ASKED: failed(1, out=YUM_3)})
    assert tool.simulate(("a", "b"), WANTED)[:2] == (True, False)
    assert node.commands.lines() == [
        ASKED + " --assumeno --setopt=alwaysprompt=1 --setopt=install_weak_deps=0 --setopt=strict=1 install a b"
    ]


def test_fails_where_it_passed_over_one_of_them_as_yum_3_does(tmp_path):
    _, tool = dnf(tmp_path, {ASKED: failed(1, out=YUM_3)})
    assert tool.simulate(("a", "b"), WANTED + ("other",))[:2] == (False, False)


def test_fails_where_it_ends_well_without_a_question_as_where_there_is_nothing_to_do(tmp_path):
    _, tool = dnf(tmp_path, {ASKED: "Nothing to do.\n"})
    assert tool.simulate(("a", "b"), WANTED)[:2] == (False, False)


LOCKED_YUM = (
    "Existing lock /var/run/yum.pid: another copy is running as pid 66.\n\n\n"
    "Another app is currently holding the yum lock; exiting as configured by exit_on_lock\n"
)


@pytest.mark.parametrize("status, output", [(200, "metadata already locked by 66\n"), (1, LOCKED_YUM)], ids=["dnf", "yum 3"])
def test_is_asked_again_while_another_one_has_the_lock_and_given_up_with_200_at_the_end_of_the_wait(tmp_path, status, output):
    node, tool = dnf(tmp_path, {ASKED: failed(status, out=output)}, limits=Limits(dnf_lock_wait=4))
    assert tool.simulate(("a", "b"), WANTED)[:2] == (False, True)
    assert (len(node.commands.calls), node.clock.pauses) == (3, [2, 2])


def test_goes_on_where_another_one_lets_the_lock_go(tmp_path):
    answers = [failed(200, out="metadata already locked by 66\n"), failed(1, out=YUM_3)]
    _, tool = dnf(tmp_path, {ASKED: lambda words, stdin: answers.pop(0)})
    assert tool.simulate(("a", "b"), WANTED)[:2] == (True, False)


def test_is_ended_where_it_does_not_come_to_an_end(tmp_path):
    _, tool = dnf(tmp_path, {ASKED: failed(124, out="words\n")})
    result = tool.install(("a",))
    assert (result.ok, result.out) == (False, b"words\nError: yum did not end within 900 s\n")


def test_what_the_document_brings_is_looked_at_until_its_file_is_there(tmp_path):
    node, tool = dnf(tmp_path, {"yum": ""})
    tool.offer_repositories("/run/work/repositories")
    tool.install(("a",))
    tool.withdraw_repositories()
    tool.install(("a",))
    option = "--setopt=reposdir=/etc/yum.repos.d,/etc/yum/repos.d,/etc/distro.repos.d,/run/work/repositories"
    assert [option in call for call in node.commands.calls] == [True, False]


# Running apt


def test_apt_asks_nobody_restarts_nothing_of_others_and_waits_for_another_one(tmp_path):
    node, tool = apt(tmp_path, {"apt-get": ""})
    tool.install(("nova-consoleproxy=2:26.2.2-1~deb12u5", "spice-html5"))
    assert node.commands.lines() == [
        "apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -y -qq --no-install-recommends --no-remove "
        "-o Dpkg::Options::=--force-confold install nova-consoleproxy=2:26.2.2-1~deb12u5 spice-html5"
    ]
    (options,) = node.commands.options
    assert (options["seconds"], options["merged"]) == (900, True)
    assert options["environment"]["DEBIAN_FRONTEND"] == "noninteractive"
    assert options["environment"]["NEEDRESTART_SUSPEND"] == "1"


def test_apt_removes_by_its_names_alone_whatever_apt_conf_says(tmp_path):
    node, tool = apt(tmp_path, {"apt-get": ""})
    tool.remove(("spice-html5",))
    assert node.commands.lines()[0].endswith(" -y -qq -o APT::Get::AutomaticRemove=false -o APT::Get::Purge=false remove spice-html5")


def test_it_is_said_that_apt_was_ended(tmp_path):
    _, tool = apt(tmp_path, {"apt-get": failed(124, out="Setting up spice-html5\n")}, limits=Limits(apt_install_wait=60))
    assert tool.install(("spice-html5",)).out == (
        b"Setting up spice-html5\n"
        b"E: apt-get was ended, since it had not come to its end after 60 s. 'dpkg --configure -a' shows what hangs\n"
    )


# What is installed

DPKG = "dpkg-query -W"
DPKG_ROWS = (
    "dpkg\tii \tamd64\t1.21.22\nnova-common\tii \tall\t2:26.2.2-1~deb12u5\nheld\thi \tall\t1\nremoved\trc \tall\t0.3.0-2\n"
    "half\tiF \tamd64\t3\ngone\tun \t\t\n"
)
NAMES = ("nova-common", "held", "removed", "half", "gone", "unknown")
NOT_FOUND = "dpkg-query: no packages found matching unknown\n"


def test_all_packages_are_asked_for_in_one_question(tmp_path):
    node, tool = apt(tmp_path, {DPKG: failed(1, NOT_FOUND, DPKG_ROWS)})
    assert tool.versions(NAMES) == {"nova-common": "2:26.2.2-1~deb12u5", "held": "1"}
    assert len(node.commands.calls) == 1
    assert [name for name, found in tool.query(NAMES).items() if found.is_there] == ["nova-common", "held", "half"]


@pytest.mark.parametrize(
    "result, reason",
    [
        pytest.param(failed(127), "there is no dpkg-query on this node", id="it is not there"),
        pytest.param(failed(124), "dpkg-query did not end in time", id="it hangs"),
        pytest.param(failed(1), "dpkg-query ended with status 1", id="it fails and says nothing"),
        pytest.param(failed(2, "dpkg-query: error: parsing file\n", DPKG_ROWS), "dpkg-query: error: parsing file", id="it cannot read"),
        pytest.param(failed(1, NOT_FOUND + "dpkg-query: error: x\n"), "dpkg-query: error: x", id="it finds none and cannot read"),
        pytest.param(failed(1, NOT_FOUND), "dpkg's database has not even dpkg in it", id="its database is gone"),
    ],
)
def test_a_dpkg_that_does_not_answer_is_never_a_package_that_is_not_there(tmp_path, result, reason):
    _, tool = apt(tmp_path, {DPKG: result})
    with pytest.raises(CannotTell) as caught:
        tool.versions(("unknown",))
    assert caught.value.reason == reason


RPM = "rpm -q --qf"
RPM_ROWS = "openstack-nova-common\t1:13.1.4-1.el7\tnoarch\npackage a is not installed\n"


def test_of_a_package_that_is_installed_twice_the_last_one_counts(tmp_path):
    rows = "package a is not installed\nkernel\t3.10.0-1\tx86_64\nkernel\t3.10.0-2\tx86_64\nopenstack-nova-common\t1:13.1.4-1.el7\tnoarch\n"
    node, tool = dnf(tmp_path, {RPM: failed(1, out=rows)})
    assert tool.versions(("a", "kernel", "openstack-nova-common")) == {
        "kernel": "3.10.0-2",
        "openstack-nova-common": "1:13.1.4-1.el7",
    }
    assert len(node.commands.calls) == 1


@pytest.mark.parametrize(
    "result, reason",
    [
        pytest.param(failed(127), "there is no rpm on this node", id="it is not there"),
        pytest.param(failed(124), "rpm did not end in time", id="it hangs"),
        pytest.param(failed(1), "rpm ended with status 1", id="it fails and says nothing"),
        pytest.param(failed(0), "rpm ended with status 0", id="it says nothing"),
        pytest.param(
            # rpm 4.18, its database damaged
            failed(2, "error: cannot open Packages database in /var/lib/rpm\n", "package a is not installed\npackage b is not installed\n"),
            "error: cannot open Packages database in /var/lib/rpm",
            id="it cannot read, and says that they are not installed",
        ),
        pytest.param(failed(1, out="package a is not installed\n"), "rpm ended with status 1", id="it answers for one of them alone"),
    ],
)
def test_an_rpm_that_does_not_answer_is_never_a_package_that_is_not_there(tmp_path, result, reason):
    _, tool = dnf(tmp_path, {RPM: result})
    with pytest.raises(CannotTell) as caught:
        tool.versions(("a", "b"))
    assert caught.value.reason == reason


def test_the_proxy_is_asked_for_in_the_version_of_nova(tmp_path):
    assert apt(tmp_path)[1].pin("nova-consoleproxy", Installed("2:26.2.2-1", "all", True)) == "nova-consoleproxy=2:26.2.2-1"
    # yum 3 does not know it without epoch and architecture.
    assert dnf(tmp_path)[1].pin("proxy", Installed("1:13.1.4-1.el7", "noarch", True)) == "proxy-1:13.1.4-1.el7.noarch"
    assert dnf(tmp_path)[1].pin("proxy", Installed("13.1.4-1.el7", "noarch", True)) == "proxy-0:13.1.4-1.el7.noarch"


# Whose a file is

UNIT = "/lib/systemd/system/nova-novncproxy.service"


def test_the_package_of_a_file_is_found_where_lib_is_a_link_into_usr(tmp_path):
    said = "diversion by dash from: %s\nnova-consoleproxy, other: /usr%s\n" % (UNIT, UNIT)
    node, tool = apt(tmp_path, {"dpkg-query -S": failed(1, "dpkg-query: no path found matching pattern %s\n" % UNIT, said)})
    assert tool.owner(UNIT) == "nova-consoleproxy"
    assert node.commands.lines() == ["dpkg-query -S %s /usr%s" % (UNIT, UNIT)]
    assert tool.owner("/usr" + UNIT) == "nova-consoleproxy"
    assert node.commands.lines()[1] == "dpkg-query -S /usr%s %s" % (UNIT, UNIT)


def test_a_file_of_no_package_has_no_owner_and_a_tool_that_fails_does_not_tell(tmp_path):
    none = "dpkg-query: no path found matching pattern /etc/a\ndpkg-query: no path found matching pattern /usr/etc/a\n"
    node, tool = apt(tmp_path, {"dpkg-query -S": failed(1, none)})
    assert tool.owner("/etc/a") is None
    node.commands.answer("dpkg-query -S", failed(2, "dpkg-query: error: x\n"))
    with pytest.raises(CannotTell):
        tool.owner("/etc/a")
    node, tool = dnf(tmp_path, {"rpm -qf": failed(1, out="file /etc/a is not owned by any package\n")})
    assert tool.owner("/etc/a") is None
    node.commands.answer("rpm -qf", failed(1, "error: cannot open Packages database\n", "file /etc/a is not owned by any package\n"))
    with pytest.raises(CannotTell):
        tool.owner("/etc/a")
    node.commands.answer("rpm -qf", "openstack-nova-novncproxy\n")
    assert tool.owner("/etc/a") == "openstack-nova-novncproxy"


# What came after a time

ANY = re.compile("(nova-common|.*proxy)$")


def test_what_dpkg_unpacked_since_is_reported_by_its_lists(tmp_path):
    folder = "/var/lib/dpkg/info/"
    rows = "dpkg\tii \tamd64\t1.21.22\nnova-consoleproxy\tii \tall\t2:26.2.2-1\n"
    files = {folder + name: "" for name in ("nova-common.list", "nova-consoleproxy:all.list", "other.list", "nova-common.postinst")}
    node, tool = apt(tmp_path, {DPKG: rows}, files=files)
    os.utime(node.files.at(folder + "nova-common.list"), (1000.9, 1000.9))
    os.utime(node.files.at(folder + "nova-consoleproxy:all.list"), (1001, 1001))
    assert tool.unpacked_since(1000, ANY) == [Unpacked("nova-consoleproxy", "2:26.2.2-1", 1001)]
    assert len(node.commands.calls) == 1


def test_without_dpkgs_lists_nothing_is_known(tmp_path):
    with pytest.raises(CannotTell):
        apt(tmp_path)[1].unpacked_since(1000, ANY)


def test_what_rpm_installed_since_is_reported_in_one_question(tmp_path):
    rows = "1001\tnova-common\t1:2-1\n1000\tx-proxy\t1-1\n2000\tother\t1-1\n"
    node, tool = dnf(tmp_path, {"rpm -qa": rows})
    assert tool.unpacked_since(1000, ANY) == [Unpacked("nova-common", "1:2-1", 1001)]
    node.commands.answer("rpm -qa", failed(0, "error: rpmdb: BDB0113 Thread/process failed\n"))
    with pytest.raises(CannotTell):
        tool.unpacked_since(1000, ANY)


# The real one


@pytest.mark.skipif(not os.path.exists("/usr/bin/dpkg-query"), reason="no dpkg here")
def test_the_real_dpkg_answers_as_it_is_read(tmp_path):
    node, tool = apt(tmp_path)
    tool._commands = Commands(Interruption())
    assert set(tool.versions(("bash", "no-such-package-anywhere"))) == {"bash"}


def test_a_hung_script_of_a_package_ends_with_apt(tmp_path):
    """As the one of Commands, by what apt is run with."""
    script = tmp_path / "apt-get"
    script.write_text("#!/bin/sh\nsleep 9871.%d &\nwait\n" % os.getpid())
    script.chmod(0o755)
    node, tool = apt(tmp_path, limits=Limits(apt_install_wait=1))

    class Here(Commands):
        def run(self, argv, *arguments, **named):
            return super().run([str(script)] + list(argv[1:]), *arguments, **dict(named, grace=1))

    tool._commands = Here(Interruption())
    result = tool.install(("a",))
    assert isinstance(result, Result) and result.timed_out
    # A process that is killed has its command line until it has ended.
    deadline = time.monotonic() + 10
    while "sleep\x009871.%d" % os.getpid() in "".join(_command_lines()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _command_lines():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid) as file:
                yield file.read()
        except OSError:
            pass


@pytest.mark.parametrize("most, kept", [(1 << 16, 1 << 17), (1 << 23, 1 << 20)])
def test_of_an_output_only_so_much_is_kept(most, kept):
    result = Commands(Interruption()).run(["head", "-c", str(1 << 20), "/dev/zero"], most=most)
    assert result.ok and len(result.out) <= kept
    assert len(result.out) >= min(most, 1 << 20)


def test_a_user_that_the_node_does_not_know_is_none():
    assert [Commands(Interruption()).knows_user(name) for name in ("root", "no-such-user")] == [True, False]
