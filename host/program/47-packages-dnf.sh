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
