import { type Fault, shown } from "../nova";

/** Reads one value of a stack's configuration; undefined where it is not given or is wrong, which is then among the faults. */
export type Reader<T> = (value: unknown, path: string, faults: Fault[]) => T | undefined;

/** A text. A number or truth value, which YAML makes of unquoted ones, is taken as it was written. */
export const text: Reader<string> = (value, path, faults) =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : wrong(value, path, faults, "a text");

/** A whole number, also as a text. */
export const number: Reader<number> = (value, path, faults) =>
  /^-?\d+$/.test(String(value)) ? Number(value) : wrong(value, path, faults, "a whole number");

/** `true` or `false`, also as a text. */
export const flag: Reader<boolean> = (value, path, faults) =>
  value === true || value === "true"
    ? true
    : value === false || value === "false"
      ? false
      : wrong(value, path, faults, "true or false");

/** One of the values of an enum. */
export function oneOf<T extends string>(values: Readonly<Record<string, T>>): Reader<T> {
  const choices = Object.values(values);
  return (value, path, faults) =>
    choices.find((choice) => choice === value) ?? wrong(value, path, faults, `one of ${choices.join(", ")}`);
}

/** A list. */
export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value, path, faults) =>
    Array.isArray(value)
      ? value.flatMap((part: unknown, index) => item(part, `${path}[${index}]`, faults) ?? [])
      : wrong(value, path, faults, "a list");
}

/** An object with keys of the user's own. */
export function record<T>(item: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value, path, faults) =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).flatMap(([key, part]) => {
            const read = item(part, `${path}["${key}"]`, faults);
            return read === undefined ? [] : [[key, read] as const];
          }),
        )
      : wrong(value, path, faults, "an object");
}

/**
 * An object with these keys and no others, so that a misspelt one is not passed over.
 *
 * @param required the keys that have to be there
 */
export function object<T extends object, K extends keyof T = never>(
  fields: { readonly [key in keyof T]-?: Reader<T[key] & {}> },
  required: readonly (K & string)[] = [],
): Reader<Partial<T> & Pick<T, K>> {
  const keys = Object.keys(fields);
  return (value, path, faults) => {
    if (!isObject(value)) {
      return wrong(value, path, faults, `an object with the keys ${keys.join(", ")}`);
    }
    const before = faults.length;
    for (const key of Object.keys(value).filter((key) => !keys.includes(key))) {
      faults.push({ path: `${path}.${key}`, reason: `No such key. ${path} has the keys ${keys.join(", ")}.` });
    }
    for (const key of required.filter((key) => value[key] === undefined || value[key] === null)) {
      faults.push({ path: `${path}.${key}`, reason: "It is missing. Pulumi.example.yaml says what it is." });
    }
    const entries = Object.entries<Reader<unknown>>(fields).flatMap(([key, read]) => {
      const given = value[key];
      return given === undefined || given === null ? [] : [[key, read(given, `${path}.${key}`, faults)] as const];
    });
    return faults.length > before ? undefined : (Object.fromEntries(entries) as Partial<T> & Pick<T, K>);
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(value: unknown, path: string, faults: Fault[], wanted: string): undefined {
  faults.push({ path, reason: `${shown(value)} is not ${wanted}. Pulumi.example.yaml shows how to write it.` });
  return undefined;
}
