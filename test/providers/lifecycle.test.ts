import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plain, type PropertyMap, secret, UNKNOWN } from "../../lab/providers/wire/values";
import { COMMAND, COPY, VERSION } from "./support/command";
import { PluginUnderTest } from "./support/plugin";

/** What the engine asks before anything runs. No host is needed: nothing may be contacted. */
describe("the command plugin before anything runs", () => {
  let plugin: PluginUnderTest;
  const connection = secret({ host: "192.0.2.1", user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 });
  const inputs: PropertyMap = { connection, create: "c", delete: "d", stdin: "s", triggers: ["h", "i"] };
  const state: PropertyMap = { ...inputs, stdout: "out", stderr: "err" };

  beforeAll(async () => {
    plugin = await PluginUnderTest.start("command", VERSION);
  });
  afterAll(async () => {
    await plugin.stop();
  });

  describe("check", () => {
    it("fills in the connection's defaults and makes it and the keys in it secret", async () => {
      const proxy = { host: "198.51.100.1", user: "jump", password: "p" };
      const checked = await plugin.check(COMMAND, { connection: { host: "192.0.2.1", privateKey: "k", proxy } });
      expect(checked.failures).toEqual([]);
      const defaults = { port: 22, dialErrorLimit: 10, perDialTimeout: 15 };
      expect(checked.inputs).toEqual({
        connection: secret({
          ...defaults,
          host: "192.0.2.1",
          user: "root",
          privateKey: secret("k"),
          proxy: { ...defaults, host: "198.51.100.1", user: "jump", password: secret("p") },
        }),
      });
    });

    it("keeps what is given", async () => {
      const given = { ...inputs, environment: { A: "b" }, logging: "none", addPreviousOutputInEnv: false };
      expect(await plugin.check(COMMAND, given)).toEqual({ inputs: given, failures: [] });
    });

    it("refuses what is missing, unknown or of the wrong type, and shows no secret", async () => {
      const { inputs: shown, failures } = await plugin.check(COMMAND, {
        connection: { privateKey: "k", privatekey: "l", port: "22" },
        create: 5,
      });
      expect([...failures].sort()).toEqual([
        // What is wrong within an object is one message.
        expect.stringMatching(
          /^connection: An error occurred decoding '.*connection': 3 failures decoding:\n\thost: Missing required field 'host' on .*\n\tport: Field 'port' on .* must be a 'float64'; got 'string' instead\n\tprivatekey: Unrecognized field 'privatekey' on .*$/,
        ),
        expect.stringMatching(/^create: Field 'create' on .* must be a 'string'; got 'float64'/),
      ]);
      expect(shown["connection"]).toEqual(secret(expect.anything() as unknown as PropertyMap));
      expect((await plugin.check(COMMAND, { create: "x" })).failures).toEqual([
        expect.stringMatching(/^connection: Missing required field 'connection'/),
      ]);
    });

    it("refuses a copy without a source that can be read here", async () => {
      const target = { connection, remotePath: "x" };
      const source = (kind: string, content: PropertyMap) => ({
        "4dabf18193072939515e22adb298388d": kind,
        hash: "0",
        ...content,
      });
      const asset = "c44067f5952c0a294b673a41bacd8c17";
      const archive = "0def7320c3a5731c473e5ecbe6d01bc7";
      const failures = async (value: PropertyMap) => (await plugin.check(COPY, { ...target, source: value })).failures;
      expect(await failures(source(asset, { text: "x" }))).toEqual([]);
      expect(await failures(source(asset, { path: "x" }))).toEqual([]);
      expect(await failures(source(archive, { path: "x" }))).toEqual([]);
      expect(await failures(source(asset, { uri: "file:///x" }))).toEqual([
        "asset: asset must be a path-based file asset or a text asset",
      ]);
      expect(await failures(source(archive, { uri: "file:///x" }))).toEqual([
        "archive: archive must be a path to a file or directory",
      ]);
    });
  });

  describe("diff", () => {
    it("finds nothing where nothing changed", async () => {
      expect(await plugin.diff(COMMAND, inputs, inputs, state)).toEqual({ hasChanges: false, replaces: [], paths: {} });
    });

    it.each(["stdin", "create", "delete"])("updates on a change of %s, and never replaces", async (name) => {
      expect(await plugin.diff(COMMAND, inputs, { ...inputs, [name]: "other" }, state)).toEqual({
        hasChanges: true,
        replaces: [],
        paths: { [name]: "UPDATE" },
      });
    });

    it("names what was added and taken away", async () => {
      const { delete: taken, ...rest } = inputs;
      expect(taken).toBe("d");
      expect((await plugin.diff(COMMAND, inputs, { ...rest, update: "u" }, state)).paths).toEqual({
        delete: "DELETE",
        update: "ADD",
      });
    });

    it("sees a connection as one value, because it is secret", async () => {
      const other = secret({ ...(plain(connection) as PropertyMap), privateKey: secret("rotated") });
      expect((await plugin.diff(COMMAND, inputs, { ...inputs, connection: other }, state)).paths).toEqual({
        connection: "UPDATE",
      });
    });

    it("names the changed element of triggers, which the SDK's replaceOnChanges turns into a replacement", async () => {
      const changed = await plugin.diff(COMMAND, inputs, { ...inputs, triggers: ["h", "j", "k"] }, state);
      expect(changed.paths).toEqual({ "triggers[1]": "UPDATE", "triggers[2]": "ADD" });
    });

    it("replaces where triggers appear, disappear or are secret", async () => {
      const { triggers, ...without } = inputs;
      expect(triggers).toHaveLength(2);
      const replaced = { hasChanges: true, replaces: ["triggers"] };
      expect(await plugin.diff(COMMAND, without, inputs)).toMatchObject({
        ...replaced,
        paths: { triggers: "ADD_REPLACE" },
      });
      expect(await plugin.diff(COMMAND, inputs, without)).toMatchObject({
        ...replaced,
        paths: { triggers: "DELETE_REPLACE" },
      });
      const hidden = { ...inputs, triggers: secret(["h"]) };
      expect(await plugin.diff(COMMAND, hidden, { ...inputs, triggers: secret(["i"]) })).toMatchObject({
        ...replaced,
        paths: { triggers: "UPDATE_REPLACE" },
      });
    });
  });

  describe("preview", () => {
    it("does not know the output of a create", async () => {
      const { outputs } = await plugin.create(COMMAND, inputs, true);
      expect(outputs).toEqual({ ...inputs, stdout: UNKNOWN, stderr: UNKNOWN });
    });

    it("does not know the output of an update", async () => {
      const outputs = await plugin.update(COMMAND, "id", state, { ...inputs, stdin: "t" }, true);
      expect(outputs).toEqual({ ...inputs, stdin: "t", stdout: UNKNOWN, stderr: UNKNOWN });
    });

    it("does not know the output where an input is not known", async () => {
      const outputs = await plugin.update(COMMAND, "id", state, { ...inputs, stdin: UNKNOWN }, true);
      expect(outputs).toMatchObject({ stdin: UNKNOWN, stdout: UNKNOWN, stderr: UNKNOWN });
    });

    it("keeps the output where nothing changed, and where an input is only new", async () => {
      expect(await plugin.update(COMMAND, "id", state, inputs, true)).toEqual(state);
      expect(await plugin.update(COMMAND, "id", state, { ...inputs, update: "u" }, true)).toMatchObject({
        stdout: "out",
        stderr: "err",
      });
    });
  });

  it("refresh answers with the state", async () => {
    expect(await plugin.read(COMMAND, "id", state)).toEqual({ id: "id", outputs: state });
  });

  it("keeps a secret input secret in the outputs", async () => {
    const hidden: PropertyMap = { ...inputs, stdin: secret("s") };
    const outputs = await plugin.update(COMMAND, "id", { ...state, stdin: secret("s") }, hidden, true);
    expect(outputs).toEqual({ ...hidden, stdout: "out", stderr: "err" });
  });
});
