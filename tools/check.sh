#!/usr/bin/env bash
# npm run check [-- SINCE]: what can be said in half a minute of what changed since a commit (default: HEAD): types of all, lint and format of
# the changed files, and the tests of the tiers unit and contract, and of test/node, that import them. What a test starts as a program it
# does not import: `npm test` says the last word.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/lib/common.sh
. tools/lib/common.sh
since=${1:-HEAD}
logs=$(mktemp -d)
trap 'rm -rf -- "$logs"' EXIT

mapfile -t changed < <({ git diff --name-only --diff-filter=d "$since" && git ls-files --others --exclude-standard; } | sort -u)

# matching PATTERN: those of the changed files, into `files`.
matching() {
  local file
  files=()
  for file in "${changed[@]}"; do
    if [[ $file =~ $1 ]]; then files+=("$file"); fi
  done
}

types() { npx tsc --noEmit --incremental --tsBuildInfoFile node_modules/.cache/check.tsbuildinfo; }

lint() {
  matching '\.m?ts$'
  if ((${#files[@]} > 0)); then npx eslint --cache --cache-location node_modules/.cache/eslint/ -- "${files[@]}"; fi
  if ((${#changed[@]} > 0)); then npx prettier --check --ignore-unknown --log-level warn -- "${changed[@]}"; fi
}

tests() { npx vitest run --project unit --project contract --changed "$since" --passWithNoTests --reporter=dot; }

# python: the changed modules, and the test files that name one of them.
python() {
  local python file name=() tests=()
  matching '^(node|test/node)/.*\.py$'
  ((${#files[@]} > 0)) || return 0
  python=$(ensure_python)
  "${python%/*}/ruff" check --quiet --no-cache "${files[@]}"
  "${python%/*}/ruff" format --quiet --no-cache --check "${files[@]}"
  for file in "${files[@]}"; do
    file=${file##*/}
    name+=(-e "\\b${file%.py}\\b")
    if [[ $file == test_*.py ]]; then tests+=("$file"); fi
  done
  mapfile -t -O "${#tests[@]}" tests < <(cd test/node && grep -lE "${name[@]}" test_*.py)
  if ((${#tests[@]} > 0)); then
    (cd test/node && PYTHONPATH=. "$python" -B -m pytest -q -p no:cacheprovider "${tests[@]}")
  fi
}

started=$SECONDS steps=(types lint tests python) ids=() failed=()
for step in "${steps[@]}"; do
  ("$step") >"$logs/$step" 2>&1 &
  ids+=($!)
done
for index in "${!steps[@]}"; do
  if ! wait "${ids[index]}"; then
    failed+=("${steps[index]}")
    cat -- "$logs/${steps[index]}"
  fi
done
((${#failed[@]} == 0)) || die "failed after $(duration $((SECONDS - started))): ${failed[*]}"
say "types, lint and the tests of ${#changed[@]} changed files passed after $(duration $((SECONDS - started)))"
