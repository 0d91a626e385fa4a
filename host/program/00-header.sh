#!/usr/bin/env bash
# openstack-spice: the program that runs on a node. It converges one role of the node to a desired state
# document, checks, reverts, or tells what is recorded. One file at run time: the parts are joined in the
# order of their names. Needs bash 4.2, awk, coreutils, util-linux, systemd and the Python that Nova runs on.
#
#   program [--uploaded FILE] converge <DOCUMENT    make the node as the document says, or leave it as it was
#   program check <DOCUMENT                         the same plan, read-only
#   program revert ROLE [- <DOCUMENT]               put back what converge recorded for the role; with `-`, only where
#                                                   no other resource than the document's has converged it since
#   program status                                  what is recorded on this node, and what runs
#
# `converge` and `revert` run in a systemd unit of their own, openstack-spice-ROLE, which the caller only follows:
# they go on to their end when the connection is cut, and the next caller finds them. A timer of systemd's finishes
# what was killed (33-dead-man.sh). Each change is in syslog and in /var/log/openstack-spice.log.
#
# The report goes to stdout, lines of `key value`: each `change` as it is made, the facts at the end. What else a
# person should know goes to stderr.
#
# A node that has a record has the command `openstack-spice` too, which is the program that wrote it.
# Exit codes: 0 done; 1 failed, the node is as it was; 2 bad document or usage; 3 refused, nothing touched.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit 2>/dev/null || : # bash 4.4; older ones lack it
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset -v CDPATH ENV BASH_ENV GREP_OPTIONS TMPDIR
# Where bash before 5.1 keeps here-strings: they are to work on a full disk too. Not for the programs we run.
TMPDIR=/run
umask 077
# A cut connection closes stderr: the transaction goes on to its end all the same.
trap '' PIPE HUP

readonly STATE_DIR=/var/lib/openstack-spice
readonly RECORD_FORMAT=1
readonly NOVA_CONF=/etc/nova/nova.conf
readonly LAUNCHER=/usr/local/sbin/openstack-spice
readonly LOCK_FILE=/run/lock/openstack-spice.lock
readonly AUDIT_LOG=/var/log/openstack-spice.log
# Seconds: how long another run on this node is waited for, and a service to come up.
readonly LOCK_WAIT=300
readonly SERVICE_WAIT=120
# How long a service has to stay up to count as up, and may be without its message queue before that counts.
readonly SETTLE_TIME=5
readonly QUEUE_WAIT=30
# How long a command may take that should answer at once.
readonly SYSTEMCTL_WAIT=60
readonly PROBE_WAIT=60

NODE=$(uname -n)
ROLE=
VERB=
UPLOADED= # the copy of this program in the login user's home, which goes with the record
BY=       # who logged in, and from where, for the audit log
PROGRAM=  # where this program is kept on the node, named by its digest
WORK=
CHANGES=()
