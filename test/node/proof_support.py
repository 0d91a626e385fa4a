"""A node whose boot files are really loaded, apart from everything, and whose edits are proven by that."""

import json
from typing import Callable, Sequence

from fakes import FakeCommands, make_node
from openstack_spice.document.desired import Desired
from openstack_spice.firewall.boot_proof import PROGRAM
from openstack_spice.firewall.edit_proof import Difference, FileRule, Unproven
from openstack_spice.firewall.firewall import Firewall
from openstack_spice.firewall_oracle.namespaces import isolated, tool
from openstack_spice.firewall_oracle.proof import answer
from openstack_spice.nova_conf.ini import Edit
from openstack_spice.text import to_bytes

SOURCES = ("203.0.113.0/24",)
PROVEN = "proven"


class Units:
    """Units of a node whose nftables.service loads one file, and netfilter-persistent the others."""

    def __init__(self, file: str) -> None:
        self._file = file

    def preload(self, units: Sequence[str]) -> None:
        """Nothing is asked for."""

    def state(self, _unit: str) -> str:
        """All are there."""
        return "enabled active"

    def is_active(self, unit: str) -> bool:
        """But firewalld."""
        return unit != "firewalld"

    def shown(self, unit: str) -> "dict[str, list[str]]":
        """Of nftables the command."""
        return {"ExecStart": ["{ path=/sbin/nft ; argv[]=/sbin/nft -f %s ; }" % self._file]} if unit == "nftables" else {}


class ProofNode:
    """A node whose file system is this machine's.

    :param file: the boot file, in a folder of the test's: its name tells the tool
    :param tool: which loads it
    :param included: files that it includes
    """

    def __init__(self, file: str, tool: str, included: Sequence[str] = ()) -> None:
        self.file, self._tool = file, tool
        desired = Desired("controller", "node-1", owner="a/b/c", sources=SOURCES)
        self.fake = make_node("/", {}, desired=desired)
        self.fake.context = self.fake.context._replace(system=self.fake.context.system._replace(commands=self._commands()))
        self.fake.files.put(file, "".join('include "%s"\n' % path for path in included))
        self.firewall = Firewall(self.fake.context, Units(file))
        self.firewall.nftables_files.all()
        self.backend = self.firewall.nftables if tool == "nft" else self.firewall.iptables

    def _commands(self) -> FakeCommands:
        return FakeCommands({PROGRAM: lambda _words, stdin: json.dumps(answer(dict(json.loads(stdin.decode()), tool=self._tool)))})

    def proven(self, old: str, new: str, added: Sequence[str] = (), removed: Sequence[str] = ()) -> str:
        """`proven`, or why the edit is not.

        :param added: rules of ours, as the file's entries have them, that it is to put in
        """
        self.fake.files.put(self.file, old)
        files = self.backend.boot_files(self.file)
        rules = [[FileRule(self.file, rule) for rule in some] for some in (added, removed)]
        try:
            self.firewall.edit_proof.prove(
                self.backend.file_kind, Difference(files, self.fake.files.read, self._with(to_bytes(new)), rules[0], rules[1])
            )
        except Unproven as stop:
            return stop.reason
        return PROVEN

    def _with(self, new: bytes) -> "Callable[[str], bytes]":
        return lambda path: new if path == self.file else self.fake.files.read(path)

    def with_rule(self, old: str, rule: str) -> Edit:
        """The file with the rule at its place. Raises NotPlaced."""
        self.fake.files.put(self.file, old)
        return self.backend.file_with(self.file, self.fake.files.read, rule)


def on_a_node(function, with_devices=True):
    """What the function returns in a network name space, with devices eth0 and eth1 where they are asked for, as bytes."""
    if not with_devices:
        return function()

    def there():
        for index, name in ((5, "eth0"), (7, "eth1")):
            words = "ip link add name %s index %d type veth peer name %s-peer" % (name, index, name)
            assert tool(words.split()).status == 0
        for words in ("address add 192.0.2.10/24 dev eth0", "link set eth0 up", "link set eth0-peer up", "route add default via 192.0.2.1"):
            assert tool(["ip"] + words.split()).status == 0
        return function()

    return isolated(there, 60)
