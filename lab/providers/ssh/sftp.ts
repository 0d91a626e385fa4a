/**
 * The few file operations that an upload needs, over SFTP, with the errors of github.com/pkg/sftp.
 */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Client, SFTPWrapper } from "ssh2";
import { goDir } from "./goText";

/** What is at a remote path. */
export enum Kind {
  Missing,
  Folder,
  File,
}

/** SFTP status codes that Go has an error of its own for. */
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
const STATUS_NAMES: Readonly<Record<number, string>> = {
  1: "SSH_FX_EOF",
  4: "SSH_FX_FAILURE",
  5: "SSH_FX_BAD_MESSAGE",
  6: "SSH_FX_NO_CONNECTION",
  7: "SSH_FX_CONNECTION_LOST",
  8: "SSH_FX_OPERATION_UNSUPPORTED",
};

/** Remote files. Paths that do not start with `/` are relative to the login user's home. */
export class RemoteFiles {
  constructor(private readonly sftp: SFTPWrapper) {}

  /** What is at `path`, links followed. @throws Error `failed to stat remote path ...`. */
  async kindOf(path: string): Promise<Kind> {
    try {
      return await this.stat(path);
    } catch (error) {
      throw new Error(`failed to stat remote path ${path}: ${(error as Error).message}`);
    }
  }

  /** Makes the folder `path`. */
  async makeFolder(path: string): Promise<void> {
    await call((done) => {
      this.sftp.mkdir(path, done);
    });
  }

  /** Makes the folder `path` and those it is in, where they are missing. */
  async makeFolders(path: string): Promise<void> {
    const kind = await this.stat(path);
    if (kind === Kind.File) {
      throw new Error(`mkdir ${path}: not a directory`);
    }
    if (kind === Kind.Missing) {
      const parent = goDir(path.replace(/\/+$/, ""));
      if (parent !== "." && parent !== "/") {
        await this.makeFolders(parent);
      }
      try {
        await this.makeFolder(path);
      } catch (error) {
        // Another upload to the same host made it meanwhile.
        if ((await this.stat(path)) !== Kind.Folder) {
          throw error;
        }
      }
    }
  }

  /** Writes `text` to the file `path`, which is made or emptied first. */
  async writeText(path: string, text: string): Promise<void> {
    const handle = await this.create(path);
    const bytes = Buffer.from(text, "utf8");
    try {
      for (let start = 0; start < bytes.length; start += 32768) {
        const length = Math.min(32768, bytes.length - start);
        await call((done) => {
          this.sftp.write(handle, bytes, start, length, start, done);
        });
      }
    } catch (error) {
      throw new Error(`failed to write text content to remote path ${path}: ${(error as Error).message}`);
    } finally {
      await this.close(handle);
    }
  }

  /** Copies the local file `source` to `path`, which is made or emptied first. */
  async copyFile(source: string, path: string): Promise<void> {
    const handle = await this.create(path);
    try {
      await pipeline(createReadStream(source), this.sftp.createWriteStream(path, { handle, autoClose: false }));
    } catch (error) {
      throw new Error(`failed to copy file ${source} to remote path ${path}: ${goError(error as Error).message}`);
    } finally {
      await this.close(handle);
    }
  }

  private async create(path: string): Promise<Buffer> {
    try {
      return await new Promise((resolve, reject) => {
        this.sftp.open(path, "w", (error, handle) => {
          if (error) {
            reject(goError(error));
          } else {
            resolve(handle);
          }
        });
      });
    } catch (error) {
      throw new Error(`failed to create remote file ${path}: ${(error as Error).message}`);
    }
  }

  private async close(handle: Buffer): Promise<void> {
    await call((done) => {
      this.sftp.close(handle, done);
    });
  }

  private async stat(path: string): Promise<Kind> {
    return await new Promise((resolve, reject) => {
      this.sftp.stat(path, (error, stats) => {
        if (!error) {
          resolve(stats.isDirectory() ? Kind.Folder : Kind.File);
        } else if (codeOf(error) === NO_SUCH_FILE) {
          resolve(Kind.Missing);
        } else {
          reject(goError(error));
        }
      });
    });
  }
}

/** Opens SFTP on a connection. @throws Error `ssh: subsystem request failed` where the host has none. */
export async function openSftp(client: Client): Promise<RemoteFiles> {
  return await new Promise((resolve, reject) => {
    client.sftp((error, sftp) => {
      if (error) {
        const isRefused = error.message === "Unable to start subsystem: sftp";
        reject(isRefused ? new Error("ssh: subsystem request failed") : error);
      } else {
        resolve(new RemoteFiles(sftp));
      }
    });
  });
}

async function call(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    start((error) => {
      if (error) {
        reject(goError(error));
      } else {
        resolve();
      }
    });
  });
}

function codeOf(error: Error): unknown {
  return (error as Error & { code?: unknown }).code;
}

function goError(error: Error): Error {
  const code = codeOf(error);
  if (code === NO_SUCH_FILE) {
    return new Error("file does not exist");
  }
  if (code === PERMISSION_DENIED) {
    return new Error("permission denied");
  }
  const name = typeof code === "number" ? STATUS_NAMES[code] : undefined;
  return name === undefined ? error : new Error(`sftp: "${error.message}" (${name})`);
}
