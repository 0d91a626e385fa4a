"""What filters is copied exactly, into a process of which nothing is left: in a real kernel, in network name spaces of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from openstack_spice.firewall_oracle import namespaces, nftables, ruleset
from openstack_spice.firewall_oracle.errors import CannotTell
from openstack_spice.firewall_oracle.netlink import Attribute, attributes, by_kind, nested, number, packed


def can_isolate():
    if os.geteuid() != 0 or not all(shutil.which(name) for name in ("nft", "iptables-nft-restore", "ip")):
        return False
    return subprocess.run(["unshare", "-nm", "true"], stdout=subprocess.PIPE, stderr=subprocess.PIPE).returncode == 0


needs_root = pytest.mark.skipif(not can_isolate(), reason="needs root, name spaces, nft and iptables")

NFT = """
table inet filter {
  counter seen { packets 5 bytes 300; }
  quota spent { over 100 bytes used 90 bytes; }
  set office { type ipv4_addr; flags interval; elements = { 198.18.0.0/26, 198.18.1.1-198.18.1.9, 10.0.0.0/8 } }
  set both { type ipv4_addr . inet_service; flags interval; elements = { 198.18.0.0/24 . 6000-6100, 10.0.0.0/8 . 22 } }
  set banned { type ipv4_addr; flags timeout; elements = { 198.18.0.9 timeout 1h comment "by hand" } }
  set busy { type ipv4_addr; size 1000; flags dynamic,timeout; timeout 1m; }
  map ports { type inet_service : verdict; elements = { 6082 : jump consoles, 22 : accept } }
  chain consoles { ip saddr @office ip saddr != @banned counter name "seen" accept; }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    tcp dport vmap @ports
    quota over 10 bytes drop
    quota name "spent" drop
    add @busy { ip saddr limit rate 100/second } counter
    ip saddr . tcp dport @both accept comment "both"
    meta l4proto { icmp, ipv6-icmp } accept
    reject with icmpx admin-prohibited
  }
}
table ip nat {
  flags dormant
  chain pre { type nat hook prerouting priority dstnat; tcp dport 6082 redirect to :80; }
}
table netdev early {
  chain in { type filter hook ingress device "lo" priority -500; tcp dport 1 drop; }
}
"""
IPTABLES = """*filter
:INPUT DROP [0:0]
:site - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m time --timestart 00:00 --timestop 12:00 -j site
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A site -p tcp -m multiport --dports 80,6082 -m comment --comment "a site" -j ACCEPT
-A site -p tcp -m hashlimit --hashlimit-upto 10/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name h -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
COMMIT
"""


def test_attributes_are_read_as_they_were_packed():
    given = [number(1, 77), nested(2, [Attribute(1, b"a\0"), Attribute(2, b"")]), Attribute(7, b"12345", 0x4000)]
    assert attributes(packed(given)) == given
    found = by_kind(attributes(packed(given)))
    assert (found[1].number, found[2].inner[0].text) == (77, "a")
    assert attributes(packed(given)[:-3]) == given[:2] + [given[2]._replace(data=b"12345"[:5])]
    assert attributes(b"\x02\0\1\0aaaa") == []


def listed():
    text = namespaces.tool(["nft", "list", "ruleset"]).out + namespaces.tool(["iptables-nft-save"]).out
    return "".join(line + "\n" for line in text.decode().split("\n") if not line.startswith("#"))


def words(text):
    """All words of a listing: a set's elements can come in another order, and live a second less."""
    return sorted(re.split(r"[\s,{}]+", re.sub(r" expires \w+", "", text)))


@needs_root
def test_rules_load_as_they_were():
    def copies():
        assert namespaces.tool(["nft", "-f", "-"], NFT.encode()).status == 0
        assert namespaces.tool(["iptables-nft-restore"], IPTABLES.encode()).status == 0
        before, found = listed(), ruleset.read()
        assert "-m time" in before and "used 90 bytes" in before and before.count("198.18.0.9") == 1
        nftables.flush()
        assert "table" not in listed() and ruleset.read() == ruleset.EMPTY
        ruleset.load(found)
        ruleset.copied(found)
        assert words(listed()) == words(before)
        with pytest.raises(CannotTell):
            ruleset.copied(found._replace(messages=found.messages[:-1]))
        changed = nftables.with_expressions(found.messages[-1], [one.raw for one in nftables.expressions(found.messages[-2])][:1])
        with pytest.raises(CannotTell, match="the copy of this rule differs: filter site meta"):
            ruleset.copied(found._replace(messages=found.messages[:-1] + (changed,)))
        return b"yes"

    assert namespaces.isolated(copies, 20) == b"yes"


@needs_root
def test_what_the_kernel_does_not_take_is_named():
    def loads():
        namespaces.tool(["nft", "-f", "-"], NFT.encode())
        found = [one for one in nftables.dump() if one.text(nftables.SET_NAME) != "office" or one.kind == nftables.RULE]
        nftables.flush()
        nftables.load(found)
        return b""

    with pytest.raises(CannotTell, match=r"does not take this rule again: filter consoles .*lookup"):
        namespaces.isolated(loads, 20)


@needs_root
def test_the_function_has_nothing_of_the_node():
    def looks():
        assert os.listdir("/run") == [] and os.getppid() == parent
        with open("/proc/net/dev") as file:
            return repr([line.split(":")[0].strip() for line in file][2:]).encode()

    parent, run, mounts, home = os.getpid(), os.listdir("/run"), mounted(), os.readlink("/proc/self/ns/net")
    assert namespaces.isolated(looks, 20) == b"['lo']"
    assert (os.listdir("/run"), mounted(), os.readlink("/proc/self/ns/net")) == (run, mounts, home)


@needs_root
def test_a_child_that_ends_early_or_never_gives_no_answer(capfd):
    def refuses():
        raise CannotTell("why not")

    for function, reason in ((refuses, "^why not$"), (lambda: os._exit(7), "ended early"), (lambda: time.sleep(60), "no answer in 1 s")):
        with pytest.raises(CannotTell, match=reason):
            namespaces.isolated(function, 1)
    with pytest.raises(CannotTell, match="ended early"):
        namespaces.isolated(lambda: 1 / 0, 1)
    assert "ZeroDivisionError" in capfd.readouterr().err
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@needs_root
def test_a_child_dies_with_its_parent_and_so_do_its_tools():
    program = (
        "import os, sys\n"
        "from openstack_spice.firewall_oracle import namespaces\n"
        "def stays():\n"
        "    print(os.getpid(), flush=True)\n"
        "    namespaces.tool(['sh', '-c', 'echo $$ >&%d; exec sleep 60' % os.dup(1)])\n"
        "namespaces.isolated(stays, 60)\n"
    )
    program = program.replace("'echo $$ >&%d; exec sleep 60' % os.dup(1)", "'echo $$ > %s; exec sleep 60' % sys.argv[1]")
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    path = "/proc/%d/fd/%d" % (os.getpid(), writing)
    command = [sys.executable, "-c", program, path]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    child, tool = int(parent.stdout.readline()), int(os.read(reading, 100))
    network = os.readlink("/proc/%d/ns/net" % child)
    assert network == os.readlink("/proc/%d/ns/net" % tool) != os.readlink("/proc/self/ns/net")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    os.close(reading)
    os.close(writing)
    deadline = time.monotonic() + 10
    while any(is_alive(pid) for pid in (child, tool)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(child) and not is_alive(tool)


@needs_root
def test_what_a_tool_leaves_behind_ends_with_the_name_spaces():
    own = "sleep 3333.%d" % os.getpid()
    program = (
        "from openstack_spice.firewall_oracle import namespaces\n"
        "from openstack_spice.firewall_oracle.errors import CannotTell\n"
        "for seconds in (20, 0.5):\n"
        "    try:\n"
        "        print(namespaces.isolated(lambda: namespaces.tool(['sh', '-c', '%s & wait'], seconds=1).err, seconds).decode())\n"
        "    except CannotTell as error:\n"
        "        print(error.construct)\n"
    ) % own
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment)
    assert (ended.returncode, ended.stdout) == (0, b"sh took more than 1 s\nno answer in 0 s\n")
    assert subprocess.run(["pgrep", "-f", "^%s$" % own], stdout=subprocess.PIPE).stdout == b""


def mounted():
    with open("/proc/self/mounts") as file:
        return file.read()


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
