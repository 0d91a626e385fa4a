import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LabNode } from "../../support/lab";
import { testedProgram } from "../../support/programs";
import { computeDocument } from "../support/documents";
import { testProgram } from "../support/injection";
import { converge } from "../support/program";

/**
 * What counts as work on a compute, and what anybody can only look like it: row D16 of the trial, and its case of a folder of instances that is named by
 * another option. In the place of nova-compute, which would want a control plane, runs a process that sleeps.
 */

const NAME = "t-compute";
const FOLDER = "/srv/guests/instances";
const document = computeDocument(NAME);
const program = testProgram({
  at: [{ point: "check-plan", when: "after", then: "end" }],
  limits: { busyWait: 2 },
});
const STAND_IN = `mkdir -p /etc/systemd/system/nova-compute.service.d
printf '[Service]\\nType=simple\\nExecStart=\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/nova-compute.service.d/stand-in.conf
sed -i '/^\\(transport_url\\|state_path\\|instances_path\\) *=/d; s,^\\[DEFAULT\\]$,&\\ntransport_url = fake://\\nstate_path = /srv/guests\\ninstances_path = $state_path/instances,' /etc/nova/nova.conf
mkdir -p ${FOLDER}/_base && chmod 1777 ${FOLDER} && touch ${FOLDER}/disk
systemctl daemon-reload && systemctl restart nova-compute`;

describe.runIf(testedProgram === "python")("a compute whose instances lie where another option says", () => {
  let node: LabNode;
  beforeAll(async () => {
    node = await LabNode.boot(NAME, "compute");
    await node.read(STAND_IN);
    expect(await node.read("grep -c '^instances_path = $state_path/instances$' /etc/nova/nova.conf")).toBe("1\n");
  });
  afterAll(async () => {
    await node.remove();
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

  it("is busy while an image is fetched there", async () => {
    const part = `${FOLDER}/_base/5b1ce.part`;
    await node.read(
      `systemd-run -q --unit=work sh -c 'exec sleep 600 >>${part}'; until [ -e ${part} ]; do sleep 0.1; done`,
    );
    const { status, stderr } = await converge(node, document, { program });
    await node.read(`systemctl stop work; rm ${part}`);
    expect([status, stderr.includes(`the node is still busy: the image ${part} is fetched.`)]).toEqual([3, true]);
  });
});
