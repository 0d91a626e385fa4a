# shellcheck shell=bash
# The guest: a server of Nova's on compute-1, asked for by Nova's API, seen by libvirt.

nova() { python3 "$LAB_SOURCE/nova.py" "$NOVA_API" "$@"; }

# put_guest_disk: the disk Nova's record speaks of, if it is missing: a boot sector that draws and echoes keys.
put_guest_disk() {
  local folder=/var/lib/nova/instances/$GUEST work
  ! node_ssh compute-1 test -f "$folder/disk" || return 0
  work=$(mktemp -d "$LAB/screen.XXXXXX")
  as --32 -o "$work/screen.o" "$LAB_SOURCE/inside/screen.S"
  ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$work/screen.img" "$work/screen.o"
  truncate -s 1M "$work/screen.img"
  node_ssh compute-1 "set -e; cat >/run/screen.img; install -d -o nova -g nova $folder
    qemu-img convert -O qcow2 /run/screen.img $folder/disk; chown nova:nova $folder/disk; rm /run/screen.img" <"$work/screen.img"
  rm -rf --one-file-system "$work"
}

guest_start() {
  nova start "$GUEST"
  say "guest-1: active"
}

# guest_reboot [UUID]: a hard reboot by Nova's API, which makes the guest's XML anew from the compute's nova.conf.
guest_reboot() {
  nova hard-reboot "${1:-$GUEST}"
  say "guest: active again after the hard reboot"
}

# shellcheck disable=SC2120  # called in lab
# guest_xml [UUID]: libvirt's XML of the running guest.
guest_xml() { node_ssh compute-1 virsh dumpxml "${1:-$GUEST}"; }

# guest_graphics: the types of its graphics, one a line.
# shellcheck disable=SC2119
guest_graphics() { guest_xml | sed -n "s/^ *<graphics type='\([a-z]*\)'.*/\1/p"; }

# assert_vnc_only: the state the demo starts from.
assert_vnc_only() {
  local graphics
  eventually 30 answers "http://$CONTROLLER_IP:6080/vnc_auto.html" || die "control-1: noVNC does not answer on 6080."
  ! (exec 3<>"/dev/tcp/$CONTROLLER_IP/6082") 2>/dev/null || die "control-1: something listens on 6082 already."
  graphics=$(guest_graphics)
  [[ $graphics == vnc ]] || die "guest-1: its XML should have graphics of type vnc only, and has: ${graphics//$'\n'/ }"
  say "control-1 serves noVNC on 6080, nothing listens on 6082; guest-1 has VNC graphics only"
}
