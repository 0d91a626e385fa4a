"""What root, or an operator with sudo, types on the node, with no need of Pulumi or its state; and what `destroy` runs."""

import stat

from ..state.paths import LAUNCHER
from ..system import Files
from ..system.files import Access, Announce

_ACCESS = Access(0, 0, 0o755)

# The command that destroys (remote/convergence.ts), which has `-` behind the role, tells one that is cut off by an answer without an end
# mark: so what needs no program has one too.
LAUNCHER_TEXT = r"""#!/bin/bash
# Written by openstack-spice; goes with its last record.  openstack-spice status | revert ROLE
PATH=/usr/sbin:/usr/bin:/sbin:/bin
fail() { echo "openstack-spice: error: $1" >&2 && exit 1; }
asked='^(status|revert (controller|compute|vnc-proxy-retirement)( -)?)$'
[[ "$*" =~ $asked ]] || { echo "openstack-spice status | revert ROLE" >&2 && exit 2; }
[[ $EUID == 0 ]] || exec sudo -n "$0" "$@"
none() {
  echo "openstack-spice: nothing is recorded${1:+ for $1}: nothing to put back" >&2
  [[ ! ${2:-} ]] || echo '{"end":0}'
  exit 0
}
[[ $(tail -n 1 "$0") != "# nothing is recorded" ]] || none "" "${3:-}"
cd /var/lib/openstack-spice/roles && ls >/dev/null && shopt -s nullglob ||
  fail "what was recorded cannot be read. See that /var/lib is mounted, or put the folder back; or restore by hand, and remove $0"
things=(${2:-*}/*) programs=(${2:-*}/program*)
program=$(readlink "${programs[0]:-}")
[[ $program || -z ${things[0]:-} ]] || fail "$PWD/${things[0]%/*}/program is gone. Put it back, or restore by hand from $PWD"
[[ $program ]] || none "${2:-}" "${3:-}"
[[ -e $program ]] || fail "$program is gone. Put it back, or restore by hand from $PWD"
[[ $(sha256sum <"$program") == "$(basename "$program" .sh) "* ]] || fail "$program is damaged. Put it back, or restore by hand from $PWD"
exec bash "$program" "$@"
"""


def launcher_is_whole(files: Files) -> bool:
    """Whether it is there as above, and can be run by everybody. Raises CannotTell."""
    state = files.state(LAUNCHER)
    access = None if state is None else (state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode))
    return access == _ACCESS and files.read_if_there(LAUNCHER) == LAUNCHER_TEXT.encode("ascii")


def write_launcher(files: Files, announce: Announce) -> None:
    """Puts it where it is not there as above. Raises Failed, CannotTell."""
    if not launcher_is_whole(files):
        files.create(LAUNCHER, LAUNCHER_TEXT.encode("ascii"), _ACCESS, announce)
