# shellcheck shell=bash
# Who changed what: a line for each change, in syslog and in one file of the node, which stays when all else goes.
# What is written is what the report says, and has no secret in it.

# audit TEXT: one line. A full disk is no reason to stop a run on its way back: syslog has it then.
audit() {
  local line="$ROLE $VERB by=${BY:-root} stack=${DESIRED[owner]:-$(record_owner "$ROLE")} program=${AUDIT_PROGRAM:=$(program_digest)}: $1"
  printf '%s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$NODE" "$line" 2>/dev/null >>"$AUDIT_LOG" || :
  logger -t openstack-spice -p authpriv.notice -- "$line" 2>/dev/null || :
}
AUDIT_PROGRAM=
