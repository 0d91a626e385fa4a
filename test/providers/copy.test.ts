import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type PropertyMap, secret, UNKNOWN } from "../../lab/providers/wire/values";
import { CommandBench, COPY } from "./support/command";
import { missingSshd, Sshd } from "./support/sshd";

const missing = missingSshd();
if (missing !== undefined) {
  console.log(`remote.CopyToRemote: ${missing}`);
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const hashOf = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
const textAsset = (text: string): PropertyMap => ({
  [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17",
  hash: hashOf(text),
  text,
});
const fileAsset = (path: string): PropertyMap => ({
  [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17",
  hash: hashOf(readFileSync(path)),
  path,
});
const folderArchive = (path: string): PropertyMap => ({
  [SIGNATURE]: "0def7320c3a5731c473e5ecbe6d01bc7",
  hash: hashOf(path),
  path,
});

describe.skipIf(missing !== undefined)("remote.CopyToRemote", () => {
  const bench = new CommandBench(missing !== undefined);

  const inputs = (source: PropertyMap, remotePath: string, connection = bench.connection()): PropertyMap => ({
    connection: secret(connection),
    source,
    remotePath,
  });
  const copy = async (source: PropertyMap, remotePath: string) =>
    await bench.plugin.create(COPY, inputs(source, remotePath));

  it("puts a text where it is asked to, byte for byte, and makes the folders above it", async () => {
    const given = inputs(textAsset("#!/bin/bash\necho é\n"), bench.path("a/b/c.sh"));
    const { id, outputs } = await bench.plugin.create(COPY, given);
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    // A text asset comes back with a path and an address, both empty.
    const source = { ...(given["source"] as PropertyMap), path: "", uri: "" };
    expect(outputs).toEqual({ ...given, source });
    expect(bench.content("a/b/c.sh")).toBe("#!/bin/bash\necho é\n");
  });

  it("takes a path that does not start with / from the login user's home", async () => {
    const name = `.openstack-spice-test-${randomBytes(6).toString("hex")}`;
    await copy(textAsset("x"), `${name}/y`);
    const { outputs } = await bench.plugin.create(
      "command:remote:Command",
      bench.inputs({ create: `cat "$HOME/${name}/y"; rm -r "$HOME/${name}"` }),
    );
    expect(outputs["stdout"]).toBe("x");
  });

  it("copies a file of 3 MB intact, over a longer one", async () => {
    const content = randomBytes(3_000_001);
    writeFileSync(bench.path("local.bin"), content);
    writeFileSync(bench.path("remote.bin"), randomBytes(4_000_000));
    await copy(fileAsset(bench.path("local.bin")), bench.path("remote.bin"));
    expect(hashOf(readFileSync(bench.path("remote.bin")))).toBe(hashOf(content));
  });

  it("puts a file into a folder that is there, and a text not", async () => {
    writeFileSync(bench.path("local.txt"), "local");
    mkdirSync(bench.path("folder"));
    await copy(fileAsset(bench.path("local.txt")), bench.path("folder"));
    expect(bench.content("folder/local.txt")).toBe("local");
    expect(await bench.errorOf(copy(textAsset("x"), bench.path("folder")))).toBe(
      `remote path ${bench.path("folder")} is a directory; when using a text asset, remotePath must be a file path`,
    );
  });

  it("makes the folder of a path that ends with a slash, and then has no name for the file", async () => {
    const error = await bench.errorOf(copy(textAsset("x"), `${bench.path("slash")}/`));
    expect(error).toMatch(/^failed to create remote file .*slash\/: sftp: "Failure" \(SSH_FX_FAILURE\)$/);
    expect(readdirSync(bench.path("slash"))).toEqual([]);
  });

  it("copies a folder under its name, or only what is in it where the source ends with a slash", async () => {
    mkdirSync(bench.path("tree/one/two"), { recursive: true });
    writeFileSync(bench.path("tree/top"), "1");
    writeFileSync(bench.path("tree/one/two/deep"), "2");
    await copy(folderArchive(bench.path("tree")), bench.path("named/here"));
    expect(bench.content("named/here/tree/one/two/deep")).toBe("2");
    await copy(folderArchive(`${bench.path("tree")}/`), bench.path("content/here"));
    expect(readdirSync(bench.path("content/here")).sort()).toEqual(["one", "top"]);
    await copy(folderArchive(`${bench.path("tree")}/`), bench.path("content/here"));
    expect(bench.content("content/here/one/two/deep")).toBe("2");
  });

  it("does not put a folder where a file is", async () => {
    mkdirSync(bench.path("source/sub"), { recursive: true });
    mkdirSync(bench.path("target/source"), { recursive: true });
    writeFileSync(bench.path("target/source/sub"), "a file");
    expect(await bench.errorOf(copy(folderArchive(bench.path("source")), bench.path("target")))).toBe(
      `remote path ${bench.path("target/source/sub")} exists but is not a directory`,
    );
  });

  it("copies again when the content or the path changed, and only then", async () => {
    const first = inputs(textAsset("one"), bench.path("again"));
    const { outputs } = await bench.plugin.create(COPY, first);
    writeFileSync(bench.path("again"), "changed on the host");
    const nowhere = bench.connection({ port: 1 });
    await bench.plugin.update(COPY, "id", outputs, inputs(textAsset("one"), bench.path("again"), nowhere));
    expect(bench.content("again")).toBe("changed on the host");
    await bench.plugin.update(COPY, "id", outputs, inputs(textAsset("two"), bench.path("again")));
    expect(bench.content("again")).toBe("two");
    await bench.plugin.update(COPY, "id", outputs, inputs(textAsset("one"), bench.path("moved")));
    expect(bench.content("moved")).toBe("one");
    expect(existsSync(bench.path("again"))).toBe(true);
  });

  it("leaves the file when the resource is removed", async () => {
    const { id, outputs } = await copy(textAsset("stays"), bench.path("stays"));
    await bench.plugin.delete(COPY, id, outputs);
    expect(bench.content("stays")).toBe("stays");
  });

  it("copies nothing in a preview", async () => {
    const given = inputs(textAsset("x"), bench.path("previewed"));
    // An asset counts as an output, which a preview does not know.
    expect((await bench.plugin.create(COPY, given, true)).outputs).toEqual({ ...given, source: UNKNOWN });
    expect(existsSync(bench.path("previewed"))).toBe(false);
  });

  it("fails where the host has no SFTP", async () => {
    const sshd = await Sshd.start([], { hasSftp: false });
    try {
      const given = inputs(textAsset("x"), bench.path("none"), bench.connection({}, sshd));
      expect(await bench.errorOf(bench.plugin.create(COPY, given))).toBe("ssh: subsystem request failed");
    } finally {
      await sshd.stop();
    }
  });

  it("fails where a file stands in the way of a folder", async () => {
    writeFileSync(bench.path("file"), "");
    expect(await bench.errorOf(copy(textAsset("x"), bench.path("file/x")))).toMatch(
      new RegExp(`(not a directory|SSH_FX_FAILURE)`),
    );
    const gone = join(bench.folder, "gone");
    expect(await bench.errorOf(copy({ ...folderArchive(gone) }, bench.path("y")))).toBe(
      `open ${gone}: no such file or directory`,
    );
  });
});
