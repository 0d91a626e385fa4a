import { join, resolve } from "node:path";
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** What bash 4.2 does not have, with the version that it came in. */
const newer: readonly (readonly [name: string, since: string, pattern: RegExp])[] = [
  ["a name reference", "4.3", /\b(?:local|declare|typeset)\s+-[a-zA-Z]*n[a-zA-Z]*\s/],
  ["an assignment to a[-1]", "4.3", /\w\[-\d+\]=/],
  ["[[ -v a[i] ]]", "4.3", /-v\s+\w+\[/],
  ["wait -n", "4.3", /\bwait\s+-[a-z]*n/],
  ["mapfile -d", "4.4", /\b(?:mapfile|readarray)\s+(?:-\w+\s+)*-d/],
  ["${x@Q}", "4.4", /\$\{[\w[\]@*]+@[A-Za-z]\}/],
  ["local -", "4.4", /\blocal\s+-\s*(?:$|;)/m],
  ["EPOCHSECONDS", "5.0", /\bEPOCH(?:SECONDS|REALTIME)\b/],
  ["SRANDOM", "5.1", /\bSRANDOM\b/],
  ["wait -p", "5.1", /\bwait\s+-[a-z]*p/],
  ["${ command; }", "5.3", /\$\{[ |]/],
];

const node = resolve(__dirname, "../../../node");
const launcher = readFileSync(join(node, "openstack_spice/runs/launcher.py"), "utf8").split('"""')[3] ?? "";
/** All shell of the product but for two command lines of one line each (remote/convergence.ts). */
const shell = [readFileSync(join(node, "bootstrap.sh"), "utf8"), launcher].join("\n");

describe("the shell of the product", () => {
  it("is the bootstrap and the launcher, less than 300 lines", () => {
    const scripts = readdirSync(node, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sh"));
    expect(scripts).toEqual(["bootstrap.sh"]);
    expect(launcher).toMatch(/^#!\/bin\/bash\n/);
    expect(shell.split("\n").length).toBeLessThan(300);
  });
});

describe("the bootstrap and the launcher are for bash 4.2 too", () => {
  const code = shell
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n");

  it.each(newer)("it has no %s, of bash %s", (_name, _since, pattern) => {
    expect(code.split("\n").filter((line) => pattern.test(line))).toEqual([]);
  });

  it("expands no array that may be empty without a guard, which 4.2 takes for unset", () => {
    // Guarded: ${a[@]+"${a[@]}"}; or counted before; a list that a table fills, or that has its first words where it is made.
    const bare = [...code.matchAll(/(?<!\+)"\$\{(\w+)\[@\]\}"/g)].map(([, name = ""]) => name);
    const filled = [...code.matchAll(/\b(\w+)=\([^)\s]/g)].map(([, name = ""]) => name);
    const counted = [...code.matchAll(/\$\{#(\w+)\[@\]\}/g)].map(([, name = ""]) => name);
    expect([...new Set(bare)].filter((name) => ![...filled, ...counted].includes(name))).toEqual([]);
  });
});
