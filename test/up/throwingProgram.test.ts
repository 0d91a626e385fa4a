/**
 * A program that throws ends about as fast as one that does not. Without components/stackTraces.ts each of these takes 20 to 70 s,
 * most of it at 100 % CPU, on the Node.js releases named there.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Project, REPOSITORY } from "../support/engine";

/** How much longer than a run of a program that does not throw; a repaired run is faster, a hanging one takes at least 15 s more. */
const ALLOWANCE_SECONDS = 10;

const IMPORTS = [
  'import * as pulumi from "@pulumi/pulumi";',
  `import { repairStackTraces, withoutFrames } from ${JSON.stringify(join(REPOSITORY, "components/stackTraces"))};`,
  "",
].join("\n");

describe("a program that throws", () => {
  let project: Project;
  let normalSeconds: number;

  beforeAll(() => {
    project = new Project();
    project.write(
      "index.ts",
      `${IMPORTS}export const names = [pulumi.getStack(), repairStackTraces.name, withoutFrames.name];\n`,
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
    project.write("index.ts", `${IMPORTS}repairStackTraces();\nvoid [pulumi, withoutFrames];\n${statement}\n`);
    const thrown = project.pulumi("preview");
    expect(thrown.output).toMatch(/boom/);
    expect(thrown.output).toMatch(/index\.ts:\d+:\d+/);
    expect(thrown.status).not.toBe(0);
    expect(thrown.seconds).toBeLessThan(normalSeconds + ALLOWANCE_SECONDS);
  });

  it("a RunError without frames, with nothing repaired, as in a user's own program", () => {
    const statement = 'export = async () => { throw withoutFrames(new pulumi.RunError("computes[0].name: empty")); };';
    project.write("index.ts", `${IMPORTS}void repairStackTraces;\n${statement}\n`);
    const thrown = project.pulumi("preview");
    expect(thrown.output).toContain("error: computes[0].name: empty");
    expect(thrown.output).not.toContain("index.ts:");
    expect(thrown.status).not.toBe(0);
    expect(thrown.seconds).toBeLessThan(normalSeconds + ALLOWANCE_SECONDS);
  });
});
