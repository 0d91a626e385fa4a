# shellcheck shell=bash
# The way back from a journal or a record: of a run that failed or was cut off, and of a revert.

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
