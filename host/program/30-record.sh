# shellcheck shell=bash
# What was changed, and from what. An entry is one line of five tab-separated fields:
#
#   KIND  WHERE  WHAT  FORMER  WRITTEN
#
# The kinds are in 35-changes.sh. The journal of a role takes each entry before the change is made; a run that
# ends well merges it into the role's record, any other is undone from it. Both can hold former values of
# nova.conf: the folder is 0700, the files 0600, and both go when the role is reverted.
# Beside them lie `program`, a link to the program that wrote them; `uploaded`, the path of its copy in the login user's
# home; and, while a run is at work on the role, `unfinished` (33-dead-man.sh).

role_folder() { printf '%s/roles/%s\n' "$STATE_DIR" "$1"; }
record_file() { printf '%s/record\n' "$(role_folder "$1")"; }
journal_file() { printf '%s/journal\n' "$(role_folder "$1")"; }

# take_lock: one run at a time on a node; waits for another one, bounded.
HAS_LOCK=
take_lock() {
  [[ -z $HAS_LOCK ]] || return 0
  exec 9>"$LOCK_FILE"
  flock -n 9 && HAS_LOCK=yes && return 0
  say "another run is at work on this node; waiting up to $LOCK_WAIT s for it"
  flock -w "$LOCK_WAIT" 9 || refuse "another run of openstack-spice still holds $LOCK_FILE after $LOCK_WAIT s. Let it end, then run again"
  HAS_LOCK=yes
}

# read_record ROLE: the entries of the role's record, oldest first.
read_record() {
  local file
  file=$(record_file "$1")
  [[ ! -f $file ]] || grep -v '^#' -- "$file" || :
}

# check_record ROLE: refuses a record that this program cannot read, rather than to lose what it remembers.
check_record() {
  local file
  file=$(record_file "$1")
  [[ -f $file ]] || return 0
  head -n 1 -- "$file" | grep -qx "# openstack-spice record $RECORD_FORMAT" ||
    refuse "$file is not a record of format $RECORD_FORMAT: it is damaged, or written by another version. Use the version that wrote it, or restore the node by hand from that file"
  awk -F '\t' '!/^#/ && NF != 5 { exit 1 }' "$file" ||
    refuse "$file is damaged: a line has not five fields. Restore the node by hand from that file, then remove it"
}

# recorded ROLE KIND WHERE WHAT: FORMER and WRITTEN of that entry, tab separated; fails where there is none.
recorded() {
  read_record "$1" | KIND=$2 WHERE=$3 WHAT=$4 awk -F '\t' '
    $1 == ENVIRON["KIND"] && $2 == ENVIRON["WHERE"] && $3 == ENVIRON["WHAT"] { print $4 "\t" $5; found = 1; exit }
    END { exit !found }'
}

# record_owner ROLE: the stack that the record belongs to, or nothing.
# record_id ROLE: which of the stack's resources converged the role last, or nothing.
record_owner() { record_header "$1" owner; }
record_id() { record_header "$1" id; }
record_header() {
  local file
  file=$(record_file "$1")
  [[ ! -f $file ]] || sed -n "s/^# $2 //p" -- "$file"
}

# open_journal: starts the role's transaction.
open_journal() {
  local folder
  folder=$(role_folder "$ROLE")
  mkdir -p -- "$folder" # 0700 by the umask
  keep_program
  : >"$(journal_file "$ROLE")"
  IN_TRANSACTION=yes
  ln -sfn -- "$PROGRAM" "$folder/program"
  note_upload
  arm_dead_man
  write_launcher
}

# note_upload: what was uploaded, and by the time of the file, until when; for `forget`.
note_upload() { [[ -z $UPLOADED ]] || printf '%s\n' "$UPLOADED" >"$(role_folder "$ROLE")/uploaded"; }

# keep_program: the copy of this program for the way back. The run that was waited for may have tidied it away.
keep_program() {
  [[ ! -e $PROGRAM ]] || return 0
  mkdir -p -- "${PROGRAM%/*}"
  copy_of_program >"$PROGRAM" || fail "$PROGRAM is gone and cannot be written again. Make room under $STATE_DIR, and run again"
}
# copy_of_program: this program, also where its file is gone by now: bash has it open still, as descriptor 255.
copy_of_program() { cat -- "/proc/$$/fd/255"; }

# journal KIND WHERE WHAT FORMER WRITTEN: to be called, and be on the disk, before the change is made.
journal() {
  local file
  file=$(journal_file "$ROLE")
  printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$file" || fail "$file cannot be written. Make room under $STATE_DIR, and run again"
  sync -- "$file" 2>/dev/null || sync
}

# commit: the journal becomes part of the record. What was there before our first change stays the former state;
# an entry whose written state is its former one again is forgotten.
commit() {
  local file journal new
  file=$(record_file "$ROLE") journal=$(journal_file "$ROLE")
  new=$file.new
  if ! merged_record "$journal" >"$new" 2>/dev/null || ! mv -f -- "$new" "$file"; then
    rm -f -- "$new"
    fail "$file cannot be written. Make room under $STATE_DIR, and run again"
  fi
  sync -- "$file" 2>/dev/null || sync
  rm -f -- "$journal"
  tidy_web_clients
  disarm_dead_man
  IN_TRANSACTION=
}

# merged_record JOURNAL: the record of ROLE as it is after the journal.
merged_record() {
  printf '# openstack-spice record %s\n# owner %s\n# id %s\n# program %s\n' \
    "$RECORD_FORMAT" "${DESIRED[owner]:-}" "${DESIRED[id]:-}" "$(program_digest)"
  [[ $(declared_package_fate) == keep ]] || printf '# packages-on-destroy remove\n'
  tls_since
  { read_record "$ROLE" && cat -- "$1"; } | awk -F '\t' -v OFS='\t' '
    $1 == "restart" || $1 == "mask" { next }
    { key = $1 FS $2 FS $3 }
    !(key in former) { order[++n] = key; former[key] = $4 }
    { written[key] = $5 }
    END { for (i = 1; i <= n; i++) if (former[order[i]] != written[order[i]]) print order[i], former[order[i]], written[order[i]] }'
}

# forget ROLE: nothing of the role is recorded any more, and what was uploaded for it goes too.
forget() {
  local uploaded
  uploaded=$(role_folder "$1")/uploaded
  [[ ! -f $uploaded ]] || remove_uploaded "$(cat -- "$uploaded")" "$uploaded"
  rm -rf -- "$(role_folder "$1")"
  tidy_web_clients
  disarm_dead_man
}

# tidy: at the end of a run, whatever it was. Where nothing is recorded nothing of this program stays; else its copies
# that no record needs go. Not while another run is at work.
tidy() {
  local program link
  [[ -n $HAS_LOCK ]] || { ((EUID == 0)) && exec 9>"$LOCK_FILE" && flock -n 9; } 2>/dev/null || return 0
  if [[ -z $(ls -A -- "$STATE_DIR/roles" 2>/dev/null) ]]; then
    rm -rf -- "$STATE_DIR" "$LAUNCHER" 2>/dev/null
    return
  fi
  for program in "$STATE_DIR"/programs/*.sh; do
    for link in "$STATE_DIR"/roles/*/program; do [[ $(readlink -- "$link") != "$program" ]] || continue 2; done
    rm -f -- "$program"
  done
}

# program_digest: sha256 of this program, which names its file.
program_digest() {
  local digest
  digest=$(copy_of_program | sha256sum)
  printf '%s\n' "${digest%% *}"
}
