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
    change: { type: "change", subject, old, new: now },
    restarted: { type: "restarted", unit: value },
    nova: { type: "nova", version: value },
    package: { type: "package", name: first, version: rest },
    firewall: { type: "firewall", name: value },
    "guest-without-spice": { type: "guest-without-spice", guest: value },
    "obsolete-option": { type: "obsolete-option", option: value },
    kept: { type: "kept", subject: value },
    changed: { type: "end", changes: Number(value) },
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
  switch (line.type) {
    case "change":
      return `${line.subject}: ${line.old} -> ${line.new}`;
    case "restarted":
      return `restarted ${line.unit}`;
    case "end":
      return `changed ${line.changes}`;
    case "warning":
      return `openstack-spice: ${node}: ${line.text}`;
    case "refused":
    case "failed":
      return `openstack-spice: error: ${node}: ${line.text}`;
    default:
      return undefined;
  }
}

/** A line in short; undefined for those that tests look at as people read them. */
function inShort(line: ReportLine): string | undefined {
  switch (line.type) {
    case "change":
      return `change ${line.subject}: ${line.old} -> ${line.new}`;
    case "package":
      return `package ${line.name} ${line.version}`;
    case "end":
      return `changed ${line.changes}`;
    case "warning":
    case "refused":
    case "failed":
      return undefined;
    default:
      return `${line.type} ${Object.values(line)[1]}`;
  }
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
    // The shell takes the last line end from what it passes on, and grep puts this in its place.
    .replace(/\0$/, "\n")
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
      if (line.type === "change" || line.type === "restarted" || line.type === "end") {
        said.splice(at, 1);
        from = at;
      }
      const reported = inShort(line);
      return reported === undefined ? [] : [reported];
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
