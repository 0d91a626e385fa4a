# shellcheck shell=bash
# The desired state document: header lines `key = value`, of which `ROLE = NODE` is one, then nova.conf sections.

declare -A DESIRED=()
ALLOW_FROM=()
CONSOLE_PORTS=      # FIRST-LAST, to be closed to all but ALLOW_FROM
IGNORED_MANAGERS=() # see 71-managers.sh
OPTIONS=()          # "section/option" in the document's order
declare -A VALUE=() # "section/option" -> value as written in nova.conf
OPTION_RANGES=()    # "section/option FIRST LAST"
OPTION_NAMES=()     # "section/option FIRST-LAST section/option"
RECIPE=()           # ways of the recipe's in the place of ours, such as restart-httpd

# read_document: stdin into the variables above. Exits 2 where a line is not understood, so that a document
# written for a newer program is never half obeyed.
read_document() {
  local line section='' key value number=0
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    [[ -n $line && $line != '#'* ]] || continue
    if [[ $line =~ ^\[([A-Za-z_]+)\]$ ]]; then
      section=${BASH_REMATCH[1]}
      continue
    fi
    [[ $line =~ ^([a-z0-9_-]+)\ =\ (.*)$ ]] || bad_document "line $number of the desired state is not 'key = value'"
    key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    [[ $value != *[^[:print:]]* ]] || bad_document "line $number of the desired state has a character that is not printable ASCII"
    if [[ -n $section ]]; then
      key=$section/$key
      [[ -z ${VALUE[$key]+set} ]] || bad_document "line $number: [$section] ${key#*/} is declared twice"
      OPTIONS+=("$key")
      VALUE[$key]=$value
    else
      read_header "$key" "$value" "$number"
    fi
  done
  [[ -z ${DESIRED["tls-key"]:-} || -n ${VALUE["DEFAULT/cert"]:-} ]] ||
    bad_document "the desired state has a certificate, and no [DEFAULT] cert that says where it goes"
  [[ -n $ROLE && -n ${DESIRED[owner]:-} ]] ||
    bad_document "the desired state does not say which role it is for, such as 'compute = $NODE', and which stack's it is ('owner = ...')"
}

# as_in_recipe WAY: whether the recipe's way is to be taken.
as_in_recipe() { contains "$1" ${RECIPE[@]+"${RECIPE[@]}"}; }

# declared SECTION/OPTION DEFAULT: the declared value, as written in nova.conf.
declared() { printf '%s\n' "${VALUE[$1]:-$2}"; }

# read_header KEY VALUE LINE: one header line.
read_header() {
  local sources
  case $1 in
    controller | compute | vnc-proxy-retirement)
      [[ -z $ROLE ]] || bad_document "line $3: the desired state is for the role $ROLE already"
      ROLE=$1 NODE=$2
      ;;
    allow-from) ALLOW_FROM+=("$2") ;;
    console-ports)
      read -r CONSOLE_PORTS sources <<<"$2"
      read -ra ALLOW_FROM <<<"$sources"
      ;;
    recipe) RECIPE+=("$2") ;;
    repository) REPOSITORY=$2 ;;
    repository-key) REPOSITORY_KEY=$2 ;;
    repository-line) REPOSITORY_LINES+=("$2") ;;
    ignore-manager) IGNORED_MANAGERS+=("$2") ;;
    option-range) OPTION_RANGES+=("$2") ;;
    option-name) OPTION_NAMES+=("$2") ;;
    tls-certificate | tls-key | tls-host | tls-ends-before | id | owner | release | vnc | dead-keys | accept-console-loss | accept-pending-changes | nova-api-credentials | firewall | close-to-others | packages-on-destroy | \
      web-client-package | web-client-folder | web-client-archive)
      [[ -z ${DESIRED[$1]+set} ]] || bad_document "line $3: $1 is given twice"
      DESIRED[$1]=$2
      ;;
    *) bad_document "line $3: unknown key '$1'; the document is newer than this program. Run both from one version of openstack-spice" ;;
  esac
}

# known_role ROLE: exits 2 for a role this program does not know; also keeps a role from becoming a path.
known_role() {
  contains "$1" controller compute vnc-proxy-retirement ||
    bad_document "role '$1' is none of controller, compute, vnc-proxy-retirement"
}

# fit_options_to_release MAJOR: renames options to what this Nova calls them; refuses those it does not have.
fit_options_to_release() {
  local release=$1 entry option first last range older key
  for entry in ${OPTION_NAMES[@]+"${OPTION_NAMES[@]}"}; do
    read -r option range older <<<"$entry"
    ((release >= ${range%-*} && release <= ${range#*-})) || continue
    [[ -n ${VALUE[$option]+set} ]] || continue
    VALUE[$older]=${VALUE[$option]}
    unset -v "VALUE[$option]"
    for key in "${!OPTIONS[@]}"; do [[ ${OPTIONS[$key]} != "$option" ]] || OPTIONS[key]=$older; done
  done
  for entry in ${OPTION_RANGES[@]+"${OPTION_RANGES[@]}"}; do
    read -r option first last <<<"$entry"
    [[ -n ${VALUE[$option]+set} ]] || continue
    ((release >= first)) ||
      refuse "Nova $release does not have [${option%%/*}] ${option#*/}, which came in $first. Leave the option out, or upgrade Nova"
    [[ $last == - ]] || ((release <= last)) ||
      refuse "Nova $release no longer has [${option%%/*}] ${option#*/}, which went after $last. Leave the option out"
  done
}
