import * as pulumi from "@pulumi/pulumi";
import type { Checked, ValidationError } from "../../nova";

/**
 * The same error, which the engine shows as its message alone: where the error is in the input, the place in the code does not help.
 *
 * - Without frames, and so it ends a program at once even where {@link repairStackTraces} was not called. Of an error that comes once the program itself is
 *   through, as where an output is waited for, the engine's library shows the stack in place of the message.
 * - Without what that library writes before the message, in the same error, for each property of a resource that waits for it (`error serializing property
 *   "stdin": `, in its runtime/rpc.js): what is written to it is dropped.
 *
 * @returns `error` itself
 */
export function messageAlone<E extends Error>(error: E): E {
  const { message } = error;
  error.stack = message;
  return Object.defineProperty(error, "message", { get: () => message, set: () => undefined });
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
    throw messageAlone(new pulumi.RunError([`${subject}: ${count} wrong, and ${outcome}.`, ...list].join("\n")));
  }
}

/** The checked value of arguments that may become known late, when other nodes have been converged. @throws RunError where it has validation errors */
export function accept<T>(subject: string, checked: Checked<T>): T {
  rejectValidationErrors(subject, checked.errors, notReached);
  return checked.value as T;
}

/** For arguments that become known late, when other nodes may have been converged already. */
export const notReached = "the nodes that it concerns were not reached";
