import * as pulumi from "@pulumi/pulumi";
import type { Checked, ValidationError } from "../../nova";
import { accept } from "../validation/errors";

/** Whether a value is known while the program runs: no output and no promise is anywhere in it. */
export function isPlain<T>(value: pulumi.Input<T>): value is T & pulumi.Unwrap<T> {
  if (isLate(value)) {
    return false;
  }
  return typeof value !== "object" || value === null || Object.values(value).every((part) => isPlain(part as unknown));
}

/** Whether a value is an output or a promise. */
export function isLate(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Arguments without the members that are null, as those of a stack's configuration can be: they count as left out. */
export function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) {
    return value.map((item: unknown) => withoutNulls(item)) as T;
  }
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return value;
  }
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member as unknown)])) as T;
}

/** Computes from a value at once where it is known, so that an error in it stops the program before anything is registered; else once it is known. */
export function derive<T, R>(value: T, compute: (known: pulumi.Unwrap<T>) => R): pulumi.Input<R> {
  return isPlain(value) ? compute(value) : pulumi.output(value).apply(compute);
}

/** Settings as far as they are known. */
export interface Known<T> {
  /** The settings, with `undefined` in the place of each value that is not known. */
  readonly values: pulumi.Unwrap<T>;
  /** Whether all that stands at and below these paths is known; a path is keys with dots, such as `proxy.tls.certPem`, and the empty one is all. */
  readonly has: (...paths: readonly string[]) => boolean;
}

/** What is known of settings while the program runs. */
export function knownPart<T>(settings: T): Known<T> {
  const late: string[] = [];
  const walk = (value: unknown, path: string): unknown => {
    if (isLate(value)) {
      late.push(path);
      return undefined;
    }
    if (Array.isArray(value)) {
      return value.map((item, index) => walk(item, `${path}.${index}`));
    }
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, walk(part, `${path}.${key}`)]))
      : value;
  };
  const values = walk(settings, "") as pulumi.Unwrap<T>;
  const has = (...paths: readonly string[]) =>
    !late.some((path) => paths.some((asked) => asked === "" || `${path}.`.startsWith(`.${asked}.`)));
  return { values, has };
}

/** What comes of settings. */
interface Outcome<R> {
  /** What is wrong with them, as far as they are known. */
  readonly errors: readonly ValidationError[];
  /** What is made of them, at once or once they are known. To be asked for where there are no errors. @throws RunError, in an output, where one shows late */
  readonly value: () => pulumi.Input<R>;
}

/**
 * Makes something of settings of which some may become known late: what is known is checked at once, all of it once it is known.
 *
 * @param subject what the settings belong to, as errors that show late name it
 * @param make has no value where not all is known, or where something is wrong
 */
export function outcomeOf<T, R>(
  subject: string,
  settings: T,
  make: (settings: Known<T>) => Pick<Checked<R>, "errors"> & { readonly value: R | undefined },
): Outcome<R> {
  const { errors, value } = make(knownPart(settings));
  const late = () =>
    pulumi.output(settings).apply((all) => {
      const made = make(knownPart(all) as Known<T>);
      return accept(subject, made as Checked<R>);
    });
  return { errors, value: () => value ?? late() };
}
