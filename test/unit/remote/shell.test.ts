import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellQuote } from "../../../remote/shell";

/** What a shell makes of words: printed back, byte for byte. */
function throughShell(shell: string, words: readonly string[]): readonly string[] {
  const command = `printf '%s\\0' ${words.map(shellQuote).join(" ")}`;
  const { stdout, status } = spawnSync(shell, ["-c", command], { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout.split("\0").slice(0, -1);
}

/** Any text that a command line can hold: no NUL. */
const words = fc.string({ unit: "grapheme", maxLength: 40 }).filter((word) => !word.includes("\0"));
const nastyWords = fc.stringMatching(/^['"\\$`!*?~#&|;<>(){}[\]\n\t -]{0,30}$/);
/** Thirty in one command line: a shell for each would take most of the test's time. */
const manyWords = fc.array(fc.oneof(words, nastyWords), { minLength: 30, maxLength: 30 });

describe("shellQuote", () => {
  it.each(["sh", "bash"])("survives %s, whatever the text", (shell) => {
    fc.assert(
      fc.property(manyWords, (texts) => {
        expect(throughShell(shell, texts)).toEqual(texts);
      }),
      { numRuns: 10 },
    );
  });

  it("leaves harmless words as they are", () => {
    expect(shellQuote("vnc-proxy-retirement")).toBe("vnc-proxy-retirement");
    expect(shellQuote("")).toBe("''");
    expect(shellQuote("it's")).toBe("'it'\\''s'");
  });
});
