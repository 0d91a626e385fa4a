/**
 * A program that throws ends about as fast as one that does not. Without program/stackTraces.ts each of these takes 20 to 70 s,
 * most of it at 100 % CPU, on the Node.js releases named there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Project, REPOSITORY } from "../support/engine";

/** How many times as long as a small program that does not throw: both slow down alike on a busy machine. Hanging is 7 times and more. */
const AT_MOST_TIMES = 4;

const IMPORTS = [
  'import * as pulumi from "@pulumi/pulumi";',
  `import { repairStackTraces } from ${JSON.stringify(join(REPOSITORY, "program/stackTraces"))};`,
  `import { messageAlone } from ${JSON.stringify(join(REPOSITORY, "components/validation/errors"))};`,
  "",
].join("\n");

describe("a program that throws", () => {
  let project: Project;
  let normalSeconds: number;

  beforeAll(() => {
    project = new Project();
    project.write(
      "index.ts",
      `${IMPORTS}export const names = [pulumi.getStack(), repairStackTraces.name, messageAlone.name];\n`,
    );
    const normal = project.pulumi("preview");
    expect(normal.output).toContain('"repairStackTraces"');
    expect(normal.status).toBe(0);
    normalSeconds = normal.seconds;
  });

  afterAll(() => {
    project.remove();
  });

  it.each([
    ["in an async program", 'export = async () => { await Promise.resolve(); throw new Error("boom"); };'],
    ["in an apply", 'pulumi.output(1).apply(() => { throw new Error("boom"); });'],
    ["a ResourceError of a component", 'export = async () => { throw new pulumi.ResourceError("boom", undefined); };'],
  ])("%s, with the stack traces repaired", (_where, statement) => {
    project.write("index.ts", `${IMPORTS}repairStackTraces();\nvoid [pulumi, messageAlone];\n${statement}\n`);
    const thrown = project.pulumi("preview");
    expect(thrown.output).toMatch(/boom/);
    expect(thrown.output).toMatch(/index\.ts:\d+:\d+/);
    expect(thrown.status).not.toBe(0);
    expect(thrown.seconds).toBeLessThan(normalSeconds * AT_MOST_TIMES);
  });

  it("a RunError without frames, with nothing repaired, as in a user's own", () => {
    const statement = 'export = async () => { throw messageAlone(new pulumi.RunError("computes[0].name: empty")); };';
    project.write("index.ts", `${IMPORTS}void repairStackTraces;\n${statement}\n`);
    const thrown = project.pulumi("preview");
    expect(thrown.output).toContain("error: computes[0].name: empty");
    expect(thrown.output).not.toContain("index.ts:");
    expect(thrown.status).not.toBe(0);
    expect(thrown.seconds).toBeLessThan(normalSeconds * AT_MOST_TIMES);
  });

  it("the project's own, whose configuration is wrong: it lists every validation error and nothing else", () => {
    const compute = { name: "compute-1", connection: { host: "192.0.2.21" }, serverProxyclientAddress: "compute-1" };
    const config = {
      "openstack-spice:proxy": { baseUrl: "http://127.0.0.1:6082/spice_auto.html" },
      "openstack-spice:controllers": [{ name: "control-1", connection: { host: "192.0.2.11" } }],
      "openstack-spice:computes": [compute],
    };
    // The CLI does not follow `extends`, and this program is type-checked as a whole.
    project.write("tsconfig.json", readFileSync(join(REPOSITORY, "tsconfig.json"), "utf8"));
    project.write("Pulumi.test.yaml", JSON.stringify({ config }));
    project.write("index.ts", `export * from ${JSON.stringify(join(REPOSITORY, "index"))};\n`);
    const thrown = project.pulumi("preview");
    expect(thrown.output).toContain(
      'error: SpiceConsole "cloud": 2 arguments are wrong, and nothing was changed on any node.',
    );
    expect(thrown.output).toContain("proxy.baseUrl: ");
    expect(thrown.output).toContain("computes[0].serverProxyclientAddress: ");
    expect(thrown.output).not.toMatch(/^ +at /m);
    expect(thrown.status).not.toBe(0);
    expect(thrown.seconds).toBeLessThan(normalSeconds * AT_MOST_TIMES);
  });
});
