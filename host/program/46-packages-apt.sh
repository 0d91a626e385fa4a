# shellcheck shell=bash
# Debian's and Ubuntu's packages.

apt_version() {
  # shellcheck disable=SC2016 # the format is dpkg-query's, not the shell's
  dpkg-query -W -f '${db:Status-Abbrev} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^.i  *//p'
}

apt_pin() { printf '%s=%s\n' "$1" "$(apt_version "$NOVA_PACKAGE")"; }

apt_simulate() { apt-get -s -qq --no-install-recommends --no-remove install "$@"; }

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

apt_refresh() { apt-get -qq -o DPkg::Lock::Timeout="$APT_LOCK_WAIT" update; }

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get -y -qq --no-install-recommends --no-remove \
    -o DPkg::Lock::Timeout="$APT_LOCK_WAIT" -o Dpkg::Options::=--force-confold install "$@"
}
