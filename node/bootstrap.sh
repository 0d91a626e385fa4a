#!/usr/bin/env bash
# openstack-spice: the first lines of the program that runs on a node; the rest, in Python, follows behind them in the same file as a
# tar archive (remote/archive.ts puts both together). Needs bash 4.2, coreutils, util-linux and Python 3.6 or newer.
#
#   FILE SHA256 [--install-python] [NOTE] <DOCUMENT    run by the login user, from the uploaded file: root runs a checked copy of it
#   FILE [--install-python] OPTION... VERB ...           run by root: starts the program (node/openstack_spice/main.py)
#
# Exit codes: 1 failed, 3 refused; else the program's.
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset -v CDPATH ENV BASH_ENV TMPDIR
umask 077

readonly STATE_DIR=/var/lib/openstack-spice

# What root runs: RUN_AS_ROOT PROGRAM FILE [-] copies FILE to PROGRAM, where it has the sha256 that PROGRAM is named by, and runs it (with
# a third word, it may install Python); a PROGRAM that is there already is run where it has that sha256. With `-` for FILE it does
# nothing. Stands alone, and is one line of few special characters: a sudoers line can name it with the program, and nothing else
# (remote/sudoers.ts). In braces, since sudo does not see where one argument ends: a part of it, or more than it, is a syntax error.
# `>|`: root's .bashrc, which may have been read, may set noclobber.
# shellcheck disable=SC2016 # for root's own shell
readonly RUN_AS_ROOT='{ PATH=/usr/sbin:/usr/bin:/sbin:/bin; umask 077; test "$1" != - || exit 0; d=${0%/*}; e() { echo "openstack-spice: error: $(uname -n): $1, then run again" >&2; exit 3; }; m() { case $(stat -f -c %f/%c/%d "$d" "${d%/*}" "${d%/*/*}" 2>/dev/null | head -n 1) in [1-9]*/[1-9]*/0) echo "No inode is free there (df -i): remove files that nobody needs";; *) echo "Make room there";; esac; }; k() { s=$(sha256sum <"$1") && test "${s%% *}.sh" = "${0##*/}"; }; { test -f "$0" && k "$0"; } || { mkdir -p "$d" && c=$(mktemp "$d/.copy.XXXXXX") || e "$d cannot be written. $(m) and see that it can be written"; q() { rm -f "$c"; rmdir "$d" "${d%/*}" 2>/dev/null; }; trap q EXIT; cat <"$1" >|"$c" || e "$1 cannot be copied to $d. $(m)"; k "$c" || e "$1 changed while it was copied. Find out who writes there"; mv -f "$c" "$0"; } && exec bash "$0" ${2:+--install-python} --uploaded "$1" converge; }'

# What Python runs first: FILE ARGUMENT... checks the whole file against its name, where it lies where root keeps programs, and goes
# on with start.py, the first member of the archive. Has to be understood by any Python, which says then that it is too old.
readonly START='
import sys
def end(status, text):
    import os
    sys.stderr.write("openstack-spice: error: " + os.uname()[1] + ": " + text + "\n")
    sys.exit(status)
if sys.version_info < (3, 6):
    end(3, sys.executable + " is Python " + sys.version.split()[0] + ", and 3.6 or newer is needed. Install python3 on this node, and run again")
import hashlib, os
file = os.path.realpath(sys.argv[1])
with open(file, "rb") as opened:
    data = opened.read()
digest = hashlib.sha256(data).hexdigest()
folder, name = file.rsplit("/", 1)
if folder == "/var/lib/openstack-spice/programs" and name != digest + ".sh":
    end(1, file + " is damaged. Put it back, or restore by hand from /var/lib/openstack-spice/roles")
tar = data.index(b"\n#tar" + b"\n") + 6
size = int(data[tar + 124 : tar + 135], 8)
names = {"__name__": "start"}
exec(compile(data[tar + 512 : tar + 512 + size], "start.py", "exec"), names)
names["start"](data, tar, digest)
'

# refuse TEXT: nothing was touched.
refuse() {
  printf 'openstack-spice: error: %s: %s\n' "$(uname -n)" "$*" >&2 || :
  exit 3
}

# bootstrap SHA256 [--install-python] [NOTE]: a note is for who reads the command line.
bootstrap() {
  local answer file python="" run
  file=${BASH_SOURCE[0]}
  [[ $file == /* ]] || file=$PWD/$file
  [[ ${2:-} != --install-python ]] || python=-
  sha256sum -c --quiet <<<"$1  $file"
  run=(/bin/bash -c "$RUN_AS_ROOT" "$STATE_DIR/programs/$1.sh")
  if ((EUID != 0)); then
    run=(sudo -n "${run[@]}")
    answer=$("${run[@]}" - 2>&1 </dev/null) ||
      refuse "sudo does not let $(id -un) become root without asking: ${answer##*$'\n'}. Allow that in sudoers (NOPASSWD, and no requiretty): everything, or the line that 'npm run sudoers' prints for this version. Or log in as root"
  fi
  exec "${run[@]}" "$file" ${python:+-}
}

# find_python: the interpreter, in PYTHON: the distribution's own before another one. RHEL 8 has one that is not called python3.
find_python() {
  for PYTHON in /usr/libexec/platform-python /usr/bin/python3; do
    [[ ! -x $PYTHON ]] || return 0
  done
  PYTHON=$(type -P python3)
}

# install_python: the package, only where no other one changes with it. It stays when the node gets back what it had: what puts that
# back is written in it.
install_python() {
  local plan line log=/var/log/openstack-spice.log
  umask 022
  plan=$(timeout 600 yum --assumeno install python3 2>&1 </dev/null) || : # it declines, so it fails
  if grep -Eq '^(Updating|Upgrading|Removing|Downgrading|Replacing|Reinstalling)( .*)?:$' <<<"$plan"; then
    refuse "python3 cannot be installed without a change of other packages. Install it ('yum install python3'), and run again"
  fi
  grep -q '^Installing:$' <<<"$plan" ||
    refuse "python3 cannot be installed (${plan##*$'\n'}). Install it ('yum install python3'), and run again"
  printf 'openstack-spice: %s: installing python3, in which the program is written\n' "$(uname -n)" >&2 || :
  timeout 900 yum -q -y install python3 >/dev/null </dev/null ||
    refuse "python3 could not be installed (see above). Install it ('yum install python3'), and run again"
  line="installed python3, by=${SUDO_USER:-root}"
  # As state/audit.py does: a FIFO is not waited for, and a link is not followed.
  { [[ ! -e $log || -f $log ]] && printf '%s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(uname -n)" "$line" |
    dd of="$log" oflag=append,nofollow,nonblock conv=notrunc 2>/dev/null; } ||
    printf 'openstack-spice: %s: %s cannot be written: what changes is logged in syslog alone\n' "$(uname -n)" "$log" >&2 || :
  logger -t openstack-spice -p authpriv.notice -- "$line" || :
}

if [[ ${1:-} =~ ^[0-9a-f]{64}$ ]]; then bootstrap "$@"; fi
install=
if [[ ${1:-} == --install-python ]]; then
  install=yes
  shift
fi
((EUID == 0)) || refuse "not run as root. Give the login user sudo, or log in as root"
if ! find_python; then
  [[ -n $install ]] || refuse "Python 3.6 or newer, in which this program is written, is not installed. Install it ('yum install python3'), or declare installPython, and run again"
  install_python
  find_python || refuse "python3 was installed, and is not found. Report this to openstack-spice"
fi
# Isolated, and without site-packages: no file but the standard library's and this program's own is imported as root.
exec "$PYTHON" -I -S -c "$START" "${BASH_SOURCE[0]}" "$@"
