# shellcheck shell=bash
# nftables. A packet passes every base chain of its hook, and an accept in one does not overrule a drop in another:
# the rule goes into each base input chain that could refuse.

nft_at_work() { [[ -z $(nft_refusing_chains) ]] || echo nftables; }

nft_state() {
  case $1 in
    nft) if [[ -n $(nft_handle "$2" "$3") ]]; then echo in; else echo -; fi ;;
    nft-file) if [[ -r $2 && -n $(nft_file has "$(copy_or_file "$2")" "${3%%|*}" "${3#*|}") ]]; then echo in; else echo -; fi ;;
  esac
}
nft_set() {
  case $1/$4 in
    nft/in) nft_insert "$2" "$3" ;;
    nft/-) nft_delete "$2" "$3" ;;
    nft-file/in) edit_file "$2" nft_file_with "$3" ;;
    nft-file/-) edit_file "$2" nft_file_without "$3" ;;
  esac
}

# nft_rules: of each chain of the node a line `FAMILY TABLE CHAIN<tab>TEXT` for its type and for each of its rules, with
# the handle at its end. nft breaks a long set over lines: a rule is whole where its handle is.
nft_rules() {
  command -v nft >/dev/null || return 0
  { nft -a list ruleset 2>/dev/null || :; } | awk '
    /^table / { at = $2 " " $3; next }
    /^\tchain / { chain = $2; text = ""; next }
    /^\t}/ { chain = "" }
    chain == "" || /^\t\tcomment "/ { next }
    { line = $0; sub(/^[ \t]+/, "", line); text = text (text == "" ? "" : " ") line }
    /^\t\ttype / || / # handle [0-9]+$/ { print at " " chain "\t" text; text = "" }'
}

# nft_refusing_chains: `family table chain HANDLE` of each base input filter chain that could refuse a packet; HANDLE
# is the first rule that could, or `end` where only the policy does. Not the chains that iptables-nft keeps, which are
# iptables' business, nor firewalld's, nor our own of 57-closed-ports.sh. A verdict map that
# has a name can come to refuse at any time.
nft_refusing_chains() {
  nft_rules | awk -F '\t' '
    $2 ~ /^type filter hook input / { order[++n] = $1; policy[$1] = $2 ~ /policy drop/ }
    $2 ~ /^type / { next }
    {
      key = $1; table = key; sub(/ [^ ]+$/, "", table)
      rule[key, ++count[key]] = $2
      text = $2; gsub(/"[^"]*"/, "\"\"", text) # a comment or a name is no verdict
      terminal[key, count[key]] = text ~ /(^|[ \t])(drop|reject)([ ,]|$)/ || text ~ / vmap @/
      jumps = ""
      while (match(text, /(^|[ \t])(jump|goto) [^ ,]+/)) {
        target = substr(text, RSTART, RLENGTH); sub(/.* /, "", target)
        jumps = jumps table " " target "\t"
        text = substr(text, RSTART + RLENGTH)
      }
      jump[key, count[key]] = jumps
    }
    function refuses(name, i, depth,    target, k, found) {
      if (terminal[name, i]) return 1
      found = split(jump[name, i], target, "\t")
      for (k = 1; k < found && depth < 20; k++) if (chain_refuses(target[k], depth + 1)) return 1
      return 0
    }
    function chain_refuses(name, depth,    i) {
      for (i = 1; i <= count[name]; i++) if (refuses(name, i, depth)) return 1
      return 0
    }
    END {
      for (k = 1; k <= n; k++) {
        name = order[k]
        if (name ~ /^ip6? filter INPUT$/ || name ~ /^[a-z0-9]+ (openstack_spice(_proxy)?|firewalld) /) continue
        handle = policy[name] ? "end" : ""
        for (i = 1; i <= count[name]; i++) if (refuses(name, i, 0)) {
          handle = rule[name, i]; sub(/.* # handle /, "", handle); break
        }
        if (handle != "") print name, handle
      }
    }'
}

# nft_rule SOURCE PORT[-LAST]: the rule as `nft list` writes it.
nft_rule() {
  local family=ip
  [[ $1 != *:* ]] || family=ip6
  # nft lists a host without its /32 or /128
  printf '%s saddr %s tcp dport %s accept comment "%s"\n' "$family" "$(sed -E 's,^([0-9.]+)/32$,\1,; s,/128$,,' <<<"$1")" "$2" "$FIREWALL_COMMENT"
}

# nft_plan - SOURCE PORT[-LAST]: in each refusing chain that sees the source's family.
nft_plan() {
  local source=$2 port=$3 rule family table chain handle file
  rule=$(nft_rule "$source" "$port")
  ((${#NFT_FILES[@]} > 0)) || find_nft_files
  while read -r family table chain handle; do
    case $family in
      ip) [[ $source != *:* ]] || continue ;;
      ip6) [[ $source == *:* ]] || continue ;;
      inet) ;;
      *) continue ;;
    esac
    plan_rule nft "$family $table $chain" "$rule" '(none)' "accept tcp $port from $source"
    if ! systemctl is-enabled --quiet nftables 2>/dev/null; then
      say "nftables.service is not enabled: the rule is gone after a reboot, as are all others of $family $table"
      continue
    fi
    file=$(nft_file_of "$family $table $chain")
    if [[ -n $file ]]; then
      plan_rule nft-file "$file" "$family $table $chain|$rule" '(none)' "accept tcp $port from $source"
    else
      # Whoever keeps that chain may have put the rule in.
      [[ -n $(nft_handle "$family $table $chain" "$rule") ]] ||
        refuse "chain '$family $table $chain' refuses packets, but is not written out in $(nft_files_text). Put '$rule' before its first refusal, and where the chain is kept, yourself, then run again; or leave $(sources_argument) out"
    fi
  done < <(nft_refusing_chains)
}

# nft_handle CHAIN RULE: the handle of our rule in the running chain, or nothing.
nft_handle() {
  local family table chain
  read -r family table chain <<<"$1"
  nft -a list chain "$family" "$table" "$chain" 2>/dev/null |
    RULE=$2 awk '{ at = index($0, " # handle "); text = substr($0, 1, at - 1); sub(/^[ \t]+/, "", text)
      if (at && text == ENVIRON["RULE"]) { print substr($0, at + 10); exit } }'
}
nft_insert() {
  local family table chain handle
  read -r family table chain <<<"$1"
  handle=$(nft_refusing_chains | CHAIN=$1 awk '$1 " " $2 " " $3 == ENVIRON["CHAIN"] { print $4; exit }')
  if [[ $handle == [0-9]* ]]; then
    nft insert rule "$family" "$table" "$chain" position "$handle" "$2"
  else
    nft add rule "$family" "$table" "$chain" "$2"
  fi || fail "nft did not take the rule '$2' in $1. Add it by hand, and leave $(sources_argument) out"
}
nft_delete() {
  local family table chain
  read -r family table chain <<<"$1"
  nft delete rule "$family" "$table" "$chain" handle "$(nft_handle "$1" "$2")"
}
