# shellcheck shell=bash
# Packages at revert. They stay, unless the stack said `packages-on-destroy = remove`; then those that it installed go, and
# nothing else: not what was there before, not what came as their dependencies, no configuration files.

# declared_package_fate / recorded_package_fate: `keep` or `remove`, by the document, and by the record, which is what a revert
# without the stack goes by.
declared_package_fate() { printf '%s\n' "${DESIRED["packages-on-destroy"]:-keep}"; }
recorded_package_fate() {
  local fate
  fate=$(record_header "$ROLE" packages-on-destroy)
  printf '%s\n' "${fate:-keep}"
}

# remove_packages: what of them is still there, also where an earlier revert was cut off. What is in use stays, and is told.
remove_packages() {
  local name names reason candidates=() log=$WORK/removal
  [[ $(recorded_package_fate) == remove ]] || return 0
  mapfile -t names < <(read_record "$ROLE" | awk -F '\t' '$1 == "package" { print $2 }')
  for name in ${names[@]+"${names[@]}"}; do
    with_package_tool is_there "$name" || continue
    reason=$(use_of_package "$name")
    if [[ -n $reason ]]; then keep_package "$name" "$reason"; else candidates+=("$name"); fi
  done
  find_removable ${candidates[@]+"${candidates[@]}"}
  ((${#REMOVABLE[@]} > 0)) || return 0
  say "removing ${REMOVABLE[*]}"
  with_package_tool remove "${REMOVABLE[@]}" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2 || :
    fail "$(platform tool) could not remove ${REMOVABLE[*]} (its last lines are above). All else is put back. Mend $(platform tool) on the node, and revert again"
  }
  for name in "${REMOVABLE[@]}"; do changed "package/$name: installed -> (not installed)"; done
}
keep_package() {
  KEPT+=("package/$1")
  say "package $1 stays: $2"
}

# use_of_package NAME: who uses it now, or nothing. By now all of ours is as it was before.
use_of_package() {
  local unit state
  for unit in "$SPICE_UNIT" "$NOVNC_UNIT" ${OTHER_PROXY_UNITS[@]+"${OTHER_PROXY_UNITS[@]}"}; do
    state=$(unit_state "$unit")
    [[ $state == enabled* || $state == *' active' ]] || continue
    if [[ $1 == "$(unit_package "$unit")" || ($1 != "$(platform proxy-package)" && $ROLE == controller && $unit == "$SPICE_UNIT") ]]; then
      printf '%s is %s\n' "$unit" "$(unit_text "$state")"
      return
    fi
  done
  if [[ $1 == "$(platform qemu-spice)" ]]; then
    unit=$(guests_with_spice) || unit='(libvirt does not tell)'
    [[ -z $unit ]] || printf 'guests have SPICE: %s\n' "$(one_line "$unit")"
  fi
}

# unit_package UNIT: the package that its file came with.
unit_package() {
  local file
  file=$(systemctl show -p FragmentPath "$1")
  [[ -z ${file#FragmentPath=} ]] || with_package_tool owner "${file#FragmentPath=}"
}

# find_removable NAME...: fills REMOVABLE with those that can go, and nothing else with them.
REMOVABLE=()
find_removable() {
  local name others staying before
  REMOVABLE=("$@")
  while ((${#REMOVABLE[@]} > 0)); do
    others=$(removed_with "${REMOVABLE[@]}")
    [[ -n $others ]] || return 0
    before=("${REMOVABLE[@]}") staying=''
    REMOVABLE=()
    for name in "${before[@]}"; do
      others=$(removed_with "$name" | grep -vxF -f <(printf '%s\n' "${before[@]}") || :)
      if [[ -z $others ]]; then
        REMOVABLE+=("$name")
      else
        keep_package "$name" "needed by $(one_line "$others")"
        staying=yes
      fi
    done
    [[ -n $staying ]] && continue
    for name in "${before[@]}"; do keep_package "$name" "$(platform tool) cannot remove it alone"; done
    REMOVABLE=()
  done
}

# removed_with NAME...: what else would be touched, a name a line, by a simulation.
removed_with() {
  local output=$WORK/removal-simulation
  if ! with_package_tool simulate_removal "$@" >"$output" 2>&1; then
    with_package_tool reason <"$output"
    return
  fi
  with_package_tool simulated <"$output" | awk '{ print $2 }' | grep -vxF -f <(printf '%s\n' "$@") || :
}
