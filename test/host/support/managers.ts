import { ConfigurationManagementTool } from "../../../nova";

/** What a tool that manages Nova leaves on a node, and how the node looks where it does not manage it after all. */
interface ManagerFixture {
  readonly manager: ConfigurationManagementTool;
  /** Which role's document is refused. */
  readonly role: "controller" | "compute" | "retirement";
  /** Shell text that leaves it on the node. What it prints stands for `@` in the evidence. */
  readonly leave: string;
  /** By what the tool is recognised, as the message says it. */
  readonly evidence: string;
  /** How the tool is called, and its own settings, as the message says them. */
  readonly title: string;
  readonly settings: string;
  /** Shell texts, one after the other, each of which leaves a node that the tool does not manage; by what they do. */
  readonly nearMisses: Readonly<Record<string, string>>;
}

/** A service that is enabled and runs, in the place of an agent. */
const service = (unit: string) =>
  `printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/${unit}\n` +
  `systemctl enable -q --now ${unit} 2>/dev/null`;
const off = (unit: string) => `systemctl disable -q --now ${unit} 2>/dev/null`;
const on = (unit: string) => `systemctl enable -q --now ${unit} 2>/dev/null`;
const file = (path: string, ...lines: readonly string[]) =>
  `mkdir -p '${path.replace(/\/[^/]*$/, "")}' && cat >'${path}' <<'END'\n${lines.join("\n")}\nEND`;
const head = (...lines: readonly string[]) =>
  `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")} | cat - /etc/nova/nova.conf >/run/headed && cat /run/headed >/etc/nova/nova.conf`;

const puppetState = "/opt/puppetlabs/puppet/cache/state";
const chefRecipe = "/var/chef/cache/cookbooks/openstack-compute/recipes/nova-common.rb";
const saltState = "/var/cache/salt/minion/files/base/nova/compute.sls";
const proxyOptions = "[spice] html5proxy_host = 0.0.0.0, [spice] html5proxy_port = 6082";

/** A Pacemaker configuration, as `cibadmin --query` prints it, with a resource and further elements. */
const cib = (primitive: string, properties = "") =>
  file(
    "/var/lib/pacemaker/cib/cib.xml",
    '<cib crm_feature_set="3.16.2" validate-with="pacemaker-3.9" epoch="12" num_updates="0" admin_epoch="0">',
    `  <configuration><crm_config><cluster_property_set id="cib-bootstrap-options">${properties}</cluster_property_set></crm_config>`,
    '    <nodes><node id="1" uname="control-1"/></nodes>',
    `    <resources><clone id="console-clone">${primitive}</clone></resources>`,
    "  <constraints/></configuration><status/>",
    "</cib>",
  );
const resource = (type: string, attributes = "") =>
  `<primitive id="console" class="systemd" type="${type}">${attributes}<operations/></primitive>`;
const isUnmanaged = '<meta_attributes id="m"><nvpair id="m-1" name="is-managed" value="false"/></meta_attributes>';

/** A process of Nova's in a container, the way kolla's and TripleO's run: another root, and its own Python. */
const container = `root=/srv/container
mkdir -p $root/usr $root/var/lib/kolla/venv/bin
mount --bind /usr $root/usr
for name in bin lib lib64; do ln -s usr/$name $root/$name; done
echo 'import time; time.sleep(1e6)' >$root/var/lib/kolla/venv/bin/nova-compute
systemd-run -q --unit=container chroot $root /usr/bin/python3 /var/lib/kolla/venv/bin/nova-compute --config-file=/etc/nova/nova.conf
until pid=$(systemctl show -P MainPID container) && grep -qz '^/var/lib/kolla' /proc/$pid/cmdline && [ "$(readlink /proc/$pid/root)" = $root ]; do sleep 0.1; done
printf %s $pid`;

/** One for each tool, and two where a tool can be met in two ways. */
export const managerFixtures: readonly ManagerFixture[] = [
  {
    manager: ConfigurationManagementTool.Puppet,
    role: "controller",
    leave: [
      file(`${puppetState}/classes.txt`, "settings", "default", "profile::base", "nova", "nova::spicehtml5proxy"),
      file(`${puppetState}/resources.txt`, "class[main]", "nova_config[default/my_ip]"),
      service("puppet.service"),
    ].join("\n"),
    title: "Puppet",
    evidence: `in ${puppetState}/classes.txt`,
    settings:
      "class nova::spicehtml5proxy, in Hiera nova::spicehtml5proxy::host: '0.0.0.0' and nova::spicehtml5proxy::port: '6082'",
    nearMisses: {
      "its agent is disabled with a reason": `echo '{"disabled_message":"migration"}' >${puppetState}/agent_disabled.lock`,
      "its agent is stopped and does not start at boot": `rm ${puppetState}/agent_disabled.lock\n${off("puppet.service")}\necho '#0 * * * * root puppet agent -t' >/etc/cron.d/puppet`,
      "it manages the node, but not Nova": `${on("puppet.service")}\nprintf 'settings\\nprofile::renova\\n' >${puppetState}/classes.txt\nprintf 'file[/etc/motd]\\n' >${puppetState}/resources.txt`,
    },
  },
  {
    manager: ConfigurationManagementTool.Puppet,
    role: "compute",
    leave: [
      file("/var/cache/puppet/state/resources.txt", "nova_config[spice/enabled]"),
      file("/etc/cron.d/puppet", "*/30 * * * * root /usr/bin/puppet agent --onetime --no-daemonize"),
    ].join("\n"),
    title: "Puppet",
    evidence: "in /var/cache/puppet/state/resources.txt",
    settings:
      "class nova::compute::spice, in Hiera nova::compute::spice_enabled: true, nova::compute::vnc_enabled: false (puppet-nova has no 'both'), nova::compute::spice::html5proxy_base_url: 'http://198.18.0.11:6082/spice_auto.html', nova::compute::spice::server_listen: '0.0.0.0' and nova::compute::spice::server_proxyclient_address: '198.18.0.21'",
    nearMisses: {},
  },
  {
    manager: ConfigurationManagementTool.Chef,
    role: "controller",
    leave: [
      file(chefRecipe, "template '/etc/nova/nova.conf' do", "  source 'openstack-service.conf.erb'", "end"),
      service("chef-client.service"),
    ].join("\n"),
    title: "Chef",
    evidence: chefRecipe,
    settings: `node['openstack']['compute']['console_type'] = 'spice' (cookbook openstack-compute; other cookbooks: ${proxyOptions})`,
    nearMisses: {
      "it is off": off("chef-client.service"),
      "its run list has no such cookbook any more": `rm -r /var/chef/cache/cookbooks/openstack-compute\n${on("chef-client.service")}\n${file("/var/chef/backup/etc/nova/nova.conf.chef-20260101000000", "[DEFAULT]")}`,
    },
  },
  {
    manager: ConfigurationManagementTool.Salt,
    role: "controller",
    leave: [
      file(saltState, "/etc/nova/nova.conf:", "  file.managed:", "    - source: salt://nova/files/nova.conf"),
      service("salt-minion.service"),
    ].join("\n"),
    title: "Salt",
    evidence: saltState,
    settings: `${proxyOptions}, in what writes /etc/nova/nova.conf`,
    nearMisses: {
      "its minion is off": off("salt-minion.service"),
      "it manages the node, but not Nova": `${on("salt-minion.service")}\necho 'ntp: pkg.installed' >${saltState}`,
    },
  },
  {
    manager: ConfigurationManagementTool.Ansible,
    role: "controller",
    leave: head("# Ansible managed: nova.conf.j2 modified on 2026-05-01 by ops", ""),
    title: "Ansible",
    evidence: "/etc/nova/nova.conf begins with 'Ansible managed'",
    settings: `${proxyOptions}, in what writes /etc/nova/nova.conf`,
    nearMisses: {
      "the words stand elsewhere":
        "sed -i '1,2d' /etc/nova/nova.conf; echo '# until 2024 this was: Ansible managed' >>/etc/nova/nova.conf",
    },
  },
  {
    manager: ConfigurationManagementTool.Juju,
    role: "controller",
    leave: [
      file("/var/lib/juju/agents/unit-ncc-0/charm/metadata.yaml", "name: nova-cloud-controller", "summary: x"),
      file("/var/lib/juju/agents/unit-ntp-1/charm/metadata.yaml", "name: ntp"),
      service("jujud-machine-4.service"),
    ].join("\n"),
    title: "Juju",
    evidence: "/var/lib/juju/agents/unit-ncc-0",
    settings: "'juju config nova-cloud-controller console-access-protocol=spice'",
    nearMisses: {
      "its agent is off": off("jujud-machine-4.service"),
      "it has only other charms here": `rm -r /var/lib/juju/agents/unit-ncc-0\n${on("jujud-machine-4.service")}`,
    },
  },
  {
    manager: ConfigurationManagementTool.Kolla,
    role: "controller",
    leave: [
      file("/etc/kolla/nova-spicehtml5proxy/config.json", '{"command": "nova-spicehtml5proxy"}'),
      service("kolla-nova_spicehtml5proxy-container.service"),
    ].join("\n"),
    title: "Kolla",
    evidence: "kolla-nova_spicehtml5proxy-container.service",
    settings: "nova_console: \"spice\" in globals.yml, and 'kolla-ansible reconfigure'",
    nearMisses: {
      "its containers are gone": `${off("kolla-nova_spicehtml5proxy-container.service")}\n${service("kolla-glance_api-container.service")}`,
    },
  },
  {
    manager: ConfigurationManagementTool.Kolla,
    role: "compute",
    leave: [file("/etc/kolla/nova-compute/config.json", '{"command": "nova-compute"}'), container].join("\n"),
    title: "Kolla",
    evidence: "process @ runs in a container",
    settings: "nova_console: \"spice\" in globals.yml, and 'kolla-ansible reconfigure'",
    nearMisses: {},
  },
  {
    manager: ConfigurationManagementTool.OpenstackAnsible,
    role: "controller",
    leave: [
      "mkdir -p /etc/systemd/system/nova-novncproxy.service.d /openstack/venvs/nova-29.0.1/bin",
      "printf '[Service]\\nExecStart=\\nExecStart=/openstack/venvs/nova-29.0.1/bin/nova-novncproxy\\n' >/etc/systemd/system/nova-novncproxy.service.d/osa.conf",
      "systemctl daemon-reload",
    ].join("\n"),
    title: "openstack-ansible",
    evidence: "nova-novncproxy runs from /openstack/venvs",
    settings:
      "nova_console_type_mapping: {x86_64: spice} and nova_spice_html5proxy_base_url in user_variables.yml, and the playbook os-nova-install.yml",
    nearMisses: {
      "only its folders are left": "rm -r /etc/systemd/system/nova-novncproxy.service.d; systemctl daemon-reload",
      "only its fact is left": file("/etc/ansible/facts.d/openstack_ansible.fact", "[nova]", "install_method = distro"),
    },
  },
  {
    manager: ConfigurationManagementTool.OpenstackAnsible,
    role: "compute",
    leave: [
      file("/etc/ansible/facts.d/openstack_ansible.fact", "[nova]", "install_method = distro", "venv_tag = 29.0.1"),
      head("# Ansible managed", ""),
    ].join("\n"),
    title: "openstack-ansible",
    evidence: "/etc/ansible/facts.d/openstack_ansible.fact has a section [nova]",
    settings:
      "nova_console_type_mapping: {x86_64: spice} and nova_spice_html5proxy_base_url in user_variables.yml, and the playbook os-nova-install.yml",
    nearMisses: {},
  },
  {
    manager: ConfigurationManagementTool.TripleO,
    role: "controller",
    leave: service("tripleo_nova_vnc_proxy.service"),
    title: "TripleO",
    evidence: "tripleo_nova_vnc_proxy.service",
    settings: "it has no SPICE. Take the node out",
    nearMisses: {
      "its services are off": `${off("tripleo_nova_vnc_proxy.service")}\nmkdir -p /var/lib/config-data/puppet-generated/nova/etc/nova`,
    },
  },
  {
    manager: ConfigurationManagementTool.Snap,
    role: "controller",
    leave: service("snap.openstack-hypervisor.nova-compute.service"),
    title: "A snap",
    evidence: "snap.openstack-hypervisor.nova-compute.service",
    settings: "SPICE is its only console already. Take the node out",
    nearMisses: { "its service is off": off("snap.openstack-hypervisor.nova-compute.service") },
  },
  {
    manager: ConfigurationManagementTool.Pacemaker,
    role: "controller",
    leave: [cib(resource("openstack-nova-spicehtml5proxy")), service("pacemaker.service")].join("\n"),
    title: "Pacemaker",
    evidence: "resource console",
    settings: "'pcs resource unmanage' (or crm) for that resource while this runs, after which it is not refused",
    nearMisses: {
      "the resource is unmanaged": cib(resource("nova-spicehtml5proxy", isUnmanaged)),
      "the cluster is in maintenance": cib(
        resource("nova-spicehtml5proxy"),
        '<nvpair id="p-1" name="maintenance-mode" value="true"/>',
      ),
      "it manages services that are not touched": cib(resource("nova-novncproxy")),
      "it is off": `${cib(resource("nova-spicehtml5proxy"))}\n${off("pacemaker.service")}`,
    },
  },
  {
    manager: ConfigurationManagementTool.Pacemaker,
    role: "compute",
    leave: [
      cib('<primitive id="nova-evacuation" class="ocf" provider="openstack" type="NovaCompute"/>'),
      service("pacemaker.service"),
    ].join("\n"),
    title: "Pacemaker",
    evidence: "resource nova-evacuation",
    settings: "'pcs resource unmanage' (or crm) for that resource while this runs, after which it is not refused",
    nearMisses: {},
  },
  {
    manager: ConfigurationManagementTool.Pacemaker,
    role: "retirement",
    leave: [cib(resource("nova-novncproxy")), service("pacemaker.service")].join("\n"),
    title: "Pacemaker",
    evidence: "resource console",
    settings: "'pcs resource unmanage' (or crm) for that resource while this runs, after which it is not refused",
    nearMisses: {},
  },
];
