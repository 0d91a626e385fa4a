"""What root, or an operator with sudo, types on the node, with no need of Pulumi or its state; and what `destroy` runs."""

from ..state.paths import LAUNCHER
from ..system import Files
from ..system.files import Access, Announce

# The last line begins with `exec`: by that the command that destroys tells a launcher that is cut off (host/convergence.ts).
LAUNCHER_TEXT = r"""#!/bin/bash
# Written by openstack-spice; goes with its last record.  openstack-spice status | revert ROLE
PATH=/usr/sbin:/usr/bin:/sbin:/bin
fail() { echo "openstack-spice: error: $1" >&2 && exit 1; }
[[ ${1:-} != *[!a-z]* && ${2:-} != *[!a-z-]* ]] || { echo "openstack-spice status | revert ROLE" >&2 && exit 2; }
[[ $EUID == 0 ]] || exec sudo -n "$0" "$@"
cd /var/lib/openstack-spice/roles || exit
roles=("${2:-*}/program")
[[ -n ${2:-} ]] || roles=(*/program)
program=$(readlink -f "${roles[0]}")
[[ -L ${roles[0]} || ! -e ${2:-*}/record ]] || fail "$PWD/${roles[0]} is gone, and $2 is recorded. Restore by hand from $PWD"
[[ -e ${roles[0]} || ! -L ${roles[0]} ]] || fail "$(readlink "${roles[0]}") is gone. Put it back, or restore by hand from $PWD"
[[ -L ${roles[0]} ]] || { echo "openstack-spice: nothing is recorded for ${2:-any role}: nothing to put back" >&2 && exit; }
[[ $(sha256sum <"$program") == "$(basename "$program" .sh) "* ]] || fail "$program is damaged. Put it back, or restore by hand from $PWD"
exec bash "$program" "$@"
"""


def write_launcher(files: Files, announce: Announce) -> None:
    """Puts it where it is not there as above. Raises Failed, CannotTell."""
    text = LAUNCHER_TEXT.encode("ascii")
    if files.read_if_there(LAUNCHER) != text:
        files.create(LAUNCHER, text, Access(0, 0, 0o755), announce)
