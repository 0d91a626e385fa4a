import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OptionValue, encodeText, encodeValue, findOption } from "../../../nova";
import { listPart, parseIni, printableText, readText, splitList, substitute } from "../../support/osloConfig";
import { anyCharacter } from "../../support/text";

const encode = (section: string, name: string, value: OptionValue) => {
  const option = findOption(section, name);
  if (option === undefined) {
    throw new Error(`no option ${section}/${name}`);
  }
  return encodeValue(option, value, "at");
};

/** A file with the value between two others, which must come out unharmed. */
const file = (encoded: string) => `[spice]\nbefore = 1\nvalue = ${encoded}\nafter = 2\n`;

describe("encodeText", () => {
  it.each([
    ["plain", "plain"],
    ["", ""],
    ["a b", "a b"],
    ["$my_ip", "$$my_ip"],
    ["100$", "100$$"],
    ["\\$", "\\\\$"],
    ["\\$$", "\\\\$$$"],
    [" lead", '" lead"'],
    ["trail ", '"trail "'],
    [" ", '" "'],
    ['"quoted"', '""quoted""'],
    ["'quoted'", "\"'quoted'\""],
    ['"', '"""'],
    ["\"a'", "\"a'"],
    ["a = b ; # c", "a = b ; # c"],
    ["[x]", "[x]"],
  ])("writes %j as %j", (text, encoded) => {
    expect(encodeText(text, "at")).toEqual({ value: encoded, errors: [] });
  });

  it("writes every printable text so that oslo.config reads back exactly that text", () => {
    fc.assert(
      fc.property(printableText, (text) => {
        const { value } = encodeText(text, "at");
        const document = file(value ?? "");
        expect(readText(document, "spice", "value")).toBe(text);
        expect(readText(document, "spice", "after")).toBe("2");
        expect([...(parseIni(document).get("spice") ?? []).keys()]).toEqual(["before", "value", "after"]);
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses every text with a character that is not printable ASCII, and says which and where", () => {
    fc.assert(
      fc.property(
        printableText,
        anyCharacter.filter((text) => /[^\x20-\x7e]/.test(text)),
        printableText,
        (before, strange, after) => {
          const code = strange.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
          const { value, errors } = encodeText(before + strange + after, "at");
          expect(value).toBeUndefined();
          expect(errors.map(({ path }) => path)).toEqual(["at"]);
          expect(errors[0]?.reason).toContain(`holds the character U+${code ?? ""} at position ${before.length + 1}.`);
          expect(errors[0]?.reason).toMatch(/^[\x20-\x7e]+$/);
        },
      ),
    );
  });

  it.each([
    ["a\nb", `It holds the character U+000A at position 2.`],
    ["a\r", `It holds the character U+000D at position 2.`],
    ["\t", `It holds the character U+0009 at position 1.`],
    ["ümlaut", `It holds the character U+00FC at position 1.`],
    ["\u007f", `It holds the character U+007F at position 1.`],
    ["😀", `It holds the character U+1F600 at position 1.`],
  ])("refuses %j", (text, reason) => {
    expect(encodeText(text, "a.b").errors).toEqual([
      {
        path: "a.b",
        reason: `${reason} A value in nova.conf is one line of printable ASCII. Take the character out.`,
      },
    ]);
  });
});

describe("encodeValue", () => {
  it.each<[string, string, OptionValue, string]>([
    ["spice", "enabled", true, "true"],
    ["spice", "enabled", "false", "false"],
    ["spice", "html5proxy_port", 6082, "6082"],
    ["spice", "html5proxy_port", "65535", "65535"],
    ["consoleauth", "token_ttl", 0, "0"],
    ["spice", "image_compression", "auto_glz", "auto_glz"],
    ["spice", "html5proxy_host", "::", "::"],
    ["spice", "html5proxy_host", "control-1.example.org", "control-1.example.org"],
    ["spice", "html5proxy_base_url", "http://h:6082/spice_auto.html?path=$x", "http://h:6082/spice_auto.html?path=$$x"],
    ["console", "allowed_origins", [], ""],
    ["console", "allowed_origins", ["a.example", "b.example"], "a.example,b.example"],
    ["console", "allowed_origins", "a.example", "a.example"],
    ["console", "ssl_ciphers", "kEECDH+aECDSA+AES:!aNULL", "kEECDH+aECDSA+AES:!aNULL"],
  ])("writes [%s] %s = %j as %j", (section, name, value, encoded) => {
    expect(encode(section, name, value)).toEqual({ value: encoded, errors: [] });
  });

  it.each<[string, string, OptionValue, string]>([
    ["spice", "enabled", "yes", '"yes" is no value for [spice] enabled. Give true or false.'],
    ["spice", "enabled", 1, "1 is no value for [spice] enabled. Give true or false."],
    ["spice", "enabled", ["true"], "A list is no value for [spice] enabled. Give one value, not a list."],
    ["spice", "html5proxy_port", 0, "0 is no value for [spice] html5proxy_port. Give a whole number from 1 to 65535."],
    [
      "spice",
      "html5proxy_port",
      65536,
      "65536 is no value for [spice] html5proxy_port. Give a whole number from 1 to 65535.",
    ],
    [
      "spice",
      "html5proxy_port",
      "6082.0",
      '"6082.0" is no value for [spice] html5proxy_port. Give a whole number from 1 to 65535.',
    ],
    [
      "spice",
      "html5proxy_port",
      "",
      '"" is no value for [spice] html5proxy_port. Give a whole number from 1 to 65535.',
    ],
    [
      "spice",
      "html5proxy_port",
      NaN,
      "NaN is no value for [spice] html5proxy_port. Give a whole number from 1 to 65535.",
    ],
    ["consoleauth", "token_ttl", -1, "-1 is no value for [consoleauth] token_ttl. Give a whole number from 0."],
    ["spice", "streaming_mode", "on", '"on" is no value for [spice] streaming_mode. Give one of filter, all, off.'],
    ["spice", "html5proxy_base_url", "console", "It is no absolute URL. Give one, such as http://host:port/path."],
    [
      "spice",
      "html5proxy_host",
      "192.0.2.256",
      '"192.0.2.256" is no value for [spice] html5proxy_host. Give an IP address or a host name.',
    ],
    [
      "console",
      "allowed_origins",
      ["a.example", "b,c"],
      "A list is no value for [console] allowed_origins. " +
        "Give a list whose parts are not empty and have no comma and no outer spaces.",
    ],
    [
      "console",
      "allowed_origins",
      [""],
      "A list is no value for [console] allowed_origins. " +
        "Give a list whose parts are not empty and have no comma and no outer spaces.",
    ],
  ])("refuses [%s] %s = %j", (section, name, value, reason) => {
    expect(encode(section, name, value)).toEqual({ value: undefined, errors: [{ path: "at", reason }] });
  });

  it("writes every list of writable parts so that oslo.config reads back exactly that list", () => {
    fc.assert(
      fc.property(fc.array(listPart, { maxLength: 5 }), (list) => {
        const text = readText(file(encode("console", "allowed_origins", list).value ?? "refused"), "spice", "value");
        expect(splitList(text ?? "none")).toEqual(list);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the stand-in for oslo.config that these tests use", () => {
  it("takes off one pair of outer quotes, joins continuation lines and keeps the last of duplicates", () => {
    const text = '[a]\n# x = 0\nx = \'one"\n  two\n\ny: ""q""\nx=3\n';
    expect(parseIni(text)).toEqual(
      new Map([
        [
          "a",
          new Map([
            ["x", ["'one\"\ntwo", "3"]],
            ["y", ['"q"']],
          ]),
        ],
      ]),
    );
    expect(readText(text, "a", "x")).toBe("3");
  });

  it("substitutes as oslo.config does", () => {
    expect(substitute("a$$b\\$c $1 $")).toBe("a$b$c $1 $");
    expect(() => substitute("$my_ip")).toThrow("$my_ip refers to another option");
    expect(() => substitute("${my_ip}")).toThrow("${my_ip} refers to another option");
  });
});
