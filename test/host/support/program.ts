import { convergeCommand, revertCommand } from "../../../remote/convergence";
import { type HostProgram, hostProgram, shortDigest } from "../../../remote/program";
import { REVERTED } from "./documents";
import type { LabNode, Outcome, StartOptions } from "../../support/lab";
import { inShortOutcome } from "../../support/report";

/** Who runs which program, and what is seen of it meanwhile. */
export interface RunOptions extends StartOptions {
  /** The login user: `root` (default) or `ops`, who has sudo. */
  readonly user?: string;
  /** Another program than the project's own. */
  readonly program?: HostProgram;
}

/** Sends the program to where the engine's CopyToRemote puts it; that path. */
async function upload(node: LabNode, role: string, options: RunOptions): Promise<string> {
  const { user = "root", program = hostProgram() } = options;
  const file = `.openstack-spice/${role}-${shortDigest(program.sha256)}`;
  const { status, stderr } = await node.run(`mkdir -p .openstack-spice && rm -f ${file} && cat >${file}`, {
    user,
    input: program.text,
  });
  if (status !== 0) {
    throw new Error(`${node.name}: the program could not be sent: ${stderr}`);
  }
  return file;
}

/** Converges by the command line that the engine runs. What it answers is in short: see test/support/report.ts. */
export async function converge(node: LabNode, document: string, options: RunOptions = {}): Promise<Outcome> {
  const { program = hostProgram(), ...rest } = options;
  const role = /"role":"([a-z-]+)"/.exec(document)?.[1] ?? "controller";
  await upload(node, role, options);
  return inShortOutcome(await node.run(convergeCommand(program.sha256, role), { ...rest, input: document }), node.name);
}

/** Reverts a role by the command line that the engine runs, for the stack that the documents of these tests belong to. */
export async function revert(node: LabNode, role: string, options: RunOptions = {}): Promise<Outcome> {
  return inShortOutcome(await node.run(revertCommand(role), { input: REVERTED, ...options }), node.name);
}

/** Runs the node's own command, such as `revert controller`, as an operator does. What it answers is in short, as in {@link converge}. */
export async function ownCommand(node: LabNode, words: string, options: RunOptions = {}): Promise<Outcome> {
  return inShortOutcome(await node.run(`/usr/local/sbin/openstack-spice ${words}`, options), node.name);
}

/** Another program for what goes back for a role, in the place of the one that converged it. */
export async function setWayBack(node: LabNode, role: string, program = hostProgram()): Promise<void> {
  const file = `/var/lib/openstack-spice/programs/${program.sha256}.sh`;
  await node.read(`cat >${file} && ln -sfn ${file} /var/lib/openstack-spice/roles/${role}/program`, program.text);
}

/** Runs another verb of the program, such as `check`, as root, from the uploaded file. @param variables assignments for its environment */
export async function runVerb(
  node: LabNode,
  verb: string,
  input = "",
  program = hostProgram(),
  variables = "",
): Promise<Outcome> {
  const file = await upload(node, "test", { program });
  const line = `${variables} bash ${file} ${verb}; status=$?; rm ${file}; exit $status`;
  return inShortOutcome(await node.run(line, { input }), node.name);
}

/** Lines of text. */
export function lines(...text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join("");
}

/** What a node with Debian 12's Nova says of itself at the end of every report. */
const novaFact = "nova 26.2.2";
const packageFacts = ["package nova-consoleproxy 2:26.2.2-1~deb12u5", "package spice-html5 0.3.0-2"];

/**
 * The whole report of a run on a controller, in short (test/support/report.ts).
 *
 * @param reported the lines that are reported as it happens: `change ...` and `restarted ...`
 * @param firewall what the report says of it
 * @param kept what somebody else changed
 */
export function controllerReport(
  reported: readonly string[],
  firewall = "unmanaged",
  kept: readonly string[] = [],
): string {
  return report([...packageFacts, `firewall ${firewall}`], reported, kept);
}

/** The whole report of a run of another role, in short (test/support/report.ts). */
export function report(facts: readonly string[], reported: readonly string[], kept: readonly string[] = []): string {
  const changes = reported.filter((line) => line.startsWith("change "));
  return lines(...reported, novaFact, ...facts, ...kept.map((item) => `kept ${item}`), `changed ${changes.length}`);
}
