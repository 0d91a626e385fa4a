# shellcheck shell=bash
# What the tools share: where things are, messages, bounded waits, remembered failures, locks.
# To be sourced by a bash script that has `set -euo pipefail`; defines functions and three variables, does nothing else.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# What is built or downloaded once and shared by all clones on this machine.
cache=${OPENSTACK_SPICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/openstack-spice}
# The state of this clone's lab: keys, nodes, the folder that is its Pulumi backend.
# shellcheck disable=SC2034  # used by the scripts that source this file
lab_state=${OPENSTACK_SPICE_LAB:-$repo/.lab}

# say TEXT...: one line for the person who waits. On stderr, since stdout may be read by a program.
say() { printf 'openstack-spice: %s\n' "$*" >&2; }

# die TEXT...: says what is wrong and how to mend it, and ends this (sub)shell with 1.
die() {
  printf 'openstack-spice: error: %s\n' "$*" >&2
  exit 1
}

# duration SECONDS: "42 s" or "5 min 3 s".
duration() {
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %d s' $(($1 / 60)) $(($1 % 60)); fi
}

# bounded SECONDS COMMAND...: ends COMMAND, with status 124, when it takes longer.
# Where no `timeout` is installed (macOS) COMMAND is left to its own bounds.
bounded() {
  if command -v timeout >/dev/null; then
    # In the foreground, so that Ctrl-C reaches COMMAND.
    timeout --foreground --kill-after=10 "$@"
  else
    shift
    "$@"
  fi
}

# ticking TITLE LOG COMMAND...: runs COMMAND with its output in LOG, and says every 15 seconds that it lives and what it is at.
# Returns COMMAND's status.
ticking() {
  local title=$1 log=$2 started=$SECONDS ticker status=0
  shift 2
  mkdir -p "$(dirname "$log")"
  # The pause holds none of our files, so that nobody who reads our output waits for it after the end.
  while sleep 15 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    say "$title: $(duration $((SECONDS - started))) so far ... $(tail -n 1 "$log" | tr -dc '[:print:]' | cut -c1-80)"
  done &
  ticker=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  return "$status"
}

# logged TITLE LOG COMMAND...: as `ticking`; a failure also shows the end of LOG.
logged() {
  local started=$SECONDS status=0
  ticking "$@" || status=$?
  if ((status != 0)); then
    tail -n 20 "$2" >&2
    say "$1 failed with status $status after $(duration $((SECONDS - started))). The whole log: $2"
  fi
  return "$status"
}

# failed_lately WHAT: whether `remember_failure WHAT` was called less than a day ago.
failed_lately() { [[ -n $(find "$cache/failed/$1" -mmin -1440 2>/dev/null) ]]; }

# remember_failure WHAT: so that a download that cannot work here is not waited for again before tomorrow.
remember_failure() {
  mkdir -p "$cache/failed"
  : >"$cache/failed/$1"
}

# alone LOCK COMMAND...: runs COMMAND in a subshell while no other process runs one under the same LOCK file.
# Waits for the other at most an hour. Where no `flock` is installed (macOS) it does not wait:
# whatever is built under a lock here is also moved into place in one step.
alone() {
  local lock=$1
  shift
  mkdir -p "$(dirname "$lock")"
  (
    if command -v flock >/dev/null && ! flock -n 9; then
      say "waiting for another run that holds $lock"
      flock -w 3600 9 || die "another run has held $lock for an hour. End it, then try again."
    fi
    "$@" 9>&-
  ) 9>"$lock"
}

# packages_installed: whether node_modules holds what package-lock.json names, version by version.
# Packages for other platforms may be missing.
packages_installed() {
  node -e '
    const [wanted, installed] = process.argv.slice(1).map((file) => JSON.parse(require("fs").readFileSync(file)).packages);
    const differs = ([path, { version, optional }]) =>
      path !== "" && (installed[path] ? installed[path].version !== version : !optional);
    process.exitCode = Object.entries(wanted).some(differs) ? 1 : 0;
  ' "$repo/package-lock.json" "$repo/node_modules/.package-lock.json" 2>/dev/null
}

# ensure_packages: npm packages as package-lock.json has them. Nothing is done where they are there.
ensure_packages() {
  command -v node >/dev/null || die "node is missing. Install Node.js 20 or newer; it brings npm."
  if ! packages_installed; then
    say "installing the npm packages of package-lock.json"
    # No install scripts: @pulumi/command's would ask for the Pulumi CLI, which tools/engine.sh finds, and ours is `npm run build`.
    logged "npm ci" "$cache/log/npm-ci.log" \
      bounded 1200 npm --prefix "$repo" ci --ignore-scripts --no-audit --no-fund
  fi
}

# ensure_built: dist/, what the package's `main` names, compiled from the sources of today.
ensure_built() {
  local main=$repo/dist/components/index.js
  if [[ ! -e $main || -n $(find "$repo"/{components,contract,nova,remote} "$repo/tsconfig.json" -newer "$main" \( -name '*.ts' -o -name 'tsconfig.json' \) -print -quit) ]]; then
    say "compiling the package"
    logged "npm run build" "$cache/log/build.log" bounded 600 npm --prefix "$repo" run build
  fi
}

# ensure_commands COMMAND=PACKAGE...: installs the Debian package of each COMMAND that is missing. Needs root and apt-get.
ensure_commands() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  ((${#missing[@]} == 0)) || install_debian "${missing[@]}"
}

# install_debian PACKAGE...: from the machine's own repositories.
install_debian() {
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    die "these packages are missing, and only root on Debian or Ubuntu gets them from here: $*. Install them, then try again."
  fi
  say "installing on this machine: $*"
  logged "apt-get update" "$cache/log/apt-update.log" bounded 600 apt-get update -qq
  logged "apt-get install" "$cache/log/apt-install.log" bounded 1200 env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

# ensure_python: a Python with the packages of test/node/requirements.txt, in a virtual environment that is made once; its path.
ensure_python() {
  python3 -c 'import ensurepip, venv' 2>/dev/null || install_debian python3-venv >&2
  virtual_environment python3 "$repo/test/node/requirements.txt"
}

# virtual_environment PYTHON REQUIREMENTS: the path of a Python as this one, with these packages.
virtual_environment() {
  local key folder
  key=$({ cat "$2" && "$1" -V; } | cksum | cut -d ' ' -f 1)
  folder=$cache/python/$key
  [[ -e $folder/complete ]] || alone "$folder.lock" make_python "$folder" "$@" >&2
  printf '%s\n' "$folder/bin/python"
}
# make_python FOLDER PYTHON REQUIREMENTS
make_python() {
  [[ ! -e $1/complete ]] || return 0
  say "installing the Python packages of ${3#"$repo/"}"
  rm -rf -- "$1"
  logged "python3 -m venv" "$cache/log/venv.log" bounded 300 "$2" -m venv "$1"
  logged "pip install" "$cache/log/pip.log" bounded 1200 \
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check -r "$3"
  : >"$1/complete"
}
