import * as fc from "fast-check";
import { encodeText, encodeValue, findOption } from "../../nova";
import { type OsloCase, listPart, printableText } from "./osloConfig";

/**
 * Cases for `osloConfigProgram`: texts and lists as `nova/value.ts` encodes them, the same ones for the same seed. A tier that has a machine with Nova
 * runs the program there with these on its standard input, and expects `[]` back.
 */
export function osloCases(count: number, seed: number): readonly OsloCase[] {
  const origins = findOption("console", "allowed_origins");
  if (origins === undefined) {
    throw new Error("nova/options.ts has no console/allowed_origins");
  }
  const texts = fc.sample(printableText, { numRuns: count, seed }).map((text) => ({
    encoded: encodeText(text, "text").value ?? `refused: ${text}`,
    expected: text,
  }));
  const lists = fc.sample(fc.array(listPart, { maxLength: 4 }), { numRuns: count, seed }).map((list) => ({
    encoded: encodeValue(origins, list, "list").value ?? `refused: ${list.join(" ")}`,
    expected: list,
  }));
  return [...texts, ...lists];
}
