import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellQuote } from "../../../host/shell";

/** What a shell makes of a word: printed back, byte for byte. */
function throughShell(shell: string, word: string): string {
  const { stdout, status } = spawnSync(shell, ["-c", `printf %s ${shellQuote(word)}`], { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout;
}

/** Any text that a command line can hold: no NUL. */
const words = fc.string({ unit: "grapheme", maxLength: 40 }).filter((word) => !word.includes("\0"));
const nastyWords = fc.stringMatching(/^['"\\$`!*?~#&|;<>(){}[\]\n\t -]{0,30}$/);

describe("shellQuote", () => {
  it.each(["sh", "bash"])("survives %s, whatever the text", (shell) => {
    fc.assert(
      fc.property(fc.oneof(words, nastyWords), (word) => {
        expect(throughShell(shell, word)).toBe(word);
      }),
      { numRuns: 150 },
    );
  });

  it("leaves harmless words as they are", () => {
    expect(shellQuote("vnc-proxy-retirement")).toBe("vnc-proxy-retirement");
    expect(shellQuote("")).toBe("''");
    expect(shellQuote("it's")).toBe("'it'\\''s'");
  });
});
