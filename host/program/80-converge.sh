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
