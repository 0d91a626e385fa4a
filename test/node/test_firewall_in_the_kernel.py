"""Rules of ours in a real kernel, in a network name space of its own: at their place, found again as written, and gone again."""

import os
import shutil
import subprocess
import sys

import pytest
from openstack_spice.changes.kind import Outcome

from test_closed_ports_in_the_kernel import RealCommands, can_filter
from test_firewall import FakeUnits, Node

SOURCES = ("198.18.0.0/24", "203.0.113.7/32", "2001:db8::/32", "2001:db8:1::9/128", "0.0.0.0/0", "::/0")
V4 = tuple(source for source in SOURCES if ":" not in source)
V6 = tuple(source for source in SOURCES if ":" in source)

NFT_FILE = """#!/usr/sbin/nft -f

flush ruleset

# kept by hand
table inet filter {
  chain input {
    type filter hook input priority filter; policy accept;
    iif "lo" accept
    tcp dport { 22, 6080 } accept # administrators
    jump site
    reject
  }
  chain site {
    ip saddr 192.0.2.0/24 drop
  }
}
table ip guard {
\tchain first {
\t\ttype filter hook input priority -10; policy drop;
\t\tiif "lo" accept
\t}
}
"""
RULES = """*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -j REJECT
COMMIT
"""


def nft_rule(source):
    family, block = ("ip6" if ":" in source else "ip"), source.replace("/32", "") if ":" not in source else source.replace("/128", "")
    return '%s saddr %s tcp dport 6082 accept comment "openstack-spice: SPICE consoles"' % (family, block)


def iptables_rule(source):
    return '-A INPUT -s %s -p tcp -m tcp --dport 6082 -m comment --comment "openstack-spice: SPICE consoles" -j ACCEPT' % source


def output(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout.decode()


class RealNode(Node):
    """A node whose commands are those of this machine."""

    def __init__(self, root, units, files, sources=SOURCES, record=()):
        super().__init__(root, units=units, files=files, sources=sources, record=record)
        system = self.fake.context.system._replace(commands=RealCommands(root, ""))
        self.fake.context = self.fake.context._replace(system=system)
        self.make_parts()


def in_nftables(root):
    units = FakeUnits({"nftables": "enabled active"}, {"nftables": ["{ path=/sbin/nft ; argv[]=/sbin/nft -f /etc/nftables.conf ; }"]})
    subprocess.run(["nft", "-f", "-"], input=NFT_FILE.encode(), check=True)
    before = output("nft", "list", "ruleset")
    node = RealNode(root, units, {"/etc/nftables.conf": NFT_FILE})
    assert len(node.plan()) == 2 * (len(SOURCES) + len(V4))
    node.apply()
    of_both = "".join("    %s\n" % nft_rule(source) for source in SOURCES)
    of_ipv4 = "".join("\t\t%s\n" % nft_rule(source) for source in V4)
    expected = NFT_FILE.replace("    jump site", of_both + "    jump site").replace('"lo" accept\n\t}', '"lo" accept\n' + of_ipv4 + "\t}")
    assert node.fake.files.text("/etc/nftables.conf") == expected
    # What a boot loads is what runs.
    running = output("nft", "list", "ruleset")
    subprocess.run(["nft", "-f", "-"], input=expected.encode(), check=True)
    assert output("nft", "list", "ruleset") == running
    node.firewall.kernel.forget()
    assert node.plan() == []
    assert set(node.undo()) == {Outcome.MADE}
    assert output("nft", "list", "ruleset") == before
    assert node.fake.files.text("/etc/nftables.conf") == NFT_FILE


def in_iptables(root):
    units = FakeUnits({"netfilter-persistent": "enabled active"})
    for tool in ("iptables", "ip6tables"):
        subprocess.run([tool + "-restore"], input=RULES.encode(), check=True)
    node = RealNode(root, units, {"/etc/iptables/rules.v4": RULES, "/etc/iptables/rules.v6": RULES})
    assert len(node.plan()) == 2 * len(SOURCES)
    node.apply()
    for tool, file, sources in (("iptables", "/etc/iptables/rules.v4", V4), ("ip6tables", "/etc/iptables/rules.v6", V6)):
        lines = "".join("%s\n" % iptables_rule(source) for source in sources)
        assert node.fake.files.text(file) == RULES.replace("-A INPUT -j", lines + "-A INPUT -j")
        running = output(tool, "-S", "INPUT")
        subprocess.run([tool + "-restore"], input=node.fake.files.text(file).encode(), check=True)
        assert output(tool, "-S", "INPUT") == running
        for source in sources[:2]:
            assert running.index(source.split("/")[0]) < running.index("REJECT")
    node.firewall.kernel.forget()
    assert node.plan() == []
    assert set(node.undo()) == {Outcome.MADE}
    assert node.undo() == [Outcome.NOTHING] * (2 * len(SOURCES))
    for tool in ("iptables", "ip6tables"):
        assert "6082" not in output(tool, "-S")
    assert {node.fake.files.text("/etc/iptables/rules.v%d" % version) for version in (4, 6)} == {RULES}


NATIVE = """flush ruleset
table ip filter {
\tchain INPUT {
\t\ttype filter hook input priority 0; policy drop;
\t\tiifname "lo" accept
%s\t\ttcp dport { 22, 6080 } reject
\t}
}
"""


def in_a_native_table_filter(root):
    old = NATIVE % ""
    subprocess.run(["nft", "-f", "-"], input=old.encode(), check=True)
    before = output("nft", "list", "ruleset")
    units = FakeUnits({"nftables": "enabled active"}, {"nftables": ["{ path=/sbin/nft ; argv[]=/sbin/nft -f /etc/nftables.conf ; }"]})
    node = RealNode(root, units, {"/etc/nftables.conf": old}, V4)
    assert len(node.plan()) == 2 * len(V4)
    assert node.firewall.text() == "nftables"
    node.apply()
    assert node.fake.files.text("/etc/nftables.conf") == NATIVE % "".join("\t\t%s\n" % nft_rule(source) for source in V4)
    running = output("nft", "list", "ruleset")
    subprocess.run(["nft", "-f", "-"], input=node.fake.files.text("/etc/nftables.conf").encode(), check=True)
    assert output("nft", "list", "ruleset") == running
    node.firewall.kernel.forget()
    assert node.plan() == []
    assert set(node.undo()) == {Outcome.MADE}
    assert (output("nft", "list", "ruleset"), node.fake.files.text("/etc/nftables.conf")) == (before, old)


def in_legacy_tables(root):
    for rule in ("-i lo -j ACCEPT", "-p tcp --dport 22 -j ACCEPT", "-j REJECT"):
        subprocess.run(["iptables-legacy", "-A", "INPUT"] + rule.split(), check=True)
    with open("/proc/net/ip_tables_names") as file:
        loaded = {"/proc/net/ip_tables_names": file.read()}
    before = output("iptables-legacy", "-S", "INPUT")
    node = RealNode(root, FakeUnits(), loaded, V4)
    assert node.plan() == ["firewall/iptables-legacy: (none) -> accept tcp 6082 from " + source for source in V4]
    assert node.firewall.text() == "iptables-legacy"
    node.apply()
    lines = output("iptables-legacy", "-S", "INPUT").split("\n")
    assert lines[3:-2] == [iptables_rule(source).replace(" -s 0.0.0.0/0", "") for source in V4]
    assert "6082" not in output("iptables", "-S")
    node.firewall.kernel.forget()
    assert node.plan() == []
    assert set(node.undo()) == {Outcome.MADE}
    assert output("iptables-legacy", "-S", "INPUT") == before


CASES = {
    "nftables": in_nftables,
    "iptables": in_iptables,
    "a native table filter": in_a_native_table_filter,
    "legacy tables": in_legacy_tables,
}


@pytest.mark.skipif(not can_filter(), reason="needs root, nft and iptables")
@pytest.mark.parametrize("tool", sorted(CASES))
def test_rules_of_ours_in_a_real_kernel(tmp_path, tool):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    if tool == "legacy tables" and shutil.which("iptables-legacy") is None:
        pytest.skip("there is no iptables-legacy. `npm test -- kernel` installs it")
    command = ["unshare", "-n", sys.executable, os.path.abspath(__file__), str(tmp_path), tool]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    assert run.returncode == 0, run.stdout.decode()


if __name__ == "__main__":
    CASES[sys.argv[2]](sys.argv[1])
