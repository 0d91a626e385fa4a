import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { hostProgram } from "../../../remote/program";
import { testProgram } from "../../host/support/injection";

/** What lets tests make things go wrong in the node program is in the tests' builds of it, and in nothing else. */

const testing = resolve(__dirname, "../../node/testing");
const modules = readdirSync(testing).filter((name) => name.endsWith(".py"));
const classes = modules.flatMap((name) =>
  [...readFileSync(join(testing, name), "utf8").matchAll(/^class (\w+)\(/gm)].map(([, found = ""]) => found),
);
/** What only the test build's own files have. */
const own = ["openstack_spice/testing/", "openstack_spice.testing", "shipped_main", "plan.json"];

describe("the program that is shipped", () => {
  const { text } = hostProgram();

  it("has nothing of what tests put into theirs", () => {
    expect(classes).toEqual(expect.arrayContaining(["FaultyFiles", "FaultyCommands"]));
    expect([...own, ...classes.map((name) => `class ${name}(`)].filter((words) => text.includes(words))).toEqual([]);
  });

  it("is in the tests' build, file by file, as it is", () => {
    const build = testProgram({ at: [{ point: "journal", when: "after", then: "kill" }] }).text;
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
});

describe("the points of the tests' build", () => {
  it("are those that tests can name", () => {
    const namesOf = (file: string, pattern: RegExp) =>
      [...readFileSync(resolve(__dirname, file), "utf8").matchAll(pattern)].map(([, name = ""]) => name).sort();
    const named = namesOf("../../host/support/injection.ts", /^ {2}\| "([a-z-]+)"/gm);
    expect(named.length).toBeGreaterThan(20);
    // Python has one more, which another one is inside of.
    const there = namesOf("../../node/testing/points.py", /^ {4}"([a-z-]+)": Point\(/gm);
    expect(there.filter((name) => name !== "close-ports")).toEqual(
      named.filter((name) => !["kill", "terminate", "end", "reboot", "watchdog", "layers"].includes(name)),
    );
  });
});
