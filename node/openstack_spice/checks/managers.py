"""Whether another tool manages Nova on this node: it would undo our changes at its next run, or we its.

A sign counts where the tool is switched on and, by what it left on the node, has Nova in its hands; a tool that is merely
installed, stopped or switched off does not. A tool whose signs cannot be read counts as one that may.
"""

import re
from typing import Callable, Iterator, Mapping, NamedTuple, Optional, Sequence, Tuple
from xml.etree import ElementTree

from ..context import Context
from ..errors import CannotTell, Refused
from ..services.units import Units
from ..state.paths import NOVA_CONF
from .manager_settings import settings_of
from .manager_signs import Signs

CIB = "/var/lib/pacemaker/cib/cib.xml"
_OPENSTACK_ANSIBLE_FACT = "/etc/ansible/facts.d/openstack_ansible.fact"
_OPENSTACK_ANSIBLE_UNITS = ("nova-compute", "nova-spicehtml5proxy", "nova-novncproxy", "nova-api-os-compute")
_JUJU_AGENTS = "/var/lib/juju/agents"
_NOVA_CHARM = re.compile(rb'name: *"?nova-(compute|cloud-controller|cell-controller)"?')
_PUPPET_STATES = ("/opt/puppetlabs/puppet/cache/state", "/var/cache/puppet/state", "/var/lib/puppet/state")
_NOVA_IN_CATALOGUE = re.compile(rb"nova(::.*)?|nova_config\[.*\]|file\[/etc/nova/nova\.conf\]", re.IGNORECASE)
_PACEMAKER_SERVICES: Mapping[str, Tuple[str, ...]] = {
    "controller": ("nova-spicehtml5proxy", "nova-spiceproxy"),
    "compute": ("nova-compute", "NovaCompute", "nova-compute-wait"),
    "vnc-proxy-retirement": ("nova-novncproxy",),
}


class _Node(NamedTuple):
    """What evidence is sought with."""

    context: Context
    units: Units
    signs: Signs


class Manager(NamedTuple):
    """A tool."""

    name: str  # as the desired state's `toolsToIgnore` has it
    title: str
    units: Tuple[str, ...]  # patterns of its units
    evidence: Callable[[_Node, Tuple[str, ...]], Optional[str]]  # what shows that it manages Nova here


def check_managers(context: Context, units: Units) -> None:
    """Refuses with the tool's own settings for the same result. The desired state's `toolsToIgnore` names tools out of whose hands the
    operator has taken Nova. Raises Refused."""
    managers = [manager for manager in MANAGERS if manager.name not in context.desired.tools_to_ignore]
    platform = context.platform
    units.preload((platform.spice_unit, platform.novnc_unit, platform.compute_unit) + platform.other_units + _OPENSTACK_ANSIBLE_UNITS)
    node = _Node(context, units, Signs(context, units, [pattern for manager in managers for pattern in manager.units]))
    for manager in managers:
        try:
            evidence = manager.evidence(node, manager.units)
        except CannotTell as answer:
            raise Refused("manager-unclear", title=manager.title, manager=manager.name, subject=answer.subject, reason=answer.reason)
        if evidence is not None:
            settings = settings_of(manager.name, context.role, context.desired)
            raise Refused("manager", title=manager.title, manager=manager.name, evidence=evidence, settings=settings)


def _kolla(node: _Node, units: Tuple[str, ...]) -> Optional[str]:
    """Nova runs in containers, and reads what lies below /etc/kolla."""
    if not any(node.signs.is_file("/etc/kolla/%s/config.json" % name) for name in node.signs.names("/etc/kolla", "nova-*")):
        return None
    return node.signs.switched_on(*units) or node.signs.nova_in_container()


def _openstack_ansible(node: _Node, _units: Tuple[str, ...]) -> Optional[str]:
    """From sources Nova's units run a virtual environment of its own, from packages its fact and its template's head remain."""
    for unit in _OPENSTACK_ANSIBLE_UNITS:
        if "/openstack/venvs/nova-" in node.units.show(unit, "ExecStart"):
            return "%s runs from /openstack/venvs" % unit
    if node.signs.has_line(_OPENSTACK_ANSIBLE_FACT, re.compile(rb"\[nova\]")) and _is_ansible_managed(node.signs):
        return _OPENSTACK_ANSIBLE_FACT + " has a section [nova]"
    return None


def _tripleo(node: _Node, units: Tuple[str, ...]) -> Optional[str]:
    """TripleO and its successor: containers again."""
    unit = node.signs.switched_on(*units)
    if unit is not None:
        return unit
    generated = "/var/lib/config-data/puppet-generated"
    if any(node.signs.is_folder(generated + "/" + name) for name in node.signs.names(generated, "nova*")):
        return node.signs.nova_in_container()
    return None


def _snap(node: _Node, units: Tuple[str, ...]) -> Optional[str]:
    return node.signs.switched_on(*units)


def _juju(node: _Node, units: Tuple[str, ...]) -> Optional[str]:
    """A unit of a Nova charm lives here, whatever its application is called."""
    for name in node.signs.names(_JUJU_AGENTS, "unit-*"):
        folder = _JUJU_AGENTS + "/" + name
        if node.signs.has_line(folder + "/charm/metadata.yaml", _NOVA_CHARM) and node.signs.switched_on(*units):
            return folder
    return None


def _puppet(node: _Node, units: Tuple[str, ...]) -> Optional[str]:
    """Its last catalogue's classes and resources. `puppet agent --disable` leaves a lock."""
    for folder in _PUPPET_STATES:
        if node.signs.names(folder, "agent_disabled.lock"):
            continue
        for name in ("classes", "resources"):
            file = "%s/%s.txt" % (folder, name)
            if not node.signs.has_line(file, _NOVA_IN_CATALOGUE):
                continue
            if node.signs.switched_on(*units) or node.signs.by_cron("puppet (agent|apply)"):
                return "in " + file
    return None


def _chef(node: _Node, units: Tuple[str, ...]) -> Optional[str]:
    """Chef, and Cinc which is Chef: the cookbooks of its last run."""
    for folder in ("/var/chef", "/var/cinc", "/var/lib/chef"):
        cookbooks = folder + "/cache/cookbooks"
        if not node.signs.is_folder(cookbooks) or not (node.signs.switched_on(*units) or node.signs.by_cron("(chef|cinc)-client")):
            continue
        file = node.signs.first_that_names_nova_conf(cookbooks)
        if file is not None:
            return file
    return None


def _salt(node: _Node, units: Tuple[str, ...]) -> Optional[str]:
    """The states that its minion keeps."""
    if node.signs.switched_on(*units) is None:
        return None
    return node.signs.first_that_names_nova_conf("/var/cache/salt/minion/files")


def _ansible(node: _Node, _units: Tuple[str, ...]) -> Optional[str]:
    """It leaves no agent: all there can be is the head of its template."""
    return "%s begins with 'Ansible managed'" % NOVA_CONF if _is_ansible_managed(node.signs) else None


def _is_ansible_managed(signs: Signs) -> bool:
    return b"ansible managed" in signs.conf_head().lower()


def _pacemaker(node: _Node, units: Tuple[str, ...]) -> Optional[str]:
    """A resource that runs a service of ours, unless the resource or the whole cluster is unmanaged."""
    if node.signs.switched_on(*units) is None:
        return None
    answer = node.context.system.commands.run(("cibadmin", "--query"), seconds=20)
    text = answer.out if answer.ok else node.signs.text(CIB)
    if not text:
        # A cluster that has no configuration yet manages nothing; one that does not answer may.
        if answer.timed_out:
            raise CannotTell("the cluster's configuration", "'cibadmin --query' gives no answer")
        return None
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise CannotTell("the cluster's configuration", "it has definitions of XML's that none has")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise CannotTell("the cluster's configuration", "it is no XML")
    found = next(_managed_resources(root, _PACEMAKER_SERVICES[node.context.role]), None)
    return None if found is None else "resource " + found


def _managed_resources(root: ElementTree.Element, services: Sequence[str]) -> Iterator[str]:
    configuration = root.find("configuration")
    resources = None if configuration is None else configuration.find("resources")
    if configuration is None or resources is None:
        return
    if any(_says(part, "maintenance-mode", "true") for part in configuration.findall("crm_config")):
        return
    yield from _primitives(resources, services, True)


def _primitives(element: ElementTree.Element, services: Sequence[str], managed: bool) -> Iterator[str]:
    managed = managed and not _says(element, "is-managed", "false") and not _says(element, "maintenance", "true")
    if element.tag == "primitive" and managed and element.get("type", "").replace("openstack-", "") in services:
        yield element.get("id", "")
    for child in element:
        yield from _primitives(child, services, managed)


def _says(element: ElementTree.Element, name: str, value: str) -> bool:
    pairs = [pair for child in element if child.tag in ("meta_attributes", "cluster_property_set") for pair in child]
    return any(pair.get("name") == name and pair.get("value", "").lower() == value for pair in pairs)


MANAGERS: Tuple[Manager, ...] = (
    Manager("kolla", "Kolla", ("kolla-nova_*-container.service",), _kolla),
    Manager("openstack-ansible", "openstack-ansible", (), _openstack_ansible),
    Manager("tripleo", "TripleO", ("tripleo_nova_*.service", "edpm_nova_*.service"), _tripleo),
    Manager("snap", "A snap", ("snap.openstack-hypervisor.*nova*.service", "snap.microstack.nova-*.service"), _snap),
    Manager("juju", "Juju", ("jujud-*.service",), _juju),
    Manager("puppet", "Puppet", ("puppet.service", "pe-puppet.service", "puppet-agent.service", "*puppet*.timer"), _puppet),
    Manager("chef", "Chef", ("chef-client.*", "cinc-client.*"), _chef),
    Manager("salt", "Salt", ("salt-minion.service",), _salt),
    Manager("ansible", "Ansible", (), _ansible),
    Manager("pacemaker", "Pacemaker", ("pacemaker.service", "pacemaker_remote.service"), _pacemaker),
)
