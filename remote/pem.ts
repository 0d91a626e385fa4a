/** One block of a PEM text. */
export interface PemBlock {
  readonly label: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Buffer;
}

const begin = "-----BEGIN ";

const end = "\n-----END ";

const dashes = "-----";

/**
 * The first PEM block of a text, exactly as Go's `encoding/pem` finds it, which is what the `command` provider reads private keys with: the first and the
 * last line begin at the beginning of a line and end in dashes, and what is between them is base64, with blanks and line breaks anywhere.
 *
 * @returns undefined where Go finds none
 */
export function decodePem(text: string): PemBlock | undefined {
  // Each try begins behind the last one's first line, so this ends.
  for (let start = firstBlock(text, 0); start !== undefined; start = firstBlock(text, start)) {
    const block = blockAt(text, start);
    if (block !== undefined) {
      return block;
    }
  }
  return undefined;
}

/** Where the label of the next block begins, from `offset` on. */
function firstBlock(text: string, offset: number): number | undefined {
  if (offset === 0 && text.startsWith(begin)) {
    return begin.length;
  }
  const found = text.indexOf(`\n${begin}`, offset);
  return found === -1 ? undefined : found + 1 + begin.length;
}

function blockAt(text: string, start: number): PemBlock | undefined {
  const first = lineAt(text, start);
  if (!first.line.endsWith(dashes)) {
    return undefined;
  }
  const label = first.line.slice(0, -dashes.length);
  const headers = new Map<string, string>();
  let body = first.next;
  for (let header = lineAt(text, body); header.line.includes(":"); header = lineAt(text, body)) {
    const colon = header.line.indexOf(":");
    headers.set(header.line.slice(0, colon).trim(), header.line.slice(colon + 1).trim());
    body = header.next;
  }
  const isEmpty = headers.size === 0 && text.startsWith(end.slice(1), body);
  const bodyEnd = isEmpty ? body : text.indexOf(end, body);
  if (bodyEnd === -1) {
    return undefined;
  }
  const last = lineAt(text, bodyEnd + end.length - (isEmpty ? 1 : 0)).line;
  const base64 = text.slice(body, bodyEnd).replace(/[ \t\r\n]/g, "");
  return last === `${label}${dashes}` && isBase64(base64)
    ? { label, headers, bytes: Buffer.from(base64, "base64") }
    : undefined;
}

/** A line without the blanks at its end, and where the next one begins. */
function lineAt(text: string, start: number): { readonly line: string; readonly next: number } {
  const found = text.indexOf("\n", start);
  const stop = found === -1 ? text.length : found;
  const line = text.slice(start, stop).replace(/\r$/, "");
  return { line: line.replace(/[ \t]+$/, ""), next: found === -1 ? text.length : found + 1 };
}

/** Whether a text is base64 with its padding, which Node.js does not ask for. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(text);
}
