# shellcheck shell=bash
# Proof that a service does what was declared. `active` proves nothing: a proxy of the wrong type exits 0, and one
# that runs opens its port seconds later.

# listeners PORT: a line for each process that listens on the TCP port: address, pid, command line.
listeners() {
  local address process pid
  while read -r address process; do
    pid=$(sed -n 's/.*pid=\([0-9]*\),.*/\1/p' <<<"$process")
    printf '%s %s %s\n' "${address%:*}" "${pid:-0}" "$(tr '\0' ' ' <"/proc/${pid:-0}/cmdline" 2>/dev/null || echo "${process:-unknown}")"
  done < <(ss -Hltnp "sport = :$1" | awk '{ print $4, $6 }')
}

# unit_listens UNIT PORT: whether a process of the unit listens there.
unit_listens() {
  local address pid command
  while read -r address pid command; do
    ! grep -qsF "/$1.service" "/proc/$pid/cgroup" || return 0
  done < <(listeners "$2")
  return 1
}

# wait_for_listener UNIT PORT: Nova's proxies need 3 to 13 s until they listen.
wait_for_listener() {
  local deadline
  deadline=$(deadline "$SERVICE_WAIT")
  until unit_listens "$1" "$2"; do
    # It exits 0 on a bad option, and systemd then says `inactive`, not `failed`.
    if unit_gave_up "$1" || ! { unit_is_active "$1" || unit_is_moving "$1"; }; then
      service_failed "$1" "stopped, and does not listen on TCP $2"
    fi
    seconds_left "$deadline" || service_failed "$1" "does not listen on TCP $2 after $SERVICE_WAIT s"
    sleep 0.2
  done
}

# nova_option SECTION OPTION DEFAULT: the value in nova.conf, else in what comes before it, else the default. Enough for
# what we only look at; what we declare is verified by verify_effective_options.
nova_option() {
  local value file
  value=$(ini value "$NOVA_CONF" "$1" "$2")
  for file in $(platform config); do [[ -n $value || ! -r $file ]] || value=$(ini value "$file" "$1" "$2"); done
  printf '%s\n' "${value:-$3}"
}

# local_address LISTEN: an address of this node at which something that listens on LISTEN answers.
local_address() {
  case $1 in
    0.0.0.0) echo 127.0.0.1 ;;
    ::) echo '[::1]' ;;
    *:*) printf '[%s]\n' "$1" ;;
    *) printf '%s\n' "$1" ;;
  esac
}

# verify_page: the console page of spice-html5 and every script it names answer 200, over TLS where that is declared, and
# then with the declared certificate.
verify_page() {
  local address scheme=http python fingerprint=''
  address=$(local_address "$(nova_option spice html5proxy_host 0.0.0.0)")
  [[ ! $(boolean_or_self "$(nova_option DEFAULT ssl_only false)") == true ]] || scheme=https
  if declares_tls; then
    scheme=https
    fingerprint=$(pem_fingerprint <"$(plain_value "${VALUE["DEFAULT/cert"]}")")
  fi
  python=$(nova_python)
  bounded "$PROBE_WAIT" "$python" - "$scheme://$address:$(nova_option spice html5proxy_port 6082)/spice_auto.html" "$fingerprint" <<<"$PAGE_PROGRAM" >&2 ||
    service_failed "$SPICE_UNIT" "does not serve the console page"
}
readonly PAGE_PROGRAM='
import hashlib, re, socket, ssl, sys
try:
    from urllib.request import ProxyHandler, HTTPSHandler, build_opener
    from urllib.parse import urljoin, urlsplit
    oldest = {}
except ImportError:  # Python 2, the one of Mitaka
    from urllib2 import ProxyHandler, HTTPSHandler, build_opener
    from urlparse import urljoin, urlsplit
    oldest = {"ssl_version": ssl.PROTOCOL_SSLv23}
socket.setdefaulttimeout(20)
# The name in the certificate is for browsers; here it is the node itself that is asked.
handlers = [ProxyHandler({})]
if hasattr(ssl, "_create_unverified_context"):
    handlers.append(HTTPSHandler(context=ssl._create_unverified_context()))
opener = build_opener(*handlers)
def get(url):
    try:
        return opener.open(url, timeout=20).read().decode("utf-8", "replace")
    except Exception as error:
        sys.exit("openstack-spice: %s: %s" % (url, error))
page, fingerprint = sys.argv[1:3]
if fingerprint:
    url = urlsplit(page)
    try:
        served = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((url.hostname, url.port), **oldest))
    except Exception as error:
        sys.exit("openstack-spice: %s: no TLS: %s" % (page, error))
    if hashlib.sha256(served).hexdigest().upper() != fingerprint.replace(":", ""):
        sys.exit("openstack-spice: %s has another certificate than the one declared" % page)
html = get(page)
scripts = re.findall(r"<script[^>]+src=[\"\x27]([^\"\x27]+)", html) + re.findall(r"\bfrom\s+[\"\x27]([^\"\x27]+)", html)
if not scripts:
    sys.exit("openstack-spice: %s names no script: this is not the SPICE client" % page)
for script in scripts:
    get(urljoin(page, script))
'

# service_file UNIT NAME: the lines of /proc/PID/NAME of the running service.
service_file() {
  local pid
  pid=$(systemctl show -p MainPID "$1" 2>/dev/null)
  pid=${pid#MainPID=}
  [[ ${pid:-0} == 0 || ! -r /proc/$pid/$2 ]] || tr '\0' '\n' <"/proc/$pid/$2"
}

# service_command UNIT: the words of its command line, a line each: as it runs, or as it would be started.
service_command() {
  local words script
  words=$(service_file "$1" cmdline)
  if [[ -z $words ]]; then
    words=$(systemctl show -p ExecStart "$1" 2>/dev/null | sed -n 's/.* argv\[\]=\([^;]*\) ;.*/\1/p')
    script=${words%% *}
    # Debian's init scripts put the arguments together, and tell them; as root they would make folders.
    if [[ $script == /etc/init.d/* ]]; then words=$(INIT_TEMPLATE=1 bounded 10 runuser -u nova -- "$script" show-args 2>/dev/null) || :; fi
    words=${words// /$'\n'}
  fi
  printf '%s\n' "$words"
}

# service_arguments UNIT: its configuration arguments, a line each.
service_arguments() {
  service_command "$1" | awk '/^--config-(file|dir)=/ { print } take { print; take = 0 } /^--config-(file|dir)$/ { print; take = 1 }'
}

# service_environment UNIT: its variables as NAME=VALUE, a line each: as it runs, or as its unit says.
service_environment() {
  if [[ -n $(service_file "$1" cmdline) ]]; then
    service_file "$1" environ
  else
    systemctl show -p Environment "$1" 2>/dev/null | sed 's/^Environment=//' | tr ' ' '\n'
  fi
}

# run_in_environment_of UNIT COMMAND...: with its OS_ variables, which oslo.config reads, and its home folder, where it
# looks for files. They can be secrets, so they are on no command line.
run_in_environment_of() (
  local line
  while IFS= read -r line; do export "${line?}"; done < <(service_environment "$1" | grep -E '^(OS_[A-Z0-9_]*|HOME)=' || :)
  "${@:2}"
)

# nova_program UNIT: by whose name the unit's service looks for a configuration file of its own.
nova_program() { if [[ $1 == "$SPICE_UNIT" ]]; then echo nova-spicehtml5proxy; else printf '%s\n' "${1#openstack-}"; fi; }

# options_in_force UNIT CONF: whether the service reads the declared options as declared, with CONF in the place of
# nova.conf, by the node's own oslo.config. Tells on stderr what it reads instead, and where.
options_in_force() {
  local unit=$1 entry arguments declared=$WORK/declared
  ((${#OPTIONS[@]} > 0)) || return 0
  for entry in "${OPTIONS[@]}"; do printf '[%s]\n%s = %s\n' "${entry%%/*}" "${entry#*/}" "${VALUE[$entry]}"; done >"$declared"
  mapfile -t arguments < <(service_arguments "$unit")
  run_in_environment_of "$unit" bounded "$PROBE_WAIT" "$(nova_python)" - "$declared" "$(nova_program "$unit")" "$NOVA_CONF" "$2" \
    ${arguments[@]+"${arguments[@]}"} <<<"$OSLO_PROGRAM" >&2
}

# verify_effective_options UNIT: the proof, once it runs; other files, a nova.conf.d or OS_ variables can win over
# nova.conf.
verify_effective_options() {
  local status=0
  options_in_force "$1" "$NOVA_CONF" || status=$?
  case $status in
    0) ;;
    9) fail "another configuration file or an OS_ variable of $1 wins over $NOVA_CONF (named above). Take the option out of it" ;;
    *) fail "the node's oslo.config does not tell what $1 reads (status $status; see above). See that '$(nova_python) -c \"import oslo_config\"' works, and run again" ;;
  esac
}
readonly OSLO_PROGRAM='
import os, sys
from oslo_config import cfg
environment = dict((name, os.environ.pop(name)) for name in list(os.environ) if name.startswith("OS_"))
declared, prog, real, copy, arguments = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:]
has_folders = hasattr(cfg, "find_config_dirs")
def in_place(path):
    return copy if os.path.realpath(path) == os.path.realpath(real) else path
def read(options, args, **kwargs):
    conf = cfg.ConfigOpts()
    for group, name in options:
        conf.register_opt(cfg.StrOpt(name), group=None if group == "DEFAULT" else group)
    conf(args, **kwargs)
    return conf, dict(((g, n), value(conf, g, n)) for g, n in options)
def value(conf, group, name):
    for _ in range(9):
        try:
            return getattr(conf if group == "DEFAULT" else conf[group], name)
        except cfg.NoSuchOptError as other:  # the value refers to it
            if other.opt_name == name:
                raise
            conf.register_opt(cfg.StrOpt(other.opt_name), group=other.group)
def source(conf, group, name):
    try:
        place = conf.get_location(name, None if group == "DEFAULT" else group)
    except Exception:  # before Stein
        return "another file or a variable"
    detail = place.detail or place.location.name
    return real if detail == copy else detail
options, group = [], None
for line in open(declared):
    if line.startswith("["):
        group = line.strip()[1:-1]
    else:
        options.append((group, line.split(" = ", 1)[0]))
def spelled(value):
    lower = str(value).lower()
    return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(lower, lower if lower in ("true", "false") else str(value))
none = dict(default_config_files=[], default_config_dirs=[]) if has_folders else dict(default_config_files=[])
wanted = read(options, ["--config-file", declared], **none)[1]
os.environ.update(environment)
arguments = ["=".join([w.split("=", 1)[0], in_place(w.split("=", 1)[1])]) if "=" in w else in_place(w) if w.startswith("/") else w for w in arguments]
usual = {}
if not any(w.startswith("--config-file") for w in arguments):
    usual = dict(default_config_files=[in_place(path) for path in cfg.find_config_files(project="nova", prog=prog)])
conf, found = read(options, arguments, project="nova", prog=prog, **usual)
wrong = [o for o in options if spelled(wanted[o]) != spelled(found[o])]
for group, name in wrong:
    print("openstack-spice: %s reads [%s] %s = %s from %s" % (prog, group, name, found[group, name], source(conf, group, name)))
sys.exit(9 if wrong else 0)
'
