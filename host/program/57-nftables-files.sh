# shellcheck shell=bash
# The files that nftables.service loads at boot: /etc/nftables.conf of Debian's, /etc/sysconfig/nftables.conf of RHEL's, and
# those that they include.

NFT_ROOTS=() # what the unit itself names
NFT_FILES=() # these and what they include
readonly NFT_INCLUDE='^[[:blank:]]*include[[:blank:]]+"([^"]+)"[[:blank:]]*;?[[:blank:]]*(#.*)?$'

# find_nft_files: fills both with those that can be read.
find_nft_files() {
  local file
  NFT_ROOTS=() NFT_FILES=()
  while IFS= read -r file; do
    [[ -f $file && -r $file ]] || continue
    NFT_ROOTS+=("$file")
    add_nft_file "$file"
  done < <(systemctl show -p ExecStart nftables 2>/dev/null | sed -nE 's/.* (-f|--file) ([^ ;]+) .*/\2/p')
}
add_nft_file() {
  local line file
  [[ -f $1 && -r $1 ]] && ! contains "$1" ${NFT_FILES[@]+"${NFT_FILES[@]}"} || return 0
  NFT_FILES+=("$1")
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line =~ $NFT_INCLUDE ]] || continue
    while IFS= read -r file; do add_nft_file "$file"; done < <(nft_included "${BASH_REMATCH[1]}")
  done <"$1"
}

# nft_included PATTERN: the files that an `include` brings in, in their order; nft looks for a relative one in /etc.
nft_included() {
  local pattern=$1
  [[ $pattern == /* ]] || pattern=/etc/$pattern
  compgen -G "$pattern" || :
}

# nft_files_text: for messages.
nft_files_text() {
  printf '%s' "${NFT_FILES[0]:-what nftables.service loads}"
  ((${#NFT_FILES[@]} < 2)) || printf ', nor in what that includes'
}

# nft_file_of CHAIN: the one in which it is written out first, or nothing.
nft_file_of() {
  local file
  for file in ${NFT_FILES[@]+"${NFT_FILES[@]}"}; do
    [[ -z $(nft_file place "$file" "$1") ]] || { printf '%s\n' "$file" && return; }
  done
}

# nft_text FILE [DEPTH]: what is loaded of a file as it will be, each `include` replaced by what it includes, or left where
# that is nothing. nft goes no deeper than 16 either.
nft_text() {
  local line files='' file depth=${2:-0}
  ((depth < 16)) || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    [[ ! $line =~ $NFT_INCLUDE ]] || files=$(nft_included "${BASH_REMATCH[1]}")
    if [[ -n $files ]]; then
      while IFS= read -r file; do nft_text "$file" "$((depth + 1))"; done <<<"$files"
      files=
    else
      printf '%s\n' "$line"
    fi
  done <"$(copy_or_file "$1")"
}

# nft_text_loads: whether all that is loaded would be taken.
nft_text_loads() {
  local file
  for file in ${NFT_ROOTS[@]+"${NFT_ROOTS[@]}"}; do nft_text "$file"; done >"$WORK/nft"
  nft -c -f "$WORK/nft"
}

# Such a file is free text; a chain is edited only where it is written out, a brace and a rule to a line.
# nft_file VERB FILE CHAIN [LINE]:
#   place    the number of the line before which a rule of CHAIN belongs: the first that could refuse, or the brace
#   has      prints `yes` where LINE, indented or not, is in CHAIN
#   with     the file with LINE at that place, indented as its neighbours
#   without  the file without LINE in CHAIN
nft_file() {
  VERB=$1 CHAIN=$3 LINE=${4:-} awk '
    BEGIN { verb = ENVIRON["VERB"]; wanted = ENVIRON["CHAIN"] }
    { out[NR] = text = bare = $0; sub(/^[ \t]+/, "", bare); sub(/^[ \t]+/, "", text); sub(/[ \t]*#.*$/, "", text); indent = $0; sub(/[^ \t].*$/, "", indent) }
    text ~ /^table [^{]*[{]$/ { split(text, word, " "); table = word[3] == "{" ? "ip " word[2] : word[2] " " word[3] }
    text ~ /^chain [^{]*[{]$/ { split(text, word, " "); inside = table " " word[2] == wanted; next }
    !inside { next }
    text ~ /^type / { rule_indent = indent }
    bare == ENVIRON["LINE"] && !found { found = NR }
    text ~ /^[}]/ || (text ~ /(^|[ \t])(drop|reject|jump|goto|include)([ \t;]|$)/ && text !~ /^(type|policy) /) { if (!place) place = NR }
    text ~ /^[}]/ { inside = 0 }
    END {
      if (verb == "place" && place) print place
      if (verb == "has" && found) print "yes"
      if (verb ~ /^with/) for (i = 1; i <= NR; i++) {
        if (verb == "with" && i == place) print rule_indent ENVIRON["LINE"]
        if (!(verb == "without" && i == found)) print out[i]
      }
    }' "$2"
}
# nft_file_with FILE CHAIN|LINE / nft_file_without FILE CHAIN|LINE
nft_file_with() { nft_file with "$1" "${2%%|*}" "${2#*|}"; }
nft_file_without() { nft_file without "$1" "${2%%|*}" "${2#*|}"; }
