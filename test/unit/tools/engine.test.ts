/** What tools/engine.sh decides, with fakes in place of pulumi, npm and go. test/up runs the engine it really finds. */
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sandbox } from "./sandbox";

const goMod = readFileSync(resolve(__dirname, "../../../tools/engine/cli/go.mod"), "utf8");
const VERSION = /github\.com\/pulumi\/pulumi\/pkg\/v3 v([\d.]+)/.exec(goMod)?.[1] ?? "";

/** A CLI that has no plugin and can download none. */
const PULUMI_ALONE = 'case "$*" in "plugin ls --json") echo "[]" ;; plugin*) exit 1 ;; esac';
/** A CLI that has both plugins. */
const PULUMI_WITH_PLUGINS = `case "$*" in "plugin ls --json")
  echo '[{"name":"command","kind":"resource","version":"1.2.1"},{"name":"openstack","kind":"resource","version":"3.15.2"}]' ;;
esac`;

describe("tools/engine.sh", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  /** A `go` that builds what the module at hand names, the CLI with `pulumi` as its body. */
  function fakeGo(pulumi: string): void {
    writeFileSync(join(sandbox.folder, "built-pulumi"), sandbox.fakeText("pulumi", pulumi));
    sandbox.fake(
      "go",
      `case $PWD in
        */cli) cat '${sandbox.folder}/built-pulumi' >"$GOBIN/pulumi" && chmod 755 "$GOBIN/pulumi" ;;
        */language-host) : >"$GOBIN/pulumi-language-nodejs" && chmod 755 "$GOBIN/pulumi-language-nodejs" ;;
      esac`,
    );
  }

  it("leaves PATH alone where the CLI, its language host and the plugins are there", () => {
    sandbox.fake("pulumi", PULUMI_WITH_PLUGINS);
    sandbox.fake("pulumi-language-nodejs", "");
    expect(sandbox.run("engine.sh")).toEqual({ status: 0, stdout: `${sandbox.bin}\n`, stderr: "" });
  });

  it("takes plugins that are on PATH without asking the engine for them", () => {
    sandbox.fake("pulumi", PULUMI_ALONE);
    for (const name of ["pulumi-language-nodejs", "pulumi-resource-command", "pulumi-resource-openstack"]) {
      sandbox.fake(name, "");
    }
    expect(sandbox.run("engine.sh")).toEqual({ status: 0, stdout: `${sandbox.bin}\n`, stderr: "" });
    expect(sandbox.calls("pulumi")).toEqual(["plugin ls --json"]);
  });

  it("builds the CLI once from its pinned modules where it cannot be downloaded, and tries the download once a day", () => {
    sandbox.fake("npm", "echo offline >&2; exit 1");
    fakeGo(PULUMI_WITH_PLUGINS);
    const built = join(sandbox.cache, "engine", VERSION, "bin");
    const first = sandbox.run("engine.sh");
    expect(first.status).toBe(0);
    expect(first.stdout).toBe(`${built}:${sandbox.bin}\n`);
    expect(first.stderr).toContain("the Pulumi CLI cannot be downloaded here (offline)");
    expect(sandbox.calls("npm")).toHaveLength(1);
    expect(sandbox.calls("go")).toEqual([
      `install -v -ldflags -s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${VERSION} tool`,
      "install -v -ldflags -s -w tool",
    ]);

    expect(sandbox.run("engine.sh")).toEqual({ status: 0, stdout: `${built}:${sandbox.bin}\n`, stderr: "" });
    expect(sandbox.calls("npm")).toHaveLength(1);
    expect(sandbox.calls("go")).toHaveLength(2);
  });

  it("tries a failed download again after a day", () => {
    sandbox.fake("npm", "exit 1");
    fakeGo(PULUMI_ALONE);
    sandbox.run("engine.sh");
    const yesterday = Date.now() / 1000 - 25 * 3600;
    for (const what of ["pulumi-resource-command-1.2.1", "pulumi-resource-openstack-3.15.2"]) {
      utimesSync(join(sandbox.cache, "failed", what), yesterday, yesterday);
    }
    sandbox.run("engine.sh");
    const installs = sandbox.calls("pulumi").filter((call) => call.startsWith("plugin install"));
    expect(installs).toEqual([
      "plugin install resource command 1.2.1",
      "plugin install resource openstack 3.15.2",
      "plugin install resource command 1.2.1",
      "plugin install resource openstack 3.15.2",
    ]);
  });

  it("takes the CLI that the npm package downloads", () => {
    const downloaded = join(sandbox.cache, "engine", VERSION, "npm", "versions", VERSION, "bin");
    const runner = `const fs = require("fs"), bin = process.env.PULUMI_HOME + "/versions/${VERSION}/bin";
      fs.mkdirSync(bin, { recursive: true });
      fs.writeFileSync(bin + "/pulumi", fs.readFileSync("${sandbox.folder}/downloaded"), { mode: 0o755 });
      fs.writeFileSync(bin + "/pulumi-language-nodejs", "", { mode: 0o755 });`;
    writeFileSync(join(sandbox.folder, "downloaded"), sandbox.fakeText("pulumi", PULUMI_WITH_PLUGINS));
    writeFileSync(join(sandbox.folder, "run.js"), runner);
    sandbox.fake(
      "npm",
      `mkdir -p "$3/node_modules/pulumi" && cat '${sandbox.folder}/run.js' >"$3/node_modules/pulumi/run.js"`,
    );
    const first = sandbox.run("engine.sh");
    expect(first.stdout).toBe(`${downloaded}:${sandbox.bin}\n`);
    expect(first.status).toBe(0);
    expect(sandbox.calls("npm")[0]).toContain(`pulumi@${VERSION}`);
    expect(sandbox.run("engine.sh").stdout).toBe(`${downloaded}:${sandbox.bin}\n`);
    expect(sandbox.calls("npm")).toHaveLength(1);
  });

  it("builds only the language host where the user's own CLI has none", () => {
    sandbox.fake("pulumi", PULUMI_WITH_PLUGINS);
    fakeGo("");
    const { stdout } = sandbox.run("engine.sh");
    expect(sandbox.calls("go")).toEqual(["install -v -ldflags -s -w tool"]);
    expect(sandbox.withPath(stdout.trim(), "command -v pulumi")).toBe(join(sandbox.bin, "pulumi"));
    expect(sandbox.withPath(stdout.trim(), "command -v pulumi-language-nodejs")).toContain(sandbox.cache);
  });

  it("says what to install where Go is missing too", () => {
    sandbox.fake("npm", "exit 1");
    const { status, stdout, stderr } = sandbox.run("engine.sh");
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("Go is missing. Install the Pulumi CLI");
  });

  it("shows why a build failed, and leaves nothing that a later run would take for the engine", () => {
    sandbox.fake("npm", "exit 1");
    sandbox.fake("go", ': >"$GOBIN/pulumi"; echo "no space left on device"; exit 1');
    const { status, stderr } = sandbox.run("engine.sh");
    expect(status).toBe(1);
    expect(stderr).toContain("no space left on device");
    expect(existsSync(join(sandbox.cache, "engine", VERSION, "bin", "pulumi"))).toBe(false);
  });

  it("decides for each plugin apart: a stand-in must not hide an official one", () => {
    sandbox.fake(
      "pulumi",
      `case "$*" in
        "plugin ls --json") echo '[{"name":"command","kind":"resource","version":"1.2.0"}]' ;;
        "plugin install resource command 1.2.1") exit 0 ;;
        plugin*) exit 1 ;;
      esac`,
    );
    sandbox.fake("pulumi-language-nodejs", "");
    const { stdout, stderr } = sandbox.run("engine.sh");
    expect(stderr).toBe(
      "openstack-spice: the official `openstack` plugin cannot be downloaded here; using the project's stand-in (lab/providers)\n",
    );
    expect(sandbox.withPath(stdout.trim(), "command -v pulumi-resource-command || echo none")).toBe("none");
    const standIn = sandbox.withPath(stdout.trim(), 'readlink -f "$(command -v pulumi-resource-openstack)"');
    expect(standIn).toBe(resolve(__dirname, "../../../lab/providers/bin/pulumi-resource-openstack"));
  });

  it("rebuilds when what it is built from changes", () => {
    sandbox.fake("npm", "exit 1");
    fakeGo(PULUMI_WITH_PLUGINS);
    sandbox.run("engine.sh");
    writeFileSync(join(sandbox.cache, "engine", VERSION, "cli.sources"), "other\n");
    sandbox.run("engine.sh");
    expect(sandbox.calls("go")).toHaveLength(3);
  });
});
