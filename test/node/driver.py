"""Calls the node program's own functions by what they are for, for tests in TypeScript (test/support/nodeFunctions.ts).

Reads lines `["OPERATION", CASE]` of JSON, and writes one line for each, `{"answer": ANSWER}` or `{"error": TEXT}`. Texts of files are
latin1: each character is a byte. What each operation takes and gives is written in test/support/nodeFunctions.ts.
"""

import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import traceback
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Mapping, Optional

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "node")]

from fakes import FakeReporter, as_reported, make_node  # noqa: E402
from openstack_spice import limits, system  # noqa: E402
from openstack_spice.changes.edits import Edits  # noqa: E402
from openstack_spice.changes.kind import Pass  # noqa: E402
from openstack_spice.changes.options import OptionKind, SectionKind, plan_options  # noqa: E402
from openstack_spice.changes.transaction import Steps, Transaction  # noqa: E402
from openstack_spice.checks import managers  # noqa: E402
from openstack_spice.context import Context, WorkFolder  # noqa: E402
from openstack_spice.document import platforms  # noqa: E402
from openstack_spice.document.desired import Desired, fitted_to_release, read_document  # noqa: E402
from openstack_spice.document.pem import fingerprint  # noqa: E402
from openstack_spice.errors import CannotTell, Refused, Stop  # noqa: E402
from openstack_spice.firewall import firewalld_text, iptables_text, nftables_text, ufw  # noqa: E402
from openstack_spice.firewall.accepting import accepting_rules  # noqa: E402
from openstack_spice.firewall.iptables_file import IptablesFile  # noqa: E402
from openstack_spice.firewall.nft_file import NftFile  # noqa: E402
from openstack_spice.messages import text_of  # noqa: E402
from openstack_spice.nova_conf.ini import Ini, shell_assignment  # noqa: E402
from openstack_spice.nova_conf.obsolete_options import OBSOLETE_OPTIONS  # noqa: E402
from openstack_spice.packages.apt import Apt  # noqa: E402
from openstack_spice.packages.dnf import Dnf  # noqa: E402
from openstack_spice.packages.removal import _Removal  # noqa: E402
from openstack_spice.parts import KIND_NAMES, Parts  # noqa: E402
from openstack_spice.reporter import Reporter  # noqa: E402
from openstack_spice.state.journal import Journal  # noqa: E402
from openstack_spice.state.ledger import Ledger  # noqa: E402
from openstack_spice.state.paths import NOVA_CONF, record_file, role_folder  # noqa: E402
from openstack_spice.state.record import Record, merged, read_record  # noqa: E402

Case = Mapping[str, Any]
OPERATIONS: Dict[str, Callable[..., Any]] = {}


def operation(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a function the one of that name; it gets a case's members by their names."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        OPERATIONS[name] = function
        return function

    return add


def to_bytes(latin1: str) -> bytes:
    """The bytes of a file."""
    return latin1.encode("latin-1")


def of_bytes(data: bytes) -> str:
    """A file, as tests read it."""
    return data.decode("latin-1")


def stop_of(step: Callable[[], Any]) -> Optional[Dict[str, Any]]:
    """How a check ends: None where it passes."""
    try:
        step()
        return None
    except Stop as stop:
        return {"status": int(stop.status), "message": text_of(stop)}
    except CannotTell as answer:
        return {"status": 3, "message": text_of(Refused("cannot-tell", subject=answer.subject, reason=answer.reason))}


class Folder:
    """A node in a folder that goes at the end."""

    def __enter__(self) -> str:
        self._folder = tempfile.TemporaryDirectory(prefix="openstack-spice-driver-")
        return self._folder.name

    def __exit__(self, *_: Any) -> None:
        self._folder.cleanup()


@operation("obsolete-options/table")
def obsolete_options_table() -> List[Any]:
    return [{"role": key.role, "key": key.option, "since": key.since, "beside": key.beside or "-"} for key in OBSOLETE_OPTIONS]


class Changes:
    """Transactions of a compute on its nova.conf, without services."""

    def __init__(self, root: str, conf: str) -> None:
        self.node = make_node(root, files={NOVA_CONF: to_bytes(conf)}, desired=Desired(role="compute", node="n"))
        self.files = self.node.files
        self.files.make_folder(role_folder("compute"), 0o700)
        self.record = Record()
        self.begin({}, "converge")

    def begin(self, options: Mapping[str, str], verb: str) -> None:
        """Another run."""
        desired = Desired(role="compute", node="n", options=options)
        self.reporter = FakeReporter()
        self.context = self.node.context._replace(desired=desired, role="compute", record=self.record, verb=verb, reporter=self.reporter)
        self.edits = Edits(self.files, Ledger(self.context.system), self.reporter)
        self.option, self.section = OptionKind(self.edits), SectionKind(self.edits)
        self.kinds: Dict[str, Any] = {kind.name: kind for kind in (self.option, self.section)}
        steps = Steps(lambda: None, lambda: None, lambda: None, lambda unit: None)
        self.transaction = Transaction(self.kinds, self.edits, self.reporter, verb, steps)
        self.journal = Journal(self.files, "compute")
        self.journal.open({})

    def plan(self) -> List[Any]:
        """What is to be changed."""
        return list(plan_options(self.context, self.option, self.section))

    def apply(self, plan: List[Any]) -> None:
        """Makes it, and records it."""
        self.transaction.apply(plan, list(Pass), self.journal)
        self.record = Record(entries=merged(self.record.entries, self.journal.entries))

    def undo(self) -> List[str]:
        """Takes all back. Gives what could not be."""
        return list(self.transaction.undo(self.record.entries, self.journal).failures)

    @property
    def conf(self) -> str:
        """nova.conf as it is."""
        return of_bytes(self.files.read(NOVA_CONF))


@operation("nova.conf/put-and-undo")
def nova_conf_put_and_undo(conf: str, declared: List[Case], edit: str) -> Any:
    options = {one["option"]: one["encoded"] for one in declared}
    with Folder() as root:
        changes = Changes(root, conf)
        changes.begin(options, "converge")
        changes.apply(changes.plan())
        after = changes.conf
        changes.begin(options, "converge")
        wrong = ["planned again: %s\n" % as_reported(changes.kinds[one.entry.kind], one) for one in changes.plan()]
        changes.files.put(NOVA_CONF, to_bytes(changes.conf + edit))
        changes.begin({}, "revert")
        wrong += ["failed %s\n" % subject for subject in changes.undo()]
        wrong += ["kept %s\n" % item for item in changes.reporter.kept]
        return {"wrong": "".join(wrong), "after": after, "undone": changes.conf}


@operation("document/items")
def document_items(document: str, release: int) -> Any:
    items: Dict[str, Any] = {}

    def read() -> None:
        desired = fitted_to_release(read_document(document.encode("utf-8")), release)
        items.update({"role": desired.role, "node": desired.node, "owner": desired.owner, "id": desired.id})
        items.update(sources=desired.sources, options=desired.options)

    return {"stop": stop_of(read), "items": items}


@operation("managers/looked-for")
def managers_looked_for() -> List[str]:
    return [manager.name for manager in managers.MANAGERS]


@operation("document/read")
def document_read(text: str) -> Any:
    return stop_of(lambda: read_document(to_bytes(text)))


@operation("record/read")
def record_read(text: str) -> Any:
    with Folder() as root:
        node = make_node(root, files={record_file("controller"): to_bytes(text)})
        return stop_of(lambda: read_record(node.files, "controller", KIND_NAMES))


@operation("nova.conf/any")
def nova_conf_any(text: str) -> str:
    ini = Ini(to_bytes(text))
    if ini.definition("no_section", "no_option") is not None:
        return "what is not there is found"
    ini.value("spice", "enabled")
    if ini.sections("spice") == 0:
        return ""
    value = Ini(ini.put("spice", "enabled", b"enabled = 1").data).value("spice", "enabled") or b""
    return "" if value.startswith(b"1") else "what is put is not there"


RICH_RULE = 'rule family="ipv4" source address="192.0.2.0/24" port port="6082" protocol="tcp" accept'
UFW_RULE = "allow from 192.0.2.0/24 to any port 6082 proto tcp"

READERS: Mapping[str, Callable[[bytes, str], Any]] = {
    "iptables": lambda data, given: iptables_text.first_refusal(given) is not None,
    "the file of iptables": lambda data, given: IptablesFile(data).is_written,
    "nftables": lambda data, given: nftables_text.refusing_chains(given),
    "the file of nftables": lambda data, given: NftFile(data).find("inet filter input", "reject"),
    "firewalld": lambda data, given: firewalld_text.zones_for("192.0.2.0/24", "public", firewalld_text.zones_of(given)),
    "the file of a zone": lambda data, given: firewalld_text.rule_in_file(data, RICH_RULE) is not None,
    "the file of ufw": lambda data, given: ufw.has_tuple(given, ufw.RULES, UFW_RULE),
    "rules that accept": lambda data, given: list(accepting_rules(given.split("\n"), 5900, 5999, frozenset())),
    "apt": lambda data, given: PACKAGE_TOOLS[0].reason(given) and PACKAGE_TOOLS[0].simulated(given),
    "dnf": lambda data, given: PACKAGE_TOOLS[1].reason(given) and PACKAGE_TOOLS[1].simulated(given),
    "a shell file": lambda data, given: shell_assignment(data, "NOVA_CONSOLE_PROXY_TYPE"),
    "an obsolete option": lambda data, given: Ini(data).definition("spice", "keymap"),
    "a certificate": lambda data, given: fingerprint(data),
}
PACKAGE_TOOLS: List[Any] = []


@operation("others/any")
def others_any(text: str) -> List[str]:
    if not PACKAGE_TOOLS:
        context = make_node(tempfile.gettempdir() + "/openstack-spice-driver").context
        PACKAGE_TOOLS.extend((Apt(context), Dnf(context)))
    found = []
    for name, finds in READERS.items():
        try:
            if finds(to_bytes(text), of_bytes(to_bytes(text))):
                found.append(name)
        except (CannotTell, Refused):
            pass  # one line says why
    return found


CERTIFICATE = compile((HERE.parents[1] / "node/openstack_spice/probes/certificate.py").read_text("ascii"), "certificate.py", "exec")


@operation("certificate/any")
def certificate_any(text: str) -> str:
    with Folder() as root:
        path = os.path.join(root, "text")
        with open(path, "wb") as file:
            file.write(to_bytes(text))
        out = io.StringIO()
        former = sys.argv
        sys.argv = ["-", path, path, "host"]
        try:
            with contextlib.redirect_stdout(out):
                exec(CERTIFICATE, {"__name__": "probe"})
            status: Any = 0
        except SystemExit as end:
            status = end.code
        finally:
            sys.argv = former
    return "%s %d" % (status, len(out.getvalue().splitlines()))


@operation("pacemaker/any")
def pacemaker_any(text: str) -> str:
    with Folder() as root:
        node = make_node(root, {"cibadmin": to_bytes(text)}, desired=Desired(role="compute", node="n"))
        signs: Any = SimpleNamespace(switched_on=lambda *units: "pacemaker.service", text=lambda path: None)
        try:
            found = managers._pacemaker(managers._Node(node.context, Any, signs), ())  # type: ignore[arg-type]
        except CannotTell:
            found = None  # one line says why
    return "1 0" if found is None else "0 1"


@operation("queue/ports")
def queue_ports(line: str) -> List[str]:
    """On a node with Nova, whose nova.conf is overwritten."""
    with open(NOVA_CONF, "w") as file:
        file.write("[DEFAULT]\n%s\n" % line)
    parts = Parts(node_context("compute"))
    parts.units.preload(("nova-compute",))
    return [str(port) for port in parts.queue.ports("nova-compute") or ()]


@operation("packages/use-of-qemu-module")
def use_of_qemu_module(graphics: str) -> str:
    context = node_context("compute", qemu_spice="qemu-system-modules-spice", spice_unit="no-unit")
    parts = Parts(context)
    guests: Any = SimpleNamespace(guests_with_spice=lambda: ["aaaa"] if graphics == "spice" else [])
    return _Removal(context, parts.packages, parts.units, guests).use("qemu-system-modules-spice")


def node_context(role: str, **changed: Any) -> Context:
    """This very node."""
    interruption = system.Interruption()
    real = system.System(system.Files(interruption), system.Commands(interruption), system.Clock(interruption), interruption)
    with open("/etc/os-release", "rb") as file:
        platform = platforms.find_platform(file.read())
    assert platform is not None
    reporter = Reporter("n", None)
    desired = Desired(role=role, node="n")
    return Context(real, reporter, limits.Limits(), "converge", role, desired, platform._replace(**changed), Record(), WorkFolder(real))


def answered(line: str) -> Dict[str, Any]:
    """What becomes of one line of input."""
    name, case = json.loads(line)
    try:
        return {"answer": OPERATIONS[name](**case)}
    except Exception:  # noqa: BLE001  # the test sees it
        return {"error": traceback.format_exc()}


def main() -> None:
    """Answers line by line."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answered(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
