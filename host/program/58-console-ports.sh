# shellcheck shell=bash
# A compute's console ports. A SPICE server has no password: who reaches its port has the console. So the range is open
# to the declared sources alone, by a table that is all ours (with nftables `inet openstack_spice`; where that is
# missing a chain OPENSTACK_SPICE of iptables), from before nova-compute gives the first guest SPICE until it gives it
# to none any more. A unit of ours loads it at boot, before libvirt and nova-compute, and again after a firewall service
# that flushes.
#
# Refused is the packet that opens a connection, and only that: a console that somebody looks at goes on to its end.
# Loopback stays open. Our table comes before the node's other rules, so nothing that accepts there opens the range. What
# they refuse they go on to refuse, so 55-firewall.sh puts an accept for the declared sources there.

readonly CONSOLE_UNIT=openstack-spice-console-ports
readonly CONSOLE_UNIT_FILE=/etc/systemd/system/$CONSOLE_UNIT.service
readonly CONSOLE_RULES=/etc/openstack-spice-console-ports

# console_firewall: what closes ports here: nftables, iptables, or nothing.
console_firewall() {
  if nft list tables >/dev/null 2>&1; then
    echo nftables
  elif iptables -w 10 -S INPUT >/dev/null 2>&1; then
    echo iptables
  fi
}

# console_rules: the declared rules as the file that loads them; its second line is for people.
console_rules() {
  local firewall=$1 range=$CONSOLE_PORTS source
  if [[ $firewall == nftables ]]; then echo '#!/usr/sbin/nft -f'; else echo '#!/bin/sh'; fi
  printf '# %s only from %s\n' "$range" "$(join ', ' ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"})"
  printf '# Written by openstack-spice, loaded by %s.service, removed when the compute is reverted.\n' "$CONSOLE_UNIT"
  if [[ $firewall == iptables ]]; then
    console_chain iptables "$range"
    # A kernel without IPv6 has nothing to close.
    ! ip6tables -w 10 -S INPUT >/dev/null 2>&1 || console_chain ip6tables "$range"
    return
  fi
  printf '%s\n' 'add table inet openstack_spice' 'delete table inet openstack_spice' 'table inet openstack_spice {' \
    '  chain input {' '    type filter hook input priority -10; policy accept;' "    tcp dport $range jump consoles" '  }' \
    '  chain consoles {' '    iif "lo" accept'
  for source in ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}; do
    if [[ $source == *:* ]]; then printf '    ip6 saddr %s accept\n' "$source"; else printf '    ip saddr %s accept\n' "$source"; fi
  done
  printf '%s\n' '    tcp flags & (syn | ack) == syn drop' '  }' '}'
}

# console_chain TOOL RANGE: the shell text that loads the chain of iptables or ip6tables.
console_chain() {
  local lock='' source
  ! "$1-restore" --help 2>&1 | grep -q -e --wait || lock=' -w 10'
  printf '%s\n' "$1-restore$lock -n <<END || exit" '*filter' ':OPENSTACK_SPICE -' \
    "-A OPENSTACK_SPICE -p tcp -m tcp ! --dport ${2/-/:} -j RETURN" '-A OPENSTACK_SPICE -i lo -j ACCEPT'
  for source in ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}; do
    if [[ ($source == *:* && $1 == ip6tables) || ($source != *:* && $1 == iptables) ]]; then
      printf -- '-A OPENSTACK_SPICE -s %s -j ACCEPT\n' "$source"
    fi
  done
  printf '%s\n' '-A OPENSTACK_SPICE -p tcp -m tcp --tcp-flags SYN,ACK SYN -j DROP' COMMIT END \
    "$1 -w 10 -C INPUT -p tcp -j OPENSTACK_SPICE 2>/dev/null || $1 -w 10 -I INPUT -p tcp -j OPENSTACK_SPICE || exit"
}

# console_unit_text: the unit that loads the rules at boot. A service that flushes what it does not know when it starts,
# restarts or reloads comes before ours, and takes ours along.
console_unit_text() {
  local load flushers='netfilter-persistent.service iptables.service ip6tables.service'
  load="/bin/sh $CONSOLE_RULES"
  if head -n 1 -- "$CONSOLE_RULES" | grep -q nft; then
    flushers=nftables.service
    load="$(command -v nft) -f $CONSOLE_RULES"
  fi
  cat <<UNIT
# Written by openstack-spice, removed when the compute is reverted.
[Unit]
Description=This compute's console ports, for the console proxies alone
DefaultDependencies=no
Wants=network-pre.target
After=local-fs.target $flushers
Before=network-pre.target libvirtd.service virtqemud.service $COMPUTE_UNIT.service
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

# console_load FILE / console_listing: the rules into the kernel, and out of it as the node's own tools write them. Both
# stand alone: they run in a network name space of their own too.
console_load() { if head -n 1 -- "$1" | grep -q nft; then nft -f "$1"; else sh "$1"; fi; }
console_listing() {
  local tool
  ! command -v nft >/dev/null || nft list table inet openstack_spice 2>/dev/null || :
  for tool in iptables ip6tables; do
    ! command -v "$tool-save" >/dev/null || "$tool-save" -t filter 2>/dev/null | sed -n "s/^-A .*OPENSTACK_SPICE.*/$tool &/p"
  done
}

# console_ports_in_force: whether the kernel has what the file says, no more and no less, and the next boot will too.
console_ports_in_force() {
  local running loaded
  [[ -f $CONSOLE_RULES && -f $CONSOLE_UNIT_FILE && $(<"$CONSOLE_UNIT_FILE") == "$(console_unit_text)" ]] || return 1
  systemctl is-enabled --quiet "$CONSOLE_UNIT" 2>/dev/null || return 1
  running=$(console_listing)
  # How a rule is listed differs with the tools' versions; an empty name space shows how this node lists the file's.
  loaded=$(unshare -n "$BASH" -c "$(declare -f console_load console_listing); console_load '$CONSOLE_RULES' && console_listing" 2>/dev/null)
  [[ -n $running && $running == "$loaded" ]]
}

# console_ports_state / set_console_ports STATE: `-`, or `=` and the rules' file in base64; `partly` where someone has
# been at it, or a run was cut off.
console_ports_state() {
  if console_ports_in_force; then
    printf '=%s\n' "$(encode <"$CONSOLE_RULES")"
  elif [[ -e $CONSOLE_RULES || -e $CONSOLE_UNIT_FILE || -n $(console_listing) ]]; then
    echo partly
  else
    echo -
  fi
}
set_console_ports() {
  if [[ $1 == - ]]; then
    systemctl disable --quiet "$CONSOLE_UNIT" 2>/dev/null || :
    systemctl stop "$CONSOLE_UNIT" 2>/dev/null || :
    rm -f -- "$CONSOLE_UNIT_FILE" "$CONSOLE_RULES" "$CONSOLE_UNIT_FILE".openstack-spice.??????
    systemctl daemon-reload
    console_unload || fail "the rules that close the console ports cannot be taken away: see 'nft list table inet openstack_spice' or 'iptables -S OPENSTACK_SPICE'"
  else
    decode <<<"${1#=}" | create_file "$CONSOLE_RULES"
    console_unit_text | create_file "$CONSOLE_UNIT_FILE"
    systemctl daemon-reload
    systemctl enable --quiet "$CONSOLE_UNIT" 2>/dev/null || fail "systemctl could not enable $CONSOLE_UNIT. Try it on the node"
    bring_up restart "$CONSOLE_UNIT"
    console_ports_in_force || fail "$CONSOLE_UNIT has run, but the kernel has other rules than $CONSOLE_RULES. Compare 'nft list table inet openstack_spice', or 'iptables -S OPENSTACK_SPICE'"
  fi
}
console_unload() {
  local tool
  if nft list table inet openstack_spice >/dev/null 2>&1; then nft delete table inet openstack_spice || return; fi
  for tool in iptables ip6tables; do
    "$tool" -w 10 -S OPENSTACK_SPICE >/dev/null 2>&1 || continue
    ! "$tool" -w 10 -C INPUT -p tcp -j OPENSTACK_SPICE 2>/dev/null || "$tool" -w 10 -D INPUT -p tcp -j OPENSTACK_SPICE || return
    "$tool" -w 10 -F OPENSTACK_SPICE && "$tool" -w 10 -X OPENSTACK_SPICE || return
  done
}

# console_ports_text STATE: for people.
console_ports_text() {
  case $1 in
    -) echo open ;;
    partly) echo damaged ;;
    *) decode <<<"${1#=}" | sed -n '2s/^# //p' ;;
  esac
}

# plan_console_ports: the closed range, and the accepts that it needs in what else filters here.
plan_console_ports() {
  local range=$CONSOLE_PORTS former wanted=- record
  record=$(recorded "$ROLE" console-ports "$CONSOLE_RULES" -) || record=
  if [[ -n $range || -n $record ]]; then
    [[ -z $range ]] || wanted="=$(console_rules "$(console_firewall)" | encode)"
    former=$(console_ports_state)
    if [[ $former != "$wanted" ]]; then
      if [[ -n $range && -z $IN_TRANSACTION ]]; then tell_what_closes "$range"; fi
      plan console-ports "$CONSOLE_RULES" - "${former/#partly/${record#*$'\t'}}" "$wanted" "$(console_ports_text "$former")" "$(console_ports_text "$wanted")"
    fi
  fi
  plan_firewall "$range"
}

# check_console_ports: refuses where the range cannot be closed without cutting off something else.
check_console_ports() {
  local range=$CONSOLE_PORTS held
  [[ -n $range ]] || return 0
  [[ -n $(console_firewall) ]] ||
    refuse "neither nft nor iptables works here, so TCP $range cannot be closed. Install nftables, or leave proxySourceAddresses out"
  held=$(strange_listeners "${range%-*}" "${range#*-}")
  [[ -z $held ]] ||
    refuse "closing TCP $range would cut off what is not QEMU: ${held//$'\n'/, }. Move it, or choose another consolePortRange"
  tell_consoles_outside "${range%-*}" "${range#*-}"
}

# strange_listeners FIRST LAST: a line for each listener in the range that is not QEMU, and not on loopback alone.
strange_listeners() {
  local address process pid program
  while read -r address process; do
    [[ $address != 127.* && $address != '[::1]':* ]] || continue
    pid=$(sed -n 's/.*pid=\([0-9]*\),.*/\1/p' <<<"$process")
    program=$(readlink -- "/proc/${pid:-0}/exe") || program=${process:-unknown}
    program=${program% (deleted)} # upgraded since
    case ${program##*/} in
      qemu-* | kvm) ;;
      *) printf '%s on TCP %s (pid %s)\n' "$program" "${address##*:}" "${pid:-unknown}" ;;
    esac
  done < <(ss -Hltnp "sport >= :$1 and sport <= :$2" | awk '{ print $4, $6 }')
}

# tell_consoles_outside FIRST LAST: guests whose consoles the range does not cover.
tell_consoles_outside() {
  local uuid port
  command -v virsh >/dev/null || return 0
  while read -r uuid; do
    [[ -n $uuid ]] || continue
    while read -r port; do
      ((port >= $1 && port <= $2)) ||
        say "guest $uuid has a console on TCP $port, outside of $1-$2: open to whoever reaches it. Give a larger consolePortRange"
    done < <(virsh_read dumpxml "$uuid" 2>/dev/null | sed -n "s/.*<graphics type='[a-z]*' port='\([0-9]*\)'.*/\1/p")
  done < <(virsh_read list --uuid 2>/dev/null)
}

# tell_what_closes RANGE: who is connected from elsewhere, and which rules of others let in more than is declared.
tell_what_closes() {
  local filter source line tool
  filter="sport >= :${1%-*} and sport <= :${1#*-}"
  for source in ${ALLOW_FROM[@]+"${ALLOW_FROM[@]}"}; do filter+=" and not dst $source"; done
  while read -r line; do
    [[ -n $line ]] || continue
    say "${line#* } is connected to the console on TCP ${line%% *}, and not among the declared sources: it stays until it disconnects, and does not get in again. If that is a proxy, declare it"
  done < <(ss -Htn state established "( $filter )" 2>/dev/null | awk '
    function host(s) { sub(/:[0-9]*$/, "", s); sub(/^\[::ffff:/, "[", s); gsub(/[][]/, "", s); return s }
    host($3) != host($4) { port = $3; sub(/.*:/, "", port); print port, host($4) }' | sort -u)
  while read -r line; do
    [[ -z $line ]] || say "TCP $1 is closed to all but the declared sources, though a rule of this node accepts more: $line"
  done < <(
    for tool in iptables ip6tables; do ! command -v "$tool" >/dev/null || iptables_save "$tool" | accepting_rules "$tool" "$1"; done
    nft_rules | grep -v -e '^ip6* filter ' | tr '\t' ' ' | sed 's/ # handle [0-9]*$//' | accepting_rules nft "$1"
  )
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

# tell_open_consoles: before a revert opens the range again, who still has SPICE on it.
tell_open_consoles() {
  local guests
  [[ -n $PORTS_ENTRY ]] || return 0
  guests=$(running_guests with spice)
  [[ -z $guests ]] || say "guests that still have SPICE, without a password, until their next hard reboot, and whose ports are open again: $(one_line "$guests")"
}
