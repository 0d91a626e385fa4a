# shellcheck shell=bash
# The way back, from the record; it needs no document and no Pulumi, and can be run again wherever it broke.

# revert: every recorded change of ROLE that is still as we left it gets its former state. Called in a unit of its own,
# or by the dead man's timer.
revert() {
  take_lock
  recover
  if [[ ! -f $(record_file "$ROLE") ]]; then
    say "nothing is recorded for the role $ROLE: nothing to put back"
    forget "$ROLE"
    printf 'changed 0\n'
    return
  fi
  check_tools
  detect_platform
  check_record "$ROLE"
  arm_dead_man
  tell_guests_with_spice
  undo "$(record_file "$ROLE")" || fail "not everything could be put back (see above). Mend the cause, and run again"
  restart_after_revert
  remove_packages
  tell_open_consoles
  undo_closed_ports || fail "not everything could be put back (see above). Mend the cause, and run again"
  forget "$ROLE"
  report
}

# is_superseded ROLE <DOCUMENT: whether another resource than the document's has converged the role since, and says so.
# A node that got another name in its stack is converged under the new one first, and the old name's resource deleted
# after that. Reads only two lines, whatever version wrote them.
is_superseded() {
  local document owner id
  document=$(cat)
  owner=$(sed -n 's/^owner = //p' <<<"$document") id=$(sed -n 's/^id = //p' <<<"$document")
  [[ -f $(record_file "$1") && "$(record_owner "$1") $(record_id "$1")" != "$owner $id" ]] || return 1
  say "the role $1 of this node is managed by another resource of the stack '$(record_owner "$1")' by now, as after a new name: left as it is. To put it back all the same, run 'openstack-spice revert $1' on the node"
}

# restart_after_revert: services that run on, and that read what was put back.
restart_after_revert() {
  local change unit=''
  case $ROLE in
    controller)
      unit=$SPICE_UNIT
      restart_novnc_without_tls restart_novnc_in_revert
      ;;
    compute) unit=$COMPUTE_UNIT ;;
    vnc-proxy-retirement)
      if unit_is_active "$NOVNC_UNIT"; then wait_for_listener "$NOVNC_UNIT" "$(nova_option vnc novncproxy_port 6080)"; fi
      return 0
      ;;
  esac
  for change in ${CHANGES[@]+"${CHANGES[@]}"}; do
    [[ $change != service/* && $change != firewall/* ]] || continue
    unit_is_active "$unit" || return 0
    bring_up restart "$unit"
    [[ $ROLE != compute ]] || wait_for_queue "$unit"
    settle "$unit"
    told_restart "$unit"
    return 0
  done
}

restart_novnc_in_revert() {
  bring_up restart "$1"
  told_restart "$1"
}

# tell_guests_with_spice: a guest that was hard-rebooted on SPICE alone has no console once SPICE is off.
tell_guests_with_spice() {
  local uuid
  [[ $ROLE == compute ]] || return 0
  for uuid in $(running_guests without vnc); do
    say "guest $uuid has SPICE only: it has no console after this until its hard reboot"
  done
}

# status: what is recorded, without any value.
status() {
  local folder role kind where what former written
  detect_platform
  printf 'nova %s\n' "$(nova_version)"
  for folder in "$STATE_DIR"/roles/*/; do
    [[ -d $folder ]] || continue
    role=$(basename -- "$folder")
    printf 'role %s\nowner %s\n' "$role" "$(record_owner "$role")"
    if run_is_there "$role"; then
      printf 'running %s\n' "$role"
    elif [[ -f $(journal_file "$role") || -f $(unfinished_file "$role") ]]; then
      printf 'interrupted %s\n' "$role"
    fi
    while IFS=$'\t' read -r kind where what former written; do
      printf 'recorded %s\n' "$(subject_of "$kind" "$where" "$what")"
    done < <(read_record "$role")
  done
}
