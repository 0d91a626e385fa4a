# shellcheck shell=bash
# Whether another tool manages Nova on this node: it would undo our changes at its next run, or we its. A sign counts
# where the tool is switched on and, by what it left on the node, has Nova in its hands; a tool that is merely
# installed, stopped or switched off does not.

readonly MANAGERS='kolla openstack-ansible tripleo snap juju puppet chef salt ansible pacemaker'

# check_managers: refuses with the tool's own settings for the same result. The document's `ignore-manager` lines name
# tools out of whose hands the operator has taken Nova.
check_managers() {
  local manager evidence
  for manager in $MANAGERS; do
    ! contains "$manager" ${IGNORED_MANAGERS[@]+"${IGNORED_MANAGERS[@]}"} || continue
    evidence=$("evidence_of_${manager//-/_}") || continue
    refuse "$(manager_title "$manager") manages Nova on this node ($evidence), and would undo what is changed here. For the same result there: $(manager_settings "$manager"). Or take Nova on this node out of its hands, and set ignoreManagers: [$manager]"
  done
}

manager_title() {
  case $1 in
    snap) echo 'A snap' ;;
    tripleo) echo TripleO ;;
    openstack-ansible) echo "$1" ;;
    *) printf '%s\n' "${1^}" ;;
  esac
}

# Each evidence_of_MANAGER prints what shows that it manages Nova here, or fails.

# kolla: Nova runs in containers, and reads what lies below /etc/kolla.
evidence_of_kolla() {
  local file
  for file in /etc/kolla/nova-*/config.json; do
    [[ -f $file ]] || continue
    switched_on 'kolla-nova_*-container.service' || nova_in_container || return
    return 0
  done
  return 1
}

# openstack-ansible: from sources Nova's units run a virtual environment of its own, from packages its fact and its
# template's head remain.
evidence_of_openstack_ansible() {
  local unit fact=/etc/ansible/facts.d/openstack_ansible.fact
  for unit in nova-compute nova-spicehtml5proxy nova-novncproxy nova-api-os-compute; do
    ! systemctl show -p ExecStart "$unit" 2>/dev/null | grep -q '/openstack/venvs/nova-' || {
      echo "$unit runs from /openstack/venvs"
      return 0
    }
  done
  grep -qsx '\[nova\]' "$fact" && conf_head | grep -qi 'ansible managed' && echo "$fact has a section [nova]"
}

# TripleO and its successor: containers again.
evidence_of_tripleo() {
  local folder
  switched_on 'tripleo_nova_*.service' 'edpm_nova_*.service' && return 0
  for folder in /var/lib/config-data/puppet-generated/nova*/; do
    if [[ -d $folder ]] && nova_in_container; then return 0; fi
  done
  return 1
}

evidence_of_snap() { switched_on 'snap.openstack-hypervisor.*nova*.service' 'snap.microstack.nova-*.service'; }

# Juju: a unit of a Nova charm lives here, whatever its application is called.
evidence_of_juju() {
  local file
  for file in /var/lib/juju/agents/unit-*/charm/metadata.yaml; do
    grep -qsE '^name: *"?nova-(compute|cloud-controller|cell-controller)"?$' "$file" || continue
    switched_on 'jujud-*.service' >/dev/null || continue
    file=${file#/var/lib/juju/agents/}
    echo "/var/lib/juju/agents/${file%%/*}"
    return 0
  done
  return 1
}

# Puppet: its last catalogue's classes and resources. `puppet agent --disable` leaves a lock.
evidence_of_puppet() {
  local folder name
  for folder in /opt/puppetlabs/puppet/cache/state /var/cache/puppet/state /var/lib/puppet/state; do
    [[ -d $folder && ! -e $folder/agent_disabled.lock ]] || continue
    for name in classes resources; do
      grep -qsxE 'nova(::.*)?|nova_config\[.*\]|file\[/etc/nova/nova\.conf\]' "$folder/$name.txt" || continue
      switched_on puppet.service pe-puppet.service puppet-agent.service '*puppet*.timer' >/dev/null ||
        by_cron 'puppet (agent|apply)' || continue
      echo "in $folder/$name.txt"
      return 0
    done
  done
  return 1
}

# Chef, and Cinc which is Chef: the cookbooks of its last run.
evidence_of_chef() {
  local folder file
  for folder in /var/chef /var/cinc /var/lib/chef; do
    file=$(first_file_that_names_nova_conf "$folder/cache/cookbooks") || continue
    switched_on 'chef-client.*' 'cinc-client.*' >/dev/null || by_cron '(chef|cinc)-client' || continue
    echo "$file"
    return 0
  done
  return 1
}

# Salt: the states that its minion keeps.
evidence_of_salt() {
  local file
  file=$(first_file_that_names_nova_conf /var/cache/salt/minion/files) || return
  switched_on salt-minion.service >/dev/null && echo "$file"
}

# Ansible leaves no agent: all there can be is the head of its template.
evidence_of_ansible() { conf_head | grep -qi 'ansible managed' && echo "$NOVA_CONF begins with 'Ansible managed'"; }

# Pacemaker: a resource that runs a service of ours, unless the resource or the whole cluster is unmanaged.
evidence_of_pacemaker() {
  local cib=/var/lib/pacemaker/cib/cib.xml services python
  switched_on pacemaker.service pacemaker_remote.service >/dev/null || return
  case $ROLE in
    controller) services=(nova-spicehtml5proxy nova-spiceproxy) ;;
    compute) services=(nova-compute NovaCompute nova-compute-wait) ;;
    *) services=(nova-novncproxy) ;;
  esac
  python=$(nova_python) || return
  { bounded 20 cibadmin --query 2>/dev/null || cat -- "$cib" 2>/dev/null; } | "$python" -c "$CIB_PROGRAM" "${services[@]}"
}
readonly CIB_PROGRAM='
import sys
from xml.etree import ElementTree
services = sys.argv[1:]
try:
    root = ElementTree.fromstring(sys.stdin.read())
except ElementTree.ParseError:
    sys.exit(1)
def says(element, name, value):
    pairs = [pair for child in element if child.tag in ("meta_attributes", "cluster_property_set") for pair in child]
    return any(pair.get("name") == name and pair.get("value", "").lower() == value for pair in pairs)
def resources(element, managed):
    managed = managed and not says(element, "is-managed", "false") and not says(element, "maintenance", "true")
    if element.tag == "primitive":
        if managed and element.get("type", "").replace("openstack-", "") in services:
            yield element.get("id")
    for child in element:
        for found in resources(child, managed):
            yield found
configuration = root.find("configuration")
if configuration is None or any(says(part, "maintenance-mode", "true") for part in configuration.findall("crm_config")):
    sys.exit(1)
for found in resources(configuration.find("resources"), True):
    print("resource %s" % found)
    sys.exit(0)
sys.exit(1)
'

# switched_on PATTERN...: the first unit of these that runs, or that will at boot.
switched_on() {
  local unit
  unit=$({
    systemctl list-units --all --no-legend --plain --full "$@" 2>/dev/null | awk '$3 == "active" || $3 == "activating" { print $1 }'
    systemctl list-unit-files --no-legend --full "$@" 2>/dev/null | awk '$2 ~ /^enabled/ { print $1 }'
  } | awk 'NR == 1')
  [[ -z $unit ]] || printf '%s\n' "$unit"
  [[ -n $unit ]]
}

# by_cron EXPRESSION: whether a line of cron's that is no comment runs it.
by_cron() { grep -rqsE "^[^#]*$1" /etc/crontab /etc/cron.d /etc/cron.hourly /etc/cron.daily /var/spool/cron; }

# nova_in_container: the first of Nova's services that runs with another root than ours.
nova_in_container() {
  local file pid
  while IFS= read -r file; do
    pid=${file#/proc/} pid=${pid%/cmdline}
    [[ $(stat -L -c %d:%i "/proc/$pid/root" 2>/dev/null || stat -c %d:%i /) != "$(stat -c %d:%i /)" ]] || continue
    echo "process $pid runs in a container"
    return 0
  done < <(grep -lzsE '/nova-(compute|novncproxy|spicehtml5proxy|conductor)$' /proc/[0-9]*/cmdline)
  return 1
}

# first_file_that_names_nova_conf FOLDER
first_file_that_names_nova_conf() {
  local file
  [[ -d $1 ]] || return
  file=$({ bounded 20 grep -rlsIF /etc/nova/nova.conf "$1" || :; } | sort | awk 'NR == 1')
  [[ -z $file ]] || printf '%s\n' "$file"
  [[ -n $file ]]
}

# conf_head: the comments that nova.conf begins with.
conf_head() { [[ ! -r $NOVA_CONF ]] || awk 'NF && !/^[#;]/ { exit } { print }' "$NOVA_CONF"; }

# manager_settings MANAGER: the tool's own settings for the role. Sources: puppet-nova's manifests, kolla-ansible's
# globals.yml, openstack-ansible-os_nova's defaults, the nova-cloud-controller charm's config.yaml, cookbook
# openstack-compute's attributes.
manager_settings() {
  case $1:$ROLE in
    puppet:controller)
      echo "class nova::spicehtml5proxy, in Hiera nova::spicehtml5proxy::host: '$(declared spice/html5proxy_host 0.0.0.0)' and nova::spicehtml5proxy::port: '$(declared spice/html5proxy_port 6082)'"
      ;;
    puppet:compute)
      echo "class nova::compute::spice, in Hiera nova::compute::spice_enabled: true, nova::compute::vnc_enabled: false (puppet-nova has no 'both'), nova::compute::spice::html5proxy_base_url: '$(declared spice/html5proxy_base_url '')', nova::compute::spice::server_listen: '$(declared spice/server_listen '')' and nova::compute::spice::server_proxyclient_address: '$(declared spice/server_proxyclient_address '')'"
      ;;
    puppet:*) echo 'in Hiera nova::vncproxy::enabled: false' ;;
    chef:*) echo "node['openstack']['compute']['console_type'] = 'spice' (cookbook openstack-compute; other cookbooks: $(options_in_words))" ;;
    juju:*) echo "'juju config nova-cloud-controller console-access-protocol=spice'" ;;
    kolla:*) echo "nova_console: \"spice\" in globals.yml, and 'kolla-ansible reconfigure'" ;;
    openstack-ansible:*)
      echo "nova_console_type_mapping: {x86_64: spice} and nova_spice_html5proxy_base_url in user_variables.yml, and the playbook os-nova-install.yml"
      ;;
    tripleo:*) echo 'it has no SPICE. Take the node out' ;;
    snap:*) echo 'SPICE is its only console already. Take the node out' ;;
    pacemaker:*) echo "'pcs resource unmanage' (or crm) for that resource while this runs, after which it is not refused" ;;
    *) echo "$(options_in_words), in what writes $NOVA_CONF" ;;
  esac
}

# options_in_words: the declared options, as people write them.
options_in_words() {
  local entry text=
  for entry in ${OPTIONS[@]+"${OPTIONS[@]}"}; do text+="${text:+, }[${entry%%/*}] ${entry#*/} = ${VALUE[$entry]}"; done
  printf '%s\n' "${text:-nova-novncproxy stopped and disabled}"
}
