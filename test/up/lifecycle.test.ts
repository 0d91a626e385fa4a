/**
 * The main job, with the real engine on real nodes: preview, up, no-op, change, noVNC off and on again, destroy. Each step starts where the one before ended.
 */
import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Snapshot, changedPaths, snapshot } from "../host/support/snapshot";
import { lab } from "../support/lab";
import { watch } from "../host/support/watch";
import { Cloud, type Configuration, graphics } from "./support/cloud";

const PAGE = "/vnc_auto.html";

let cloud: Cloud;
let configuration: Configuration;
let key: string;
let before: { readonly controller: Snapshot; readonly compute: Snapshot };

/** Both nodes, as they are. */
async function both(): Promise<{ readonly controller: Snapshot; readonly compute: Snapshot }> {
  const [controller, compute] = await Promise.all([snapshot(cloud.controller), snapshot(cloud.compute)]);
  return { controller, compute };
}

/** Lines of the private key's text, which must not be seen anywhere. */
function keyLines(): readonly string[] {
  return key.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
}

/** Which of the key's lines, or its encodings in JSON and base64, a text has. */
function leaks(text: string): readonly string[] {
  return [...keyLines(), Buffer.from(key).toString("base64").slice(0, 60)].filter((secret) => text.includes(secret));
}

/** Command lines of every process of this machine, the nodes' among them. */
function commandLines(): string {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return ""; // ended meanwhile
      }
    })
    .join("\n");
}

/** How a connection from this machine ends: `open`, `timeout`, or an error's code. */
async function connects(host: string, port: number): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 });
    const end = (outcome: string) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.on("connect", () => {
      end("open");
    });
    socket.on("timeout", () => {
      end("timeout");
    });
    socket.on("error", ({ message }) => {
      end(message);
    });
  });
}

beforeAll(async () => {
  cloud = await Cloud.boot();
  configuration = cloud.configuration();
  key = readFileSync(cloud.keyFile, "utf8");
  cloud.configure(configuration);
  before = await both();
});
afterAll(() => {
  cloud.remove();
});

describe("a cloud that has VNC consoles only", () => {
  it("is left alone by a preview, which lists what would be made", async () => {
    const { status, output } = cloud.pulumi("preview");
    expect(status).toBe(0);
    expect(output).toMatch(/\+ 8 to create/);
    expect(leaks(output)).toEqual([]);
    expect(await both()).toEqual(before);
    expect(await graphics()).toEqual(["vnc"]);
  });

  it("gets SPICE by `up`, while noVNC serves, and without the key in any process's arguments", async () => {
    const novnc = watch(cloud.controller, 6080, PAGE);
    let seen = "";
    const sampling = setInterval(() => (seen += commandLines()), 200);
    const { status, output } = await cloud.pulumiBeside("up", "--yes", "--skip-preview");
    clearInterval(sampling);
    expect(output).toContain("spice/html5proxy_base_url: (unset) -> http://");
    expect(status).toBe(0);
    expect(await novnc.stop()).toEqual([]);
    expect(seen).toContain("nova-spicehtml5proxy");
    expect(leaks(seen)).toEqual([]);
    expect(leaks(output)).toEqual([]);
    expect(await cloud.controller.answers(6082, "/spice_auto.html")).toBe(200);
  });

  it("reports in its outputs what was changed on each node, and which guest has no SPICE yet", async () => {
    const outputs = JSON.parse(cloud.pulumi("stack", "output", "--json").output) as Record<string, unknown>;
    const guest = /<uuid>(.*)<\/uuid>/.exec(await lab("guest-xml"))?.[1];
    expect(outputs).toEqual({
      proxyPageUrl: `http://${cloud.controller.address}:6082/spice_auto.html`,
      nodes: {
        "control-1": {
          roles: ["controller"],
          novaVersion: "26.2.2",
          packages: { "nova-consoleproxy": "2:26.2.2-1~deb12u5", "spice-html5": "0.3.0-2" },
          firewall: "none",
          changes: [
            { subject: "spice/html5proxy_host", old: "(unset)", new: "0.0.0.0" },
            { subject: "spice/html5proxy_port", old: "(unset)", new: "6082" },
            {
              subject: "file/etc/systemd/system/nova-spicehtml5proxy.service.d/openstack-spice.conf",
              old: "(none)",
              new: "written",
            },
            { subject: "service/nova-spicehtml5proxy", old: "disabled, inactive", new: "enabled, active" },
          ],
          guestsWithoutSpice: [],
          restarted: [],
          warnings: [
            {
              id: "port-open-to-all",
              text: "TCP 6082 is open to all. 'dropOtherSources' closes it",
            },
          ],
        },
        "compute-1": {
          roles: ["compute"],
          novaVersion: "26.2.2",
          packages: {},
          changes: expect.arrayContaining([
            {
              subject: "spice/html5proxy_base_url",
              old: "(unset)",
              new: `http://${cloud.controller.address}:6082/spice_auto.html`,
            },
          ]) as unknown,
          guestsWithoutSpice: [guest],
          restarted: ["nova-compute"],
        },
      },
    });
  });

  it("keeps its guest's VNC, and gives it SPICE as well with a hard reboot: the console answers REDQ", async () => {
    expect(await graphics()).toEqual(["vnc"]);
    await lab("guest-reboot");
    expect([...(await graphics())].sort()).toEqual(["spice", "vnc"]);
    expect(await lab("probe", (await lab("guest-console", "spice")).trim())).toMatch(/REDQ/);
    expect(await lab("guest-console", "novnc")).toMatch(/^http:\/\/198\.18\.0\.11:6080\//);
  });
});

describe("a cloud that has SPICE", () => {
  let converged: { readonly controller: Snapshot; readonly compute: Snapshot };
  beforeAll(async () => {
    converged = await both();
  });

  it("is not touched by `up` again", async () => {
    const { status, output } = cloud.pulumi("up", "--yes", "--expect-no-changes");
    expect(output).toMatch(/8 unchanged/);
    expect(status).toBe(0);
    expect(await both()).toEqual(converged);
  });

  it("takes at most 9 KiB of state for each node with an ed25519 key, and has no secret in it", () => {
    console.log("state bytes with a key:", cloud.stateBytes("control-1"), cloud.stateBytes("compute-1"));
    expect(cloud.stateBytes("control-1")).toBeLessThanOrEqual(9 * 1024);
    expect(cloud.stateBytes("compute-1")).toBeLessThanOrEqual(9 * 1024);
    expect(leaks(cloud.everyStateFile())).toEqual([]);
  });

  it("takes at most 6 KiB with an agent, to which it goes over without a change on any node", async () => {
    const agent = cloud.agent();
    try {
      const { sshPrivateKeyFile: _ours, ...withoutKey } = configuration;
      cloud.configure(withoutKey);
      const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview");
      expect(output).toMatch(/4 updated/);
      expect(status).toBe(0);
      console.log("state bytes with an agent:", cloud.stateBytes("control-1"), cloud.stateBytes("compute-1"));
      expect(cloud.stateBytes("control-1")).toBeLessThanOrEqual(6 * 1024);
      expect(cloud.stateBytes("compute-1")).toBeLessThanOrEqual(6 * 1024);
      cloud.configure(configuration);
      expect(cloud.pulumi("up", "--yes", "--skip-preview").status).toBe(0);
    } finally {
      agent.end();
    }
    const now = await both();
    expect(now.controller.processes).toEqual(converged.controller.processes);
    expect(now.compute.processes).toEqual(converged.compute.processes);
    expect(now.controller.etc).toEqual(converged.controller.etc);
    expect(now.compute.etc).toEqual(converged.compute.etc);
  });

  it("shows a changed option as that one line, and restarts only the service that reads it", async () => {
    configuration = { ...configuration, agentEnabled: true };
    cloud.configure(configuration);
    const preview = cloud.pulumi("preview", "--diff");
    expect(preview.status).toBe(0);
    const changedOptions = preview.output.match(/(?<=^ *)[-+~] [a-z0-9_]+ *: ".*/gm);
    expect(changedOptions?.map((line) => line.replace(/ +:/, ":"))).toEqual(['~ agent_enabled: "false" => "true"']);
    const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(output).toMatch(/2 updated/); // the cloud, and what converges the compute
    expect(status).toBe(0);
    const now = await both();
    expect(now.controller).toEqual(converged.controller);
    expect(changedPaths(converged.compute, now.compute)).toEqual({ "/etc/nova/nova.conf": "changed" });
    const { "nova-compute.service": restarted, ...others } = now.compute.processes;
    const { "nova-compute.service": old, ...othersBefore } = converged.compute.processes;
    expect(restarted).not.toBe(old);
    expect(others).toEqual(othersBefore);
  });

  it("closes its guests' consoles to all but the proxies' machine, without a restart", async () => {
    const { processes } = await snapshot(cloud.compute);
    const port = Number(/<graphics type='spice' port='(\d+)'/.exec(await lab("guest-xml"))?.[1]);
    expect(await connects(cloud.compute.address, port)).toBe("open");
    const controllers = configuration.controllers.map((node) => ({
      ...node,
      proxySourceAddresses: [cloud.controller.address],
    }));
    configuration = { ...configuration, controllers };
    cloud.configure(configuration);
    const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(output).toContain(`firewall/consoles: open -> 5900-5999 only from ${cloud.controller.address}/32`);
    expect(output).toMatch(/2 updated/); // the cloud, and what converges the compute
    expect(status).toBe(0);
    expect(await connects(cloud.compute.address, port)).toBe("timeout");
    expect(await connects(cloud.compute.address, 22)).toBe("open");
    expect(await lab("probe", (await lab("guest-console", "spice")).trim())).toMatch(/REDQ/);
    expect((await snapshot(cloud.compute)).processes).toEqual(processes);
  });
});

describe("noVNC's end", () => {
  it("comes once all computes are off VNC: 6080 is closed, and the guest has its SPICE console", async () => {
    cloud.configure({ ...configuration, vnc: "off" });
    const { status } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(status).toBe(0);
    expect(await cloud.controller.answers(6080, PAGE)).toBeUndefined();
    expect(await lab("probe", (await lab("guest-console", "spice")).trim())).toMatch(/REDQ/);
  });

  it("is undone by taking it back, and noVNC serves again", async () => {
    cloud.configure(configuration);
    const { status } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(status).toBe(0);
    expect(await cloud.controller.answers(6080, PAGE)).toBe(200);
  });
});

describe("destroy", () => {
  it("puts back every file, with owner and mode, every unit and every rule, while noVNC serves", async () => {
    const novnc = watch(cloud.controller, 6080, PAGE);
    const { status, output } = await cloud.pulumiBeside("destroy", "--yes", "--skip-preview");
    expect(status).toBe(0);
    expect(await novnc.stop()).toEqual([]);
    expect(leaks(output)).toEqual([]);
    const now = await both();
    for (const node of ["controller", "compute"] as const) {
      // The guest's definition is Nova's, made anew with the hard reboot above.
      const { "/etc/libvirt/qemu/instance-00000001.xml": _guest, ...changed } = changedPaths(before[node], now[node]);
      expect(changed).toEqual({});
      expect(now[node].units).toEqual(before[node].units);
      expect(now[node].rules).toEqual(before[node].rules);
      expect(now[node].own).toEqual([]);
    }
    expect(await cloud.controller.read("ls -a /home/ops /var/lib | grep -c openstack-spice || true")).toBe("0\n");
  });
});
