# shellcheck shell=bash
# The gate: everything that can be known to go wrong is found here, before the first write.

# Kilobytes that must be free where we write.
readonly SPACE_NEEDED=16384

# run_checks: refuses with one message, or returns.
run_checks() {
  check_tools
  check_managers
  detect_platform
  check_record "$ROLE"
  check_owner
  check_nova
  check_space
  case $ROLE in
    controller) check_controller ;;
    compute) check_compute ;;
    vnc-proxy-retirement) check_retirement ;;
  esac
}

check_tools() {
  local tool
  ((EUID == 0)) || refuse "not run as root. Give the login user sudo, or log in as root"
  for tool in awk base64 flock sha256sum ss systemctl; do
    command -v "$tool" >/dev/null || refuse "$tool is not installed. Install it on the node"
  done
  [[ -d /run/systemd/system ]] || refuse "systemd does not run this node, and only systemd is supported. Take the node out"
}

# check_owner: two stacks that converge one role of a node would undo each other.
check_owner() {
  local owner
  owner=$(record_owner "$ROLE")
  [[ -z $owner || $owner == "${DESIRED[owner]:-}" ]] ||
    refuse "the stack '$owner' already manages the role $ROLE of this node, this one is '${DESIRED[owner]:-}'. Take the node out of one of them"
}

# check_nova: nova.conf is there, and the installed release is the asserted one.
check_nova() {
  local version
  version=$(nova_version)
  [[ -n $version ]] || refuse "Nova is not installed (no package $NOVA_PACKAGE). Install Nova on this node first, or take the node out"
  [[ -f $NOVA_CONF ]] || refuse "$NOVA_CONF does not exist. Configure Nova on this node first"
  [[ -r $NOVA_CONF && -s $NOVA_CONF ]] || refuse "$NOVA_CONF is not readable, or empty. Mend it, and run again"
  [[ -z ${DESIRED[release]:-} || ${version%%.*} == "${DESIRED[release]}" ]] ||
    refuse "release ${DESIRED[release]} is asserted, but Nova $version is installed. Correct 'release', or leave it out"
  fit_options_to_release "${version%%.*}"
}

# check_space: room for records and for the rewritten files.
check_space() {
  local folder free
  for folder in "$STATE_DIR" "$(dirname -- "$NOVA_CONF")" /etc/systemd/system; do
    while [[ ! -d $folder ]]; do folder=$(dirname -- "$folder"); done
    free=$(df -Pk -- "$folder" | awk 'NR == 2 { print $4 }')
    ((free >= SPACE_NEEDED)) || refuse "only $free KiB are free in $folder, $SPACE_NEEDED are needed. Make room, and run again"
  done
}

# check_writable: every file of the plan can be replaced in one step.
check_writable() {
  local entry kind file target flags
  for entry in ${PLAN[@]+"${PLAN[@]}"}; do
    IFS=$'\t' read -r kind file _ <<<"$entry"
    [[ $kind == option || $kind == section || $kind == dead-key || $kind == shell || $kind == pem ]] || continue
    [[ $kind != pem || -e $file ]] || file=$NOVA_CONF # whose folder it goes to
    target=$(readlink -f -- "$file")
    ! awk -v file="$target" '$5 == file { found = 1 } END { exit !found }' /proc/self/mountinfo ||
      refuse "$target is mounted by itself, and cannot be replaced in one step. Mount its folder instead, or take the mount away for this run"
    flags=$(lsattr -d -- "$target" 2>/dev/null) || flags=
    [[ ${flags%% *} != *[ia]* ]] || refuse "$target is immutable. Someone wants it so: 'chattr -ia $target' if it may change"
    [[ -w $target && -w ${target%/*} ]] || refuse "$target cannot be written (a read-only file system?). Make it writable, and run again"
  done
}

check_controller() {
  find_missing_packages "${PROXY_PACKAGES[@]}"
  check_port "$(declared spice/html5proxy_host 0.0.0.0)" "$(declared spice/html5proxy_port 6082)"
  check_tls
  check_web_server
  check_repository
  check_packages
  check_web_client
  check_web_of_novnc
}

# check_port ADDRESS PORT: free, or already served by Nova's SPICE proxy.
check_port() {
  local address pid command
  while read -r address pid command; do
    [[ $command != *nova-spicehtml5proxy* ]] || continue
    [[ $1 == 0.0.0.0 || $1 == :: || ${address#[} == "$1" || $address == 0.0.0.0 || $address == '*' || $address == '[::]' ]] || continue
    refuse "TCP $2 is held by another program: ${command% } (pid $pid, on $address). Stop it, or choose another port"
  done < <(listeners "$2")
}

check_compute() {
  find_missing_packages ${COMPUTE_PACKAGES[@]+"${COMPUTE_PACKAGES[@]}"}
  [[ $(unit_state "$COMPUTE_UNIT") != 'absent '* ]] ||
    refuse "there is no $COMPUTE_UNIT on this node. Install Nova's compute service first, or take the node out of computes"
  check_repository
  check_packages
  check_hypervisor
  check_secure_channels /etc/libvirt/qemu.conf
  check_console_loss
  check_console_ports
}

# check_web_server: the recipe's restart of the web server needs one.
check_web_server() {
  ! as_in_recipe restart-httpd || [[ $(unit_state "$(web_server_unit)") != 'absent '* ]] ||
    refuse "there is no $(web_server_unit) on this node, and restart-httpd of the recipe restarts it. Take restart-httpd out"
}

# check_web_of_novnc: with [DEFAULT] web in nova.conf, a noVNC proxy without --web would serve the SPICE pages.
check_web_of_novnc() {
  [[ -n ${VALUE["DEFAULT/web"]+set} ]] && unit_is_active "$NOVNC_UNIT" || return 0
  service_command "$NOVNC_UNIT" | grep -q '^--web' ||
    refuse "$NOVNC_UNIT runs without --web, and would serve the SPICE client's pages with [DEFAULT] web in nova.conf. Take web-in-nova-conf out of recipe"
}

# check_retirement: noVNC goes only where the SPICE proxy serves.
check_retirement() {
  unit_listens "$SPICE_UNIT" "$(nova_option spice html5proxy_port 6082)" ||
    refuse "$SPICE_UNIT does not serve on this node, so noVNC stays. Bring the SPICE proxy up first"
}
