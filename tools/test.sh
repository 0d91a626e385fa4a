#!/usr/bin/env bash
# npm test [-- TIER...]: installs what the tests need and runs the tiers, fastest first, each in a vitest run of its own. The tier unit
# has the node program's own tests too, in Python (test/node); those that need a firewall in a kernel are the tier kernel.
# Tiers: unit kernel pythons contract providers host up faults (CONTRIBUTING.md says what each proves). pythons has the node program's own tests
# under other Pythons, OPENSTACK_SPICE_PYTHONS (default "3.6 bullseye sid"; tools/pythons.sh). It builds roots of Debian's suites, kernel
# makes network name spaces, and host, up and faults boot real nodes on this machine: they need Linux and root; elsewhere they are skipped,
# with a line that says so.
# Of the fault cases it tries OPENSTACK_SPICE_FAULTS (default 8; `all`: every one, as `npm run test:faults` does), chosen by
# OPENSTACK_SPICE_SEED (default: the commit), which is printed.
# Ends with the time of each tier and, as last line, the sum of all: "N passed, N failed, N skipped". Exit status: 1 when one failed.
set -euo pipefail
# shellcheck source=tools/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

readonly tiers=(unit kernel pythons contract providers host up faults)
results=$(mktemp -d)
# Not in a process of this shell's that is ended before it has forgotten the trap, as what prints the time of a build is.
trap '[[ ${BASHPID:-$$} != "$$" ]] || rm -rf "$results"' EXIT
times=()
status=0

# missing_for TIER: what this machine lacks for it, with the remedy; nothing when all is there.
missing_for() {
  local does="boots real nodes"
  [[ " kernel pythons host up faults " == *" $1 "* ]] || return 0
  [[ $1 != pythons ]] || does="builds roots of Debian's suites"
  [[ $1 != kernel ]] || does="makes network name spaces"
  if [[ $(uname -s) != Linux ]]; then
    printf 'it %s, which needs Linux, and this is %s. Run it on a Linux machine you can spare' "$does" "$(uname -s)"
  elif [[ $(id -u) != 0 ]]; then
    printf 'it %s, which needs root. Run it as root on a machine you can spare: sudo npm test -- %s' "$does" "$1"
  elif [[ $1 == pythons || $1 == kernel ]] && ! command -v apt-get >/dev/null; then
    printf 'it %s, which needs apt-get. Run it on a Debian machine' "$does"
  fi
}

# prepare TIER: what its tests find on the machine.
prepare() {
  case $1 in
    providers)
      # Its tests talk to an sshd of their own on loopback. Without root and apt-get they say themselves what is missing.
      if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        ensure_commands sshd=openssh-server ssh-keygen=openssh-client
      fi
      # Some run the engine, too; to build it takes longer than any of them may.
      "$repo/tools/engine.sh" >/dev/null
      ;;
    kernel | pythons) ensure_commands nft=nftables iptables=iptables ip=iproute2 ipset=ipset ;;
    host) "$repo/lab/lab" prepare </dev/null ;;
    up | faults) "$repo/tools/engine.sh" >/dev/null && "$repo/lab/lab" prepare </dev/null ;;
  esac
}

# limit TIER: after how many seconds the whole tier is ended; many times what it takes.
limit() {
  case $1 in
    host | up | faults) echo 3600 ;;
    pythons) echo 1800 ;;
    *) echo 900 ;;
  esac
}

# What was started and is still running.
runners=()
trap 'kill "${runners[@]}" 2>/dev/null; exit 130' INT TERM

# vitest TIER VERB ARGUMENT...: its own process group, which ends with all it started at the tier's limit or when this script is ended:
# a worker that hangs does not hear of vitest's end.
vitest() {
  local tier=$1 verb=$2 command=(npx vitest)
  shift 2
  if command -v timeout >/dev/null; then command=(timeout --kill-after=20 "$(limit "$tier")" "${command[@]}"); fi
  "${command[@]}" "$verb" --root "$repo" --project "$tier" "$@" </dev/null &
  runners+=($!)
  wait $!
}

# python_tests TIER MARKS: those of the node program, in Python, that have these marks.
python_tests() {
  local python
  if [[ $(uname -s) != Linux ]]; then
    say "skipping the node program's own tests: it is for Linux, and this is $(uname -s). Run them on a Linux machine."
    return
  fi
  python=$(ensure_python)
  (
    cd "$repo/test/node"
    PYTHONPATH=. bounded "$(limit "$1")" "$python" -B -m pytest -q -p no:cacheprovider -p vitest_report -m "$2" \
      --vitest-report="$results/$1-python.json" . </dev/null
  )
}

# unit_tests: both parts at the same time, which have a machine of two cores to themselves; the second one's output comes behind the first's.
unit_tests() {
  local result=0 python
  (python_tests unit "not kernel") >"$results/python.log" &
  python=$!
  runners+=("$python")
  vitest unit run "$@" || result=$?
  wait "$python" || result=1
  cat "$results/python.log"
  return "$result"
}

# tests TIER: runs them, and leaves reports for `totals`.
tests() {
  local reporters=(--reporter=default --reporter=json "--outputFile.json=$results/$1.json")
  case $1 in
    pythons) bounded "$(limit pythons)" "$repo/tools/pythons.sh" "$results" "${pythons[@]}" ;;
    unit) unit_tests "${reporters[@]}" ;;
    kernel) (python_tests kernel kernel) ;;
    *) vitest "$1" run "${reporters[@]}" ;;
  esac
}

# run TIER: its tests; the outcome goes to `times`, `status` and, for `totals`, the folder `results`.
run() {
  local tier=$1 started=$SECONDS result=0
  printf '\n== %s\n' "$tier"
  if (prepare "$tier"); then
    tests "$tier" || result=$?
    ((result != 124)) || say "the tier $tier was ended: it took longer than $(duration "$(limit "$tier")")"
  else
    result=1
  fi
  if ((result != 0)); then
    : >"$results/$tier.failed"
    status=1
  fi
  times+=("$tier $(duration $((SECONDS - started)))")
}

# skip TIER REASON: its tests are listed, so that they count as skipped; the tier kernel counts as one, and of pythons each Python.
skip() {
  say "skipping the tier $1: $2."
  if [[ $1 == kernel ]]; then
    printf '["kernel"]' >"$results/$1.skipped.json"
  elif [[ $1 == pythons ]]; then
    printf '[%s]' "$(printf ',"%s"' "${pythons[@]}" | cut -c2-)" >"$results/$1.skipped.json"
  else
    vitest "$1" list --json="$results/$1.skipped.json" >/dev/null 2>&1 || true
  fi
  times+=("$1 skipped")
}

# totals TIER...: each failed test once more, since the tiers before the last are far above by then, and the last line. A tier that
# failed without a failed test (it could not be prepared, a file could not be loaded, vitest itself broke) counts as one.
totals() {
  node -e '
    const { existsSync, readFileSync, readdirSync } = require("fs");
    const { relative } = require("path");
    const [folder, ...tiers] = process.argv.slice(1);
    const read = (name) => {
      try {
        return JSON.parse(readFileSync(folder + "/" + name));
      } catch {
        return undefined;
      }
    };
    const sum = { passed: 0, failed: 0, skipped: 0 };
    for (const tier of tiers) {
      const reports = readdirSync(folder).filter((name) => name === tier + ".json" || (name.startsWith(tier + "-") && name.endsWith(".json")));
      const files = reports.sort().flatMap((name) => read(name)?.testResults ?? []);
      for (const { name, status, message, assertionResults } of files) {
        const failed = assertionResults.filter(({ status }) => status === "failed");
        // A file that could not be loaded has no failed test.
        if (status === "failed" && failed.length === 0) failed.push({ fullName: "the file", failureMessages: [message] });
        for (const { fullName, failureMessages } of failed) {
          console.log("failed: " + relative(process.cwd(), name) + ": " + fullName + ": " + failureMessages[0].split("\n    at ")[0]);
        }
      }
      const states = files.flatMap((file) => file.assertionResults).map(({ status }) => status);
      if (existsSync(folder + "/" + tier + ".failed") && !states.includes("failed")) states.push("failed");
      for (const state of states) sum[state in sum ? state : "skipped"] += 1;
      sum.skipped += read(tier + ".skipped.json")?.length ?? 0;
    }
    console.log(sum.passed + " passed, " + sum.failed + " failed, " + sum.skipped + " skipped");
  ' "$results" "$@"
}

main() {
  local tier reason chosen=("$@")
  ((${#chosen[@]} > 0)) || chosen=("${tiers[@]}")
  for tier in "${chosen[@]}"; do
    [[ " ${tiers[*]} " == *" $tier "* ]] || die "there is no tier \"$tier\". The tiers: ${tiers[*]}."
  done
  ensure_packages
  ensure_built
  for tier in "${chosen[@]}"; do
    reason=$(missing_for "$tier")
    if [[ -n $reason ]]; then skip "$tier" "$reason"; else run "$tier"; fi
  done
  printf '\nTime:'
  printf ' %s;' "${times[@]}"
  printf ' all %s\n' "$(duration "$SECONDS")"
  totals "${chosen[@]}"
  exit "$status"
}

cd "$repo"
commit=$(git rev-parse --short=7 HEAD 2>/dev/null || echo 1)
read -ra pythons <<<"${OPENSTACK_SPICE_PYTHONS:-3.6 bullseye sid}"
export OPENSTACK_SPICE_FAULTS=${OPENSTACK_SPICE_FAULTS:-8} OPENSTACK_SPICE_RULESETS=${OPENSTACK_SPICE_RULESETS:-40}
export OPENSTACK_SPICE_SEED=${OPENSTACK_SPICE_SEED:-$((16#${commit:0:7}))}
main "$@"
