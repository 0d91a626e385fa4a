import { afterAll, expect, it } from "vitest";
import { CommandBench } from "../providers/support/command";
import { missingSshd } from "../providers/support/sshd";
import { Project, REPOSITORY } from "../support/engine";
import { reportLine } from "../support/report";

/** What the real engine makes of a node whose login succeeds and runs nothing, as with `[ -t 0 ] || exit 0` in a start file. */

const bench = new CommandBench(missingSshd() !== undefined);
let project: Project | undefined;
afterAll(() => {
  project?.remove();
});

/** What a node that has converged prints at the end. */
const end = `echo '${reportLine("changed 0")}'`;

/** Two nodes, of which the second waits for the first, by the functions of the components. @param first what the first one runs */
const program = (first: string) => `
import * as pulumi from "@pulumi/pulumi";
import { remote } from "@pulumi/command";
import { onceWhole, whole } from "${REPOSITORY}/components/shared/completion";
import { parseReport } from "${REPOSITORY}/contract/report";
const connection = ${JSON.stringify(bench.connection())};
const node = (name: string, create: string, before: pulumi.Input<pulumi.Resource>[]) => {
  const command = new remote.Command(name, { connection, create }, { dependsOn: before });
  const login = { node: name, role: "compute", target: "ops@host" };
  return onceWhole(command, whole(command.stdout.apply(parseReport), login, command));
};
const first = node("node-1", ${JSON.stringify(first)}, []);
const second = node("node-2", ${JSON.stringify(end)}, [first]);
node("node-3", ${JSON.stringify(end)}, [second]);
`;

it.skipIf(missingSshd() !== undefined)(
  "fails each up with one error until the node has converged, and runs nothing that waits for it",
  { timeout: 240_000 },
  () => {
    project = new Project();
    const error = "error: node-1 (compute): the login succeeded, but the program did not run to its end there";
    const commands = () =>
      project
        ?.pulumi("stack")
        .output.match(/node-\d/g)
        ?.filter((name, at, all) => all.indexOf(name) === at);
    project.write("index.ts", program("true"));
    const failed = project.pulumi("up", "--yes");
    expect(failed.output).toContain(error);
    expect(failed.status).not.toBe(0);
    expect(failed.output.split("\nDiagnostics:").at(-1)?.split(error).length).toBe(2);
    expect(commands()).toEqual(["node-1"]);
    const again = project.pulumi("up", "--yes");
    expect(again.status).not.toBe(0);
    expect(again.output).toContain(error);
    // The preview before it warns, since what follows may have been asked to converge again.
    expect(again.output).toContain("warning: node-1 (compute): the login succeeded");
    expect(commands()).toEqual(["node-1"]);
    project.write("index.ts", program(end));
    const mended = project.pulumi("up", "--yes");
    expect(mended.output).not.toContain(error);
    expect(mended.status).toBe(0);
    expect(mended.output).toMatch(/~ +1 updated/);
    expect(commands()).toEqual(["node-1", "node-2", "node-3"]);
  },
);
