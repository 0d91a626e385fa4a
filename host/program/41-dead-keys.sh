# shellcheck shell=bash
# Keys of nova.conf that Nova does not read any more, or that are better gone: each converge tells them; with the header
# line `dead-keys = remove` they are made comments, in place, and a revert makes them keys again.

# ROLE, section/option, the first release in which it is dead, the option beside which it is (or -), and why.
readonly DEAD_KEYS='
controller DEFAULT/spicehtml5proxy_host 13 - [spice] html5proxy_host since 2014
controller DEFAULT/spicehtml5proxy_port 13 - [spice] html5proxy_port since 2014
controller spice/ssl_only 13 - it is [DEFAULT] ssl_only
controller DEFAULT/console_allowed_origins 15 console/allowed_origins [console] allowed_origins stands beside it, and wins
controller workarounds/enable_consoleauth 20 - gone in 20.0.0, with nova-consoleauth
controller vnc/xvpvncproxy_host 21 - gone in 21.0.0, with nova-xvpvncproxy
controller vnc/xvpvncproxy_port 21 - gone in 21.0.0, with nova-xvpvncproxy
compute DEFAULT/spicehtml5proxy_base_url 13 - [spice] html5proxy_base_url since 2014
compute DEFAULT/vnc_enabled 13 vnc/enabled [vnc] enabled stands beside it, and wins
compute DEFAULT/console_token_ttl 18 consoleauth/token_ttl [consoleauth] token_ttl stands beside it, and wins
compute spice/keymap 18 - spoils other keyboards than its own, and gone in 22.0.0
compute vnc/keymap 18 - spoils other keyboards than its own, and gone in 22.0.0
compute DEFAULT/vnc_keymap 22 - gone in 22.0.0
compute vnc/xvpvncproxy_base_url 21 - gone in 21.0.0, with nova-xvpvncproxy
compute libvirt/use_usb_tablet 23 - gone in 23.0.0: [DEFAULT] pointer_model
compute vnc/vncserver_listen 17 vnc/server_listen [vnc] server_listen stands beside it, and wins
compute vnc/vncserver_listen 25 - gone in 25.0.0: [vnc] server_listen
compute vnc/vncserver_proxyclient_address 17 vnc/server_proxyclient_address [vnc] server_proxyclient_address stands beside it, and wins
compute vnc/vncserver_proxyclient_address 25 - gone in 25.0.0: [vnc] server_proxyclient_address
compute DEFAULT/vncserver_listen 25 - gone in 25.0.0: [vnc] server_listen
compute DEFAULT/vncserver_proxyclient_address 25 - gone in 25.0.0: [vnc] server_proxyclient_address
'

# dead_keys: those that stand in nova.conf as the plan would have it, "section/option why", a line each.
dead_keys() {
  local release role key since beside why told=' '
  release=$(nova_version)
  while read -r role key since beside why; do
    [[ $role == "$ROLE" && -z ${VALUE[$key]+set} && $told != *" $key "* ]] || continue
    ((${release%%.*} >= since)) || continue
    [[ $(ini get "$NOVA_CONF" "${key%%/*}" "${key#*/}") == present* ]] || continue
    if [[ $beside != - && -z ${VALUE[$beside]+set} ]]; then
      [[ $(ini get "$NOVA_CONF" "${beside%%/*}" "${beside#*/}") == present* ]] || continue
    fi
    told+="$key "
    printf '%s %s\n' "$key" "$why"
  done <<<"$DEAD_KEYS"
}

# plan_dead_keys: what is to be made a comment, or a key again since nobody asks for that any more.
plan_dead_keys() {
  local key why kind where what former written
  if [[ ${DESIRED["dead-keys"]:-} == remove ]]; then
    while read -r key why; do
      [[ -n $key ]] || continue
      plan dead-key "$NOVA_CONF" "$key" key comment "$(one_line "$(ini value "$NOVA_CONF" "${key%%/*}" "${key#*/}")")" 'a comment'
    done < <(dead_keys)
    return
  fi
  while IFS=$'\t' read -r kind where what former written; do
    [[ $kind == dead-key ]] || continue
    if [[ $(dead_key_state "$where" "$what") == "$written" ]]; then
      plan dead-key "$where" "$what" "$written" "$former" 'a comment' 'a key again'
    else
      say "$what was changed by someone else since: left as it is"
    fi
  done < <(read_record "$ROLE")
}

# tell_dead_keys: what stays in nova.conf without effect.
tell_dead_keys() {
  local key why
  [[ ($VERB == converge || $VERB == check) && ${DESIRED["dead-keys"]:-} != remove ]] || return 0
  while read -r key why; do
    [[ -n $key ]] || continue
    DEAD_FOUND+=("$key")
    say "[${key%%/*}] ${key#*/} is a dead key of $NOVA_CONF ($why). Take it out, or set removeDeadKeys"
  done < <(dead_keys)
}
DEAD_FOUND=()

# dead_key_mark SECTION/OPTION: what its lines begin with as comments.
dead_key_mark() { printf '#openstack-spice# %s# \n' "$1"; }

# dead_key_state FILE SECTION/OPTION: `key` where it is defined, `comment` where it was made one, else `-`.
dead_key_state() {
  local file
  file=$(copy_or_file "$1")
  if [[ $(ini get "$file" "${2%%/*}" "${2#*/}") == present* ]]; then
    echo key
  elif grep -qF -e "$(dead_key_mark "$2")" -- "$file"; then
    echo comment
  else
    echo -
  fi
}

# set_dead_key FILE SECTION/OPTION STATE: all of its definitions, each where it stands.
set_dead_key() {
  local new=$WORK/edit mark
  mark=$(dead_key_mark "$2")
  stage "$1"
  if [[ $3 == comment ]]; then
    ini comment "$(staged "$1")" "${2%%/*}" "${2#*/}" "$mark" >"$new"
  else
    MARK=$mark NEWLINE=$(ends_with_newline "$(staged "$1")") awk '
      index($0, ENVIRON["MARK"]) == 1 { $0 = substr($0, length(ENVIRON["MARK"]) + 1) }
      { out[NR] = $0 }
      END { for (i = 1; i <= NR; i++) printf "%s%s", out[i], (i < NR || ENVIRON["NEWLINE"]) ? "\n" : "" }' "$(staged "$1")" >"$new"
  fi
  restage "$1" "$new"
}
