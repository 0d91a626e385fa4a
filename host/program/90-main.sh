# shellcheck shell=bash
# Arguments, the work folder, and what happens at the end whatever the end is.

# at_exit: an open transaction is undone; the work folder, which can hold nova.conf, goes.
at_exit() {
  local code=$?
  trap - EXIT
  trap '' INT TERM
  set +e
  [[ -z $IN_TRANSACTION ]] || roll_back
  [[ -z $WORK ]] || rm -rf -- "$WORK"
  tidy
  exit "$code"
}

# remove_work_of_the_dead: a run that was killed leaves copies of nova.conf behind.
remove_work_of_the_dead() {
  local folder pid
  for folder in /run/openstack-spice.*; do
    pid=${folder#/run/openstack-spice.}
    [[ ! -d $folder || -d /proc/${pid%%.*} ]] || rm -rf -- "$folder"
  done
}

main() {
  while [[ ${1:-} == --* ]]; do
    case $1 in
      --uploaded)
        UPLOADED=${2:?}
        shift 2
        ;;
      *) bad_document "unknown option '$1'" ;;
    esac
  done
  VERB=${1:-}
  trap at_exit EXIT
  trap 'exit 143' TERM
  trap 'exit 130' INT
  remove_work_of_the_dead
  PROGRAM=$(readlink -f -- "${BASH_SOURCE[0]}")
  WORK=$(mktemp -d "/run/openstack-spice.$$.XXXXXX")
  case $VERB in
    converge) converge ;;
    check) check ;;
    revert)
      known_role "${2:-}"
      if [[ ${3:-} != - ]] || ! is_superseded "$2"; then revert "$2" </dev/null; fi
      ;;
    status) status ;;
    *) bad_document "unknown verb '$VERB'; one of converge, check, revert ROLE, status" ;;
  esac
}

main "$@"
