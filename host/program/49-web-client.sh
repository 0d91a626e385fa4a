# shellcheck shell=bash
# A web client from an archive that the document names, with its checksum: unpacked to a folder of our own, of which the SPICE
# proxy alone is told (50-services.sh), so that noVNC keeps its pages.

readonly WEB_CLIENTS=/usr/local/share/openstack-spice
readonly WEB_CLIENT_MAX=67108864 # bytes, of the archive and of what is in it

# web_client_folder: where the document's web client lies, or nothing where that is the platform's own place.
web_client_folder() {
  if [[ -n ${DESIRED["web-client-archive"]:-} ]]; then
    printf '%s/web-client-%s\n' "$WEB_CLIENTS" "${DESIRED["web-client-archive"]:0:12}"
  else
    printf '%s\n' "${DESIRED["web-client-folder"]:-}"
  fi
}

# check_web_client: fetches, verifies and unpacks the archive into $WORK, where it is not in its place already. Refuses one that
# is not the one declared, or that has more in it than plain files and folders, or no client.
check_web_client() {
  local sha256 location archive=$WORK/web-client-archive page
  [[ -n ${DESIRED["web-client-archive"]:-} ]] || return 0
  sha256=${DESIRED["web-client-archive"]%% *} location=${DESIRED["web-client-archive"]#* }
  ! web_client_is_in_place "$sha256" || return 0
  fetch_web_client "$location" "$archive"
  [[ $(sha256sum <"$archive") == "$sha256 "* ]] ||
    refuse "$location is not the web client that is declared: its SHA-256 is $(sha256sum <"$archive" | cut -c 1-64). Nothing of it was used. Correct webClient.sha256 if you trust this one"
  bounded "$PROBE_WAIT" tar -tvf "$archive" >"$WORK/web-client-list" 2>/dev/null || refuse "$location is not a tar archive. Give webClient.archive one, packed or not"
  awk '$1 !~ /^[-d]/ { odd = 1 } { bytes += $3 } END { exit odd || bytes > '"$WEB_CLIENT_MAX"' }' "$WORK/web-client-list" ||
    refuse "$location has links or devices in it, or more than $((WEB_CLIENT_MAX / 1048576)) MiB. A web client is plain files: pack those alone"
  mkdir -p -- "$WORK/web-client"
  bounded "$PROBE_WAIT" tar -xf "$archive" -C "$WORK/web-client" --no-same-owner --no-same-permissions ||
    refuse "$location cannot be unpacked. See 'tar -tf' of it"
  page=$(cd "$WORK/web-client" && find . -name spice_auto.html -printf '%d %h\n' | sort -n | head -n 1)
  [[ -n $page ]] || refuse "$location has no spice_auto.html in it: this is not spice-html5. Give another one as webClient.archive"
  UNPACKED_WEB_CLIENT=$WORK/web-client/${page#* }
}
UNPACKED_WEB_CLIENT=

# web_client_is_in_place SHA256: as this program put it there, so that the archive is not needed again.
web_client_is_in_place() {
  local recorded
  recorded=$(recorded "$ROLE" web-client "$(web_client_folder)" "$1") || return 1
  [[ ${recorded#*$'\t'} == "$(web_client_state "$(web_client_folder)")" ]]
}

# fetch_web_client LOCATION FILE: the archive; refuses where it cannot be had.
fetch_web_client() {
  if [[ $1 == /* ]]; then
    [[ -f $1 && -r $1 ]] || refuse "$1, the archive of the web client, is not on this node. Put it there, or give a URL as webClient.archive"
    cat -- "$1" >"$2"
    return
  fi
  bounded 120 "$(nova_python)" - "$1" "$2" "$WEB_CLIENT_MAX" <<<"$FETCH_PROGRAM" >&2 ||
    refuse "$1 cannot be fetched from this node (see above). Make it reachable, or copy the archive to the node and give its path as webClient.archive"
}
readonly FETCH_PROGRAM='
import sys
try:
    from urllib.request import urlopen
except ImportError:  # Python 2
    from urllib2 import urlopen
url, path, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
try:
    data = urlopen(url, timeout=30).read(most + 1)
except Exception as error:
    sys.exit("openstack-spice: %s: %s" % (url, error))
if len(data) > most:
    sys.exit("openstack-spice: %s: more than %s bytes" % (url, most))
open(path, "wb").write(data)
'

# web_client_state FOLDER: `-`, or a digest of the names, modes, owners and bytes of all that is in it.
web_client_state() {
  [[ -d $1 ]] || { echo - && return; }
  (cd -- "$1" && find . -printf '%y %m %u:%g %p\n' | sort && find . -type f -print0 | sort -z | xargs -0 -r sha256sum) |
    sha256sum | sed 's/^\(.\{64\}\).*/=\1/'
}

# set_web_client FOLDER STATE: put in its place in one rename; what is taken away lies beside it until the end of the run.
set_web_client() {
  if [[ $2 == - ]]; then
    rm -rf -- "$1.gone"
    mv -T -- "$1" "$1.gone"
  elif [[ -d $1.gone ]]; then
    mv -T -- "$1.gone" "$1"
  else
    [[ -n $UNPACKED_WEB_CLIENT ]] || return 1
    rm -rf -- "$1.new"
    (umask 022 && mkdir -p -- "$WEB_CLIENTS")
    cp -r -- "$UNPACKED_WEB_CLIENT" "$1.new"
    chown -R root:root -- "$1.new"
    chmod -R u=rwX,go=rX -- "$1.new"
    mv -T -- "$1.new" "$1"
  fi
}

# plan_web_client: the document's, where it is not in place. Its digest is known once it is unpacked as it will be.
plan_web_client() {
  local folder state
  [[ -n ${DESIRED["web-client-archive"]:-} && -n $UNPACKED_WEB_CLIENT ]] || return 0
  folder=$(web_client_folder) state=$(digest_of_unpacked)
  [[ $(web_client_state "$folder") != "$state" ]] || return 0
  [[ ! -e $folder ]] || refuse "$folder was changed by someone else since it was put there. Move it away, and run again"
  plan web-client "$folder" "${DESIRED["web-client-archive"]%% *}" - "$state" '(none)' \
    "${DESIRED["web-client-archive"]#* } (sha256 ${DESIRED["web-client-archive"]:0:12})"
}
digest_of_unpacked() {
  chown -R root:root -- "$UNPACKED_WEB_CLIENT"
  chmod -R u=rwX,go=rX -- "$UNPACKED_WEB_CLIENT"
  web_client_state "$UNPACKED_WEB_CLIENT"
}
web_client_text() { if [[ $1 == - ]]; then echo '(none)'; else printf 'sha256 %s\n' "${2:0:12}"; fi; }

# retire_web_clients: those of earlier documents, once the proxy serves the new one.
retire_web_clients() {
  local kind where what former written
  while IFS=$'\t' read -r kind where what former written; do
    [[ $kind == web-client && $where != "$(web_client_folder)" ]] || continue
    if [[ $(web_client_state "$where") == "$written" ]]; then
      changed "web-client$where: $(web_client_text "$written" "$what") -> (none)"
      change web-client "$where" "$what" "$written" -
    else
      say "$where was changed by someone else since: left as it is"
    fi
  done < <(read_record "$ROLE")
}

# tidy_web_clients: at the end of a run nothing that was taken away is needed any more.
tidy_web_clients() {
  rm -rf -- "$WEB_CLIENTS"/*.gone "$WEB_CLIENTS"/*.new
  rmdir -- "$WEB_CLIENTS" 2>/dev/null || :
}
