"""All objects of a run, built from its context: the one place that knows how they depend on each other."""

from typing import Callable, Dict, FrozenSet, Optional, Tuple, Type

from .changes.certificate import PemKind, tls_since
from .changes.closed_ports import ClosedPortsKind
from .changes.edits import Edits
from .changes.firewall import FirewallKinds
from .changes.kind import Kind
from .changes.obsolete_options import ObsoleteOptionKind, ObsoleteOptions
from .changes.options import OptionKind, SectionKind
from .changes.packages import PackageKind, RpmKeyKind, WebClientKind
from .changes.shell import ShellKind
from .changes.transaction import Steps, Transaction
from .changes.units import MaskKind, RestartKind, UnitKind
from .changes.whole_files import FileKind, RepositoryKind
from .checks.certificate import Certificate
from .context import Context
from .firewall.console_ports import ConsolePorts
from .firewall.firewall import Firewall
from .firewall.proxy_port import ProxyPort
from .nova.busy import Busy
from .nova.effective import Effective
from .nova.hypervisor import Hypervisor
from .nova.nova import Nova
from .nova.nova_api import NovaApi
from .packages.packages import Packages, package_tool
from .packages.repository import Repository
from .packages.web_client import WebClient
from .services.drop_in import DropIn
from .services.page import Page
from .services.probes import Probes
from .services.processes import Processes
from .services.program import ServiceProgram
from .services.queue import Queue
from .services.units import Units
from .state.ledger import Ledger
from .state.record import Record, read_record

_SINGLE_KINDS: Tuple[Type[Kind], ...] = (
    ClosedPortsKind,
    ObsoleteOptionKind,
    FileKind,
    MaskKind,
    OptionKind,
    PackageKind,
    PemKind,
    RepositoryKind,
    RestartKind,
    RpmKeyKind,
    SectionKind,
    ShellKind,
    UnitKind,
    WebClientKind,
)
KIND_NAMES: FrozenSet[str] = frozenset(kind.name for kind in _SINGLE_KINDS) | FirewallKinds.NAMES
"""The kinds of change that a record may have."""


class Parts:
    """What a run works with.

    :param context: what it is about
    """

    def __init__(self, context: Context) -> None:
        system = context.system
        self.context = context
        self.ledger = Ledger(system)
        self.edits = Edits(system.files, self.ledger, context.reporter)
        self.tool = package_tool(context)
        self.packages = Packages(context, self.tool)
        self.units = Units(context)
        self.nova = Nova(context, self.packages)
        self.processes = Processes(context, self.units)
        self.program = ServiceProgram(context, self.units)
        self.probes = Probes(context, self.units, self.program, self.nova)
        self.effective = Effective(context, self.nova, self.program, self.probes)
        self.queue = Queue(context, self.units, self.processes, self.program, self.probes)
        self.hypervisor = Hypervisor(context, self.nova, self.packages)
        self.busy = Busy(context, self.nova, self.processes, self.hypervisor, NovaApi(context, self.nova, self.program, self.probes))
        self.page = Page(context, self.units, self.nova, self.probes)
        self.web_client = WebClient(context)
        self.firewall = Firewall(context, self.units)
        self._make_kinds()
        self.certificate = Certificate(context, self.nova, self.probes, self.pem_kind)
        self.obsolete_options = ObsoleteOptions(context, self.obsolete_option_kind, self.nova.major)
        self.repository = Repository(context, self.tool, self.repository_kind, self.rpm_key_kind, self.record_of)
        self.drop_in = DropIn(context, self.units, self.file_kind, self.shell_kind, self.web_client.folder())
        self.console_ports = ConsolePorts(context, self.units, self.processes, self.firewall)
        self.proxy_port = ProxyPort(context, self.units, self.processes, self.firewall)
        steps = Steps(self.before_unit, self.test_edits, self.units.daemon_reload, self.start_again)
        self.transaction = Transaction(self.kinds, self.edits, context.reporter, context.verb, steps)
        self.on_unit: Optional[Callable[[], None]] = None
        self.restarts_anyway = False  # whether services that run on are restarted, whatever this run changes

    def _make_kinds(self) -> None:
        context, files = self.context, self.context.system.files
        self.option_kind = OptionKind(self.edits)
        self.section_kind = SectionKind(self.edits)
        self.obsolete_option_kind = ObsoleteOptionKind(self.edits)
        self.shell_kind = ShellKind(self.edits)
        self.file_kind = FileKind(files, self.ledger)
        self.repository_kind = RepositoryKind(files, self.ledger)
        self.pem_kind = PemKind(files, self.ledger)
        self.rpm_key_kind = RpmKeyKind(context.system.commands)
        self.unit_kind = UnitKind(context, self.units)
        self.mask_kind = MaskKind(context, self.units)
        self.package_kind = PackageKind(self.packages)
        self.web_client_kind = WebClientKind(self.web_client)
        kinds: Dict[str, Kind] = {
            kind.name: kind
            for kind in (
                self.option_kind,
                self.section_kind,
                self.obsolete_option_kind,
                self.shell_kind,
                self.file_kind,
                self.repository_kind,
                self.pem_kind,
                self.rpm_key_kind,
                self.unit_kind,
                self.mask_kind,
                self.package_kind,
                self.web_client_kind,
                RestartKind(),
                ClosedPortsKind(context, self.units, self.firewall),
            )
        }
        kinds.update(FirewallKinds(context, self.edits, self.firewall).kinds())
        self.kinds = kinds

    def record_of(self, role: str) -> Record:
        """Another role's record; empty where there is none. Raises Refused, CannotTell."""
        return read_record(self.context.system.files, role, KIND_NAMES) or Record()

    def before_unit(self) -> None:
        """What a unit that is about to change has to have read."""
        if self.on_unit is not None:
            self.on_unit()

    def test_edits(self) -> None:
        """Edited files of firewalls have to load. Raises Failed."""
        self.firewall.test_edits(self.edits)

    def start_again(self, unit: str) -> None:
        """A unit whose restart is undone: it did run before, also where it is dead by now. Raises Failed."""
        self.units.bring_up("restart", unit)

    def tls_since(self) -> Optional[int]:
        """For the record."""
        return tls_since(self.context, self.context.system.clock.now())
