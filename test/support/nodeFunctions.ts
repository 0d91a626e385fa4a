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

/** One run of {@link Operations}' `obsolete-options/runs`. */
export type ObsoleteOptionsStep =
  | { readonly do: "converge"; readonly obsoleteOptions: "remove" | "" }
  | { readonly do: "edit"; readonly withoutLinesOf: string }
  | { readonly do: "revert" };

/** Texts are latin1: each character is a byte. */
interface Operations {
  /** What libvirt is at, with one guest `guest`, by what virsh answers. */
  "libvirt/work": [{ guest: string; domstate: string; domjobinfo: string; blockjob: string }, readonly string[]];
  /** The PEM file of a document's key and certificate; an empty text where the fingerprint is asked of a file without a certificate. */
  "certificate/pem": [{ key: string; certificate: string }, string];
  "certificate/fingerprint": [{ pem: string }, string];
  /** Whether TLS may end before the proxy of this Nova, on the controller control-1. */
  "tls/ends-before": [{ version: string }, Checked];
  /** The units that are restarted once TLS is taken back: noVNC, by when TLS came and when noVNC started, in seconds. */
  "tls/restart-novnc": [{ since: string; started: string; declared: boolean }, readonly string[]];
  /** A run is ended when its record is written, and its journal gone: what it says, and what is left in the role's folder. */
  "transaction/ended-when-recorded": [Record<string, never>, { said: readonly string[]; left: readonly string[] }];
  "obsolete-options/table": [
    Record<string, never>,
    readonly { role: string; key: string; since: number; beside: string }[],
  ];
  /** The obsolete options of a compute's nova.conf. */
  "obsolete-options/told": [
    { release: number; declared: Readonly<Record<string, string>>; conf: string },
    readonly string[],
  ];
  /** spice/keymap becomes a comment and a key again: its states, and the file as it was between and in the end. */
  "obsolete-options/there-and-back": [
    { conf: string },
    { states: readonly string[]; commented: string; after: string; stateOfAbsent: string },
  ];
  /** Transactions of a compute that declares vnc/enabled = true: of each, what it told, restarted and kept, and nova.conf then. */
  "obsolete-options/runs": [
    { conf: string; steps: readonly ObsoleteOptionsStep[] },
    readonly {
      told: readonly string[];
      restarts: readonly string[];
      kept: readonly string[];
      conf: string;
      recordedObsoleteOptions: number;
      asPlanned: boolean;
    }[],
  ];
  "secure-channels/check": [{ value: string; qemuConf: string }, Checked];
  /**
   * A transaction that declares options, then a stranger's lines at the file's end, then its undo. `told` has whatever went wrong: an error, a plan that is
   * not empty after the transaction, something that was kept.
   */
  "nova.conf/put-and-undo": [
    { conf: string; declared: readonly { option: string; encoded: string }[]; edit: string },
    { told: string; after: string; undone: string },
  ];
  /** `TABLE CHAIN HANDLE` of each chain that could refuse. */
  "nftables/refusing-chains": [{ ruleset: string }, readonly string[]];
  /** The number of INPUT's first rule that could refuse; empty: none does. */
  "iptables/first-refusal": [{ save: string }, string];
  /** What nftables.service loads: names of files, what a message calls them, which has a chain, the text of all. PWD in files is their folder. */
  "nftables/files": [
    { files: Readonly<Record<string, string>>; load: string; chains: readonly string[] },
    {
      roots: readonly string[];
      files: readonly string[];
      text: string;
      places: readonly string[];
      whole: readonly string[];
    },
  ];
  /** Our rule for a source, by a way of the recipe: as iptables has it, as people read it (of itself, of its listing), as iptables' words. */
  "iptables/rule": [
    { source: string; port: number; recipe: string },
    { rule: string; texts: readonly string[]; words: readonly string[] },
  ];
  /** The rules of others among these that accept a port of the range, where one source is declared and a rule of ufw's is recorded. */
  "firewall/accepting-rules": [
    { rules: string; ports: string; source: string; recordedUfw: string },
    readonly string[],
  ];
  "firewalld/zones": [{ source: string; listing: string }, readonly string[]];
  /** Our rule in a zone's file: `has` gives `yes` or nothing, the others the file. */
  "firewalld/file": [{ verb: "has" | "with" | "without"; file: string; source: string; port: number }, string];
  "ufw/state": [{ file: string; source: string; port: number; text: string }, string];
  /** Lines `install NAME VERSION`, `harm NAME (WHY)`. */
  "dnf/simulated": [{ output: string }, readonly string[]];
  "dnf/reason": [{ output: string }, string];
  /** yum is asked to simulate, and says `output` with `status`: how that counts, 0 as done, 200 as locked, 1 as failed; and what it was asked. */
  "dnf/simulate": [
    { status: number; output: string; wanted: readonly string[]; packages: readonly string[]; rounds?: number },
    { counts: number; asked: readonly string[] },
  ];
  /** yum installs, and does not end within a second. */
  "dnf/hangs": [Record<string, never>, { said: string; counts: number }];
  /** The platform's name; empty: none that is known. */
  "platform/find": [{ id: string; version: string }, string];
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

/** The same with many cases at once, which is quicker. @throws Error also where both programs are to be compared, and differ */
export function nodeFunctions<O extends Operation>(operation: O, cases: readonly Case<O>[]): readonly Answer<O>[] {
  return callInPython(operation, cases);
}
