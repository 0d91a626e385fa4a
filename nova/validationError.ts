import { limits } from "../contract";

/**
 * One thing that is wrong with what the user gave. Nothing in `nova/` throws: every check returns all the validation errors it found, so that a user sees
 * them in one go and nothing has been touched.
 */
export interface ValidationError {
  /** Where the value stands in the arguments, such as `computes[2].serverProxyclientAddress`. */
  readonly path: string;
  /** The value, the rule it breaks and the remedy, in one or two sentences. */
  readonly reason: string;
}

/** A value together with what is wrong with it: `value` is undefined exactly where there is a validation error. */
export type Checked<T> =
  | { readonly value: T; readonly errors: readonly [] }
  | { readonly value: undefined; readonly errors: readonly ValidationError[] };

/** A value without validation errors. */
export function valid<T>(value: T): Checked<T> {
  return { value, errors: [] };
}

/** No value, because of these validation errors. */
export function invalid<T>(...errors: readonly ValidationError[]): Checked<T> {
  return { value: undefined, errors };
}

/** The longest text that a message quotes in full. */
const longestShown = 120;

/**
 * A user's value as it appears in a message: quoted, with control and non-ASCII characters escaped, long ones cut.
 *
 * Only for values that cannot be a secret. Still, a secret that was pasted in their place is not quoted: what has several lines, or looks like a key, a
 * long token or a URL with a password, is described; and of objects and lists only that they are one.
 */
export function shown(value: unknown): string {
  if (typeof value !== "string" || looksSecret(value)) {
    const what = described(value);
    return typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : what.charAt(0).toUpperCase() + what.slice(1);
  }
  const ascii = JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return ascii.length <= longestShown ? ascii : `${ascii.slice(0, longestShown - 4)}...${ascii.slice(-1)}`;
}

/** What a value is, without any of it: `a text of 3 lines`. For values that can be a secret, or can have one in them. */
export function described(value: unknown): string {
  if (typeof value === "string") {
    const lines = value.replace(/\n$/, "").split("\n").length;
    return value === "" ? "an empty text" : lines > 1 ? `a text of ${lines} lines` : "a text";
  }
  if (value === null || value === undefined) {
    return "nothing";
  }
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Whether a text may be a secret: text of several lines, a key, credentials in a URL or before a host, a long token. */
function looksSecret(text: string): boolean {
  return /\n.*\S|-----BEGIN|PRIVATE KEY|PuTTY|[^\s/]*:[^\s/]*@|[A-Za-z\d+=_-]{40}|[A-Za-z\d+/=_-]{60}/.test(text);
}

/**
 * A key of the user's own as it stands in the path of a validation error: as it is where it looks like a key, else not shown, since a misplaced colon or
 * quote makes a key of whatever stands before it.
 */
export function shownKey(key: string): string {
  return /^[\w./-]{1,64}$/.test(key) && !looksSecret(key) ? key : "(a key that is no name)";
}

/**
 * The validation error of a word that is not a known one; none where there is no word.
 *
 * @param rule what is said of another one, as in "is no preset"
 */
export function checkWord(
  word: string | undefined,
  known: readonly string[],
  path: string,
  rule: string,
): readonly ValidationError[] {
  return word === undefined || known.includes(word)
    ? []
    : [{ path, reason: `${shown(word)} is ${rule}. Give one of ${known.join(", ")}.` }];
}

/**
 * Validation errors of a list of words, each of which is to be a known one and there once.
 *
 * @param path where the list stands in the arguments
 * @param what as in "is no tool that is looked for"
 */
export function checkWords(
  words: readonly string[],
  known: readonly string[],
  path: string,
  what: string,
): readonly ValidationError[] {
  return words.flatMap((word, index) => {
    const at = `${path}[${index}]`;
    const errors = checkWord(word, known, at, `no ${what}`);
    return errors.length > 0 || words.indexOf(word) === index
      ? errors
      : [{ path: at, reason: `${shown(word)} is there twice. Take one out.` }];
  });
}

/**
 * The validation error of a value of which a node does not take as much; it has nothing of the value, which may be a secret.
 *
 * @param size its characters, or its blocks
 * @param subject what has them
 */
export function checkSize(
  size: number,
  limit: keyof typeof limits,
  path: string,
  subject = "It has",
): readonly ValidationError[] {
  const [unit, remedy] = limit === "sources" ? ["blocks", "Join some to larger ones."] : ["characters", "Shorten it."];
  return size <= limits[limit]
    ? []
    : [{ path, reason: `${subject} ${size} ${unit}, and a node takes at most ${limits[limit]}. ${remedy}` }];
}
