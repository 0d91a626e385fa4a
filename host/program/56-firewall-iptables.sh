# shellcheck shell=bash
# iptables and ip6tables, and the file that netfilter-persistent loads at boot.

# iptables_refuses TOOL CHAIN: whether a packet can be refused there: by policy, by DROP or REJECT, or in a chain it
# jumps to.
iptables_refuses() { [[ -n $(iptables_save "$1" | first_refusal "$2") ]]; }

# iptables_save TOOL: the filter table, in the format of the persistent file too.
iptables_save() { "$1-save" -t filter 2>/dev/null || :; }

# first_refusal CHAIN: of an iptables-save text on stdin, the number of the first rule of CHAIN that can refuse a TCP
# packet to this node; one past the last rule where only the policy does; nothing where none does. Not Neutron's rules
# for what is bridged to or from a guest, nor our own chain of 58-console-ports.sh.
first_refusal() {
  awk -v chain="$1" '
    /^\*/ { table = $1 }
    table != "*filter" { next }
    /^:/ { policy[substr($1, 2)] = $2 }
    /^-A / { target[$2, ++rules[$2]] = target_of($0) }
    function target_of(text) {
      if (text ~ / --physdev-is-bridged/ && text !~ /! --physdev-is-bridged/) return ""
      if (text ~ / -p / && text !~ / (! -p [^ ]+|-p (tcp|all)) /) return ""
      return match(text, / -[jg] [^ ]+/) ? substr(text, RSTART + 4, RLENGTH - 4) : ""
    }
    function refuses(name, depth,    i) {
      if (name == "DROP" || name == "REJECT") return 1
      if (depth > 20 || name == "OPENSTACK_SPICE") return 0
      for (i = 1; i <= rules[name]; i++) if (refuses(target[name, i], depth + 1)) return 1
      return 0
    }
    END {
      for (i = 1; i <= rules[chain]; i++) if (refuses(target[chain, i], 1)) { print i; exit }
      if (policy[chain] == "DROP") print rules[chain] + 1
    }'
}

# iptables_rule SOURCE PORT[-LAST]: the rule as iptables-save writes it, without the `-A INPUT`.
iptables_rule() {
  printf -- '-s %s -p tcp -m tcp --dport %s -m comment --comment "%s" -j ACCEPT\n' "$1" "${2/-/:}" "$FIREWALL_COMMENT"
}

# iptables_persistent_file TOOL: the file that is loaded at boot, or nothing.
iptables_persistent_file() {
  local file=/etc/iptables/rules.v4
  [[ $1 == iptables ]] || file=/etc/iptables/rules.v6
  [[ ! -f $file ]] || ! systemctl is-enabled --quiet netfilter-persistent 2>/dev/null || printf '%s\n' "$file"
}

# plan_iptables TOOL SOURCE PORT
plan_iptables() {
  local rule file
  rule=$(iptables_rule "$2" "$3")
  plan_rule iptables "$1" "$rule" '(none)' "accept tcp $3 from $2"
  file=$(iptables_persistent_file "$1")
  if [[ -z $file ]]; then
    say "$1 has no persistent file of netfilter-persistent: the rule is gone after a reboot, as are all its others"
  else
    plan_rule iptables-file "$file" "-A INPUT $rule" '(none)' "accept tcp $3 from $2"
  fi
}

# iptables_do TOOL VERB CHAIN [NUMBER] RULE: the rule's text as arguments; its only quoted word is our own comment.
iptables_do() {
  local tool=$1 arguments=("${@:2:$#-2}") rule=${*: -1} words
  read -ra words <<<"${rule/\"$FIREWALL_COMMENT\"/@}"
  words=("${words[@]/#@/$FIREWALL_COMMENT}")
  "$tool" -w 10 "${arguments[@]}" "${words[@]}"
}
iptables_rule_is_in() { iptables_do "$1" -C INPUT "$2" 2>/dev/null; }

# iptables_insert TOOL RULE: before the first rule that could refuse.
iptables_insert() {
  local number
  number=$(iptables_save "$1" | first_refusal INPUT)
  iptables_do "$1" -I INPUT "${number:-1}" "$2" || fail "$1 did not take the rule '$2'. Add it by hand, and leave $(sources_argument) out"
}

# iptables_file_with FILE LINE: the file with the line before the first of INPUT's that could refuse, else at the end
# of the filter table.
iptables_file_with() {
  LINE=$2 NUMBER=$(first_refusal INPUT <"$1") awk '
    /^\*/ { table = $1 }
    table == "*filter" && !done && ((/^-A INPUT / && ++seen == ENVIRON["NUMBER"]) || $0 == "COMMIT") { print ENVIRON["LINE"]; done = 1 }
    { print }' "$1"
}
