# shellcheck shell=bash
# Debian's and Ubuntu's packages.

# Seconds: how long another apt is waited for; how long one that only looks may take, and one that installs.
readonly APT_LOCK_WAIT=120
readonly APT_LOOK_WAIT=300
readonly APT_INSTALL_WAIT=900

# run_apt SECONDS ARGUMENT...: asks nobody anything, and ends in time, maintainer scripts included: without a terminal of apt's
# own all of them are in the one process group that is ended.
run_apt() {
  local seconds=$1 status=0
  shift
  DEBIAN_FRONTEND=noninteractive bounded "$seconds" \
    apt-get -o DPkg::Lock::Timeout="$APT_LOCK_WAIT" -o Dpkg::Use-Pty=0 "$@" </dev/null || status=$?
  ((status != 124 && status != 137)) ||
    printf "E: apt-get was ended, since it had not come to its end after %s s. 'dpkg --configure -a' shows what hangs\n" "$seconds"
  return "$status"
}

apt_version() {
  # shellcheck disable=SC2016 # the format is dpkg-query's, not the shell's
  dpkg-query -W -f '${db:Status-Abbrev} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^.i  *//p'
}

apt_pin() { printf '%s=%s\n' "$1" "$(apt_version "$NOVA_PACKAGE")"; }

apt_simulate() { run_apt "$APT_LOOK_WAIT" -s -qq --no-install-recommends --no-remove install "$@"; }

apt_simulated() {
  awk '
    /^Inst / && $3 !~ /^\[/ { sub(/^\(/, "", $3); print "install", $2, $3 }
    /^Inst / && $3 ~ /^\[/ { print "harm", $2, "(upgraded)" }
    /^Remv / { print "harm", $2, "(removed)" }'
}

apt_reason() {
  local output
  output=$(cat)
  grep -m 1 '^E:' <<<"$output" || tail -n 1 <<<"$output"
}

apt_refresh() { run_apt "$APT_LOOK_WAIT" -qq update; }

apt_install() { run_apt "$APT_INSTALL_WAIT" -y -qq --no-install-recommends --no-remove -o Dpkg::Options::=--force-confold install "$@"; }

apt_is_there() {
  # shellcheck disable=SC2016 # the format is dpkg-query's, not the shell's
  case $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) in
    '' | not-installed | config-files) return 1 ;;
  esac
}

apt_owner() { dpkg-query -S "$1" 2>/dev/null | sed -n 's/^\([^:, ]*\).*/\1/p'; }

# Whatever apt.conf says.
readonly APT_REMOVAL=(-o APT::Get::AutomaticRemove=false -o APT::Get::Purge=false remove)
apt_simulate_removal() { run_apt "$APT_LOOK_WAIT" -s -qq "${APT_REMOVAL[@]}" "$@"; }
apt_remove() { run_apt "$APT_INSTALL_WAIT" -y -qq "${APT_REMOVAL[@]}" "$@"; }

# apt_unpacked_since SECONDS EXPRESSION: dpkg writes a package's list of files when it unpacks it.
apt_unpacked_since() {
  local unpacked name
  while read -r unpacked name; do
    name=${name%.list}
    [[ ${name%%:*} =~ $2 && ${unpacked%.*} -gt $1 && -n $(apt_version "$name") ]] || continue
    printf '%s %s %s\n' "${name%%:*}" "$(apt_version "$name")" "${unpacked%.*}"
  done < <(find /var/lib/dpkg/info -maxdepth 1 -name '*.list' -newermt "@$1" -printf '%T@ %f\n')
}
