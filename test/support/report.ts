import type { ReportLine } from "../../contract/reportTypes";
import type { Outcome } from "./lab";
import { schemaErrors } from "./schemas";

/**
 * Reports in short: a line `TYPE VALUE`, a change as `change SUBJECT: OLD -> NEW`, a package as `package NAME VERSION`, the end mark as `changed N`. What is
 * short is for tests; what a node prints is JSON.
 */

/** A line of a report in JSON, as a node prints it, from one in short. */
export function reportLine(short: string): string {
  const [type, value] = cutAt(short, " ");
  const [first, rest] = cutAt(value, " ");
  const [subject, states] = cutAt(value, ": ");
  const [old, now] = cutAt(states, " -> ");
  const lines: Readonly<Record<string, ReportLine>> = {
    change: { change: subject, old, new: now },
    restarted: { restarted: value },
    nova: { nova: value },
    package: { packages: { [first]: rest } },
    firewall: { firewall: value },
    "guest-without-spice": { "guest-without-spice": value },
    "obsolete-option": { "obsolete-option": value },
    kept: { kept: value },
    changed: { end: Number(value) },
  };
  const line = lines[type];
  if (line === undefined) {
    throw new Error(`'${short}' is no line of a report`);
  }
  return JSON.stringify(line);
}

/** Lines of a report, as a node prints them. */
export function reportOf(...short: readonly string[]): string {
  return short.map((line) => `${reportLine(line)}\n`).join("");
}

/** What people read of a line on standard error; undefined: nothing. */
function forPeople(line: ReportLine, node: string): string | undefined {
  if ("change" in line) {
    return `${line.change}: ${line.old} -> ${line.new}`;
  }
  if ("restarted" in line) {
    return `restarted ${line.restarted}`;
  }
  if ("end" in line) {
    return `changed ${line.end}`;
  }
  if ("warning" in line) {
    return `openstack-spice: ${node}: ${line.text}`;
  }
  return "refused" in line || "failed" in line ? `openstack-spice: error: ${node}: ${line.text}` : undefined;
}

/** A line in short; none for those that tests look at as people read them. */
function inShort(line: ReportLine): readonly string[] {
  if ("warning" in line || "refused" in line || "failed" in line) {
    return [];
  }
  if ("change" in line) {
    return [`change ${line.change}: ${line.old} -> ${line.new}`];
  }
  if ("packages" in line) {
    return Object.entries(line.packages).map(([name, version]) => `package ${name} ${version}`);
  }
  return "end" in line ? [`changed ${line.end}`] : Object.entries(line).map((member) => member.join(" "));
}

/**
 * What a run answered, for tests: its report in short, without what is for people; and of standard error what is not in the report.
 *
 * Each line of the report is as its schema has it and as short as it must be, and what is in it for people has been on standard error as well, in the same
 * order. A line of which that is not true stays as it is, so that no test that is exact takes it.
 *
 * @param node the node's name in messages
 */
export function inShortOutcome({ status, stdout, stderr }: Outcome, node: string): Outcome {
  const said = stderr.split("\n");
  let from = 0;
  const short = stdout
    // The end of a line for grep, of which the whole report is one.
    .replace(/\0$/, "")
    .split("\n")
    .flatMap((text) => {
      const line = parsed(text);
      if (line === undefined) {
        return [text];
      }
      const people = forPeople(line, node);
      const at =
        people === undefined ? -1 : said.findIndex((reported, index) => index >= from && isSame(reported, people));
      if (people !== undefined && at < 0) {
        return [text];
      }
      if ("change" in line || "restarted" in line || "end" in line) {
        said.splice(at, 1);
        from = at;
      }
      return inShort(line);
    });
  return { status, stdout: short.join("\n"), stderr: said.join("\n") };
}

/** Whether people read this, of which either may be cut. */
function isSame(reported: string, people: string): boolean {
  const [whole, cut] = reported.length > people.length ? [reported, people] : [people, reported];
  return reported === people || (cut.endsWith(" ...") && whole.startsWith(cut.slice(0, -4)));
}

/** A line of a report that is as it has to be. */
function parsed(text: string): ReportLine | undefined {
  if (!text.startsWith("{") || Buffer.byteLength(text) > 1000) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    return schemaErrors("report", value).length === 0 ? (value as ReportLine) : undefined;
  } catch {
    return undefined;
  }
}

function cutAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
