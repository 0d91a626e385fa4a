import { convergeCommand, revertCommand } from "../../../host/convergence";
import { type HostProgram, hostProgram, shortDigest } from "../../../host/program";
import { OWNER } from "./documents";
import type { LabNode, Outcome, StartOptions } from "../../support/lab";

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
  const file = `.openstack-spice/${role}-${shortDigest(program.sha256)}.sh`;
  const { status, stderr } = await node.run(`mkdir -p .openstack-spice && rm -f ${file} && cat >${file}`, {
    user,
    input: program.text,
  });
  if (status !== 0) {
    throw new Error(`${node.name}: the program could not be sent: ${stderr}`);
  }
  return file;
}

/** Converges by the command line that the engine runs. */
export async function converge(node: LabNode, document: string, options: RunOptions = {}): Promise<Outcome> {
  const { program = hostProgram(), ...rest } = options;
  const role = /^(controller|compute|vnc-proxy-retirement) = /m.exec(document)?.[1] ?? "controller";
  await upload(node, role, options);
  return await node.run(convergeCommand(program.sha256, role), { ...rest, input: document });
}

/** Reverts a role by the command line that the engine runs, for the stack that the documents of these tests belong to. */
export async function revert(node: LabNode, role: string, options: RunOptions = {}): Promise<Outcome> {
  return await node.run(revertCommand(role), { input: `owner = ${OWNER}\n`, ...options });
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
  return await node.run(`${variables} bash ${file} ${verb}; status=$?; rm ${file}; exit $status`, { input });
}

/** Lines of text. */
export function lines(...text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join("");
}

/** What a node with Debian 12's Nova says of itself at the end of every report. */
const novaFact = "nova 26.2.2";
const packageFacts = ["package nova-consoleproxy 2:26.2.2-1~deb12u5", "package spice-html5 0.3.0-2"];

/**
 * The whole report of a run on a controller.
 *
 * @param told the lines that are told as it happens: `change ...` and `restarted ...`
 * @param firewall what the report says of it
 * @param kept what somebody else changed
 */
export function controllerReport(
  told: readonly string[],
  firewall = "unmanaged",
  kept: readonly string[] = [],
): string {
  return report([...packageFacts, `firewall ${firewall}`], told, kept);
}

/** The whole report of a run of another role. */
export function report(facts: readonly string[], told: readonly string[], kept: readonly string[] = []): string {
  const changes = told.filter((line) => line.startsWith("change "));
  return lines(...told, novaFact, ...facts, ...kept.map((item) => `kept ${item}`), `changed ${changes.length}`);
}
