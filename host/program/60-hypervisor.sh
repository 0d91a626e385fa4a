# shellcheck shell=bash
# What libvirt says about this compute: whether QEMU knows SPICE, and which running guests have it.

# virsh_read ARGUMENT...: libvirt, read-only, bounded: a libvirtd that hangs must not hang us.
virsh_read() { bounded 30 virsh --readonly --connect qemu:///system "$@"; }

# compute_option SECTION OPTION DEFAULT: the value that nova-compute reads from its files: the last one that has it.
compute_option() {
  local file value result=$3
  while IFS= read -r file; do
    [[ -f $file && -r $file ]] || continue
    value=$(ini value "$file" "$1" "$2")
    result=${value:-$result}
  done < <(
    printf '%s\n' "$NOVA_CONF"
    service_arguments "$COMPUTE_UNIT" | sed 's/^--config-file=//' | grep '^/' || :
  )
  printf '%s\n' "$result"
}

# check_hypervisor: refuses a compute that cannot do SPICE; an instance would go to ERROR at its next start.
check_hypervisor() {
  local capabilities driver type
  driver=$(compute_option DEFAULT compute_driver libvirt.LibvirtDriver)
  [[ $driver == *libvirt* ]] ||
    refuse "this compute's hypervisor is not libvirt ([DEFAULT] compute_driver = $driver). Only libvirt with QEMU or KVM can do SPICE: take the node out"
  # Nova gives SPICE to guests of these two alone (nova/virt/libvirt/driver.py).
  type=$(compute_option libvirt virt_type kvm)
  [[ $type == kvm || $type == qemu ]] ||
    refuse "guests of this compute are ${type^^} ([libvirt] virt_type = $type), which has no SPICE. Only kvm and qemu have: take the node out"
  command -v virsh >/dev/null || refuse "virsh is not installed: this does not look like a libvirt compute, and only libvirt with QEMU or KVM can do SPICE. Install libvirt's clients, or take the node out"
  # libvirt does not answer this one on a read-only connection.
  capabilities=$(bounded 30 virsh --connect qemu:///system domcapabilities 2>/dev/null) ||
    refuse "libvirt does not answer 'virsh domcapabilities'. Start libvirtd, and run again"
  # What brings SPICE to QEMU is about to be installed.
  ! contains "$(platform qemu-spice)" ${MISSING[@]+"${MISSING[@]}"} || return 0
  ! awk "/<graphics supported='yes'>/,/<\/graphics>/" <<<"$capabilities" | grep -q '<value>spice</value>' || return 0
  [[ $(platform qemu-spice) != none ]] ||
    refuse "QEMU on this node has no SPICE (virsh domcapabilities lists no spice graphics): $(platform name) build QEMU without it. Two ways out: install a QEMU and a libvirt that are built with SPICE from another repository, or take the node out and leave its guests on VNC"
  refuse "QEMU on this node has no SPICE (virsh domcapabilities lists no spice graphics). Install a QEMU built with SPICE, or take the node out"
}

# check_secure_channels FILE: with require_secure libvirt starts no guest unless its qemu.conf has TLS for SPICE.
check_secure_channels() {
  [[ $(boolean_or_self "$(declared spice/require_secure false)") == true ]] || return 0
  grep -qE '^[[:space:]]*spice_tls[[:space:]]*=[[:space:]]*1[[:space:]]*(#.*)?$' -- "$1" 2>/dev/null ||
    refuse "requireSecure is declared, but $1 has no 'spice_tls = 1': libvirt would start no guest. Set it there, with certificates in spice_tls_x509_cert_dir, or take requireSecure out"
}

# running_guests with|without spice|vnc: those that have such a display, or have none, a uuid a line.
running_guests() {
  local uuid xml has
  command -v virsh >/dev/null || return 0
  while IFS= read -r uuid; do
    [[ -n $uuid ]] || continue
    xml=$(virsh_read dumpxml "$uuid" 2>/dev/null) || continue # ended meanwhile
    if grep -q "<graphics type='$2'" <<<"$xml"; then has=with; else has=without; fi
    [[ $has != "$1" ]] || printf '%s\n' "$uuid"
  done < <(virsh_read list --uuid 2>/dev/null)
}

# guests_with_spice: all that have a SPICE display, running or not, a uuid a line; fails where libvirt does not tell.
guests_with_spice() {
  local uuids uuid
  uuids=$(virsh_read list --all --uuid 2>/dev/null) || return
  for uuid in $uuids; do
    ! virsh_read dumpxml "$uuid" 2>/dev/null | grep -q "<graphics type='spice'" || printf '%s\n' "$uuid"
  done
}

# check_console_loss: `vnc: Off` takes the console of a running guest that has only VNC, until its hard reboot.
check_console_loss() {
  local guests
  [[ ${DESIRED[vnc]:-} == off && ${DESIRED["accept-console-loss"]:-false} != true ]] || return 0
  guests=$(running_guests without spice)
  [[ -z $guests ]] ||
    refuse "vnc is Off, but running guests have no SPICE yet and would lose their console: $(one_line "$guests"). Converge with vnc Alongside, hard-reboot them ('openstack server reboot --hard ID'), then switch VNC off; or set acceptConsoleLoss"
}
