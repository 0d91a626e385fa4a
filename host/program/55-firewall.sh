# shellcheck shell=bash
# The firewall of a proxy node: the console port from the named sources, by one rule in place and one edited line
# in the persistent file. Never a reload, a restart or a save: on a node with Neutron's or libvirt's chains those
# freeze or wipe them.

readonly FIREWALL_COMMENT='openstack-spice: SPICE consoles'
FIREWALLS=() # what filters on this node: iptables, ip6tables, nftables

# find_firewalls: what could refuse a packet to this node. Rules that iptables-nft keeps are iptables' business.
find_firewalls() {
  local manager tool
  FIREWALLS=()
  for manager in firewalld ufw; do
    ! unit_is_active "$manager" ||
      refuse "the firewall is managed by $manager, which this version cannot edit. Open TCP $(declared spice/html5proxy_port 6082) there yourself, and leave allowedSources out"
  done
  for tool in iptables ip6tables; do
    command -v "$tool" >/dev/null || continue
    ! iptables_refuses "$tool" INPUT || FIREWALLS+=("$tool")
  done
  [[ -z $(nft_refusing_chains) ]] || FIREWALLS+=(nftables)
}

# firewall_text: for the report.
firewall_text() {
  if [[ ${DESIRED[firewall]:-unmanaged} != managed ]]; then
    echo unmanaged
  elif ((${#FIREWALLS[@]} == 0)); then
    echo none
  else
    (
      IFS=,
      printf '%s\n' "${FIREWALLS[*]}"
    )
  fi
}

# plan_firewall PORT: the rules of ALLOW_FROM in each firewall, and those that are no longer wanted.
plan_firewall() {
  local port=$1 firewall source
  PLANNED_RULES=' '
  if [[ ${DESIRED[firewall]:-unmanaged} == managed ]]; then
    find_firewalls
    ((${#FIREWALLS[@]} > 0)) || [[ -n $IN_TRANSACTION ]] || say "no firewall refuses TCP $port here: open to all"
    for firewall in ${FIREWALLS[@]+"${FIREWALLS[@]}"}; do
      for source in ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}; do
        case $firewall in
          iptables) [[ $source == *:* ]] || plan_iptables iptables "$source" "$port" ;;
          ip6tables) [[ $source != *:* ]] || plan_iptables ip6tables "$source" "$port" ;;
          nftables) plan_nft "$source" "$port" ;;
        esac
      done
    done
  fi
  plan_undeclared_rules
}

# plan_rule KIND WHERE WHAT OLD NEW: a rule that has to be there.
plan_rule() {
  PLANNED_RULES+="$1|$2|$3|"$'\n'
  [[ $(firewall_state "$1" "$2" "$3") != - ]] || plan "$1" "$2" "$3" - in "$4" "$5"
}

# plan_undeclared_rules: rules of ours, of an earlier document, that this one does not ask for.
plan_undeclared_rules() {
  local kind where what former written
  while IFS=$'\t' read -r kind where what former written; do
    [[ $kind == iptables* || $kind == nft* ]] || continue
    [[ $PLANNED_RULES != *"$kind|$where|$what|"* && $(firewall_state "$kind" "$where" "$what") == in ]] || continue
    plan "$kind" "$where" "$what" in - "$(rule_text "$what")" '(none)'
  done < <(read_record "$ROLE")
}

# rule_text RULE: a rule of ours as people read it.
rule_text() { sed -E 's/.*(-s|saddr) ([^ ]+) .*dport ([0-9]+) .*/accept tcp \3 from \2/' <<<"$1"; }

firewall_state() {
  case $1 in
    iptables) if iptables_rule_is_in "$2" "$3"; then echo in; else echo -; fi ;;
    nft) if [[ -n $(nft_handle "$2" "$3") ]]; then echo in; else echo -; fi ;;
    iptables-file) if line_is_in "$(copy_or_file "$2")" "$3"; then echo in; else echo -; fi ;;
    nft-file) if [[ -r $2 && -n $(nft_file has "$(copy_or_file "$2")" "${3%%|*}" "${3#*|}") ]]; then echo in; else echo -; fi ;;
  esac
}

set_firewall() {
  case $1/$4 in
    iptables/in) iptables_insert "$2" "$3" ;;
    iptables/-) iptables_do "$2" -D INPUT "$3" ;;
    iptables-file/in) edit_file "$2" iptables_file_with "$3" ;;
    nft/in) nft_insert "$2" "$3" ;;
    nft/-) nft_delete "$2" "$3" ;;
    nft-file/in) edit_file "$2" nft_file_with "$3" ;;
    iptables-file/-) edit_file "$2" without_line "$3" ;;
    nft-file/-) edit_file "$2" nft_file_without "$3" ;;
  esac
}

# edit_file FILE FUNCTION ARGUMENT: the staged copy becomes what FUNCTION prints of it.
edit_file() {
  stage "$1"
  "$2" "$(staged "$1")" "$3" >"$WORK/edit"
  restage "$1" "$WORK/edit"
}

# test_firewall_files: what was staged must load, before it is published.
test_firewall_files() {
  local file
  for file in ${STAGED[@]+"${!STAGED[@]}"}; do
    case $file in
      */rules.v4) iptables-restore --test <"$(staged "$file")" ;;
      */rules.v6) ip6tables-restore --test <"$(staged "$file")" ;;
      */nftables.conf) nft -c -f "$(staged "$file")" ;;
    esac || fail "$file with the new rule does not load. Add the rule by hand, and leave allowedSources out"
  done
}
