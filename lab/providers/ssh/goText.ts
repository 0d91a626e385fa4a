/** Text as Go writes it: what the official plugin's messages are made with. */
import { posix } from "node:path";

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** `text` as Go's `%q` prints it: double quotes, escapes, printable characters of any script as they are. */
export function goQuote(text: string): string {
  const quoted = Array.from(text, (character) => {
    const escape = ESCAPES[character];
    if (escape !== undefined) {
      return escape;
    }
    // Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space.
    if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) {
      return character;
    }
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) {
      return `\\x${code.toString(16).padStart(2, "0")}`;
    }
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return `"${quoted.join("")}"`;
}

/** The folder a path is in, as Go's `filepath.Dir`: all up to the last slash, so `Dir("a/b/")` is `a/b`. */
export function goDir(path: string): string {
  return goClean(path.slice(0, path.lastIndexOf("/") + 1));
}

/** The last element of a path, as Go's `filepath.Base`: `Base("a/b/")` is `b`. */
export function goBase(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  return trimmed === "" ? (path === "" ? "." : "/") : trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/** A path without a trailing slash, `.` and `..`, as Go's `filepath.Clean`. */
export function goClean(path: string): string {
  const clean = posix.normalize(path).replace(/(?<=.)\/$/, "");
  return clean === "" ? "." : clean;
}
