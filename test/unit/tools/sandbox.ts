/** A machine of one's own for the tools: a PATH with nothing but common commands and the fakes a test adds, own home and caches. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const COMMANDS =
  "base64 bash cat chmod cksum cut dirname env find flock grep head ln mkdir mktemp mv readlink rm sed sleep sort tail timeout tr";

/** What a tool gave. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** See the top of the file. */
export class Sandbox {
  /** The folder that holds all of it. */
  readonly folder = mkdtempSync(join(tmpdir(), "openstack-spice-tools-"));
  /** The only folder on PATH. */
  readonly bin = join(this.folder, "bin");
  /** What the tools cache in. */
  readonly cache = join(this.folder, "cache");
  /** What the tools take for the lab's state; not there until a test makes it. */
  readonly lab = join(this.folder, "lab");

  constructor() {
    mkdirSync(this.bin);
    symlinkSync(process.execPath, join(this.bin, "node"));
    for (const command of COMMANDS.split(" ")) {
      const path = spawnSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).stdout.trim();
      if (path !== "") {
        symlinkSync(path, join(this.bin, command));
      }
    }
  }

  /**
   * Puts an executable on PATH that writes down its arguments, one call a line, and then runs `body`.
   *
   * @param name the command's name
   * @param body bash text; its arguments are the call's
   */
  fake(name: string, body: string): void {
    writeFileSync(join(this.bin, name), this.fakeText(name, body), { mode: 0o755 });
  }

  /** The text of such an executable, for a fake that makes another one. */
  fakeText(name: string, body: string): string {
    return `#!${join(this.bin, "bash")}\nprintf '%s\\n' "$*" >>'${this.callsFile(name)}'\n${body}\n`;
  }

  /** The arguments of each call of a fake, oldest first. */
  calls(name: string): readonly string[] {
    const file = this.callsFile(name);
    return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  }

  /** Runs tools/`tool` to its end. */
  run(tool: string, args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Outcome {
    const { status, stdout, stderr } = spawnSync(resolve(__dirname, "../../../tools", tool), args, {
      encoding: "utf8",
      env: {
        PATH: this.bin,
        HOME: this.folder,
        OPENSTACK_SPICE_CACHE: this.cache,
        OPENSTACK_SPICE_LAB: this.lab,
        ...environment,
      },
    });
    return { status, stdout, stderr };
  }

  /** Runs a bash text with the PATH that tools/engine.sh printed. */
  withPath(path: string, text: string): string {
    return execFileSync(join(this.bin, "bash"), ["--norc", "-c", text], {
      encoding: "utf8",
      env: { PATH: path },
    }).trim();
  }

  /** Removes all of it. */
  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private callsFile(name: string): string {
    return join(this.folder, `${name}.calls`);
  }
}
