# shellcheck shell=bash
# A compute's console ports. A SPICE server has no password: who reaches its port has the console. So the range is open
# to the declared sources alone (57-closed-ports.sh: the table `inet openstack_spice`, or the chain OPENSTACK_SPICE of
# iptables), from before nova-compute gives the first guest SPICE until it gives it to none any more. What else filters
# here goes on to refuse, so 55-firewall.sh puts an accept for the declared sources there.

# plan_console_ports: the closed range, and the accepts that it needs in what else filters here.
plan_console_ports() {
  plan_closed_ports "$CONSOLE_RULES" "$CONSOLE_PORTS"
  plan_firewall "$CONSOLE_PORTS"
}

# check_console_ports: refuses where the range cannot be closed without cutting off something else.
check_console_ports() {
  local range=$CONSOLE_PORTS held
  [[ -n $range ]] || return 0
  check_closing "$range" proxySourceAddresses
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

# tell_proxies_outside FIRST-LAST: who looks at a console from elsewhere.
tell_proxies_outside() {
  local line
  while read -r line; do
    [[ -n $line ]] || continue
    say "${line#* } is connected to the console on TCP ${line%% *}, and not among the declared sources: it stays until it disconnects, and does not get in again. If that is a proxy, declare it"
  done < <(connected_outside "$1")
}

# tell_open_consoles: before a revert opens the range again, who still has SPICE on it.
tell_open_consoles() {
  local guests
  [[ $ROLE == compute && -n $PORTS_ENTRY ]] || return 0
  guests=$(running_guests with spice)
  [[ -z $guests ]] || say "guests that still have SPICE, without a password, until their next hard reboot, and whose ports are open again: $(one_line "$guests")"
}
