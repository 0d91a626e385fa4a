#!/usr/bin/env bash
# pythons.sh FOLDER PYTHON...: the node program's own tests (test/node) under Pythons that this machine's Debian does not have. It is the
# tier `pythons` of tools/test.sh, which adds up the reports that it leaves in FOLDER. A PYTHON is:
#   a suite of Debian's archive: its python3, pytest and oslo.config in a root file system of that suite, without a network. In bullseye
#     the tests of the probes run once more with python2.7 and what OpenStack Mitaka had (test/node/requirements-mitaka.txt);
#   3.6: the oldest Python that the program takes, where this machine has one: python3.6 on PATH, pyenv's, or RHEL's platform-python.
# The roots are built with this machine's apt access and kept in the cache, one of forky or sid for a month. What cannot be had is said
# and counts as skipped, but for a suite that does not move any more: there it is a failure.
set -euo pipefail
# shellcheck source=tools/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

# What the tests start, and what the probes import.
readonly packages=python3,python3-pytest,python3-hypothesis,python3-oslo.config,python3-keystoneauth1,nftables,iptables,iproute2,openssl
readonly mitaka=$repo/test/node/requirements-mitaka.txt

# moves SUITE: whether packages still come to it each day, so that it is no failure when it cannot be installed.
moves() { [[ " forky sid " == *" $1 "* ]]; }

# archive: the URL of Debian's archive that apt has here; nothing where it has none.
archive() {
  # shellcheck disable=SC2016  # apt's own variables
  apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n 's/^Debian main [a-z]* //p' | head -n 1
}

# content_key SUITE: what its root is made from, hashed.
content_key() { { declare -f build_root add_mitaka && echo "$packages" && cat "$mitaka"; } | cksum | cut -d ' ' -f 1; }

# root_folder SUITE: where its root is, or is to be.
root_folder() {
  printf '%s/pythons/%s-%s' "$cache" "$1" "$(content_key "$1")"
  if moves "$1"; then printf -- '-%(%Y-%m)T' -1; fi
}

# ensure_root SUITE: `root` becomes the folder of one; 1 where none can be had.
ensure_root() {
  local old
  root=$(root_folder "$1")
  [[ ! -e $root/complete ]] || return 0
  ! alone "$root.lock" make_root "$1" "$root" || return 0
  moves "$1" || return 1
  old=$(compgen -G "${root%-????-??}-????-??/complete" | sort | tail -n 1)
  [[ -n $old ]] || return 1
  root=${old%/complete}
  say "$1 cannot be installed today: its root of ${root: -7} is taken"
}

# make_root SUITE FOLDER: and removes those of the suite that it replaces and nobody uses.
make_root() {
  local old python
  [[ ! -e $2/complete ]] || return 0
  say "building a root of Debian's $1"
  python=$(ensure_python) || return 1
  rm -rf --one-file-system -- "$2"
  mkdir -p "$2/root" "$2/mounts"
  logged "root of $1" "$cache/log/python-$1.log" isolated build_root "$1" "$2/root" "$debian" "$python" || return 1
  : >"$2/complete"
  for old in "$cache/pythons/$1"-*/; do
    old=${old%/}
    [[ $old == "$2" ]] || flock --nonblock "$old.lock" rm -rf --one-file-system -- "$old" || true
  done
}

# isolated [--net] FUNCTION ARGUMENT...: in mount and process name spaces of its own, where all mounts and processes end with it, which
# is after 15 minutes at the latest.
isolated() {
  local options=(--mount --propagation private --pid --fork --kill-child --mount-proc)
  if [[ $1 == --net ]]; then
    options+=("$1")
    shift
  fi
  bounded 900 unshare "${options[@]}" bash "${BASH_SOURCE[0]}" _isolated "$@"
}

# build_root SUITE FOLDER ARCHIVE PYTHON, isolated
build_root() {
  local more=
  [[ $1 != bullseye ]] || more=,python2.7,virtualenv
  mmdebstrap --quiet --variant=minbase --mode=root \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$packages$more" "$1" "$2" "deb $3 $1 main"
  rm -rf "$2"/var/lib/apt/lists/* "$2"/var/cache/apt/*.bin "$2/etc/resolv.conf"
  [[ $1 != bullseye ]] || add_mitaka "$2" "$4"
}

# add_mitaka FOLDER PYTHON: /opt/mitaka becomes a virtual environment of python2.7. This machine's PYTHON downloads; in the root there is
# no network, and `pip` there is the last one for Python 2.7. Two packages are sources, which need pbr to be built.
add_mitaka() {
  "$2" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$1/tmp/mitaka" -r "$mitaka"
  cp "$mitaka" "$1/tmp/mitaka/requirements"
  # shellcheck disable=SC2016  # for the other shell
  in_root "$1" / sh -euc '
    virtualenv --quiet --python python2.7 /opt/mitaka
    install="/opt/mitaka/bin/pip install --quiet --no-index --find-links /tmp/mitaka --no-deps --no-build-isolation"
    $install pbr
    $install --require-hashes -r /tmp/mitaka/requirements'
  rm -rf "$1/tmp/mitaka"
}

# in_root ROOT FOLDER COMMAND...: in FOLDER of ROOT, with nothing of this machine's environment.
in_root() {
  local root=$1 folder=$2
  shift 2
  # shellcheck disable=SC2016  # for the other shell
  env -i HOME=/root HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$root" sh -c 'cd "$1" && shift && exec "$@"' - "$folder" "$@"
}

# pytest_arguments PYTHON TITLE: fills `arguments`.
pytest_arguments() {
  arguments=(-B -m pytest -q -rs --tb=short -p no:cacheprovider)
  arguments+=(-p vitest_report --vitest-report="$results/pythons-$1.json" --vitest-title="$2")
}

# test_in_root SUITE FOLDER RESULTS, isolated and without a network: on an overlay of the root, which is gone afterwards. This repository
# is there under its own path, to be read only.
test_in_root() {
  local suite=$1 mounts=$2/mounts status=0 tests=$repo/test/node probes there version='import sys; print(sys.version.split()[0])'
  results=$3
  mount -t tmpfs -o mode=755 tmpfs "$mounts"
  there=$mounts/root
  mkdir "$mounts/upper" "$mounts/work" "$there"
  mount -t overlay overlay -o "lowerdir=$2/root,upperdir=$mounts/upper,workdir=$mounts/work" "$there"
  mount -t proc proc "$there/proc"
  mount --rbind /dev "$there/dev"
  mkdir -p "$there$repo" "$there$results"
  mount -o bind,ro "$repo" "$there$repo"
  mount --bind "$results" "$there$results"
  in_root "$there" / ip link set lo up
  version=$(in_root "$there" / python3 -c "$version")
  pytest_arguments "$suite" "$suite, Python $version: "
  # The texts of these are those of Debian 12's tools, which the other Python here has.
  in_root "$there" "$tests" env PYTHONPATH=. python3 "${arguments[@]}" --ignore=test_firewall_field_cases.py \
    --ignore=test_firewall_oracle_answers.py --ignore=test_firewall_oracle_copy.py . || status=1
  if [[ -d $2/root/opt/mitaka ]]; then
    probes=("$tests"/test_probe_*.py)
    pytest_arguments "$suite-mitaka" "$suite, Python 2.7: "
    in_root "$there" "$tests" env PYTHONPATH=. OSLO_PYTHON=/opt/mitaka/bin/python python3 "${arguments[@]}" \
      "${probes[@]##*/}" test_certificate.py || status=1
  fi
  return "$status"
}

# python36: the path of one; nothing where there is none.
python36() {
  local path
  for path in "$(command -v python3.6)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.6.*/bin/python /usr/libexec/platform-python; do
    if "$path" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 6))' >/dev/null 2>&1; then
      printf '%s\n' "$path"
      return
    fi
  done
}

# test_36 PYTHON: with what that one can have, and the oslo.config and keystoneauth1 of RHEL 8's last Nova.
test_36() {
  pytest_arguments 3.6 "Python 3.6: "
  cd "$repo/test/node"
  PYTHONPATH=. exec "$1" "${arguments[@]}" .
}

# leave_out PYTHON REASON: says so, and leaves a report of one test that was skipped.
leave_out() {
  say "the node program's tests are not run under $1: $2"
  printf '{"testResults": [{"name": "%s", "status": "passed", "assertionResults": [{"fullName": "%s", "status": "pending"}]}]}\n' \
    "$repo/test/node" "$1" >"$results/pythons-$1.json"
}

# start PYTHON: its tests begin in a process of their own, or what keeps them from it is said.
start() {
  local python root
  if [[ $1 == 3.6 ]]; then
    python=$(python36)
    if [[ -z $python ]]; then
      leave_out 3.6 "this machine has none. pyenv builds it: pyenv install 3.6"
      return
    fi
    python=$(virtual_environment "$python" "$repo/test/node/requirements-3.6.txt") || return 1
    in_background "$1" test_36 "$python"
  elif [[ -z $debian ]]; then
    leave_out "$1" "apt has no archive of Debian's on this machine"
    return
  elif ensure_root "$1"; then
    in_background "$1" with_root "$1" "$root"
  elif moves "$1"; then
    leave_out "$1" "its packages cannot be installed today, which this project cannot mend. The log: $cache/log/python-$1.log"
    return
  else
    say "the root of $1 cannot be built, so the node program's tests cannot be run under its Python"
    return 1
  fi
}

# with_root SUITE FOLDER: the lock keeps the root from being removed meanwhile.
with_root() {
  exec 9>"$2.lock"
  flock --shared 9
  isolated --net test_in_root "$1" "$2" "$results"
}

# in_background PYTHON COMMAND...: in a process group of its own, which can be ended as a whole.
in_background() {
  local name=$1
  shift
  set -m
  ("$@") >"$results/$name.log" 2>&1 </dev/null &
  runs[$name]=$!
  set +m
}

# end_all: all tests that run.
end_all() {
  local pid
  for pid in "${runs[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
}

main() {
  local name status=0 debian=
  declare -A runs=()
  results=$1
  shift
  if [[ "$*" != 3.6 ]]; then
    ensure_commands mmdebstrap=mmdebstrap
    debian=$(archive)
    if [[ -z $debian ]]; then
      logged "apt-get update" "$cache/log/apt-update.log" bounded 600 apt-get update -qq || true
      debian=$(archive)
    fi
  fi
  trap 'end_all; exit 130' INT TERM
  for name; do start "$name" || status=1; done
  for name; do
    [[ -n ${runs[$name]:-} ]] || continue
    wait "${runs[$name]}" || status=1
    printf '%s: ' "$name"
    # All but the dots.
    grep -vE '^[.sFEx]+ *\[ *[0-9]+%\]$' "$results/$name.log" || true
  done
  return "$status"
}

if [[ ${1:-} == _isolated ]]; then
  shift
  "$@"
else
  main "$@"
fi
