import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIni, substitute } from "../../support/osloConfig";
import { type ConfCase, type Declared, confCase } from "../../support/novaConfCases";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";

function putAndUndo(given: ConfCase, edit = "") {
  return nodeFunction("nova.conf/put-and-undo", { conf: given.conf, declared: given.declared, edit });
}

/** Every value of every option, as oslo.config finds it: groups by their normal names (`_normalize_group_name`). */
function allValues(conf: string): Map<string, readonly string[]> {
  const normal = conf
    .split("\n")
    .map((line) => (line.startsWith("[") && !/^\[DEFAULT\]\s*$/.test(line) ? line.toLowerCase() : line))
    .join("\n");
  const values = [...parseIni(normal)].flatMap(([section, entries]) =>
    [...entries].map(([key, found]) => [`${section}/${key}`, found] as const),
  );
  return new Map(values);
}

/** What a text option reads as; a reference to another option is no text. */
function read(values: ReturnType<typeof allValues>, option: string): string {
  const value = values.get(option)?.at(-1);
  if (value === undefined) {
    return "(unset)";
  }
  try {
    return substitute(value);
  } catch (error) {
    return String(error);
  }
}

/** Booleans of oslo.config have several spellings; one that is there already is left. */
function spelled(text: string): string {
  const lower = text.toLowerCase();
  return ["true", "yes", "on"].includes(lower) ? "true" : ["false", "no", "off"].includes(lower) ? "false" : text;
}

describe.skipIf(!runsHere)("nova.conf, whatever stands in it (needs Python 3.6 here)", () => {
  const check = (numRuns: number, property: (given: ConfCase) => void) => {
    fc.assert(fc.property(confCase, property), { numRuns, endOnFailure: true });
  };

  it("reads as declared after the edit, all else as before, is not edited again, and gets its bytes back", () => {
    check(20, (given) => {
      const { wrong, after, undone } = putAndUndo(given);
      expect(wrong).toBe("");
      const values = allValues(after);
      for (const { option, text } of given.declared) {
        expect([option, spelled(read(values, option))]).toEqual([option, spelled(text)]);
      }
      expect(othersIn(after, given.declared)).toEqual(othersIn(given.conf, given.declared));
      expect(commentsIn(after)).toEqual(commentsIn(given.conf));
      expect(undone).toBe(given.conf);
    });
  }, 120_000);

  it("keeps what a stranger adds meanwhile, and gets the rest of its bytes back", () => {
    check(6, (given) => {
      const edit = "\n[stranger]\nkey = value\n";
      const { wrong, undone } = putAndUndo(given, edit);
      expect(wrong).toBe("");
      expect(undone).toBe(given.conf + edit);
    });
  }, 120_000);
});

/** All values but the one in force of each declared option. */
function othersIn(conf: string, declared: readonly Declared[]): [string, readonly string[]][] {
  const ours = declared.map(({ option }) => option);
  return [...allValues(conf)]
    .map(([option, values]): [string, readonly string[]] => [
      option,
      ours.includes(option) ? values.slice(0, -1) : values,
    ])
    .filter(([, values]) => values.length > 0)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

function commentsIn(conf: string): readonly string[] {
  return conf.split("\n").filter((line) => /^[#;]/.test(line));
}
