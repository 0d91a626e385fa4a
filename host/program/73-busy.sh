# shellcheck shell=bash
# Whether nova-compute, or libvirt for it, is at work on a guest: a restart would cut that off and leave the guest
# behind in an error. Seen from the node itself; what Nova only has in mind yet its API tells, where it may be asked.

# Seconds until a busy node is postponed, less than LOCK_WAIT, for which others wait for this run; and between two lines
# of progress; and between two looks.
BUSY_WAIT=240
BUSY_TELL=60
BUSY_PAUSE=2

# check_busy: waits, bounded, until the node is at rest; else postpones it. `check` only tells.
check_busy() {
  local unit work end tell=0
  [[ $ROLE == compute ]] || return 0
  unit=$(units_the_plan_restarts)
  [[ -n $unit ]] || return 0
  end=$(deadline "$BUSY_WAIT")
  while :; do
    work=$(work_under_way "$unit") || exit # a look that refuses has said why
    [[ -n $work ]] || return 0
    if [[ $VERB == check ]]; then
      say "busy: $work. The restart of $unit would wait for that"
      return
    fi
    # However slow the look was: it is told before it is given up.
    if ((tell == 0)) || { seconds_left "$end" && ! seconds_left "$tell"; }; then
      say "busy: $work; waiting for that, at most $BUSY_WAIT s, before $unit is restarted"
      tell=$(deadline "$BUSY_TELL")
    fi
    seconds_left "$end" ||
      refuse "postponed: after $BUSY_WAIT s the node is still busy: $work. Nothing was changed; the next 'pulumi up' goes on with this node"
    sleep "$BUSY_PAUSE"
  done
}

# work_under_way UNIT: the first thing that a restart of UNIT would disturb, or nothing.
work_under_way() {
  local look work
  for look in work_of_processes work_of_downloads work_of_libvirt work_of_nova; do
    work=$("$look" "$1") || return
    [[ -z $work ]] || break
  done
  printf '%s\n' "${work%%$'\n'*}"
}

# work_of_processes UNIT: disk images that are made, converted or copied, by a child of the service or below its
# folder of instances.
work_of_processes() {
  local file pid words instances
  instances=$(instances_folder)
  while IFS= read -r file; do
    pid=${file#/proc/} pid=${pid%/cmdline}
    mapfile -t words < <({ tr '\0' '\n' <"$file"; } 2>/dev/null)
    case "${words[0]+"${words[0]##*/}"} ${words[1]-}" in
      'qemu-img info' | 'qemu-img --version') continue ;;
      'qemu-img '* | 'cp '* | 'scp '* | 'rsync '* | 'dd '* | 'mkfs'*) ;;
      *) continue ;;
    esac
    grep -qsF "/$1.service" "/proc/$pid/cgroup" || [[ " ${words[*]}" == *[\ :=]"$instances"/* ]] || continue
    printf '%s %s (pid %s)\n' "${words[0]##*/}" "${words[1]-}" "$pid"
  done < <(grep -lzsE '^(.*/)?(qemu-img|cp|scp|rsync|dd|mkfs[.a-z0-9]*)$' /proc/[0-9]*/cmdline)
}

# work_of_downloads: images that nova-compute itself fetches, to a name that ends in .part (nova/virt/images.py).
work_of_downloads() {
  local instances image
  instances=$(readlink -m -- "$(instances_folder)")
  while IFS= read -r image; do
    [[ $image != "$instances"/* ]] || printf 'the image %s is fetched\n' "$image"
  done < <(find /proc/[0-9]*/fd -lname '*.part' -printf '%l\n' 2>/dev/null)
}

# instances_folder: where Nova keeps its guests' disks.
instances_folder() { compute_option DEFAULT instances_path "$(compute_option DEFAULT state_path /var/lib/nova)/instances"; }

# work_of_libvirt: guests on their way up, down or elsewhere, and jobs on them or their disks.
work_of_libvirt() {
  local guests guest state job disk
  guests=$(virsh_read list --uuid 2>/dev/null) || {
    echo 'libvirt does not answer, as where it is at work on a guest'
    return
  }
  for guest in $guests; do
    # An error: it is gone meanwhile. No answer in time: it is held by somebody's work.
    state=$(virsh_read domstate --reason "$guest" 2>/dev/null) || {
      (($? != 124)) || printf 'guest %s, of which libvirt tells nothing\n' "$guest"
      continue
    }
    case $state in
      # The whole reason: one that ran before such work, as `from snapshot` or `migration canceled`, stays for as long as the guest runs.
      *'(starting up)' | *'(migrating)' | *'(saving)' | *'(creating snapshot)' | *'(dumping)' | *'(post-copy)' | *'(post-copy failed)' | \
        *'(shutting down)' | 'in shutdown'*)
        printf 'guest %s is %s\n' "$guest" "$(one_line "$state")"
        ;;
    esac
    # Old ones do not name the operation.
    job=$(virsh_read domjobinfo "$guest" 2>/dev/null | awk '$1 == "Job" && $3 != "None" { job = $3 } $1 == "Operation:" { job = $2 " " $3 } END { sub(/ +$/, "", job); print job }')
    [[ -z $job ]] || printf 'guest %s has a job: %s\n' "$guest" "${job% }"
    while IFS= read -r disk; do
      job=$(virsh_read blockjob "$guest" "$disk" --raw 2>/dev/null | sed -n 's/^ *type[:=] *//p')
      [[ -z $job ]] || printf 'disk %s of guest %s has a job: %s\n' "$disk" "$guest" "$job"
    done < <(virsh_read domblklist "$guest" 2>/dev/null | awk 'NR > 2 && NF { print $1 }')
  done
}
