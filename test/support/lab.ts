/** Drives the lab (`lab/lab`): throw-away real nodes, reached over real SSH with the lab's key. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { REPOSITORY } from "./engine";
import { eventually } from "./eventually";

/** Where the lab keeps its state. */
export const LAB_STATE = process.env["OPENSTACK_SPICE_LAB"] ?? join(REPOSITORY, ".lab");

/** How a command ended. */
export interface Outcome {
  /** The exit status; -1 where a signal ended the command. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What {@link start} needs besides the command. */
export interface StartOptions {
  /** Standard input; default: empty. */
  readonly input?: string;
  /** Ends the command at once: it is killed, as when the machine it runs on dies. */
  readonly signal?: AbortSignal;
  /** Called with each piece of standard output and standard error as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a command to its end. */
export async function start(command: string, args: readonly string[], options: StartOptions = {}): Promise<Outcome> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "pipe" });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
        options.onOutput?.(text);
      });
    }
    const abort = () => child.kill("SIGKILL");
    options.signal?.addEventListener("abort", abort);
    child.on("error", reject);
    child.on("close", (code) => {
      options.signal?.removeEventListener("abort", abort);
      resolve({ status: code ?? -1, ...output });
    });
    // A command that ends before it has read its input is no failure of ours.
    child.stdin.on("error", () => undefined).end(options.input ?? "");
  });
}

/** Runs a lab command; its standard output. @throws with its messages where it fails */
export async function lab(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await start(join(REPOSITORY, "lab/lab"), args);
  if (status !== 0) {
    throw new Error(`lab ${args.join(" ")} ended with ${status}:\n${stderr}`);
  }
  return stdout;
}

/**
 * Waits until no other test file has the lab's cloud, control-1 and compute-1, of which there is one. It is free again once the answer is called, or this
 * process ends.
 */
export async function takeCloud(): Promise<() => void> {
  mkdirSync(LAB_STATE, { recursive: true });
  const holder = spawn("flock", [join(LAB_STATE, "cloud-of-tests"), "sh", "-c", "echo taken; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) => {
    holder.on("error", reject);
    holder.stdout.once("data", resolve);
  });
  return () => {
    holder.stdin.end();
  };
}

/** A running node of the lab. */
export class LabNode {
  private constructor(readonly name: string) {}

  /**
   * Boots a node with a fresh disk; one of that name that an earlier run left behind goes first.
   *
   * @param disks ext4 mount options of disks that the node has for itself, on which fsync does its work (`lab/disks.sh`). @default it has none
   */
  static async boot(name: string, layer: string, disks?: string): Promise<LabNode> {
    if (addressOf(name) !== undefined) {
      await lab("down", name);
    }
    await lab("node", name, layer, ...(disks === undefined ? [] : [disks]));
    return LabNode.named(name);
  }

  /** A node by its name, whether it is there by now or not. */
  static named(name: string): LabNode {
    return new LabNode(name);
  }

  /** Its IPv4 address. @throws where it is not there */
  get address(): string {
    const address = addressOf(this.name);
    if (address === undefined) {
      throw new Error(`the lab has no node ${this.name}`);
    }
    return address;
  }

  /** A fresh disk, by a new boot. */
  async reset(): Promise<void> {
    await lab("reset", this.name);
  }

  /** Reboots it and waits until it lets us in again. */
  async reboot(): Promise<void> {
    await lab("reboot", this.name);
  }

  /** Its power is cut. */
  async cut(): Promise<void> {
    await lab("cut", this.name);
  }

  /** Boots it when it is off, with the disks that it had, and waits until it lets us in. */
  async start(): Promise<void> {
    await lab("start", this.name);
  }

  /** The folder with its files `etc.img` and `var.img`: the disks that it has for itself. */
  get disks(): string {
    return join(LAB_STATE, "nodes.d", this.name, "disks");
  }

  /** Takes it away. */
  async remove(): Promise<void> {
    await lab("down", this.name);
  }

  /** Makes it so by a command line, runs `test`, and takes that back by another one, however the test ends. */
  async where(spoil: string, mend: string, test: () => Promise<void>): Promise<void> {
    await this.read(spoil);
    try {
      await test();
    } finally {
      await this.read(mend);
    }
  }

  /** Runs a command line in the login shell of `user` (default root) on the node. */
  async run(command: string, options: StartOptions & { readonly user?: string } = {}): Promise<Outcome> {
    const { user = "root", ...rest } = options;
    return await start("ssh", this.ssh(user, command), rest);
  }

  /** Starts a command line of root's that is talked to by its standard input and output. */
  talk(command: string): ChildProcessByStdio<Writable, Readable, null> {
    return spawn("ssh", this.ssh("root", command), { stdio: ["pipe", "pipe", "inherit"] });
  }

  private ssh(user: string, command: string): readonly string[] {
    return ["-F", join(LAB_STATE, "ssh_config"), "-l", user, this.name, command];
  }

  /** Standard output of a command line run by root. @throws where it fails */
  async read(command: string, input = ""): Promise<string> {
    const { status, stdout, stderr } = await this.run(command, { input });
    if (status !== 0) {
      throw new Error(`${this.name}: ${command} ended with ${status}:\n${stdout}${stderr}`);
    }
    return stdout;
  }

  /** Waits, on the node itself, until a command of root's succeeds. @throws after `seconds` */
  async until(condition: string, seconds: number): Promise<void> {
    await this.read(`for ((i = 0; i < ${seconds * 10}; i++)); do ${condition} && exit; sleep 0.1; done; exit 1`);
  }

  /** Waits until a path answers 200. @throws after a minute */
  async untilServes(port: number, path: string): Promise<void> {
    await eventually(
      `${this.name}:${port}${path}`,
      60,
      async () => (await this.answers(port, path)) === 200 || undefined,
    );
  }

  /**
   * The HTTP status with which a path answers on a port; undefined: nothing does.
   *
   * Over a connection of its own: one that is kept alive from an earlier question passes a firewall that refuses new ones (`fetch` keeps them).
   */
  async answers(port: number, path: string): Promise<number | undefined> {
    return await new Promise((resolve) => {
      const signal = AbortSignal.timeout(5000);
      get({ host: this.address, port, path, agent: false, signal }, (response) => {
        response
          .resume()
          .on("end", () => {
            resolve(response.statusCode);
          })
          .on("error", () => {
            resolve(undefined);
          });
      }).on("error", () => {
        resolve(undefined);
      });
    });
  }
}

/** The address of a node, by the lab's own list. */
function addressOf(name: string): string | undefined {
  let list = "";
  try {
    list = readFileSync(join(LAB_STATE, "nodes"), "utf8");
  } catch {
    // No node was ever made.
  }
  return list
    .split("\n")
    .map((line) => line.split(" "))
    .find(([candidate]) => candidate === name)?.[1];
}
