# shellcheck shell=bash
# Proof that nova-compute does what it is for: it has a connection to its message queue. `active` says so only where the
# unit is of Type=notify; and a compute without its queue answers nobody.

# queue_ports UNIT: the TCP ports of its message queue, by transport_url as the service reads it; nothing where it has none
# that is reached by TCP (`fake:`). The URL, which has a password, goes nowhere.
queue_ports() {
  local arguments
  mapfile -t arguments < <(service_arguments "$1")
  run_in_environment_of "$1" bounded "$PROBE_WAIT" "$(nova_python)" - "$(nova_program "$1")" ${arguments[@]+"${arguments[@]}"} <<<"$QUEUE_PROGRAM"
}
# Nova's releases before Ocata can do without the URL: rabbit_host, rabbit_port and rabbit_hosts, as oslo.messaging has them.
readonly QUEUE_PROGRAM='
import re, sys
from oslo_config import cfg
prog, arguments = sys.argv[1], sys.argv[2:]
conf = cfg.ConfigOpts()
old = dict(deprecated_group="DEFAULT")
try:
    conf.register_opt(cfg.StrOpt("transport_url", secret=True))
    conf.register_opt(cfg.StrOpt("rpc_backend", default="rabbit"))
    conf.register_opts([cfg.StrOpt("rabbit_host", **old), cfg.StrOpt("rabbit_port", **old), cfg.ListOpt("rabbit_hosts", **old)], group="oslo_messaging_rabbit")
    conf(arguments, project="nova", prog=prog)
    url, rabbit = conf.transport_url or conf.rpc_backend + "://", conf.oslo_messaging_rabbit
    servers = re.split("[/?#]", url.split("://", 1)[1], 1)[0].split(",")
    if servers == [""]:
        servers = rabbit.rabbit_hosts or ["%s:%s" % (rabbit.rabbit_host or "localhost", rabbit.rabbit_port or 5672)]
except Exception as error:
    sys.exit("openstack-spice: %s: the configuration cannot be read: %s" % (prog, type(error).__name__))
if re.match("(rabbit|kombu|amqp)([+:]|$)", url):
    ports = [re.search(r":([0-9]+)$", re.sub(r"\[.*\]", "", server.rsplit("@", 1)[-1])) for server in servers]
    for port in sorted(set(port.group(1) if port else "5672" for port in ports)):
        print(port)
'

# has_connection UNIT PORT...: whether a process of the unit has a TCP connection to one of the ports, established.
has_connection() {
  local unit=$1 port pid
  shift
  for port in "$@"; do
    for pid in $(ss -Htnp state established "( dport = :$port )" | sed -n 's/.*pid=\([0-9]*\),.*/\1/p'); do
      ! grep -qsF "/$unit.service" "/proc/$pid/cgroup" || return 0
    done
  done
  return 1
}

# find_queue UNIT: fills QUEUE_PORTS; fails where oslo.config does not tell.
QUEUE_PORTS=()
find_queue() {
  local ports
  ports=$(queue_ports "$1") || return
  read -r -d '' -a QUEUE_PORTS <<<"$ports" || :
}
queue_text() { printf 'its message queue (TCP %s, by transport_url)\n' "${QUEUE_PORTS[*]}"; }
# is_connected UNIT: true too where there is no queue that is reached by TCP.
is_connected() { ((${#QUEUE_PORTS[@]} == 0)) || has_connection "$1" "${QUEUE_PORTS[@]}"; }

# check_queue UNIT: refuses where the service does not run, or has no queue, before anything of ours: a restart would help
# nobody, and what fails then would look like ours.
check_queue() {
  local unit=$1 deadline log
  log=/var/log/nova/$(nova_program "$unit").log
  deadline=$(deadline "$QUEUE_WAIT")
  while unit_is_moving "$unit" && seconds_left "$deadline"; do sleep 0.5; done
  unit_is_active "$unit" ||
    refuse "$unit does not run (it is $(systemctl is-active "$unit" || :)), so nothing could tell whether it lives with new settings. Bring it up first; $log has the cause where it does not start"
  find_queue "$unit" || refuse "the node's oslo.config cannot read what $unit reads (see above). Mend that, and run again"
  until is_connected "$unit"; do
    seconds_left "$deadline" || refuse "$unit has no connection to $(queue_text), and would not come up again. Mend that first; $log has the cause"
    sleep 0.5
  done
}

# wait_for_queue UNIT: the same after a start, with the time that a slow service needs.
wait_for_queue() {
  local unit=$1 deadline
  deadline=$(deadline "$SERVICE_WAIT")
  find_queue "$unit" || fail "the node's oslo.config cannot read what $unit reads (see above). Mend that, and run again"
  until is_connected "$unit"; do
    still_same_process "$unit" || return 0 # settle tells
    seconds_left "$deadline" || service_failed "$unit" "has no connection to $(queue_text) $SERVICE_WAIT s after its start"
    sleep 0.2
  done
}
