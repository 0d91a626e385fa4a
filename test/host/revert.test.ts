import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { revertCommand } from "../../remote/convergence";
import { REPOSITORY } from "../support/engine";
import type { LabNode, Outcome } from "../support/lab";
import { nodeForTests } from "../support/nodeForTests";
import { inShortOutcome } from "../support/report";
import { bootCompute } from "./support/consolePorts";
import { computeDocument, controllerDocument, fromSpice, retirementDocument } from "./support/documents";
import { controllerReport, converge, lines, report, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** The way back when others were at work on the node in between, and from records that earlier programs wrote. */

const NAME = "h-revert";
const CONF = "/etc/nova/nova.conf";
const document = controllerDocument(NAME, {
  allowedSources: ["203.0.113.0/24"],
  allowedOrigins: ["dashboard.example.org"],
});

const kept = (role: string, what: string) =>
  readFileSync(join(REPOSITORY, `test/host/records/format-2-${role}${what}.json`), "utf8");

/** The node's record of a role is that of the first version in Python, whose own takes its place. */
async function hasRecordOfFirstVersion(node: LabNode, role: string): Promise<void> {
  const file = `/var/lib/openstack-spice/roles/${role}/record`;
  const former = kept(role, "");
  const now = JSON.parse(await node.read(`cat ${file}`)) as { program: string };
  expect({ ...now, program: "0".repeat(64) }).toEqual(JSON.parse(former));
  await node.read(`cat >${file}`, former);
}

/** Reverts by what the engine has in its state of the first version in Python, which is what it has of this one. */
async function revertByState(node: LabNode, role: string, document: string): Promise<Outcome> {
  const state = JSON.parse(kept(role, ".state")) as { delete: string; stdin: string };
  expect(state).toEqual({ delete: revertCommand(role), stdin: document });
  return inShortOutcome(await node.run(state.delete, { input: state.stdin }), node.name);
}

describe("a node on which others were at work since", () => {
  const node = nodeForTests(NAME, "proxy");
  let before: Snapshot;
  /** Without main processes, where services were restarted meanwhile. */
  const withoutProcesses = ({ processes: _, ...rest }: Snapshot) => rest;

  beforeEach(async () => {
    await node.reset();
    // A firewall that refuses, a section that is not there yet, and an option of ours that has a value already.
    await node.read(
      `sed -i -e '/^\\[console\\]$/d' -e 's/^\\[spice\\]$/[spice]\\nhtml5proxy_port = 6083/' ${CONF}
       iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT
       iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT; iptables -P INPUT DROP`,
    );
    before = await snapshot(node);
  });
  async function convergeBoth(): Promise<void> {
    expect((await converge(node, document)).status).toBe(0);
    expect((await converge(node, retirementDocument(NAME))).status).toBe(0);
  }
  async function revertBoth(): Promise<readonly string[]> {
    const retirement = await revert(node, "vnc-proxy-retirement");
    const controller = await revert(node, "controller");
    expect([retirement.status, controller.status]).toEqual([0, 0]);
    return `${retirement.stdout}${controller.stdout}`.split("\n").filter((line) => line.startsWith("kept "));
  }

  it("keeps a rotated password and a key of ours that someone else set, and gets everything else back", async () => {
    await node.read(`sed -i 's/^\\[DEFAULT\\]$/[DEFAULT]\\ntransport_url = rabbit:\\/\\/nova:old@queue/' ${CONF}`);
    await convergeBoth();
    await node.read(
      `sed -i -e 's/^transport_url.*/transport_url = rabbit:\\/\\/nova:new@queue/' -e 's/^html5proxy_port = 6082$/html5proxy_port = 6090/' ${CONF}`,
    );
    const changed = await node.read(`cat ${CONF}`);
    expect(await revertBoth()).toEqual(["kept spice/html5proxy_port"]);
    const ours = /^html5proxy_host = 0\.0\.0\.0\n|^\[console\]\nallowed_origins = .*\n/gm;
    expect(await node.read(`cat ${CONF}`)).toBe(changed.replace(ours, "").replace(/\n\n$/, "\n"));
    const after = await snapshot(node);
    expect(changedPaths(before, after)).toEqual({ [CONF]: "changed" });
    expect({ ...withoutProcesses(after), etc: before.etc }).toEqual(withoutProcesses(before));
  });

  it("has our settings, and noVNC off, after its packages were installed again and configured anew, and goes back from there", async () => {
    await convergeBoth();
    const { etc, units } = await snapshot(node);
    await node.read(
      "apt-get -qq update && apt-get -qq -y --reinstall install nova-consoleproxy >/dev/null 2>&1; dpkg-reconfigure -f noninteractive nova-consoleproxy nova-common >/dev/null 2>&1",
    );
    // The firewall lets nobody of this machine in.
    await node.read("until ss -Hltn | grep -q ':6082 '; do sleep 0.2; done");
    const after = await snapshot(node);
    expect([after.etc[CONF], after.etc["/etc/default/nova-consoleproxy"], after.units]).toEqual([
      etc[CONF],
      etc["/etc/default/nova-consoleproxy"],
      units,
    ]);
    const { stdout } = await converge(node, document);
    expect(stdout.split("\n").at(-2)).toBe("changed 0");
    expect((await converge(node, retirementDocument(NAME))).stdout).toBe(report([], []));
    expect(await revertBoth()).toEqual([]);
    expect((await snapshot(node)).etc[CONF]).toBe(before.etc[CONF]);
  });

  it("goes back where a maintainer script of Debian's wrote into nova.conf as it does", async () => {
    await convergeBoth();
    // The functions of nova-common's own postinst.
    await node.read(
      `sed '/^if \\[ "\\$1" = "configure"/,$d' /var/lib/dpkg/info/nova-common.postinst >/root/pkgos.sh
       . /root/pkgos.sh && pkgos_inifile set ${CONF} DEFAULT my_ip 198.18.9.9 && pkgos_inifile set ${CONF} cinder os_region_name elsewhere`,
    );
    const changed = await node.read(`cat ${CONF}`);
    expect(changed).toContain("198.18.9.9\n");
    expect(await revertBoth()).toEqual([]);
    const restored = changed
      .replace("html5proxy_port = 6082\n", "html5proxy_port = 6083\n")
      .replace(/^html5proxy_host = 0\.0\.0\.0\n/m, "")
      .replace(/\n?\[console\]\nallowed_origins = .*\n/, "");
    expect(await node.read(`cat ${CONF}`)).toBe(restored);
  });

  it("is reverted from a record and a state as the first version in Python wrote them, and this version writes the same", async () => {
    await convergeBoth();
    for (const role of ["controller", "vnc-proxy-retirement"]) {
      await hasRecordOfFirstVersion(node, role);
    }
    const retirement = await revertByState(node, "vnc-proxy-retirement", retirementDocument(NAME));
    expect([retirement.status, retirement.stdout]).toEqual([
      0,
      report(
        [],
        [
          "change /etc/default/nova-consoleproxy:NOVA_CONSOLE_PROXY_TYPE: spicehtml5 -> novnc",
          "change service/nova-novncproxy: disabled, inactive -> enabled, active",
        ],
      ),
    ]);
    const { status, stdout, stderr } = await revertByState(node, "controller", document);
    expect([status, stdout, stderr]).toEqual([
      0,
      controllerReport([
        "change firewall/iptables: accept tcp 6082 from 203.0.113.0/24 -> (none)",
        "change service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
        "change file/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf: written -> (none)",
        "change spice/html5proxy_port: 6082 -> 6083",
        "change spice/html5proxy_host: 0.0.0.0 -> (unset)",
        "change console/allowed_origins: dashboard.example.org -> (unset)",
      ]),
      lines(),
    ]);
    expect(withoutProcesses(await snapshot(node))).toEqual(withoutProcesses(before));
  });
});

describe("a compute", () => {
  const name = "h-reverted";
  let node: LabNode;
  beforeAll(async () => {
    node = await bootCompute(name);
  });
  afterAll(async () => {
    await node.remove();
  });

  it("is reverted from a record and a state as the first version in Python wrote them, and this version writes the same", async () => {
    const before = await snapshot(node);
    const declared = computeDocument(name, { sources: ["198.18.9.1/32"] });
    expect((await converge(node, declared)).status).toBe(0);
    await hasRecordOfFirstVersion(node, "compute");
    const { status, stdout } = await revertByState(node, "compute", declared);
    expect([status, stdout]).toEqual([
      0,
      report(
        [],
        [
          "change vnc/enabled: true -> (unset)",
          ...fromSpice,
          "restarted nova-compute",
          "change firewall/consoles: 5900-5999 only from 198.18.9.1/32 -> open",
        ],
      ),
    ]);
    const { processes: _now, ...after } = await snapshot(node);
    const { processes: _then, ...former } = before;
    expect(after).toEqual(former);
  });
});
