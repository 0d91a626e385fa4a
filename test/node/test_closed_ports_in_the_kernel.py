"""What the unit of closed ports does to a real kernel, in a network name space of its own."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from fakes import as_reported, failed
from openstack_spice.changes.closed_ports import ClosedPortsKind
from openstack_spice.changes.kind import Outcome
from openstack_spice.firewall.boot_proof import PROGRAM
from openstack_spice.firewall.closed_ports_text import CONSOLES
from openstack_spice.firewall.console_ports import ConsolePorts
from openstack_spice.firewall.firewall import Firewall
from openstack_spice.system import Commands
from openstack_spice.system.interruption import Interruption

from test_closed_ports import TITLE, UNIT, Node


class RealCommands(Commands):
    """The node's own commands, in this name space; files of the node are those of a folder."""

    def __init__(self, root, without):
        super().__init__(Interruption())
        self._root, self._without = root, without

    def run(self, argv, *positional, **named):
        if argv[0] == self._without:
            return failed(127)
        words = [self._root + word if word.startswith("/etc/") else word for word in argv]
        if tuple(words[:5]) == PROGRAM:
            named["stdin"] = self._of_the_folder(named["stdin"])
        return super().run(words, *positional, **named)

    def _of_the_folder(self, request):
        """What is asked of the program that loads boot files, of the files in the folder."""
        asked = json.loads(request.decode())
        for texts in (asked[name] for name in ("former", "new") if name in asked):
            for path in list(texts):
                texts[self._root + path] = texts.pop(path)
        asked["roots"] = [self._root + path for path in asked["roots"]]
        return json.dumps(asked).encode()


def boots(root, unit):
    """Starts a unit as systemd does. Gives the command that failed, or nothing."""
    files = root + "/etc/"
    with open(root + "/etc/systemd/system/%s.service" % unit) as file:
        text = file.read()
    with open(root + "/as-on-the-node", "w") as file:
        file.write(text.replace("(/etc/", "(" + files))
    for line in re.findall("^ExecStart=(.*)$", text, re.MULTILINE):
        words = [files + word[5:] if word.startswith("/etc/openstack") else word for word in shlex.split(line)]
        words = [root + "/as-on-the-node" if word.startswith("/etc/systemd") else word for word in words]
        may_fail = words[0].startswith("-")
        words[0] = words[0].lstrip("-")
        if subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).returncode != 0 and not may_fail:
            return line
    return ""


def kernel_rules():
    text = ""
    for command in ("nft list ruleset", "iptables-save -t filter", "ip6tables-save -t filter"):
        text += subprocess.run(command.split(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    return "".join(line + "\n" for line in text.split("\n") if not line.startswith(("#", ":", "*", "COMMIT")))


def flush():
    subprocess.run(["nft", "flush", "ruleset"])


def in_a_name_space_of_its_own(root, tool):
    """Closes, damages, boots, opens; run in a network name space of its own."""
    without = "nft" if tool == "iptables" else ""
    node = Node(root)
    context = node.fake.context._replace(system=node.fake.context.system._replace(commands=RealCommands(root, without)))
    node.units.on_start = lambda unit: failures.append(boots(root, unit))
    failures = []
    firewall = Firewall(context, node.units)
    kind = ClosedPortsKind(context, node.units, firewall)
    consoles = ConsolePorts(context, node.units, node.processes, firewall)
    for planned in consoles.plan():
        kind.apply(planned, node.journal)
    assert failures == [""]
    assert firewall.text() == tool
    whole = kernel_rules()
    if tool == "nftables":
        # nft of Debian 12 lists `tcp flags & (syn | ack) == syn` in the shorter form, and those before and after it do not.
        whole_as_short = whole.replace("tcp flags & (syn | ack) == syn", "tcp flags syn / syn,ack")
        rules = ('iif "lo" accept', "ip saddr 192.0.2.7 accept", "ip6 saddr 2001:db8::7 accept", "tcp flags syn / syn,ack drop")
        assert "chain consoles {\n\t\t%s\n\t}" % "\n\t\t".join(rules) in whole_as_short
    else:
        assert "-A INPUT -p tcp -j OPENSTACK_SPICE\n-A OPENSTACK_SPICE -p tcp -m tcp ! --dport 5900:5999 -j RETURN\n" in whole
        assert "-A OPENSTACK_SPICE -s 192.0.2.7/32 -j ACCEPT\n" in whole and "-A OPENSTACK_SPICE -s 2001:db8::7/128 -j ACCEPT\n" in whole
    firewall.kernel.forget()
    assert consoles.plan() == []
    # A flusher takes the unit along; a start over what is there changes nothing.
    for again in (flush, lambda: None):
        again()
        assert boots(root, UNIT) == ""
        assert kernel_rules() == whole
    with open(root + CONSOLES.file) as file:
        rules = file.read()
    # Where its file is damaged nobody gets in, and the unit fails.
    lines = rules.split("\n")
    for damaged in ["", rules[: len(rules) // 2], "\n".join(lines[:5]) + "\n", rules.replace("192.0.2.7", "192.0.2.8")]:
        flush()
        with open(root + CONSOLES.file, "w") as file:
            file.write(damaged)
        assert "sha256sum" in boots(root, UNIT)
        assert "192.0.2" not in kernel_rules() and "drop" in kernel_rules().lower()
        assert "5900" in kernel_rules()
        firewall.kernel.forget()
        assert kind.read(CONSOLES.file, "-") == "partly"
    assert [as_reported(kind, planned) for planned in consoles.plan()] == ["firewall/consoles: damaged -> " + TITLE]
    for planned in consoles.plan():
        kind.apply(planned, node.journal)
    assert kernel_rules() == whole
    # What another tool closed by before goes, and a second jump.
    subprocess.run(["iptables", "-N", "OPENSTACK_SPICE"], stderr=subprocess.DEVNULL)
    subprocess.run(["iptables", "-I", "INPUT", "-p", "tcp", "-j", "OPENSTACK_SPICE"])
    firewall.kernel.forget()
    for planned in consoles.plan():
        kind.apply(planned, node.journal)
    assert kernel_rules().count("-A INPUT -p tcp -j OPENSTACK_SPICE") == whole.count("-A INPUT -p tcp -j OPENSTACK_SPICE")
    assert consoles.plan() == []
    assert kind.undo(node.journal.written[0], node.journal) is Outcome.MADE
    assert "OPENSTACK" not in kernel_rules().upper()
    assert os.listdir(root + "/etc/systemd/system") == []


def can_filter():
    probe = ["unshare", "-n", "sh", "-c", "nft list ruleset && iptables-save && ip6tables-save && iptables -S"]
    return (
        os.geteuid() == 0
        and all(map(shutil.which, ("nft", "iptables", "sha256sum")))
        and subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    )


@pytest.mark.skipif(not can_filter(), reason="needs root, nft and iptables")
@pytest.mark.parametrize("tool", ["nftables", "iptables"])
def test_a_boot_with_a_damaged_file_leaves_the_ports_closed_in_a_real_kernel(tmp_path, tool):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    run = subprocess.run(
        ["unshare", "-n", sys.executable, os.path.abspath(__file__), str(tmp_path), tool],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    )
    assert run.returncode == 0, run.stdout.decode()


if __name__ == "__main__":
    in_a_name_space_of_its_own(sys.argv[1], sys.argv[2])
