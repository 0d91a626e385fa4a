import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Answer, Case, Operation } from "./nodeFunctions";

/** An operation by the modules of the program in Python, which test/node/driver.py calls. @throws Error where one fails otherwise than as an answer */
export function callInPython<O extends Operation>(operation: O, cases: readonly Case<O>[]): readonly Answer<O>[] {
  driver ??= new Driver();
  return cases.map((given) => {
    const line = driver?.ask(JSON.stringify([operation, given])) ?? "{}";
    const { answer, error } = JSON.parse(line) as { readonly answer?: Answer<O>; readonly error?: string };
    if (error !== undefined) {
      throw new Error(`${operation}: ${error}`);
    }
    return answer as Answer<O>;
  });
}

let driver: Driver | undefined;

/** The driver as a process of its own, which is asked line by line and ends with this one. Its start takes longer than most answers. */
class Driver {
  private readonly questions: number;
  private readonly answers: number;
  private read = "";

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "openstack-spice-driver-"));
    const [questions = "", answers = ""] = ["questions", "answers"].map((name) => join(folder, name));
    execFileSync("mkfifo", [questions, answers]);
    const script = resolve(__dirname, "../node/driver.py");
    // Whoever opens a FIFO waits for the other end: both sides open them in the same order.
    const child = spawn("sh", ["-c", 'exec python3 -B "$0" <"$1" >"$2"', script, questions, answers], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.unref();
    this.questions = openSync(questions, "w");
    this.answers = openSync(answers, "r");
    rmSync(folder, { recursive: true });
  }

  /** The answer to a line. @throws Error where the driver is gone */
  ask(line: string): string {
    writeSync(this.questions, `${line}\n`);
    const piece = Buffer.alloc(65536);
    while (!this.read.includes("\n")) {
      const size = readSync(this.answers, piece);
      if (size === 0) {
        throw new Error("test/node/driver.py ended; what it said is above");
      }
      // JSON of Python's is ASCII.
      this.read += piece.toString("latin1", 0, size);
    }
    const end = this.read.indexOf("\n");
    const answer = this.read.slice(0, end);
    this.read = this.read.slice(end + 1);
    return answer;
  }
}
