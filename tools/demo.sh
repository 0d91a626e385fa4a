#!/usr/bin/env bash
# npm run demo: the main job on two throw-away nodes of this machine. Boots a controller and a compute whose guest has a VNC
# console only, shows `pulumi preview`, runs `pulumi up` on the stack `lab`, hard-reboots the guest, and proves its SPICE
# console by the protocol itself. Ends with the line "Console: URL". Needs Linux and root; everything else it gets.
# npm run demo -- --down: takes the nodes and the stack's state away again.
set -euo pipefail
# shellcheck source=tools/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

# step TEXT: a headline.
step() { printf '\n== %s\n' "$*"; }

lab() { "$repo/lab/lab" "$@" </dev/null; }
stack() { "$repo/tools/pulumi.sh" "$@" -s lab --non-interactive </dev/null; }

# down: the nodes are thrown away, so what the stack remembers of them is too.
down() {
  lab down
  rm -rf -- "$lab_state/state"
  say "the lab is gone; what it is made of stays in $cache for the next time"
}

# changes: the stack's outputs, node by node.
changes() {
  # shellcheck disable=SC2016 # the $ are JavaScript's
  stack stack output nodes --json | node -e '
    const nodes = JSON.parse(require("fs").readFileSync(0, "utf8"));
    for (const [name, { roles, novaVersion, changes, restarted, warnings = [] }] of Object.entries(nodes)) {
      console.log(`${name} (${roles.join(", ")}, Nova ${novaVersion})`);
      for (const change of changes) console.log(`  ${change.subject}: ${change.old} -> ${change.new}`);
      for (const service of restarted) console.log(`  restarted ${service}`);
      for (const { text } of warnings) console.log(`  ${text}`);
    }'
}

# graphics: the guest's graphics as libvirt has them, on one line.
graphics() { lab guest-xml | sed -n "s/^ *<graphics type='\([a-z]*\)'.*/\1/p" | xargs; }

main() {
  local started=$SECONDS url
  [[ $(uname -s) == Linux ]] || die "the demo boots real nodes, which needs Linux. This is $(uname -s)."
  [[ $(id -u) == 0 ]] || die "the demo boots real nodes, which needs root. Try: sudo npm run demo"
  case ${1:-} in
    '') ;;
    --down)
      down
      return
      ;;
    *) die "unknown argument \"$1\". There is only --down." ;;
  esac

  step 'What it needs: npm packages, the Pulumi CLI, the nodes'\'' images (minutes the first time, cached then)'
  ensure_packages
  PATH=$("$repo/tools/engine.sh") # for all that follows, so that stand-ins are announced once
  export PATH

  step 'Two nodes and a guest, as they are without SPICE'
  rm -rf -- "$lab_state/state"
  lab up --fresh
  lab pulumi-config

  step 'pulumi preview'
  stack preview

  step 'pulumi up'
  stack up --yes --skip-preview

  step 'What changed on each node'
  changes

  step 'The guest gets its new console with a hard reboot'
  say "before: $(graphics)"
  lab guest-reboot
  say "after:  $(graphics)"

  step 'The proof: a SPICE link message through the console URL'
  url=$(lab guest-console spice)
  lab probe "$url"

  step "Done in $(duration $((SECONDS - started)))"
  cat <<EOF
Look around:  npm run pulumi -- preview --diff -s lab     nothing to do
              npm run pulumi -- destroy -s lab            the nodes get back what they had
              lab/lab ssh control-1                       (and compute-1)
Take it away: npm run demo -- --down
Console: $url
EOF
}

main "$@"
