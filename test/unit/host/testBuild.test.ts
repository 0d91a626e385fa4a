import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { hostProgram } from "../../../remote/program";
import type { At } from "../../host/support/injection";
import { bashTestProgram, points } from "../../host/support/injectionInBash";
import { pythonTestProgram } from "../../host/support/injectionInPython";
import { bash42 } from "./support";

/** What lets tests make things go wrong in the node program is in the tests' builds of it, and in nothing else. */

const testing = resolve(__dirname, "../../node/testing");
const modules = readdirSync(testing).filter((name) => name.endsWith(".py"));
const classes = modules.flatMap((name) =>
  [...readFileSync(join(testing, name), "utf8").matchAll(/^class (\w+)\(/gm)].map(([, found = ""]) => found),
);
/** What only the test build's own files have. */
const own = ["openstack_spice/testing/", "openstack_spice.testing", "shipped_main", "plan.json"];

describe("the program that is shipped", () => {
  const { text } = hostProgram("python");

  it("has nothing of what tests put into theirs", () => {
    expect(classes).toEqual(expect.arrayContaining(["FaultyFiles", "FaultyCommands"]));
    expect([...own, ...classes.map((name) => `class ${name}(`)].filter((words) => text.includes(words))).toEqual([]);
  });

  it("is in the tests' build, file by file, as it is", () => {
    const build = pythonTestProgram({ at: [{ point: "journal", when: "after", then: "kill" }] }).text;
    const files = [...text.matchAll(/(openstack_spice\/[\w/]+\.py)\0/g)].map(([, name = ""]) => name);
    expect(files.length).toBeGreaterThan(50);
    const bytesOf = (whole: string, name: string) => {
      const at = whole.indexOf(`${name}\0`);
      return whole.slice(at + 512, at + 512 + parseInt(whole.slice(at + 124, at + 135), 8));
    };
    for (const name of files) {
      const there = name === "openstack_spice/__main__.py" ? "openstack_spice/shipped_main.py" : name;
      expect([name, bytesOf(build, there) === bytesOf(text, name)]).toEqual([name, true]);
    }
    expect(own.every((words) => build.includes(words))).toBe(true);
  });

  it("is the same in bash but for what is asked for", () => {
    const { text: shipped } = hostProgram("bash");
    const build = bashTestProgram({ without: ["watchdog"] }).text;
    expect(build.startsWith(shipped.slice(0, -'main "$@"\n'.length))).toBe(true);
    expect(build.endsWith('\narm_dead_man() { :; }\nmain "$@"\n')).toBe(true);
  });
});

describe("the points of the tests' build", () => {
  /** The program in bash with these points, which does something else than its work. */
  const runInstead = (at: readonly At[], script: string) => {
    const text = bashTestProgram({ at }).text.replace(/\nmain "\$@"\n$/, `\n${script}\n`);
    const { status, stdout, stderr } = spawnSync("bash", ["-c", 'eval "$(cat)"'], { input: text, encoding: "utf8" });
    return { status, stdout, stderr };
  };

  it.skipIf(!bash42)("are all in the program in bash", () => {
    const at = points.map((point): At => ({ point, when: "before", run: "true" }));
    expect(runInstead(at, "echo there")).toEqual({ status: 0, stdout: "there\n", stderr: "" });
  });

  it("have the same names for the program in Python", () => {
    const names = [...readFileSync(join(testing, "points.py"), "utf8").matchAll(/^ {4}"([a-z-]+)": Point\(/gm)];
    // Python has one more, which another one is inside of.
    expect(
      names
        .map(([, name]) => name)
        .filter((name) => name !== "close-ports")
        .sort(),
    ).toEqual([...points].sort());
  });

  it.skipIf(!bash42)("come after a count of calls, in a run of a verb, one beside the other", () => {
    const at: readonly At[] = [
      { point: "journal", when: "after", count: 2, verb: "converge", run: 'echo "$VERB" >&2', then: "end" },
      { point: "journal", when: "before", verb: "revert", then: "kill" },
      { point: "bring-up", when: "before", count: "each", run: 'echo "$UNIT" >&2; false' },
    ];
    const script = `VERB=converge
      original_0_journal() { echo "journal $1"; }
      original_2_bring_up() { echo "$1 $2"; }
      bring_up start one; journal a; bring_up restart two; journal b; echo 'not reached'`;
    expect(runInstead(at, script)).toEqual({
      status: 0,
      stdout: "start one\njournal a\nrestart two\njournal b\npassed\n",
      stderr: "one\ntwo\nconverge\n",
    });
  });
});
