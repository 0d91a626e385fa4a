import * as pulumi from "@pulumi/pulumi";
import type { Checked, ValidationError } from "../../nova";

/**
 * The same error without frames, for errors whose message says all: where the error is in the input, the place in the code does
 * not help, and the error ends a program at once even where {@link repairStackTraces} was not called.
 *
 * @returns `error` itself
 */
export function withoutFrames<E extends Error>(error: E): E {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

/**
 * Stops the program with one error that lists every validation error. A `RunError`, of which the engine shows the message alone.
 *
 * @param subject what the arguments belong to, such as `SpiceConsole "cloud"`
 * @param outcome what that means for the nodes
 * @throws RunError where there are validation errors
 */
export function rejectValidationErrors(
  subject: string,
  errors: readonly ValidationError[],
  outcome = "nothing was changed on any node",
): void {
  if (errors.length > 0) {
    const count = errors.length === 1 ? "1 argument is" : `${errors.length} arguments are`;
    const list = errors.map(({ path, reason }) => `  ${path}: ${reason}`);
    throw withoutFrames(new pulumi.RunError([`${subject}: ${count} wrong, and ${outcome}.`, ...list].join("\n")));
  }
}

/** The checked value of arguments that may become known late, when other nodes have been converged. @throws RunError where it has validation errors */
export function accept<T>(subject: string, checked: Checked<T>): T {
  rejectValidationErrors(subject, checked.errors, notReached);
  return checked.value as T;
}

/** For arguments that become known late, when other nodes may have been converged already. */
export const notReached = "the nodes that it concerns were not reached";
