import { beforeAll, describe, expect, it } from "vitest";
import { nodeForTests } from "../support/nodeForTests";
import { controllerDocument, retirementDocument } from "./support/documents";
import { converge, report, revert } from "./support/program";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** noVNC's retirement on a controller whose SPICE proxy serves, and its return. */

const NAME = "h-retirement";
const NOVNC = "nova-novncproxy.service";
const SPICE = "nova-spicehtml5proxy.service";

describe("noVNC on a controller with SPICE", () => {
  const node = nodeForTests(NAME, "proxy");
  let before: Snapshot;
  let withBoth: Snapshot;

  beforeAll(async () => {
    before = await snapshot(node);
    expect((await converge(node, controllerDocument(NAME))).status).toBe(0);
    withBoth = await snapshot(node);
  });
  it("is stopped and disabled, and its port closed; the SPICE proxy runs on", async () => {
    const { status, stdout } = await converge(node, retirementDocument(NAME));
    expect(stdout).toBe(
      report(
        [],
        [
          "change service/nova-novncproxy: enabled, active -> disabled, inactive",
          "change /etc/default/nova-consoleproxy:NOVA_CONSOLE_PROXY_TYPE: novnc -> spicehtml5",
        ],
      ),
    );
    expect(status).toBe(0);
    expect(await node.answers(6080, "/vnc_auto.html")).toBe(undefined);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
    const after = await snapshot(node);
    expect(after.processes).toEqual({ [SPICE]: withBoth.processes[SPICE] });
    expect(after.units).toEqual({ ...withBoth.units, [NOVNC]: "disabled inactive" });
    const rcLinks = Object.fromEntries(
      ["2", "3", "4", "5"].flatMap((level) => [
        [`/etc/rc${level}.d/S01nova-novncproxy`, "removed"],
        [`/etc/rc${level}.d/K01nova-novncproxy`, "added"],
      ]),
    );
    expect(changedPaths(withBoth, after)).toEqual({
      "/etc/default/nova-consoleproxy": "changed",
      [`/etc/systemd/system/multi-user.target.wants/${NOVNC}`]: "removed",
      ...rcLinks,
    });
    expect(await node.read("grep ^NOVA_CONSOLE /etc/default/nova-consoleproxy")).toBe(
      "NOVA_CONSOLE_PROXY_TYPE=spicehtml5\n",
    );
  });

  it("is left as it is by a second run, of both roles", async () => {
    const retired = await snapshot(node);
    const { stdout } = await converge(node, retirementDocument(NAME));
    expect(stdout).toBe(report([], []));
    expect((await converge(node, controllerDocument(NAME))).stdout.split("\n").slice(-2)).toEqual(["changed 0", ""]);
    expect(await snapshot(node)).toEqual(retired);
  });

  it("stays away when its package is configured again, and after a reboot", async () => {
    await node.read("DEBIAN_FRONTEND=noninteractive dpkg-reconfigure -f noninteractive nova-consoleproxy 2>/dev/null");
    await node.reboot();
    await node.untilServes(6082, "/spice_auto.html");
    const { units, processes } = await snapshot(node);
    expect(units[NOVNC]).toBe("disabled inactive");
    expect(processes[NOVNC]).toBe(undefined);
    expect(await node.answers(6080, "/vnc_auto.html")).toBe(undefined);
  });

  it("serves again as soon as its retirement is reverted, and all is as before", async () => {
    const { status, stdout } = await revert(node, "vnc-proxy-retirement");
    expect(stdout).toBe(
      report(
        [],
        [
          "change /etc/default/nova-consoleproxy:NOVA_CONSOLE_PROXY_TYPE: spicehtml5 -> novnc",
          "change service/nova-novncproxy: disabled, inactive -> enabled, active",
        ],
      ),
    );
    expect(status).toBe(0);
    expect(await node.answers(6080, "/vnc_auto.html")).toBe(200);
    const after = await snapshot(node);
    expect([after.etc, after.units]).toEqual([withBoth.etc, withBoth.units]);
  });

  it("serves on when the SPICE proxy goes too, and the node is as it was", async () => {
    expect((await revert(node, "controller")).status).toBe(0);
    expect(await node.answers(6080, "/vnc_auto.html")).toBe(200);
    const { processes, ...rest } = await snapshot(node);
    expect({ ...rest, processes: Object.keys(processes) }).toEqual({
      ...before,
      processes: Object.keys(before.processes),
    });
  });
});
