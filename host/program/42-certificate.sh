# shellcheck shell=bash
# TLS at the proxy. A certificate that comes with the document is kept with its key in one file, so that both change at
# one moment: the proxies read it anew for each connection. One that is on the node already is looked at before the first write.

# declares_tls: whether the document has the proxy speak TLS.
declares_tls() { [[ -n ${VALUE["DEFAULT/cert"]:-} ]]; }

# declared_pem: key and chain of the document as a PEM file, the key first.
declared_pem() {
  local certificate
  pem_block "${DESIRED["tls-key"]% *}" "${DESIRED["tls-key"]##* }"
  for certificate in ${DESIRED["tls-certificate"]:-}; do pem_block CERTIFICATE "$certificate"; done
}
pem_block() {
  printf -- '-----BEGIN %s-----\n' "$1"
  fold -w 64 <<<"$2"
  printf -- '-----END %s-----\n' "$1"
}

# plan_certificate: the file of the document's certificate; or, where an earlier document had one and this one has not, what
# was there before.
plan_certificate() {
  local kind file now former written
  if [[ -n ${DESIRED["tls-key"]:-} ]]; then
    file=$(plain_value "${VALUE["DEFAULT/cert"]}")
    plan_pem "$file" "$(state_of pem "$file" -)" "=$(declared_pem | encode)"
    return
  fi
  while IFS=$'\t' read -r kind file _ former written; do
    [[ $kind == pem ]] || continue
    now=$(state_of pem "$file" -)
    if [[ $now == "$written" ]]; then
      plan_pem "$file" "$now" "$former"
    else
      say "$file is no longer declared, and was changed by someone else since: left as it is"
    fi
  done < <(read_record "$ROLE")
}
plan_pem() {
  local old new
  [[ $2 != "$3" ]] || return 0
  old=$(pem_text "$2") new=$(pem_text "$3")
  [[ $old != "$new" ]] || new='the same, with another chain or key'
  plan pem "$1" - "$2" "$3" "$old" "$new"
}

# pem_text STATE: a file's state as people read it: the fingerprint of its first certificate, and nothing of its key.
pem_text() {
  local fingerprint
  [[ $1 != - ]] || { echo '(none)' && return; }
  fingerprint=$(decode <<<"${1#=}" | pem_fingerprint)
  if [[ -n $fingerprint ]]; then printf 'sha256 %s\n' "$fingerprint"; else echo 'no certificate'; fi
}

# pem_fingerprint <PEM: of the first certificate, as `openssl x509 -noout -fingerprint -sha256` writes it; or nothing.
pem_fingerprint() {
  local body
  body=$(awk '/^-----BEGIN CERTIFICATE-----/ { ++n; next } /^-----END/ { n += n == 1 } n == 1')
  [[ -z $body ]] || base64 -d <<<"$body" 2>/dev/null | sha256sum | sed 's/ .*//; s/../&:/g; s/:$//' | tr a-f A-F
}

# check_tls: the certificate that is on the node can be used, by the user and the library that the proxy has; and where TLS
# ends before the proxy, Nova believes it.
check_tls() {
  local version told certificate key result=0
  if [[ -n ${DESIRED["tls-ends-before"]:-} ]]; then
    version=$(nova_version)
    ((${version%%.*} >= 19)) ||
      refuse "TLS ends at the load balancer, but Nova heeds X-Forwarded-Proto only from 19.0.0 on, so the proxy of Nova $version would refuse every console. Give the proxy a certificate too (tls)"
  fi
  declares_tls && [[ -z ${DESIRED["tls-key"]:-} ]] || return 0
  certificate=$(plain_value "${VALUE["DEFAULT/cert"]}")
  key=$(plain_value "${VALUE["DEFAULT/key"]:-$certificate}")
  told=$(bounded "$PROBE_WAIT" runuser -u nova -- "$(nova_python)" - "$certificate" "$key" "${DESIRED["tls-host"]:-}" <<<"$CERTIFICATE_PROGRAM" 2>&1) || result=$?
  case $result in
    0) [[ -z $told ]] || say "$told" ;;
    9) refuse "$told" ;;
    *) refuse "the certificate $certificate could not be looked at: ${told##*$'\n'}. See that 'runuser -u nova -- $(nova_python) -c \"import ssl\"' works, and run again" ;;
  esac
}
# Python 2.7 and 3. What its ssl module does not have is not looked at; the page's check finds what is left.
readonly CERTIFICATE_PROGRAM='
import re, socket, ssl, sys, time
certificate, key, host = sys.argv[1:4]
def refuse(text):
    print(text)
    sys.exit(9)
for path in (certificate, key):
    try:
        with open(path, "rb") as file:
            text = file.read()
    except (IOError, OSError) as error:
        refuse("%s cannot be read by the user nova (%s). Give the path of a PEM file, root:nova 0640 in folders that nova can enter" % (path, error.strerror))
if b"ENCRYPTED" in text:
    refuse("the key in %s is encrypted, and the proxy has nobody to ask for the password. Write it as openssl pkey -in %s prints it" % (key, key))
if hasattr(ssl, "SSLContext"):
    try:
        ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_SERVER", ssl.PROTOCOL_SSLv23)).load_cert_chain(certificate, key)
    except Exception as error:
        if "MISMATCH" in str(error):
            refuse("the key in %s is not that of the certificate in %s, the first one there. Put the server\x27s own certificate first, and its key" % (key, certificate))
        refuse("%s and %s are no certificate and key that OpenSSL takes (%s). Give PEM files" % (certificate, key, re.sub(r"^\[[^]]*\] | ?\(_ssl.*", "", str(error))))
try:
    known = ssl._ssl._test_decode_cert(certificate)
except Exception:
    sys.exit(0)
now, begin, end = time.time(), known.get("notBefore"), known["notAfter"]
if ssl.cert_time_to_seconds(end) <= now:
    refuse("the certificate %s expired on %s. Renew it" % (certificate, end))
if begin and ssl.cert_time_to_seconds(begin) > now:
    refuse("the certificate %s is valid from %s only. Give one that is valid now, or see to the clock of this node" % (certificate, begin))
def address(text):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, text.strip())
        except (socket.error, ValueError):
            pass
def covers(kind, name):
    if kind == "IP Address":
        return address(host) is not None and address(name) == address(host)
    if kind != "DNS" or address(host) is not None:
        return False
    name = name.lower()
    return name == host or (name[:2] == "*." and host.partition(".")[2] == name[2:])
names = known.get("subjectAltName", ())
if host and not any(covers(kind, name) for kind, name in names):
    listed = ", ".join(name.strip() for kind, name in names) or "no host at all"
    refuse("the certificate %s is for %s, and not for %s, the host of baseUrl. Give one for that host, or write a host that it is for" % (certificate, listed, host))
if ssl.cert_time_to_seconds(end) - now < 30 * 86400:
    print("the certificate %s expires on %s: renew it in time" % (certificate, end))
'

# tls_since: the header of the record that tells when a document first had TLS, in seconds since 1970: a service that started
# after that has read it.
tls_since() {
  local since
  declares_tls || return 0
  since=$(record_header "$ROLE" tls-since)
  printf '# tls-since %s\n' "${since:-$(($(date +%s) - SECONDS))}"
}

# restart_novnc_without_tls RESTART: noVNC reads the same options. Where it started while they were in nova.conf, it would go on
# without its certificate, or go on refusing plain http, once they are taken back. RESTART UNIT restarts it.
restart_novnc_without_tls() {
  local since started
  since=$(record_header "$ROLE" tls-since)
  [[ -n $since ]] && ! declares_tls && ! contains "$NOVNC_UNIT" ${FRESH[@]+"${FRESH[@]}"} && unit_is_active "$NOVNC_UNIT" || return 0
  started=$(started_at "$NOVNC_UNIT")
  if [[ -n $started ]] && ((started >= since)); then "$1" "$NOVNC_UNIT"; fi
}
