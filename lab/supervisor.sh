# shellcheck shell=bash
# One process for each running node: mounts its disk, starts systemd-nspawn, and starts it again after a reboot.

# node_cgroups NAME: the node's control groups, in the one tree or in the hybrid layout's trees.
node_cgroups() {
  local tree
  if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then
    echo "/sys/fs/cgroup/oslab-$1"
    return
  fi
  for tree in unified systemd memory pids; do
    if [[ -d /sys/fs/cgroup/$tree ]]; then echo "/sys/fs/cgroup/$tree/oslab-$1"; fi
  done
}

# node_init_pid NAME: PID 1 of the node, as this machine numbers it; nothing when there is none.
node_init_pid() {
  local group
  for group in $(node_cgroups "$1"); do
    if [[ -f $group/payload/init.scope/cgroup.procs ]]; then
      head -n 1 "$group/payload/init.scope/cgroup.procs"
      return
    fi
  done
}

# node_runs NAME: whether its supervisor runs; the cgroup tells it from another process with the same number.
node_runs() {
  local pid
  pid=$(cat "$LAB/nodes.d/$1/pid" 2>/dev/null) && grep -qs "/oslab-$1\(/\|\$\)" "/proc/$pid/cgroup" &&
    ! grep -qs '^State:.*zombie' "/proc/$pid/status"
}

node_is_gone() {
  local group
  for group in $(node_cgroups "$1"); do
    [[ ! -d $group ]] || [[ -z $(find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null) ]] || return 1
  done
}

clear_node() {
  local group
  for group in $(node_cgroups "$1"); do
    [[ ! -d $group ]] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  [[ ! -f $LAB/nodes.d/$1/ip ]] || node_network_down "$1" "$(<"$LAB/nodes.d/$1/ip")"
  rm -f "$LAB/nodes.d/$1/pid"
}

# supervise NAME: until the node powers off.
supervise() {
  local name=$1 folder=$LAB/nodes.d/$1 group status
  for group in $(node_cgroups "$name"); do
    # a cgroup of its own: systemd-nspawn puts `payload` and `supervisor` under its caller's
    mkdir -p "$group"
    echo "$BASHPID" >"$group/cgroup.procs"
  done
  echo "$BASHPID" >"$folder/pid"
  mkdir -p "$folder/upper" "$folder/work" "$folder/root"
  while :; do
    node_network_up "$name" "$(<"$folder/ip")"
    status=0
    unshare --mount --propagation slave bash "$LAB_SOURCE/lab" _boot-node "$name" || status=$?
    ((status == 133)) || break # with --keep-unit, systemd-nspawn leaves a reboot to its caller
  done
  node_network_down "$name" "$(<"$folder/ip")"
}

# boot_node NAME: in a mount name space of its own; ends when the node powers off (0) or reboots (133).
boot_node() {
  local name=$1 folder=$LAB/nodes.d/$1 suppress_sync=yes
  mount -t overlay "oslab-$name" -o "lowerdir=$(<"$folder/lower"),upperdir=$folder/upper,workdir=$folder/work" "$folder/root" ||
    die "$name: no overlay can be made at $LAB. A file system such as ext4, xfs or tmpfs is needed: set OPENSTACK_SPICE_LAB to a folder on one."
  [[ -f $folder/furnished ]] || furnish "$name" "$folder/root"
  touch "$folder/furnished"
  if [[ -f $folder/disks.options ]]; then
    mount_disks "$folder"
    suppress_sync=no
  fi
  # in the hybrid layout too, the node sees one pure cgroup2 tree
  if [[ ! -f /sys/fs/cgroup/cgroup.controllers ]]; then
    umount -R /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
  fi
  # CAP_NET_ADMIN is not given by itself with a name space from outside, and without it iptables cannot be used;
  # API_VFS_WRITABLE lets sysctl change the node's own net.*
  SYSTEMD_NSPAWN_API_VFS_WRITABLE=network exec systemd-nspawn --quiet --directory="$folder/root" --machine="$name" --boot \
    --keep-unit --register=no --network-namespace-path="/run/netns/$(node_namespace "$name")" \
    --capability=CAP_NET_ADMIN,CAP_NET_RAW --resolv-conf=off --timezone=off --link-journal=no --console=pipe \
    --suppress-sync="$suppress_sync" --bind-ro="$LAB/pool:/srv/pool"
}

# furnish NAME ROOT: what makes the node this node, written once on its fresh disk, before the first boot.
furnish() {
  local name=$1 root=$2 folder=$LAB/nodes.d/$1 ip user home
  ip=$(<"$folder/ip")
  echo "$name" >"$root/etc/hostname"
  {
    printf '127.0.0.1 localhost\n%s %s\n' "$ip" "$name"
    [[ $name == control-1 ]] || echo "$CONTROLLER_IP control-1"
    [[ $name == compute-1 ]] || echo "$COMPUTE_IP compute-1"
  } >"$root/etc/hosts"
  install -m 600 "$folder/host_key" "$root/etc/ssh/ssh_host_ed25519_key"
  install -m 644 "$folder/host_key.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
  for user in root ops nosudo; do
    home=$(awk -F: -v user="$user" '$1 == user { print $6 }' "$root/etc/passwd")
    chroot "$root" install -d -m 700 -o "$user" -g "$user" "$home/.ssh"
    install -m 600 "$LAB/id.pub" "$root$home/.ssh/authorized_keys"
    chroot "$root" chown "$user:$user" "$home/.ssh/authorized_keys"
  done
  # the address of the machine that built the layer, as Debian's package found it
  if [[ -f $root/etc/nova/nova.conf ]]; then
    sed -i "s/^my_ip *=.*/my_ip = $ip/" "$root/etc/nova/nova.conf"
  fi
}
