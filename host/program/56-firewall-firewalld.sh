# shellcheck shell=bash
# firewalld: a rich rule in each zone by which packets from the source can come in. The running zone gets it from
# firewall-cmd. The permanent one gets lines in the zone's file, spelled as firewalld spells them, which firewalld sees by
# itself: `firewall-cmd --permanent` would write the whole file anew, without its comments, and leave the former one
# beside it. Never --reload: where firewalld keeps its rules by iptables, that takes Neutron's chains along.

readonly FIREWALLD_ZONES=/etc/firewalld/zones
readonly FIREWALLD_ZONES_OF_PACKAGE=/usr/lib/firewalld/zones
FIREWALLD_LISTING= # the default zone, then all zones as firewall-cmd lists them

firewalld_do() { bounded "$PROBE_WAIT" firewall-cmd "$@"; }

firewalld_at_work() { ! unit_is_active firewalld || echo firewalld; }

# firewalld_plan - SOURCE PORT[-LAST]
firewalld_plan() {
  local rule zone file
  if [[ -z $FIREWALLD_LISTING ]]; then
    FIREWALLD_LISTING=$(firewalld_do --get-default-zone && firewalld_do --list-all-zones) ||
      refuse "firewalld is active, but firewall-cmd does not answer. See 'firewall-cmd --state', and run again"
  fi
  rule=$(firewalld_rule "$2" "$3")
  for zone in $(firewalld_zones "$2" <<<"$FIREWALLD_LISTING"); do
    plan_rule firewalld "$zone" "$rule" '(none)' "accept tcp $3 from $2"
    file=$FIREWALLD_ZONES/$zone.xml
    if [[ ! -f $file && ! -f $FIREWALLD_ZONES_OF_PACKAGE/$zone.xml ]]; then
      say "firewalld's zone $zone has no file: the rule is gone after a reboot, as is the zone"
      continue
    fi
    firewalld_plan_file "$file" "$FIREWALLD_ZONES_OF_PACKAGE/$zone.xml"
    firewalld_state firewalld-file "$file" "$rule" | grep -qx in || ! firewalld_is_strange "$file" ||
      refuse "$file is not written a tag to a line, as firewalld writes it. Let firewalld rewrite it, by firewall-cmd --permanent --zone=$zone --add-rich-rule='$rule', then run again; or leave $(sources_argument) out"
    plan_rule firewalld-file "$file" "$rule" '(none)' "accept tcp $3 from $2"
  done
}

# firewalld_plan_file FILE ORIGIN: a zone of which firewalld's package has the only file gets one of the node's own.
firewalld_plan_file() {
  [[ ! -f $1 && ${PLAN[*]+"${PLAN[*]}"} != *"firewalld-zone"$'\t'"$1"$'\t'* ]] || return 0
  plan firewalld-zone "$1" - - "=$(encode <"$2")" '(none)' "as $2"
}
# firewalld_plan_undeclared FILE WRITTEN: that file goes again where no rule is wanted there any more, and nobody else changed it.
firewalld_plan_undeclared() {
  local kind where rule rest left=$WORK/zone
  [[ $PLANNED_RULES != *"firewalld-file|$1|"* && -f $1 ]] || return 0
  cat -- "$1" >"$left"
  while IFS=$'\t' read -r kind where rule rest; do
    [[ $kind == firewalld-file && $where == "$1" ]] || continue
    firewalld_file_without "$left" "$rule" >"$left.less" && mv -f -- "$left.less" "$left"
  done < <(read_record "$ROLE")
  [[ "=$(encode <"$left")" != "$2" ]] || plan firewalld-zone "$1" - "$2" - written '(none)'
}
# firewalld_hand_over FILE WRITTEN: that file, once it has rules of the node's other role too, goes with the last of them:
# that role's record gets it. Fails where the other role has none there.
firewalld_hand_over() {
  local role file
  if [[ $ROLE == compute ]]; then role=controller; else role=compute; fi
  file=$(record_file "$role")
  read_record "$role" | cut -f 1,2 | grep -xF "firewalld-file"$'\t'"$1" >/dev/null || return 1
  ! recorded "$role" firewalld-zone "$1" - >/dev/null || return 0
  # First of all, so that it is undone last.
  ENTRY=firewalld-zone$'\t'$1$'\t-\t-\t'$2 awk '!/^#/ && !done { print ENVIRON["ENTRY"]; done = 1 } { print }' "$file" >"$file.new" &&
    mv -f -- "$file.new" "$file"
}
firewalld_is_strange() { [[ -f $1 ]] && ! grep -qx '[[:blank:]]*</zone>[[:blank:]]*' -- "$1"; }

# firewalld_rule SOURCE PORT[-LAST]: the rule as firewall-cmd lists it.
firewalld_rule() {
  local family=ipv4
  [[ $1 != *:* ]] || family=ipv6
  printf 'rule family="%s" source address="%s" port port="%s" protocol="tcp" accept\n' "$family" "$1" "$2"
}

# firewalld_zones SOURCE: of a listing on stdin, the zones by which packets from there come in, and that could refuse them.
# A zone that sources are bound to is asked first; where these are not all of SOURCE, so are the zones with an interface,
# and the default zone, which has all other interfaces.
firewalld_zones() {
  SOURCE=$1 awk '
    function binary(value, width,    text) {
      for (; width > 0; width--) { text = (value % 2) text; value = int(value / 2) }
      return text
    }
    function hex(digits,    i, value) {
      for (i = 1; i <= length(digits); i++) value = value * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
      return value + 0
    }
    # the bits of the address that a block has in common; nothing of what is no address
    function bits(block,    part, count, i, text, mask) {
      mask = block; if (!sub(/.*\//, "", mask)) mask = 128
      sub(/\/.*/, "", block)
      if (block ~ /^[0-9.]+$/) {
        split(block, part, ".")
        for (i = 1; i <= 4; i++) text = text binary(part[i], 8)
        if (mask ~ /[.]/) { mask = bits(mask); sub(/0.*/, "", mask); mask = length(mask) }
      } else {
        if (block !~ /^[0-9A-Fa-f:]+$/ || (block !~ /::/ && gsub(/:/, ":", block) != 7)) return ""
        while (gsub(/:/, ":", block) < 7) sub(/::/, ":0::", block)
        split(block, part, ":")
        for (i = 1; i <= 8; i++) text = text binary(hex(part[i]), 16)
      }
      return substr(text, 1, mask)
    }
    # 2 where the bound block has all of the source, 1 where it has some, 0 where none
    function share(bound, source,    one, other, least) {
      if (bound ~ /^ipset:/ || bound ~ /^[^:]+:[^:]+:[^:]+:[^:]+:[^:]+:[^:]+$/) return 1 # who knows
      if ((bound ~ /:/) != (source ~ /:/)) return 0
      one = bits(bound); other = bits(source)
      least = length(one) < length(other) ? length(one) : length(other)
      return substr(one, 1, least) == substr(other, 1, least) ? (length(one) == least ? 2 : 1) : 0
    }
    NR == 1 { others[$1]; next }
    /^[^ \t]/ { zone = $1; order[++n] = zone }
    $1 == "target:" && $2 != "ACCEPT" { refuses[zone] }
    $1 == "interfaces:" && NF > 1 { others[zone] }
    $1 == "sources:" {
      for (i = 2; i <= NF; i++) {
        shared = share($i, ENVIRON["SOURCE"])
        if (shared) bound[zone]
        if (shared == 2) whole = 1
      }
    }
    END {
      for (i = 1; i <= n; i++)
        if (order[i] in refuses && (order[i] in bound || (!whole && order[i] in others))) print order[i]
    }'
}

firewalld_state() {
  case $1 in
    firewalld) if firewalld_do --quiet --zone="$2" --query-rich-rule="$3" 2>/dev/null; then echo in; else echo -; fi ;;
    firewalld-file) if [[ -n $(firewalld_file has "$(copy_or_file "$2")" "$3") ]]; then echo in; else echo -; fi ;;
    firewalld-zone) if [[ -e $2 ]]; then printf '=%s\n' "$(encode <"$(copy_or_file "$2")")"; else echo -; fi ;;
  esac
}
firewalld_set() {
  case $1/$4 in
    firewalld/in)
      firewalld_do --quiet --zone="$2" --add-rich-rule="$3" ||
        fail "firewalld did not take the rule '$3' in its zone $2. Add it by hand, and leave $(sources_argument) out"
      ;;
    firewalld/-) firewalld_do --quiet --zone="$2" --remove-rich-rule="$3" ;;
    firewalld-file/in) edit_file "$2" firewalld_file_with "$3" ;;
    firewalld-file/-) edit_file "$2" firewalld_file_without "$3" ;;
    firewalld-zone/-) unset -v "STAGED[$2]" && rm -f -- "$2" ;;
    firewalld-zone/=*) decode <<<"${4#=}" | create_file "$2" ;;
  esac
}

# firewalld_file VERB FILE RULE: a rule's lines in a zone's file.
#   has      prints `yes` where they are there, whoever wrote them and in whichever order of attributes
#   with     the file with them at its end
#   without  the file without them
firewalld_file() {
  [[ -r $2 ]] || return 0
  VERB=$1 RULE=$3 NEWLINE=$(ends_with_newline "$2") awk '
    function attribute(name,    text) {
      text = ENVIRON["RULE"]; sub(".*" name "=\"", "", text); sub(/".*/, "", text)
      return name "=\"" text "\""
    }
    BEGIN {
      verb = ENVIRON["VERB"]
      port = attribute("port"); protocol = "protocol=\"tcp\""
      first = "<rule " attribute("family") ">"; source = "<source " attribute("address") "/>"
      written = first source "<port " port " " protocol "/><accept/></rule>"
      swapped = first source "<port " protocol " " port "/><accept/></rule>"
    }
    {
      line[NR] = text = $0; sub(/^[ \t]+/, "", text); sub(/[ \t]+$/, "", text)
      if (text ~ /^<rule[ >]/) { start = NR; whole = "" }
      if (start) whole = whole text
      if (start && text ~ /<\/rule>$/) {
        if (!from && (whole == written || whole == swapped)) { from = start; to = NR }
        start = 0
      }
      if (text == "</zone>") end = NR
    }
    END {
      if (verb == "has") { if (from) print "yes"; exit }
      for (i = 1; i <= NR; i++) {
        if (verb == "with" && i == end)
          printf "  %s\n    %s\n    <port %s %s/>\n    <accept/>\n  </rule>\n", first, source, port, protocol
        if (!(verb == "without" && i >= from && i <= to)) printf "%s%s", line[i], (i < NR || ENVIRON["NEWLINE"]) ? "\n" : ""
      }
    }' "$2"
}
firewalld_file_with() { firewalld_file with "$1" "$2"; }
firewalld_file_without() { firewalld_file without "$1" "$2"; }
