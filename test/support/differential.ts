/** Both node programs asked the same: every difference but those that a row of the trial demands is an error. */
import { callInBash } from "./nodeFunctionsInBash";
import { callInPython } from "./nodeFunctionsInPython";
import type { Case, Operation } from "./nodeFunctions";

/** Whether all is compared that can be: else it is a sample, chosen by a seed that is printed. */
export const comparesAll = process.env["OPENSTACK_SPICE_DIFFERENTIAL"] === "all";

/** In the JSON of an answer of the program in bash: what stands in the other one's in its place. */
type Demanded = readonly [row: string, inBash: RegExp, inPython: string, given?: RegExp];

const demanded: Partial<Record<Operation, readonly Demanded[]>> = {
  "record/read": [
    ["D10: format 2", / is not a record of format 1: /, " is not a record of format 2: "],
    ["D10: format 2", / is damaged: a line has not five fields\. /, " is damaged: it is cut off, or was edited. "],
    [
      "D10: a record that was cut off is not taken for one",
      /^null$/,
      '{"message":"openstack-spice/roles/controller/record is not a record of format 2: it is damaged, or written by another version. Use the version that wrote it, or restore the node by hand from that file","status":3}',
      /^\{"text":"# openstack-spice record 1"\}$/,
    ],
  ],
  "tls/ends-before": [
    ["N7: X-Forwarded-Proto from 18.2.0 on", / only from 19\.0\.0 on, /, " only from 18.2.0 on, "],
    ["N7: X-Forwarded-Proto from 18.2.0 on", /^\{.*\}$/, "null", /"18\.3\.0"/],
  ],
};

/** An answer as JSON with sorted keys and items, and without where it was asked. */
function plain(answer: unknown): string {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .sort()
            .map(([key, one]): [string, unknown] => [key, key === "items" ? [...(one as unknown[])].sort() : one]),
        );
  return JSON.stringify(answer, sorted)
    .replace(/\/(tmp\/openstack-spice-files-\w+|var\/lib|usr\/bin|etc\/libvirt)\//g, "")
    .replace(/'compute = \S+'/, "'compute = NODE'");
}

/** Asks both programs. @throws Error with the first case that they answer differently */
export function compareAnswers<O extends Operation>(operation: O, cases: readonly Case<O>[]): void {
  const inPython = callInPython(operation, cases);
  callInBash(operation, cases).forEach((answer, index) => {
    const given = JSON.stringify(cases[index]);
    const rows = (demanded[operation] ?? []).filter(([, , , only]) => only?.test(given) ?? true);
    const wanted = rows.reduce((text, [, from, to]) => text.replace(from, () => to), plain(answer));
    const found = plain(inPython[index]);
    if (wanted !== found) {
      throw new Error(`${operation} of ${given}\nin bash:   ${plain(answer)}\nin Python: ${found}`);
    }
  });
}
