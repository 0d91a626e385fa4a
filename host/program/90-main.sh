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
  [[ -z $RUN_FOLDER ]] || { printf '%s\n' "$code" >"$RUN_FOLDER/code.new" && mv -f -- "$RUN_FOLDER/code.new" "$RUN_FOLDER/code"; }
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

make_work_folder() { WORK=$(mktemp -d "/run/openstack-spice.$$.XXXXXX"); }

RUN_FOLDER= # in a unit of its own: the folder of the run (88-detach.sh)

main() {
  while [[ ${1:-} == --* ]]; do
    case $1 in
      --uploaded)
        UPLOADED=${2?}
        shift 2
        ;;
      --by)
        BY=${2?}
        shift 2
        ;;
      --run)
        RUN_FOLDER=${2:?}
        exec >"$RUN_FOLDER/out" 2>"$RUN_FOLDER/err" <"$RUN_FOLDER/document"
        shift 2
        ;;
      *) bad_document "unknown option '$1'" ;;
    esac
  done
  VERB=${1:-}
  [[ -n $BY ]] || BY=$(login_of_caller)
  trap at_exit EXIT
  trap 'exit 143' TERM
  trap 'exit 130' INT
  remove_work_of_the_dead
  PROGRAM=$STATE_DIR/programs/$(program_digest).sh
  [[ $VERB == dead-man ]] || make_work_folder
  case ${RUN_FOLDER:+run-}$VERB in
    converge) caller_converge ;;
    run-converge) converge ;;
    check) check ;;
    revert) caller_revert "${2:-}" "${3:-}" ;;
    run-revert) ROLE=$2 && revert ;;
    dead-man) dead_man "${2:-}" </dev/null ;;
    status) status ;;
    *) bad_document "unknown verb '$VERB'; one of converge, check, revert ROLE, status" ;;
  esac
}

main "$@"
