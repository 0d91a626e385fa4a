import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { archive, hostProgram, hostProgramFile, nodeFiles } from "../../../remote/program";
import { shellQuote } from "../../../remote/shell";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openstack-spice-program-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** The files of the program, and what they are packed to. */
const node = resolve(__dirname, "../../../node");

describe("archive", () => {
  const files = nodeFiles(node);

  it("is the bootstrap, and behind it all other files as tar has them, the same at every call", () => {
    const { text, sha256 } = archive(files);
    expect(sha256).toBe(createHash("sha256").update(text).digest("hex"));
    const bootstrap = readFileSync(join(node, "bootstrap.sh"), "utf8");
    expect(text.startsWith(`${bootstrap}\n#tar\n`)).toBe(true);
    writeFileSync(join(folder, "archive.tar"), text.slice(bootstrap.length + 6));
    const unpacked = join(folder, "unpacked");
    mkdirSync(unpacked);
    const { status, stdout, stderr } = spawnSync("tar", ["-xvf", "../archive.tar"], {
      cwd: unpacked,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    const names = [...files.keys()].filter((name) => name !== "bootstrap.sh");
    expect(stdout.split("\n").filter((name) => name !== "")).toEqual([
      "start.py",
      ...names.filter((name) => name !== "start.py").sort(),
    ]);
    for (const name of names) {
      expect(readFileSync(join(unpacked, name), "utf8")).toBe(files.get(name));
    }
    expect(archive(new Map([...files].reverse()))).toEqual({ text, sha256 });
  });

  it("is the same from a checkout with other line ends, in another time zone, with another umask and locale", () => {
    const checkout = join(folder, "checkout");
    for (const [name, text] of files) {
      mkdirSync(join(checkout, "node", name, ".."), { recursive: true });
      writeFileSync(join(checkout, "node", name), text.replaceAll("\n", "\r\n"));
    }
    const root = resolve(__dirname, "../../..");
    const script = [
      `const { archive, nodeFiles } = require(${JSON.stringify(join(root, "remote/program"))})`,
      `console.log(archive(nodeFiles(${JSON.stringify(join(checkout, "node"))})).sha256)`,
    ].join(";");
    const command = [process.execPath, "--import", "tsx", "-e", script].map(shellQuote).join(" ");
    const { stdout, stderr } = spawnSync(
      "bash",
      ["-c", `umask 027; exec env TZ=Pacific/Kiritimati LC_ALL=tr_TR.UTF-8 ${command}`],
      { cwd: root, encoding: "utf8" },
    );
    expect([stdout, stderr]).toEqual([`${archive(files).sha256}\n`, ""]);
  });

  it("has no character that is not ASCII, and says where one is", () => {
    expect(archive(files).text).toMatch(/^[\0-\x7f]*$/);
    expect(() => archive(new Map([...files, ["openstack_spice/umlaut.py", "# \u00e4\n"]]))).toThrow(
      "openstack_spice/umlaut.py has the character '\u00e4', which is not ASCII.",
    );
  });

  it("says where a file is missing", () => {
    expect(() => archive(new Map())).toThrow(
      "node/bootstrap.sh is missing. Install the package openstack-spice again.",
    );
  });

  it("does not have tests, nor what an interpreter left", () => {
    for (const name of [
      "__pycache__/a.cpython-311.pyc",
      "tests/a.py",
      "openstack_spice/a.txt",
      "openstack_spice/b.py",
    ]) {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), "");
    }
    expect([...nodeFiles(folder).keys()]).toEqual(["openstack_spice/b.py"]);
  });
});

describe("hostProgram", () => {
  it("is the archive of node/, made once", () => {
    expect(hostProgram()).toEqual(archive(nodeFiles(node)));
    expect(hostProgram()).toBe(hostProgram());
  });
});

describe("hostProgramFile", () => {
  const program = { text: "echo hello\n", sha256: "ab".repeat(32) };

  it("is a file that only its user can read or write, the same at every call", () => {
    vi.stubEnv("TMPDIR", folder);
    const file = hostProgramFile(program);
    expect(readFileSync(file, "utf8")).toBe(program.text);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(resolve(file, "..")).mode & 0o777).toBe(0o700);
    expect(hostProgramFile(program)).toBe(file);
    expect(readdirSync(resolve(file, ".."))).toEqual([program.sha256.slice(0, 8)]);
  });

  it("mends a file that somebody changed", () => {
    vi.stubEnv("TMPDIR", folder);
    writeFileSync(hostProgramFile(program), "rm -rf /\n");
    expect(readFileSync(hostProgramFile(program), "utf8")).toBe(program.text);
  });

  it("refuses a folder that others can write", () => {
    vi.stubEnv("TMPDIR", folder);
    const open = join(folder, `openstack-spice-${process.getuid?.() ?? 0}`);
    mkdirSync(open);
    chmodSync(open, 0o777);
    expect(() => hostProgramFile(program)).toThrow(
      /is not a folder that only user \d+ can write\. Remove it, or set TMPDIR/,
    );
  });
});
