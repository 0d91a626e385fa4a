# shellcheck shell=bash
# ufw: its own command, which puts the rule into its file and into the kernel in one go, and touches only its own chains.
# The state is read from the file: what `ufw show added` prints of a rule depends on the other rules.

readonly UFW_RULES=/etc/ufw/user.rules UFW_RULES6=/etc/ufw/user6.rules

ufw_do() { bounded "$PROBE_WAIT" ufw "$@"; }

# Its unit tells nothing: it is active where ufw is off, and inactive where ufw was switched on since the boot.
ufw_at_work() {
  command -v ufw >/dev/null && ufw_do status 2>/dev/null | grep -x 'Status: active' >/dev/null || return 0
  [[ -n $IN_TRANSACTION ]] || systemctl is-enabled --quiet ufw 2>/dev/null ||
    say "ufw is on, but ufw.service is not enabled: the rules are gone after a reboot, as are all its others"
  echo ufw
}

# ufw_plan - SOURCE PORT[-LAST]
ufw_plan() {
  local file=$UFW_RULES
  [[ $2 != *:* ]] || file=$UFW_RULES6
  plan_rule ufw "$file" "$(ufw_rule "$2" "$3")" '(none)' "accept tcp $3 from $2"
}

# ufw_rule SOURCE PORT[-LAST]: as its command takes it.
ufw_rule() { printf 'allow from %s to any port %s proto tcp\n' "$1" "${2/-/:}"; }

# ufw_state - FILE RULE: by the line with which ufw keeps a rule, `ACTION PROTOCOL PORT TO PORT FROM PORT in comment=HEX`;
# a host has no prefix length there.
ufw_state() {
  local words source any=0.0.0.0/0 host=/32
  read -ra words <<<"$3"
  [[ $2 != "$UFW_RULES6" ]] || any=::/0 host=/128
  source=${words[2]%"$host"}
  if grep -sqxE "### tuple ### allow tcp ${words[6]} $any any ${source//./\\.} in( comment=.*)?" -- "$2"; then echo in; else echo -; fi
}
ufw_set() {
  local rule=() place=()
  read -ra rule <<<"$3"
  if [[ $4 == - ]]; then
    ufw_do delete ${rule[@]+"${rule[@]}"} >/dev/null
    return
  fi
  # The rules are asked in their order: ours comes last, but before all others where one of them refuses.
  ! grep -qE '^### tuple ### (deny|reject|limit)' -- "$2" || place=(prepend)
  ufw_do ${place[@]+"${place[@]}"} ${rule[@]+"${rule[@]}"} comment "$FIREWALL_COMMENT" >/dev/null ||
    fail "ufw did not take the rule '$3'. Add it by hand, and leave $(sources_argument) out"
}
