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
# shellcheck shell=bash
# Packages of RHEL and its likes: dnf 4, and yum 3 of CentOS 7, which is asked and answers much the same.

# Seconds: how long another dnf or yum is waited for; how long one that only looks may take, and one that installs.
readonly DNF_LOCK_WAIT=120
readonly DNF_LOOK_WAIT=300
readonly DNF_INSTALL_WAIT=900

dnf_version() {
  # `%|EPOCH?` is an if; the last one, where a package is installed twice.
  rpm -q --qf '%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\n' "$1" 2>/dev/null | grep -v ' is not installed$' | tail -n 1 || :
}

# dnf_pin NAME: with epoch and architecture, or yum 3 does not know it.
dnf_pin() { rpm -q --qf "$1-%|EPOCH?{%{EPOCH}}:{0}|:%{VERSION}-%{RELEASE}.%{ARCH}\n" "$NOVA_PACKAGE" | tail -n 1; }

# run_dnf SECONDS ARGUMENT...: asks nothing. Told not to wait without end for another one that holds their lock, dnf ends
# with 200, and yum 3 with 1 and these words; here both are 200. yum 3 writes a refused transaction into TMPDIR.
run_dnf() {
  local seconds=$1 status deadline output=$WORK/dnf-output
  deadline=$(deadline "$DNF_LOCK_WAIT")
  shift
  while :; do
    status=0
    # rpm lets a signal wait for the end of its transaction: a minute for that
    TMPDIR=$WORK timeout -k 60 "$seconds" "$(platform tool)" --color=never --setopt=exit_on_lock=1 ${REPOSITORY_OPTIONS[@]+"${REPOSITORY_OPTIONS[@]}"} "$@" </dev/null >"$output" 2>&1 || status=$?
    ! grep -q 'exiting as configured by exit_on_lock' "$output" || status=200
    if ((status != 200)) || ! seconds_left "$deadline"; then break; fi
    sleep 2
  done
  cat -- "$output"
  ((status != 124 && status != 137)) || printf 'Error: %s did not end within %s s\n' "$(platform tool)" "$seconds"
  return "$status"
}

# dnf_simulate NAME...: `--assumeno` resolves, prints the transaction and ends with 1, as a failure does: only the last
# words tell. yum 3 installs without a question, and so without this answer, what was named itself, where yum.conf has
# alwaysprompt=0; and it passes over a package that it cannot find.
dnf_simulate() {
  local output=$WORK/dnf-simulation wanted status=0
  run_dnf "$DNF_LOOK_WAIT" --assumeno --setopt=alwaysprompt=1 "${DNF_OPTIONS[@]}" install "$@" >"$output" 2>&1 || status=$?
  cat "$output"
  ((status != 200)) || return 200
  grep -qE 'Operation aborted|Exiting on user command' "$output" || return 1
  dnf_simulated <"$output" >"$output.lines"
  for wanted in "${MISSING[@]}"; do grep -q "^install $wanted " "$output.lines" || return 1; done
}
# No package that is only recommended; nothing passed over in silence. yum 3 knows neither, and says so.
readonly DNF_OPTIONS=(--setopt=install_weak_deps=0 --setopt=strict=1)

# dnf_simulated: the table of the transaction. A long name has its version in the next line.
dnf_simulated() {
  awk '
    function row() {
      if (words >= 3) print (kind == "install" ? "install " word[1] " " word[3] : "harm " word[1] " (" kind ")")
      words = 0
    }
    /^Transaction Summary/ { row(); exit }
    /^[A-Z].*:$/ {
      row()
      kind = /^Installing/ ? "install" : /^(Upgrading|Updating)/ ? "upgraded" : /^Downgrading/ ? "downgraded" : \
        /^Removing/ ? "removed" : /^Reinstalling/ ? "installed again" : ""
      next
    }
    kind == "" || !/^ / { next }
    /^ +replacing / { row(); sub(/\.[^.]*$/, "", $2); print "harm", $2, "(replaced)"; next }
    /^ [^ ]/ { row() }
    { for (i = 1; i <= NF; i++) word[++words] = $i }'
}

# dnf_reason: the first error; one that is a `Problem` goes on in lines that begin with a dash.
dnf_reason() {
  awk '
    /[^ ]/ { last = $0 }
    reason ~ /^ *Problem/ && /^ +- / && !ended { sub(/^ +- /, ""); reason = reason "; " $0; next }
    reason != "" { ended = 1; next }
    /^Error: *$/ { next }
    /^(Error|No package|Failed|Cannot|Could not|Existing lock)/ || /^ Problem/ || /already locked by/ { reason = $0 }
    END { if (reason == "") reason = last; sub(/^ +/, "", reason); print reason }'
}

dnf_refresh() { run_dnf "$DNF_LOOK_WAIT" -q clean expire-cache; }

dnf_install() { run_dnf "$DNF_INSTALL_WAIT" -y "${DNF_OPTIONS[@]}" install "$@"; }

dnf_is_there() { rpm -q "$1" >/dev/null 2>&1; }

dnf_owner() { rpm -qf --qf '%{NAME}\n' "$1" 2>/dev/null; }

readonly DNF_REMOVAL=(--setopt=clean_requirements_on_remove=0 remove)
dnf_simulate_removal() {
  local output=$WORK/dnf-simulation
  run_dnf "$DNF_LOOK_WAIT" --assumeno "${DNF_REMOVAL[@]}" "$@" >"$output" 2>&1 || :
  cat "$output"
  grep -qE 'Operation aborted|Exiting on user command' "$output"
}
dnf_remove() { run_dnf "$DNF_INSTALL_WAIT" -y "${DNF_REMOVAL[@]}" "$@"; }

# dnf_unpacked_since SECONDS EXPRESSION: several versions of one package can be installed.
dnf_unpacked_since() {
  local unpacked name
  while read -r unpacked name; do
    [[ $name =~ $2 && $unpacked -gt $1 ]] || continue
    printf '%s %s %s\n' "$name" "$(dnf_version "$name")" "$unpacked"
  done < <(rpm -qa --qf '%{INSTALLTIME} %{NAME}\n')
}

while IFS= read -r -d $'\1' case; do for f in dnf_simulated dnf_reason apt_simulated apt_reason; do printf '%s' "$case" | $f; printf '\2'; done; printf '\3'; done
