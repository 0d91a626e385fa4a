/** The functions of the node program in bash, in a folder of their own. What calls them by what they are for is nodeFunctions.ts. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The node's program without its last part, which runs it; the files of the node it would touch are of this folder instead. */
function programParts(): string {
  const folder = resolve(__dirname, "../../host/program");
  const text = readdirSync(folder)
    .filter((name) => name.endsWith(".sh") && name !== "90-main.sh")
    .sort()
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  return [
    "readonly STATE_DIR=/var/lib/openstack-spice",
    "readonly NOVA_CONF=/etc/nova/nova.conf",
    "readonly LAUNCHER=/usr/local/sbin/openstack-spice",
    "readonly AUDIT_LOG=/var/log/openstack-spice.log",
  ].reduce((program, line) => {
    if (!program.includes(line)) {
      throw new Error(`host/program has no line '${line}'`);
    }
    const [name = "", file = ""] = line.split("=");
    return program.replace(
      line,
      `${name}=$PWD/${file.slice(file.lastIndexOf("/") + 1)}${name.endsWith("LAUNCHER") ? ".sh" : ""}`,
    );
  }, text);
}

const program = programParts();

/** The program's functions, and then a script; to be run in a folder of its own, whose files stand for the node's. */
export function afterFunctions(script: string): string {
  return `${program}\n${setUp}\n${script}`;
}

/** Runs bash after the program's functions, in a folder of its own with these files. Gives each file's bytes as latin1 text afterwards. */
export function runInBash(script: string, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "openstack-spice-files-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text, "latin1");
    }
    const { status, stdout, stderr } = spawnSync("bash", ["-c", 'eval "$(cat)"'], {
      // As an argument it would be too long for Linux, which takes 128 KiB.
      input: afterFunctions(script),
      cwd: folder,
      encoding: "utf8",
    });
    const after = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(folder, name), "latin1")] as const);
    return { status, stdout, stderr, files: Object.fromEntries(after) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A work folder as main() makes it. No systemd is asked for anything, and nothing waits for a disk. */
const setUp = `
PROGRAM=$PWD/program.sh
: >"$PROGRAM"
WORK=$PWD/work
mkdir "$WORK"
systemctl() { :; }
sync() { :; }
`;
