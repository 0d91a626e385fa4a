import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LabNode } from "../../support/lab";
import type { Answer as UnitAnswer, Case as UnitCase } from "../../support/nodeFunctions";

/** Functions of the node program that are called on a node, which has Nova and its Python, by what they are for. */
interface NodeOperations {
  /** The ports of nova-compute's message queue, by the line that nova.conf has in [DEFAULT] and nothing else. */
  "queue/ports": [{ line: string }, readonly string[]];
  /** Who uses a QEMU module, on a platform where that is a package, by the graphics of the one guest, `aaaa`; empty: nobody. */
  "packages/use-of-qemu-module": [{ graphics: "vnc" | "spice" }, string];
  "nova.conf/put-and-undo": [UnitCase<"nova.conf/put-and-undo">, UnitAnswer<"nova.conf/put-and-undo">];
}
type Operation = keyof NodeOperations;

/** Calls an operation with each case, on the node. */
export async function onNode<O extends Operation>(
  node: LabNode,
  operation: O,
  cases: readonly NodeOperations[O][0][],
): Promise<readonly NodeOperations[O][1][]> {
  const given = { files: pythonFiles(), calls: cases.map((one) => [operation, one]) };
  const lines = (await node.read(`python3 -B -c ${UNPACK}`, JSON.stringify(given))).trimEnd().split("\n");
  return lines.map((line) => {
    const { answer, error } = JSON.parse(line) as { answer?: NodeOperations[O][1]; error?: string };
    if (error !== undefined) {
      throw new Error(`${operation}: ${error}`);
    }
    return answer as NodeOperations[O][1];
  });
}

/** A word of a command line: Python text that unpacks files from its standard input and runs the driver among them. */
const UNPACK = `'import json, os, subprocess, sys, tempfile
given = json.load(sys.stdin)
with tempfile.TemporaryDirectory() as folder:
    for name, text in given["files"].items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
    lines = "".join(json.dumps(call) + chr(10) for call in given["calls"])
    sys.exit(subprocess.run([sys.executable, "-B", os.path.join(folder, "test/node/driver.py")], input=lines.encode()).returncode)'`;

/** The program's modules and the driver's, as they lie in the repository. */
function pythonFiles(): Readonly<Record<string, string>> {
  const root = resolve(__dirname, "../../..");
  const names = readdirSync(join(root, "node"), { recursive: true, encoding: "utf8" });
  const paths = [
    ...names.filter((name) => name.endsWith(".py")).map((name) => join("node", name)),
    ...readdirSync(join(root, "test/node"))
      .filter((name) => /^(fakes|driver.*)\.py$/.test(name))
      .map((name) => join("test/node", name)),
  ];
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}
