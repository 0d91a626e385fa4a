import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goBase, goDir, goQuote } from "../../lab/providers/ssh/goText";
import { anyText } from "../support/text";

/** The strings that Go's `%q` stands for, read back by Go's rules. */
function unquote(quoted: string): string {
  const escapes: Record<string, string> = {
    a: "\x07",
    b: "\b",
    f: "\f",
    n: "\n",
    r: "\r",
    t: "\t",
    v: "\v",
    "\\": "\\",
    '"': '"',
  };
  return quoted
    .slice(1, -1)
    .replace(/\\(?:x(..)|u(....)|U(........)|(.))/g, (_, ...[x, u, long, letter]: (string | undefined)[]) =>
      letter === undefined ? String.fromCodePoint(parseInt(x ?? u ?? long ?? "", 16)) : (escapes[letter] ?? "?"),
    );
}

describe("text as Go writes it", () => {
  it("quotes any text so that it can be read back, in one printable line", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const quoted = goQuote(text);
        expect(unquote(quoted)).toBe(text);
        expect(quoted).toMatch(/^"[\p{L}\p{M}\p{N}\p{P}\p{S} ]*"$/u);
      }),
    );
  });

  it.each([
    ["plain é 漢 \u{1F600}", '"plain é 漢 \u{1F600}"'],
    ['say "hi" \\ $HOME', String.raw`"say \"hi\" \\ $HOME"`],
    ["\0\x07\b\t\n\v\f\r\x1b\x7f", String.raw`"\x00\a\b\t\n\v\f\r\x1b\x7f"`],
    ["\u0080\u00a0\u200b\ufeff\u{e0001}", String.raw`"\u0080\u00a0\u200b\ufeff\U000e0001"`],
  ])("quotes %j as Go 1.26 printed it", (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });

  it.each([
    ["a/b", "a", "b"],
    ["a/b/", "a/b", "b"],
    ["b", ".", "b"],
    ["/b", "/", "b"],
    ["a//b/../c", "a", "c"],
    ["/", "/", "/"],
    ["", ".", "."],
  ])("finds folder and name of %j as Go 1.26 did", (path, folder, name) => {
    expect([goDir(path), goBase(path)]).toEqual([folder, name]);
  });
});
