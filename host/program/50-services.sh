# shellcheck shell=bash
# Units: their state, and a restart that ends in time whatever the unit says.

FRESH=()                  # units that started in this run, and so have read what it wrote
declare -A UNIT_BEFORE=() # the state of units that a package of this run brought along
declare -A CAME_UP=()     # unit that was started in this run -> when it has settled, and its main process
STUCK=()                  # units that did not stop in time

# systemctl: every call ends in time, whatever a unit, a generator or systemd itself does; what takes as long as a unit
# likes (start, stop, restart) is asked for with --no-block, and waited for here.
systemctl() { bounded "$SYSTEMCTL_WAIT" systemctl "$@"; }

# unit_state UNIT: `enabled active`, `disabled inactive`, `masked failed`, `absent inactive` ...
unit_state() {
  local enablement activity
  enablement=$(systemctl is-enabled "$1" 2>/dev/null) || :
  # Of a removed package Debian leaves the init script, which counts as "disabled".
  [[ -n $enablement && $(systemctl show -p LoadState "$1") != LoadState=not-found ]] || enablement=absent
  activity=$(systemctl is-active "$1" 2>/dev/null) || :
  printf '%s %s\n' "$enablement" "$activity"
}

unit_is_active() { systemctl is-active --quiet "$1"; }

# set_unit UNIT STATE: enablement as in STATE; started where STATE is active, else stopped. `absent`: a unit that
# came with a package of ours; it is switched off, the package stays.
set_unit() {
  local enablement=${2% *} activity=${2#* } now
  now=$(unit_state "$1")
  [[ $now != 'absent '* ]] || return 0
  if [[ ${now% *} != "$enablement" ]]; then
    case $enablement in
      enabled) systemctl enable --quiet "$1" 2>/dev/null ;;
      disabled | absent) systemctl disable --quiet "$1" 2>/dev/null ;;
      *) say "$1 is ${now% *}, was $enablement: left as it is" ;;
    esac || fail "systemctl could not make $1 $enablement. Try 'systemctl status $1' on the node"
  fi
  if [[ $activity == active ]]; then
    unit_is_active "$1" || bring_up start "$1"
  else
    stop_unit "$1"
    [[ $activity == failed ]] || systemctl reset-failed "$1" 2>/dev/null || : # it failed in our hands
  fi
}

# stop_unit UNIT: asks systemd and waits until nothing of it runs, at most SERVICE_WAIT seconds: `systemctl stop` waits for
# as long as TimeoutStopSec says, which can be for ever.
stop_unit() {
  local deadline
  deadline=$(deadline "$SERVICE_WAIT")
  systemctl stop --no-block "$1" || fail "systemctl could not stop $1. Try 'systemctl status $1' on the node"
  while unit_is_moving "$1" && seconds_left "$deadline"; do sleep 0.2; done
  fail_where_stuck "$1" stop
  ! unit_is_active "$1" || fail "$1 could not be stopped. Try 'systemctl status $1' on the node"
}

# restart_unit UNIT / bring_up VERB UNIT: asks systemd and waits until the unit is active, at most SERVICE_WAIT
# seconds: a unit of Type=notify would keep `systemctl restart` for as long as its own time-out says (nova-compute
# without a message queue: 90 s, and for ever on some). Fails with the journal's tail.
restart_unit() {
  journal restart "$1" - - -
  bring_up restart "$1"
  told_restart "$1"
}
# told_restart UNIT: for the report.
told_restart() {
  audit "restarted $1"
  printf 'restarted %s\n' "$1" || :
}
bring_up() {
  local verb=$1 unit=$2 deadline
  deadline=$(deadline "$SERVICE_WAIT")
  FRESH+=("$unit")
  ! system_is_stopping || return 0
  : >"$WORK/asked"
  systemctl reset-failed "$unit" 2>/dev/null || :
  systemctl "$verb" --no-block "$unit" || fail "systemctl could not $verb $unit. Try 'systemctl status $unit' on the node"
  if contains "$unit" ${STUCK[@]+"${STUCK[@]}"}; then
    say "$unit is still stopping. It is to start again, as it was, when its old process has ended: see what holds that one, or end it with 'systemctl kill -s KILL $unit'"
    return
  fi
  # A queued job still shows the old process as active: wait for the job first.
  while unit_is_moving "$unit" && ! unit_gave_up "$unit" && seconds_left "$deadline"; do sleep 0.2; done
  fail_where_stuck "$unit" "$verb"
  unit_is_active "$unit" || service_failed "$unit" "does not come up after $verb"
  CAME_UP[$unit]="$(deadline "$SETTLE_TIME") $(main_process "$unit")"
}

# fail_where_stuck UNIT VERB: fails where its old process does not end. It is not killed: TimeoutStopSec is the
# administrator's word on how long that one may take to finish what it is at.
fail_where_stuck() {
  [[ $(systemctl is-active "$1") == deactivating ]] || return 0
  STUCK+=("$1")
  fail "$1 has not stopped $SERVICE_WAIT s after 'systemctl $2': its old process still runs ($(systemctl show -p TimeoutStopUSec "$1")). See what it is at, then run again"
}

# main_process UNIT: its main process, in words that no other one is ever called by.
main_process() { systemctl show -p MainPID -p ExecMainStartTimestampMonotonic "$1" | tr '\n' ' '; }

# still_same_process UNIT: whether what was started in this run is what runs.
still_same_process() { [[ -z ${CAME_UP[$1]:-} ]] || { unit_is_active "$1" && [[ "$(main_process "$1")" == "${CAME_UP[$1]#* }" ]]; }; }

# settle UNIT: waits until a service that was started in this run has been up for SETTLE_TIME seconds, and fails where the
# process that was started is not there any more: with Restart= its successor is as active as it was.
settle() {
  [[ -n ${CAME_UP[$1]:-} ]] || return 0
  while seconds_left "${CAME_UP[$1]%% *}" && still_same_process "$1"; do sleep 0.5; done
  still_same_process "$1" || service_failed "$1" "came up, but its process ended within $SETTLE_TIME s"
}

# system_is_stopping: the node shuts down; what is enabled starts with its next boot.
system_is_stopping() { [[ $(systemctl is-system-running 2>/dev/null) == stopping ]]; }

# unit_is_moving UNIT: a job is queued, or the unit is starting or stopping (systemd 219 has no `show --value`).
unit_is_moving() {
  [[ $(systemctl show -p Job "$1" 2>/dev/null) == Job=[1-9]* || $(systemctl is-active "$1") == *ing ]]
}

# unit_gave_up UNIT: it died three times since it was asked to start. Where a start takes longer than systemd's limit
# looks back, Restart= would go on for ever. (systemd before 235 does not count.)
unit_gave_up() {
  local restarts
  restarts=$(systemctl show -p NRestarts "$1" 2>/dev/null)
  restarts=${restarts#NRestarts=}
  ((${restarts:-0} >= 3))
}

# service_failed UNIT FACT: fails with what the service said last, in the journal and in Nova's log, which has the
# cause where the service got as far as to open it.
service_failed() {
  local log=/var/log/nova/${1#openstack-}.log
  {
    printf 'openstack-spice: %s: last words of %s:\n' "$NODE" "$1"
    bounded 20 journalctl -u "$1" -n 15 --no-pager -o cat 2>/dev/null || :
    if [[ -n $(find "$log" -newer "$WORK/asked" 2>/dev/null) ]]; then tail -n 10 -- "$log"; fi
  } >&2 || :
  fail "$1 $2. The former state is put back; mend the cause that its last words name, and run again"
}

# plan_unit UNIT STATE: the unit is to be in STATE.
plan_unit() {
  local now
  now=$(unit_state "$1")
  [[ $now == 'absent '* || $now != "$2" ]] || return 0
  [[ $now != masked* ]] || refuse "$1 is masked: someone switched it off on purpose. 'systemctl unmask $1' if it may run again"
  plan unit "$1" - "${UNIT_BEFORE[$1]:-$now}" "$2" "$(unit_text "${UNIT_BEFORE[$1]:-$now}")" "$(unit_text "$2")"
}
unit_text() { if [[ $1 == 'absent '* ]]; then echo '(not installed)'; else printf '%s\n' "${1/ /, }"; fi; }

# Debian's two init scripts read one NOVA_CONSOLE_PROXY_TYPE, and the proxy that it does not name exits 0 at once.
# INIT_TEMPLATE is the script's own way around that test (nova-consoleproxy 26.2.2, debian/*.init.in).
spice_drop_in() { printf '/etc/systemd/system/%s.service.d/openstack-spice.conf\n' "$SPICE_UNIT"; }
# spice_drop_in_text BESIDE FOLDER: BESIDE `yes` where it is to start beside the other one; FOLDER of the web client, where
# that is not the platform's: noVNC would read it in nova.conf too.
spice_drop_in_text() {
  printf '%s\n' '# Written by openstack-spice, removed when the role is reverted.'
  [[ $1 != yes ]] || printf '%s\n' '# Lets the SPICE proxy start beside the one that NOVA_CONSOLE_PROXY_TYPE names.'
  printf '[Service]\n'
  [[ $1 != yes ]] || printf '%s\n' 'Environment=INIT_TEMPLATE=1'
  [[ -z $2 ]] || proxy_web_lines "$2"
}

# proxy_web_lines FOLDER: an init script takes no argument; its Nova is new enough for oslo.config's variables, which CentOS 7's is not.
proxy_web_lines() {
  local command
  if [[ $(platform tool) == apt ]]; then
    printf 'Environment=OS_DEFAULT__WEB=%s\n' "$1"
    return
  fi
  command=$(systemctl show -p ExecStart "$SPICE_UNIT" | sed -n 's/.* argv\[\]=\([^;]*\) ;.*/\1/p')
  # ours of an earlier run is at its end
  [[ ! -e $(spice_drop_in) ]] || command=${command% --web *}
  printf 'ExecStart=\nExecStart=%s --web %s\n' "$command" "$1"
}

# plan_drop_in: needed where the init script would not start the SPICE proxy, or the web client lies in a folder of its own.
plan_drop_in() {
  local beside=no folder line
  folder=$(web_client_folder)
  if [[ -n $PROXY_TYPE_FILE && -r $PROXY_TYPE_FILE ]]; then
    line=$(shell_line "$PROXY_TYPE_FILE" NOVA_CONSOLE_PROXY_TYPE)
    # Ours stays where noVNC was retired since.
    [[ ${line#*=} == spicehtml5 ]] && ! grep -qs '^Environment=INIT_TEMPLATE=1$' "$(spice_drop_in)" || beside=yes
  fi
  if [[ $beside == no && -z $folder ]]; then
    plan_undeclared_drop_in "$(state_of file "$(spice_drop_in)" -)"
    return
  fi
  # Its command line is known once it is installed.
  [[ $(unit_state "$SPICE_UNIT") != 'absent '* ]] || return 0
  plan_file file "$(spice_drop_in)" "=$(spice_drop_in_text "$beside" "$folder" | encode)"
}
# plan_undeclared_drop_in STATE: an earlier document needed it.
plan_undeclared_drop_in() {
  local recorded
  recorded=$(recorded "$ROLE" file "$(spice_drop_in)" -) || return 0
  [[ ${recorded#*$'\t'} == "$1" && $1 != "${recorded%%$'\t'*}" ]] || return 0
  plan file "$(spice_drop_in)" - "$1" "${recorded%%$'\t'*}" written "$([[ $recorded == -* ]] && echo '(none)' || echo 'as before')"
}

# web_server_unit: the dashboard's, which the recipe restarts.
web_server_unit() { if [[ $(platform tool) == apt ]]; then echo apache2; else echo httpd; fi; }

# plan_proxy_type: once noVNC is retired the package's own setting says so too, or a reinstallation would bring it back.
plan_proxy_type() {
  local line
  [[ -n $PROXY_TYPE_FILE ]] || return 0
  line=$(shell_line "$PROXY_TYPE_FILE" NOVA_CONSOLE_PROXY_TYPE)
  [[ -n $line && ${line#*=} != spicehtml5 ]] || return 0
  plan shell "$PROXY_TYPE_FILE" NOVA_CONSOLE_PROXY_TYPE "=$(encode <<<"$line")" \
    "=$(encode <<<'NOVA_CONSOLE_PROXY_TYPE=spicehtml5')" "${line#*=}" spicehtml5
}
