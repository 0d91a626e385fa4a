/** Writes what the documents have from the code: `npm run docs`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type NovaOption,
  OptionType,
  Role,
  newestRelease,
  novaOptions,
  presets,
  videoGuestReasons,
  oldestRelease,
  optionKey,
  releasesReading,
} from "../nova";
import { platformsTable } from "./platforms";

/** One table that a document has from the code, between two comments. */
export interface Table {
  /** The document, in the repository. */
  readonly file: string;
  /** The comments before and after the table. */
  readonly begin: string;
  readonly end: string;
  readonly make: () => string;
}

/** Every such table. */
export const tables: readonly Table[] = [
  {
    file: "README.md",
    begin: "<!-- platforms: from host/program/18-platforms.sh, by npm run docs -->",
    end: "<!-- end of platforms -->",
    make: platformsTable,
  },
  {
    file: "docs/options.md",
    begin: "<!-- options: from nova/options.ts, by npm run docs -->",
    end: "<!-- end of options -->",
    make: optionsTable,
  },
  {
    file: "docs/options.md",
    begin: "<!-- dead keys: from host/program/41-dead-keys.sh, by npm run docs -->",
    end: "<!-- end of dead keys -->",
    make: deadKeysTable,
  },
  {
    file: "docs/guests.md",
    begin: "<!-- preset video: from nova/compression.ts and nova/guests.ts, by npm run docs -->",
    end: "<!-- end of preset video -->",
    make: presetTable,
  },
];

/** The document with the table made anew. @throws where it has no place for it */
export function withTable(text: string, { file, begin, end }: Table, table: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`${file} has no '${begin}' followed by '${end}'`);
  }
  return `${text.slice(0, from + begin.length)}\n\n${table}\n${text.slice(to)}`;
}

/** Rows as Markdown; prettier aligns the columns. */
export function markdown(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, columns.map(() => "-"), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`)
    .join("");
}

/** Every option that the package knows. */
export function optionsTable(): string {
  const columns = ["option", "controllers", "computes", "takes", "Nova's default", "set by", "note"];
  return markdown(
    columns,
    novaOptions.map((option) => [
      `\`${optionKey(option)}\``,
      span(Role.Controller, option),
      span(Role.Compute, option),
      takes(option),
      option.default === undefined ? "not set" : option.default === "" ? "empty" : `\`${option.default}\``,
      setBy(option),
      notes(option),
    ]),
  );
}

/** The keys that the program on the nodes tells as dead. */
export function deadKeysTable(): string {
  const program = readFileSync(join(__dirname, "../host/program/41-dead-keys.sh"), "utf8");
  const rows = [...program.matchAll(/^(controller|compute) (\S+\/\S+) (\d+) \S+ (.+)$/gm)];
  return markdown(
    ["key", "role", "from", "why"],
    rows.map(([, role = "", key = "", since = "", why = ""]) => [`\`${key}\``, role, since, why]),
  );
}

/** What the preset for video sets, and why. */
export function presetTable(): string {
  const compression = presets.video.map(({ setting, ...rest }) => ({ setting: `compression.${setting}`, ...rest }));
  const guests = videoGuestReasons.map(({ setting, ...rest }) => ({ setting: `guestConsole: ${setting}`, ...rest }));
  return markdown(
    ["setting", "value", "reason"],
    [...compression, ...guests].map(({ setting, value, reason }) => [`\`${setting}\``, String(value), reason]),
  );
}

/** The releases in which a role reads the option. */
function span(role: Role, option: NovaOption): string {
  const read = releasesReading(role, option);
  if (read === undefined) {
    return "";
  }
  if (read.last === newestRelease) {
    return read.first === oldestRelease ? "all" : `from ${read.first}`;
  }
  return read.first === oldestRelease ? `to ${read.last}` : `${read.first} to ${read.last}`;
}

function takes({ type, choices = [], min }: NovaOption): string {
  switch (type) {
    case OptionType.Boolean:
      return "true, false";
    case OptionType.Integer:
      return min === undefined ? "whole number" : `whole number from ${min}`;
    case OptionType.Port:
      return "1 to 65535";
    case OptionType.Choice:
      return choices.map((choice) => `\`${choice}\``).join(", ");
    case OptionType.List:
      return "list";
    case OptionType.Uri:
      return "URL";
    case OptionType.Host:
      return "address or host name";
    case OptionType.Text:
      return "text";
  }
}

function setBy({ argument, refused, secret }: NovaOption): string {
  if (argument !== undefined) {
    return `\`${argument}\``;
  }
  return secret === true || refused !== undefined ? "**nothing**" : "`extraNovaOptions`";
}

function notes({ olderName, refused, secret, note }: NovaOption): string {
  const older = olderName === undefined ? undefined : `\`${optionKey(olderName)}\` up to ${olderName.onlyUntil}`;
  return [older, secret === true ? "a secret" : undefined, refused, note]
    .filter((part) => part !== undefined)
    .join("; ");
}

if (require.main === module) {
  for (const table of tables) {
    const file = join(__dirname, "..", table.file);
    writeFileSync(file, withTable(readFileSync(file, "utf8"), table, table.make()));
  }
}
