/** What goes wrong between the engine and the nodes: one clear error each, the others go on, and nothing is touched where it went wrong. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Snapshot, snapshot } from "../host/support/snapshot";
import { Cloud, type Configuration, hostKey } from "./support/cloud";

let cloud: Cloud;
let configuration: Configuration;
let before: { readonly controller: Snapshot; readonly compute: Snapshot };

async function both(): Promise<{ readonly controller: Snapshot; readonly compute: Snapshot }> {
  const [controller, compute] = await Promise.all([snapshot(cloud.controller), snapshot(cloud.compute)]);
  return { controller, compute };
}

/** The configuration with one thing changed in the login of all nodes. */
function withLogin(ssh: Record<string, unknown>, rest: Record<string, unknown> = {}): Configuration {
  return { ...configuration, ssh: { ...configuration.ssh, dialErrorLimit: 1, ...ssh }, ...rest };
}

beforeAll(async () => {
  cloud = await Cloud.boot();
  configuration = cloud.configuration();
  before = await both();
});
afterAll(() => {
  cloud.remove();
});

describe("a login that does not work leaves every node untouched", () => {
  it("with a key that the nodes refuse", async () => {
    const other = join(cloud.folder, "other-key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", other]);
    cloud.configure(withLogin({}, { sshPrivateKeyFile: other }));
    const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(status).not.toBe(0);
    expect(output).toMatch(/unable to authenticate/);
    expect(output).not.toContain(readFileSync(other, "utf8").split("\n")[2]);
    expect(await both()).toEqual(before);
  });

  it("with a host key that is another node's", async () => {
    const [controller] = configuration.controllers;
    const swapped = { ...controller?.connection, hostKey: hostKey(cloud.compute) };
    cloud.configure({ ...withLogin({}), controllers: [{ name: "control-1", connection: swapped }] });
    const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(status).not.toBe(0);
    expect(output).toMatch(/host key mismatch/);
    expect(await both()).toEqual(before);
  });

  it("with a user whose sudo asks for a password", async () => {
    cloud.configure(withLogin({ user: "nosudo" }));
    const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(status).not.toBe(0);
    expect(output).toMatch(
      /openstack-spice: error: control-1: sudo does not let nosudo become root without asking: .* Allow that in sudoers/,
    );
    expect(await both()).toEqual(before);
  });
});

describe("a node that cannot be reached", () => {
  const ghost = { name: "compute-9", connection: { host: "198.18.0.250" }, serverProxyclientAddress: "198.18.0.250" };
  const isGhosts = (line: string) => line.includes("compute-9");

  it("fails alone: with --continue-on-error the others converge", async () => {
    const computes = [...configuration.computes, ghost];
    cloud.configure({ ...withLogin({}), computes, rollout: { canaries: [], batchSize: 5 } });
    const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
    expect(status).not.toBe(0);
    const errors = output.split("\n").filter((line) => /error:/.test(line) && /cloud-/.test(line));
    expect(errors.filter((line) => !isGhosts(line))).toEqual([]);
    expect(errors.some(isGhosts)).toBe(true);
    expect(await cloud.controller.answers(6082, "/spice_auto.html")).toBe(200);
    expect(await cloud.compute.read("grep -c ^html5proxy_base_url /etc/nova/nova.conf")).toBe("1\n");
  });

  it("is left out of what the next `up` does: the others have nothing left to do", () => {
    cloud.configure(withLogin({}));
    const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(status).toBe(0);
    expect(output).toMatch(/1 updated/); // the cloud's arguments
    expect(output).not.toMatch(/ ~ +command:/);
  });
});

describe("a change that a node refuses", () => {
  it("keeps its state, so that the next `up` tries again: VNC off with a guest that has VNC alone", async () => {
    const converged = await both();
    cloud.configure({ ...configuration, vnc: "off" });
    const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(status).not.toBe(0);
    expect(output).toMatch(
      /compute-1: vnc is Off, but running guests have no SPICE yet and would lose their console: 5b1ce000-0000-4000-8000-000000000001\./,
    );
    expect(await both()).toEqual(converged);
    expect(await cloud.controller.answers(6080, "/vnc_auto.html")).toBe(200);
    expect(cloud.pulumi("preview", "--diff").output).toMatch(/~ stdin *: \(json\) \{[^]* ~ enabled: "true" => "false"/);
  });

  it("takes an option of a release that the node does not run: the asserted release is named", async () => {
    const converged = await both();
    cloud.configure({ ...configuration, release: "2023.1" });
    const { status, output } = cloud.pulumi("up", "--yes", "--skip-preview");
    expect(status).not.toBe(0);
    expect(output).toContain("control-1: release 27 is asserted, but Nova 26.2.2 is installed.");
    expect(await both()).toEqual(converged);
  });
});

describe("destroy after all that", () => {
  it("puts back what was there", async () => {
    cloud.configure(configuration);
    const { status } = cloud.pulumi("destroy", "--yes", "--skip-preview");
    expect(status).toBe(0);
    const now = await both();
    for (const node of ["controller", "compute"] as const) {
      expect(now[node].etc).toEqual(before[node].etc);
      expect(now[node].units).toEqual(before[node].units);
      expect(now[node].own).toEqual([]);
    }
  });
});
