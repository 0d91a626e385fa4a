# shellcheck shell=bash
# Disks of a node's own, for what the node's program has to leave on a disk: ext4 in loop devices, on which fsync does its work, as it
# does not on a node's overlay. $LAB/nodes.d/NAME/disks.options holds their mount options, disks/etc.img and disks/var.img what is on them.
#
# The kernel writes what is synced into these files, and what it writes back by itself. So a copy of one, made while the node runs, is what a
# power cut would leave at that moment.

# Two, so that one's sync is not the other's.
readonly DISKS=(etc var)

# disk_folders DISK: the node's folders that are on it. /var/lib as a whole: the program makes and removes its own folder there.
disk_folders() {
  case $1 in
    etc) echo etc usr/local ;;
    var) echo var/lib ;;
  esac
}

# need_disks: what this machine has to have for them.
need_disks() {
  need_packages e2fsprogs
  [[ -e /dev/loop-control ]] || modprobe loop 2>/dev/null ||
    die "this machine has no loop devices (/dev/loop-control), which a node with disks of its own needs. Load the kernel's module loop."
  grep -qw ext4 /proc/filesystems || modprobe ext4 2>/dev/null ||
    die "this machine's kernel has no ext4, which a node with disks of its own needs. Load the kernel's module ext4."
}

# make_disk IMAGE ROOT FOLDER...: with these folders of ROOT. Nothing writes to it later that the node did not.
make_disk() {
  local image=$1 root=$2 mounted=${1%.img}.new
  shift 2
  rm -f "$image.new"
  truncate -s 64M "$image.new"
  mkfs.ext4 -q -b 4096 -E lazy_itable_init=0,lazy_journal_init=0 "$image.new"
  mkdir -p "$mounted"
  mount -t ext4 -o loop "$image.new" "$mounted"
  (cd "$root" && cp -a --parents "$@" "$mounted")
  umount "$mounted"
  rmdir "$mounted"
  mv "$image.new" "$image"
}

# mount_disks FOLDER: those of the node whose folder it is, in its root. In a mount name space of the node's own: with that, the mounts and
# the loop devices go.
mount_disks() {
  local folder=$1 disk path
  for disk in "${DISKS[@]}"; do
    mkdir -p "$folder/disks/$disk"
    # shellcheck disable=SC2046  # words
    [[ -f $folder/disks/$disk.img ]] || make_disk "$folder/disks/$disk.img" "$folder/root" $(disk_folders "$disk")
    mount -t ext4 -o "loop,$(<"$folder/disks.options")" "$folder/disks/$disk.img" "$folder/disks/$disk"
    for path in $(disk_folders "$disk"); do
      mount --bind "$folder/disks/$disk/$path" "$folder/root/$path"
    done
  done
}
