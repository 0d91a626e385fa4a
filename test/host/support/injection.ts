import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type HostProgram, archive, nodeFiles } from "../../../remote/program";

/**
 * The node program with something that happens in it: at a chosen point, which cannot be timed from outside, or with other limits. No test knows what the
 * program calls its functions: the names here are mapped by test/node/testing/points.py.
 */

const program = resolve(__dirname, "../../../node");
/** What the test build has beside the program. */
const testing = resolve(__dirname, "../../node/testing");

/** The points, by what the program does there. A function's end is `after`. */
export type Point =
  /** A run that converges, all of it. */
  | "converge"
  /** All checks before the plan; the one for other managers of the node; the one of the plan, which is the last. */
  | "checks"
  | "check-managers"
  | "check-plan"
  /** The transaction begins: its journal, the watchdog, the node's own command. */
  | "open-journal"
  | "write-launcher"
  /** One change: it is journaled, then made. */
  | "change"
  | "journal"
  /** One change is made or taken back. */
  | "transition"
  /** An edited file is published; the last step of that for nova.conf; a new configuration file is written. */
  | "replace-file"
  | "publish-nova-conf"
  | "create-file"
  /** A unit gets another state; a unit is started or restarted, $UNIT. */
  | "set-unit"
  | "bring-up"
  | "install-packages"
  | "remove-packages"
  /** The unit of closed ports is written. */
  | "ports-unit-text"
  /** The role does what it is for; its page is served. */
  | "verify"
  | "verify-page"
  /** The end of a transaction: its record is made and put in its place, and the journal removed. */
  | "commit"
  | "record"
  | "remove-journal"
  | "disarm-watchdog"
  /** The way back. */
  | "undo";

/** What becomes of the program at a point. */
export type Then =
  /** It is killed, with the part of it that is at the point. */
  | "kill"
  /** It gets SIGTERM. */
  | "terminate"
  /** It ends with `passed` and status 0. */
  | "end"
  /** The node goes down in the order that systemd has for it; the program stays at its step until it is asked to end. */
  | "reboot"
  /** The clock that it could count its seconds by is set back. */
  | "set its seconds back"
  /** The clock is set back by a day, for the program and all it runs; needs the node's package faketime. */
  | "set the clock back";

/** Something that happens at a point. */
export interface At {
  readonly point: Point;
  /** `during` is for `install-packages`: while dpkg is at work. */
  readonly when: "before" | "after" | "during";
  /** At which of its calls. @default 1 */
  readonly count?: number | "each";
  /** Only in a run of this verb: where the record names the program, it also reverts. @default any */
  readonly verb?: "converge" | "revert";
  /**
   * Shell text that root runs on the node by `bash -c`, whatever it ends with. It has $VERB, the $PROGRAM_PID of the run and, at `bring-up`, $UNIT.
   */
  readonly run?: string;
  /** What becomes of the program then. @default it goes on */
  readonly then?: Then;
}

/** Limits of the program, in seconds. */
export type Limit =
  | "lockWait"
  | "serviceWait"
  | "settleTime"
  | "queueWait"
  | "probeWait"
  | "virshWait"
  | "aptLockWait"
  | "aptInstallWait"
  | "dnfLockWait"
  | "busyWait";

/** What does nothing: the watchdog that finishes killed runs; the check for files and variables that win over nova.conf. */
export type Part = "watchdog" | "layers";

/**
 * An operation of a run by its number: each change of the file system that is asked for, each look at it, each command. At number 0 nothing happens, and
 * /run/openstack-spice-points on the node has the list of them, a line `NUMBER KIND SUBJECT` each.
 */
export interface Numbered {
  readonly number: number;
  /** `fail`: an error of the disk, or a command that something killed. */
  readonly fault?: "EIO" | "ENOSPC" | "kill" | "fail";
  /** `both`: each run counts from 1. @default converge */
  readonly verb?: "converge" | "revert" | "both";
}

/** All that a test asks for. */
export interface Faults {
  readonly at?: readonly At[];
  readonly limits?: Readonly<Partial<Record<Limit, number>>>;
  readonly without?: readonly Part[];
  readonly numbered?: Numbered;
  /** What the program's fsync makes durable: nothing, or only the names in folders and not what is in files. @default all */
  readonly synced?: "nothing" | "folders";
  /**
   * A folder on the node with two named pipes. Each process of the program writes a line to `asked`, and waits for one from `answered`: once when it
   * starts, and after each name that it has given (`rename PATH`) or taken away (`unlink PATH`, `rmdir PATH`). Nothing where the folder is not there.
   */
  readonly announceNames?: string;
}

/**
 * The program in which that happens: its archive with the package `testing`, the plan of what happens, and another way in; the program's own is
 * in it too, unchanged, under another name.
 */
export function testProgram(faults: Faults): HostProgram {
  const files = new Map(nodeFiles(program));
  const main = "openstack_spice/__main__.py";
  files.set("openstack_spice/shipped_main.py", files.get(main) ?? "");
  files.set(main, readFileSync(join(testing, "entry.py"), "utf8"));
  for (const name of readdirSync(testing).filter((one) => one.endsWith(".py") && one !== "entry.py")) {
    files.set(`openstack_spice/testing/${name}`, readFileSync(join(testing, name), "utf8"));
  }
  files.set("openstack_spice/testing/plan.json", `${JSON.stringify(plan(faults))}\n`);
  return archive(files);
}

/** As test/node/testing/plan.py reads it. */
function plan({ at = [], limits = {}, without = [], ...inPythonOnly }: Faults) {
  return {
    at: at.map(({ count = 1, ...rest }) => ({ ...rest, count: count === "each" ? 0 : count })),
    limits: Object.fromEntries(
      Object.entries(limits).map(([name, seconds]) => [
        name.replace(/[A-Z]/g, (big) => `_${big.toLowerCase()}`),
        seconds,
      ]),
    ),
    without,
    ...inPythonOnly,
  };
}

/** Shell text that waits until a test has made this file on the node; a minute at most, so that a test that fails leaves no run behind. */
export function untilThere(file: string): string {
  return `for ((i = 0; i < 600; i++)); do [[ ! -e ${file} ]] || break; sleep 0.1; done`;
}
