import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually";
import type { LabNode } from "../support/lab";
import { nodeForTests } from "../support/nodeForTests";
import { bootQueuedCompute } from "./support/compute";
import {
  computeDocument,
  controllerDocument,
  fromSpiceSwitchedOn,
  retirementDocument,
  toSpiceSwitchedOn,
} from "./support/documents";
import { testProgram } from "./support/injection";
import { onNode } from "./support/onNode";
import { converge, lines, report, revert } from "./support/program";
import { type Snapshot, snapshot } from "./support/snapshot";

/** Restarts that do not hang, whatever a unit says, and that count only where the service stays up and does its work. */

const mend = "The former state is put back; mend the cause that its last words name, and run again";

/** What a failed run says, without the last words of a service, which are the service's own. */
function own(stderr: string): readonly string[] {
  return stderr.split("\n").filter((line) => /^openstack-spice: (?!\S+ last words of)/.test(line));
}

describe("nova-compute", () => {
  const NAME = "h-restart-c";
  const UNIT = "nova-compute.service";
  const DROP_IN = `/run/systemd/system/${UNIT}.d`;
  const isNew = "grep -q ^html5proxy_base_url /etc/nova/nova.conf";
  // The unit files that make it misbehave are a change that waits for its restart.
  const document = computeDocument(NAME, { acceptPendingChanges: true });
  const say = (text: string) => `openstack-spice: ${NAME}: ${text}`;
  const error = (text: string) => `openstack-spice: error: ${NAME}: ${text}`;

  const forth = toSpiceSwitchedOn;
  const back = fromSpiceSwitchedOn.map((line) => line.slice("change ".length));
  const rolledBack = ["putting back the former state", ...back].map(say);
  const asItWas = [...rolledBack, say("the node is as it was")];

  let node: LabNode;
  let controller: LabNode;
  let before: Snapshot;
  /** What is compared where nova-compute was restarted meanwhile. */
  const withoutProcess = ({ processes, ...rest }: Snapshot) => ({ ...rest, processes: { ...processes, [UNIT]: "" } });

  beforeAll(async () => {
    ({ compute: node, controller } = await bootQueuedCompute("h-restart"));
    // What a rule leaves behind when it goes: tables of no rules.
    await node.read(
      "iptables -A OUTPUT -p tcp --dport 5672 -j REJECT && iptables -D OUTPUT -p tcp --dport 5672 -j REJECT",
    );
    before = await snapshot(node);
    expect(before.units[UNIT]).toBe("enabled active");
  });
  afterEach(async () => {
    await node.read(`rm -rf ${DROP_IN} && systemctl daemon-reload`);
  });
  afterAll(async () => {
    await node.remove();
    await controller.remove();
  });

  /** Lines in the unit's overrides, as an administrator writes them. */
  async function override(...service: readonly string[]): Promise<void> {
    const text = lines("[Service]", ...service);
    await node.read(`mkdir -p ${DROP_IN} && cat >${DROP_IN}/site.conf && systemctl daemon-reload`, text);
  }

  it.each([
    ["is not started again", "no"],
    ["is started again by Restart=", "on-failure"],
  ])("that dies 3 s after its start, and %s, is found, and runs with its former settings again", async (_, restart) => {
    const kill = "systemd-run -q --on-active=3 --timer-property=AccuracySec=50ms systemctl kill -s KILL nova-compute";
    await override(`ExecStartPost=-+/bin/sh -c '${isNew} && ${kill}'`, `Restart=${restart}`);
    const { status, stdout, stderr } = await converge(node, document);
    expect([status, stdout]).toEqual([1, lines(...forth, "restarted nova-compute")]);
    expect(own(stderr)).toEqual([error(`nova-compute came up, but its process ended within 5 s. ${mend}`), ...asItWas]);
    expect(withoutProcess(await snapshot(node))).toEqual(withoutProcess(before));
  });

  it("that runs, but never reaches its message queue, is found, though its unit is active", async () => {
    const rule = "OUTPUT -p tcp --dport 5672 -j REJECT";
    await override(
      "Type=simple",
      `ExecStartPre=+/bin/sh -c 'if ${isNew}; then iptables -A ${rule}; else iptables -D ${rule} || :; fi'`,
    );
    const { status, stderr } = await converge(node, document, {
      program: testProgram({ limits: { serviceWait: 12 } }),
    });
    expect(own(stderr)).toEqual([
      error(
        `nova-compute has no connection to its message queue (TCP 5672, by transport_url) 12 s after its start. ${mend}`,
      ),
      ...asItWas,
    ]);
    expect(status).toBe(1);
    expect(withoutProcess(await snapshot(node))).toEqual(withoutProcess(before));
    await eventually("nova-compute has its queue again", 30, async () => {
      const connections = await node.read("ss -Htn state established '( dport = :5672 )'");
      return connections !== "" || undefined;
    });
  });

  it("that does not stop is left to end by itself, and has its former settings then", async () => {
    await override("TimeoutStopSec=infinity", `ExecStartPost=/bin/sh -c '(trap "" TERM; exec sleep 900) &'`);
    await node.read("systemctl restart nova-compute");
    // No wait is longer for it.
    const program = testProgram({
      at: [{ point: "bring-up", when: "before", then: "set its seconds back" }],
      limits: { serviceWait: 8 },
    });
    const { status, stdout, stderr } = await converge(node, document, { program });
    expect([status, stdout]).toEqual([1, lines(...forth)]);
    expect(own(stderr)).toEqual([
      error(
        "nova-compute has not stopped 8 s after 'systemctl restart': its old process still runs (TimeoutStopUSec=infinity). See what it is at, then run again",
      ),
      ...rolledBack,
      say(
        "nova-compute is still stopping. It is to start again, as it was, when its old process has ended: see what holds that one, or end it with 'systemctl kill -s KILL nova-compute'",
      ),
      say("the node is as it was, but for nova-compute, still stopping"),
    ]);
    const refused = await converge(node, document, { program: testProgram({ limits: { queueWait: 2 } }) });
    expect([refused.status, refused.stdout, refused.stderr]).toEqual([
      3,
      "",
      `${error("nova-compute does not run (it is deactivating), so nothing could show whether it lives with new settings. Bring it up first; /var/log/nova/nova-compute.log has the cause where it does not start")}\n`,
    ]);
    await node.read(`rm -rf ${DROP_IN} && systemctl daemon-reload && systemctl kill -s KILL nova-compute`);
    await eventually(
      "nova-compute is back",
      30,
      async () => (await snapshot(node)).units[UNIT] === "enabled active" || undefined,
    );
    expect(withoutProcess(await snapshot(node))).toEqual(withoutProcess(before));
  });

  it("that lost its message queue before is not touched", async () => {
    await controller.read("systemctl stop rabbitmq-server");
    const program = testProgram({ limits: { queueWait: 4 } });
    const now = await snapshot(node);
    const outcome = await converge(node, document, { program });
    expect(outcome).toEqual({
      status: 3,
      stdout: "",
      stderr: `${error("nova-compute has no connection to its message queue (TCP 5672, by transport_url), and would not come up again. Mend that first; /var/log/nova/nova-compute.log has the cause")}\n`,
    });
    expect(await snapshot(node)).toEqual(now);
    await controller.read("systemctl start rabbitmq-server && systemctl restart nova-conductor");
    await node.read("systemctl restart nova-compute");
  });

  it("that takes a minute to start is waited for, there and back", async () => {
    await override(`ExecStartPre=/bin/sh -c '! ${isNew} || sleep 60'`);
    const { status, stdout } = await converge(node, document);
    expect([status, stdout]).toEqual([0, report([], [...forth, "restarted nova-compute"])]);
    const reverted = await revert(node, "compute");
    const reported = back.map((change) => `change ${change}`);
    expect([reverted.status, reverted.stdout]).toEqual([0, report([], [...reported, "restarted nova-compute"])]);
    expect(withoutProcess(await snapshot(node))).toEqual(withoutProcess({ ...before }));
  });
});

describe("on a controller", () => {
  const NAME = "h-restart-p";
  const OVERRIDES = (unit: string) => `/etc/systemd/system/${unit}.service.d`;
  const say = (text: string) => `openstack-spice: ${NAME}: ${text}`;
  const error = (text: string) => `openstack-spice: error: ${NAME}: ${text}`;
  const node = nodeForTests(NAME, "proxy");

  beforeEach(async () => {
    await node.reset();
  });
  /** Lines in a unit's overrides. */
  async function override(unit: string, ...service: readonly string[]): Promise<void> {
    const folder = OVERRIDES(unit);
    await node.read(
      `mkdir -p ${folder} && cat >${folder}/site.conf && systemctl daemon-reload`,
      lines("[Service]", ...service),
    );
  }

  it("a SPICE proxy that serves, and dies soon after, is found", async () => {
    await override("nova-spicehtml5proxy", "Restart=always");
    const before = await snapshot(node);
    const { status, stderr } = await converge(node, controllerDocument(NAME), {
      program: testProgram({
        at: [{ point: "verify-page", when: "after", run: "systemctl kill --signal=KILL nova-spicehtml5proxy" }],
      }),
    });
    expect(own(stderr)[0]).toBe(error(`nova-spicehtml5proxy came up, but its process ended within 5 s. ${mend}`));
    expect(status).toBe(1);
    expect(await snapshot(node)).toEqual(before);
  });

  it("a console page that never comes is given up", async () => {
    await node.read("cd /usr/share/spice-html5 && mv main.js /root/ && mkfifo main.js");
    const before = await snapshot(node);
    const { status, stderr } = await converge(node, controllerDocument(NAME), {
      program: testProgram({ limits: { probeWait: 4 } }),
    });
    expect(own(stderr)[0]).toBe(error(`nova-spicehtml5proxy does not serve the console page. ${mend}`));
    expect(status).toBe(1);
    expect(await snapshot(node)).toEqual(before);
  });

  it("a noVNC proxy that does not stop is to run on, and is said to", async () => {
    expect((await converge(node, controllerDocument(NAME))).status).toBe(0);
    await override(
      "nova-novncproxy",
      "TimeoutStopSec=infinity",
      `ExecStartPost=/bin/sh -c '(trap "" TERM; exec sleep 900) &'`,
    );
    await node.read("systemctl restart nova-novncproxy");
    const before = await snapshot(node);
    const { status, stderr } = await converge(node, retirementDocument(NAME), {
      program: testProgram({ limits: { serviceWait: 5 } }),
    });
    expect(own(stderr)).toEqual([
      error(
        "nova-novncproxy has not stopped 5 s after 'systemctl stop': its old process still runs (TimeoutStopUSec=infinity). See what it is at, then run again",
      ),
      say("putting back the former state"),
      say(
        "nova-novncproxy is still stopping. It is to start again, as it was, when its old process has ended: see what holds that one, or end it with 'systemctl kill -s KILL nova-novncproxy'",
      ),
      say("service/nova-novncproxy: disabled, inactive -> enabled, deactivating"),
      say("the node is as it was, but for nova-novncproxy, still stopping"),
    ]);
    expect(status).toBe(1);
    await node.read("systemctl kill -s KILL nova-novncproxy");
    await node.untilServes(6080, "/vnc_lite.html");
    const withoutProcess = ({ processes, ...rest }: Snapshot) => ({
      ...rest,
      spice: processes["nova-spicehtml5proxy.service"],
    });
    expect(withoutProcess(await snapshot(node))).toEqual(withoutProcess(before));
  });

  it("the message queue's ports are read as Nova reads them", async () => {
    const cases = [
      ["transport_url = rabbit://nova:s3cret@queue.example:5673/", "5673"],
      ["transport_url = rabbit://nova:s3cret@queue.example", "5672"],
      ["transport_url = rabbit://a:b@h1:5671,a:b@h2:5672,a:b@[2001:db8::1]:5674/v?ssl=1", "5671 5672 5674"],
      ["transport_url = rabbit://a:b@[2001:db8::1]/", "5672"],
      ["transport_url = rabbit://a:5999@queue.example/", "5672"], // a password that looks like a port
      ["transport_url = fake://", ""],
      ["debug = false", "5672"],
      ["rabbit_hosts = h1:5680,h2:5681", "5680 5681"], // before Ocata
    ];
    const found = await onNode(
      node,
      "queue/ports",
      cases.map(([line = ""]) => ({ line })),
    );
    expect(found.map((ports) => ports.join(" "))).toEqual(cases.map(([, ports]) => ports));
  });
});
