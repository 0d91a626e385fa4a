#!/usr/bin/env bash
# npm run pulumi -- ARGUMENTS: the Pulumi CLI that tools/engine.sh finds, with these arguments and its exit status.
#
# For the lab's stack, `lab`, the state is a folder of the lab and the passphrase a file beside it; the stack is created
# when it is missing. That is so when the arguments name it (-s lab, --stack lab), and, in place of no backend at all,
# when they name no stack, you have not logged in anywhere, and the lab is there. Nothing else in your environment changes.
set -euo pipefail
# shellcheck source=tools/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

# named_stack ARGUMENT...: the stack that -s or --stack names, or nothing.
named_stack() {
  while (($# > 0)); do
    case $1 in
      --) return ;;
      -s | --stack)
        printf '%s' "${2:-}"
        return
        ;;
      -s=* | --stack=*)
        printf '%s' "${1#*=}"
        return
        ;;
      -s?*)
        printf '%s' "${1#-s}"
        return
        ;;
    esac
    shift
  done
}

# has_own_backend: whether Pulumi would find state that is not the lab's: named in the environment or the project, or logged in to.
has_own_backend() {
  [[ -n ${PULUMI_BACKEND_URL:-}${PULUMI_ACCESS_TOKEN:-} ]] ||
    grep -qs '"current": *"[^"]' "${PULUMI_HOME:-$HOME/.pulumi}/credentials.json" ||
    grep -qs '^backend:' "$repo/Pulumi.yaml"
}

# wants_lab STACK: whether the run is about the lab; see the top of this file.
wants_lab() {
  case $1 in
    lab | */lab) true ;;
    '') [[ -z ${PULUMI_STACK:-} || $PULUMI_STACK == lab ]] && [[ -d $lab_state ]] && ! has_own_backend ;;
    *) false ;;
  esac
}

# use_lab: the environment of the lab's stack.
use_lab() {
  [[ -d $lab_state ]] || die "the stack \`lab\` is the lab's, and there is no lab at $lab_state. Start it: npm run demo, or lab/lab up as root."
  mkdir -p "$lab_state/state"
  if [[ ! -s $lab_state/passphrase ]]; then
    (umask 077 && head -c 32 /dev/urandom | base64 | tr -d '\n' >"$lab_state/passphrase")
  fi
  # The variable wins over the file: a passphrase of yours must not be tried on the lab's state.
  unset PULUMI_CONFIG_PASSPHRASE
  export PULUMI_BACKEND_URL=file://$lab_state/state PULUMI_CONFIG_PASSPHRASE_FILE=$lab_state/passphrase
  export PULUMI_SKIP_UPDATE_CHECK=true PULUMI_STACK=lab
}

# works_on_stack ARGUMENT...: whether this is a command that needs its stack to be there.
works_on_stack() {
  case "${1:-} ${2:-}" in
    "stack init") false ;;
    up\ * | update\ * | preview\ * | pre\ * | refresh\ * | destroy\ * | import\ * | config\ * | state\ * | stack\ * | watch\ *) true ;;
    *) false ;;
  esac
}

# ensure_stack: creates the stack `lab` where the backend does not list it. Does not select it for later runs.
ensure_stack() {
  pulumi stack ls --json 2>/dev/null | grep -q '"name": "lab"' || pulumi stack init lab --no-select --non-interactive >&2
}

main() {
  PATH=$("$repo/tools/engine.sh")
  export PATH
  ensure_packages
  if wants_lab "$(named_stack "$@")"; then
    use_lab
    if works_on_stack "$@"; then ensure_stack; fi
  fi
  exec pulumi "$@"
}

main "$@"
