# shellcheck shell=bash
# A controller's proxy port: what filters there lets the declared sources in, and where nothing refuses the others, that is
# said. With `close-to-others` in the document it is open to the declared sources alone, whatever else filters
# (57-closed-ports.sh: the table `inet openstack_spice_proxy`, or the chain OPENSTACK_SPICE_PROXY of iptables).

PROXY_PORT= # what is closed so

# plan_proxy_port PORT: the rules in what filters here, and the port closed by ourselves where that is asked for.
plan_proxy_port() {
  PROXY_PORT=
  if firewall_is_managed && [[ -n ${DESIRED["close-to-others"]:-} ]]; then
    [[ -n $IN_TRANSACTION ]] || check_proxy_port "$1"
    PROXY_PORT=$1
  fi
  plan_firewall "$1"
  if firewall_is_managed && [[ -z $PROXY_PORT && -z $IN_TRANSACTION && ${#FIREWALLS[@]} == 0 ]]; then
    say "no firewall refuses TCP $1 here: open to all. 'closeToOthers' closes it"
  fi
  plan_closed_ports "$PROXY_RULES" "$PROXY_PORT"
}

# check_proxy_port PORT: refuses where it cannot be closed without cutting off something else.
check_proxy_port() {
  local address pid command
  check_closing "$1" closeToOthers
  while read -r address pid command; do
    [[ $address == 127.* || $address == '[::1]' || $command == *nova-spicehtml5proxy* ]] ||
      refuse "closing TCP $1 would cut off another program: ${command% } (pid $pid, on $address). Move it, choose another port, or leave closeToOthers out"
  done < <(listeners "$1")
}

# tell_users_outside PORT: who has a console open from elsewhere.
tell_users_outside() {
  local addresses=()
  mapfile -t addresses < <(connected_outside "$1" | sed 's/.* //')
  ((${#addresses[@]} == 0)) ||
    say "connected to TCP $1, and not among allowedSources: ${#addresses[@]} machines, such as ${addresses[0]}. Their consoles stay until they are closed, and do not open again"
}
