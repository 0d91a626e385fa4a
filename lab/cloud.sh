# shellcheck shell=bash
# The demo's cloud: control-1 and compute-1 with a guest that Nova started. They are set up once, powered off, and kept
# as the layers controller-ready and compute-ready; `up` boots those.

readonly GUEST=5b1ce000-0000-4000-8000-000000000001
readonly NOVA_API=http://$CONTROLLER_IP:8774/v2.1

# prepare: all that `up` and `node` need, from the cache or built; nothing of it runs afterwards.
prepare() {
  need_packages "${HOST_PACKAGES[@]}"
  load_layer_keys
  ensure_layer base
  ensure_layer nova
  local pids=() pid
  ensure_layer controller &
  pids+=($!)
  ensure_layer compute &
  pids+=($!)
  for pid in "${pids[@]}"; do wait "$pid" || die "the layers could not be built."; done
  ensure_pool
  locked cloud ensure_cloud_layers
  say "layers and packages: $CACHE"
}

# ensure_cloud_layers: sets up the two nodes and keeps their disks, unless that was done before.
ensure_cloud_layers() {
  [[ ! -d $(layer_folder controller-ready) || ! -d $(layer_folder compute-ready) ]] || return 0
  local name before=$SECONDS
  for name in control-1 compute-1; do
    [[ ! -d $(node_folder "$name") ]] || die "the cloud's layers have to be built anew, with nodes named control-1 and compute-1. Take these down first: lab down control-1 compute-1"
  done
  say "cloud: setting up a controller and a compute, once"
  locked machine add_node control-1 controller
  locked machine add_node compute-1 compute
  start_node control-1
  start_node compute-1
  wait_node control-1
  wait_node compute-1
  set_up control-1 controller-ready || die "the controller could not be set up."
  set_up compute-1 compute-ready || die "the compute could not be set up."
  wait_service compute-1 nova-compute 60
  logged "cloud: server record" "$LAB/log/create-server.log" node_ssh control-1 \
    "runuser -u nova -- nova-manage cell_v2 discover_hosts && runuser -u nova -- python3 -W ignore /run/lab/create-server.py $GUEST guest-1 compute-1" ||
    die "Nova's record of the guest could not be made."
  for name in control-1 compute-1; do
    stop_node "$name"
    keep_node "$name" "$(layer_of_role "$name")-ready"
  done
  locked machine write_directory
  say "cloud: set up and kept as layers in $((SECONDS - before)) s"
}

layer_of_role() { if [[ $1 == control-1 ]]; then echo controller; else echo compute; fi; }

# set_up NAME LAYER: runs lab/layers/LAYER.sh in the running node.
set_up() {
  tar -C "$LAB_SOURCE" -c inside "layers/$2.sh" | node_ssh "$1" "mkdir -p /run/lab && tar -x -C /run/lab --no-same-owner && mv /run/lab/inside/* /run/lab/"
  logged "cloud: $1" "$LAB/log/set-up-$1.log" node_ssh "$1" "bash -euo pipefail /run/lab/layers/$2.sh"
}

# keep_node NAME LAYER: the powered-off node's disk becomes a layer, without what makes it that node.
keep_node() {
  local name=$1 upper
  upper=$(node_folder "$1")/upper
  rm -rf --one-file-system "$upper"/etc/{hostname,hosts,machine-id} "$upper"/etc/ssh/ssh_host_* "$upper"/root/.ssh "$upper"/home/*/.ssh \
    "$upper"/var/log/journal "$upper"/var/log/{nova,neutron,placement}/* "$upper"/tmp/* "$upper"/var/tmp/*
  keep_layer "$2" "$upper"
  remove_node "$name"
}

# cloud_up [--fresh]: both nodes and the guest run when it returns. --fresh: new disks, if the nodes were there before.
cloud_up() {
  local name fresh=()
  [[ $(uname -m) == x86_64 ]] || die "the lab's guest is an x86 one, and this machine is $(uname -m)."
  [[ $(suite) == bookworm ]] || say "this machine is Debian \"$(suite)\"; the lab has been tried on bookworm only"
  claim_machine
  if [[ ${1:-} == --fresh ]]; then
    for name in control-1 compute-1; do [[ ! -d $(node_folder "$name") ]] || locked machine remove_node "$name"; done
  fi
  prepare
  for name in control-1 compute-1; do
    if [[ ! -d $(node_folder "$name") ]]; then
      locked machine add_node "$name" "$(layer_of_role "$name")-ready"
      fresh+=("$name")
    fi
    start_node "$name"
  done
  wait_node control-1
  wait_node compute-1
  say "nodes: control-1 $CONTROLLER_IP, compute-1 $COMPUTE_IP"
  wait_cloud
  put_guest_disk
  guest_start
  if ((${#fresh[@]} == 2)); then
    assert_vnc_only
  else
    say "the nodes were there before: what was changed on them is still changed (lab up --fresh: new disks)"
  fi
}

wait_cloud() {
  local service
  for service in mariadb rabbitmq-server placement-api neutron-api nova-conductor nova-api; do
    wait_service control-1 "$service" 90
  done
  # active is not yet listening
  for service in "$NOVA_API/" "http://$CONTROLLER_IP:8778/" "http://$CONTROLLER_IP:9696/"; do
    eventually 60 answers "$service" || die "control-1: $service does not answer."
  done
  say "control-1: nova-api, placement and neutron answer"
  wait_service compute-1 "'*nova-compute.service'" 120 # a RHEL-like one says openstack-nova-compute
  say "compute-1: nova-compute is ready"
}

# wait_service NODE UNIT SECONDS: until the unit is active; for nova-compute (Type=notify) that is ready.
wait_service() {
  node_ssh "$1" "for ((i = 0; i < $3 * 5; i++)); do systemctl is-active -q $2 && exit 0; sleep 0.2; done; exit 1" || {
    node_ssh "$1" "systemctl status --no-pager -n 30 $2" >&2 || true
    die "$1: $2 is not active after $3 s."
  }
}

# answers URL: whether it answers 200 or 300 (a list of versions).
answers() {
  local code
  code=$(curl -s -m 10 -o /dev/null -w '%{http_code}' "$1") || return 1
  [[ $code == 200 || $code == 300 ]]
}
