# shellcheck shell=bash
# What a distribution calls things. One table; everything else asks it.

PLATFORM=         # as it is told to people, such as `debian 12`
PROXY_PACKAGES=() # a controller needs these
COMPUTE_PACKAGES=()
NOVA_PACKAGE= # whose version is Nova's
SPICE_UNIT=
NOVNC_UNIT=
COMPUTE_UNIT=
OTHER_PROXY_UNITS=() # units that come with the proxy's package and that nobody asked for
PROXY_TYPE_FILE=     # the shell file by which Debian's init scripts choose the one proxy that starts

# detect_platform: fills the table's variables; refuses a platform that is not in it.
detect_platform() {
  local id='' version=''
  if [[ -r /etc/os-release ]]; then
    id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d \"\')
    version=$(sed -n 's/^VERSION_ID=//p' /etc/os-release | tr -d \"\')
  fi
  PLATFORM="$id $version"
  case $PLATFORM in
    'debian 12' | 'debian 13')
      PROXY_PACKAGES=(nova-consoleproxy spice-html5)
      # Debian 13 split SPICE out of QEMU and only recommends it (qemu-system-x86 10.0).
      [[ $version == 12 ]] || COMPUTE_PACKAGES=(qemu-system-modules-spice)
      NOVA_PACKAGE=nova-common
      SPICE_UNIT=nova-spicehtml5proxy NOVNC_UNIT=nova-novncproxy COMPUTE_UNIT=nova-compute
      OTHER_PROXY_UNITS=(nova-novncproxy nova-serialproxy)
      PROXY_TYPE_FILE=/etc/default/nova-consoleproxy
      ;;
    *) refuse "platform '$PLATFORM' is not supported. Supported: Debian 12, Debian 13" ;;
  esac
}

# nova_version: the installed Nova as 26.2.2, or nothing where none is installed.
nova_version() {
  local version
  version=$(package_version "$NOVA_PACKAGE")
  version=${version#*:}
  printf '%s\n' "${version%%-*}"
}

# package_version NAME: the installed version, or nothing.
package_version() {
  # shellcheck disable=SC2016 # the format is dpkg-query's, not the shell's
  dpkg-query -W -f '${db:Status-Abbrev} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^.i  *//p'
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
