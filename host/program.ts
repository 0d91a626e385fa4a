import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The program that runs on nodes: the shell files of `host/program/` as one text. */
export interface HostProgram {
  readonly text: string;
  /** SHA-256 of the text, in hex: the program's version, and its name on the nodes. */
  readonly sha256: string;
}

let bundled: HostProgram | undefined;

/** The program of this version of the package: the files of `host/program/` joined in the order of their names. */
export function hostProgram(): HostProgram {
  bundled ??= bundle(join(packageRoot(__dirname), "host", "program"));
  return bundled;
}

/** Joins the `.sh` files of a folder in the order of their names. */
export function bundle(folder: string): HostProgram {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".sh"))
    .sort();
  if (names.length === 0) {
    throw new Error(`${folder} has no .sh files. Install the package openstack-spice again.`);
  }
  const text = names.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
}

/**
 * The program as a file of this machine, for the engine to upload; its name is the program's sha256.
 *
 * A file, because the engine keeps the text of a string asset in the state, twice for each node, and of a file just its path and digest. It lies
 * in a folder of the system's temporary folder that only this user can write.
 *
 * @throws Error where somebody else owns that folder
 */
export function hostProgramFile(program: HostProgram = hostProgram()): string {
  const user = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `openstack-spice-${user}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o022) !== 0) {
    throw new Error(
      `${folder} is not a folder that only user ${user} can write. Remove it, or set TMPDIR to another folder.`,
    );
  }
  const file = join(folder, `${shortDigest(program.sha256)}.sh`);
  if (!existsSync(file) || readFileSync(file, "utf8") !== program.text) {
    const partial = `${file}.${process.pid}`;
    writeFileSync(partial, program.text, { mode: 0o600 });
    renameSync(partial, file);
  }
  return file;
}

/** As much of a digest as names a file: the whole one is checked before the program runs, and the state keeps the name four times for each node. */
export function shortDigest(sha256: string): string {
  return sha256.slice(0, 8);
}

/** The folder of this package, above `folder`: the source tree or, from the compiled files, the folder that holds `dist`. */
function packageRoot(folder: string): string {
  const file = join(folder, "package.json");
  if (existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { name?: unknown }).name === "openstack-spice") {
    return folder;
  }
  const parent = dirname(folder);
  if (parent === folder) {
    throw new Error(`No package.json of openstack-spice is above ${__dirname}. Install the package again.`);
  }
  return packageRoot(parent);
}
