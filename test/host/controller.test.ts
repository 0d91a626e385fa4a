import { beforeAll, describe, expect, it } from "vitest";
import { nodeForTests } from "../support/nodeForTests";
import { OWNER, controllerDocument } from "./support/documents";
import { controllerReport, converge, lines, revert } from "./support/program";
import { watch } from "./support/watch";
import { type Snapshot, changedPaths, snapshot } from "./support/snapshot";

/** A controller that serves noVNC: SPICE joins it, changes, survives a reboot and leaves. Each step starts where the one before ended. */

const NAME = "h-controller";
const UNIT = "nova-spicehtml5proxy.service";
const NOVNC = "nova-novncproxy.service";
const DROP_IN = "/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf";

/** What an administrator's own hand left at the end of nova.conf: a continued value, a key twice, no line break at the end. */
const OWN_LINES = [
  "",
  "[console]",
  "# who may open consoles",
  "allowed_origins = old.example.org,",
  "   older.example.org  ",
  "",
  "[DEFAULT]",
  "debug = True",
  "debug = False",
  "; the end",
].join("\n");

/** What is written for declared origins: noVNC reads the option too, so the program in Python leaves what stands there (allowed-origins-of-novnc of the trial). */
const origins = (declared: string) => `old.example.org,older.example.org, ${declared}`;

describe("a controller with noVNC", () => {
  const node = nodeForTests(NAME, "proxy");
  let before: Snapshot;
  let confBefore: string;
  let converged: Snapshot;

  beforeAll(async () => {
    await node.read(
      "cat >>/etc/nova/nova.conf && chown nova:adm /etc/nova/nova.conf && chmod 0604 /etc/nova/nova.conf && " +
        `python3 -c 'import os; os.setxattr("/etc/nova/nova.conf", "user.note", b"keep")'`,
      OWN_LINES,
    );
    await node.untilServes(6080, "/vnc_auto.html");
    before = await snapshot(node);
    confBefore = await node.read("cat /etc/nova/nova.conf");
    expect(confBefore.endsWith("\n; the end")).toBe(true);
  });
  it("gets the SPICE proxy beside noVNC, which serves throughout, and reports every change", async () => {
    const novnc = watch(node, 6080, "/vnc_auto.html");
    const { status, stdout, stderr } = await converge(node, controllerDocument(NAME), { user: "ops" });
    expect(await novnc.stop()).toEqual([]);
    expect(stderr).toBe("");
    expect(stdout).toBe(
      controllerReport([
        "change spice/html5proxy_host: (unset) -> 0.0.0.0",
        "change spice/html5proxy_port: (unset) -> 6082",
        `change file${DROP_IN}: (none) -> written`,
        "change service/nova-spicehtml5proxy: disabled, inactive -> enabled, active",
      ]),
    );
    expect(status).toBe(0);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
  });

  it("has exactly these paths of /etc changed, and nova.conf by two lines put after their commented defaults", async () => {
    converged = await snapshot(node);
    expect(changedPaths(before, converged)).toEqual({
      "/etc/nova/nova.conf": "changed",
      [DROP_IN.slice(0, DROP_IN.lastIndexOf("/"))]: "added",
      [DROP_IN]: "added",
      "/etc/systemd/system/multi-user.target.wants/nova-spicehtml5proxy.service": "added",
      "/etc/rc2.d/K01nova-spicehtml5proxy": "removed",
      "/etc/rc2.d/S01nova-spicehtml5proxy": "added",
      "/etc/rc3.d/K01nova-spicehtml5proxy": "removed",
      "/etc/rc3.d/S01nova-spicehtml5proxy": "added",
      "/etc/rc4.d/K01nova-spicehtml5proxy": "removed",
      "/etc/rc4.d/S01nova-spicehtml5proxy": "added",
      "/etc/rc5.d/K01nova-spicehtml5proxy": "removed",
      "/etc/rc5.d/S01nova-spicehtml5proxy": "added",
    });
    const conf = await node.read("cat /etc/nova/nova.conf");
    expect(conf.replace("html5proxy_host = 0.0.0.0\n", "").replace("html5proxy_port = 6082\n", "")).toBe(confBefore);
    expect(conf).toContain("\n#html5proxy_host = 0.0.0.0\nhtml5proxy_host = 0.0.0.0\n");
    expect(conf).toContain("\n#html5proxy_port = 6082\nhtml5proxy_port = 6082\n");
    const describeConf = (snap: Snapshot) => snap.etc["/etc/nova/nova.conf"]?.replace(/[0-9a-f]{64}/, "SUM");
    expect(describeConf(before)).toBe("nova:adm 0o100604 SUM user.note=6b656570");
    expect(describeConf(converged)).toBe(describeConf(before));
  });

  it("reports what is recorded to an operator on the node, and keeps it from all others", async () => {
    const { status, stdout } = await node.run("/usr/local/sbin/openstack-spice status", { user: "ops" });
    expect([status, stdout]).toEqual([
      0,
      lines(
        "nova 26.2.2",
        "role controller",
        `owner ${OWNER}`,
        "recorded spice/html5proxy_host",
        "recorded spice/html5proxy_port",
        `recorded file${DROP_IN}`,
        "recorded service/nova-spicehtml5proxy",
      ),
    ]);
    expect(await node.read("find /var/lib/openstack-spice ! -type l -perm /077")).toBe("");
  });

  it("is left as it is by a second run: changed 0, no file and no process another one", async () => {
    const { status, stdout, stderr } = await converge(node, controllerDocument(NAME), { user: "ops" });
    expect(stderr).toBe("");
    expect(stdout).toBe(controllerReport([]));
    expect(status).toBe(0);
    expect(await snapshot(node)).toEqual(converged);
  });

  it("takes a changed option by one line and a restart of the SPICE proxy alone", async () => {
    const novnc = watch(node, 6080, "/vnc_auto.html");
    const document = controllerDocument(NAME, { allowedOrigins: ["one.example.org", "two.example.org"] });
    const { status, stdout } = await converge(node, document, { user: "ops" });
    expect(await novnc.stop()).toEqual([]);
    expect(stdout).toBe(
      controllerReport([
        `change console/allowed_origins: old.example.org, older.example.org -> ${origins("one.example.org,two.example.org")}`,
        "restarted nova-spicehtml5proxy",
      ]),
    );
    expect(status).toBe(0);
    const changed = await snapshot(node);
    expect(changedPaths(converged, changed)).toEqual({ "/etc/nova/nova.conf": "changed" });
    expect(changed.processes[UNIT]).not.toBe(converged.processes[UNIT]);
    expect({ ...changed.processes, [UNIT]: undefined }).toEqual({ ...converged.processes, [UNIT]: undefined });
    expect((await node.read("tail -n 8 /etc/nova/nova.conf")).split("\n")).toEqual([
      "[console]",
      "# who may open consoles",
      `allowed_origins = ${origins("one.example.org,two.example.org")}`,
      "",
      "[DEFAULT]",
      "debug = True",
      "debug = False",
      "; the end",
    ]);
  });

  it("gives an option that is no longer declared its former definition back", async () => {
    const { status, stdout } = await converge(node, controllerDocument(NAME), { user: "ops" });
    expect(stdout).toBe(
      controllerReport([
        `change console/allowed_origins: ${origins("one.example.org,two.example.org")} -> old.example.org, older.example.org`,
        "restarted nova-spicehtml5proxy",
      ]),
    );
    expect(status).toBe(0);
    const after = await snapshot(node);
    expect(after.etc).toEqual(converged.etc);
    expect(after.processes[NOVNC]).toBe(converged.processes[NOVNC]);
  });

  it("is repaired where somebody changed it since", async () => {
    // In place, as editors do; `sed -i` would lose the attribute.
    await node.read("sed 's/^html5proxy_port = 6082$/html5proxy_port = 6083/' /etc/nova/nova.conf >/run/edited");
    await node.read("cat /run/edited >/etc/nova/nova.conf");
    await node.read("systemctl disable -q --now nova-spicehtml5proxy 2>/dev/null");
    const { status, stdout } = await converge(node, controllerDocument(NAME), { user: "ops" });
    expect([status, stdout]).toEqual([
      0,
      controllerReport([
        "change spice/html5proxy_port: 6083 -> 6082",
        "change service/nova-spicehtml5proxy: disabled, inactive -> enabled, active",
      ]),
    ]);
    expect((await snapshot(node)).etc).toEqual(converged.etc);
    expect(await node.answers(6082, "/spice_auto.html")).toBe(200);
  });

  it("serves consoles again by itself after a reboot", async () => {
    await node.reboot();
    await node.untilServes(6082, "/spice_auto.html");
    await node.untilServes(6080, "/vnc_auto.html");
    const { stdout } = await converge(node, controllerDocument(NAME), { user: "ops" });
    expect(stdout).toBe(controllerReport([]));
  });

  it("gets back what was there, byte for byte with owner, mode, attributes and links, and noVNC serves throughout", async () => {
    const { processes } = await snapshot(node);
    const novnc = watch(node, 6080, "/vnc_auto.html");
    const { status, stdout } = await revert(node, "controller", { user: "ops" });
    expect(await novnc.stop()).toEqual([]);
    expect(stdout).toBe(
      controllerReport([
        "change service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
        `change file${DROP_IN}: written -> (none)`,
        "change spice/html5proxy_port: 6082 -> (unset)",
        "change spice/html5proxy_host: 0.0.0.0 -> (unset)",
      ]),
    );
    expect(status).toBe(0);
    const after = await snapshot(node);
    expect(after).toEqual({ ...before, processes: { [NOVNC]: processes[NOVNC] } });
    expect(await node.read("cat /etc/nova/nova.conf")).toBe(confBefore);
    expect(await node.read("find /root /home /var/lib /run -name '*openstack-spice*' | sort")).toBe(
      lines("/run/openstack-spice-callers-lock", "/run/openstack-spice-lock", "/run/openstack-spice-written"),
    );
    expect(await node.read("systemctl list-units --all --no-legend 'openstack-spice*'")).toBe("");
  });

  it("has nothing to put back the second time", async () => {
    const now = await snapshot(node);
    expect(await revert(node, "controller", { user: "ops" })).toMatchObject({ status: 0, stdout: "" });
    expect(await snapshot(node)).toEqual(now);
  });

  it("keeps what somebody changed since, and says so", async () => {
    const document = controllerDocument(NAME, { allowedOrigins: ["one.example.org"] });
    expect((await converge(node, document)).status).toBe(0);
    await node.read(
      "sed -i 's/^html5proxy_port = 6082$/html5proxy_port = 6082 /; s/^debug = False$/debug = No/' /etc/nova/nova.conf",
    );
    const { status, stdout, stderr } = await revert(node, "controller");
    expect(stdout).toBe(
      controllerReport(
        [
          "change service/nova-spicehtml5proxy: enabled, active -> disabled, inactive",
          `change file${DROP_IN}: written -> (none)`,
          "change spice/html5proxy_host: 0.0.0.0 -> (unset)",
          `change console/allowed_origins: ${origins("one.example.org")} -> old.example.org, older.example.org`,
        ],
        "unmanaged",
        ["spice/html5proxy_port"],
      ),
    );
    expect(status).toBe(0);
    expect(stderr).toContain(`${NAME}: spice/html5proxy_port was changed by someone else since: left as it is\n`);
    expect(await node.read("cat /etc/nova/nova.conf")).toBe(
      confBefore
        .replace("debug = False", "debug = No")
        .replace("#html5proxy_port = 6082\n", "#html5proxy_port = 6082\nhtml5proxy_port = 6082 \n"),
    );
  });
});
