import { beforeAll, describe, expect, it } from "vitest";
import { nodeForTests } from "../../support/nodeForTests";
import { computeDocument } from "../support/documents";
import { testProgram } from "../support/injection";
import { converge, revert } from "../support/program";

/**
 * What a compute has to be asked, and is not to be believed: rows D1, D16, N3 and N4 of the trial, and its case of a folder of instances that is named by
 * another option. In the place of nova-compute, which would want a control plane, runs a process that sleeps.
 */

const NAME = "t-compute";
const CONF = "/etc/nova/nova.conf";
const RECORD = "/var/lib/openstack-spice/roles/compute/record";
const FOLDER = "/srv/guests/instances";
const DROP_INS = "/etc/systemd/system/nova-compute.service.d";
// The unit that misbehaves is a change that waits for a restart.
const document = computeDocument(NAME, { acceptPendingChanges: true });
const program = testProgram({
  at: [{ point: "check-plan", when: "after", then: "end" }],
  limits: { busyWait: 2 },
});
const STAND_IN = `mkdir -p ${DROP_INS}
printf '[Service]\\nType=simple\\nExecStart=\\nExecStart=/bin/sleep infinity\\n' >${DROP_INS}/stand-in.conf
sed -i '/^\\(transport_url\\|state_path\\|instances_path\\) *=/d; s,^\\[DEFAULT\\]$,&\\ntransport_url = fake://\\nstate_path = /srv/guests\\ninstances_path = ${FOLDER},' ${CONF}
mkdir -p ${FOLDER}/_base && chmod 1777 ${FOLDER} && touch ${FOLDER}/disk
systemctl daemon-reload && systemctl restart nova-compute`;

/** A process that takes ten seconds to end, as Nova 33.0.0 to 33.0.2 take 160 for the sake of `manager_shutdown_timeout`. */
const SLOW_TO_STOP = "/bin/sh -c 'trap \"sleep 10; exit\" TERM; while :; do sleep 0.1; done'";

describe("a compute whose instances lie in a folder of the operator's", () => {
  const node = nodeForTests(NAME, "compute");
  beforeAll(async () => {
    await node.read(STAND_IN);
    expect(await node.read(`grep -c '^instances_path = ${FOLDER}$' ${CONF}`)).toBe("1\n");
  });
  /** A process of a user's, called `cp`, with an argument in the folder of instances. @param how its program */
  const copy = (user: string, how: string) =>
    `systemd-run -q --unit=work --uid=${user} bash -c 'exec -a cp ${how} ${FOLDER}/disk'
     until pgrep -f '^cp .*${FOLDER}/disk' >/dev/null; do sleep 0.1; done; pgrep -f '^cp .*${FOLDER}/disk'`;
  const tail = "tail -f";

  it.each([
    ["a process of nobody's that is called cp", copy("nobody", tail)],
    [
      "a process with an open image, of nobody's",
      `systemd-run -q --unit=work --uid=nobody bash -c 'exec sleep 600 >>${FOLDER}/x.part'; until [ -e ${FOLDER}/x.part ]; do sleep 0.1; done`,
    ],
    [
      "a program with root's rights that nobody started, called cp",
      `cp /usr/bin/tail /srv/taken; chmod 4755 /srv/taken; ${copy("nobody", "/srv/taken -f")}`,
    ],
  ])("is not busy for %s (D16)", async (_, begin) => {
    await node.read(begin);
    try {
      expect(await converge(node, document, { program })).toEqual({ status: 0, stdout: "passed\n", stderr: "" });
    } finally {
      await node.read(`systemctl stop work; rm -f ${FOLDER}/*.part /srv/taken`);
    }
  });

  it.each([
    ["nova", copy("nova", tail)],
    ["libvirt-qemu", copy("libvirt-qemu", tail)],
    ["root", copy("root", tail)],
  ])("is busy while a process of %s's copies there, and is postponed (D16)", async (_, begin) => {
    const pid = (await node.read(begin)).trim();
    try {
      const { status, stderr } = await converge(node, document, { program });
      expect(status).toBe(3);
      expect(stderr).toContain(`the node is still busy: cp -f (pid ${pid}).`);
    } finally {
      await node.read("systemctl stop work");
    }
  });

  it("is busy while an image is fetched there, also where the folder is named by a reference to another option", async () => {
    const reference = `sed -i 's,^instances_path = .*,instances_path = $state_path/instances,' ${CONF}`;
    const part = `${FOLDER}/_base/5b1ce.part`;
    await node.read(
      `${reference}; systemctl restart nova-compute
       systemd-run -q --unit=work sh -c 'exec sleep 600 >>${part}'; until [ -e ${part} ]; do sleep 0.1; done`,
    );
    const { status, stderr } = await converge(node, document, { program });
    await node.read(`systemctl stop work; rm ${part}`);
    expect([status, stderr.includes(`the node is still busy: the image ${part} is fetched.`)]).toEqual([3, true]);
  });

  /** Lines of the unit's, for as long as a test runs. */
  async function withUnit(lines: readonly string[], test: () => Promise<void>): Promise<void> {
    await node.read(
      `cat >${DROP_INS}/zz-site.conf; systemctl daemon-reload; systemctl kill -s KILL nova-compute; systemctl restart --no-block nova-compute`,
      `[Service]\n${lines.join("\n")}\n`,
    );
    try {
      await test();
    } finally {
      await node.read(
        `rm ${DROP_INS}/zz-site.conf; systemctl daemon-reload; systemctl kill -s KILL nova-compute; systemctl restart nova-compute`,
      );
    }
  }
  const changed = (stdout: string) => stdout.split("\n").at(-2);
  const errors = (stderr: string) => stderr.split("\n").filter((line) => line.startsWith("openstack-spice: error: "));

  it("that takes longer to stop than a start may take, within what its unit allows, converges and goes back (N3)", async () => {
    const unit = ["ExecStart=", `ExecStart=${SLOW_TO_STOP}`, "KillMode=mixed", "TimeoutStopSec=30"];
    await withUnit(unit, async () => {
      const impatient = testProgram({ limits: { serviceWait: 4 } });
      const { status, stdout, stderr } = await converge(node, document, { program: impatient });
      expect([status, changed(stdout), errors(stderr)]).toEqual([0, "changed 4", []]);
      const reverted = await revert(node, "compute");
      expect([reverted.status, changed(reverted.stdout)]).toEqual([0, "changed 4"]);
    });
  });

  it("that never notifies systemd that it is ready, which waits without an end, counts as up once it serves (N4)", async () => {
    const queue = "python3 -m http.server --bind 127.0.0.1 5672";
    await node.read(
      `systemd-run -q --unit=queue ${queue}; until ss -Hltn 'sport = :5672' | grep -q .; do sleep 0.1; done
       sed -i 's,^transport_url = .*,transport_url = rabbit://127.0.0.1:5672/,' ${CONF}`,
    );
    const connects = "ExecStart=/bin/bash -c 'exec 3<>/dev/tcp/127.0.0.1/5672; exec sleep infinity'";
    const unit = ["Type=notify", "NotifyAccess=main", "TimeoutStartSec=infinity", "ExecStart=", connects];
    await withUnit(unit, async () => {
      const impatient = testProgram({ limits: { serviceWait: 4, queueWait: 20 } });
      const { status, stdout, stderr } = await converge(node, document, { program: impatient });
      expect([status, changed(stdout), errors(stderr)]).toEqual([0, "changed 4", []]);
      expect(stderr).toContain(
        "nova-compute runs and has its message queue, but has not notified systemd that it is ready, which waits for that without an end (Type=notify): it counts as up\n",
      );
      expect((await revert(node, "compute")).status).toBe(0);
    });
    await node.read(`systemctl stop queue; sed -i 's,^transport_url = .*,transport_url = fake://,' ${CONF}`);
  });

  it("a revert for which /run has no room publishes no part of nova.conf, and keeps the record (D1)", async () => {
    const former = await node.read(`cat ${CONF}`);
    expect((await converge(node, document)).status).toBe(0);
    const converged = await node.read(`cat ${CONF}`);
    await node.read("mount -o remount,size=$(($(df -k --output=used /run | tail -n 1) + 700))k /run");
    const { status, stdout, stderr } = await revert(node, "compute");
    await node.read("mount -o remount,size=1g /run");
    const now = await node.read(`cat ${CONF}`);
    const isKept = (await node.run(`[ -e ${RECORD} ]`)).status === 0;
    expect({ status, stdout, bytes: now.length, isKept }).toEqual({
      status: 1,
      stdout: "",
      bytes: converged.length,
      isKept: true,
    });
    expect(now).toBe(converged);
    expect(stderr).toMatch(/: only \d+ KiB are free in \/run, 16384 are needed\. Make room, and run again\n$/);
    expect((await revert(node, "compute")).status).toBe(0);
    expect(await node.read(`cat ${CONF}`)).toBe(former);
  });
});
