import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type HostProgram, archive, nodeFiles } from "../../../remote/program";
import type { Faults } from "./injection";

const program = resolve(__dirname, "../../../node");
/** What the test build has beside the program. */
const testing = resolve(__dirname, "../../node/testing");

/**
 * The program in which that happens: its archive with the package `testing`, the plan of what happens, and another way in; the program's own is
 * in it too, unchanged, under another name.
 */
export function pythonTestProgram(faults: Faults): HostProgram {
  const files = new Map(nodeFiles(program));
  const main = "openstack_spice/__main__.py";
  files.set("openstack_spice/shipped_main.py", files.get(main) ?? "");
  files.set(main, readFileSync(join(testing, "entry.py"), "utf8"));
  for (const name of readdirSync(testing).filter((one) => one.endsWith(".py") && one !== "entry.py")) {
    files.set(`openstack_spice/testing/${name}`, readFileSync(join(testing, name), "utf8"));
  }
  files.set("openstack_spice/testing/plan.json", `${JSON.stringify(plan(faults))}\n`);
  return archive(files);
}

/** As test/node/testing/plan.py reads it. */
function plan({ at = [], limits = {}, without = [], ...inPythonOnly }: Faults) {
  return {
    at: at.map(({ count = 1, ...rest }) => ({ ...rest, count: count === "each" ? 0 : count })),
    limits: Object.fromEntries(
      Object.entries(limits).map(([name, seconds]) => [
        name.replace(/[A-Z]/g, (big) => `_${big.toLowerCase()}`),
        seconds,
      ]),
    ),
    without,
    ...inPythonOnly,
  };
}
