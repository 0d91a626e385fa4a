# shellcheck shell=bash
# Files of the node: how one is rewritten, and how one line or one option of it is changed.

# replace_file FILE NEW: FILE gets NEW's bytes in one rename. Owner, mode, ACL, extended attributes and the
# SELinux label stay, and a symlink stays a symlink: the file it points to is replaced.
replace_file() {
  local target temporary
  target=$(readlink -f -- "$1")
  note_write "$target" "$2"
  temporary=$(mktemp -- "$target.openstack-spice.XXXXXX")
  if cp --preserve=all -- "$target" "$temporary" && cat -- "$2" >"$temporary" && sync -- "$temporary" 2>/dev/null &&
    mv -f -T -- "$temporary" "$target"; then
    return 0
  fi
  rm -f -- "$temporary"
  fail "$target cannot be rewritten (disk full, or read-only?). Make room or make it writable, and run again"
}

# remove_leftovers FILE: new files that a killed run left beside those that the journal or record FILE names.
remove_leftovers() {
  local file
  while IFS= read -r file; do
    [[ $file == /* ]] || continue
    rm -f -- "$file".openstack-spice.?????? "$(readlink -f -- "$file")".openstack-spice.??????
  done < <(awk -F '\t' '!/^#/ && !seen[$2]++ { print $2 }' "$1")
}

# create_file FILE [OWNER MODE]: a new file from stdin, root's and 0644 where nothing else is said; its folder is made where it
# is missing.
create_file() {
  local temporary
  if (umask 022 && mkdir -p -- "$(dirname -- "$1")") && temporary=$(mktemp -- "$1.openstack-spice.XXXXXX"); then
    # Until it has its bytes and its owner, nobody else reads it.
    if cat >"$temporary" && note_write "$1" "$temporary" && chown -- "${2:-root:root}" "$temporary" &&
      chmod -- "${3:-644}" "$temporary" && mv -f -T -- "$temporary" "$1"; then
      return 0
    fi
    rm -f -- "$temporary"
  fi
  fail "$1 cannot be written (disk full, or read-only?). Make room or make it writable, and run again"
}

# ends_with_newline FILE: 1 where the last line is ended (or there is none), else 0; edits keep it so.
ends_with_newline() {
  if [[ -s $1 && -n $(tail -c 1 -- "$1") ]]; then echo 0; else echo 1; fi
}

# ini VERB FILE SECTION OPTION [BLOCK]: reads FILE as oslo.config's iniparser does (sections of one name are
# merged, the last definition wins, an indented line continues a value, `=` or `:` separates).
#   get       the raw lines of the definition in force, after a line `present` or `absent`
#   value     its value, or nothing
#   put       the file with the definition replaced by BLOCK (raw lines), or BLOCK put in where there is none:
#             after the commented default, else after the section's header
#   cut       the file without the definition
#   comment   the file with BLOCK before each line of every definition, also of those that are not in force
#   sections  how often the section's header stands in the file
#   open      the file with the section's header added at its end
#   close     the file without the section's header, where nothing stands in the section any more;
#             BLOCK `blank` takes the blank line before it too
ini() {
  INI_VERB=$1 INI_SECTION=$3 INI_OPTION=$4 INI_BLOCK=${5:-} INI_NEWLINE=$(ends_with_newline "$2") \
    awk "$INI_PROGRAM" "$2"
}

# Values reach awk by its environment: -v would read backslashes.
# shellcheck disable=SC2016 # the $ are awk's
readonly INI_PROGRAM='
function group(name) { return name == "DEFAULT" ? name : tolower(name) }
function bare(s) { sub(/^[ \t\r\f\v]+/, "", s); sub(/[ \t\r\f\v]+$/, "", s); return s }
function separator(s,    equal, colon) {
  equal = index(s, "="); colon = index(s, ":")
  return (!colon || (equal && equal < colon)) ? equal : colon
}
function unquoted(s,    first) {
  first = substr(s, 1, 1)
  if ((first == "\"" || first == "\047") && substr(s, length(s)) == first)
    return substr(s, 2, length(s) - 2)
  return s
}
function emit(text) { out[++outs] = text }
function flush_out(    i) {
  for (i = 1; i <= outs; i++) printf "%s%s", out[i], (i < outs || newline) ? "\n" : ""
}
BEGIN {
  verb = ENVIRON["INI_VERB"]; wanted = group(ENVIRON["INI_SECTION"]); option = ENVIRON["INI_OPTION"]
  block = ENVIRON["INI_BLOCK"]; newline = ENVIRON["INI_NEWLINE"]
}
{ line[NR] = $0 }
END {
  current = ""
  for (i = 1; i <= NR; i++) {
    text = line[i]; sub(/[ \t\r\f\v]+$/, "", text)
    if (text == "") { continuing = 0; continue }
    if (text ~ /^[ \t]/) { if (continuing) { last = i; defines[i] = 1 }; continue }
    continuing = 0
    if (text ~ /^\[/) {
      current = group(substr(text, 2, length(text) - 2))
      if (current == wanted) { headers++; header = header ? header : i; last_header = i }
    } else if (current != wanted) {
      continue
    } else if (text ~ /^[#;]/) {
      commented = bare(substr(text, 2)); at = separator(commented)
      if (!default_line && substr(text, 2, 1) !~ /[ \t]/ && at && bare(substr(commented, 1, at - 1)) == option)
        default_line = i
    } else if ((at = separator(text)) && bare(substr(text, 1, at - 1)) == option) {
      first = last = i; continuing = defines[i] = 1
    }
  }
  if (verb == "sections") { print headers + 0; exit }
  if (verb == "get") {
    print first ? "present" : "absent"
    if (first) for (i = first; i <= last; i++) print line[i]
    exit
  }
  if (verb == "value") {
    if (!first) exit
    print unquoted(bare(substr(line[first], separator(line[first]) + 1)))
    for (i = first + 1; i <= last; i++) print bare(line[i])
    exit
  }
  if (verb == "close") {
    for (i = last_header + 1; i <= NR && line[i] !~ /^\[/; i++) if (bare(line[i]) != "") inhabited = 1
    drop = headers == 1 && !inhabited ? last_header : 0
    for (i = 1; i <= NR; i++)
      if (i != drop && !(drop && block == "blank" && i == drop - 1 && line[i] == "")) emit(line[i])
    flush_out(); exit
  }
  if (verb == "comment") {
    for (i = 1; i <= NR; i++) emit(defines[i] ? block line[i] : line[i])
    flush_out(); exit
  }
  after = default_line ? default_line : header
  for (i = 1; i <= NR; i++) {
    if (first && i >= first && i <= last) { if (verb == "put" && i == first) emit(block) } else emit(line[i])
    if (!first && verb == "put" && i == after) emit(block)
  }
  if (verb == "open") { if (block == "blank") emit(""); emit("[" ENVIRON["INI_SECTION"] "]") }
  flush_out()
}'

# unquoted WRITTEN: a value as written in nova.conf without its one pair of outer quotes, as `ini value` prints it.
unquoted() {
  local value=$1
  if [[ ${value:0:1} == ["\"'"] && ${value: -1} == "${value:0:1}" ]]; then
    value=${value:1}
    value=${value%?}
  fi
  printf '%s\n' "$value"
}

# plain_value WRITTEN: a value as written in nova.conf, as people read it.
plain_value() {
  local value
  value=$(unquoted "$1")
  printf '%s\n' "${value//'$$'/'$'}"
}

# same_value VALUE WRITTEN: whether oslo.config reads the same from what `ini value` found as from what is to be
# written (True, yes, on are one boolean). Two spellings of a dollar sign count as different: then ours is written.
same_value() { [[ $(boolean_or_self "$1") == "$(boolean_or_self "$(unquoted "$2")")" ]]; }
# boolean_or_self VALUE: without quotes.
boolean_or_self() {
  case ${1,,} in
    true | yes | on) echo true ;;
    false | no | off) echo false ;;
    *) printf '%s\n' "$1" ;;
  esac
}

# line_is_in FILE LINE / without_line FILE LINE: one exact line of a text file.
line_is_in() { [[ -r $1 ]] && grep -qxF -e "$2" -- "$1"; }
without_line() {
  LINE=$2 NEWLINE=$(ends_with_newline "$1") awk '
    !gone && $0 == ENVIRON["LINE"] { gone = 1; next }
    { out[++n] = $0 }
    END { for (i = 1; i <= n; i++) printf "%s%s", out[i], (i < n || ENVIRON["NEWLINE"]) ? "\n" : "" }' "$1"
}

# shell_line FILE NAME: the last line that assigns NAME in a shell file such as /etc/default/x, or nothing.
shell_line() { [[ ! -r $1 ]] || grep -E "^[[:space:]]*$2=" -- "$1" | tail -n 1 || :; }

# with_shell_line FILE OLD NEW: the file with the last line that is OLD replaced by NEW.
with_shell_line() {
  OLD=$2 NEW=$3 NEWLINE=$(ends_with_newline "$1") awk '
    { out[NR] = $0; if ($0 == ENVIRON["OLD"]) at = NR }
    END {
      if (at) out[at] = ENVIRON["NEW"]
      for (i = 1; i <= NR; i++) printf "%s%s", out[i], (i < NR || ENVIRON["NEWLINE"]) ? "\n" : ""
    }' "$1"
}
