import * as pulumi from "@pulumi/pulumi";
import type { Checked, Fault } from "../nova";
import { withoutFrames } from "./stackTraces";

/**
 * Stops the program with one error that lists every fault. A `RunError`, of which the engine shows the message alone.
 *
 * @param subject what the arguments belong to, such as `SpiceConsole "cloud"`
 * @throws RunError where there are faults
 */
export function rejectFaults(subject: string, faults: readonly Fault[]): void {
  if (faults.length > 0) {
    const count = faults.length === 1 ? "1 argument is" : `${faults.length} arguments are`;
    const list = faults.map(({ path, reason }) => `  ${path}: ${reason}`);
    throw withoutFrames(
      new pulumi.RunError([`${subject}: ${count} wrong, and nothing was changed.`, ...list].join("\n")),
    );
  }
}

/** The checked value. @throws RunError where it has faults */
export function accept<T>(subject: string, checked: Checked<T>): T {
  rejectFaults(subject, checked.faults);
  return checked.value as T;
}
