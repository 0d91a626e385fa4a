import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { invalid, shown, shownKey, valid } from "../../../nova";
import { anyText } from "../../support/text";

describe("shown", () => {
  it.each([
    ["plain", '"plain"'],
    ['with "quotes"', String.raw`"with \"quotes\""`],
    ["line\u001b[31m\n", String.raw`"line\u001b[31m\n"`],
    ["line\nbreak\u001b[31m", "A text of 2 lines"],
    ["-----BEGIN OPENSSH PRIVATE KEY-----", "A text"],
    ["ops:hunter2@192.0.2.1", "A text"],
    ["https://user:hunter2@example.org/", "A text"],
    ["PuTTY-User-Key-File-3: ssh-ed25519", "A text"],
    ["b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ", "A text"],
    ["/etc/nova/a/rather/long/path/of/a/certificate.pem", '"/etc/nova/a/rather/long/path/of/a/certificate.pem"'],
    ["äöü\u2028", String.raw`"\u00e4\u00f6\u00fc\u2028"`],
    [["a", 1, true], "A list"],
    [{ password: "hunter2" }, "An object"],
    [undefined, "Nothing"],
    [Number.NaN, "NaN"],
    [true, "true"],
  ])("writes %j as %s", (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it("is one printable line of at most 120 characters, whatever the value", () => {
    fc.assert(
      fc.property(fc.oneof(anyText({ maxLength: 400 }), fc.jsonValue()), (value) => {
        expect(shown(value)).toMatch(/^[\x20-\x7e]{1,120}$/);
      }),
    );
  });

  it("shows that a long value goes on", () => {
    expect(shown("a ".repeat(60))).toBe(`"${"a ".repeat(60).slice(0, 115)}..."`);
    expect(shown("a ".repeat(59))).toBe(`"${"a ".repeat(59)}"`);
  });
});

describe("shownKey", () => {
  it("shows what looks like a key, and nothing else", () => {
    expect(["baseurl", "spice/keymap", "a.b-c"].map(shownKey)).toEqual(["baseurl", "spice/keymap", "a.b-c"]);
    const secrets = ["-----BEGIN PRIVATE KEY-----", "my pass phrase", "x".repeat(40), "", "p\u00e4ss"];
    expect(secrets.map(shownKey)).toEqual(secrets.map(() => "(a key that is no name)"));
  });
});

describe("Checked", () => {
  it("has a value or validation errors, never both", () => {
    const error = { path: "a", reason: "b" };
    expect(valid(1)).toEqual({ value: 1, errors: [] });
    expect(invalid(error)).toEqual({ value: undefined, errors: [error] });
  });
});
