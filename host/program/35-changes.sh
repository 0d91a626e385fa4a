# shellcheck shell=bash
# The kinds of change. Each has a state that can be read and set, so that doing and undoing are the same thing:
# a transition from one state to another, made only where the node still is in the first one.
#
#   KIND      WHERE         WHAT                STATE
#   option    file          section/option      `-`, or `=` and the raw lines in base64
#   section   file          section blank|tight `-` or `there`
#   dead-key  file          section/option      `key`, `comment` or `-`; see 41-dead-keys.sh
#   file      path          -                   `-`, or `=` and its bytes in base64
#   pem       path          -                   as `file`, of a certificate with its key: root:nova 0640
#   shell     file          variable            `-`, or `=` and the assigning line in base64
#   unit      unit          -                   `enabled active` and the like
#   mask      unit          -                   `-` or `masked` (at run time only)
#   package   name          -                   `-` or its version
#   repository path         -                   as `file`; see 43-repository.sh
#   rpm-key   VERSION-RELEASE file              `-` or `in`
#   web-client folder       the archive's sha256 `-`, or `=` and a digest of all that is in it; see 49-web-client.sh
#   firewalld, firewalld-file, ufw, iptables, iptables-file, nft, nft-file: see 55-firewall.sh, `-` or `in`
#   firewalld-zone file     -                   `-`, or `=` and its bytes in base64
#   console-ports file      -                   see 57-closed-ports.sh: `-`, or `=` and the rules in base64
#   restart   unit          -                   no state: the unit was restarted, and is again after an undo

# Files are edited as copies, and published together: a service never reads half of a change.
declare -A STAGED=() # file -> sha256 of what was copied

# staged FILE: the path of the file's working copy.
staged() { printf '%s/files%s\n' "$WORK" "$1"; }
# stage FILE: makes the working copy.
stage() {
  [[ -z ${STAGED[$1]:-} ]] || return 0
  mkdir -p -- "$(dirname -- "$(staged "$1")")"
  cat -- "$1" >"$(staged "$1")"
  STAGED[$1]=$(sha256sum <"$1")
}
# restage FILE NEW: NEW becomes the working copy.
restage() { mv -f -- "$2" "$(staged "$1")"; }
# publish_files: every working copy that differs replaces its file.
publish_files() {
  local file
  for file in ${STAGED[@]+"${!STAGED[@]}"}; do
    if ! cmp -s -- "$file" "$(staged "$file")"; then
      [[ $(sha256sum <"$file") == "${STAGED[$file]}" ]] || fail "$file was edited by someone else during this run. Run again"
      replace_file "$file" "$(staged "$file")"
    fi
    unset -v "STAGED[$file]"
  done
}

# state_of KIND WHERE WHAT: the state now; a staged file counts as it will be.
state_of() {
  case $1 in
    option) option_state "$2" "$3" ;;
    section) if (($(ini sections "$(copy_or_file "$2")" "${3% *}" -))); then echo there; else echo -; fi ;;
    dead-key) dead_key_state "$2" "$3" ;;
    file | pem | repository) if [[ -e $2 ]]; then printf '=%s\n' "$(encode <"$2")"; else echo -; fi ;;
    shell) shell_state "$2" "$3" ;;
    unit) unit_state "$2" ;;
    mask) if [[ -L /run/systemd/system/$2.service ]]; then echo masked; else echo -; fi ;;
    package) if [[ -n $(package_version "$2") ]]; then package_version "$2"; else echo -; fi ;;
    firewalld* | ufw | iptables* | nft*) firewall_state "$@" ;;
    console-ports) ports_state "$2" ;;
    rpm-key) rpm_key_state "$2" ;;
    web-client) web_client_state "$2" ;;
    restart) echo '-' ;;
    *) return 1 ;;
  esac
}

# set_state KIND WHERE WHAT STATE: makes it so.
set_state() {
  case $1 in
    option) set_option "$2" "$3" "$4" ;;
    section) set_section "$2" "$3" "$4" ;;
    dead-key) set_dead_key "$2" "$3" "$4" ;;
    file | pem | repository) set_file "$1" "$2" "$4" ;;
    shell) set_shell "$2" "$4" "$(state_of shell "$2" "$3")" ;;
    unit) set_unit "$2" "$4" ;;
    mask) if [[ $4 == - ]]; then systemctl unmask --runtime --quiet "$2"; else systemctl mask --runtime --quiet "$2" 2>/dev/null; fi ;;
    rpm-key) set_rpm_key "$2" "$3" "$4" ;;
    web-client) set_web_client "$2" "$4" ;;
    package) : ;; # see 48-package-removal.sh
    firewalld* | ufw | iptables* | nft*) set_firewall "$@" ;;
    console-ports) set_ports "$2" "$4" ;;
    restart) : ;;
    *) return 1 ;;
  esac
}

# set_file KIND PATH STATE: a whole file; a folder that is empty without it goes too, but for yum's own.
set_file() {
  local access=()
  if [[ $3 != - ]]; then
    [[ $1 != pem ]] || access=(root:nova 640)
    create_file "$2" ${access[@]+"${access[@]}"} < <(decode <<<"${3#=}")
    return
  fi
  rm -f -- "$2"
  [[ $2 == *.repo ]] || rmdir -- "$(dirname -- "$2")" 2>/dev/null || :
}

# transition KIND WHERE WHAT FROM TO: from one state to the other. Returns 9, and leaves the node alone, where it
# is in neither: someone else changed it since.
transition() {
  local now
  [[ $1 != package ]] || return 0 # what becomes of packages is 48-package-removal.sh's
  now=$(state_of "$1" "$2" "$3")
  if [[ $1 == unit ]]; then
    # A service that died, or is on its way up, is still ours to set; another enablement is somebody's will.
    [[ ${4% *} == absent || ${now% *} == "${4% *}" || ${now% *} == "${5% *}" || ${now% *}/${5% *} == disabled/absent ]] || return 9
  else
    [[ $now != "$5" ]] || return 0
    # The table of closed ports is ours alone, whatever somebody did to it.
    [[ $now == "$4" || $1 == console-ports ]] || return 9
  fi
  set_state "$1" "$2" "$3" "$5"
}

# change KIND WHERE WHAT FORMER WRITTEN: journals, then makes one change.
change() {
  journal "$@"
  transition "$@" || fail "$(subject_of "$1" "$2" "$3") was changed by someone else during this run. Run again"
}

# subject_of KIND WHERE WHAT: the name of a change, as the operator reads it.
subject_of() {
  case $1 in
    option | dead-key) printf '%s\n' "$3" ;;
    section) printf '[%s]\n' "${3% *}" ;;
    file | repository) printf 'file%s\n' "$2" ;;
    pem) printf 'certificate%s\n' "$2" ;;
    shell) printf '%s:%s\n' "$2" "$3" ;;
    unit) printf 'service/%s\n' "$2" ;;
    package) printf 'package/%s\n' "$2" ;;
    firewalld) printf 'firewall/zone %s\n' "$2" ;;
    iptables | nft) printf 'firewall/%s\n' "$2" ;;
    console-ports) if [[ $2 == "$PROXY_RULES" ]]; then echo firewall/proxy; else echo firewall/consoles; fi ;;
    web-client) printf 'web-client%s\n' "$2" ;;
    firewalld-* | ufw | iptables-file | nft-file) printf 'firewall%s\n' "$2" ;;
    *) printf '%s/%s\n' "$1" "$2" ;;
  esac
}

copy_or_file() { if [[ -n ${STAGED[$1]:-} ]]; then staged "$1"; else printf '%s\n' "$1"; fi; }

option_state() {
  local definition
  definition=$(ini get "$(copy_or_file "$1")" "${2%%/*}" "${2#*/}" | encode_definition)
  printf '%s\n' "$definition"
}
# encode_definition: the output of `ini get` as a state.
encode_definition() {
  local found
  IFS= read -r found
  if [[ $found == absent ]]; then echo -; else printf '=%s\n' "$(encode)"; fi
}
set_option() {
  local file=$1 section=${2%%/*} option=${2#*/} new=$WORK/edit
  stage "$file"
  if [[ $3 == - ]]; then
    ini cut "$(staged "$file")" "$section" "$option" >"$new"
  else
    ini put "$(staged "$file")" "$section" "$option" "$(decode <<<"${3#=}")" >"$new"
  fi
  restage "$file" "$new"
}
set_section() {
  local file=$1 section=${2% *} layout=${2#* } new=$WORK/edit
  stage "$file"
  if [[ $3 == - ]]; then
    ini close "$(staged "$file")" "$section" - "$layout" >"$new"
  else
    ini open "$(staged "$file")" "$section" - "$layout" >"$new"
  fi
  restage "$file" "$new"
}
shell_state() {
  local line
  line=$(shell_line "$(copy_or_file "$1")" "$2")
  if [[ -n $line ]]; then printf '=%s\n' "$(encode <<<"$line")"; else echo -; fi
}
# set_shell FILE NEW OLD: states; a variable that was not assigned gets no line, since the caller never asks for it.
set_shell() {
  stage "$1"
  with_shell_line "$(staged "$1")" "$(decode <<<"${3#=}")" "$(decode <<<"${2#=}")" >"$WORK/edit"
  restage "$1" "$WORK/edit"
}
