# shellcheck shell=bash
# How the file that the login user uploaded becomes the program that root runs:
#
#   program SHA256 <DOCUMENT    run by the login user, from the uploaded file
#
# Root copies the file to where only root can write, checks the copy, and runs the copy: what is checked is
# what runs, whatever happens to the uploaded file meanwhile.

# What root runs: ARRIVE PROGRAM FILE copies FILE to PROGRAM, where it has the sha256 that PROGRAM is named by, and runs
# it; with `-` for FILE it does nothing. Stands alone, and is one line of few special characters: a sudoers line can
# name it with the program, and nothing else (host/sudoers.ts). In braces, since sudo does not see where one argument
# ends: a part of it, or more than it, is a syntax error.
# shellcheck disable=SC2016 # for root's own shell
readonly ARRIVE='{ PATH=/usr/sbin:/usr/bin:/sbin:/bin; umask 077; test "$1" != - || exit 0; d=$(dirname "$0"); e() { echo "openstack-spice: error: $(uname -n): $1, then run again" >&2; exit 3; }; mkdir -p "$d" && c=$(mktemp "$d/.arriving.XXXXXX") || e "$d cannot be written. Make room there and see that it can be written"; q() { rm -f "$c"; rmdir "$d" "$(dirname "$d")" 2>/dev/null; }; trap q EXIT; cat <"$1" >|"$c" || e "$1 cannot be copied to $d. Make room there"; test "$(sha256sum <"$c" | head -c 64).sh" = "$(basename "$0")" || e "$1 changed while it was copied. Find out who writes there"; mv -f "$c" "$0" && exec bash "$0" --uploaded "$1" converge; }'

# login_of_caller: who logged in; where from, sudo keeps to itself.
login_of_caller() { printf '%s%s\n' "${SUDO_USER:-$(id -un)}" "${SSH_CONNECTION:+@${SSH_CONNECTION%% *}}"; }

# arrive SHA256
arrive() {
  local answer run
  run=(/bin/bash -c "$ARRIVE" "$STATE_DIR/programs/$1.sh")
  if ((EUID != 0)); then
    run=(sudo -n "${run[@]}")
    answer=$("${run[@]}" - 2>&1 </dev/null) ||
      refuse "sudo does not let $(id -un) become root without asking: ${answer##*$'\n'}. Allow that in sudoers (NOPASSWD, and no requiretty): everything, or the line that 'npm run sudoers' prints for this version. Or log in as root"
  fi
  exec "${run[@]}" "$(readlink -f -- "${BASH_SOURCE[0]}")"
}

# remove_uploaded FILE STAMP: what was uploaded for a role, by this version and earlier ones, before the file STAMP was
# written: what came later is for the run that follows this revert, as where a node got another address. Each role has its own file, or
# one role's upload would write what another one is just checking.
remove_uploaded() {
  local folder=${1%/*} name=${1##*/}
  [[ $folder == */.openstack-spice && $name =~ ^([a-z-]+-)[0-9a-f]+\.sh$ ]] || return 0
  find "$folder" -maxdepth 1 -type f -name "${BASH_REMATCH[1]}*.sh" ! -newer "$2" -delete 2>/dev/null || :
  rmdir -- "$folder" 2>/dev/null || :
}

if [[ ${1:-} =~ ^[0-9a-f]{64}$ ]]; then arrive "$@"; fi
