import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bundle, hostProgram, hostProgramFile } from "../../../host/program";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openstack-spice-program-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("bundle", () => {
  it("joins the shell files by name, and nothing else", () => {
    for (const [name, text] of Object.entries({
      "90-main.sh": "main\n",
      "00-header.sh": "#!/bin/bash\n",
      "notes.md": "no\n",
    })) {
      writeFileSync(join(folder, name), text);
    }
    const { text, sha256 } = bundle(folder);
    expect(text).toBe("#!/bin/bash\n\nmain\n");
    expect(sha256).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("says where files are missing", () => {
    expect(() => bundle(folder)).toThrow(`${folder} has no .sh files. Install the package openstack-spice again.`);
  });
});

describe("hostProgram", () => {
  it("has no key with a slash or hyphen outside quotes, which shfmt takes for a sum and parts by blanks", () => {
    expect(hostProgram().text.match(/\w\[\w+ [-/] \w+\]/g)).toBe(null);
  });

  it("is all of host/program", () => {
    const { text } = hostProgram();
    const sources = resolve(__dirname, "../../../host/program");
    const names = readdirSync(sources).filter((name) => name.endsWith(".sh"));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      expect(text).toContain(readFileSync(join(sources, name), "utf8"));
    }
    expect(text.startsWith("#!/usr/bin/env bash\n")).toBe(true);
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
    expect(readdirSync(resolve(file, ".."))).toEqual([`${program.sha256.slice(0, 8)}.sh`]);
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
