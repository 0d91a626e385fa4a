/** The tier pythons of tools/test.sh: what tools/pythons.sh runs, leaves out and adds up. The roots of Debian's suites are fakes. */
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Outcome, Sandbox } from "./sandbox";

/** In the place of name spaces of its own: a root cannot be built where a file says so, and the tests in one leave the file that a test gave. */
const UNSHARE = `case "$*" in
  *" _isolated build_root "*) [[ ! -e $HOME/no-root-of-$(sed 's/.* build_root \\([a-z]*\\) .*/\\1/' <<<"$*") ]] ;;
  *" _isolated test_in_root "*)
    suite=$(sed 's/.* test_in_root \\([a-z]*\\) .*/\\1/' <<<"$*")
    cat "$HOME/$suite.json" >"\${!#}/pythons-$suite.json"
    echo "tests of $suite"
    ! grep -q '"failed"' "$HOME/$suite.json"
    ;;
esac`;

/** A Python that makes a virtual environment of itself, and writes the report of pytest. */
const PYTHON = `case $* in
  "-m venv "*) mkdir -p "$3/bin" && cat "$0" >"$3/bin/python" && chmod 755 "$3/bin/python" ;;
  *--vitest-report=*)
    for word; do [[ $word != --vitest-report=* ]] || cat "$HOME/3.6.json" >"\${word#*=}"; done
    ;;
esac`;

/** A report of one file with tests in these states. */
function report(...states: string[]): string {
  const assertionResults = states.map((status) => ({ status, fullName: "a test", failureMessages: ["1 is not 2"] }));
  return JSON.stringify({ testResults: [{ name: "some", status: "passed", assertionResults }] });
}

describe.skipIf(process.platform !== "linux")("the tier pythons", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    for (const name of ["npx", "npm", "mmdebstrap"]) {
      sandbox.fake(name, "");
    }
    sandbox.fake("uname", "echo Linux");
    sandbox.fake("id", "echo 0");
    sandbox.fake("apt-get", "echo 'Debian main bookworm http://archive.example.org/debian/'");
    sandbox.fake("unshare", UNSHARE);
    sandbox.fake("python3", PYTHON);
    sandbox.fake("python3.6", PYTHON);
    reports("3.6", report("passed"));
    reports("bullseye", report("passed", "passed"));
    reports("sid", report("passed", "passed", "pending"));
  });
  afterEach(() => {
    sandbox.remove();
  });

  function reports(python: string, text: string): void {
    writeFileSync(join(sandbox.folder, `${python}.json`), text);
  }

  function cannotBeInstalled(suite: string): void {
    writeFileSync(join(sandbox.folder, `no-root-of-${suite}`), "");
  }

  function test(environment: NodeJS.ProcessEnv = {}): Outcome & { last: string | undefined } {
    const outcome = sandbox.run("test.sh", ["pythons"], environment);
    return { ...outcome, last: outcome.stdout.trimEnd().split("\n").at(-1) };
  }

  it("adds up the tests under each Python, and builds a root once", () => {
    const { status, stdout, last } = test();
    expect([status, last]).toEqual([0, "5 passed, 0 failed, 1 skipped"]);
    expect(stdout).toContain("sid: tests of sid\n");
    expect(test().status).toBe(0);
    const built = sandbox.calls("unshare").filter((call) => call.includes(" build_root "));
    expect(built.map((call) => call.replace(/.* build_root (\w+) .* (http\S+) .*/, "$1 $2"))).toEqual([
      "bullseye http://archive.example.org/debian/",
      "sid http://archive.example.org/debian/",
    ]);
  });

  it("runs those that are asked for", () => {
    reports("trixie", report("passed"));
    expect(test({ OPENSTACK_SPICE_PYTHONS: "trixie" })).toMatchObject({
      status: 0,
      last: "1 passed, 0 failed, 0 skipped",
    });
  });

  it("fails where a test fails, in sid too", () => {
    reports("sid", report("passed", "failed"));
    const { status, stdout, last } = test();
    expect([status, last]).toEqual([1, "4 passed, 1 failed, 0 skipped"]);
    expect(stdout).toContain(": a test: 1 is not 2\n");
  });

  it("says that sid cannot be installed, and counts its tests as skipped", () => {
    cannotBeInstalled("sid");
    const { status, stderr, last } = test();
    expect([status, last]).toEqual([0, "3 passed, 0 failed, 1 skipped"]);
    expect(stderr).toContain(
      "openstack-spice: the node program's tests are not run under sid: its packages cannot be installed today, " +
        `which this project cannot mend. The log: ${sandbox.cache}/log/python-sid.log\n`,
    );
  });

  it("takes the sid of an earlier month where that of today cannot be installed", () => {
    test();
    const folder = join(sandbox.cache, "pythons");
    const root = readdirSync(folder).find((name) => /^sid-\d+-\d{4}-\d{2}$/.test(name)) ?? "";
    renameSync(join(folder, root), join(folder, root.replace(/\d{4}-\d{2}$/, "2025-01")));
    cannotBeInstalled("sid");
    const { status, stderr, last } = test();
    expect([status, last]).toEqual([0, "5 passed, 0 failed, 1 skipped"]);
    expect(stderr).toContain("openstack-spice: sid cannot be installed today: its root of 2025-01 is taken\n");
  });

  it("fails where a suite that does not move cannot be installed", () => {
    cannotBeInstalled("bullseye");
    const { status, stderr, last } = test();
    expect([status, last]).toEqual([1, "3 passed, 1 failed, 1 skipped"]);
    expect(stderr).toContain("openstack-spice: the root of bullseye cannot be built");
  });

  it("removes the root that another one replaces", () => {
    test();
    const folder = join(sandbox.cache, "pythons");
    const roots = () => readdirSync(folder).filter((name) => !name.endsWith(".lock"));
    const built = roots();
    for (const name of built) {
      renameSync(join(folder, name), join(folder, name.replace(/^([a-z]+-)\d+/, "$11")));
    }
    test();
    expect(roots()).toEqual(built);
  });

  it("says that there is no Python 3.6, and how to get one", () => {
    sandbox.fake("python3.6", "exit 127");
    const { status, stderr, last } = test();
    expect([status, last]).toEqual([0, "4 passed, 0 failed, 2 skipped"]);
    expect(stderr).toContain(
      "openstack-spice: the node program's tests are not run under 3.6: this machine has none. pyenv builds it: pyenv install 3.6\n",
    );
  });

  it("says that apt has no archive of Debian's", () => {
    sandbox.fake("apt-get", "echo 'Ubuntu main noble http://archive.example.org/ubuntu/'");
    const { status, stderr, last } = test();
    expect([status, last]).toEqual([0, "1 passed, 0 failed, 2 skipped"]);
    expect(stderr).toContain("are not run under bullseye: apt has no archive of Debian's on this machine\n");
  });

  it("is skipped as a whole for who is not root", () => {
    sandbox.fake("id", "echo 1000");
    const { status, stderr, last } = test();
    expect([status, last]).toEqual([0, "0 passed, 0 failed, 3 skipped"]);
    expect(stderr).toContain(
      "openstack-spice: skipping the tier pythons: it builds roots of Debian's suites, which needs root. " +
        "Run it as root on a machine you can spare: sudo npm test -- pythons.\n",
    );
  });
});
