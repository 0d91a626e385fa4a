# shellcheck shell=bash
# The firewall of a node: the console port from the named sources, by one rule in place and one edited line
# in the persistent file. Never a reload, a restart or a save: on a node with Neutron's or libvirt's chains those
# freeze or wipe them.

readonly FIREWALL_COMMENT='openstack-spice: SPICE consoles'
FIREWALLS=() # what filters on this node: iptables, ip6tables, nftables

# find_firewalls PORT[-LAST]: what could refuse a packet to this node. Rules that iptables-nft keeps are iptables'
# business. Where a manager has the firewall, its own rule has to be there already: we do not edit behind its back.
find_firewalls() {
  local manager tool source
  FIREWALLS=()
  for manager in firewalld ufw; do
    unit_is_active "$manager" || continue
    for source in ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}; do
      manager_lets_in "$manager" "$1" "$source" ||
        refuse "the firewall is managed by $manager, which this version does not edit, and which does not let $source in to TCP $1. Run '$(manager_command "$manager" "$1" "$source")', then this again; or leave $(sources_argument) out"
    done
    FIREWALLS+=("$manager")
  done
  for tool in iptables ip6tables; do
    command -v "$tool" >/dev/null || continue
    # ufw's rules are iptables'; a chain of ours before all others has let the sources in.
    ! contains ufw ${FIREWALLS[@]+"${FIREWALLS[@]}"} || continue
    [[ $ROLE != compute || $(console_firewall) != iptables ]] || continue
    ! iptables_refuses "$tool" INPUT || FIREWALLS+=("$tool")
  done
  [[ -z $(nft_refusing_chains) ]] || FIREWALLS+=(nftables)
}

# manager_lets_in MANAGER PORT[-LAST] SOURCE: whether the rule of manager_command is there, or firewalld has the port open
# to all in a zone that is in use.
manager_lets_in() {
  local zone
  if [[ $1 == ufw ]]; then
    ufw show added 2>/dev/null | grep -qxF "$(manager_command "$@")"
    return
  fi
  for zone in $(firewall-cmd --get-default-zone 2>/dev/null) $(firewall-cmd --get-active-zones 2>/dev/null | grep -o '^[^ ]*'); do
    ! firewall-cmd --quiet --zone="$zone" --query-rich-rule="$(firewalld_rule "$2" "$3")" || return 0
    ! firewall-cmd --quiet --zone="$zone" --query-port="$2/tcp" || return 0
  done
  return 1
}
manager_command() {
  if [[ $1 == ufw ]]; then
    # ufw writes a host without its prefix length
    printf 'ufw allow from %s to any port %s proto tcp\n' "$(sed -E 's,^([0-9.]+)/32$,\1,; s,/128$,,' <<<"$3")" "${2/-/:}"
  else
    printf 'firewall-cmd --permanent --add-rich-rule="%s" && firewall-cmd --reload\n' "$(firewalld_rule "$2" "$3")"
  fi
}
firewalld_rule() {
  local family=ipv4
  [[ $2 != *:* ]] || family=ipv6
  printf "rule family=%s source address=%s port port=%s protocol=tcp accept\n" "$family" "$2" "$1"
}

# sources_argument: which argument's sources these are.
sources_argument() { if [[ $ROLE == compute ]]; then echo proxySourceAddresses; else echo allowedSources; fi; }

# firewall_is_managed: whether the document names sources at all.
firewall_is_managed() { [[ ${DESIRED[firewall]:-} == managed || -n $CONSOLE_PORTS ]]; }

# firewall_text: for the report.
firewall_text() {
  local firewalls=(${FIREWALLS[@]+"${FIREWALLS[@]}"}) own=''
  if ! firewall_is_managed; then
    echo unmanaged
    return
  fi
  [[ $ROLE != compute ]] || own=$(console_firewall)
  [[ -z $own ]] || contains "$own" ${firewalls[@]+"${firewalls[@]}"} || firewalls=("$own" ${firewalls[@]+"${firewalls[@]}"})
  ((${#firewalls[@]} > 0)) || firewalls=(none)
  join , "${firewalls[@]}"
}

# plan_firewall PORT[-LAST]: the rules of ALLOW_FROM in each firewall, and those that are no longer wanted.
plan_firewall() {
  local port=$1 firewall source
  PLANNED_RULES=' '
  if firewall_is_managed; then
    find_firewalls "$port"
    ((${#FIREWALLS[@]} > 0)) || [[ -n $IN_TRANSACTION || $ROLE == compute ]] || say "no firewall refuses TCP $port here: open to all"
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
rule_text() { sed -E 's/dport ([0-9]+):/dport \1-/; s/.*(-s|saddr) ([^ ]+) .*dport ([0-9-]+) .*/accept tcp \3 from \2/' <<<"$1"; }

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
    esac || fail "$file with the new rule does not load. Add the rule by hand, and leave $(sources_argument) out"
  done
}
