/**
 * The node program's own functions, each called by what it is for: test/node/driver.py calls its modules, and a test names none of them.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What ends a run before anything is touched: the exit status, and the message without the program's and the node's names. */
export interface Stop {
  readonly status: number;
  readonly message: string;
}

/** Whether it passed: null. */
export type Checked = Stop | null;

/** Texts are latin1: each character is a byte. */
interface Operations {
  "obsolete-options/table": [
    Record<string, never>,
    readonly { role: string; key: string; since: number; beside: string }[],
  ];
  /**
   * A transaction that declares options, then a stranger's lines at the file's end, then its undo. `wrong` has whatever went wrong: an error, a plan that is
   * not empty after the transaction, something that was kept.
   */
  "nova.conf/put-and-undo": [
    { conf: string; declared: readonly { option: string; encoded: string }[]; edit: string },
    { wrong: string; after: string; undone: string },
  ];
  /** What the program makes of a document, for a release of Nova. */
  "document/items": [
    { document: string; release: number },
    {
      stop: Checked;
      items: {
        role?: string;
        node?: string;
        owner?: string;
        id?: string;
        sources?: readonly string[] | null;
        options?: Readonly<Record<string, string>>;
      };
    },
  ];
  /** The managers of nova.conf that the program looks for. */
  "managers/looked-for": [Record<string, never>, readonly string[]];
  /** What the program reads, fed with any text. */
  "document/read": [{ text: string }, Checked];
  "record/read": [{ text: string }, Checked];
  /** What is wrong with what it makes of a nova.conf; empty: nothing is. */
  "nova.conf/any": [{ text: string }, string];
  /** Which of `readers` find something in a text. */
  "others/any": [{ text: string }, readonly string[]];
  /** `STATUS LINES` of the check of a certificate's file and its key; of Pacemaker's configuration: `0 FOUND`. */
  "certificate/any": [{ text: string }, string];
  "pacemaker/any": [{ text: string }, string];
}

export type Operation = keyof Operations;
export type Case<O extends Operation> = Operations[O][0];
export type Answer<O extends Operation> = Operations[O][1];

const words = ["-c", "import os, sys; sys.exit(sys.version_info < (3, 6) or not hasattr(os, 'getxattr'))"];

/** Whether this machine runs the program; tests are skipped else. */
export const runsHere = spawnSync("python3", words).status === 0;

/** Calls an operation of the program. @throws Error where the program, not its answer, fails */
export function nodeFunction<O extends Operation>(operation: O, given: Case<O>): Answer<O> {
  const [answer] = nodeFunctions(operation, [given]);
  return answer as Answer<O>;
}

/** The same with many cases at once, which is quicker. test/node/driver.py calls it. @throws Error where one fails otherwise than as an answer */
export function nodeFunctions<O extends Operation>(operation: O, cases: readonly Case<O>[]): readonly Answer<O>[] {
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
