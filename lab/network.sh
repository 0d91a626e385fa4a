# shellcheck shell=bash
# The lab's own network: one bridge in 198.18.0.0/15 (reserved for tests), a network name space for each node.
# Nothing from a node is ever routed on, and nothing for a node that is down leaves this machine.

readonly BRIDGE=oslab0
readonly NET=198.18.0
readonly GUARDED=198.18.0.0/15
readonly RULE=30198

network_up() {
  # every systemd takes about ten inotify instances of root's; the default of 128 is enough for twelve nodes
  (($(</proc/sys/fs/inotify/max_user_instances) >= 2048)) || echo 2048 >/proc/sys/fs/inotify/max_user_instances
  # stays when the lab is down: a test that calls a stopped node must not reach out of this machine
  [[ -n $(ip route show "$GUARDED" type unreachable) ]] || ip route add unreachable "$GUARDED" metric 4294967295
  if ! ip link show "$BRIDGE" >/dev/null 2>&1; then
    ip link add "$BRIDGE" type bridge
    ip address add "$NET.1/24" dev "$BRIDGE"
    ip link set "$BRIDGE" up
  fi
  # whatever ip_forward says
  ip rule show pref "$RULE" | grep -q "iif $BRIDGE" || ip rule add pref "$RULE" iif "$BRIDGE" unreachable
}

network_down() {
  ip link delete "$BRIDGE" 2>/dev/null || true
  ip rule delete pref "$RULE" iif "$BRIDGE" 2>/dev/null || true
}

node_namespace() { echo "oslab-$1"; }
node_link() { echo "oslab.${1##*.}"; }

# node_network_up NAME IP: a fresh name space; called at each boot, so that firewall rules do not outlive a reboot.
node_network_up() {
  local name=$1 ip=$2 space link bytes
  space=$(node_namespace "$name")
  link=$(node_link "$ip")
  node_network_down "$name" "$ip"
  ip netns add "$space"
  IFS=. read -r -a bytes <<<"$ip"
  # a fixed MAC, or a node that was stopped and started is behind a stale ARP entry for half a minute
  ip link add "$link" type veth peer name eth0 address "$(printf '02:1a:%02x:%02x:%02x:%02x' "${bytes[@]}")" netns "$space"
  ip link set "$link" master "$BRIDGE" up
  ip -n "$space" link set lo up
  ip -n "$space" address add "$ip/24" dev eth0
  ip -n "$space" link set eth0 up
  ip -n "$space" route add default via "$NET.1"
}

node_network_down() {
  ip link delete "$(node_link "$2")" 2>/dev/null || true
  ip netns delete "$(node_namespace "$1")" 2>/dev/null || true
}
