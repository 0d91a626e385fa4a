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

from fakes import FakeReporter, as_told, failed, make_node  # noqa: E402
from openstack_spice import limits, system  # noqa: E402
from openstack_spice.changes.edits import Edits  # noqa: E402
from openstack_spice.changes.kind import Pass  # noqa: E402
from openstack_spice.changes.obsolete_options import ObsoleteOptionKind, ObsoleteOptions  # noqa: E402
from openstack_spice.changes.options import OptionKind, SectionKind, plan_options  # noqa: E402
from openstack_spice.changes.transaction import Steps, Transaction  # noqa: E402
from openstack_spice.checks import layers, managers  # noqa: E402
from openstack_spice.checks.certificate import Certificate  # noqa: E402
from openstack_spice.context import Context, WorkFolder  # noqa: E402
from openstack_spice.document import platforms  # noqa: E402
from openstack_spice.document.desired import Desired, Tls, fitted_to_release, read_document  # noqa: E402
from openstack_spice.document.pem import declared_pem, fingerprint  # noqa: E402
from openstack_spice.errors import CannotTell, Refused, Stop  # noqa: E402
from openstack_spice.firewall import firewalld, firewalld_text, iptables_text, nftables_text, ufw  # noqa: E402
from openstack_spice.firewall.accepting import accepting_rules, host  # noqa: E402
from openstack_spice.firewall.iptables import Iptables  # noqa: E402
from openstack_spice.firewall.nftables_files import NftablesFiles  # noqa: E402
from openstack_spice.firewall.rules import Source, rule_text  # noqa: E402
from openstack_spice.limits import Limits  # noqa: E402
from openstack_spice.messages import text_of  # noqa: E402
from openstack_spice.nova.busy import Busy  # noqa: E402
from openstack_spice.nova.hypervisor import Hypervisor  # noqa: E402
from openstack_spice.nova_conf.ini import Ini, shell_assignment  # noqa: E402
from openstack_spice.nova_conf.obsolete_options import OBSOLETE_OPTIONS  # noqa: E402
from openstack_spice.packages.apt import Apt  # noqa: E402
from openstack_spice.packages.dnf import Dnf  # noqa: E402
from openstack_spice.packages.removal import _Removal  # noqa: E402
from openstack_spice.parts import KIND_NAMES, Parts  # noqa: E402
from openstack_spice.reporter import Reporter  # noqa: E402
from openstack_spice.roles.compute import Compute  # noqa: E402
from openstack_spice.runs import converge  # noqa: E402
from openstack_spice.runs.request import Request  # noqa: E402
from openstack_spice.runs.session import Session  # noqa: E402
from openstack_spice.services.novnc import restart_novnc_without_tls  # noqa: E402
from openstack_spice.state.journal import Journal  # noqa: E402
from openstack_spice.state.ledger import Ledger  # noqa: E402
from openstack_spice.state.paths import NOVA_CONF, record_file, role_folder, unfinished_file  # noqa: E402
from openstack_spice.state.record import Record, merged, read_record  # noqa: E402
from openstack_spice.system.commands import TIMED_OUT, Result  # noqa: E402

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


@operation("libvirt/work")
def libvirt_work(guest: str, domstate: str, domjobinfo: str, blockjob: str) -> List[str]:
    answers = {
        "list": guest + "\n",
        "domstate": domstate,
        "domjobinfo": domjobinfo,
        "domblklist": " Target   Source\n-----\n vda      /var/lib/nova/instances/x/disk\n",
        "blockjob": blockjob,
    }

    def virsh(words: Any, _stdin: bytes) -> str:
        out = []
        for command in words[-1].split("; "):
            name, *arguments = command.split(" ")
            out.append(" ".join(arguments).strip("'") + "\n" if name == "echo" else answers[name])
        return "".join(out)

    with Folder() as root:
        node = make_node(root, {"virsh --readonly --connect qemu:///system": virsh}, desired=Desired(role="compute", node="n"))
        hypervisor = Hypervisor(node.context, Any, Any)  # type: ignore[arg-type]
        found = Busy(node.context, Any, Any, hypervisor, Any).work_of_libvirt("nova-compute")  # type: ignore[arg-type]
    return [found] if found else []


@operation("certificate/pem")
def certificate_pem(key: str, certificate: str) -> str:
    return of_bytes(declared_pem(Desired(tls=Tls(certificate, key))))


@operation("certificate/fingerprint")
def certificate_fingerprint(pem: str) -> str:
    return fingerprint(to_bytes(pem))


@operation("tls/ends-before")
def tls_ends_before(version: str) -> Any:
    with Folder() as root:
        desired = Desired(role="controller", node="control-1", tls=Tls(is_terminated_upstream=True))
        node = make_node(root, desired=desired)
        nova: Any = SimpleNamespace(version=lambda: version)
        return stop_of(Certificate(node.context, nova, Any, Any).check)  # type: ignore[arg-type]


@operation("tls/restart-novnc")
def tls_restart_novnc(since: str, started: str, declared: bool) -> List[str]:
    restarted: List[str] = []
    with Folder() as root:
        desired = Desired(role="controller", node="n", options={"DEFAULT/cert": "/x"} if declared else {})
        node = make_node(root, desired=desired, record=Record(tls_since=int(since) if since else None))
        units: Any = SimpleNamespace(fresh=set(), is_active=lambda unit: True, started_at=lambda unit: int(started))
        restart_novnc_without_tls(node.context, units, restarted.append)
    return restarted


@operation("transaction/ended-when-recorded")
def ended_when_recorded() -> Any:
    with Folder() as root:
        files = {record_file("controller"): "{}", unfinished_file("controller"): "converge 1 a/b/c\n"}
        node = make_node(root, {"systemctl": ""}, files=files)
        session = Session(Request("converge", "controller"), node.context.system, Limits())
        reporter = FakeReporter()
        session.reporter = reporter
        journal = Journal(node.files, "controller")
        journal.is_recorded = True
        parts: Any = SimpleNamespace(edits=SimpleNamespace(drop=lambda: None))
        converge._roll_back(converge.Converging(session, parts, Any, journal))  # type: ignore[arg-type]
        return {"said": reporter.said + reporter.errors, "left": node.files.names(role_folder("controller"))}


@operation("obsolete-options/table")
def obsolete_options_table() -> List[Any]:
    return [{"role": key.role, "key": key.option, "since": key.since, "beside": key.beside or "-"} for key in OBSOLETE_OPTIONS]


@operation("obsolete-options/told")
def obsolete_options_told(release: int, declared: Mapping[str, str], conf: str) -> List[str]:
    with Folder() as root:
        node = make_node(root, files={NOVA_CONF: to_bytes(conf)}, desired=Desired(role="compute", node="n", options=declared))
        edits = Edits(node.files, Ledger(node.context.system), node.reporter)
        found = ObsoleteOptions(node.context, ObsoleteOptionKind(edits), lambda: release).find()
    return ["%s %s" % (key.option, key.why) for key in found]


@operation("obsolete-options/there-and-back")
def obsolete_options_there_and_back(conf: str) -> Any:
    with Folder() as root:
        changes = Changes(root, conf)
        kind = changes.kinds["obsolete-option"]
        option = "spice/keymap"
        states, texts = [kind.read(NOVA_CONF, option)], []
        for former, written in (("key", "comment"), ("comment", "key")):
            kind.set(kind.planned(NOVA_CONF, option, former, written).entry, changes.journal)
            states.append(kind.read(NOVA_CONF, option))
            changes.edits.publish_all(changes.journal)
            texts.append(changes.conf)
        absent = kind.read(NOVA_CONF, "libvirt/use_usb_tablet")
        return {"states": states, "stateOfAbsent": absent, "commented": texts[0], "after": texts[1]}


class Changes:
    """Transactions of a compute on its nova.conf, without services."""

    def __init__(self, root: str, conf: str) -> None:
        self.node = make_node(root, files={NOVA_CONF: to_bytes(conf)}, desired=Desired(role="compute", node="n"))
        self.files = self.node.files
        self.files.make_folder(role_folder("compute"), 0o700)
        self.record = Record()
        self.begin({}, False, "converge")

    def begin(self, options: Mapping[str, str], remove: bool, verb: str) -> None:
        """Another run."""
        desired = Desired(role="compute", node="n", options=options, remove_obsolete_options=remove)
        self.reporter = FakeReporter()
        self.context = self.node.context._replace(desired=desired, role="compute", record=self.record, verb=verb, reporter=self.reporter)
        self.edits = Edits(self.files, Ledger(self.context.system), self.reporter)
        self.option, self.section = OptionKind(self.edits), SectionKind(self.edits)
        self.obsolete_option = ObsoleteOptionKind(self.edits)
        self.kinds: Dict[str, Any] = {kind.name: kind for kind in (self.option, self.section, self.obsolete_option)}
        self.obsolete_options = ObsoleteOptions(self.context, self.obsolete_option, lambda: 26)
        steps = Steps(lambda: None, lambda: None, lambda: None, lambda unit: None)
        self.transaction = Transaction(self.kinds, self.edits, self.reporter, verb, steps)
        self.journal = Journal(self.files, "compute")
        self.journal.open({})

    def plan(self) -> List[Any]:
        """What is to be changed."""
        return list(plan_options(self.context, self.option, self.section)) + list(self.obsolete_options.plan())

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


@operation("obsolete-options/runs")
def obsolete_options_runs(conf: str, steps: List[Case]) -> List[Any]:
    outcomes = []
    with Folder() as root:
        changes = Changes(root, conf)
        role = Compute.__new__(Compute)
        role._unit = "nova-compute"
        for step in steps:
            restarts: List[str] = []
            as_planned = True
            if step["do"] == "edit":
                kept = [line for line in changes.conf.split("\n") if step["withoutLinesOf"] not in line]
                changes.files.put(NOVA_CONF, to_bytes("\n".join(kept)))
            elif step["do"] == "revert":
                changes.begin({}, False, "revert")
                changes.undo()
            else:
                changes.begin({"vnc/enabled": "true"}, step["obsoleteOptions"] == "remove", "converge")
                plan = changes.plan()
                foreseen = layers.planned_conf(changes.context, plan)
                changes.apply(plan)
                restarts = list(role.units_to_restart(changes.journal))
                as_planned = foreseen is None or foreseen == changes.files.read(NOVA_CONF)
            outcomes.append(
                {
                    "told": changes.reporter.facts if step["do"] != "edit" else [],
                    "restarts": restarts,
                    "kept": changes.reporter.kept if step["do"] != "edit" else [],
                    "conf": changes.conf,
                    "recordedObsoleteOptions": len(changes.record.of_kind("obsolete-option")),
                    "asPlanned": as_planned,
                }
            )
    return outcomes


@operation("secure-channels/check")
def secure_channels_check(value: str, qemuConf: str) -> Any:  # noqa: N803
    with Folder() as root:
        desired = Desired(role="compute", node="n", options={"spice/require_secure": value})
        node = make_node(root, files={"/etc/libvirt/qemu.conf": to_bytes(qemuConf)}, desired=desired)
        return stop_of(Hypervisor(node.context, Any, Any).check_secure_channels)  # type: ignore[arg-type]


@operation("nova.conf/put-and-undo")
def nova_conf_put_and_undo(conf: str, declared: List[Case], edit: str) -> Any:
    options = {one["option"]: one["encoded"] for one in declared}
    with Folder() as root:
        changes = Changes(root, conf)
        changes.begin(options, {}, "converge")
        changes.apply(changes.plan())
        after = changes.conf
        changes.begin(options, {}, "converge")
        told = ["planned again: %s\n" % as_told(changes.kinds[one.entry.kind], one) for one in changes.plan()]
        changes.files.put(NOVA_CONF, to_bytes(changes.conf + edit))
        changes.begin({}, False, "revert")
        told += ["failed %s\n" % subject for subject in changes.undo()]
        told += ["kept %s\n" % item for item in changes.reporter.kept]
        return {"told": "".join(told), "after": after, "undone": changes.conf}


@operation("nftables/refusing-chains")
def nftables_refusing_chains(ruleset: str) -> List[str]:
    return ["%s %s" % refusal for refusal in nftables_text.refusing_chains(ruleset)]


@operation("iptables/first-refusal")
def iptables_first_refusal(save: str) -> str:
    number = iptables_text.first_refusal(save)
    return "" if number is None else str(number)


@operation("nftables/files")
def nftables_files(files: Mapping[str, str], load: str, chains: List[str]) -> Any:
    folder = "/etc/site"
    with Folder() as root:
        contents = {folder + "/" + name: to_bytes(data.replace("PWD", folder)) for name, data in files.items()}
        node = make_node(root, files=contents)
        loaded = "{ path=/sbin/nft ; argv[]=/sbin/nft %s ; ignore_errors=no ; start_time=[n/a] ; pid=0 }" % load.replace("PWD", folder)
        found = NftablesFiles(node.files, SimpleNamespace(shown=lambda unit: {"ExecStart": (loaded,)}))  # type: ignore[arg-type]
        return {
            "roots": [os.path.basename(path) for path in found.roots],
            "files": [os.path.basename(path) for path in found.all()],
            "text": found.text().replace(folder + "/", ""),
            "places": [os.path.basename(found.file_of(chain) or "") for chain in chains],
            "whole": of_bytes(found.whole(node.files.read)).replace(folder, "PWD").splitlines(),
        }


@operation("iptables/rule")
def iptables_rule(source: str, port: int, recipe: str) -> Any:
    with Folder() as root:
        desired = Desired(role="controller", node="n", recipe=frozenset([recipe]))
        node = make_node(root, {"iptables": ""}, desired=desired)
        backend = Iptables(node.context, Any, Any, Any, "firewall")  # type: ignore[arg-type]
        rule = backend.rule_for(Source(source, str(port)))
        backend._do("iptables", ["-I", "INPUT", "1"], rule)
        texts = [rule_text(rule), rule_text("-A INPUT " + rule)]
        return {"rule": rule, "texts": texts, "words": list(node.commands.calls[-1][1:])}


@operation("firewall/accepting-rules")
def firewall_accepting_rules(rules: str, ports: str, source: str, recordedUfw: str) -> List[str]:  # noqa: N803
    first, last = ports.split("-")
    recorded = rule_text(recordedUfw).rpartition(" from ")[2]
    return list(accepting_rules(rules.splitlines(), int(first), int(last), frozenset([host(source), host(recorded)])))


@operation("firewalld/zones")
def firewalld_zones(source: str, listing: str) -> List[str]:
    default, _, rest = listing.partition("\n")
    return firewalld_text.zones_for(source, default.strip(), firewalld_text.zones_of(rest))


@operation("firewalld/file")
def firewalld_file(verb: str, file: str, source: str, port: int) -> str:
    data, rule = to_bytes(file), firewalld.rule_for(Source(source, str(port)))
    if verb == "has":
        return "" if firewalld_text.rule_in_file(data, rule) is None else "yes"
    edit = firewalld_text.file_with if verb == "with" else firewalld_text.file_without
    return of_bytes(edit(data, rule).data)


@operation("ufw/state")
def ufw_state(file: str, source: str, port: int, text: str) -> str:
    return "in" if ufw.has_tuple(text, file, ufw.rule_for(Source(source, str(port)))) else "-"


def with_yum(root: str, answer: Any, lock_wait: int = 0) -> Any:
    """A node with yum, and what asks it."""
    yum = "/usr/bin/yum"
    node = make_node(root, {yum: answer}, on=platforms.PLATFORMS[0]._replace(tool=yum), limits=Limits(dnf_lock_wait=lock_wait))
    return node, Dnf(node.context)


@operation("dnf/simulated")
def dnf_simulated(output: str) -> List[str]:
    with Folder() as root:
        return [str(step) for step in with_yum(root, "")[1].simulated(output)]


@operation("dnf/reason")
def dnf_reason(output: str) -> str:
    with Folder() as root:
        return str(with_yum(root, "")[1].reason(output))


@operation("dnf/simulate")
def dnf_simulate(status: int, output: str, wanted: List[str], packages: List[str], rounds: int = 1) -> Any:
    with Folder() as root:
        # It pauses 2 seconds between two questions.
        node, tool = with_yum(root, failed(status, out=output), 2 * (rounds - 1))
        found = tool.simulate(packages, wanted)
        counts = 200 if found.locked else 0 if found.done else 1
        return {"counts": counts, "asked": [" ".join(call[1:]) for call in node.commands.calls]}


@operation("dnf/hangs")
def dnf_hangs() -> Any:
    with Folder() as root:
        node, _ = with_yum(root, Result(TIMED_OUT, b"", b""))
        context = node.context._replace(limits=Limits(dnf_install_wait=1))
        result = Dnf(context).install(["a"])
        return {"said": of_bytes(result.out).rstrip("\n"), "counts": result.status}


@operation("platform/find")
def platform_find(id: str, version: str) -> str:
    found = platforms.find_platform(("ID=%s\nVERSION_ID=%s\n" % (id, version)).encode("ascii"))
    return "" if found is None else found.name


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
    "the file of iptables": lambda data, given: b"LINE" in iptables_text.file_with(data, b"LINE").data.split(b"\n"),
    "nftables": lambda data, given: nftables_text.refusing_chains(given),
    "the file of nftables": lambda data, given: nftables_text.ChainInFile(data, "inet filter input").place is not None,
    "firewalld": lambda data, given: firewalld_zones("192.0.2.0/24", given),
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
    except Exception:  # noqa: BLE001  # the test is told
        return {"error": traceback.format_exc()}


def main() -> None:
    """Answers line by line."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answered(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
