# shellcheck shell=bash
# What the operator reads, and how a run ends.

# say TEXT...: one line of progress on stderr; a closed stderr is no reason to stop.
say() { printf 'openstack-spice: %s: %s\n' "$NODE" "$*" >&2 || :; }

# refuse TEXT: a check did not pass; nothing was touched.
refuse() {
  printf 'openstack-spice: error: %s: %s\n' "$NODE" "$*" >&2 || :
  exit 3
}

# fail TEXT: something went wrong on the way; the exit trap puts back what was changed.
fail() {
  printf 'openstack-spice: error: %s: %s\n' "$NODE" "$*" >&2 || :
  exit 1
}

# bad_document TEXT: what came on stdin, or the command line, is not usable.
bad_document() {
  printf 'openstack-spice: error: %s: %s\n' "$NODE" "$*" >&2 || :
  exit 2
}

# changed TEXT: reports and counts one change, `SUBJECT: OLD -> NEW` (or, in `check`, one that would be made).
changed() {
  CHANGES+=("$1")
  [[ $VERB == check ]] || audit "$1"
  printf 'change %s\n' "$1" || :
}

# encode / decode: any bytes as one word without white space; a record's fields are tab separated.
encode() { base64 -w0; }
decode() { base64 -d; }

# join SEPARATOR WORD...: the words as one text.
join() {
  local text=${2:-} word
  for word in "${@:3}"; do text+=$1$word; done
  printf '%s\n' "$text"
}

# in_a_row LINES: with commas between them.
in_a_row() {
  local lines
  mapfile -t lines <<<"$1"
  join ', ' ${lines[@]+"${lines[@]}"}
}

# contains WORD WORD...: whether the first word is among the others.
contains() {
  local word=$1 other
  shift
  for other in "$@"; do [[ $other != "$word" ]] || return 0; done
  return 1
}

# deadline SECONDS: the moment at which they are over, for seconds_left. By the time since boot: a clock that is set back
# would make a wait longer.
deadline() {
  local now
  read -r now _ </proc/uptime
  printf '%s\n' "$((${now%.*} + $1))"
}
# seconds_left DEADLINE: true while it has not passed.
seconds_left() {
  local now
  read -r now _ </proc/uptime
  ((${now%.*} < $1))
}

# bounded SECONDS COMMAND...: ends the command, and what it started, after that time (status 124, or 137).
bounded() { timeout -k 5 "$@"; }
