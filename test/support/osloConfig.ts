import * as fc from "fast-check";

/**
 * What oslo.config makes of a file, as far as values go: a re-implementation of `oslo_config/iniparser.py` and of the substitution in
 * `oslo_config/cfg.py` that is faithful to the letter, so that a unit test needs no Python. `osloConfigProgram` asks the real one.
 */

/** `BaseParser.parse`: every value of every key, by section and key; the lines of a continued value joined by line breaks. */
export function parseIni(text: string): Map<string, Map<string, string[]>> {
  const sections = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  let pending: { readonly key: string; readonly value: string[] } | undefined;
  const flush = () => {
    if (pending !== undefined) {
      if (section === undefined) {
        throw new Error("Section must be started before assignment");
      }
      section.set(pending.key, [...(section.get(pending.key) ?? []), pending.value.join("\n")]);
      pending = undefined;
    }
  };
  for (const raw of text.split("\n")) {
    const line = raw.trimEnd();
    if (line === "") {
      flush();
    } else if (/^[ \t]/.test(line)) {
      if (pending === undefined) {
        throw new Error(`Unexpected continuation line: ${line}`);
      }
      pending.value.push(line.trimStart());
    } else {
      flush();
      if (line.startsWith("[")) {
        if (!line.endsWith("]") || line.length <= 2) {
          throw new Error(`Invalid section: ${line}`);
        }
        const name = line.slice(1, -1);
        section = sections.get(name) ?? new Map<string, string[]>();
        sections.set(name, section);
      } else if (!/^[#;]/.test(line)) {
        pending = splitKeyValue(line);
      }
    }
  }
  flush();
  return sections;
}

/** `BaseParser._split_key_value`: the first `=` or `:` parts key and value, and one pair of outer quotes goes. */
function splitKeyValue(line: string): { readonly key: string; readonly value: string[] } {
  const parts = /^([^=:]*)[=:](.*)$/.exec(line);
  const key = parts?.[1]?.trim();
  if (key === undefined || key === "") {
    throw new Error(`No key or no '=' in ${line}`);
  }
  const value = parts?.[2]?.trim() ?? "";
  const quote = value.charAt(0);
  const quoted = (quote === '"' || quote === "'") && value.endsWith(quote);
  return { key, value: [quoted ? value.slice(1, -1) : value] };
}

/** `ConfigOpts._substitute`; a reference to another option throws, since no value of this project may hold one. */
export function substitute(value: string): string {
  return value
    .replaceAll("\\$", "$$$$")
    .replace(/\$(?:(\$)|([_a-z][._a-z0-9]*)|\{([_a-z][._a-z0-9]*)\})?/gi, (match, escaped, named, braced) => {
      if (named !== undefined || braced !== undefined) {
        throw new Error(`${match} refers to another option`);
      }
      return escaped === undefined ? match : "$";
    });
}

/** `types.List`: parts between commas, stripped. */
export function splitList(value: string): string[] {
  const text = value.trim().replace(/,+$/, "");
  return text === "" ? [] : text.split(",").map((part) => part.trim());
}

/** What a text option reads as. */
export function readText(text: string, section: string, key: string): string | undefined {
  const value = parseIni(text).get(section)?.get(key)?.at(-1);
  return value === undefined ? undefined : substitute(value);
}

/** Texts with many of the characters that mean something to oslo.config. */
export const printableText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          "$",
          "\\",
          '"',
          "'",
          " ",
          "{",
          "}",
          "=",
          ":",
          "#",
          ";",
          "[",
          "]",
          ",",
          "%",
          "$$",
          "\\$",
        ),
      },
      { weight: 2, arbitrary: fc.string({ minLength: 1, maxLength: 4, unit: "grapheme-ascii" }) },
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

/** A part of a list: not empty, no comma, no outer spaces. */
export const listPart: fc.Arbitrary<string> = printableText.filter(
  (text) => text !== "" && text === text.trim() && !text.includes(","),
);

/** One case for the real oslo.config: the encoded value, and what it has to read as. */
export interface OsloCase {
  readonly encoded: string;
  readonly expected: string | readonly string[];
}

/**
 * A Python 3 program that reads cases (a JSON list of {@link OsloCase}) on its standard input, has the machine's own oslo.config read each one from a
 * file, and writes a JSON list of those that read otherwise, as `[encoded, expected, actual]`.
 */
export const osloConfigProgram = `
import json, sys, tempfile
from oslo_config import cfg

wrong = []
for case in json.load(sys.stdin):
    expected = case["expected"]
    option = cfg.ListOpt("value") if isinstance(expected, list) else cfg.StrOpt("value")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("[spice]\\nbefore = 1\\nvalue = " + case["encoded"] + "\\nafter = 2\\n")
        file.flush()
        conf = cfg.ConfigOpts()
        conf.register_opt(option, group="spice")
        conf.register_opt(cfg.StrOpt("after"), group="spice")
        try:
            conf(["--config-file", file.name], project="none", prog="none")
            actual = conf.spice.value if conf.spice.after == "2" else "the next line was swallowed"
        except Exception as error:
            actual = repr(error)
    if actual != expected:
        wrong.append([case["encoded"], expected, actual])
json.dump(wrong, sys.stdout)
`;
