import * as fc from "fast-check";
import { encodeText } from "../../nova";
import { printableText } from "./osloConfig";

/** Odd files, all of which oslo.config reads, and options to be declared in them. */

/** One declared option: its name, the text it is to have, and the same as the document spells it. */
export interface Declared {
  readonly option: string;
  readonly text: string;
  readonly encoded: string;
}

/** A nova.conf as latin1 text, and what is to be declared in it. */
export interface ConfCase {
  readonly conf: string;
  readonly declared: readonly Declared[];
}

/** Options of three sections that odd files below have too, in all kinds of ways. */
const options = ["spice/html5proxy_host", "spice/html5proxy_base_url", "console/allowed_origins", "DEFAULT/cert"];
const keys = [...options.map((option) => option.split("/")[1] ?? ""), "debug", "html5proxy_hosts", "Cert"];
const headers = [
  "[spice]",
  "[console]",
  "[DEFAULT]",
  "[SPICE]",
  "[Console]",
  "[default]",
  "[ spice ]",
  "[vnc]",
  "[spice]  ",
  "[a]b]",
];

const text = fc.oneof(
  { weight: 3, arbitrary: printableText },
  { weight: 2, arbitrary: fc.constantFrom("true", "True", "0.0.0.0", "'a'", '"a"', "a", "a b", "$my_ip", "") },
);

/** The same text in other spellings, and texts that only look like it. */
function spellings(value: string): readonly string[] {
  const { value: encoded = "" } = encodeText(value, "value");
  return [
    value,
    encoded,
    `"${encoded}"`,
    `'${encoded}'`,
    `"'${encoded}'"`,
    `${encoded}  `,
    encoded.toUpperCase(),
    `${encoded}$`,
  ];
}

/** The lines of one section's body; a continued value only where there is something to continue. */
function body(values: readonly string[]): fc.Arbitrary<readonly string[]> {
  const value = fc.oneof(fc.constantFrom(...values.flatMap(spellings)), printableText);
  const assignment = fc
    .tuple(fc.constantFrom(...keys), fc.constantFrom(" = ", "=", ": ", " :", "\t=\t"), value)
    .map(([key, separator, given]) => `${key}${separator}${given}`);
  const continuation = fc
    .tuple(fc.constantFrom("  ", "\t", " "), fc.constantFrom("more", "# no comment", "[vnc]", "cert = no option", ","))
    .map(([indent, rest]) => `${indent}${rest}`);
  const definition = fc
    .tuple(assignment, fc.array(continuation, { maxLength: 3 }))
    .map(([first, more]) => [first, ...more]);
  const rest = fc.constantFrom(
    "",
    "   ",
    "# a comment",
    "; another",
    "#html5proxy_host = 127.0.0.1",
    "#cert = <None>",
    "# cert = in prose",
    "#allowed_origins =",
    "#\xe9\xff",
  );
  return fc.array(fc.oneof(definition, fc.tuple(rest)), { maxLength: 6 }).map((parts) => parts.flat());
}

export const confCase: fc.Arbitrary<ConfCase> = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...options), { minLength: 1 }), fc.array(text, { minLength: 4, maxLength: 4 }))
  .chain(([names, texts]) => {
    const declared = names.map((option, index) => {
      const given = texts[index] ?? "";
      return { option, text: given, encoded: encodeText(given, option).value ?? "" };
    });
    const section = fc.tuple(fc.constantFrom(...headers), body(texts)).map(([header, rest]) => [header, ...rest]);
    return fc.record({
      declared: fc.constant(declared),
      conf: fc
        .tuple(
          fc.constantFrom([], ["# first"], [""]),
          fc.array(section, { maxLength: 6 }),
          fc.constantFrom("\n", "\n", "\r\n"),
          fc.boolean(),
        )
        .map(([first, sections, lineBreak, ended]) => {
          const all = [...first, ...sections.flat()];
          return all.join(lineBreak) + (ended && all.length > 0 ? lineBreak : "");
        }),
    });
  });
