/** A throw-away sshd of one's own on loopback: own host key, own authorized key, own configuration. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const SSHD = "/usr/sbin/sshd";
const SFTP_SERVERS = ["/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server"];

/** What keeps these tests from running here, with the remedy; undefined: nothing. */
export function missingSshd(): string | undefined {
  if (!existsSync(SSHD)) {
    return `skipped: ${SSHD} is missing. Install it: apt-get install openssh-server (or dnf install openssh-server).`;
  }
  return spawnSync("ssh-keygen", ["-?"]).error
    ? "skipped: ssh-keygen is missing. Install it: apt-get install openssh-client (or dnf install openssh)."
    : undefined;
}

/** A key pair in files. */
interface KeyFiles {
  /** Path of the private key; the public key is beside it, `.pub`. */
  readonly path: string;
  /** The private key's text. */
  readonly privateKey: string;
  /** The public key as a line of authorized_keys, without comment. */
  readonly publicKey: string;
}

/** Makes a key pair in `folder`. */
export function makeKey(folder: string, name: string, options: { type?: string; passphrase?: string } = {}): KeyFiles {
  const { type = "ed25519", passphrase = "" } = options;
  const path = join(folder, name);
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "", "-f", path]);
  return {
    path,
    privateKey: readFileSync(path, "utf8"),
    publicKey: readFileSync(`${path}.pub`, "utf8").trim(),
  };
}

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close((error) => {
        if (error) {
          reject(error);
        } else {
          resolve(port);
        }
      });
    });
  });
}

/** A running sshd. */
export class Sshd {
  private constructor(
    private readonly folder: string,
    private readonly process: ChildProcess,
    /** Where it listens, on 127.0.0.1. */
    readonly port: number,
    /** Its host key. */
    readonly hostKey: KeyFiles,
    /** The key it lets in. */
    readonly key: KeyFiles,
  ) {}

  /** The user these tests log in as: the one they run as. */
  readonly user = userInfo().username;

  /**
   * Starts an sshd and waits until it answers.
   *
   * @param lines Further lines of its configuration.
   * @param options.hasSftp Whether it offers SFTP (default true).
   * @param options.port The port to take (default: a free one).
   * @param options.authorized Further public keys to let in.
   */
  static async start(
    lines: readonly string[] = [],
    options: { hasSftp?: boolean; port?: number; authorized?: readonly string[] } = {},
  ): Promise<Sshd> {
    const { hasSftp = true, authorized = [] } = options;
    const folder = mkdtempSync(join(tmpdir(), "openstack-spice-sshd-"));
    const hostKey = makeKey(folder, "host_key");
    const key = makeKey(folder, "login_key");
    const port = options.port ?? (await freePort());
    writeFileSync(join(folder, "authorized_keys"), [key.publicKey, ...authorized, ""].join("\n"), { mode: 0o600 });
    const sftp = SFTP_SERVERS.find((path) => existsSync(path));
    const config = [
      ...lines, // First: sshd keeps the first value it reads.
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${hostKey.path}`,
      `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "PidFile none",
      "LogLevel VERBOSE",
      ...(hasPenalties() ? ["PerSourcePenalties no"] : []),
      ...(hasSftp && sftp !== undefined ? [`Subsystem sftp ${sftp}`] : []),
    ];
    writeFileSync(join(folder, "sshd_config"), `${config.join("\n")}\n`);
    if (process.getuid?.() === 0) {
      mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    }
    const child = spawn(SSHD, ["-D", "-f", join(folder, "sshd_config"), "-E", join(folder, "log")], {
      stdio: "ignore",
    });
    const sshd = new Sshd(folder, child, port, hostKey, key);
    await sshd.answers();
    return sshd;
  }

  /** What it has logged so far. */
  get log(): string {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  /** Ends it and removes its files. */
  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await gone;
    rmSync(this.folder, { recursive: true });
  }

  private async answers(): Promise<void> {
    const end = Date.now() + 10_000;
    while (Date.now() < end) {
      if (await greets(this.port)) {
        return;
      }
      if (this.process.exitCode !== null) {
        throw new Error(`sshd ended with ${this.process.exitCode}:\n${this.log}`);
      }
      await wait(20);
    }
    throw new Error(`sshd did not answer on port ${this.port} within 10 s:\n${this.log}`);
  }
}

async function greets(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString().startsWith("SSH-"));
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

/** OpenSSH 9.8 and newer shut out a source that fails too often. */
function hasPenalties(): boolean {
  const { stderr } = spawnSync(SSHD, ["-V"], { encoding: "utf8" });
  const [, major = "0", minor = "0"] = /OpenSSH_(\d+)\.(\d+)/.exec(stderr) ?? [];
  return Number(major) > 9 || (Number(major) === 9 && Number(minor) >= 8);
}
