/**
 * The node program's own functions, each called by what it is for: test/node/driver.py calls its modules, and a test names none of them.
 */
import { spawnSync } from "node:child_process";
import { callInPython } from "./nodeFunctionsInPython";

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

/** The same with many cases at once, which is quicker. */
export function nodeFunctions<O extends Operation>(operation: O, cases: readonly Case<O>[]): readonly Answer<O>[] {
  return callInPython(operation, cases);
}
