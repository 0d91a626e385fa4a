# shellcheck shell=bash
# Which platform of the table this node is, and what is installed there.

declare -A PLATFORM=() # the platform's paragraph of the table: key -> value
PROXY_PACKAGES=()      # a controller needs these
COMPUTE_PACKAGES=()
NOVA_PACKAGE=
SPICE_UNIT=
NOVNC_UNIT=
COMPUTE_UNIT=
OTHER_PROXY_UNITS=()
PROXY_TYPE_FILE=
WEB_CLIENT=spice-html5 # its package has this name wherever a platform has one
readonly RHEL_LIKES='rhel centos rocky almalinux ol'

# platform KEY: of this node's platform, or nothing.
platform() { printf '%s\n' "${PLATFORM["$1"]:-}"; }

# detect_platform: fills the variables from the table; refuses a platform that is not in it.
detect_platform() {
  local id='' version=''
  if [[ -r /etc/os-release ]]; then
    id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d \"\')
    version=$(sed -n 's/^VERSION_ID=//p' /etc/os-release | tr -d \"\')
  fi
  find_platform "$id" "$version" ||
    refuse "platform '$id $version' is not supported. Supported: $(in_a_row "$(sed -n 's/^name = //p' <<<"$PLATFORMS")"). Take the node out"
  NOVA_PACKAGE=$(platform nova-package)
  SPICE_UNIT=$(platform spice-unit) NOVNC_UNIT=$(platform novnc-unit) COMPUTE_UNIT=$(platform compute-unit)
  PROXY_TYPE_FILE=$(platform proxy-type-file)
  read -ra OTHER_PROXY_UNITS <<<"$(platform other-units)"
  WEB_CLIENT=${DESIRED["web-client-package"]:-$WEB_CLIENT}
  PROXY_PACKAGES=("$(platform proxy-package)")
  [[ -n ${DESIRED["web-client-archive"]:-} ]] || PROXY_PACKAGES+=("$WEB_CLIENT")
  COMPUTE_PACKAGES=()
  case $(platform qemu-spice) in
    'built in' | none) ;;
    *) COMPUTE_PACKAGES=("$(platform qemu-spice)") ;;
  esac
  ! as_in_recipe web-client-on-computes || COMPUTE_PACKAGES+=("$WEB_CLIENT")
}

# find_platform ID VERSION: fills PLATFORM with that paragraph of the table; fails where there is none.
find_platform() {
  local line ids
  PLATFORM=()
  while IFS= read -r line; do
    if [[ -n $line ]]; then
      PLATFORM["${line%% = *}"]=${line#* = }
      continue
    fi
    ids=$(platform ids)
    [[ $ids != rhel-like ]] || ids=$RHEL_LIKES
    # shellcheck disable=SC2086 # words
    ! contains "$1" $ids || [[ $2 != "$(platform version)" && $2 != "$(platform version)".* ]] || return 0
    PLATFORM=()
  done <<<"$PLATFORMS"
  return 1
}

# with_package_tool ACTION ARGUMENT...: apt's way of it, or that of dnf and of yum, which understands the same.
with_package_tool() {
  local action=$1
  shift
  if [[ $(platform tool) == apt ]]; then "apt_$action" "$@"; else "dnf_$action" "$@"; fi
}

# package_version NAME: the installed version, or nothing.
package_version() { with_package_tool version "$1"; }

# nova_version: the installed Nova as 26.2.2, or nothing where none is installed.
nova_version() {
  local version
  version=$(package_version "$NOVA_PACKAGE")
  version=${version#*:}
  printf '%s\n' "${version%%-*}"
}

# nova_python: the interpreter that Nova's own commands run on, which is the one that has oslo.config.
nova_python() {
  local command first words
  for command in nova-compute nova-spicehtml5proxy nova-manage; do
    command=$(command -v "$command") || continue
    IFS= read -r first <"$command"
    read -ra words <<<"${first#'#!'}"
    [[ ${words[0]##*/} != env ]] || words=("${words[@]:1}")
    command -v "${words[0]}" && return 0
  done
  command -v python3
}
