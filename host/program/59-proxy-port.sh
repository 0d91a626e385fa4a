# shellcheck shell=bash
# A controller's proxy port where no firewall is at work that could refuse anybody: left open, and said so; or, with
# `close-without-firewall` in the document, open to the declared sources alone (57-closed-ports.sh: the table `inet
# openstack_spice_proxy`, or the chain OPENSTACK_SPICE_PROXY of iptables). Where a firewall comes to be at work, ours goes.

PROXY_PORT= # what is closed so

# plan_proxy_port PORT: the rules in what filters here, or the port closed by ourselves.
plan_proxy_port() {
  plan_firewall "$1"
  PROXY_PORT=
  if firewall_is_managed && ((${#FIREWALLS[@]} == 0)); then
    if [[ -n ${DESIRED["close-without-firewall"]:-} ]]; then
      [[ -n $IN_TRANSACTION ]] || check_proxy_port "$1"
      PROXY_PORT=$1
    else
      [[ -n $IN_TRANSACTION ]] || say "no firewall refuses TCP $1 here: open to all. 'closeWithoutFirewall' closes it"
    fi
  fi
  plan_closed_ports "$PROXY_RULES" "$PROXY_PORT"
}

# check_proxy_port PORT: refuses where it cannot be closed without cutting off something else.
check_proxy_port() {
  local address pid command
  [[ -n $(closing_firewall) ]] ||
    refuse "no firewall refuses TCP $1 here, and neither nft nor iptables works, so it cannot be closed. Install nftables, or leave closeWithoutFirewall out"
  while read -r address pid command; do
    [[ $address == 127.* || $address == '[::1]' || $command == *nova-spicehtml5proxy* ]] ||
      refuse "closing TCP $1 would cut off another program: ${command% } (pid $pid, on $address). Move it, choose another port, or leave closeWithoutFirewall out"
  done < <(listeners "$1")
}

# tell_users_outside PORT: who has a console open from elsewhere.
tell_users_outside() {
  local addresses=()
  mapfile -t addresses < <(connected_outside "$1" | sed 's/.* //')
  ((${#addresses[@]} == 0)) ||
    say "connected to TCP $1, and not among allowedSources: ${#addresses[@]} machines, such as ${addresses[0]}. Their consoles stay until they are closed, and do not open again"
}
