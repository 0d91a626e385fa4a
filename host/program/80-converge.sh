# shellcheck shell=bash
# The transaction: checks, plan, changes, proof, record; or, from wherever it breaks, the way back.

IN_TRANSACTION=

# converge: stdin's document on this node. Called in a unit of its own (88-detach.sh).
converge() {
  read_document
  take_lock
  recover
  run_checks
  make_plan
  if ((${#PLAN[@]} == 0)) && [[ -f $(record_file "$ROLE") && $(record_id "$ROLE") == "${DESIRED[id]:-}" && $(recorded_package_fate) == "$(declared_package_fate)" ]]; then
    note_upload
    report
    return
  fi
  check_writable
  check_plan
  open_journal
  if ((${#MISSING[@]} > 0)); then
    apply_plan repository rpm-key
    REPOSITORY_OPTIONS=()
    apply_plan package
    install_packages
    MISSING=()
    make_plan
  fi
  apply_plan
  bring_services_into_line
  verify
  retire_web_clients
  commit
  report
}

# check: what converge would do, read-only.
check() {
  local text
  read_document
  take_lock
  run_checks
  make_plan
  check_plan
  for text in ${PLAN_TEXT[@]+"${PLAN_TEXT[@]}"}; do
    changed "$text"
  done
  report
}

# make_plan: fills PLAN with what differs from the document.
make_plan() {
  PLAN=() PLAN_TEXT=()
  plan_repository
  plan_packages
  case $ROLE in
    controller)
      plan_certificate
      plan_web_client
      plan_options
      plan_dead_keys
      plan_drop_in
      plan_unit "$SPICE_UNIT" 'enabled active'
      plan_proxy_port "$(declared spice/html5proxy_port 6082)"
      ;;
    compute)
      plan_options
      plan_dead_keys
      # A node that is as it should be is no matter of its queue's.
      [[ -n $IN_TRANSACTION ]] || { ((${#PLAN[@]} == 0)) && [[ -f $(record_file "$ROLE") ]]; } || check_queue "$COMPUTE_UNIT"
      plan_console_ports
      ;;
    vnc-proxy-retirement)
      plan_unit "$NOVNC_UNIT" 'disabled inactive'
      plan_proxy_type
      ;;
  esac
}

# apply_plan [KIND...]: journals and makes the changes, all or those of some kinds. Edited files are published together,
# before any unit is touched and after their syntax was tested.
apply_plan() {
  local index kind where what former written pass
  for pass in $(passes); do
    for index in ${PLAN[@]+"${!PLAN[@]}"}; do
      IFS=$'\t' read -r kind where what former written <<<"${PLAN[index]}"
      if (($# > 0)); then contains "$kind" "$@" || continue; else [[ $kind != package ]] || continue; fi
      [[ $(pass_of "$kind") == "$pass" ]] || continue
      changed "${PLAN_TEXT[index]}"
      [[ $kind != unit ]] || bring_services_into_line
      if [[ $kind == package ]]; then journal "$kind" "$where" "$what" "$former" "$written"; else change "$kind" "$where" "$what" "$former" "$written"; fi
    done
    test_firewall_files
    publish_files
  done
}
# passes: a service is started after the files it reads, and stopped before them; an undo runs backwards.
# Ports are closed before a service can open the first one.
passes() { if [[ $ROLE == vnc-proxy-retirement ]]; then echo units files; else echo console-ports files units firewall; fi; }
pass_of() {
  case $1 in
    unit) echo units ;;
    firewalld* | ufw | iptables* | nft*) echo firewall ;;
    console-ports) echo console-ports ;;
    *) echo files ;;
  esac
}

# bring_services_into_line: restarts what read a file that this transaction changed, once.
bring_services_into_line() {
  local unit
  publish_files
  if journal_has file; then systemctl daemon-reload; fi
  for unit in $(units_to_restart); do
    contains "$unit" ${FRESH[@]+"${FRESH[@]}"} || ! unit_is_active "$unit" || restart_unit "$unit"
  done
  [[ $ROLE != controller ]] || restart_novnc_without_tls restart_unit
}
journal_has() { grep -q "^$1"$'\t' -- "$(journal_file "$ROLE")"; }

# units_to_restart: those that read what the journal changed, each role its own.
units_to_restart() {
  case $ROLE in
    controller)
      ! as_in_recipe restart-iptables || ! journal_has iptables-file || echo iptables
      journal_has option || journal_has file || journal_has pem || return 0
      ! as_in_recipe restart-httpd || web_server_unit
      printf '%s\n' "$SPICE_UNIT"
      ;;
    compute) { ! journal_has option && ! journal_has dead-key; } || printf '%s\n' "$COMPUTE_UNIT" ;;
  esac
}

# verify: that the role does what it is for.
verify() {
  local port
  case $ROLE in
    controller)
      port=$(nova_option spice html5proxy_port 6082)
      wait_for_listener "$SPICE_UNIT" "$port"
      verify_effective_options "$SPICE_UNIT"
      verify_page
      settle "$SPICE_UNIT"
      ;;
    compute)
      unit_is_active "$COMPUTE_UNIT" || service_failed "$COMPUTE_UNIT" 'is not running'
      wait_for_queue "$COMPUTE_UNIT"
      verify_effective_options "$COMPUTE_UNIT"
      settle "$COMPUTE_UNIT"
      ;;
    vnc-proxy-retirement)
      port=$(nova_option vnc novncproxy_port 6080)
      ! unit_listens "$NOVNC_UNIT" "$port" || fail "$NOVNC_UNIT still listens on TCP $port after it was stopped. See 'systemctl status $NOVNC_UNIT' on the node, and run again"
      ;;
  esac
}

# recover: a run before this one was cut off; what it journaled is undone before anything else.
recover() {
  local file
  file=$(journal_file "$ROLE")
  [[ -f $file ]] || return 0
  say "an earlier run was interrupted; putting back what it had changed"
  detect_platform
  { undo "$file" && undo_closed_ports; } || fail "not everything of the interrupted run could be put back (see above). Mend the cause, and run again"
  close_journal
}

# close_journal: it was undone; a role that has no record leaves nothing behind.
close_journal() {
  rm -f -- "$(journal_file "$ROLE")"
  disarm_dead_man
  tidy_web_clients
  [[ -f $(record_file "$ROLE") ]] || rm -rf -- "$(role_folder "$ROLE")"
}

# roll_back: called by the exit trap when a transaction is open.
roll_back() {
  IN_TRANSACTION=
  STAGED=()
  # The record is written, and only the end of `commit` is left to do.
  if [[ ! -f $(journal_file "$ROLE") ]]; then
    close_journal
    return
  fi
  say "putting back the former state"
  if (undo "$(journal_file "$ROLE")" && undo_closed_ports); then
    close_journal
    say "the node is as it was$(exceptions)"
  else
    say "not everything could be put back (see above); the next run tries again"
  fi
}

# exceptions: to "as it was".
exceptions() {
  ((${#PINNED[@]} == 0)) || printf ', but for the packages %s, which stay' "${PINNED[*]}"
  ((${#STUCK[@]} == 0)) || printf ', but for %s, still stopping' "${STUCK[*]}"
}

# undo FILE: takes back the entries of a journal or record, the last one first. What someone else changed since is
# left alone, told, and counted in KEPT. The services that read a changed file are restarted. What remains to be undone
# after them is for undo_closed_ports.
KEPT=()
undo() {
  local entries=() restarts=() index kind where what former written
  # A last line that was cut off was not followed by its change.
  mapfile -t entries < <(awk -F '\t' '!/^#/ && NF == 5' "$1")
  remove_leftovers "$1"
  for ((index = ${#entries[@]} - 1; index >= 0; index--)); do
    IFS=$'\t' read -r kind where what former written <<<"${entries[index]}"
    case $kind in
      restart)
        contains "$where" ${restarts[@]+"${restarts[@]}"} || restarts+=("$where")
        continue
        ;;
      console-ports)
        PORTS_ENTRY=${entries[index]}
        continue
        ;;
      unit) publish_files && reload_units ;;
    esac
    undo_entry "$kind" "$where" "$what" "$former" "$written" || return
  done
  publish_files
  reload_units
  # What was restarted did run before, also where it is dead by now.
  for where in ${restarts[@]+"${restarts[@]}"}; do bring_up restart "$where"; done
}
reload_units() { systemctl daemon-reload; }

# undo_entry KIND WHERE WHAT FORMER WRITTEN: one of them.
undo_entry() {
  local before result=0
  before=$(state_of "$1" "$2" "$3")
  transition "$1" "$2" "$3" "$5" "$4" || result=$?
  if ((result == 9)) && [[ $1 == firewalld-zone ]] && firewalld_hand_over "$2" "$5"; then
    return 0
  elif ((result == 9)); then
    KEPT+=("$(subject_of "$1" "$2" "$3")")
    say "$(subject_of "$1" "$2" "$3") was changed by someone else since: left as it is"
  elif ((result != 0)); then
    return 1
  elif [[ $before != "$(state_of "$1" "$2" "$3")" ]]; then
    tell_undone "$1" "$2" "$3" "$5" "$4"
  fi
}

# undo_closed_ports: the closed ports of what was undone, once no service opens any more there.
PORTS_ENTRY=
undo_closed_ports() {
  local kind where what former written
  [[ -n $PORTS_ENTRY ]] || return 0
  IFS=$'\t' read -r kind where what former written <<<"$PORTS_ENTRY"
  PORTS_ENTRY=
  undo_entry "$kind" "$where" "$what" "$former" "$written"
}

# tell_undone KIND WHERE WHAT FROM TO: one change, as the operator reads it; sections go without saying.
tell_undone() {
  local subject old=written new=written
  subject=$(subject_of "$1" "$2" "$3")
  case $1 in
    dead-key)
      [[ $4 == comment ]] && old='a comment' || old='a key'
      [[ $5 == comment ]] && new='a comment' || new='a key again'
      ;;
    option) old=$(definition_text "$4") new=$(definition_text "$5") ;;
    unit) old=$(unit_text "$4") new=$(unit_text "$(unit_state "$2")") ;;
    pem) old=$(pem_text "$4") new=$(pem_text "$5") ;;
    shell) old=$(decode <<<"${4#=}") new=$(decode <<<"${5#=}") old=${old#*=} new=${new#*=} ;;
    firewalld-zone | file | repository) [[ $5 == - ]] && new='(none)' || new='as before' ;;
    firewalld* | ufw | iptables* | nft*)
      [[ $4 == - ]] && old='(none)' || old=$(rule_text "$3")
      [[ $5 == - ]] && new='(none)' || new=$(rule_text "$3")
      ;;
    rpm-key) [[ $5 == - ]] && old=imported new='(none)' || old='(none)' new=imported ;;
    web-client) old=$(web_client_text "$4" "$3") new=$(web_client_text "$5" "$3") ;;
    console-ports) old=$(ports_text "$4") new=$(ports_text "$5") ;;
    *) return 0 ;;
  esac
  if [[ $VERB == revert ]]; then
    changed "$subject: $old -> $new"
  else
    audit "undone: $subject: $old -> $new"
    say "$subject: $old -> $new"
  fi
}

# report: the facts; the changes were told as they were made.
report() {
  local item
  {
    printf 'nova %s\n' "$(nova_version)"
    case $ROLE in
      controller)
        report_packages "${PROXY_PACKAGES[@]}"
        printf 'firewall %s\n' "$(firewall_text)"
        ;;
      compute)
        report_packages ${COMPUTE_PACKAGES[@]+"${COMPUTE_PACKAGES[@]}"}
        running_guests without spice | sed 's/^/guest-without-spice /'
        ! firewall_is_managed || printf 'firewall %s\n' "$(firewall_text)"
        ;;
    esac
    tell_dead_keys
    for item in ${DEAD_FOUND[@]+"${DEAD_FOUND[@]}"}; do printf 'dead-key %s\n' "$item"; done
    for item in ${KEPT[@]+"${KEPT[@]}"}; do printf 'kept %s\n' "$item"; done
    printf 'changed %s\n' "${#CHANGES[@]}"
  } || :
}
# report_packages NAME...: those that are installed.
report_packages() {
  local name version
  for name in "$@"; do
    version=$(package_version "$name")
    [[ -z $version ]] || printf 'package %s %s\n' "$name" "$version"
  done
}
