# shellcheck shell=bash
# Nodes: systemd as PID 1 in systemd-nspawn on an overlay of a layer, with real sshd, apt, iptables and nftables.
# $LAB/nodes.d/NAME holds ip, layer, lower (the overlay's folders), upper (what the node changed), console.log, pid; see also disks.sh.

readonly CONTROLLER_IP=$NET.11 COMPUTE_IP=$NET.21

node_folder() { echo "$LAB/nodes.d/$1"; }
node_ip() { cat "$(node_folder "$1")/ip" 2>/dev/null || die "there is no node $1. Nodes: $(node_names | tr '\n' ' ')"; }
node_names() {
  local folder
  for folder in "$LAB"/nodes.d/*/; do [[ ! -d $folder ]] || basename "$folder"; done
}
node_ssh() {
  local name=$1
  shift
  ssh -F "$LAB/ssh_config" "$name" "$@"
}

# free_ip NAME: the cloud's nodes have fixed addresses, for their configuration names them; others from .100 on.
free_ip() {
  local last
  case $1 in
    control-1) echo "$CONTROLLER_IP" ;;
    compute-1) echo "$COMPUTE_IP" ;;
    *)
      for last in {100..250}; do
        # not `cat | grep -q`, which fails under pipefail when grep stops reading at once
        grep -qsxF "$NET.$last" "$LAB"/nodes.d/*/ip || break
      done
      ((last < 250)) || die "all addresses of the lab are taken. Take nodes down: lab down NAME..."
      echo "$NET.$last"
      ;;
  esac
}

# create_node NAME LAYER [DISKS]: the node's folder with its address and its own host key; nothing boots yet.
create_node() {
  local name=$1 layer=$2 disks=${3:-} folder
  folder=$(node_folder "$name")
  [[ $name =~ ^[a-z][a-z0-9-]{0,14}$ ]] || die "$name is no node name: a-z, 0-9 and -, a letter first, at most 15 characters."
  [[ ! -d $folder ]] || die "there is a node $name already. Use: lab reset $name, or lab down $name."
  local new=$LAB/new-node-$name
  rm -rf --one-file-system "$new"
  mkdir -p "$new" "$LAB/nodes.d"
  free_ip "$name" >"$new/ip"
  echo "$layer" >"$new/layer"
  layer_chain "$layer" >"$new/lower"
  [[ -z $disks ]] || echo "$disks" >"$new/disks.options"
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$new/host_key"
  mv "$new" "$folder"
  write_directory
}

# write_directory: the files by which others find the nodes: $LAB/nodes, ssh_config and known_hosts.
write_directory() {
  local name ip folder
  [[ -f $LAB/id ]] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$LAB/id"
  {
    printf 'Host *\n  User root\n  IdentityFile "%s"\n  IdentitiesOnly yes\n  UserKnownHostsFile "%s"\n' "$LAB/id" "$LAB/known_hosts"
    printf '  StrictHostKeyChecking yes\n  BatchMode yes\n  ConnectTimeout 5\n  LogLevel ERROR\n'
  } >"$LAB/ssh_config.new"
  : >"$LAB/known_hosts.new"
  : >"$LAB/nodes.new"
  for name in $(node_names); do
    folder=$(node_folder "$name")
    ip=$(<"$folder/ip")
    printf 'Host %s\n  HostName %s\n' "$name" "$ip" >>"$LAB/ssh_config.new"
    echo "$name,$ip $(cut -d' ' -f1,2 "$folder/host_key.pub")" >>"$LAB/known_hosts.new"
    echo "$name $ip $(<"$folder/layer")" >>"$LAB/nodes.new"
  done
  for name in ssh_config known_hosts nodes; do mv "$LAB/$name.new" "$LAB/$name"; done
}

# start_node NAME: boots it, unless it runs; does not wait for it.
start_node() {
  local name=$1 folder
  folder=$(node_folder "$name")
  node_ip "$name" >/dev/null
  ! node_runs "$name" || return 0
  locked machine network_up
  rm -f "$folder/pid"
  setsid --fork bash "$LAB_SOURCE/lab" _run-node "$name" </dev/null >>"$folder/console.log" 2>&1 9>&-
  eventually 10 test -s "$folder/pid" || die "$name: its supervisor did not start. See: lab log $name"
}

# wait_node NAME [SECONDS]: until sshd lets the lab's key in.
wait_node() {
  local name=$1 end=$((SECONDS + ${2:-60})) ip
  ip=$(node_ip "$name")
  until timeout 1 bash -c "exec 3<>/dev/tcp/$ip/22" 2>/dev/null && node_ssh "$name" true 2>/dev/null; do
    if ! node_runs "$name"; then
      tail -n 5 "$(node_folder "$name")/console.log" >&2
      die "$name stopped while starting. See: lab log $name"
    fi
    ((SECONDS < end)) || die "$name: no ssh login within ${2:-60} s. See: lab log $name"
    sleep 0.1
  done
}

# kill_node NAME: at once, like a power cut; for nodes that are thrown away.
kill_node() {
  local name=$1 group
  for group in $(node_cgroups "$name"); do
    [[ ! -f $group/cgroup.kill ]] || echo 1 >"$group/cgroup.kill"
  done
  eventually 20 node_is_gone "$name" || die "$name: its processes do not end."
  clear_node "$name"
}

# stop_node NAME: a clean power off by its own systemd; after 60 s, killed.
stop_node() {
  local name=$1 pid
  node_ip "$name" >/dev/null
  if node_runs "$name"; then
    pid=$(node_init_pid "$name")
    [[ -z $pid ]] || kill -s RTMIN+4 "$pid"
    eventually 60 node_is_gone "$name" || say "$name: not off after 60 s, killed"
  fi
  kill_node "$name"
}

# reboot_node NAME: by its own systemd, and waits until the next boot lets the key in.
reboot_node() {
  local name=$1 before
  before=$(node_ssh "$name" cat /proc/sys/kernel/random/boot_id)
  node_ssh "$name" systemctl --no-block reboot 2>/dev/null || true # the connection may end before the command
  eventually 90 node_booted_again "$name" "$before" || die "$name: not back 90 s after its reboot. See: lab log $name"
}
node_booted_again() {
  local now
  now=$(node_ssh "$1" cat /proc/sys/kernel/random/boot_id 2>/dev/null) && [[ $now != "$2" ]]
}

# list_nodes: name, address, state and layer, one node a line.
list_nodes() {
  local name state
  for name in $(node_names); do
    if node_runs "$name"; then state=running; else state=stopped; fi
    printf '%-15s %-14s %-8s %s\n' "$name" "$(node_ip "$name")" "$state" "$(<"$(node_folder "$name")/layer")"
  done
}

# reset_node NAME: the disk as the layer has it; the address and the host key stay.
reset_node() {
  local name=$1 folder
  folder=$(node_folder "$name")
  node_ip "$name" >/dev/null
  kill_node "$name"
  rm -rf --one-file-system "$folder/upper" "$folder/work" "$folder/disks" "$folder/furnished"
  start_node "$name"
}

remove_node() {
  kill_node "$1"
  rm -rf --one-file-system "$(node_folder "$1")"
}

# add_node NAME LAYER [DISKS], with the lock `machine`: the node and what it needs of this machine.
add_node() {
  claim_machine
  network_up
  create_node "$@"
}

# boot_new_node NAME LAYER [DISKS]: builds what it needs, and returns when the lab's key logs in.
boot_new_node() {
  (($# == 2 || $# == 3)) || die "lab node NAME LAYER [DISKS]. Layers: $(layers | tr '\n' ' ')"
  need_packages "${HOST_PACKAGES[@]}"
  (($# == 2)) || need_disks
  load_layer_keys
  ensure_layer "$2"
  ensure_pool
  locked machine add_node "$@"
  start_node "$1"
  wait_node "$1"
  say "$1: up at $(node_ip "$1"), layer $2"
}

# down [NAME...]: nodes away with their disks; with the last one, the network.
# shellcheck disable=SC2120  # called in lab
down() { locked machine remove_nodes "$@"; }

remove_nodes() {
  local name names=("$@") pid pids=()
  ((${#names[@]} > 0)) || mapfile -t names < <(node_names)
  for name in ${names[@]+"${names[@]}"}; do node_ip "$name" >/dev/null; done
  for name in ${names[@]+"${names[@]}"}; do
    remove_node "$name" &
    pids+=($!)
  done
  for pid in ${pids[@]+"${pids[@]}"}; do wait "$pid"; done
  write_directory
  if [[ -z $(node_names) && $(cat "$MACHINE_STATE/owner" 2>/dev/null) == "$LAB" ]]; then
    network_down
    rm -f "$MACHINE_STATE/owner"
  fi
}

# purge: no trace but this machine's tools. Names what it deletes, for the folders are the user's to choose.
purge() {
  locked machine remove_nodes
  if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
    ip route delete unreachable "$GUARDED" metric 4294967295 2>/dev/null || true
  fi
  if grep -qsF " $LAB/id" "$REPO/Pulumi.lab.yaml"; then rm "$REPO/Pulumi.lab.yaml"; fi
  rm -rf --one-file-system "$CACHE" "$LAB"/{nodes.d,pool,log,state,id,id.pub,nodes,ssh_config,known_hosts}
  rmdir "$LAB" 2>/dev/null || true
}
