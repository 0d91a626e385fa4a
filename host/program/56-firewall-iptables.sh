# shellcheck shell=bash
# iptables and ip6tables, and the file that netfilter-persistent, or iptables-services' units, load at boot.

readonly RECIPE_COMMENT='Allow SPICE connections for console access ' # with that blank

iptables_at_work() {
  local tool
  for tool in iptables ip6tables; do
    command -v "$tool" >/dev/null || continue
    # These rules are ufw's, or firewalld's, which lets our sources in before they refuse.
    ! contains ufw ${FIREWALLS[@]+"${FIREWALLS[@]}"} || continue
    ! iptables_save "$tool" | grep '^:INPUT_ZONES ' >/dev/null || continue
    # A chain of ours before all others has let the sources in.
    [[ -z $CONSOLE_PORTS$PROXY_PORT || $(closing_firewall) != iptables ]] || continue
    ! iptables_refuses "$tool" INPUT || echo "$tool"
  done
}

# iptables_refuses TOOL CHAIN: whether a packet can be refused there: by policy, by DROP or REJECT, or in a chain it
# jumps to.
iptables_refuses() { [[ -n $(iptables_save "$1" | first_refusal "$2") ]]; }

# iptables_save TOOL: the filter table, in the format of the persistent file too.
iptables_save() { "$1-save" -t filter 2>/dev/null || :; }

# first_refusal CHAIN: of an iptables-save text on stdin, the number of the first rule of CHAIN that can refuse a TCP
# packet to this node; one past the last rule where only the policy does; nothing where none does. Not Neutron's rules
# for what is bridged to or from a guest, nor our own chains of 57-closed-ports.sh.
first_refusal() {
  awk -v chain="$1" '
    /^\*/ { table = $1 }
    table != "*filter" { next }
    { sub(/^\[[0-9]+:[0-9]+\] /, "") } # counters
    /^:/ { policy[substr($1, 2)] = $2 }
    /^-A / { target[$2, ++rules[$2]] = target_of($0) }
    function target_of(text) {
      if (text ~ / --physdev-is-bridged/ && text !~ /! --physdev-is-bridged/) return ""
      if (text ~ / -p / && text !~ / (! -p [^ ]+|-p (tcp|all)) /) return ""
      return match(text, / -[jg] [^ ]+/) ? substr(text, RSTART + 4, RLENGTH - 4) : ""
    }
    function refuses(name, depth,    i) {
      if (name == "DROP" || name == "REJECT") return 1
      if (depth > 20 || name ~ /^OPENSTACK_SPICE(_PROXY)?$/) return 0
      for (i = 1; i <= rules[name]; i++) if (refuses(target[name, i], depth + 1)) return 1
      return 0
    }
    END {
      for (i = 1; i <= rules[chain]; i++) if (refuses(target[chain, i], 1)) { print i; exit }
      if (policy[chain] == "DROP") print rules[chain] + 1
    }'
}

# iptables_rule SOURCE PORT[-LAST]: the rule as iptables-save writes it, without the `-A INPUT`; the recipe's own where it
# is asked for, and where the source is everybody as it is there.
iptables_rule() {
  if [[ $1 == 0.0.0.0/0 ]] && as_in_recipe firewall-rule-first; then
    printf -- '-p tcp -m multiport --dports %s -m comment --comment "%s" -j ACCEPT\n' "${2/-/:}" "$RECIPE_COMMENT"
    return
  fi
  printf -- '-s %s -p tcp -m tcp --dport %s -m comment --comment "%s" -j ACCEPT\n' "$1" "${2/-/:}" "$FIREWALL_COMMENT"
}

# iptables_persistent_file TOOL: the file that is loaded at boot, or nothing: of several the one whose unit is enabled.
iptables_persistent_file() {
  local unit file version=4
  [[ $1 == iptables ]] || version=6
  for unit in netfilter-persistent "$1"; do
    file=/etc/sysconfig/$1
    [[ $unit == "$1" ]] || file=/etc/iptables/rules.v$version
    [[ ! -f $file ]] || ! systemctl is-enabled --quiet "$unit" 2>/dev/null || { printf '%s\n' "$file" && return; }
  done
}

# iptables_plan TOOL SOURCE PORT[-LAST]
iptables_plan() {
  local rule file
  if [[ $2 == *:* ]]; then [[ $1 == ip6tables ]]; else [[ $1 == iptables ]]; fi || return 0
  rule=$(iptables_rule "$2" "$3")
  plan_rule iptables "$1" "$rule" '(none)' "accept tcp $3 from $2"
  file=$(iptables_persistent_file "$1")
  if [[ -z $file ]]; then
    say "$1 has no persistent file, of netfilter-persistent or of a unit $1: the rule is gone after a reboot, as are all its others"
  else
    plan_rule iptables-file "$file" "-A INPUT $rule" '(none)' "accept tcp $3 from $2"
  fi
}

iptables_state() {
  case $1 in
    iptables) if iptables_rule_is_in "$2" "$3"; then echo in; else echo -; fi ;;
    iptables-file) if line_is_in "$(copy_or_file "$2")" "$3"; then echo in; else echo -; fi ;;
  esac
}
iptables_set() {
  case $1/$4 in
    iptables/in) iptables_insert "$2" "$3" ;;
    iptables/-) iptables_do "$2" -D INPUT "$3" ;;
    iptables-file/in) edit_file "$2" iptables_file_with "$3" ;;
    iptables-file/-) edit_file "$2" without_line "$3" ;;
  esac
}

# iptables_do TOOL VERB CHAIN [NUMBER] RULE: the rule's text as arguments; its only quoted word is the comment.
iptables_do() {
  local tool=$1 arguments=("${@:2:$#-2}") rule=${*: -1} before after
  read -ra before <<<"${rule%%\"*}"
  read -ra after <<<"${rule##*\"}"
  rule=${rule#*\"}
  "$tool" -w 10 "${arguments[@]}" "${before[@]}" "${rule%\"*}" ${after[@]+"${after[@]}"}
}
iptables_rule_is_in() { iptables_do "$1" -C INPUT "$2" 2>/dev/null; }

# iptables_insert TOOL RULE: before the first rule that could refuse.
iptables_insert() {
  local number
  if as_in_recipe firewall-rule-first; then number=1; else number=$(iptables_save "$1" | first_refusal INPUT); fi
  iptables_do "$1" -I INPUT "${number:-1}" "$2" || fail "$1 did not take the rule '$2'. Add it by hand, and leave $(sources_argument) out"
}

# iptables_file_with FILE LINE: the file with the line before the first of INPUT's that could refuse, else at the end
# of the filter table.
iptables_file_with() {
  LINE=$2 NUMBER=$(first_refusal INPUT <"$1") awk '
    /^\*/ { table = $1 }
    table == "*filter" && !done && ((/^(\[[0-9]+:[0-9]+\] )?-A INPUT / && ++seen == ENVIRON["NUMBER"]) || $0 == "COMMIT") { print ENVIRON["LINE"]; done = 1 }
    { print }' "$1"
}
