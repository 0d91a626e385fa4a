/**
 * A text as one word of a POSIX shell's command line: the shell hands it on exactly as it is.
 *
 * Words of harmless characters stay as they are, so that command lines read well; all others are single-quoted.
 */
export function shellQuote(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
