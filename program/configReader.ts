import { described, type ValidationError, shown, shownKey } from "../nova";

/** Reads one value of a stack's configuration; undefined where it is not given or is wrong, which is then among the validation errors. */
export type Reader<T> = (value: unknown, path: string, errors: ValidationError[]) => T | undefined;

/** Readers of objects and lists, which stand in a configuration as JSON; the others are of texts. */
const structured = new WeakSet();

/** Whether a reader is one of objects or lists. */
export function isStructured(reader: Reader<unknown>): boolean {
  return structured.has(reader);
}

function ofStructure<T>(reader: Reader<T>): Reader<T> {
  structured.add(reader);
  return reader;
}

/** A value of one kind: `convert` makes it of what stands in the configuration, or nothing where that is something else. */
function kind<T>(wanted: string, convert: (value: unknown) => T | undefined): Reader<T> {
  return (value, path, errors) => {
    const converted = convert(value);
    if (converted === undefined) {
      errors.push(wrongKind(value, path, wanted));
    }
    return converted;
  };
}

/**
 * Keys in whose values keys and passwords stand, in their own place or by a mistake of indentation in any other one. Of such a value messages say what it
 * is, such as a text, and never a part of it.
 */
const discreetKeys: readonly string[] = [
  ...["ssh", "sshPrivateKey", "sshPrivateKeyPassword", "proxy", "controllers", "computes"],
  ...["packageRepository", "webClient", "extraNovaOptions"],
];

function wrongKind(value: unknown, path: string, wanted: string): ValidationError {
  const [key = ""] = path.split(/[.[]/);
  const what = discreetKeys.includes(key) ? `It is ${described(value)}, and` : shown(value);
  const verb = discreetKeys.includes(key) ? "has to be" : "is not";
  return { path, reason: `${what} ${verb} ${wanted}. Pulumi.example.yaml shows how to write it.` };
}

/** The validation error of a configuration key that holds no JSON though it has to: of the text, which can be a secret, nothing is shown. */
export function notStructured(path: string): ValidationError {
  const reason =
    "It is neither an object nor a list, or cannot be parsed as one. Set its parts one by one with `pulumi config set --path`, or write it as in Pulumi.example.yaml.";
  return { path, reason };
}

/** A text. A number or truth value, which YAML makes of unquoted ones, is taken as it was written. */
export const text = kind("a text", (value) =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined,
);

/** A text that is a secret: never shown, whatever it is. */
export const secret: Reader<string> = (value, path, errors) => {
  if (typeof value !== "string") {
    errors.push({ path, reason: "It is not a text. Pulumi.example.yaml shows how to write it." });
    return undefined;
  }
  return value;
};

/** A whole number, also as a text. */
export const number = kind("a whole number", (value) => (/^-?\d+$/.test(String(value)) ? Number(value) : undefined));

/** `true` or `false`, also as a text. */
export const flag = kind("true or false", (value) =>
  String(value) === "true" ? true : String(value) === "false" ? false : undefined,
);

/** One of the values of an enum. */
export function oneOf<T extends string>(values: Readonly<Record<string, T>> | readonly T[]): Reader<T> {
  const choices = Object.values(values);
  return kind(`one of ${choices.join(", ")}`, (value) => choices.find((choice) => choice === value));
}

/** A list. Where an item is wrong the list is shorter, and there is a validation error. */
export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  const items = kind("a list", (value) => (Array.isArray(value) ? (value as unknown[]) : undefined));
  return ofStructure((value, path, errors) =>
    items(value, path, errors)?.flatMap((part, index) => item(part, `${path}[${index}]`, errors) ?? []),
  );
}

/** An object with keys of the user's own. */
export function record<T>(item: Reader<T>): Reader<Readonly<Record<string, T>>> {
  const parts = kind("an object", asObject);
  return ofStructure((value, path, errors) => {
    const read = Object.entries(parts(value, path, errors) ?? {}).flatMap(([key, part]) => {
      const converted = item(part, `${path}["${shownKey(key)}"]`, errors);
      return converted === undefined ? [] : [[key, converted] as const];
    });
    return Object.fromEntries(read);
  });
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
  const parts = kind(`an object with the keys ${keys.join(", ")}`, asObject);
  return ofStructure((value, path, errors) => {
    const before = errors.length;
    const whole = parts(value, path, errors);
    if (whole === undefined) {
      return undefined;
    }
    const given = new Map(Object.entries(whole).filter(([, part]) => part != null));
    const unknown = [...given.keys()].filter((key) => !keys.includes(key));
    const reason = `No such key. ${path} has the keys ${keys.join(", ")}.`;
    errors.push(...unknown.map((key) => ({ path: `${path}.${shownKey(key)}`, reason })));
    errors.push(...required.filter((key) => !given.has(key)).map((key) => missing(`${path}.${key}`)));
    const read = Object.entries<Reader<unknown>>(fields).flatMap(([key, field]) =>
      given.has(key) ? [[key, field(given.get(key), `${path}.${key}`, errors)] as const] : [],
    );
    return errors.length > before ? undefined : (Object.fromEntries(read) as Partial<T> & Pick<T, K>);
  });
}

/** The validation error of a key that has to be there and is not. */
export function missing(path: string): ValidationError {
  return { path, reason: "It is missing. Pulumi.example.yaml says what it is." };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
