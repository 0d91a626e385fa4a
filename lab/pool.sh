# shellcheck shell=bash
# The nodes' only apt repository: packages with all they need beyond the base image, read-only at /srv/pool.

# What a node without any of Nova needs to become a proxy node; parts of it serve nodes that have Nova.
readonly POOL_PACKAGES=(nova-consoleproxy spice-html5)

pool_key() { { layer_key base && echo "${POOL_PACKAGES[*]}" && declare -f index_pool; } | sha256sum | cut -c1-12; }

# ensure_pool: the lab's pool, from the cache or downloaded.
ensure_pool() {
  local cached
  cached=$CACHE/pool-$(pool_key)
  [[ -d $cached ]] || locked pool fill_cached_pool "$cached"
  [[ $(cat "$LAB/pool/made-from" 2>/dev/null) == "$cached" ]] || locked pool copy_pool "$cached"
}

fill_cached_pool() {
  [[ ! -d $1 ]] || return 0
  say "pool: downloading ${POOL_PACKAGES[*]} with all they need"
  rm -rf --one-file-system "$1.new"
  add_packages "$1.new" "${POOL_PACKAGES[@]}"
  find "$CACHE" -maxdepth 1 -name 'pool-*' -not -path "$1.new" -exec rm -rf --one-file-system {} +
  mv "$1.new" "$1"
}

# hard links where the file system allows: a pool that gets more packages leaves the cached one alone
copy_pool() {
  [[ $(cat "$LAB/pool/made-from" 2>/dev/null) != "$1" ]] || return 0
  # running nodes have this very folder mounted: emptied, not replaced
  mkdir -p "$LAB/pool"
  rm -rf --one-file-system "$LAB"/pool/*
  cp -al "$1/." "$LAB/pool/" 2>/dev/null || cp -a "$1/." "$LAB/pool/"
  echo "$1" >"$LAB/pool/made-from"
}

# pool_add PACKAGE...: running nodes see the new packages after `apt-get update`.
pool_add() {
  ensure_layer base
  ensure_pool
  locked pool add_packages "$LAB/pool" "$@"
}

# add_packages FOLDER PACKAGE...: downloads with this machine's apt, into a repository at FOLDER.
add_packages() {
  local folder=$1 work=$CACHE/pool.work script=$CACHE/pool.script
  shift
  rm -rf --one-file-system "$work"
  mkdir -p "$folder/debs"
  {
    echo 'apt-get -qq update'
    printf 'apt-get install -y -qq --no-install-recommends --download-only -o APT::Keep-Downloaded-Packages=true'
    printf ' %q' "$@"
    echo
  } >"$script"
  logged "pool" "$LAB/log/pool.log" on_overlay "$(layer_chain base)" "$work" "$script" || die "the packages could not be downloaded: $*"
  find "$work/var/cache/apt/archives" -name '*.deb' -exec mv -t "$folder/debs" {} +
  rm -rf --one-file-system "$work" "$script"
  index_pool "$folder"
  say "pool: $(find "$folder/debs" -name '*.deb' | wc -l) packages, $(du -sh "$folder" | cut -f1)"
}

index_pool() {
  (
    cd "$1" || exit
    apt-ftparchive packages debs >Packages.new
    mv Packages.new Packages
    # without it apt tries each kind of compression and prints an error for each
    apt-ftparchive release . >Release.new
    mv Release.new Release
  )
}
