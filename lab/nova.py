#!/usr/bin/python3
"""nova.py ENDPOINT VERB UUID [TYPE]: what the lab asks of Nova's API, as the user and project `admin` of noauth2.

start UUID          powers the server on, unless it is active
hard-reboot UUID    reboots it hard
console UUID TYPE   prints a console URL; TYPE is novnc or spice
The first two return when the server is active and idle. Exit 1 with the API's answer when it refuses.
"""
import json
import sys
import time
import urllib.error
import urllib.request

CONSOLES = {"novnc": ("vnc", "novnc"), "spice": ("spice", "spice-html5")}
SECONDS = 120


class Nova:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    def call(self, path, body=None):
        """The decoded answer to a GET, or to a POST where there is a body."""
        request = urllib.request.Request(
            self.endpoint + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "X-Auth-Token": "admin:admin",
                "OpenStack-API-Version": "compute 2.93",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            sys.exit(f"nova.py: {request.get_method()} {path}: {error.code} {error.read().decode(errors='replace')}")
        except OSError as error:
            sys.exit(f"nova.py: {request.get_method()} {self.endpoint}{path}: {error}")

    def server(self, uuid):
        return self.call(f"/servers/{uuid}")["server"]

    def act(self, uuid, action):
        self.call(f"/servers/{uuid}/action", action)

    def wait_until_active(self, uuid):
        end = time.monotonic() + SECONDS
        while True:
            server = self.server(uuid)
            if server["status"] == "ACTIVE" and server["OS-EXT-STS:task_state"] is None:
                return
            if server["status"] == "ERROR":
                sys.exit(f"nova.py: server {uuid}: {server.get('fault', {}).get('message', 'ERROR without a fault')}")
            if time.monotonic() > end:
                sys.exit(f"nova.py: server {uuid} is {server['status']}, not active, after {SECONDS} s")
            time.sleep(0.2)


def main(endpoint, verb, uuid, console="novnc"):
    nova = Nova(endpoint)
    if verb == "start":
        if nova.server(uuid)["status"] == "SHUTOFF":
            nova.act(uuid, {"os-start": None})
        nova.wait_until_active(uuid)
    elif verb == "hard-reboot":
        nova.act(uuid, {"reboot": {"type": "HARD"}})
        nova.wait_until_active(uuid)
    elif verb == "console" and console in CONSOLES:
        protocol, kind = CONSOLES[console]
        answer = nova.call(f"/servers/{uuid}/remote-consoles", {"remote_console": {"protocol": protocol, "type": kind}})
        print(answer["remote_console"]["url"])
    else:
        sys.exit(__doc__)


if len(sys.argv) not in (4, 5):
    sys.exit(__doc__)
main(*sys.argv[1:])
