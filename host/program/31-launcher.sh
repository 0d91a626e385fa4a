# shellcheck shell=bash
# What root, or an operator with sudo, types on the node, with no need of Pulumi or its state; and what `delete` runs.

# shellcheck disable=SC2016 # for the launcher's own shell
readonly LAUNCHER_TEXT='#!/bin/bash
# Written by openstack-spice; goes with its last record.  openstack-spice status | revert ROLE
PATH=/usr/sbin:/usr/bin:/sbin:/bin
[[ ${1:-} != *[!a-z]* && ${2:-} != *[!a-z-]* ]] || { echo "openstack-spice status | revert ROLE" >&2 && exit 2; }
[[ $EUID == 0 ]] || exec sudo -n "$0" "$@"
cd /var/lib/openstack-spice/roles || exit
roles=("${2:-*}/program")
[[ -n ${2:-} ]] || roles=(*/program)
[[ -e ${roles[0]} || ! -L ${roles[0]} ]] || { echo "openstack-spice: error: $(readlink "${roles[0]}") is gone. Put it back, or restore by hand from $PWD" >&2 && exit 1; }
[[ -e ${roles[0]} ]] || { echo "openstack-spice: nothing is recorded for ${2:-any role}: nothing to put back" >&2 && exit; }
exec bash "$(readlink -f "${roles[0]}")" "$@"'

# write_launcher: where it is not there as above.
write_launcher() {
  [[ $(cat -- "$LAUNCHER" 2>/dev/null) != "$LAUNCHER_TEXT" ]] || return 0
  (umask 022 && create_file "$LAUNCHER" <<<"$LAUNCHER_TEXT" && chmod 755 -- "$LAUNCHER")
}
