/** What tools/pulumi.sh sets for the lab's stack, and that it sets nothing else. The CLI is a fake that prints its environment. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sandbox } from "./sandbox";

const PULUMI = `case "$*" in
  "plugin ls --json") echo "[]" ;;
  "stack ls --json") cat "$HOME/stacks" 2>/dev/null || echo "[]" ;;
  "stack init"*) echo '[{ "name": "lab" }]' >"$HOME/stacks" ;;
  *) env | grep ^PULUMI_ ;;
esac
[[ $1 != fail ]] || exit 7`;

describe("tools/pulumi.sh", () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    sandbox.fake("pulumi", PULUMI);
    for (const name of ["pulumi-language-nodejs", "pulumi-resource-command", "pulumi-resource-openstack"]) {
      sandbox.fake(name, "");
    }
  });
  afterEach(() => {
    sandbox.remove();
  });

  /** The environment variables of Pulumi that the CLI was given. */
  function environmentOf(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Record<string, string> {
    const { stdout } = sandbox.run("pulumi.sh", args, environment);
    const lines = stdout.split("\n").filter((line) => line !== "");
    return Object.fromEntries(lines.map((line) => line.split("=", 2) as [string, string]));
  }

  /** What the lab's stack gets. */
  function labEnvironment(): Record<string, string> {
    return {
      PULUMI_BACKEND_URL: `file://${sandbox.lab}/state`,
      PULUMI_CONFIG_PASSPHRASE_FILE: `${sandbox.lab}/passphrase`,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_STACK: "lab",
    };
  }

  it.each([
    [["preview", "-s", "lab"]],
    [["preview", "--stack", "lab", "--diff"]],
    [["preview", "--stack=lab"]],
    [["preview", "-slab"]],
    [["preview", "-s", "organization/openstack-spice/lab"]],
    [["preview"]],
  ])("%j is about the lab where there is one", (args) => {
    mkdirSync(sandbox.lab);
    expect(environmentOf(args)).toEqual(labEnvironment());
    expect(sandbox.calls("pulumi").at(-1)).toBe(args.join(" "));
  });

  it.each([
    ["another stack is named", ["up", "-s", "prod"], {}],
    ["another stack is chosen by the environment", ["up"], { PULUMI_STACK: "prod" }],
    ["a backend is named", ["up"], { PULUMI_BACKEND_URL: "file:///elsewhere" }],
    ["an account's token is there", ["up"], { PULUMI_ACCESS_TOKEN: "token" }],
  ])("leaves the environment alone where %s", (_case, args, environment) => {
    mkdirSync(sandbox.lab);
    expect(environmentOf(args, environment)).toEqual(environment);
    expect(existsSync(join(sandbox.lab, "passphrase"))).toBe(false);
  });

  it("leaves the environment alone where the user has logged in", () => {
    mkdirSync(sandbox.lab);
    mkdirSync(join(sandbox.folder, ".pulumi"));
    writeFileSync(join(sandbox.folder, ".pulumi", "credentials.json"), '{\n  "current": "file://elsewhere"\n}\n');
    expect(environmentOf(["up"])).toEqual({});
  });

  it("leaves the environment alone where there is no lab", () => {
    expect(environmentOf(["up"])).toEqual({});
  });

  it("says how to get a lab where its stack is named and there is none", () => {
    const { status, stderr } = sandbox.run("pulumi.sh", ["up", "-s", "lab"]);
    expect(status).toBe(1);
    expect(stderr).toBe(
      `openstack-spice: error: the stack \`lab\` is the lab's, and there is no lab at ${sandbox.lab}. ` +
        "Start it: npm run demo, or lab/lab up as root.\n",
    );
  });

  it("makes a passphrase that only its owner reads, once, and does not try another one on the lab's state", () => {
    mkdirSync(sandbox.lab);
    expect(environmentOf(["up"], { PULUMI_CONFIG_PASSPHRASE: "mine" })).toEqual(labEnvironment());
    const file = join(sandbox.lab, "passphrase");
    const passphrase = readFileSync(file, "utf8");
    expect(passphrase).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    sandbox.run("pulumi.sh", ["up"]);
    expect(readFileSync(file, "utf8")).toBe(passphrase);
  });

  it("creates the stack before the first command that needs it, once, without selecting it", () => {
    mkdirSync(sandbox.lab);
    for (const args of [["version"], ["preview"], ["up", "-s", "lab"]]) {
      sandbox.run("pulumi.sh", args);
    }
    expect(sandbox.calls("pulumi").filter((call) => call !== "plugin ls --json")).toEqual([
      "version",
      "stack ls --json",
      "stack init lab --no-select --non-interactive",
      "preview",
      "stack ls --json",
      "up -s lab",
    ]);
  });

  it("hands on the exit status", () => {
    expect(sandbox.run("pulumi.sh", ["fail"]).status).toBe(7);
  });
});
