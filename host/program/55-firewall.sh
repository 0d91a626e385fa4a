# shellcheck shell=bash
# The firewall of a node: the console port from the named sources, by one rule in place and one edited line
# in the persistent file. Never a reload, a restart or a save: on a node with Neutron's or libvirt's chains those
# freeze or wipe them.

readonly FIREWALL_COMMENT='openstack-spice: SPICE consoles'
FIREWALLS=() # what filters on this node by now, as the report names it

# What can filter on a node, in the order of who is asked first. Each has a file with these functions:
#   NAME_at_work                      prints what of it could refuse a packet to this node by now: what is installed, but
#                                     switched off, does not count
#   NAME_plan WHAT SOURCE PORT[-LAST] by plan_rule: what lets the source in by WHAT, of those printed, now and after a boot
#   NAME_state KIND WHERE RULE        `in` or `-`, for the kinds of change NAME and NAME-file
#   NAME_set KIND WHERE RULE STATE    makes it so
readonly FIREWALL_BACKENDS=(firewalld ufw iptables nft)
backend_of() {
  case $1 in
    ip6tables) echo iptables ;;
    nftables) echo nft ;;
    *) printf '%s\n' "${1%%-*}" ;;
  esac
}

# find_firewalls: fills FIREWALLS.
find_firewalls() {
  local backend found
  FIREWALLS=()
  for backend in "${FIREWALL_BACKENDS[@]}"; do
    for found in $("${backend}_at_work"); do FIREWALLS+=("$found"); done
  done
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
  [[ -z $CONSOLE_PORTS$PROXY_PORT ]] || own=$(closing_firewall)
  [[ -z $own ]] || contains "$own" ${firewalls[@]+"${firewalls[@]}"} || firewalls=("$own" ${firewalls[@]+"${firewalls[@]}"})
  ((${#firewalls[@]} > 0)) || firewalls=(none)
  join , "${firewalls[@]}"
}

# plan_firewall PORT[-LAST]: the rules of ALLOW_FROM in each firewall, and those that are no longer wanted.
plan_firewall() {
  local port=$1 firewall source
  PLANNED_RULES=' '
  if firewall_is_managed; then
    find_firewalls
    for firewall in ${FIREWALLS[@]+"${FIREWALLS[@]}"}; do
      for source in ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}; do
        "$(backend_of "$firewall")_plan" "$firewall" "$source" "$port"
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
  local kind where what former written zones=()
  while IFS=$'\t' read -r kind where what former written; do
    if [[ $kind == firewalld-zone ]]; then
      zones+=("$where"$'\t'"$written")
      continue
    fi
    contains "$(backend_of "$kind")" "${FIREWALL_BACKENDS[@]}" || continue
    [[ $PLANNED_RULES != *"$kind|$where|$what|"* && $(firewall_state "$kind" "$where" "$what") == in ]] || continue
    plan "$kind" "$where" "$what" in - "$(rule_text "$what")" '(none)'
  done < <(read_record "$ROLE")
  for where in ${zones[@]+"${zones[@]}"}; do firewalld_plan_undeclared "${where%%$'\t'*}" "${where#*$'\t'}"; done
}

# rule_text RULE: a rule of ours, of whichever firewall, as people read it.
rule_text() {
  sed -E 's/^(-A INPUT )?-p tcp -m multiport --dports /-s 0.0.0.0\/0 --dport /; s/port ([0-9]+):/port \1-/; s/[="]+/ /g; s/.*(-s|saddr|from|address) ([^ ]+) .*port ([0-9-]+) .*/accept tcp \3 from \2/' <<<"$1"
}

firewall_state() { "$(backend_of "$1")_state" "$@"; }
set_firewall() { "$(backend_of "$1")_set" "$@"; }

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
      */rules.v4 | */sysconfig/iptables) iptables-restore --test <"$(staged "$file")" ;;
      */rules.v6 | */sysconfig/ip6tables) ip6tables-restore --test <"$(staged "$file")" ;;
      *) ! contains "$file" ${NFT_FILES[@]+"${NFT_FILES[@]}"} || nft_text_loads ;;
    esac || fail "$file with the new rule does not load. Add the rule by hand, and leave $(sources_argument) out"
  done
}
