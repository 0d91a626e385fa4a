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

# verify_page: the console page of spice-html5 and every script it names answer 200.
verify_page() {
  local address scheme=http python
  address=$(local_address "$(nova_option spice html5proxy_host 0.0.0.0)")
  [[ ! $(boolean_or_self "$(nova_option DEFAULT ssl_only false)") == true ]] || scheme=https
  python=$(nova_python)
  bounded "$PROBE_WAIT" "$python" - "$scheme://$address:$(nova_option spice html5proxy_port 6082)/spice_auto.html" <<<"$PAGE_PROGRAM" >&2 ||
    service_failed "$SPICE_UNIT" "does not serve the console page"
}
readonly PAGE_PROGRAM='
import re, ssl, sys
try:
    from urllib.request import ProxyHandler, HTTPSHandler, build_opener
    from urllib.parse import urljoin
except ImportError:  # Python 2, the one of Mitaka
    from urllib2 import ProxyHandler, HTTPSHandler, build_opener
    from urlparse import urljoin
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
page = sys.argv[1]
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
  [[ $pid == 0 || ! -r /proc/$pid/$2 ]] || tr '\0' '\n' <"/proc/$pid/$2"
}

# service_arguments UNIT: its configuration arguments, a line each.
service_arguments() {
  service_file "$1" cmdline | awk '/^--config-(file|dir)=/ { print } take { print; take = 0 } /^--config-(file|dir)$/ { print; take = 1 }'
}

# run_in_environment_of UNIT COMMAND...: with its OS_ variables, which oslo.config reads; they can be secrets, so they
# are on no command line.
run_in_environment_of() (
  local line
  while IFS= read -r line; do export "${line?}"; done < <(service_file "$1" environ | grep '^OS_[A-Z0-9_]*=' || :)
  "${@:2}"
)

# nova_program UNIT: by whose name the unit's service looks for a configuration file of its own.
nova_program() { if [[ $1 == "$SPICE_UNIT" ]]; then echo nova-spicehtml5proxy; else printf '%s\n' "${1#openstack-}"; fi; }

# verify_effective_options UNIT: reads the declared options with the node's own oslo.config, as the running service
# does; other files, a nova.conf.d or OS_ variables can win over nova.conf.
verify_effective_options() {
  local unit=$1 entry arguments status=0 declared=$WORK/declared
  ((${#OPTIONS[@]} > 0)) || return 0
  for entry in "${OPTIONS[@]}"; do printf '[%s]\n%s = %s\n' "${entry%%/*}" "${entry#*/}" "${VALUE[$entry]}"; done >"$declared"
  mapfile -t arguments < <(service_arguments "$unit")
  run_in_environment_of "$unit" bounded "$PROBE_WAIT" "$(nova_python)" - "$declared" "$(nova_program "$unit")" ${arguments[@]+"${arguments[@]}"} <<<"$OSLO_PROGRAM" >&2 || status=$?
  case $status in
    0) ;;
    9) fail "another configuration file or an OS_ variable of $unit wins over $NOVA_CONF (named above). Take the option out of it" ;;
    *) fail "the node's oslo.config does not tell what $unit reads (status $status; see above). See that '$(nova_python) -c \"import oslo_config\"' works, and run again" ;;
  esac
}
readonly OSLO_PROGRAM='
import os, sys
from oslo_config import cfg
environment = dict((name, os.environ.pop(name)) for name in list(os.environ) if name.startswith("OS_"))
declared, prog, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
def read(options, args, **kwargs):
    conf = cfg.ConfigOpts()
    for group, name in options:
        conf.register_opt(cfg.StrOpt(name), group=None if group == "DEFAULT" else group)
    conf(args, **kwargs)
    return dict(((g, n), getattr(conf if g == "DEFAULT" else conf[g], n)) for g, n in options)
options, group = [], None
for line in open(declared):
    if line.startswith("["):
        group = line.strip()[1:-1]
    else:
        options.append((group, line.split(" = ", 1)[0]))
def spelled(value):
    lower = str(value).lower()
    return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(lower, lower if lower in ("true", "false") else str(value))
wanted = read(options, ["--config-file", declared], default_config_files=[], default_config_dirs=[]) if hasattr(cfg, "find_config_dirs") else read(options, ["--config-file", declared], default_config_files=[])
os.environ.update(environment)
found = read(options, arguments, project="nova", prog=prog)
wrong = [o for o in options if spelled(wanted[o]) != spelled(found[o])]
for group, name in wrong:
    print("openstack-spice: %s reads [%s] %s = %s" % (prog, group, name, found[group, name]))
sys.exit(9 if wrong else 0)
'
