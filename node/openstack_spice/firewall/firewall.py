"""The firewall of a node: the console port from the named sources, by one rule in place and one edited line in the persistent file.

Never a reload, a restart or a save: on a node with Neutron's or libvirt's chains those freeze or wipe them.
"""

import re
from typing import Dict, List, Sequence, Tuple, Union

from ..changes.edits import Edits
from ..changes.kind import Planned
from ..context import Context
from ..document.desired import PortRange
from ..firewall_oracle.oracle import Question
from ..services.units import Units
from ..state.entry import Entry
from ..text import ABSENT
from .accepting import host
from .backend import Backend, FileBackend
from .boot_proof import BootProof
from .edit_proof import EditProof, FileRule
from .firewalld import Firewalld
from .iptables import Iptables
from .kernel import Kernel
from .nftables import Nftables
from .nftables_files import NftablesFiles
from .rules import IN, NONE, RulePlan, Source, rule_text, text_of_ports
from .ufw import Ufw
from .warnings_once import WarningsOnce
from .who_gets_in import WhoGetsIn

_MOST_ASKED = 3
_ACCEPTS = re.compile(r"accept tcp (?P<first>\d+)(-(?P<last>\d+))? from (?P<source>\S+)$")
# The kinds of change that are rules of ours.
RULE_KINDS = (
    Firewalld.kind,
    Firewalld.file_kind,
    Ufw.kind,
    Iptables.kind,
    Iptables.file_kind,
    Nftables.kind,
    Nftables.file_kind,
)
# Asked for together: one process tells of all.
UNITS = (
    "firewalld",
    "ufw",
    "nftables",
    "netfilter-persistent",
    "iptables",
    "ip6tables",
    "openstack-spice-console-ports",
    "openstack-spice-proxy-port",
)


class Firewall:
    """What filters on this node, and the rules of ours that it has.

    :ivar found: what filters, as the report names it, once it was planned
    :ivar closes_proxy_port: whether the proxy's port is closed by a table, or chain, of our own
    """

    def __init__(self, context: Context, units: Units) -> None:
        self._context = context
        self.kernel = Kernel(context)
        warnings = WarningsOnce(context.reporter)
        self._argument = "proxySourceAddresses" if context.role == "compute" else "allowedSources"
        self.nftables_files = NftablesFiles(context.system.files, units)
        self.firewalld = Firewalld(context, units, self.kernel, warnings, self._argument)
        self.ufw = Ufw(context, units, self.kernel, warnings, self._argument)
        proof = BootProof(context)
        self.iptables = Iptables(context, units, self.kernel, warnings, self.nftables_files, proof, self._argument)
        self.nftables = Nftables(context, units, self.kernel, warnings, self.nftables_files, proof, self._argument)
        # In the order of who is asked first.
        self.backends: Tuple[Backend, ...] = (self.firewalld, self.ufw, self.iptables, self.nftables)
        self.edit_proof = EditProof(context, (self.iptables, self.nftables), self._argument, self._questions)
        self.who_gets_in = WhoGetsIn(context, self.kernel, self._argument)
        self.found: List[str] = []
        self.closes_proxy_port = False
        units.preload(UNITS)

    @property
    def is_managed(self) -> bool:
        """Whether the document names sources at all."""
        return self._context.desired.sources is not None

    def find(self) -> List[str]:
        """What filters here by now. Raises CannotTell."""
        self.found = []
        self.iptables.closes_ports = self._closes_ports
        for backend in self.backends:
            self.found += backend.at_work(self.found)
        return self.found

    def text(self) -> str:
        """For the report. Raises CannotTell."""
        if not self.is_managed:
            return "unmanaged"
        names = list(self.found)
        own = self.kernel.closing() if self._closes_ports else ""
        if own and own not in names:
            names.insert(0, own)
        return ",".join(names) or "none"

    def plan(self, ports: Union[int, str, PortRange]) -> List[Planned]:
        """The rules of the declared sources in each firewall, and those of ours that are no longer wanted. Raises Refused, CannotTell."""
        plan = RulePlan()
        if self.is_managed:
            text = ports if isinstance(ports, str) else text_of_ports(ports)
            for name in self.find():
                for block in self._context.desired.sources or ():
                    self._backend_of(name).plan(plan, name, Source(block, text))
        self._plan_undeclared(plan)
        self.edit_proof.check_plan(plan.planned)
        return plan.planned

    def test_edits(self, edits: Edits) -> None:
        """What was edited must load what it loaded before, and our rules, before it is published. Raises Failed."""
        self.edit_proof.check_edits(edits)

    def _questions(self, one: FileRule) -> Sequence[Question]:
        """Who gets in by a rule of ours, at the next boot: of the first sources alone, since each takes up to two seconds."""
        found = _ACCEPTS.match(rule_text(one.rule.rpartition("|")[2]))
        if found is None or host(found.group("source")) not in [
            host(source) for source in (self._context.desired.sources or ())[:_MOST_ASKED]
        ]:
            return ()
        first = int(found.group("first"))
        return (Question(found.group("source"), "", first, int(found.group("last") or first)),)

    @property
    def _closes_ports(self) -> bool:
        return self.closes_proxy_port or self._context.desired.console_ports is not None

    def _plan_undeclared(self, plan: RulePlan) -> None:
        """Rules of ours, of an earlier document, that this one does not ask for; and files that were made for such."""
        made: List[Entry] = []
        for entry in self._context.record.entries:
            if entry.kind == "firewalld-zone":
                made.append(entry)
            elif entry.kind in RULE_KINDS and not plan.wants(entry.kind, entry.where, entry.what) and self.is_in(entry):
                gone = Entry(entry.kind, entry.where, entry.what, IN, ABSENT)
                plan.add(gone, rule_text(entry.what), NONE)
        for entry in made:
            self.firewalld.plan_undeclared_file(plan, entry.where, entry.written)

    def is_in(self, entry: Entry) -> bool:
        """Whether the rule of an entry is where the entry says. Raises CannotTell."""
        for backend in self.backends:
            if entry.kind == backend.kind:
                return backend.has(entry.where, entry.what)
            if isinstance(backend, FileBackend) and entry.kind == backend.file_kind:
                data = self._context.system.files.read_if_there(entry.where)
                return data is not None and backend.file_has(data, entry.what)
        raise KeyError(entry.kind)

    def _backend_of(self, name: str) -> Backend:
        names: Dict[str, Backend] = {
            "firewalld": self.firewalld,
            "ufw": self.ufw,
            "iptables": self.iptables,
            "ip6tables": self.iptables,
            "iptables-legacy": self.iptables,
            "ip6tables-legacy": self.iptables,
            "nftables": self.nftables,
        }
        return names[name]
