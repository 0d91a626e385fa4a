# shellcheck shell=bash
# Somebody's change that waits for a restart: our restart would bring it into force, at a time that nobody chose.
#
# What a service has read is what stood there when it started; what is newer waits. Our own writes are no one else's
# change: the ledger tells them. It lies in /run, since after a boot every service has read everything.

readonly LEDGER=/run/openstack-spice-written # "WHAT<tab>CONTENT<tab>SECONDS": when someone else last changed WHAT

# check_pending: refuses where the plan restarts a service that has not read everything yet.
check_pending() {
  local unit started news
  [[ ${DESIRED["accept-pending-changes"]:-false} != true ]] || return 0
  for unit in $(units_the_plan_restarts); do
    started=$(started_at "$unit")
    [[ -n $started ]] || continue
    news=$(packages_since "$unit" "$started")
    [[ -z $news ]] ||
      refuse "$unit runs since $(moment "$started"), and what it runs on is newer: $(in_a_row "$news"). Its restart here would start another Nova than the one that runs. $(way_out_of_pending "$unit")"
    news=$(files_since "$unit" "$started")
    [[ -z $news ]] ||
      refuse "$unit runs since $(moment "$started"), and someone changed what it reads since: $(in_a_row "$news"). Its restart here would bring that into force. $(way_out_of_pending "$unit")"
  done
}
way_out_of_pending() { printf '%s\n' "'systemctl restart $1' when that suits you, then run again; or set acceptPendingChanges for this node"; }
moment() { date -u -d "@$1" '+%F %T UTC'; }

# units_the_plan_restarts: those that run, and read what the plan changes.
units_the_plan_restarts() {
  local unit='' entry kind
  for entry in ${PLAN[@]+"${PLAN[@]}"}; do
    kind=${entry%%$'\t'*}
    case $ROLE:$kind in
      compute:option | compute:dead-key) unit=$COMPUTE_UNIT ;;
      controller:option | controller:file | controller:pem) unit=$SPICE_UNIT ;;
    esac
  done
  if [[ -n $unit ]] && unit_is_active "$unit"; then printf '%s\n' "$unit"; fi
}

# started_at UNIT: when its process was started, in seconds since 1970, or nothing.
started_at() {
  local stamp
  stamp=$(TZ=UTC systemctl show -p ExecMainStartTimestamp "$1" 2>/dev/null)
  stamp=${stamp#*=}
  [[ -z $stamp ]] || date -u -d "$stamp" +%s
}

# packages_since UNIT SECONDS: packages that UNIT runs on and that were unpacked after that, a line each.
packages_since() {
  local name version unpacked wanted='^(nova-common|openstack-nova-common|python[0-9]*-nova|.*proxy)$'
  [[ $1 != "$COMPUTE_UNIT" ]] || wanted='^(nova-common|(openstack-)?nova-compute.*|openstack-nova-common|python[0-9]*-(nova|libvirt.*)|qemu-.*|libvirt.*)$'
  while read -r name version unpacked; do
    [[ $(noted "package $name") == "$version"$'\t'* ]] || printf 'package %s %s (%s)\n' "$name" "$version" "$(moment "$unpacked")"
  done < <(with_package_tool unpacked_since "$2" "$wanted" | sort)
}

# files_since UNIT SECONDS: files that UNIT reads at its start and that someone else changed after that, a line each.
files_since() {
  local file changed
  while IFS= read -r file; do
    [[ -n $file && -e $file ]] || continue
    changed=$(changed_by_others "$file")
    ((changed <= $2)) || printf '%s (%s)\n' "$file" "$(moment "$changed")"
  done < <(files_read_by "$1" | sort -u)
}

# files_read_by UNIT: its configuration files and folders, and what systemd and Debian's scripts read for it.
files_read_by() {
  local name word arguments folder
  name=$(nova_program "$1")
  mapfile -t arguments < <(service_arguments "$1")
  for word in "$NOVA_CONF" ${arguments[@]+"${arguments[@]}"} /etc/nova/nova.conf.d "/etc/nova/$name.conf.d"; do
    word=${word#--config-*=}
    [[ $word == /* ]] || continue
    printf '%s\n' "$word"
    [[ ! -d $word ]] || find -L "$word" -maxdepth 1 -name '*.conf'
  done
  # Only where no file is named does oslo.config look for this one.
  [[ " ${arguments[*]-}" == *' --config-file'* ]] || printf '%s\n' "/etc/nova/$name.conf"
  printf '%s\n' "/etc/default/$1" /etc/default/openstack
  [[ $1 == "$COMPUTE_UNIT" ]] || printf '%s\n' "$PROXY_TYPE_FILE"
  for folder in FragmentPath DropInPaths EnvironmentFiles; do
    systemctl show -p $folder "$1" 2>/dev/null | sed 's/^[A-Za-z]*=//; s/ (ignore_errors=[a-z]*)//' | tr ' ' '\n'
  done
}

# changed_by_others FILE: when someone else last changed it. A chmod counts too: nothing tells it from an edit with
# the former time put back.
changed_by_others() {
  local content changed file
  file=$(readlink -f -- "$1")
  IFS=$'\t' read -r content changed < <(noted "$file") || content=
  if [[ -n $content && -f $file ]] && { has_content "$file" "$content" || is_drift_to "$content" "$file"; }; then
    printf '%s\n' "$changed"
  else
    stat -c '%Y %Z' -- "$file" | awk '{ print ($1 > $2 ? $1 : $2) }'
  fi
}
has_content() { [[ $(sha256sum <"$1") == "$2  -" ]]; }
# is_drift_to CONTENT FILE: what someone changed in nova.conf is what the plan changes back, before a service reads it.
is_drift_to() { [[ $2 == "$(readlink -f -- "$NOVA_CONF")" && -f $WORK/planned ]] && has_content "$WORK/planned" "$1"; }

# noted WHAT: CONTENT and SECONDS of the ledger, tab separated; fails where it has none.
noted() {
  [[ -f $LEDGER ]] && WHAT=$1 awk -F '\t' -v OFS='\t' '$1 == ENVIRON["WHAT"] { print $2, $3; found = 1 } END { exit !found }' "$LEDGER"
}

# note WHAT CONTENT SECONDS: without it our own write is taken for someone else's, which is no reason to fail.
note() {
  local new=$LEDGER.$$
  if ! { [[ ! -f $LEDGER ]] || WHAT=$1 awk -F '\t' '$1 != ENVIRON["WHAT"]' "$LEDGER"; } >"$new" ||
    ! printf '%s\t%s\t%s\n' "$@" >>"$new" || ! mv -f -- "$new" "$LEDGER"; then
    rm -f -- "$new"
  fi
}

# note_write FILE NEW: to be called before NEW becomes FILE.
note_write() {
  local content changed=0
  [[ ! -e $1 ]] || changed=$(changed_by_others "$1")
  content=$(sha256sum <"$2")
  note "$(readlink -f -- "$1")" "${content%  -}" "$changed"
}

# note_packages: those of the plan, to be called before they are installed.
note_packages() {
  local entry kind name version rest
  for entry in ${PLAN[@]+"${PLAN[@]}"}; do
    IFS=$'\t' read -r kind name rest rest version <<<"$entry"
    [[ $kind != package ]] || note "package $name" "$version" 0
  done
}
