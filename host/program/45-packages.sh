# shellcheck shell=bash
# Packages: only those that are missing, and never at the price of another one. What differs between package tools is
# in 46-packages-apt.sh and 47-packages-dnf.sh:
#
#   version NAME             the installed version, or nothing
#   pin NAME                 NAME as the tool is asked for it in the version of the installed Nova
#   simulate NAME...         resolves the installation and changes nothing; fails where a package cannot be had, with 200
#                            where another one keeps the tool locked
#   simulated <OUTPUT        what simulate would do, from its output: lines `install NAME VERSION` and `harm NAME (upgraded)`
#   reason <OUTPUT           why simulate failed, one line
#   refresh                  has the lists of packages looked at anew
#   install NAME...          installs, and asks nothing; bounded where another one holds its lock
#   is_there NAME            whether anything of it is installed, be it half
#   owner FILE               the package that brought the file
#   simulate_removal NAME... as simulate
#   remove NAME...           removes these; what came as their dependencies stays, and so do configuration files
#   unpacked_since SECONDS EXPRESSION   lines `NAME VERSION SECONDS`: what came after that time, by name

MISSING=() # package names that have to be installed
PINNED=()  # the same as the tool is asked for them, with the version that fits the installed Nova

# find_missing_packages NAME...: fills MISSING and PINNED.
find_missing_packages() {
  local name
  MISSING=() PINNED=()
  for name in "$@"; do
    [[ -z $(package_version "$name") ]] || continue
    [[ $name != "$WEB_CLIENT" || $ROLE != controller ]] || ! web_client_is_there || continue
    MISSING+=("$name")
    # A proxy of another build would take the whole of Nova along with it.
    if [[ $name == "$(platform proxy-package)" ]]; then PINNED+=("$(with_package_tool pin "$name")"); else PINNED+=("$name"); fi
  done
}

# web_client_is_there: brought by hand, where no package of the platform has it.
web_client_is_there() {
  [[ $(platform web-client-from) == nobody && -z ${DESIRED["web-client-package"]:-} && -e $(declared DEFAULT/web "$(nova_option DEFAULT web /usr/share/spice-html5)")/spice_auto.html ]]
}

# check_packages: simulates the installation; refuses where a package cannot be had, or where another one would be
# upgraded, downgraded or removed. Only `converge` may refresh the tool's lists, and only where they lack the package.
check_packages() {
  ((${#MISSING[@]} > 0)) || return 0
  local output=$WORK/simulation harmed tool status=0
  tool=$(platform tool)
  with_package_tool simulate "${PINNED[@]}" >"$output" 2>&1 || status=$?
  if ((status != 0)); then
    if [[ $VERB == converge ]] && ((status != 200)); then
      say "$tool does not know ${PINNED[*]}; refreshing its lists"
      with_package_tool refresh >&2 || :
      with_package_tool simulate "${PINNED[@]}" >"$output" 2>&1 || cannot_be_had "$output"
    else
      cannot_be_had "$output"
    fi
  fi
  with_package_tool simulated <"$output" >"$WORK/simulated"
  harmed=$(sed -n 's/^harm //p' "$WORK/simulated")
  [[ -z $harmed ]] ||
    refuse "installing ${PINNED[*]} would touch other packages: $(one_line "$harmed"). Upgrade Nova on this node first, in a maintenance window, or install the package by hand"
}

# cannot_be_had OUTPUT: refuses with what the tool said.
cannot_be_had() {
  local reason
  reason=$(with_package_tool reason <"$1")
  [[ $reason != *' lock'* ]] || refuse "$(platform tool) is at work on this node already: $reason. Let it end, then run again"
  [[ $(platform web-client-from) != nobody || ! $reason =~ (No\ package|find\ a\ match).*\ $WEB_CLIENT( |$) ]] ||
    refuse "there is no SPICE web client on this node, and $(platform name) have no package of it ($reason). Two ways out: a repository that has $WEB_CLIENT (packageRepository), or another source of the client (webClient: an archive with its checksum, or another package)"
  refuse "package ${PINNED[*]} cannot be had: $reason. Add the repository that Nova $(nova_version) came from, or install the package by hand"
}

# plan_packages: what will be installed, for people; the versions are the simulation's.
plan_packages() {
  local name version
  for name in ${MISSING[@]+"${MISSING[@]}"}; do
    version=$(awk -v name="$name" '$1 == "install" && $2 == name { print $3; exit }' "$WORK/simulated")
    plan package "$name" - - "${version:-missing}" '(not installed)' "${version:-installed}"
  done
}

# install_packages: installs what is missing. The units that come along are masked for the time being, so that no
# proxy starts on an unfinished nova.conf; those that nobody asked for end up disabled.
install_packages() {
  ((${#MISSING[@]} > 0)) || return 0
  local unit tool new_units=() log=$WORK/install
  tool=$(platform tool)
  for unit in "$SPICE_UNIT" ${OTHER_PROXY_UNITS[@]+"${OTHER_PROXY_UNITS[@]}"}; do
    [[ $ROLE == controller && $(unit_state "$unit") == 'absent '* ]] || continue
    new_units+=("$unit")
    UNIT_BEFORE[$unit]='absent inactive'
  done
  for unit in ${new_units[@]+"${new_units[@]}"}; do change mask "$unit" - - masked; done
  note_packages
  say "installing ${PINNED[*]}"
  with_package_tool install "${PINNED[@]}" >"$log" 2>&1 || {
    tail -n 20 "$log" >&2 || :
    fail "$tool could not install ${PINNED[*]} (its last lines are above). Mend $tool on the node, and run again"
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
