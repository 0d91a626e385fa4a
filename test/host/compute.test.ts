import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ImageCompression, Vnc } from "../../nova";
import { LabNode, lab, takeCloud } from "../support/lab";
import { computeDocument, controllerDocument, fromSpiceSwitchedOn, toSpiceSwitchedOn } from "./support/documents";
import { converge, report, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** The lab's compute, which belongs to a real cloud: nova-compute, libvirt, QEMU and a guest that Nova started with a VNC console only. */

const NAME = "compute-1";
const GUEST = "5b1ce000-0000-4000-8000-000000000001";
const UNIT = "nova-compute.service";
const CONF = "/etc/nova/nova.conf";
const say = (text: string) => `openstack-spice: ${NAME}: ${text}\n`;
const withoutSpice = [`guest-without-spice ${GUEST}`];

const forth = toSpiceSwitchedOn;
const back = fromSpiceSwitchedOn;

describe("a compute whose guest has a VNC console only", () => {
  let node: LabNode;
  let giveBack = () => {};
  let before: Snapshot;
  let guestProcess: string;

  /** What is compared where nova-compute was restarted meanwhile. */
  const withoutProcess = ({ processes, ...rest }: Snapshot) => ({ ...rest, processes: { ...processes, [UNIT]: "" } });
  const processOfGuest = async () => await node.read("cat /run/libvirt/qemu/instance-00000001.pid");
  /** The kinds of console that the guest has. */
  const consoles = async () =>
    [...(await lab("guest-xml")).matchAll(/<graphics type='(\w+)'/g)].map(([, type]) => type);

  beforeAll(async () => {
    giveBack = await takeCloud();
    await lab("up", "--fresh");
    node = LabNode.named(NAME);
    before = await snapshot(node);
    guestProcess = await processOfGuest();
    expect(await consoles()).toEqual(["vnc"]);
  });
  afterAll(async () => {
    await lab("down", "control-1", NAME);
    giveBack();
  });

  it("refuses to switch VNC off, and touches nothing", async () => {
    const outcome = await converge(node, computeDocument(NAME, { vnc: Vnc.Off }));
    expect(outcome).toEqual({
      status: 3,
      stdout: "",
      stderr: `openstack-spice: error: ${NAME}: vnc is Off, but running guests have no SPICE yet and would lose their console: ${GUEST}. Converge with vnc Alongside, hard-reboot them ('openstack server reboot --hard ID'), then switch VNC off; or set acceptConsoleLoss\n`,
    });
    expect(await snapshot(node)).toEqual(before);
  });

  it("refuses where QEMU has no SPICE, and touches nothing", async () => {
    // As on Debian 13 without qemu-system-modules-spice, or on RHEL 9: QEMU's modules for SPICE are not there.
    const modules = "/usr/lib/x86_64-linux-gnu/qemu";
    await node.read(`mkdir /root/away && mv ${modules}/*spice* /root/away/`);
    try {
      const outcome = await converge(node, computeDocument(NAME));
      expect(outcome).toEqual({
        status: 3,
        stdout: "",
        stderr: `openstack-spice: error: ${NAME}: QEMU on this node has no SPICE (virsh domcapabilities lists no spice graphics). Install a QEMU built with SPICE, or take the node out\n`,
      });
      expect(await snapshot(node)).toEqual(before);
    } finally {
      await node.read(`mv /root/away/* ${modules}/`);
    }
  });

  it("refuses an option that its Nova does not have, and touches nothing", async () => {
    const document = computeDocument(NAME, { compression: { image: ImageCompression.Lz } });
    const outcome = await converge(node, document);
    expect(outcome).toEqual({
      status: 3,
      stdout: "",
      stderr: `openstack-spice: error: ${NAME}: Nova 26 does not have [spice] image_compression, which came in 27. Leave the option out, or upgrade Nova\n`,
    });
    expect(await snapshot(node)).toEqual(before);
  });

  it("gets its former nova.conf and a running nova-compute back where that cannot live with the new one", async () => {
    const folder = `/run/systemd/system/${UNIT}.d`;
    await node.read(
      `mkdir -p ${folder} && cat >${folder}/site.conf && systemctl daemon-reload`,
      "[Service]\nExecStartPre=/bin/sh -c '! grep -q ^html5proxy_base_url /etc/nova/nova.conf'\n",
    );
    const { status, stdout, stderr } = await converge(node, computeDocument(NAME, { acceptPendingChanges: true }));
    expect([status, stdout.split("\n").slice(0, -1)]).toEqual([1, forth]);
    expect(stderr).toContain(`openstack-spice: error: ${NAME}: nova-compute does not come up after restart. `);
    expect(stderr.endsWith(say("the node is as it was"))).toBe(true);
    expect(withoutProcess(await snapshot(node))).toEqual(withoutProcess(before));
    await node.read(`rm -r ${folder} && systemctl daemon-reload`);
  });

  it("switches VNC off all the same where the loss is accepted, and says which guest has no console left", async () => {
    const { status, stdout } = await converge(node, computeDocument(NAME, { vnc: Vnc.Off, acceptConsoleLoss: true }));
    expect(stdout).toBe(
      report(withoutSpice, [...forth, "change vnc/enabled: true -> false", "restarted nova-compute"]),
    );
    expect(status).toBe(0);
    expect((await revert(node, "compute")).status).toBe(0);
    expect(withoutProcess(await snapshot(node))).toEqual(withoutProcess(before));
  });

  it("gets SPICE next to VNC by nova.conf alone; the guest runs on, and is named", async () => {
    const { status, stdout } = await converge(node, computeDocument(NAME), { user: "ops" });
    expect(stdout).toBe(report(withoutSpice, [...forth, "restarted nova-compute"]));
    expect(status).toBe(0);
    const after = await snapshot(node);
    expect(changedPaths(before, after)).toEqual({ [CONF]: "changed" });
    expect(withoutProcess({ ...after, etc: before.etc, own: [] })).toEqual(withoutProcess(before));
    expect(after.processes[UNIT]).not.toBe(before.processes[UNIT]);
    expect(await processOfGuest()).toBe(guestProcess);
  });

  it("is left as it is by a second run", async () => {
    const converged = await snapshot(node);
    const { status, stdout } = await converge(node, computeDocument(NAME), { user: "ops" });
    expect([status, stdout]).toEqual([0, report(withoutSpice, [])]);
    expect(await snapshot(node)).toEqual(converged);
  });

  it("takes a changed option by one line and a restart of nova-compute alone", async () => {
    const converged = await snapshot(node);
    const document = computeDocument(NAME, { agentEnabled: false });
    const { status, stdout } = await converge(node, document, { user: "ops" });
    expect(stdout).toBe(report(withoutSpice, ["change spice/agent_enabled: true -> false", "restarted nova-compute"]));
    expect(status).toBe(0);
    const changed = await snapshot(node);
    expect(changedPaths(converged, changed)).toEqual({ [CONF]: "changed" });
    expect(withoutProcess({ ...changed, etc: converged.etc })).toEqual(withoutProcess(converged));
    expect((await converge(node, computeDocument(NAME), { user: "ops" })).stdout).toBe(
      report(withoutSpice, ["change spice/agent_enabled: false -> true", "restarted nova-compute"]),
    );
  });

  it("lets VNC be switched off once the guest was hard-rebooted onto both", async () => {
    await lab("guest-reboot");
    expect((await consoles()).sort()).toEqual(["spice", "vnc"]);
    const { status, stdout } = await converge(node, computeDocument(NAME, { vnc: Vnc.Off }), { user: "ops" });
    expect([status, stdout]).toEqual([0, report([], ["change vnc/enabled: true -> false", "restarted nova-compute"])]);
    await lab("guest-reboot");
    expect(await consoles()).toEqual(["spice"]);
  });

  it("is byte for byte what it was after a revert, and the guest with SPICE only is named", async () => {
    const { status, stdout, stderr } = await revert(node, "compute", { user: "ops" });
    expect([status, stdout]).toEqual([
      0,
      report([], ["change vnc/enabled: false -> true", ...back, "restarted nova-compute"]),
    ]);
    expect(stderr).toBe(say(`guest ${GUEST} has SPICE only: it has no console after this until its hard reboot`));
    const after = await snapshot(node);
    // Nova had libvirt write the guest's definition anew, twice.
    expect(changedPaths(before, after)).toEqual({ "/etc/libvirt/qemu/instance-00000001.xml": "changed" });
    expect(withoutProcess({ ...after, etc: before.etc })).toEqual(withoutProcess(before));
    await lab("guest-reboot");
    expect(await consoles()).toEqual(["vnc"]);
  });

  it("can be a controller too: each role is reverted by itself", async () => {
    expect((await converge(node, controllerDocument(NAME))).stderr).not.toContain("error");
    expect((await converge(node, computeDocument(NAME))).stderr).toBe("");
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    expect((await converge(node, controllerDocument(NAME))).stdout.split("\n").at(-2)).toBe("changed 0");
    expect((await revert(node, "controller")).status).toBe(0);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(undefined);
    expect((await converge(node, computeDocument(NAME))).stdout).toBe(report(withoutSpice, []));
    expect((await revert(node, "compute")).status).toBe(0);
    const after = await snapshot(node);
    expect([after.etc[CONF], after.own]).toEqual([before.etc[CONF], before.own]);
  });
});
