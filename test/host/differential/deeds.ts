import { isDeepStrictEqual } from "node:util";
import { type ProgramLanguage, hostProgram } from "../../../host/program";
import { LabNode, type Outcome } from "../../support/lab";
import { equipCompute } from "../support/consolePorts";
import { controllerDocument } from "../support/documents";
import { converge, revert, runVerb } from "../support/program";
import { type Snapshot, changedPaths, snapshot } from "../support/snapshot";
import { type Case, NAME, type Step } from "./case";

/** What one program did in one case: texts by what they are, in the order of time; the text of an outcome begins with its exit status. */
export type Deeds = Readonly<Record<string, string>>;

/** The node of all cases: with a fresh disk for each program in each case. */
export class Node {
  private node: LabNode | undefined;
  private layer = "";

  async fresh(layer: string): Promise<LabNode> {
    if (this.node === undefined || this.layer !== layer) {
      this.node = await LabNode.boot(NAME, layer);
      this.layer = layer;
    } else {
      await this.node.reset();
    }
    if (layer === "compute" || layer === "firewalls") {
      await equipCompute(this.node);
    } else if (layer !== "nova") {
      await this.node.untilServes(6080, "/vnc_auto.html");
    }
    return this.node;
  }

  async remove(): Promise<void> {
    await this.node?.remove();
  }
}

/** Text without what differs from run to run: process ids, times, a program's digest and size, the words of a service's log. */
function steady(text: string): string {
  return text
    .replace(/\b(pid|process) \d+/g, "$1 N")
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d( UTC|Z)/g, "TIME")
    .replace(/-[0-9a-f]{8}\.sh\b|\bprogram=[0-9a-f]{64}/g, "DIGEST")
    .replace(/\bonly \d+ KiB are free\b/g, "only N KiB are free")
    .replace(/(: last words of \S+:\n)[^]*?(?=^openstack-spice: )/gm, "$1");
}
const textOf = ({ status, stdout, stderr }: Outcome) => `exit status ${status}\n${steady(`${stderr}${stdout}`)}`;

/** What is there beside files: packages, units and the kernel's rules. libvirtd ends by itself where nobody asks it anything for two minutes. */
function around({ packages, units, rules }: Snapshot): string {
  const states = Object.entries(units).filter(([name]) => name !== "libvirtd.service");
  return [`packages ${packages}`, ...states.map((state) => state.join(" ")), ...rules].join("\n");
}

/** Every path below /etc that is another one now, with what it is and every byte it has, and what is where web clients are put. */
async function changedFiles(node: LabNode, before: Snapshot, after: Snapshot): Promise<Deeds> {
  const files: Record<string, string> = {};
  for (const [path, change] of Object.entries(changedPaths(before, after))) {
    const bytes = await node.read(`[ -h '${path}' ] || [ ! -f '${path}' ] || base64 -w0 '${path}'`);
    const what = after.etc[path]?.replace(/ [0-9a-f]{64}/, "") ?? "";
    files[`file ${path}`] = `${change}\n${what}\n${steady(Buffer.from(bytes, "base64").toString("latin1"))}`;
  }
  return { ...files, "web clients": await webClients(node) };
}
async function webClients(node: LabNode): Promise<string> {
  return await node.read("find /usr/local/share/openstack-spice -printf '%p %u:%g %m %s\\n' 2>/dev/null | sort");
}

/** Has both programs do all of a case, each on a fresh node; both on one where nothing of it was touched. */
export async function deedsOfBoth(given: Case, nodes: Node): Promise<readonly [inBash: Deeds, inPython: Deeds]> {
  const { layer = "proxy", make } = given;
  const made = make === undefined ? "" : await (await nodes.fresh(layer)).read(`set -e\n${make}`);
  const prepared = async () => await prepare(await nodes.fresh(layer), given, made);
  const first = await prepared();
  const inBash = await deedsOf("bash", first);
  const isRefused = "untouched" in inBash;
  return [inBash, await deedsOf("python", isRefused ? first : await prepared())];
}

/** A node on which a case can begin. */
interface Prepared {
  readonly node: LabNode;
  readonly steps: readonly Step[];
  readonly before: Snapshot;
}
async function prepare(node: LabNode, given: Case, made: string): Promise<Prepared> {
  const { prepare: command = ":", steps = () => [controllerDocument(NAME)] } = given;
  const printed = await node.read(`set -e\n${command}`, made);
  return { node, steps: steps(printed.trim()), before: await snapshot(node) };
}

async function deedsOf(language: ProgramLanguage, { node, steps, before }: Prepared): Promise<Deeds> {
  const program = hostProgram(language);
  const documents = steps.filter((step) => typeof step === "string");
  const deeds: Record<string, string> = {};
  let what = "";
  for (const [index, step] of steps.entries()) {
    if (typeof step === "string") {
      deeds[`check ${index + 1}${what}`] = textOf(await runVerb(node, "check", step, program));
      deeds[`run ${index + 1}${what}`] = textOf(await converge(node, step, { program }));
    } else if ("check" in step) {
      deeds[`check ${index + 1}${what}`] = textOf(await runVerb(node, "check", step.check, program));
    } else {
      what = step.what === undefined ? "" : ` (${step.what})`;
      await node.read(`set -e\n${step.run}`);
    }
  }
  const after = await snapshot(node);
  const all = (of: Snapshot) => ({ ...of, own: of.own.filter((path) => !path.includes("/openstack-spice/programs/")) });
  if (isDeepStrictEqual(all(after), all(before))) {
    return { ...deeds, untouched: "yes" };
  }
  Object.assign(deeds, await changedFiles(node, before, after));
  deeds["state"] = around(after);
  deeds["status"] = textOf(await runVerb(node, "status", "", program));
  deeds["again"] = textOf(await converge(node, documents.at(-1) ?? "", { program }));
  // The role that came last goes first: without the other one the node would serve no console.
  for (const role of [...new Set(documents.map((one) => one.split(" ")[0] ?? ""))].reverse()) {
    deeds[`revert of ${role}`] = textOf(await revert(node, role));
  }
  const left = await snapshot(node);
  const paths = Object.entries(changedPaths(before, left));
  deeds["left"] = paths.map(([path, change]) => `${path} ${change} ${left.etc[path] ?? ""}\n`).join("");
  deeds["web clients left"] = await webClients(node);
  deeds["state left"] = around(left);
  deeds["audit"] = steady((await node.run("cat /var/log/openstack-spice.log")).stdout);
  return deeds;
}

/** What one program did and the other did not, line by line: `-` in bash, `+` in Python. */
export function differences(inBash: Deeds, inPython: Deeds): readonly string[] {
  const found: string[] = [];
  for (const what of new Set([...Object.keys(inBash), ...Object.keys(inPython)])) {
    const [bash, python] = [inBash[what] ?? "(none)", inPython[what] ?? "(none)"].map((text) => text.split("\n"));
    const lines = [...only(bash ?? [], python ?? [], "-"), ...only(python ?? [], bash ?? [], "+")];
    if (lines.length === 0 && inBash[what] !== inPython[what]) {
      lines.push("~ the order of lines");
    }
    found.push(...lines.map((line) => `${what} ${line}`));
    // Two that end a run in two ways have nothing more in common.
    if (what.startsWith("run ") && bash?.[0] !== python?.[0]) {
      break;
    }
  }
  return found;
}

/** The lines that are in one and not in the other, as often as they are. */
function only(lines: readonly string[], others: readonly string[], mark: string): string[] {
  const rest = [...others];
  return lines.flatMap((line) => {
    const at = rest.indexOf(line);
    return at < 0 ? [`${mark} ${line}`] : (rest.splice(at, 1), []);
  });
}
