# shellcheck shell=bash
# What every file of the lab uses: where things are, messages with elapsed time, locks, bounded waits.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LAB_SOURCE=$REPO/lab
# State of this clone's lab: keys, nodes, logs. Goes away with `lab down` and `lab purge`.
LAB=${OPENSTACK_SPICE_LAB:-$REPO/.lab}
# Layers, named by what they are made from; shared by all clones on this machine.
CACHE=${OPENSTACK_SPICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/openstack-spice}/lab
# One lab a machine: the bridge, the routes and the addresses exist once.
readonly MACHINE_STATE=/run/openstack-spice-lab

# these become mount options, where these characters separate
[[ $LAB$CACHE != *[:,[:space:]]* ]] || {
  printf 'lab: error: the path of the lab or its cache has a blank, comma or colon: %s, %s. Set OPENSTACK_SPICE_LAB and OPENSTACK_SPICE_CACHE.\n' "$LAB" "$CACHE" >&2
  exit 1
}

started=${EPOCHREALTIME/./}

# elapsed: seconds since this command started, with one decimal.
elapsed() {
  local tenths=$(((${EPOCHREALTIME/./} - started) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# say TEXT...: one progress line on stderr.
say() { printf 'lab: [%6s s] %s\n' "$(elapsed)" "$*" >&2; }

# die TEXT...: says why and ends this (sub)shell with 1.
die() {
  printf 'lab: error: %s\n' "$*" >&2
  exit 1
}

require_root() {
  [[ $(id -u) == 0 ]] || die "the lab boots real nodes and needs root. Run it as root on a Linux machine you can spare."
  [[ $(uname -s) == Linux ]] || die "the lab needs Linux (name spaces, overlayfs), this is $(uname -s)."
}

# logged TITLE LOG COMMAND...: runs COMMAND with its output in LOG; a line every 15 s shows that it lives;
# when it fails, the end of LOG is shown and its status returned. An interrupt ends COMMAND and all it started.
logged() {
  local title=$1 log=$2 pid rc=0 next=$((SECONDS + 15))
  shift 2
  mkdir -p "$(dirname "$log")"
  set -m # a process group of its own
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  # shellcheck disable=SC2064  # the process id of now
  trap "kill -KILL -- -$pid 2>/dev/null; exit 130" INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1
    if ((SECONDS >= next)); then
      next=$((SECONDS + 15))
      say "$title: $(tail -n 1 "$log" | tr -dc '[:print:]' | cut -c1-90)"
    fi
  done
  wait "$pid" || rc=$?
  trap - INT TERM
  if ((rc != 0)); then
    tail -n 20 "$log" >&2
    say "$title failed ($rc). The whole log: $log"
  fi
  return "$rc"
}

# eventually SECONDS COMMAND...: until COMMAND succeeds, asked every 0.1 s; 1 when it never did.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

# locked NAME COMMAND...: runs COMMAND alone among all labs of this machine. What outlives it must close fd 9.
locked() {
  local name=$1
  shift
  mkdir -p "$MACHINE_STATE"
  (
    flock -w 900 9 || die "another lab command holds $MACHINE_STATE/$name.lock for 15 minutes already."
    "$@"
  ) 9>"$MACHINE_STATE/$name.lock"
}

# claim_machine: this clone's lab is the one of this machine, or an error that names the other. One whose nodes have all
# ended, as when its machine was cleared of processes, is no lab any more.
claim_machine() {
  local owner
  owner=$(cat "$MACHINE_STATE/owner" 2>/dev/null || true)
  if [[ -n $owner && $owner != "$LAB" ]] && any_node_runs "$owner"; then
    die "the lab of $owner is up, and there is one lab a machine. Take it down first: OPENSTACK_SPICE_LAB=$owner $LAB_SOURCE/lab down"
  fi
  mkdir -p "$MACHINE_STATE" "$LAB"
  echo "$LAB" >"$MACHINE_STATE/owner"
}

# any_node_runs LAB: whether a node of that lab runs.
any_node_runs() {
  local folder
  for folder in "$1"/nodes.d/*/; do
    [[ -d $folder ]] || continue
    ! (LAB=$1 node_runs "$(basename "$folder")") || return 0
  done
  return 1
}

# need_packages PACKAGE...: installs what is missing on this machine with its own apt.
need_packages() {
  local missing=() package installed
  installed=$(dpkg-query -W -f='${Package} ${Status}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    [[ $'\n'$installed$'\n' == *$'\n'"$package install ok installed"$'\n'* ]] || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  command -v apt-get >/dev/null || die "these tools are missing and there is no apt-get to install them: ${missing[*]}"
  say "installing on this machine: ${missing[*]}"
  logged "apt-get update" "$LAB/log/apt-update.log" apt-get update -qq || return 1
  logged "apt-get install" "$LAB/log/apt-install.log" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
}
