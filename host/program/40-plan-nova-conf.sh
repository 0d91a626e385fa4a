# shellcheck shell=bash
# nova.conf: which declared options differ, and which undeclared ones go back.

# A plan is a list of entries in the record's five fields; PLAN_TEXT has the same length and is what people read.
PLAN=()
PLAN_TEXT=()

# plan KIND WHERE WHAT FORMER WRITTEN OLD NEW: one more change; OLD and NEW are for people.
plan() {
  PLAN+=("$1"$'\t'"$2"$'\t'"$3"$'\t'"$4"$'\t'"$5")
  PLAN_TEXT+=("$(subject_of "$1" "$2" "$3"): $6 -> $7")
}

# plan_file KIND PATH STATE: a whole file that is to be in STATE.
plan_file() {
  local former
  former=$(state_of "$1" "$2" -)
  [[ $former == "$3" ]] || plan "$1" "$2" - "$former" "$3" "$([[ $former == - ]] && echo '(none)' || echo edited)" written
}

# plan_options: every declared option that oslo.config would not read as declared.
plan_options() {
  local entry section option raw current opened=' '
  for entry in ${OPTIONS[@]+"${OPTIONS[@]}"}; do
    section=${entry%%/*} option=${entry#*/}
    raw=$(option_state "$NOVA_CONF" "$entry")
    current=$(ini value "$NOVA_CONF" "$section" "$option")
    if [[ $raw != - ]] && same_value "$current" "${VALUE[$entry]}"; then continue; fi
    if [[ $opened != *" $section "* ]] && (($(ini sections "$NOVA_CONF" "$section" -) == 0)); then
      opened+="$section "
      plan section "$NOVA_CONF" "$section $(last_line_layout)" - there '(none)' added
    fi
    [[ $raw != - ]] || current='(unset)'
    plan option "$NOVA_CONF" "$entry" "$raw" "=$(printf '%s = %s\n' "$option" "${VALUE[$entry]}" | encode)" \
      "$(one_line "$current")" "$(plain_value "${VALUE[$entry]}")"
  done
  plan_undeclared_options
}

# last_line_layout: whether a section that is added at the end gets a blank line before it.
last_line_layout() { if [[ -n $(tail -n 1 -- "$NOVA_CONF") ]]; then echo blank; else echo tight; fi; }

# one_line TEXT: a value of several lines as one.
one_line() { printf '%s\n' "${1//$'\n'/ }"; }

# plan_undeclared_options: an option that an earlier document declared, and this one does not, gets its former
# definition back, if ours is still there.
plan_undeclared_options() {
  local kind where what former written
  while IFS=$'\t' read -r kind where what former written; do
    [[ $kind == option ]] || continue
    [[ -z ${VALUE[$what]+set} ]] || continue
    if [[ $(option_state "$where" "$what") == "$written" ]]; then
      plan option "$where" "$what" "$written" "$former" "$(definition_text "$written")" "$(definition_text "$former")"
    else
      say "$what is no longer declared, and was changed by someone else since: left as it is"
    fi
  done < <(read_record "$ROLE")
}

# definition_text STATE: an option's state as people read it.
definition_text() {
  local lines
  [[ $1 != - ]] || { echo '(unset)' && return; }
  lines=$(decode <<<"${1#=}")
  lines=$(sed 's/^[[:space:]]*//; s/[[:space:]]*$//' <<<"${lines#*[=:]}")
  one_line "$(plain_value "$lines")"
}
