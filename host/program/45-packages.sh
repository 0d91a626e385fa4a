# shellcheck shell=bash
# Packages: only those that are missing, and never at the price of another one.

MISSING=() # package names that have to be installed
PINNED=()  # the same as apt is asked for them, with the version that fits the installed Nova

# find_missing_packages NAME...: fills MISSING and PINNED.
find_missing_packages() {
  local name version
  MISSING=() PINNED=()
  version=$(package_version "$NOVA_PACKAGE")
  for name in "$@"; do
    [[ -z $(package_version "$name") ]] || continue
    MISSING+=("$name")
    # A proxy of another build would take the whole of Nova along with it.
    if [[ $name == nova-* ]]; then PINNED+=("$name=$version"); else PINNED+=("$name"); fi
  done
}

# check_packages: simulates the installation; refuses where a package cannot be had, or where another one would be
# upgraded, downgraded or removed. Only `converge` may refresh apt's lists, and only where they lack the package.
check_packages() {
  ((${#MISSING[@]} > 0)) || return 0
  local simulation=$WORK/apt-simulation harmed
  if ! simulate_apt >"$simulation" 2>&1; then
    if [[ $VERB == converge ]]; then
      say "apt does not know ${PINNED[*]}; refreshing its lists"
      apt-get -qq -o DPkg::Lock::Timeout="$APT_LOCK_WAIT" update >&2 || :
    fi
    simulate_apt >"$simulation" 2>&1 ||
      refuse "package ${PINNED[*]} cannot be had: $(grep -m 1 '^E:' "$simulation" || tail -n 1 "$simulation"). Add the repository that Nova $(nova_version) came from, or install the package by hand"
  fi
  harmed=$(awk '/^Remv / { print $2 " (removed)" } /^Inst / && $3 ~ /^\[/ { print $2 " (upgraded)" }' "$simulation")
  [[ -z $harmed ]] ||
    refuse "installing ${PINNED[*]} would touch other packages: $(one_line "$harmed"). Upgrade Nova on this node first, in a maintenance window, or install the package by hand"
}
simulate_apt() {
  apt-get -s -qq --no-install-recommends --no-remove install "${PINNED[@]}"
}

# plan_packages: what will be installed, for people; the versions are apt's.
plan_packages() {
  local name version
  for name in ${MISSING[@]+"${MISSING[@]}"}; do
    version=$(awk -v name="$name" '$1 == "Inst" && $2 == name { sub(/^\(/, "", $3); print $3; exit }' "$WORK/apt-simulation")
    plan package "$name" - - "${version:-missing}" '(not installed)' "${version:-installed}"
  done
}

# install_packages: installs what is missing. The units that come along are masked for the time being, so that no
# proxy starts on an unfinished nova.conf; those that nobody asked for end up disabled.
install_packages() {
  ((${#MISSING[@]} > 0)) || return 0
  local unit new_units=() log=$WORK/apt-install
  for unit in "$SPICE_UNIT" "${OTHER_PROXY_UNITS[@]}"; do
    [[ $ROLE == controller && $(unit_state "$unit") == 'absent '* ]] || continue
    new_units+=("$unit")
    UNIT_BEFORE[$unit]='absent inactive'
  done
  for unit in ${new_units[@]+"${new_units[@]}"}; do change mask "$unit" - - masked; done
  say "installing ${PINNED[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get -y -qq --no-install-recommends --no-remove \
    -o DPkg::Lock::Timeout="$APT_LOCK_WAIT" -o Dpkg::Options::=--force-confold install "${PINNED[@]}" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2 || :
    fail "apt could not install ${PINNED[*]} (its last lines are above). Mend apt on the node, and run again"
  }
  for unit in ${new_units[@]+"${new_units[@]}"}; do transition mask "$unit" - masked -; done
  for unit in ${new_units[@]+"${new_units[@]}"}; do
    [[ $unit == "$SPICE_UNIT" ]] || switch_off_newcomer "$unit"
  done
}

# switch_off_newcomer UNIT: a unit that came with a package, and that nobody asked for.
switch_off_newcomer() {
  journal unit "$1" - 'absent inactive' 'disabled inactive'
  set_unit "$1" 'disabled inactive'
  changed "service/$1: (not installed) -> disabled, inactive"
}
