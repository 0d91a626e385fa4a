import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The text of a private key file on this machine; `~/` is the home folder.
 *
 * @throws Error with the system's code, such as `ENOENT`, as its message
 */
export function readKeyFile(file: string): string {
  try {
    return readFileSync(file.startsWith("~/") ? join(homedir(), file.slice(2)) : file, "utf8");
  } catch (error) {
    throw new Error((error as NodeJS.ErrnoException).code ?? "unreadable", { cause: error });
  }
}
