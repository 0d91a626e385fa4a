import type { At } from "../../host/support/injection";
import { type FaultCase, el9Like } from "../support/faultCase";

const FOLDER = "/run/systemd/system/nova-spicehtml5proxy.service.d";

/** A drop-in of the site's for the SPICE proxy, for as long as the run lasts; and how the run is to end. */
function withDropIn(name: string, lines: string, status: number, alone: FaultCase["alone"]): FaultCase {
  return {
    name,
    befall: async (node) => {
      await node.root(
        `mkdir -p ${FOLDER} && cat >${FOLDER}/fault.conf && systemctl daemon-reload`,
        `[Service]\n${lines}\n`,
      );
      const outcome = await node.converge();
      await node.root(`rm ${FOLDER}/fault.conf && systemctl daemon-reload`);
      if (outcome.status !== status) {
        throw new Error(`it was to end with ${status}, and ended with ${outcome.status}:\n${outcome.stderr}`);
      }
    },
    alone,
  };
}

/** Something at a point of the program, and how the run is to end. */
function during(name: string, at: At, status: number, alone: FaultCase["alone"], after = ":"): FaultCase {
  return {
    name,
    befall: async (node) => {
      const outcome = await node.converge({ at: [at] });
      await node.root(after);
      if (outcome.status !== status) {
        throw new Error(`it was to end with ${status}, and ended with ${outcome.status}:\n${outcome.stderr}`);
      }
    },
    alone,
  };
}

const LISTEN =
  "setsid python3 -c 'import socket,time;s=socket.create_server((\"0.0.0.0\",6082));time.sleep(300)' </dev/null >/dev/null 2>&1 & echo $! >/run/taken; until ss -Hltn sport = :6082 | grep -q .; do sleep 0.05; done";

/** Services, ports, clocks and names that do not do as usual. */
export const services: readonly FaultCase[] = [
  withDropIn("service does not start", "ExecStartPre=/bin/false", 1, "as it was"),
  withDropIn("service dies after 3 s", "RuntimeMaxSec=3", 1, "as it was"),
  withDropIn("service takes 60 s to start", "ExecStartPre=/bin/sleep 60", 0, "converged"),
  during(
    "port taken between the check and the start",
    { point: "set-unit", when: "before", run: LISTEN },
    1,
    "as it was",
    "kill $(cat /run/taken)",
  ),
  {
    ...during(
      "clock set back by a day on the way",
      { point: "journal", when: "after", then: "set the clock back" },
      0,
      "converged",
    ),
    prepare: "apt-get -qq update && apt-get -y -qq install faketime >/dev/null 2>&1",
  },
  during(
    "name resolution gone",
    { point: "journal", when: "before", run: "mv /etc/hosts /root/hosts; mv /etc/resolv.conf /root/ 2>/dev/null" },
    0,
    "converged",
    "mv /root/hosts /etc/hosts; mv /root/resolv.conf /etc/ 2>/dev/null || :",
  ),
  {
    name: "apt locked by someone, who lets go",
    prepare: "apt-get -qq update && dpkg --force-depends --remove spice-html5 >/dev/null",
    installs: true,
    befall: async (node) => {
      await node.root(
        `setsid python3 -c 'import fcntl,time; f=open("/var/lib/dpkg/lock-frontend","w"); fcntl.lockf(f,fcntl.LOCK_EX); open("/run/locked","w"); time.sleep(8)' </dev/null >/dev/null 2>&1 & until [ -e /run/locked ]; do sleep 0.05; done`,
      );
      const { status, stderr } = await node.converge();
      if (status !== 0) {
        throw new Error(stderr);
      }
    },
    alone: "converged",
  },
  {
    name: "dnf locked by someone, who lets go",
    platform: el9Like,
    installs: true,
    befall: async (node) => {
      await node.root(
        `systemd-run -q --unit=other sleep 8; systemctl show -P MainPID other >/var/cache/dnf/metadata_lock.pid`,
      );
      const { status, stderr } = await node.converge();
      if (status !== 0) {
        throw new Error(stderr);
      }
    },
    alone: "converged",
  },
];
