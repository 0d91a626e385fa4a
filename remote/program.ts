import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix, sep } from "node:path";
import { tar } from "./archive";

/** The program that runs on nodes, as one file. */
export interface HostProgram {
  /** ASCII alone, so that its characters are its bytes. */
  readonly text: string;
  /** SHA-256 of the text, in hex: the program's version, and its name on the nodes. */
  readonly sha256: string;
}

let bundled: HostProgram | undefined;

/** The program of this version of the package. */
export function hostProgram(): HostProgram {
  bundled ??= archive(nodeFiles(join(packageRoot(__dirname), "node")));
  return bundled;
}

/**
 * The program as one file: `bootstrap.sh`, and the other files as a tar archive behind it, `start.py` first.
 *
 * @param files texts by path, as {@link nodeFiles} reads them; a test may have others
 */
export function archive(files: ReadonlyMap<string, string>): HostProgram {
  const first = ["bootstrap.sh", "start.py"].map((name) => {
    const text = files.get(name);
    if (text === undefined) {
      throw new Error(`node/${name} is missing. Install the package openstack-spice again.`);
    }
    return text;
  });
  const [bootstrap = "", start = ""] = first;
  const rest = [...files].filter(([name]) => name !== "bootstrap.sh" && name !== "start.py");
  // By code units, as no locale orders them.
  rest.sort(([one], [other]) => (one < other ? -1 : 1));
  return program(`${bootstrap}\n#tar\n${tar(new Map([["start.py", start], ...rest]))}`);
}

/** The files of `node/` that go to nodes, by path with `/`, with the line ends that they have there. */
export function nodeFiles(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => name.split(sep).join("/"));
  return new Map(
    names
      .filter((name) => /^(bootstrap\.sh|start\.py|openstack_spice\/.*\.py)$/.test(name))
      .map((name) => [name, readFileSync(join(folder, ...name.split(posix.sep)), "utf8").replaceAll("\r\n", "\n")]),
  );
}

function program(text: string): HostProgram {
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
  const file = join(folder, shortDigest(program.sha256));
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
