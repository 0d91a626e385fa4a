# shellcheck shell=bash
# Ports that are open to ALLOW_FROM alone, by a table that is all ours (with nftables; where that is missing a chain of
# iptables): a compute's consoles (58-console-ports.sh), and a controller's proxy where that is asked for
# (59-proxy-port.sh). A unit of ours loads it at boot, before what listens there, and again after a firewall service that
# flushes.
#
# Refused is the packet that opens a connection, and only that: a console that somebody looks at goes on to its end.
# Loopback stays open. Our table comes before the node's other rules, so nothing that accepts there opens the ports. What
# they refuse they go on to refuse.
#
# All that belongs to one is named after FILE, which holds its rules: the unit of that name, the table, and the chain.

readonly CONSOLE_RULES=/etc/openstack-spice-console-ports
readonly PROXY_RULES=/etc/openstack-spice-proxy-port
ports_unit() { printf '%s\n' "${1##*/}"; }
ports_unit_file() { printf '/etc/systemd/system/%s.service\n' "${1##*/}"; }
ports_table() { if [[ $1 == "$PROXY_RULES" ]]; then echo openstack_spice_proxy; else echo openstack_spice; fi; }
ports_chain() { ports_table "$1" | tr '[:lower:]' '[:upper:]'; }

# closing_firewall: what closes ports here: nftables, iptables, or nothing.
closing_firewall() {
  if nft list tables >/dev/null 2>&1; then
    echo nftables
  elif iptables -w 10 -S INPUT >/dev/null 2>&1; then
    echo iptables
  fi
}

# check_closing PORT[-LAST] ARGUMENT: refuses where nothing can close them, which ARGUMENT asks for.
check_closing() {
  [[ -n $(closing_firewall) ]] ||
    refuse "neither nft nor iptables works here, so TCP $1 cannot be closed. Install nftables, or leave $2 out"
}

# ports_rules FILE PORT[-LAST]: the declared rules as the file that loads them; its second line is for people.
ports_rules() {
  local firewall range=$2 source sources table
  firewall=$(closing_firewall)
  sources=$(join ', ' ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"})
  if [[ $firewall == nftables ]]; then echo '#!/usr/sbin/nft -f'; else echo '#!/bin/sh'; fi
  printf '# %s only from %s\n' "$range" "${sources:-nobody}"
  printf '# Written by openstack-spice, loaded by %s.service, removed when the %s is reverted.\n' "$(ports_unit "$1")" "$ROLE"
  if [[ $firewall == iptables ]]; then
    ports_iptables iptables "$(ports_chain "$1")" "$range"
    # A kernel without IPv6 has nothing to close.
    ! ip6tables -w 10 -S INPUT >/dev/null 2>&1 || ports_iptables ip6tables "$(ports_chain "$1")" "$range"
    return
  fi
  table=$(ports_table "$1")
  printf '%s\n' "add table inet $table" "delete table inet $table" "table inet $table {" '  chain input {' \
    '    type filter hook input priority -10; policy accept;' "    tcp dport $range jump consoles" '  }' \
    '  chain consoles {' '    iif "lo" accept'
  for source in ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}; do
    if [[ $source == *:* ]]; then printf '    ip6 saddr %s accept\n' "$source"; else printf '    ip saddr %s accept\n' "$source"; fi
  done
  printf '%s\n' '    tcp flags & (syn | ack) == syn drop' '  }' '}'
}

# ports_iptables TOOL CHAIN PORT[-LAST]: the shell text that loads the chain of iptables or ip6tables.
ports_iptables() {
  local lock='' source
  ! "$1-restore" --help 2>&1 | grep -q -e --wait || lock=' -w 10'
  printf '%s\n' "$1-restore$lock -n <<END || exit" '*filter' ":$2 -" \
    "-A $2 -p tcp -m tcp ! --dport ${3/-/:} -j RETURN" "-A $2 -i lo -j ACCEPT"
  for source in ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}; do
    if [[ ($source == *:* && $1 == ip6tables) || ($source != *:* && $1 == iptables) ]]; then
      printf -- '-A %s -s %s -j ACCEPT\n' "$2" "$source"
    fi
  done
  printf '%s\n' "-A $2 -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP" COMMIT END \
    "$1 -w 10 -C INPUT -p tcp -j $2 2>/dev/null || $1 -w 10 -I INPUT -p tcp -j $2 || exit"
}

# ports_unit_text FILE: the unit that loads the rules at boot. A service that flushes what it does not know when it
# starts, restarts or reloads comes before ours, and takes ours along.
ports_unit_text() {
  local load flushers='netfilter-persistent.service iptables.service ip6tables.service' what before
  load="/bin/sh $1"
  if head -n 1 -- "$1" | grep -q nft; then
    flushers=nftables.service
    load="$(command -v nft) -f $1"
  fi
  if [[ $1 == "$PROXY_RULES" ]]; then
    what="This controller's SPICE proxy, for the declared sources alone" before=$SPICE_UNIT.service
  else
    what="This compute's console ports, for the console proxies alone" before="libvirtd.service virtqemud.service $COMPUTE_UNIT.service"
  fi
  cat <<UNIT
# Written by openstack-spice, removed when the $ROLE is reverted.
[Unit]
Description=$what
DefaultDependencies=no
Wants=network-pre.target
After=local-fs.target $flushers
Before=network-pre.target $before
PartOf=$flushers
ReloadPropagatedFrom=$flushers

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=30
ExecStart=$load
ExecReload=$load

[Install]
WantedBy=sysinit.target $flushers
UNIT
}

# ports_load FILE / ports_listing TABLE CHAIN: the rules into the kernel, and out of it as the node's own tools write
# them. Both stand alone: they run in a network name space of their own too.
ports_load() { if head -n 1 -- "$1" | grep -q nft; then nft -f "$1"; else sh "$1"; fi; }
ports_listing() {
  local tool
  ! command -v nft >/dev/null || nft list table inet "$1" 2>/dev/null || :
  for tool in iptables ip6tables; do
    ! command -v "$tool-save" >/dev/null || "$tool-save" -t filter 2>/dev/null | sed -nE "s/^-A (.* -j )?$2( .*)?\$/$tool &/p"
  done
}

# ports_are_closed FILE: whether the kernel has what the file says, no more and no less, and the next boot will too.
ports_are_closed() {
  local running loaded unit_file table chain
  unit_file=$(ports_unit_file "$1") table=$(ports_table "$1") chain=$(ports_chain "$1")
  [[ -f $1 && -f $unit_file && $(<"$unit_file") == "$(ports_unit_text "$1")" ]] || return 1
  systemctl is-enabled --quiet "$(ports_unit "$1")" 2>/dev/null || return 1
  running=$(ports_listing "$table" "$chain")
  # How a rule is listed differs with the tools' versions; an empty name space shows how this node lists the file's.
  loaded=$(unshare -n "$BASH" -c "$(declare -f ports_load ports_listing); ports_load '$1' && ports_listing $table $chain" 2>/dev/null)
  [[ -n $running && $running == "$loaded" ]]
}

# ports_state FILE / set_ports FILE STATE: `-`, or `=` and the rules' file in base64; `partly` where someone has been at
# it, or a run was cut off.
ports_state() {
  if ports_are_closed "$1"; then
    printf '=%s\n' "$(encode <"$1")"
  elif [[ -e $1 || -e $(ports_unit_file "$1") || -n $(ports_listing "$(ports_table "$1")" "$(ports_chain "$1")") ]]; then
    echo partly
  else
    echo -
  fi
}
set_ports() {
  local unit unit_file see
  unit=$(ports_unit "$1") unit_file=$(ports_unit_file "$1")
  see="'nft list table inet $(ports_table "$1")' or 'iptables -S $(ports_chain "$1")'"
  if [[ $2 == - ]]; then
    systemctl disable --quiet "$unit" 2>/dev/null || :
    systemctl stop "$unit" 2>/dev/null || :
    rm -f -- "$unit_file" "$1" "$unit_file".openstack-spice.??????
    systemctl daemon-reload
    ports_unload "$(ports_table "$1")" "$(ports_chain "$1")" || fail "the rules of $unit cannot be taken away: see $see"
  else
    decode <<<"${2#=}" | create_file "$1"
    ports_unit_text "$1" | create_file "$unit_file"
    systemctl daemon-reload
    systemctl enable --quiet "$unit" 2>/dev/null || fail "systemctl could not enable $unit. Try it on the node"
    bring_up restart "$unit"
    ports_are_closed "$1" || fail "$unit has run, but the kernel has other rules than $1. Compare $see"
  fi
}
ports_unload() {
  local tool
  if nft list table inet "$1" >/dev/null 2>&1; then nft delete table inet "$1" || return; fi
  for tool in iptables ip6tables; do
    "$tool" -w 10 -S "$2" >/dev/null 2>&1 || continue
    ! "$tool" -w 10 -C INPUT -p tcp -j "$2" 2>/dev/null || "$tool" -w 10 -D INPUT -p tcp -j "$2" || return
    "$tool" -w 10 -F "$2" && "$tool" -w 10 -X "$2" || return
  done
}

# ports_text STATE: for people.
ports_text() {
  case $1 in
    -) echo open ;;
    partly) echo damaged ;;
    *) decode <<<"${1#=}" | sed -n '2s/^# //p' ;;
  esac
}

# plan_closed_ports FILE [PORT[-LAST]]: closed where ports are given, else open again where we closed them.
plan_closed_ports() {
  local former wanted=- record
  record=$(recorded "$ROLE" console-ports "$1" -) || record=$'\t-'
  [[ -z ${2:-} ]] || wanted="=$(ports_rules "$1" "$2" | encode)"
  [[ $wanted != - || $record != $'\t-' ]] || return 0
  former=$(ports_state "$1")
  [[ $former != "$wanted" ]] || return 0
  [[ $wanted == - || -n $IN_TRANSACTION ]] || tell_what_closes "$2"
  plan console-ports "$1" - "${former/#partly/${record#*$'\t'}}" "$wanted" "$(ports_text "$former")" "$(ports_text "$wanted")"
}

# tell_what_closes PORT[-LAST]: who is connected from elsewhere, and which rules of others let in more than is declared.
tell_what_closes() {
  local line tool
  if [[ $ROLE == compute ]]; then tell_proxies_outside "$1"; else tell_users_outside "$1"; fi
  while read -r line; do
    [[ -z $line ]] || say "TCP $1 is closed to all but the declared sources, though a rule of this node accepts more: $line"
  done < <(
    for tool in iptables ip6tables; do ! command -v "$tool" >/dev/null || iptables_save "$tool" | accepting_rules "$tool" "$1"; done
    nft_rules | grep -v -e '^ip6* filter ' | tr '\t' ' ' | sed 's/ # handle [0-9]*$//' | accepting_rules nft "$1"
  )
}

# connected_outside PORT[-LAST]: a line `PORT ADDRESS` for each machine that is connected, and not of ALLOW_FROM.
connected_outside() {
  local filter source
  filter="sport >= :${1%-*} and sport <= :${1#*-}"
  for source in ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}; do filter+=" and not dst $source"; done
  ss -Htn state established "( $filter )" 2>/dev/null | awk '
    function host(s) { sub(/:[0-9]*$/, "", s); sub(/^\[::ffff:/, "[", s); gsub(/[][]/, "", s); return s }
    host($3) != host($4) { port = $3; sub(/.*:/, "", port); print port, host($4) }' | sort -u
}

# accepting_rules NAME RANGE: of the rules on stdin, those of others that accept a port of the range by its number. What
# accepts a declared source, or one of an earlier document, is ours.
accepting_rules() {
  NAME=$1 FIRST=${2%-*} LAST=${2#*-} COMMENT=$FIREWALL_COMMENT SOURCES=$(own_sources) awk '
    function host(block) { sub(block ~ /:/ ? "/128$" : "/32$", "", block); return block }
    BEGIN {
      name = ENVIRON["NAME"]; first = ENVIRON["FIRST"]; last = ENVIRON["LAST"]
      count = split(ENVIRON["SOURCES"], word, "\n")
      for (i = 1; i <= count; i++) ours[host(word[i])]
    }
    !/[ -]dports? / || !/( -j ACCEPT| accept)( |$)/ || /OPENSTACK_SPICE|openstack_spice/ || index($0, ENVIRON["COMMENT"]) { next }
    match($0, /(saddr|-s) [^ ]+/) { source = substr($0, RSTART, RLENGTH); sub(/.* /, "", source); if (host(source) in ours) next }
    {
      text = $0; sub(/.*[ -]dports? /, "", text); sub(/ (-j|accept).*/, "", text); gsub(/:/, "-", text); gsub(/[{},]/, " ", text)
      count = split(text, word, " ")
      for (i = 1; i <= count; i++) {
        if (word[i] !~ /^[0-9]+(-[0-9]+)?$/) break
        split(word[i] "-" word[i], port, "-")
        if (port[1] + 0 <= last + 0 && port[2] + 0 >= first + 0) { print name " " $0; break }
      }
    }'
}

# own_sources: a line each.
own_sources() {
  local kind where rule rest
  join $'\n' ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}
  while IFS=$'\t' read -r kind where rule rest; do
    ! contains "$(backend_of "$kind")" "${FIREWALL_BACKENDS[@]}" || rule_text "$rule" | sed 's/.* from //'
  done < <(read_record "$ROLE")
}
