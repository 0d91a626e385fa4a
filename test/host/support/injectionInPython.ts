import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type HostProgram, archive, nodeFiles } from "../../../host/program";
import type { Faults } from "./injection";

/** What the test build has beside the program. */
const folder = resolve(__dirname, "../../node/testing");

/** The program in Python in which that happens: its archive with one more package, another way in, and the plan of what happens. */
export function pythonTestProgram(faults: Faults): HostProgram {
  return buildProgram(testBuild(faults));
}

/** The files of the test build that differ from the program's. */
export function testBuild(faults: Faults): Readonly<Record<string, string>> {
  const modules = readdirSync(folder).filter((name) => name.endsWith(".py") && name !== "__main__.py");
  return {
    ...Object.fromEntries(
      modules.map((name) => [`openstack_spice/testing/${name}`, readFileSync(join(folder, name), "utf8")]),
    ),
    "openstack_spice/testing/plan.json": `${JSON.stringify(plan(faults))}\n`,
    "openstack_spice/__main__.py": readFileSync(join(folder, "__main__.py"), "utf8"),
  };
}

/** As test/node/testing/plan.py reads it. */
function plan({ at = [], limits = {}, without = [], numbered }: Faults) {
  return {
    at: at.map(({ count, ...rest }) => ({ ...rest, count: count === "each" ? 0 : (count ?? 1) })),
    limits: Object.fromEntries(
      Object.entries(limits).map(([name, seconds]) => [
        name.replace(/[A-Z]/g, (big) => `_${big.toLowerCase()}`),
        seconds,
      ]),
    ),
    without,
    ...(numbered === undefined ? {} : { numbered }),
  };
}

function buildProgram(files: Readonly<Record<string, string>>): HostProgram {
  return archive(new Map([...nodeFiles(resolve(__dirname, "../../../node")), ...Object.entries(files)]));
}
