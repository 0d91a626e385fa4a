# shellcheck shell=bash
# The root file systems nodes boot from: one base image and layers on top of it (overlayfs).
# A layer NAME is what lab/layers/NAME.sh did on top of its parent (`# parent: X` in that file). It is kept in the
# cache under NAME-KEY, where KEY hashes all it is made from, so nothing is built twice or used when out of date.
# What a key does not see is the state of the package archive: `lab purge` from time to time.

readonly BASE_PACKAGES=systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,iptables,nftables,iproute2,sudo,python3,python3-apt,ca-certificates,procps,netbase,iputils-ping,curl,less,gpgv
# shellcheck disable=SC2034  # read in nodes.sh and cloud.sh
readonly HOST_PACKAGES=(systemd-container mmdebstrap apt-utils iproute2 openssh-client python3 binutils curl)

# shellcheck disable=SC1091
suite() { (. /etc/os-release && echo "${VERSION_CODENAME:?}"); }

layer_parent() { sed -n 's/^# parent: //p' "$LAB_SOURCE/layers/$1.sh"; }

# layer_is_booted NAME: whether the layer is made in running nodes (by cloud.sh) instead of a chroot.
layer_is_booted() { grep -qs '^# made in: a running node' "$LAB_SOURCE/layers/$1.sh"; }

declare -A layer_keys=()

# layer_key NAME: what the layer is made from, hashed. load_layer_keys makes it quick, as subshells inherit the answers.
layer_key() {
  [[ -z ${layer_keys[$1]:-} ]] || {
    echo "${layer_keys[$1]}"
    return
  }
  local parent file
  if [[ $1 == base ]]; then
    { suite && echo "$BASE_PACKAGES" && declare -f build_base; } | sha256sum | cut -c1-12
    return
  fi
  [[ -f $LAB_SOURCE/layers/$1.sh ]] || die "there is no layer $1. Layers: $(layers | tr '\n' ' ')"
  parent=$(layer_parent "$1")
  {
    layer_key "$parent"
    cat "$LAB_SOURCE/layers/$1.sh"
    for file in "$LAB_SOURCE"/inside/*; do
      if grep -q "${file##*/}" "$LAB_SOURCE/layers/$1.sh"; then cat "$file"; fi
    done
    # the nodes of the cloud are set up together
    if layer_is_booted "$1"; then cat "$LAB_SOURCE"/layers/{controller,compute}*.sh; fi
  } | sha256sum | cut -c1-12
}

# load_layer_keys: in an order that has parents first.
load_layer_keys() {
  local layer key
  for layer in base nova proxy controller compute controller-ready compute-ready; do
    key=$(layer_key "$layer")
    layer_keys[$layer]=$key
  done
}

layers() {
  echo base
  local file
  for file in "$LAB_SOURCE"/layers/*.sh; do basename "$file" .sh; done
}

layer_folder() { echo "$CACHE/$1-$(layer_key "$1")"; }

# layer_chain NAME: the folders of a lowerdir= option, topmost first.
layer_chain() {
  local name=$1 chain
  chain=$(layer_folder "$name")
  while [[ $name != base ]]; do
    name=$(layer_parent "$name")
    chain=$chain:$(layer_folder "$name")
  done
  echo "$chain"
}

# keep_layer NAME FOLDER: FOLDER becomes the layer in the cache, and former versions of it go unless a node uses them.
keep_layer() {
  local name=$1 target old
  target=$(layer_folder "$name")
  mv "$2" "$target"
  for old in "$CACHE/$name"-????????????; do
    [[ $old == "$target" ]] || grep -qsF "$old" "$LAB"/nodes.d/*/lower || rm -rf --one-file-system "$old"
  done
}

# ensure_layer NAME: builds what is missing, parents first. Booted layers are made by `lab up`.
ensure_layer() {
  local name=$1
  [[ ! -d $(layer_folder "$name") ]] || return 0
  ! layer_is_booted "$name" || die "layer $name is made by: lab prepare"
  [[ $name == base ]] || ensure_layer "$(layer_parent "$name")"
  locked "layer-$name" build_layer "$name"
}

build_layer() {
  local name=$1 new before=$SECONDS
  new=$CACHE/$name.new
  [[ ! -d $(layer_folder "$name") ]] || return 0 # another command built it meanwhile
  say "layer $name: building"
  rm -rf --one-file-system "$new" "$new.work"
  mkdir -p "$CACHE"
  if [[ $name == base ]]; then
    logged "layer base" "$LAB/log/layer-base.log" isolated build_base "$new" || die "the base image could not be built."
  else
    logged "layer $name" "$LAB/log/layer-$name.log" build_in_chroot "$name" "$new" || die "layer $name could not be built."
  fi
  keep_layer "$name" "$new"
  say "layer $name: built in $((SECONDS - before)) s, $(du -sh "$(layer_folder "$name")" | cut -f1)"
}

apt_sources() { find /etc/apt/sources.list /etc/apt/sources.list.d \( -name '*.list' -o -name '*.sources' \) -size +0 2>/dev/null; }

# build_base FOLDER, isolated: a small Debian of this machine's own release and mirror, with systemd, sshd and the lab's users.
build_base() {
  local root=$1 unit
  local sources
  mapfile -t sources < <(apt_sources)
  mmdebstrap --quiet --variant=minbase --mode=root \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt=force-unsafe-io --include="$BASE_PACKAGES" "$(suite)" "$root" "${sources[@]}"
  # a node knows no archive but the local pool, and no name server
  rm -f "$root"/etc/apt/sources.list.d/* "$root"/etc/apt/apt.conf.d/99mmdebstrap "$root"/etc/resolv.conf "$root"/etc/ssh/ssh_host_*
  echo 'deb [trusted=yes] file:/srv/pool ./' >"$root/etc/apt/sources.list"
  printf 'Acquire::Languages "none";\nAcquire::Check-Valid-Until "false";\n' >"$root/etc/apt/apt.conf.d/99lab"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/lab"
  mkdir -p "$root/srv/pool"
  : >"$root/etc/machine-id"
  echo 'LANG=C.UTF-8' >"$root/etc/default/locale"
  # ops: sudo without a password. nosudo: sudo that asks for one, which nobody has.
  chroot "$root" useradd --create-home --shell /bin/bash --password '*' ops
  chroot "$root" useradd --create-home --shell /bin/bash --password '*' nosudo
  printf 'ops ALL=(ALL) NOPASSWD:ALL\nnosudo ALL=(ALL) ALL\n' >"$root/etc/sudoers.d/lab"
  chmod 0440 "$root/etc/sudoers.d/lab"
  # what a container has no use for, or what would write to the kernel it shares
  for unit in getty@tty1.service console-getty.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer systemd-pstore.service systemd-sysctl.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
}

# build_in_chroot NAME FOLDER: runs lab/layers/NAME.sh on an overlay of the parent; FOLDER gets what it changed.
build_in_chroot() {
  set -eu
  local name=$1 new=$2 rc=0
  on_overlay "$(layer_chain "$(layer_parent "$name")")" "$new" "$LAB_SOURCE/layers/$name.sh" || rc=$?
  rm -rf --one-file-system "$new"/var/cache/apt/archives/*.deb "$new"/var/cache/apt/*.bin "$new"/var/lib/apt/lists/* "$new"/etc/resolv.conf
  return "$rc"
}

# isolated FUNCTION ARGUMENT...: in mount and process name spaces of its own, where all mounts and processes end with it,
# also when it is killed.
isolated() {
  unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash "$LAB_SOURCE/lab" _isolated "$@"
}

# on_overlay LOWER UPPER SCRIPT: SCRIPT runs in a chroot on that overlay with this machine's own apt access.
on_overlay() {
  local sources
  mapfile -t sources < <(apt_sources)
  rm -rf --one-file-system "$2.work"
  mkdir -p "$2" "$2.work/root" "$2.work/overlay"
  isolated run_on_overlay "$@" "${sources[@]}" || return
  rm -rf --one-file-system "$2.work"
}

# run_on_overlay LOWER UPPER SCRIPT APT_SOURCES..., isolated: no service starts, and what is kept has neither this
# machine's apt sources nor its resolv.conf.
run_on_overlay() {
  local lower=$1 upper=$2 script=$3 root=$2.work/root
  shift 3
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$upper.work/overlay,volatile" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  mkdir "$root/run/lab" "$root/run/lab/sources"
  cp "$@" "$root/run/lab/sources/"
  cp "$LAB_SOURCE"/inside/* "$root/run/lab/"
  cp "$script" "$root/run/lab/script"
  touch "$root/etc/resolv.conf" "$root/etc/apt/sources.list"
  mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
  mount --bind /dev/null "$root/etc/apt/sources.list"
  mount --bind "$root/run/lab/sources" "$root/etc/apt/sources.list.d"
  if [[ -d /usr/share/keyrings ]]; then
    mkdir -p "$root/usr/share/keyrings"
    mount --bind /usr/share/keyrings "$root/usr/share/keyrings"
  fi
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  # hundreds of packages would byte-compile one after the other: done once at the end, on all cores
  if [[ -x $root/usr/bin/py3compile ]]; then
    printf '#!/bin/sh\nexit 0\n' >"$root/run/lab/py3compile"
    chmod 755 "$root/run/lab/py3compile"
    mount --bind "$root/run/lab/py3compile" "$root/usr/bin/py3compile"
  fi
  DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$root" /bin/bash -euo pipefail /run/lab/script
  chroot "$root" python3 -W ignore -m compileall -q -j 0 /usr/lib/python3/dist-packages || true
  rm "$root/usr/sbin/policy-rc.d"
  : >"$root/etc/machine-id"
}
