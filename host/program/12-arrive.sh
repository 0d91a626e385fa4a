# shellcheck shell=bash
# How the file that the login user uploaded becomes the program that root runs:
#
#   program --arrive SHA256 ARGUMENT...    run by the login user, from the uploaded file
#
# Root copies the file to where only root can write, checks the copy, and runs the copy: what is checked is
# what runs, whatever happens to the uploaded file meanwhile.

# arrive_as_root SHA256 FILE FOLDER ARGUMENT...: stands alone, since another bash runs it, as root.
arrive_as_root() {
  set -euo pipefail
  umask 077
  digest=$1 uploaded=$2 folder=$3
  shift 3
  problem() {
    printf 'openstack-spice: error: %s: %s\n' "$(uname -n)" "$1" >&2
    exit 3
  }
  if ! mkdir -p -- "$folder" || ! copy=$(mktemp -- "$folder/.arriving.XXXXXX"); then
    problem "$folder cannot be written. Make room there and see that it can be written, then run again"
  fi
  trap 'rm -f -- "$copy"; rmdir -- "$folder" "${folder%/*}" 2>/dev/null || :' EXIT
  cat -- "$uploaded" >"$copy" || problem "$uploaded cannot be copied to $folder. Make room there, then run again"
  [[ $(sha256sum <"$copy") == "$digest  -" ]] ||
    problem "$uploaded changed while it was copied. Find out who writes there, then run again"
  mv -f -- "$copy" "$folder/$digest.sh"
  exec bash "$folder/$digest.sh" --uploaded "$uploaded" "$@"
}

# arrive SHA256 ARGUMENT...
arrive() {
  local digest=$1 answer become_root=()
  shift
  if ((EUID != 0)); then
    answer=$(sudo -n true 2>&1 </dev/null) ||
      refuse "sudo does not let $(id -un) become root without asking: ${answer##*$'\n'}. Allow that in sudoers (NOPASSWD, and no requiretty), or log in as root"
    become_root=(sudo -n)
  fi
  exec ${become_root[@]+"${become_root[@]}"} bash -c "$(declare -f arrive_as_root); arrive_as_root \"\$@\"" openstack-spice \
    "$digest" "$(readlink -f -- "${BASH_SOURCE[0]}")" "$STATE_DIR/programs" "$@"
}

# remove_uploaded FILE: what was uploaded for a role, by this version and earlier ones. Each role has its own file, or
# one role's upload would write what another one is just checking.
remove_uploaded() {
  local folder=${1%/*} name=${1##*/}
  [[ $folder == */.openstack-spice && $name =~ ^([a-z-]+-)[0-9a-f]+\.sh$ ]] || return 0
  find "$folder" -maxdepth 1 -type f -name "${BASH_REMATCH[1]}*.sh" -delete 2>/dev/null || :
  rmdir -- "$folder" 2>/dev/null || :
}

if [[ ${1:-} == --arrive ]]; then
  shift
  arrive "$@"
fi
