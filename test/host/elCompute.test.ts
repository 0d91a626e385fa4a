import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LabNode, lab, takeCloud } from "../support/lab";
import { computeDocument, fromSpiceSwitchedOn, toSpiceSwitchedOn } from "./support/documents";
import { converge, lines, report, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** The cloud's compute as CentOS 7 with RDO has it (modelled), with a guest of Nova's. */

const NAME = "compute-1";
const GUEST = "5b1ce000-0000-4000-8000-000000000001";
const UNIT = "openstack-nova-compute";
const facts = (nova: string) => nova.replace("nova 26.2.2\n", "nova 13.1.4\n");

describe("a RHEL-like compute", () => {
  let node: LabNode;
  let giveBack = () => {};
  let before: Snapshot;
  let converged: Snapshot;

  const consoles = async () =>
    [...(await lab("guest-xml")).matchAll(/<graphics type='(\w+)'/g)].map(([, type]) => type);

  beforeAll(async () => {
    giveBack = await takeCloud();
    await LabNode.boot("control-1", "controller-ready");
    node = await LabNode.boot(NAME, "el7-compute");
    await lab("up");
    before = await snapshot(node);
    expect(await consoles()).toEqual(["vnc"]);
  });
  afterAll(async () => {
    await lab("down", "control-1", NAME);
    giveBack();
  });

  it("gets SPICE next to VNC, and its service, under RDO's name, reads it", async () => {
    const { status, stdout, stderr } = await converge(node, computeDocument(NAME));
    expect([status, stdout, stderr]).toEqual([
      0,
      facts(report([`guest-without-spice ${GUEST}`], [...toSpiceSwitchedOn, `restarted ${UNIT}`])),
      "",
    ]);
    converged = await snapshot(node);
    expect(changedPaths(before, converged)).toEqual({ "/etc/nova/nova.conf": "changed" });
  });

  it("is left as it is by a second run", async () => {
    const { stdout } = await converge(node, computeDocument(NAME));
    expect(stdout).toBe(facts(report([`guest-without-spice ${GUEST}`], [])));
    expect(await snapshot(node)).toEqual(converged);
  });

  it("gives its guest SPICE with the hard reboot", async () => {
    await lab("guest-reboot");
    expect((await consoles()).sort()).toEqual(["spice", "vnc"]);
  });

  it("is as before after the revert", async () => {
    const { status, stdout, stderr } = await revert(node, "compute");
    expect([status, stdout, stderr]).toEqual([0, facts(report([], [...fromSpiceSwitchedOn, `restarted ${UNIT}`])), ""]);
    const after = await snapshot(node);
    // libvirt's own copy of the guest, which was hard-rebooted meanwhile
    expect(changedPaths(before, after)).toEqual({ "/etc/libvirt/qemu/instance-00000001.xml": "changed" });
    expect([after.units, after.rules, after.packages, after.own]).toEqual([
      before.units,
      before.rules,
      before.packages,
      before.own,
    ]);
  });

  it("is refused and left untouched where it is a RHEL 9, whose QEMU has no SPICE, with the two ways out", async () => {
    await node.read(`sed -i s/VERSION_ID=.*/VERSION_ID=9.4/ /usr/lib/os-release
      mv /usr/bin/virsh /usr/bin/virsh.real
      printf '#!/bin/sh\\n/usr/bin/virsh.real "$@" | grep -v "<value>spice</value>"\\n' >/usr/bin/virsh; chmod 755 /usr/bin/virsh`);
    const untouched = await snapshot(node);
    expect(await converge(node, computeDocument(NAME))).toEqual({
      status: 3,
      stdout: "",
      stderr: lines(
        `openstack-spice: error: ${NAME}: QEMU on this node has no SPICE (virsh domcapabilities lists no spice graphics): RHEL 9 and its likes build QEMU without it. Two ways out: install a QEMU and a libvirt that are built with SPICE from another repository, or take the node out and leave its guests on VNC`,
      ),
    });
    expect(await snapshot(node)).toEqual(untouched);
  });
});
