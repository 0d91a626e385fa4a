# shellcheck shell=bash
# What finishes a run that was killed: a timer of systemd's, there for as long as a run changes the node. It needs no
# connection, no Pulumi and no process of the run. After a reboot it is gone; then the next run finishes.

# Seconds: how often it looks, and how long a run may take before it is ended.
readonly DEAD_MAN_EVERY=20
readonly RUN_LIMIT=3600

dead_man_unit() { printf 'openstack-spice-%s-dead-man\n' "$1"; }
# unfinished_file ROLE: `VERB DEADLINE STACK` of the run at work; the deadline in seconds since the node's boot.
unfinished_file() { printf '%s/unfinished\n' "$(role_folder "$1")"; }

# arm_dead_man: to be called before the first change.
arm_dead_man() {
  local unit
  unit=$(dead_man_unit "$ROLE")
  printf '%s %s %s\n' "$VERB" "$(deadline "$RUN_LIMIT")" "${DESIRED[owner]:-$(record_owner "$ROLE")}" >"$(unfinished_file "$ROLE")"
  systemctl stop "$unit.timer" 2>/dev/null || :
  systemctl reset-failed "$unit.service" 2>/dev/null || :
  systemd-run --quiet --unit="$unit" --description="openstack-spice: puts $ROLE back if its run is killed" \
    --on-active="$DEAD_MAN_EVERY" --timer-property=OnUnitInactiveSec="$DEAD_MAN_EVERY" --timer-property=AccuracySec=1 \
    /bin/bash "$(role_folder "$ROLE")/program" dead-man "$ROLE" 2>/dev/null ||
    say "systemd-run could not set a timer: should this run be killed, the next one puts back what it changed"
}

# disarm_dead_man: the run has ended, one way or the other.
disarm_dead_man() {
  rm -f -- "$(unfinished_file "$ROLE")"
  systemctl stop "$(dead_man_unit "$ROLE").timer" 2>/dev/null || :
}

# dead_man ROLE: what the timer runs. Nothing while the run lives and is in time; one that is late is asked to put all
# back, and a while later killed.
dead_man() {
  local verb deadline owner
  ROLE=$1
  known_role "$ROLE"
  if ! read -r verb deadline owner <"$(unfinished_file "$ROLE")"; then
    disarm_dead_man
    return
  fi
  exec 9>"$LOCK_FILE"
  if ! flock -n 9; then
    end_late_run "$deadline"
    return
  fi
  HAS_LOCK=yes
  make_work_folder
  say "a run was killed before its end"
  VERB=$verb BY=dead-man
  DESIRED[owner]=$owner
  # Once: where this does not help, doing it every few seconds will not either.
  disarm_dead_man
  detect_platform
  case $verb in
    revert) revert ;;
    *) recover ;;
  esac
  systemctl reset-failed "$(run_unit "$ROLE")" 2>/dev/null || :
}

# end_late_run DEADLINE: a run of another role may hold the lock: that one has its own timer.
end_late_run() {
  local unit
  unit=$(run_unit "$ROLE")
  ! seconds_left "$1" || return 0
  if seconds_left "$(($1 + RUN_LIMIT / 6))"; then
    say "the run takes longer than $((RUN_LIMIT / 60)) minutes: it is ended, and puts back what it changed"
    systemctl kill --kill-who=main --signal=TERM "$unit" 2>/dev/null || :
  else
    systemctl kill --signal=KILL "$unit" 2>/dev/null || :
  fi
}
