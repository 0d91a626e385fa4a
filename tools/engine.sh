#!/usr/bin/env bash
# Finds the Pulumi engine, or gets it, and prints the PATH with which it works:
#
#   PATH=$(tools/engine.sh) pulumi version
#
# The CLI is, in this order: `pulumi` on PATH; what an earlier run got; the npm package `pulumi`, which downloads it;
# built, once, from its Go modules (tools/engine/*/go.mod). The providers' plugins are: on PATH; installed;
# what `pulumi plugin install` downloads; else the stand-ins of lab/providers, which is announced.
# Everything is kept in the cache folder (OPENSTACK_SPICE_CACHE); what failed to download is tried again after a day.
# Exit status: 0, or 1 with a message that names what is missing and how to get it.
set -euo pipefail
# shellcheck source=tools/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

modules=$repo/tools/engine
# The CLI's version, as pinned in its go.mod: 3.259.0
version=$(sed -n 's|^.*github.com/pulumi/pulumi/pkg/v3 v\([0-9.]*\).*|\1|p' "$modules/cli/go.mod")
engine=$cache/engine/$version
built=$engine/bin

# npm_home: where the npm package `pulumi` keeps the CLI it downloads.
npm_home() { printf '%s' "$engine/npm"; }

# download_by_npm: the CLI's own distribution, by the npm package `pulumi`, which fetches it at its first start.
download_by_npm() {
  local folder
  folder=$(npm_home)
  mkdir -p "$folder"
  bounded 120 npm install --prefix "$folder" --no-save --no-audit --no-fund --loglevel=error "pulumi@$version" &&
    PULUMI_HOME=$folder PULUMI_SKIP_UPDATE_CHECK=true bounded 600 node "$folder/node_modules/pulumi/run.js" version
}

# sources MODULE: what the tool of tools/engine/MODULE is built from, in one line. Changes when a version in it does.
sources() { cat "$modules/$1/go.mod" "$modules/$1/go.sum" | cksum; }

# is_built MODULE BINARY: whether BINARY is there and built from what MODULE locks today.
is_built() { [[ -x $built/$2 && $(cat "$engine/$1.sources" 2>/dev/null) == "$(sources "$1")" ]]; }

# go_install MODULE LDFLAGS: builds the tool of tools/engine/MODULE as its go.mod and go.sum lock it, and moves it into place.
go_install() {
  local module=$1 ldflags=$2 staging=$engine/staging
  rm -rf "$staging" && mkdir -p "$built" "$staging" || return 1
  (cd "$modules/$module" && GOBIN=$staging GOWORK=off GOFLAGS='-mod=readonly -buildvcs=false' \
    bounded 3600 go install -v -ldflags "$ldflags" tool) || return 1
  mv -f "$staging"/* "$built/" && sources "$module" >"$engine/$module.sources"
}

# build MODULE BINARY EXPECTATION LDFLAGS: as go_install, unless another run has built it while this one waited.
build() {
  local module=$1 binary=$2 expectation=$3 ldflags=$4
  ! is_built "$module" "$binary" || return 0
  command -v go >/dev/null || die "$binary is neither on PATH nor can it be downloaded here, and to build it Go is missing." \
    "Install the Pulumi CLI (https://www.pulumi.com/docs/install/), or Go 1.26 or newer, then try again."
  say "building $binary from its Go modules into $built: $expectation, once"
  logged "building $binary" "$engine/$module.log" go_install "$module" "$ldflags" ||
    die "$binary could not be built. Mend what the log above says, or install the Pulumi CLI (https://www.pulumi.com/docs/install/)."
}

build_cli() {
  is_built cli pulumi || alone "$engine/build.lock" build cli pulumi "5 to 13 minutes and 4 GB of Go's caches" \
    "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$version"
}

build_language_host() {
  is_built language-host pulumi-language-nodejs ||
    alone "$engine/build.lock" build language-host pulumi-language-nodejs "a minute or two" "-s -w"
}

# find_cli: puts `pulumi` on PATH.
find_cli() {
  local downloaded
  downloaded=$(npm_home)/versions/$version/bin
  if command -v pulumi >/dev/null; then
    return
  elif [[ -x $downloaded/pulumi ]]; then
    PATH=$downloaded:$PATH
  elif is_built cli pulumi; then
    PATH=$built:$PATH
  elif ! failed_lately "pulumi-$version" && try_npm && [[ -x $downloaded/pulumi ]]; then
    PATH=$downloaded:$PATH
  else
    build_cli
    PATH=$built:$PATH
  fi
}

# try_npm: download_by_npm, its failure remembered.
try_npm() {
  say "no pulumi on PATH: downloading it by the npm package pulumi@$version"
  mkdir -p "$engine"
  if ! command -v npm >/dev/null || ! ticking "downloading pulumi $version" "$engine/npm.log" download_by_npm; then
    say "the Pulumi CLI cannot be downloaded here ($(tail -n 1 "$engine/npm.log"))"
    remember_failure "pulumi-$version"
    return 1
  fi
}

# find_language_host: puts what runs Node.js programs on PATH, unless it is there or beside the CLI.
find_language_host() {
  local cli
  cli=$(readlink -f "$(command -v pulumi)")
  if [[ $cli == "$built/pulumi" ]]; then
    build_language_host
  elif ! command -v pulumi-language-nodejs >/dev/null && [[ ! -x ${cli%/*}/pulumi-language-nodejs ]]; then
    build_language_host
    # Last, so that the user's own CLI stays the first.
    PATH=$PATH:$built
  fi
}

# installed_plugins: "NAME VERSION" of every provider plugin the engine has installed, one a line.
installed_plugins() {
  pulumi plugin ls --json 2>/dev/null | node -e '
    for (const plugin of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
      if (plugin.kind === "resource") console.log(plugin.name, plugin.version);
    }'
}

# find_plugin NAME INSTALLED: makes sure that the engine finds the plugin of @pulumi/NAME, in the version package.json pins.
# A stand-in gets a folder of its own on PATH, since it must not hide the official plugin of another name.
find_plugin() {
  local name=$1 installed=$2 plugin=pulumi-resource-$1 stand_in folder version
  if command -v "$plugin" >/dev/null; then
    return
  fi
  version=$(node -p 'require(process.argv[1]).devDependencies["@pulumi/" + process.argv[2]]' "$repo/package.json" "$name")
  if grep -qxF "$name $version" <<<"$installed"; then
    return
  fi
  if ! failed_lately "$plugin-$version"; then
    if bounded 30 pulumi plugin install resource "$name" "$version" </dev/null >/dev/null 2>&1; then
      return
    fi
    remember_failure "$plugin-$version"
  fi
  stand_in=$repo/lab/providers/bin/$plugin
  if [[ ! -x $stand_in ]]; then
    say "$plugin $version is neither on PATH nor can it be downloaded here. A program that needs it will not run until you install it."
    return
  fi
  say "the official \`$name\` plugin cannot be downloaded here; using the project's stand-in (lab/providers)"
  folder=$cache/stand-ins/$(printf %s "$repo" | cksum | cut -d " " -f 1)/$name
  mkdir -p "$folder"
  ln -sfn "$stand_in" "$folder/$plugin"
  PATH=$folder:$PATH
}

main() {
  local installed
  command -v node >/dev/null || die "node is missing. Install Node.js 20 or newer; it brings npm."
  find_cli
  find_language_host
  installed=$(installed_plugins)
  find_plugin command "$installed"
  find_plugin openstack "$installed"
  printf '%s\n' "$PATH"
}

main "$@"
