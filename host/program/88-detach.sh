# shellcheck shell=bash
# A run does not hang on its caller: the program starts itself in a unit of systemd's and only follows it. A caller
# that asks for the same as the run at work follows that one; any other waits for its end.
#
# /run/openstack-spice/ROLE.XXXXXX has one run: `request` (what was asked), `document`, `program.sh`, `out` and `err` (what it
# said), `code` (its exit status, once it has ended). Who follows holds a shared lock of the folder; the last one removes it.

readonly RUNS=/run/openstack-spice
readonly FRONT_LOCK=/run/lock/openstack-spice.callers.lock

run_unit() { printf 'openstack-spice-%s.service\n' "$1"; }
# run_is_there ROLE: the unit has a process.
run_is_there() {
  case $(systemctl is-active "$(run_unit "$1")" 2>/dev/null) in active | activating | deactivating | reloading) return 0 ;; esac
  return 1
}
# run_lingers ROLE: the unit is there still. A killed run's dpkg, say, works on, and has its unit until it ends.
run_lingers() {
  systemctl reset-failed "$(run_unit "$1")" 2>/dev/null || :
  [[ $(systemctl show -p LoadState "$(run_unit "$1")" 2>/dev/null) == LoadState=loaded ]]
}
# run_folder ROLE: that of the role's last run.
run_folder() { readlink -- "$RUNS/$1" 2>/dev/null || :; }

# caller_converge / caller_revert ROLE [-]: what was asked is known to be sound before anything is started.
caller_converge() {
  local document
  document=$(cat)
  read_document <<<"$document"
  detached converge "$ROLE" "$document"
}
caller_revert() {
  known_role "$1"
  if [[ $2 != - ]] || ! is_superseded "$1"; then detached revert "$1" ''; fi
}

# detached VERB ROLE DOCUMENT: runs the verb, or joins who does; exits with the run's status.
detached() {
  local request folder deadline told=
  ROLE=$2
  check_tools
  request=$(printf '%s\n' "$1" "$(program_digest)" "$3" | sha256sum)
  deadline=$(deadline "$LOCK_WAIT")
  exec 8>"$FRONT_LOCK"
  while :; do
    flock -w "$LOCK_WAIT" 8 || refuse "another caller still holds $FRONT_LOCK after $LOCK_WAIT s. Let it end, then run again"
    folder=$(run_folder "$ROLE")
    if ! run_is_there "$ROLE" && ! run_lingers "$ROLE"; then
      folder=$(start_run "$@" "$request")
      break
    fi
    if run_is_there "$ROLE" && [[ ! -e $folder/code && $(cat -- "$folder/request" 2>/dev/null) == "$request" ]]; then
      say "a run for the same desired state is at work on this node; following it"
      break
    fi
    flock -u 8
    [[ -n $told || -e $folder/code ]] || { told=yes && say "another run is at work on this node; waiting up to $LOCK_WAIT s for it"; }
    seconds_left "$deadline" || refuse "another run is still at work after $LOCK_WAIT s ('systemctl status $(run_unit "$ROLE")'). Let it end, then run again"
    sleep 0.2
  done
  exec 7<"$folder"
  flock -s 7
  exec 8>&-
  follow "$folder"
}

# start_run VERB ROLE DOCUMENT REQUEST: the folder of the run it starts. KillMode: what a killed run had started, such
# as dpkg, is to end by itself. systemd 219 does not take these properties here.
start_run() {
  local folder old unit command properties=(-p KillMode=process -p TimeoutStopSec=900 -p 'SuccessExitStatus=1 2 3 130 143')
  unit=$(run_unit "$2")
  for old in "$RUNS/$2".*/; do remove_run "$old"; done
  mkdir -p -- "$RUNS"
  folder=$(mktemp -d -- "$RUNS/$2.XXXXXX")
  printf '%s\n' "$4" >"$folder/request"
  printf '%s' "$3" >"$folder/document"
  : >"$folder/out"
  : >"$folder/err"
  copy_of_program >"$folder/program.sh"
  ln -sfn -- "$folder" "$RUNS/$2"
  command=(/bin/bash "$folder/program.sh" --uploaded "$UPLOADED" --by "$BY" --run "$folder" "$1" "$2")
  set -- --quiet --unit="$unit" --description="openstack-spice: $1 $2"
  systemd-run "${properties[@]}" "$@" "${command[@]}" 2>/dev/null 8>&- || systemd-run "$@" "${command[@]}" 8>&- || {
    remove_run "$folder"
    refuse "systemd-run could not start a unit. Try 'systemd-run true' on the node"
  }
  printf '%s\n' "$folder"
}

# follow FOLDER: says what the run says, from its beginning, and exits as it does.
follow() {
  local folder=$1 code='' looks=0
  exec 3>&2 5<"$folder/out" 6<"$folder/err"
  while :; do
    if [[ -e $folder/code ]]; then
      code=$(cat -- "$folder/code")
    elif ((looks++ % 10 == 9)) && ! run_is_there "$ROLE" && [[ ! -e $folder/code ]]; then
      code=killed
    fi
    # A closed connection ends the follower, not the run.
    { cat <&5 && cat <&6 >&3; } 2>/dev/null || exit 1
    [[ -z $code ]] || break
    sleep 0.1
  done
  exec 3>&- 5<&- 6<&- 7<&- 8>"$FRONT_LOCK"
  flock 8 && remove_run "$folder"
  exec 8>&-
  [[ $code != killed ]] || fail "the run was killed on the node. What it changed is put back by the node itself within $((2 * DEAD_MAN_EVERY)) s, or by the next run. Run again"
  exit "$code"
}

# remove_run FOLDER: what is left of a run that ended, unless someone still reads it. The caller has the callers' lock.
remove_run() {
  local folder=${1%/}
  [[ -d $folder ]] || return 0
  (
    exec 4<"$folder"
    flock -xn 4 || exit 0
    [[ $(readlink -- "$RUNS/$ROLE") != "$folder" ]] || rm -f -- "$RUNS/$ROLE"
    rm -rf -- "$folder"
    rmdir -- "$RUNS" 2>/dev/null || :
  )
}
