/**
 * A tar archive of text files, by name: the same bytes wherever it is made. Format: POSIX.1-1988 ustar; owner root, mode 0600, no times.
 *
 * @returns ASCII text, NUL among its characters
 * @throws Error where a file's name is too long for the format, or anything in it is not ASCII
 */
export function tar(files: ReadonlyMap<string, string>): string {
  return [...files].map(([name, text]) => member(name, text)).join("") + "\0".repeat(2 * BLOCK);
}

const BLOCK = 512;

function member(name: string, text: string): string {
  if (name.length > 99) {
    throw new Error(`${name} has a name that is too long for a tar archive.`);
  }
  const strange = /[^\0-\x7f]/.exec(name + text)?.[0];
  if (strange !== undefined) {
    throw new Error(`${name} has the character '${strange}', which is not ASCII.`);
  }
  return header(name, text.length) + text + "\0".repeat((BLOCK - (text.length % BLOCK)) % BLOCK);
}

function header(name: string, size: number): string {
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`;
  const before = [
    name.padEnd(100, "\0"),
    octal(0o600, 8),
    octal(0, 8),
    octal(0, 8),
    octal(size, 12),
    octal(0, 12),
  ].join("");
  const after = [
    "0",
    "\0".repeat(100),
    "ustar\0",
    "00",
    "root".padEnd(32, "\0"),
    "root".padEnd(32, "\0"),
    octal(0, 8),
    octal(0, 8),
  ]
    .join("")
    .padEnd(BLOCK - 156, "\0");
  // The sum of the header's bytes, with blanks where the sum itself is.
  const sum = Buffer.from(`${before}${" ".repeat(8)}${after}`, "latin1").reduce((total, byte) => total + byte, 0);
  return `${before}${sum.toString(8).padStart(6, "0")}\0 ${after}`;
}
