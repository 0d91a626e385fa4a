import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { invalid, shown, valid } from "../../../nova";

describe("shown", () => {
  it.each([
    ["plain", '"plain"'],
    ['with "quotes"', String.raw`"with \"quotes\""`],
    ["line\nbreak\u001b[31m", String.raw`"line\nbreak\u001b[31m"`],
    ["äöü\u2028", String.raw`"\u00e4\u00f6\u00fc\u2028"`],
    [["a", 1, true], '["a",1,true]'],
    [undefined, "undefined"],
    [Number.NaN, "null"],
  ])("writes %j as %s", (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it("is one printable line of at most 120 characters, whatever the value", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 400 }), fc.jsonValue()), (value) => {
        expect(shown(value)).toMatch(/^[\x20-\x7e]{1,120}$/);
      }),
    );
  });

  it("shows that a long value goes on", () => {
    expect(shown("a".repeat(119))).toBe(`"${"a".repeat(115)}..."`);
    expect(shown("a".repeat(118))).toBe(`"${"a".repeat(118)}"`);
  });
});

describe("Checked", () => {
  it("has a value or faults, never both", () => {
    const fault = { path: "a", reason: "b" };
    expect(valid(1)).toEqual({ value: 1, faults: [] });
    expect(invalid(fault)).toEqual({ value: undefined, faults: [fault] });
  });
});
