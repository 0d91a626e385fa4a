# shellcheck shell=bash
# nova.conf is not all that a service reads: what stands in another file, a folder nova.conf.d or an OS_ variable can
# win over it. Asked before the write, of a copy of nova.conf as it would be.

# check_plan: what can be known only once it is known what changes. Refuses, or waits until the node is at rest.
check_plan() {
  copy_planned_conf
  check_layers
  check_pending
  check_busy
}

# copy_planned_conf: nova.conf as the plan makes it, as $WORK/planned.
copy_planned_conf() {
  local entry kind where what former written
  rm -f -- "$WORK/planned"
  for entry in ${PLAN[@]+"${PLAN[@]}"}; do
    IFS=$'\t' read -r kind where what former written <<<"$entry"
    [[ $where == "$NOVA_CONF" && ($kind == option || $kind == section || $kind == dead-key) ]] || continue
    set_state "$kind" "$where" "$what" "$written"
  done
  [[ -n ${STAGED[$NOVA_CONF]:-} ]] || return 0
  mv -f -- "$(staged "$NOVA_CONF")" "$WORK/planned"
  unset -v "STAGED[$NOVA_CONF]"
}

# check_layers: refuses where the service would not read what is declared.
check_layers() {
  local unit=$SPICE_UNIT told=$WORK/layers result=0
  [[ -f $WORK/planned ]] || return 0
  [[ $ROLE != compute ]] || unit=$COMPUTE_UNIT
  options_in_force "$unit" "$WORK/planned" 2>"$told" || result=$?
  case $result in
    0) ;;
    9) refuse "what is declared would have no effect: $(in_a_row "$(sed 's/^openstack-spice: //' "$told")"). That wins over $NOVA_CONF: take it out of there, or declare the same value" ;;
    *) refuse "oslo.config cannot read what $unit would read: $(tail -n 1 "$told" | sed -E "s,$WORK/planned(:[0-9]+)?,$NOVA_CONF,g"). Mend that, and run again" ;;
  esac
}
