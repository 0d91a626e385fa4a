import * as pulumi from "@pulumi/pulumi";

/** Whether a value is known while the program runs: no output and no promise is anywhere in it. */
export function isPlain<T>(value: pulumi.Input<T>): value is T & pulumi.Unwrap<T> {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return false;
  }
  return typeof value !== "object" || value === null || Object.values(value).every((part) => isPlain(part as unknown));
}

/** Computes from a value at once where it is known, so that a validation error in it stops the program before anything is registered; else once it is known. */
export function derive<T, R>(value: T, compute: (known: pulumi.Unwrap<T>) => R): pulumi.Input<R> {
  return isPlain(value) ? compute(value) : pulumi.output(value).apply(compute);
}
