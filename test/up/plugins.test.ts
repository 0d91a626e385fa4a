import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { Project } from "../support/engine";

/** What the engine of these tests knows of the machine that they run on. */

it("sees the plugins that are installed for the user, though all else of the engine's is its own", () => {
  const home = mkdtempSync(join(tmpdir(), "openstack-spice-home-"));
  mkdirSync(join(home, "plugins", "resource-of-the-user-v1.2.3"), { recursive: true });
  vi.stubEnv("PULUMI_HOME", home);
  try {
    const project = new Project();
    const { output } = project.pulumi("plugin", "ls");
    project.remove();
    expect(output).toMatch(/^of-the-user +resource +1\.2\.3 /m);
  } finally {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true });
  }
});
