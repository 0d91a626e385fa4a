import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CommandBench, COMMAND, VERSION } from "./support/command";
import { findPlugin } from "./support/plugin";
import { missingSshd, Sshd } from "./support/sshd";

const missing = missingSshd();
if (missing !== undefined) {
  console.log(`command plugin: ${missing}`);
}
const INFO = 1;
const WARNING = 2;
const ERROR = 3;

describe.skipIf(missing !== undefined)("remote.Command runs", () => {
  const bench = new CommandBench(missing !== undefined);

  it("is version 1.2.1 and describes the package", async () => {
    expect(await bench.plugin.version()).toBe(VERSION);
    const schema = await bench.plugin.schema();
    expect(schema.name).toBe("command");
    expect(Object.keys(schema.resources)).toEqual(expect.arrayContaining([COMMAND, "command:remote:CopyToRemote"]));
  });

  it("create with stdin, and answers with the inputs and its output", async () => {
    const inputs = bench.inputs({ create: `tee ${bench.path("created")}; echo two >&2`, stdin: "one\n$HOME 'x' é\n" });
    const { id, outputs } = await bench.plugin.create(COMMAND, inputs);
    expect(id).toMatch(/^n[0-9a-f]{8}$/);
    expect(outputs).toEqual({ ...inputs, stdout: "one\n$HOME 'x' é", stderr: "two" });
    expect(bench.content("created")).toBe("one\n$HOME 'x' é\n");
  });

  it("nothing where no create is given", async () => {
    const { outputs } = await bench.plugin.create(COMMAND, bench.inputs({ delete: "exit 1" }));
    expect(outputs).toMatchObject({ stdout: "", stderr: "" });
  });

  it("with an empty standard input where none is given", async () => {
    const { outputs } = await bench.plugin.create(COMMAND, bench.inputs({ create: "wc -c" }));
    expect(outputs["stdout"]).toBe("0");
  });

  it("update on a change, and create where there is no update", async () => {
    const state = { ...bench.inputs({ create: "echo old" }), stdout: "old", stderr: "" };
    const withUpdate = bench.inputs({ create: "echo created", update: "echo updated", addPreviousOutputInEnv: false });
    expect((await bench.plugin.update(COMMAND, "id", state, withUpdate))["stdout"]).toBe("updated");
    const withoutUpdate = bench.inputs({ create: "echo created", addPreviousOutputInEnv: false });
    expect((await bench.plugin.update(COMMAND, "id", state, withoutUpdate))["stdout"]).toBe("created");
  });

  it("neither on a change where neither is given, and keeps the output", async () => {
    const state = { ...bench.inputs({}), stdout: "kept", stderr: "too" };
    expect(await bench.plugin.update(COMMAND, "id", state, bench.inputs({ stdin: "x" }))).toMatchObject({
      stdout: "kept",
      stderr: "too",
    });
  });

  it("delete with the stdin and the connection of the state", async () => {
    const inputs = bench.inputs({ create: "exit 1", delete: `cat > ${bench.path("deleted")}`, stdin: "from state" });
    await bench.plugin.delete(COMMAND, "id", { ...inputs, stdout: "", stderr: "" });
    expect(bench.content("deleted")).toBe("from state");
  });

  it("nothing on delete where no delete is given, and does not even connect", async () => {
    const nowhere = bench.connection({ port: 1 });
    await bench.plugin.delete(COMMAND, "id", bench.inputs({ create: "true" }, nowhere));
  });

  it("takes exactly one newline from the end of stdout and of stderr", async () => {
    const create = "printf 'a\\n\\n'; printf ' b\\r\\n' >&2";
    const { outputs } = await bench.plugin.create(COMMAND, bench.inputs({ create }));
    expect(outputs).toMatchObject({ stdout: "a\n", stderr: " b\r" });
  });

  it("fails with the exit status, the command quoted as Go does, and all output", async () => {
    const create = 'printf "out\\n"; printf \'err\\n\' >&2\n\texit 3 # "é" \u00a0\u{1F600}';
    expect(await bench.errorOf(bench.plugin.create(COMMAND, bench.inputs({ create })))).toBe(
      "Process exited with status 3: running " +
        String.raw`"printf \"out\\n\"; printf 'err\\n' >&2\n\texit 3 # \"é\" \u00a0` +
        '\u{1F600}":\nout\nerr\n',
    );
  });

  it("fails with the signal that ended the command", async () => {
    const error = await bench.errorOf(bench.plugin.create(COMMAND, bench.inputs({ create: "kill -KILL $$" })));
    expect(error).toBe('Process exited with status 137 from signal KILL: running "kill -KILL $$":\n');
  });

  it("fails where the connection breaks while the command runs", async () => {
    const error = await bench.errorOf(bench.plugin.create(COMMAND, bench.inputs({ create: "kill -9 $PPID; sleep 5" })));
    expect(error).toBe(
      "wait: remote command exited without exit status or exit signal: " + 'running "kill -9 $PPID; sleep 5":\n',
    );
  });

  it("refuses environment variables that the host does not accept, and does not run the command", async () => {
    const inputs = bench.inputs({ create: `touch ${bench.path("ran")}`, environment: { SPICE: "1" } });
    const error = await bench.errorOf(bench.plugin.create(COMMAND, inputs));
    expect(error).toBe('could not set environment variable "SPICE": ssh: setenv failed');
    expect(existsSync(bench.path("ran"))).toBe(false);
    expect(bench.plugin.log.at(-1)).toMatchObject({ severity: ERROR, isStatus: false });
    expect(bench.plugin.log.at(-1)?.text).toMatch(/^Unable to set 'SPICE'\. This only works if your SSH server/);
  });

  it("passes environment variables and the output of the run before, where the host accepts them", async () => {
    const sshd = await Sshd.start(["AcceptEnv SPICE PULUMI_COMMAND_*"]);
    try {
      const inputs = bench.inputs(
        { create: 'echo "$SPICE|$PULUMI_COMMAND_STDOUT|$PULUMI_COMMAND_STDERR"', environment: { SPICE: "a 'b'" } },
        bench.connection({}, sshd),
      );
      const state = { ...inputs, stdout: "before", stderr: "err" };
      expect((await bench.plugin.update(COMMAND, "id", state, inputs))["stdout"]).toBe("a 'b'|before|err");
    } finally {
      await sshd.stop();
    }
  });

  it("warns where the host refuses the output of the run before, and runs; silent where it is switched off", async () => {
    const state = { ...bench.inputs({}), stdout: "before", stderr: "" };
    const start = bench.plugin.log.length;
    const run = async (inputs: Record<string, boolean>) =>
      (await bench.plugin.update(COMMAND, "id", state, bench.inputs({ create: "true", ...inputs })))["stdout"];
    expect(await run({ addPreviousOutputInEnv: false })).toBe("");
    expect(bench.plugin.log).toHaveLength(start);
    expect(await run({})).toBe("");
    const warnings = bench.plugin.log.slice(start);
    expect(warnings.map(({ severity }) => severity)).toEqual([WARNING]);
    expect(warnings[0]?.text).toMatch(/^Unable to set 'PULUMI_COMMAND_STDOUT'/);
  });

  it.each([
    ["stdout", ["out 1", "out 2"]],
    ["stderr", ["err"]],
    ["stdoutAndStderr", ["err", "out 1", "out 2"]],
    [undefined, ["err", "out 1", "out 2"]],
    ["none", []],
  ])("streams the output as status lines with logging %s", async (logging, lines) => {
    const start = bench.plugin.log.length;
    const create = "echo out 1; echo err >&2; echo out 2";
    await bench.plugin.create(COMMAND, bench.inputs({ create, ...(logging !== undefined && { logging }) }));
    const logged = bench.plugin.log.slice(start);
    // Two streams: which comes first is not for the plugin to say.
    expect(logged.map(({ text }) => text).sort()).toEqual(lines);
    expect(logged.every(({ severity, isStatus }) => severity === INFO && isStatus)).toBe(true);
  });

  it("logs a last line that has no newline, and no carriage return", async () => {
    const start = bench.plugin.log.length;
    await bench.plugin.create(COMMAND, bench.inputs({ create: "printf 'a\\r\\nb'" }));
    expect(bench.plugin.log.slice(start).map(({ text }) => text)).toEqual(["a", "b"]);
  });

  it("passes a standard input of 1 MB intact", async () => {
    const stdin = Array.from({ length: 16_384 }, (_, index) => `${index}`.padStart(63, "é-")).join("\n");
    const { outputs } = await bench.plugin.create(COMMAND, bench.inputs({ create: "cat", stdin, logging: "none" }));
    expect(outputs["stdout"] === stdin).toBe(true);
  });

  it("passes 4 MB of output intact, also where it is logged line by line", async () => {
    const { outputs } = await bench.plugin.create(
      COMMAND,
      bench.inputs({ create: "seq -w 0 599999", logging: "none" }),
    );
    const stdout = outputs["stdout"] as string;
    expect([stdout.length, stdout.slice(-6)]).toEqual([600_000 * 7 - 1, "599999"]);
    const start = bench.plugin.log.length;
    await bench.plugin.create(COMMAND, bench.inputs({ create: "seq 500" }));
    expect(bench.plugin.log.slice(start).map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
  });

  it.skipIf(findPlugin("command", VERSION).isOfficial)(
    "says so where the official plugin would hang: a logged line of 64 KiB",
    async () => {
      const create = "head -c 65536 /dev/zero | tr '\\0' x";
      const error = await bench.errorOf(bench.plugin.create(COMMAND, bench.inputs({ create })));
      expect(error).toMatch(/64 KiB or longer/);
      const quiet = bench.inputs({ create, logging: "none" });
      expect((await bench.plugin.create(COMMAND, quiet)).outputs["stdout"]).toHaveLength(65536);
    },
  );
});
