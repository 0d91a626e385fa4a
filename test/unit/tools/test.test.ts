/** What tools/test.sh runs, skips and adds up. vitest is a fake that reports what a test gives it. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Outcome, Sandbox } from "./sandbox";

/** Writes the file of its tier to where the JSON reporter would, and fails where that says so. */
const VITEST = `while (($# > 0)); do
  case $1 in
    --project) tier=$2 ;;
    --outputFile.json=* | --json=*) cat "$HOME/$tier.json" >"\${1#*=}" ;;
  esac
  shift
done
[[ -e $HOME/$tier.json ]] && ! grep -q '"failed"' "$HOME/$tier.json"`;

/** A Python that makes a virtual environment of itself, and writes the report of pytest. */
const PYTHON = `case $* in
  "-m venv "*) mkdir -p "$3/bin" && cat "$0" >"$3/bin/python" && chmod 755 "$3/bin/python" ;;
  *--vitest-report=*)
    for word; do [[ $word != --vitest-report=* ]] || cat "$HOME/python.json" >"\${word#*=}"; done
    ! grep -q '"failed"' "$HOME/python.json"
    ;;
esac`;

/** A report of one test file with tests in these states. */
function report(fileStatus: string, ...states: string[]): string {
  return JSON.stringify({
    testResults: [
      {
        name: resolve("test/some.test.ts"),
        status: fileStatus,
        message: "Cannot find module",
        assertionResults: states.map((status, index) => ({
          status,
          fullName: `test ${index}`,
          failureMessages: status === "failed" ? ["AssertionError: 1 is not 2\n    at some.test.ts:3"] : [],
        })),
      },
    ],
  });
}

describe("tools/test.sh", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    sandbox.fake("npx", VITEST);
    sandbox.fake("npm", "");
    // Not Linux: neither the lab nor this machine's packages are touched.
    sandbox.fake("uname", "echo Darwin");
    sandbox.fake("id", "echo 1000");
  });
  afterEach(() => {
    sandbox.remove();
  });

  /** Runs these tiers, and says what the last line was. */
  function test(...tiers: string[]): Outcome & { last: string | undefined } {
    const outcome = sandbox.run("test.sh", tiers);
    const last = outcome.stdout.trimEnd().split("\n").at(-1);
    // Where it broke off, all it said shows why.
    return { ...outcome, last: last?.endsWith(" skipped") ? last : JSON.stringify(outcome) };
  }

  /** Sets what vitest reports for a tier. */
  function reports(tier: string, text: string): void {
    writeFileSync(join(sandbox.folder, `${tier}.json`), text);
  }

  it("adds up the tiers in its last line, after the time of each", () => {
    reports("unit", report("passed", "passed", "passed", "pending"));
    reports("contract", report("passed", "passed", "todo"));
    const { status, stdout, last } = test("unit", "contract");
    expect(last).toBe("3 passed, 0 failed, 2 skipped");
    expect(stdout).toMatch(/\nTime: unit \d+ s; contract \d+ s; all \d+ s\n/);
    expect(status).toBe(0);
  });

  it("runs the tiers after one that failed, and fails", () => {
    reports("unit", report("failed", "passed", "failed"));
    reports("contract", report("passed", "passed"));
    const { status, last } = test("unit", "contract");
    expect([status, last]).toEqual([1, "2 passed, 1 failed, 0 skipped"]);
  });

  it("repeats each failed test, with what failed, above its last line", () => {
    reports("unit", report("failed", "passed", "failed"));
    reports("contract", report("failed"));
    expect(test("unit", "contract").stdout.trimEnd().split("\n").slice(-3)).toEqual([
      "failed: test/some.test.ts: test 1: AssertionError: 1 is not 2",
      "failed: test/some.test.ts: the file: Cannot find module",
      "1 passed, 2 failed, 0 skipped",
    ]);
  });

  it("counts a test file that cannot be loaded as failed", () => {
    reports("unit", report("failed"));
    const { status, last } = test("unit");
    expect(last).toBe("0 passed, 1 failed, 0 skipped");
    expect(status).toBe(1);
  });

  it("fails where vitest ends without a report", () => {
    const { status, last } = test("unit");
    expect(last).toBe("0 passed, 1 failed, 0 skipped");
    expect(status).toBe(1);
  });

  it("has the node program's own tests in the tier unit, in a virtual environment that is made once", () => {
    sandbox.fake("uname", "echo Linux");
    sandbox.fake("python3", PYTHON);
    reports("unit", report("passed", "passed"));
    reports("python", report("passed", "passed", "passed", "pending"));
    expect(test("unit")).toMatchObject({ status: 0, last: "3 passed, 0 failed, 1 skipped" });
    reports("python", report("failed", "passed", "failed"));
    const { status, stdout, last } = test("unit");
    expect([status, last]).toEqual([1, "2 passed, 1 failed, 0 skipped"]);
    expect(stdout).toContain("failed: test/some.test.ts: test 1: AssertionError: 1 is not 2\n");
    expect(sandbox.calls("python3").filter((call) => call.startsWith("-m venv"))).toHaveLength(1);
  });

  it("skips the node program's own tests where there is no Linux, and says so", () => {
    reports("unit", report("passed", "passed"));
    const { status, stderr, last } = test("unit");
    expect([status, last]).toEqual([0, "1 passed, 0 failed, 0 skipped"]);
    expect(stderr).toContain(
      "openstack-spice: skipping the node program's own tests: it is for Linux, and this is Darwin.",
    );
  });

  it("skips the tiers that need Linux, says so, and counts their tests as skipped", () => {
    reports("unit", report("passed", "passed"));
    reports("host", "[{}, {}, {}]");
    const { status, stderr, last } = test("unit", "host");
    expect(stderr).toContain(
      "openstack-spice: skipping the tier host: it boots real nodes, which needs Linux, and this is Darwin. " +
        "Run it on a Linux machine you can spare.\n",
    );
    expect(last).toBe("1 passed, 0 failed, 3 skipped");
    expect(status).toBe(0);
  });

  it("skips them for who is not root, and says how to run them", () => {
    sandbox.fake("uname", "echo Linux");
    reports("up", "[]");
    expect(test("up").stderr).toContain(
      "openstack-spice: skipping the tier up: it boots real nodes, which needs root. " +
        "Run it as root on a machine you can spare: sudo npm test -- up.\n",
    );
  });

  it("names the tiers where it is asked for one that there is not", () => {
    expect(test("integration")).toMatchObject({
      status: 1,
      stderr:
        'openstack-spice: error: there is no tier "integration". The tiers: unit kernel pythons contract providers host up faults.\n',
    });
  });
});
