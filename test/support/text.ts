/** Texts for properties that hold whatever the text. */
import * as fc from "fast-check";

/**
 * Any character of Unicode, ASCII as often as all others. Not fast-check's `unit: "binary"`, which makes a table of all of them before the first text: a
 * second in each test file.
 */
export const anyCharacter: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCodePoint(code)),
  // Without the surrogates, which are no characters by themselves.
  fc
    .integer({ min: 0x80, max: 0x10ffff - 0x800 })
    .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800)),
);

/** Any text. */
export function anyText(
  length: { readonly minLength?: number; readonly maxLength?: number } = {},
): fc.Arbitrary<string> {
  return fc.string({ unit: anyCharacter, ...length });
}
