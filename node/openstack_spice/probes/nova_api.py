# What Nova's API says of a compute: the first server with a task, or migration that has not ended, is the last line. Python 2.7 to
# 3.14. Arguments: the section that has the credentials, the service's name, its configuration arguments. Status 9: the credentials
# do not serve; 8: the API gives no answer; both with the reason as the last line of standard error.
import re
import socket
import sys

from keystoneauth1 import exceptions, loading
from oslo_config import cfg

section, prog, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
# Those of a migration that has ended, or waits for its user: nova/db/main/api.py, and `finished`.
at_rest = "cancelled completed confirmed done error failed finished reverted".split()

if sys.version_info[0] > 2:

    def opened(name, mode="r", **_):
        return open(name, mode) if "b" in mode else open(name, mode, encoding="utf-8", errors="surrogateescape")

    cfg.open = opened


def stop(status, reason):
    # urllib3 tells its objects addresses after the reason.
    sys.stderr.write("\n" + re.sub(": HTTPS?ConnectionPool.*", "", " ".join(str(reason).split()))[:300].rstrip(".") + "\n")
    sys.exit(status)


def text_of(error):
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
    try:
        conf(arguments, project="nova", prog=prog)
    except cfg.ConfigFileParseError as error:  # whose text has the line
        stop(9, "the configuration cannot be read: %s" % type(error).__name__)
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
    stop(9 if error.http_status in (401, 403, 404) else 8, text_of(error))
except (exceptions.ConnectionError, exceptions.DiscoveryFailure) as error:
    stop(8, error)
except (exceptions.ClientException, cfg.Error) as error:
    stop(9, error)
except Exception as error:
    stop(8, "%s: %s" % (type(error).__name__, error))
if work:
    sys.stdout.write("\n" + work + "\n")
