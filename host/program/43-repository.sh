# shellcheck shell=bash
# A repository of yum's or dnf's that the document brings: its file, and the key of its packages. Both are there before the
# first package is installed, and go with the role.

REPOSITORY=           # its id
REPOSITORY_KEY=       # its key, in base64, where the document brings it
REPOSITORY_LINES=()   # the lines of its file below the section's name
KEY_IDS=()            # VERSION-RELEASE of the key's gpg-pubkey, as rpm calls it
REPOSITORY_OPTIONS=() # for the tool, as long as the file is not there
readonly REPOSITORY_FOLDERS=(/etc/yum.repos.d /etc/yum/repos.d /etc/distro.repos.d)

repository_file() { printf '/etc/yum.repos.d/%s.repo\n' "$REPOSITORY"; }
repository_text() {
  printf '%s\n' '# Written by openstack-spice, removed when the role is reverted.' "[$REPOSITORY]" \
    ${REPOSITORY_LINES[@]+"${REPOSITORY_LINES[@]}"}
}
# repository_setting KEY: of its lines.
repository_setting() { printf '%s\n' ${REPOSITORY_LINES[@]+"${REPOSITORY_LINES[@]}"} | sed -n "s/^$1=//p"; }
repository_key_file() {
  local url
  url=$(repository_setting gpgkey)
  printf '%s\n' "${url#file://}"
}

# check_repository: refuses where it cannot be written, or where somebody else's is in its place; makes the tool look at it.
check_repository() {
  local file folder
  [[ -n $REPOSITORY ]] || return 0
  [[ $(platform tool) != apt ]] ||
    refuse "packageRepository is for yum and dnf, and $(platform name) has apt. Take it out, and add the repository to this node's /etc/apt yourself"
  for folder in "${REPOSITORY_FOLDERS[@]}"; do
    for file in "$folder"/*.repo; do
      [[ -r $file && $file != "$(repository_file)" ]] || continue
      ! grep -qF "[$REPOSITORY]" -- "$file" ||
        refuse "$file has a repository '$REPOSITORY' already. Leave packageRepository out, or give it another id"
    done
  done
  check_not_somebodys "$(repository_file)" "=$(repository_text | encode)"
  check_repository_key
  [[ -e $(repository_file) ]] || offer_repository
}

# check_not_somebodys FILE STATE: refuses a file that is there, is not as it is to be, and that no role's record has.
check_not_somebodys() {
  local now
  now=$(state_of repository "$1" -)
  [[ $now != - && $now != "$2" ]] || return 0
  [[ $(recorded controller repository "$1" -) == *$'\t'"$now" || $(recorded compute repository "$1" -) == *$'\t'"$now" ]] ||
    refuse "$1 is there already, and is not as declared. It is somebody's: leave packageRepository out where it does what you need, give yours another id, or move the file away"
}

# check_repository_key: fills KEY_IDS, by a database of rpm's of its own; refuses a key that rpm does not take.
check_repository_key() {
  local file=$WORK/repository-key path
  KEY_IDS=()
  path=$(repository_key_file)
  [[ -n $path ]] || return 0
  if [[ -n $REPOSITORY_KEY ]]; then
    check_not_somebodys "$path" "=$REPOSITORY_KEY"
    decode <<<"$REPOSITORY_KEY" >"$file"
  elif [[ $(repository_setting gpgcheck) != 1 ]]; then
    return 0
  else
    [[ -r $path ]] || refuse "$path, the key of the repository '$REPOSITORY', is not on this node. Give its text as gpgKey, or put it there"
    cat -- "$path" >"$file"
  fi
  mkdir -p -- "$WORK/keys"
  # shellcheck disable=SC2016 # the format is rpm's
  mapfile -t KEY_IDS < <(rpm --dbpath "$WORK/keys" --import "$file" >/dev/null 2>&1 && rpm --dbpath "$WORK/keys" -q gpg-pubkey --qf '%{VERSION}-%{RELEASE}\n')
  ((${#KEY_IDS[@]} > 0)) || refuse "rpm does not take the key of the repository '$REPOSITORY'. Give the text of its public key as gpgKey"
}

# offer_repository: the tool looks at it before its file is there.
offer_repository() {
  mkdir -p -- "$WORK/repositories"
  repository_text >"$WORK/repositories/$REPOSITORY.repo"
  REPOSITORY_OPTIONS=("--setopt=reposdir=$(join , "${REPOSITORY_FOLDERS[@]}" "$WORK/repositories")")
}

# plan_repository: the key's file, the key in rpm's database, the repository's file; and what is no longer declared.
plan_repository() {
  local path id wanted=$'\n'
  if [[ -n $REPOSITORY ]]; then
    path=$(repository_key_file)
    if [[ -n $REPOSITORY_KEY ]]; then
      plan_file repository "$path" "=$REPOSITORY_KEY"
      wanted+=$path$'\n'
    fi
    for id in ${KEY_IDS[@]+"${KEY_IDS[@]}"}; do
      wanted+=$id$'\n'
      [[ $(state_of rpm-key "$id" "$path") != - ]] || plan rpm-key "$id" "$path" - in '(none)' imported
    done
    plan_file repository "$(repository_file)" "=$(repository_text | encode)"
    wanted+=$(repository_file)$'\n'
  fi
  plan_undeclared_repository "$wanted"
}

# plan_undeclared_repository WANTED: what an earlier document brought, and this one does not, the last one first.
plan_undeclared_repository() {
  local index kind where what former written entries=()
  mapfile -t entries < <(read_record "$ROLE" | awk -F '\t' '$1 == "repository" || $1 == "rpm-key"')
  for ((index = ${#entries[@]} - 1; index >= 0; index--)); do
    IFS=$'\t' read -r kind where what former written <<<"${entries[index]}"
    [[ $1 != *$'\n'"$where"$'\n'* && $(state_of "$kind" "$where" "$what") == "$written" ]] || continue
    plan "$kind" "$where" "$what" "$written" "$former" written '(none)'
  done
}

# rpm_key_state ID / set_rpm_key ID FILE STATE: one key of rpm's.
rpm_key_state() { if rpm -q "gpg-pubkey-$1" >/dev/null 2>&1; then echo in; else echo -; fi; }
set_rpm_key() {
  if [[ $3 == in ]]; then
    rpm --import "$2" || fail "rpm does not take the key $2. See 'rpm --import $2' on the node"
  else
    rpm -e --allmatches "gpg-pubkey-$1" >/dev/null 2>&1 || fail "rpm does not give up the key gpg-pubkey-$1. See 'rpm -e gpg-pubkey-$1' on the node"
  fi
}
