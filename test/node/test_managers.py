"""A node on which another tool manages Nova is refused by the tool's name, with the tool's own settings."""

import os

import pytest
from fakes import failed, make_node, result
from openstack_spice.checks.managers import CIB, MANAGERS, check_managers
from openstack_spice.document.desired import Desired
from openstack_spice.errors import CannotTell, Refused
from openstack_spice.messages import text_of
from openstack_spice.state.paths import NOVA_CONF

OPTIONS = {
    "controller": {"spice/html5proxy_host": "0.0.0.0", "spice/html5proxy_port": "6082"},
    "compute": {
        "spice/html5proxy_base_url": "http://198.18.0.11:6082/spice_auto.html",
        "spice/server_listen": "0.0.0.0",
        "spice/server_proxyclient_address": "198.18.0.21",
    },
    "vnc-proxy-retirement": {},
}


class FakeProc:
    """Processes by their command lines."""

    def __init__(self, processes):
        self.processes = processes

    def pids(self):
        return sorted(self.processes)

    def words(self, pid):
        return self.processes[pid]


class FakeUnits:
    """systemd, with units that run (`active`) and units that will at boot."""

    def __init__(self, active=(), enabled=(), commands=None, answers=None):
        self.active, self.enabled, self.commands, self.answers = active, enabled, commands or {}, answers or {}
        self.calls = []

    def preload(self, units):
        self.preloaded = units

    def show(self, unit, name):
        assert unit in self.preloaded and name == "ExecStart"
        return self.commands.get(unit, "")

    def systemctl(self, *arguments):
        self.calls.append(arguments)
        if arguments[0] in self.answers:
            return self.answers[arguments[0]]
        if arguments[0] == "list-units":
            return result("".join("%s loaded active running Words of it\n" % unit for unit in self.active))
        # with no unit to list, newer versions exit with 1
        return result("".join("%s enabled enabled\n" % unit for unit in self.enabled)) if self.enabled else failed(1)


class Node:
    """A node on which a tool left files, and units that run."""

    def __init__(self, root, role="controller", files=None, ignored=(), answers=None, processes=None, **units):
        desired = Desired(role=role, node="n", options=OPTIONS[role], tools_to_ignore=frozenset(ignored))
        left = {NOVA_CONF: "[DEFAULT]\n"}
        left.update(files or {})
        self.node = make_node(root, answers or {"cibadmin": 127}, files=left, desired=desired)
        context = self.node.context
        self.context = context._replace(system=context.system._replace(proc=FakeProc(processes or {})))
        self.units = FakeUnits(**units)
        self.files = self.node.files

    def check(self):
        """The message, or None."""
        try:
            check_managers(self.context, self.units)
        except Refused as stop:
            return text_of(stop)
        return None


def message(manager, title, evidence, settings):
    return (
        "%s manages Nova on this node (%s), and would undo what is changed here. For the same result there: %s. "
        "Or take Nova on this node out of its hands, and set ignoreConfigurationManagement: [%s]" % (title, evidence, settings, manager)
    )


PROXY = "[spice] html5proxy_host = 0.0.0.0, [spice] html5proxy_port = 6082"
PUPPET = "/opt/puppetlabs/puppet/cache/state"
RECIPE = "/var/chef/cache/cookbooks/openstack-compute/recipes/nova-common.rb"
SALT = "/var/cache/salt/minion/files/base/nova/compute.sls"
JUJU = "/var/lib/juju/agents/unit-ncc-0/charm/metadata.yaml"
KOLLA = "/etc/kolla/nova-spicehtml5proxy/config.json"
FACT = "/etc/ansible/facts.d/openstack_ansible.fact"
OSA = (
    "nova_console_type_mapping: {x86_64: spice} and nova_spice_html5proxy_base_url in user_variables.yml, "
    "and the playbook os-nova-install.yml"
)
UNMANAGE = "'pcs resource unmanage' (or crm) for that resource while this runs, after which it is not refused"
VENV = "{ path=/x ; argv[]=/openstack/venvs/nova-29.0.1/bin/nova-novncproxy ; }"


def cib(primitive, properties=""):
    return (
        '<?xml version="1.0"?><cib><configuration><crm_config><cluster_property_set id="b">%s</cluster_property_set></crm_config>'
        '<resources><clone id="c">%s</clone></resources></configuration></cib>' % (properties, primitive)
    )


def resource(kind, attributes=""):
    return '<primitive id="console" class="systemd" type="%s">%s<operations/></primitive>' % (kind, attributes)


UNMANAGED = '<meta_attributes id="m"><nvpair id="1" name="is-managed" value="false"/></meta_attributes>'
MAINTENANCE = '<nvpair id="p" name="maintenance-mode" value="true"/>'
PACEMAKER = {"active": ["pacemaker.service"]}

FOUND = {
    "Puppet, by its agent": (
        "controller",
        dict(files={PUPPET + "/classes.txt": "settings\nprofile::base\nNova\n"}, active=["puppet.service"]),
        ("puppet", "Puppet", "in " + PUPPET + "/classes.txt"),
        "class nova::spicehtml5proxy, in Hiera nova::spicehtml5proxy::host: '0.0.0.0' and nova::spicehtml5proxy::port: '6082'",
    ),
    "Puppet, by cron": (
        "compute",
        dict(
            files={
                "/var/cache/puppet/state/resources.txt": "nova_config[spice/enabled]\n",
                "/etc/cron.d/puppet": "*/30 * * * * root /usr/bin/puppet agent --onetime",
            }
        ),
        ("puppet", "Puppet", "in /var/cache/puppet/state/resources.txt"),
        "class nova::compute::spice, in Hiera nova::compute::spice_enabled: true, nova::compute::vnc_enabled: false (puppet-nova has no "
        "'both'), nova::compute::spice::html5proxy_base_url: 'http://198.18.0.11:6082/spice_auto.html', "
        "nova::compute::spice::server_listen: '0.0.0.0' and nova::compute::spice::server_proxyclient_address: '198.18.0.21'",
    ),
    "Puppet, by a timer": (
        "vnc-proxy-retirement",
        dict(files={PUPPET + "/resources.txt": "file[/etc/nova/nova.conf]\n"}, enabled=["my-puppet-run.timer"]),
        ("puppet", "Puppet", "in " + PUPPET + "/resources.txt"),
        "in Hiera nova::vncproxy::enabled: false",
    ),
    "Chef": (
        "controller",
        dict(files={RECIPE: "template '/etc/nova/nova.conf' do\n"}, enabled=["chef-client.timer"]),
        ("chef", "Chef", RECIPE),
        "node['openstack']['compute']['console_type'] = 'spice' (cookbook openstack-compute; other cookbooks: %s)" % PROXY,
    ),
    "Salt": (
        "controller",
        dict(files={SALT: "/etc/nova/nova.conf:\n  file.managed:\n"}, active=["salt-minion.service"]),
        ("salt", "Salt", SALT),
        PROXY + ", in what writes /etc/nova/nova.conf",
    ),
    "Ansible": (
        "controller",
        dict(files={NOVA_CONF: "\n# Ansible managed: nova.conf.j2\n\n[DEFAULT]\n"}),
        ("ansible", "Ansible", "/etc/nova/nova.conf begins with 'Ansible managed'"),
        PROXY + ", in what writes /etc/nova/nova.conf",
    ),
    "Juju": (
        "controller",
        dict(files={JUJU: 'name: "nova-cloud-controller"\nsummary: x\n'}, active=["jujud-machine-4.service"]),
        ("juju", "Juju", "/var/lib/juju/agents/unit-ncc-0"),
        "'juju config nova-cloud-controller console-access-protocol=spice'",
    ),
    "Kolla, by its units": (
        "controller",
        dict(files={KOLLA: "{}"}, active=["kolla-nova_spicehtml5proxy-container.service"]),
        ("kolla", "Kolla", "kolla-nova_spicehtml5proxy-container.service"),
        "nova_console: \"spice\" in globals.yml, and 'kolla-ansible reconfigure'",
    ),
    "openstack-ansible, from sources": (
        "controller",
        dict(commands={"nova-novncproxy": VENV}),
        ("openstack-ansible", "openstack-ansible", "nova-novncproxy runs from /openstack/venvs"),
        OSA,
    ),
    "openstack-ansible, from packages": (
        "compute",
        dict(files={FACT: "[nova]\nvenv_tag = 29.0.1\n", NOVA_CONF: "# Ansible managed\n[DEFAULT]\n"}),
        ("openstack-ansible", "openstack-ansible", FACT + " has a section [nova]"),
        OSA,
    ),
    "TripleO": (
        "controller",
        dict(active=["tripleo_nova_vnc_proxy.service"]),
        ("tripleo", "TripleO", "tripleo_nova_vnc_proxy.service"),
        "it has no SPICE. Take the node out",
    ),
    "a snap": (
        "controller",
        dict(enabled=["snap.openstack-hypervisor.nova-compute.service"]),
        ("snap", "A snap", "snap.openstack-hypervisor.nova-compute.service"),
        "SPICE is its only console already. Take the node out",
    ),
    "Pacemaker": (
        "controller",
        dict(files={CIB: cib(resource("openstack-nova-spicehtml5proxy"))}, **PACEMAKER),
        ("pacemaker", "Pacemaker", "resource console"),
        UNMANAGE,
    ),
    "Pacemaker, that answers": (
        "compute",
        dict(answers={"cibadmin --query": cib('<primitive id="e" class="ocf" type="NovaCompute"/>')}, files={CIB: "<old/>"}, **PACEMAKER),
        ("pacemaker", "Pacemaker", "resource e"),
        UNMANAGE,
    ),
    "Pacemaker, of noVNC": (
        "vnc-proxy-retirement",
        dict(files={CIB: cib(resource("nova-novncproxy"))}, **PACEMAKER),
        ("pacemaker", "Pacemaker", "resource console"),
        UNMANAGE,
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_node_on_which_nova_is_managed_is_refused(tmp_path, name):
    role, left, (manager, title, evidence), settings = FOUND[name]
    assert Node(tmp_path / "1", role, **left).check() == message(manager, title, evidence, settings)
    ignored = [manager, "ansible"] if manager == "openstack-ansible" else [manager]
    assert Node(tmp_path / "2", role, ignored=ignored, **left).check() is None


def test_nova_in_a_container_of_kollas_is_found_by_its_root(tmp_path):
    words = [b"/usr/bin/python3", b"/var/lib/kolla/venv/bin/nova-compute"]
    node = Node(tmp_path, "compute", files={"/etc/kolla/nova-compute/config.json": "{}"}, processes={7: [b"x"], 9: words, 11: words})
    node.files.identity = lambda path: (1, 2 if path == "/proc/11/root" else 1)
    assert "(process 11 runs in a container)" in node.check()
    node.files.identity = lambda path: None if path == "/proc/9/root" else (1, 1)  # it went meanwhile
    assert node.check() is None


NEAR_MISSES = {
    "a bare node": {},
    "Puppet's agent is disabled with a reason": dict(
        files={PUPPET + "/classes.txt": "nova\n", PUPPET + "/agent_disabled.lock": "{}"}, active=["puppet.service"]
    ),
    "Puppet's agent is stopped, and its line of cron's is a comment": dict(
        files={PUPPET + "/classes.txt": "nova\n", "/etc/cron.d/puppet": "#0 * * * * root puppet agent -t\n"}
    ),
    "Puppet manages the node, but not Nova": dict(
        files={PUPPET + "/classes.txt": "settings\nprofile::renova\n", PUPPET + "/resources.txt": "file[/etc/motd]\n"},
        active=["puppet.service"],
    ),
    "Chef is off": dict(files={RECIPE: "/etc/nova/nova.conf"}),
    "Chef has no such cookbook": dict(
        files={"/var/chef/cache/cookbooks/ntp/x.rb": "ntp", "/var/chef/backup/etc/nova/nova.conf": "/etc/nova/nova.conf"},
        active=["chef-client.service"],
    ),
    "Chef's file is no text": dict(files={RECIPE: "\0/etc/nova/nova.conf"}, active=["chef-client.service"]),
    "Salt's minion is off": dict(files={SALT: "/etc/nova/nova.conf"}),
    "Salt manages the node, but not Nova": dict(files={SALT: "ntp: pkg.installed"}, active=["salt-minion.service"]),
    "Ansible's words stand elsewhere": dict(files={NOVA_CONF: "# x\n[DEFAULT]\n# until 2024 this was: Ansible managed\n"}),
    "Juju's agent is off": dict(files={JUJU: "name: nova-compute\n"}),
    "Juju has only other charms here": dict(files={JUJU: "name: ntp\nsummary: name: nova-compute\n"}, active=["jujud-machine-4.service"]),
    "Kolla's containers are gone": dict(files={KOLLA: "{}"}, active=["kolla-glance_api-container.service"]),
    "only the fact of openstack-ansible is left": dict(files={FACT: "[nova]\n"}),
    "TripleO's services are off": dict(files={"/var/lib/config-data/puppet-generated/nova/etc/nova/x": ""}),
    "Pacemaker's resource is unmanaged": dict(files={CIB: cib(resource("nova-spicehtml5proxy", UNMANAGED))}, **PACEMAKER),
    "the cluster is in maintenance": dict(files={CIB: cib(resource("nova-spicehtml5proxy"), MAINTENANCE)}, **PACEMAKER),
    "Pacemaker manages services that are not touched": dict(files={CIB: cib(resource("nova-novncproxy"))}, **PACEMAKER),
    "Pacemaker is off": dict(files={CIB: cib(resource("nova-spicehtml5proxy"))}),
    "Pacemaker has no configuration yet": PACEMAKER,
    "Pacemaker has a configuration without resources": dict(files={CIB: "<cib><configuration/></cib>"}, **PACEMAKER),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_node_on_which_nova_is_not_managed_passes(tmp_path, name):
    node = Node(tmp_path, **NEAR_MISSES[name])
    assert node.check() is None
    assert len(node.units.calls) <= 2


LATE = failed(124)
UNCLEAR = {
    "systemd does not answer": (
        dict(answers=None, files={KOLLA: "{}"}),
        {"list-units": LATE},
        "Kolla",
        "'systemctl list-units': no answer in time",
    ),
    "systemd says why not": (
        dict(),
        {"list-unit-files": failed(1, "Failed to connect to bus\n")},
        "TripleO",
        "'systemctl list-unit-files': Failed to connect to bus",
    ),
    "the cluster does not answer": (
        dict(answers={"cibadmin": 124}, **PACEMAKER),
        {},
        "Pacemaker",
        "the cluster's configuration: 'cibadmin --query' gives no answer",
    ),
    "the cluster's configuration is damaged": (
        dict(files={CIB: "<cib>"}, **PACEMAKER),
        {},
        "Pacemaker",
        "the cluster's configuration: it is no XML",
    ),
    "the cluster's configuration is a trap": (
        dict(files={CIB: '<!DOCTYPE x [<!ENTITY a "b">]><cib>&a;</cib>'}, **PACEMAKER),
        {},
        "Pacemaker",
        "the cluster's configuration: it has definitions of XML's that none has",
    ),
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_a_tool_whose_signs_cannot_be_read_is_not_taken_for_absent(tmp_path, name):
    left, answers, title, reason = UNCLEAR[name]
    node = Node(tmp_path, **left)
    node.units.answers = answers
    reported = node.check()
    assert reported.startswith("whether %s manages Nova on this node is unknown, since the node does not report %s. " % (title, reason))
    assert reported.endswith(
        "Mend that, and run again; or take Nova on this node out of its hands, and set ignoreConfigurationManagement: [%s]" % title.lower()
    )


def test_a_file_that_is_none_is_not_waited_for_and_not_taken_for_absent(tmp_path):
    node = Node(tmp_path, active=["puppet.service"], files={PUPPET + "/x": ""})
    os.mkfifo(node.files.at(PUPPET + "/classes.txt"))
    assert node.check().startswith(
        "whether Puppet manages Nova on this node is unknown, since the node does not report "
        + PUPPET
        + "/classes.txt: it is no regular file. "
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it makes a link of another user. Run the tests as root")
def test_a_link_that_is_not_roots_is_no_sign(tmp_path):
    node = Node(tmp_path, active=["puppet.service"], files={PUPPET + "/x": "", "/secret": "nova\n"})
    os.symlink("/secret", node.files.at(PUPPET + "/classes.txt"))
    assert node.check().startswith("Puppet manages")
    os.lchown(node.files.at(PUPPET + "/classes.txt"), 65534, 65534)
    assert node.check() is None


def test_a_folder_is_walked_in_the_order_of_whole_paths_and_only_so_far(tmp_path):
    files = make_node(tmp_path, files={"/x/" + name: name for name in ("b", "a/z", "a.b", "a/y/w", "a-c")}).files
    os.symlink("b", files.at("/x/link"))
    os.symlink("a", files.at("/x/folder"))
    assert [found.path for found in files.walk("/x", 100, 100)] == ["/x/a-c", "/x/a.b", "/x/a/y/w", "/x/a/z", "/x/b"]
    assert [found.data for found in files.walk("/x/a.b", 100, 2)] == [b"a."]
    assert [list(files.walk(path, 100, 100)) for path in ("/none", "/x/b/none")] == [[], []]
    with pytest.raises(CannotTell):
        list(files.walk("/x", 4, 100))


def test_every_tool_is_asked_for_in_two_processes(tmp_path):
    node = Node(tmp_path)
    node.check()
    patterns = [pattern for manager in MANAGERS for pattern in manager.units]
    assert [call[0] for call in node.units.calls] == ["list-units", "list-unit-files"]
    assert all(list(call[-len(patterns) :]) == patterns for call in node.units.calls)
