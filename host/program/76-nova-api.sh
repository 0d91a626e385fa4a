# shellcheck shell=bash
# What Nova is at on a compute, as its API tells: also what has not reached the node yet, such as a live migration that is
# about to come. Asked with credentials that the node's nova.conf has already, so that none travel.

# nova_credentials: the section of the configuration that has them; nothing where the API is not to be asked.
nova_credentials() { printf '%s\n' "${DESIRED["nova-api-credentials"]:-}"; }

# work_of_nova UNIT: servers of this compute that have a task, and migrations from or to it that have not ended. An API that
# gives no answer counts as work, since nobody knows then. Refuses where the credentials do not serve.
work_of_nova() {
  local told arguments result=0
  [[ -n $(nova_credentials) ]] || return 0
  mapfile -t arguments < <(service_arguments "$1")
  told=$(run_in_environment_of "$1" bounded "$PROBE_WAIT" "$(nova_python)" - "$(nova_credentials)" "$(nova_program "$1")" \
    ${arguments[@]+"${arguments[@]}"} <<<"$NOVA_API_PROGRAM" 2>&1) || result=$?
  told=${told##*$'\n'} # what it has to say is its last line; libraries may warn before that
  case $result in
    0) [[ -z $told ]] || printf '%s, by Nova'\''s API\n' "$told" ;;
    8) printf 'Nova'\''s API does not tell whether it is (%s)\n' "$told" ;;
    124) printf 'Nova'\''s API does not tell whether it is (no answer in %s s)\n' "$PROBE_WAIT" ;;
    9) refuse "Nova's API cannot be asked with the credentials of [$(nova_credentials)], which novaApiCredentials names: $told. Name a section whose user may list all servers and migrations, as with the role admin, or leave novaApiCredentials out" ;;
    *) refuse "Nova's API could not be asked: $told. See that '$(nova_python) -c \"import keystoneauth1\"' works, or leave novaApiCredentials out" ;;
  esac
}
# The states of a migration that has ended, or waits for its user, are those of nova/db/main/api.py, and `finished`.
readonly NOVA_API_PROGRAM='
import re, socket, sys
from keystoneauth1 import exceptions, loading
from oslo_config import cfg
section, prog, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
at_rest = "cancelled completed confirmed done error failed finished reverted".split()
def stop(status, reason):
    # urllib3 tells its objects addresses after the reason.
    sys.stderr.write(re.sub(": HTTPS?ConnectionPool.*", "", " ".join(str(reason).split()))[:300].rstrip(".") + "\n")
    sys.exit(status)
def told(error):
    try:
        return "%s (HTTP %s)" % (list(error.response.json().values())[0]["message"], error.http_status)
    except Exception:
        return error
def endpoint(session, region):
    for interface in "internal", "public":
        try:
            url = session.get_endpoint(service_type="compute", interface=interface, region_name=region)
        except exceptions.CatalogException:
            continue
        if url:
            return url.rstrip("/")
    stop(9, "the catalog has no endpoint of the service compute" + (" in the region " + region if region else ""))
def ask():
    conf = cfg.ConfigOpts()
    conf.register_opt(cfg.StrOpt("host", default=socket.gethostname()))
    loading.register_auth_conf_options(conf, section)
    loading.register_session_conf_options(conf, section)
    conf.register_opt(cfg.StrOpt("region_name", deprecated_name="os_region_name"), group=section)
    conf(arguments, project="nova", prog=prog)
    auth = loading.load_auth_from_conf_options(conf, section)
    if auth is None:
        stop(9, "it has no auth_type")
    session = loading.load_session_from_conf_options(conf, section, auth=auth, timeout=20)
    url = endpoint(session, conf[section].region_name)
    if not re.search(r"/v2(\.[0-9]+)?(/|$)", url):
        url += "/v2.1"
    marker = None
    while True:
        query = dict(all_tenants=1, host=conf.host)
        if marker:
            query["marker"] = marker
        servers = session.get(url + "/servers/detail", params=query).json()["servers"]
        for server in servers:
            if server["OS-EXT-STS:task_state"]:
                return "server %s has the task %s" % (server["id"], server["OS-EXT-STS:task_state"])
        if not servers:
            break
        marker = servers[-1]["id"]
    for migration in session.get(url + "/os-migrations", params=dict(host=conf.host)).json()["migrations"]:
        if migration["status"] not in at_rest:
            return "server %(instance_uuid)s migrates from %(source_compute)s to %(dest_compute)s (%(status)s)" % migration
try:
    work = ask()
except exceptions.HttpError as error:
    stop(9 if error.http_status in (401, 403, 404) else 8, told(error))
except (exceptions.ConnectionError, exceptions.DiscoveryFailure) as error:
    stop(8, error)
except (exceptions.ClientException, cfg.Error) as error:
    stop(9, error)
except Exception as error:
    stop(8, "%s: %s" % (type(error).__name__, error))
if work:
    print(work)
'
