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
import { platformTables } from "./platforms";

/** What a document has from the code, between two comments: tables and lists. */
export interface Table {
  /** The document, in the repository. */
  readonly file: string;
  /** The comments before and after it. */
  readonly begin: string;
  readonly end: string;
  readonly make: () => string;
}

/** How long a line of a document may be: what is longer cannot be read in an editor, and a table of it not on a screen. */
export const lineWidth = 160;
/** Where the text of a list is wrapped. */
const textWidth = 118;

/** Every such part. */
export const tables: readonly Table[] = [
  {
    file: "docs/platforms.md",
    begin: "<!-- platforms: from host/program/18-platforms.sh, by npm run docs -->",
    end: "<!-- end of platforms -->",
    make: () => platformTables().map(markdownOf).join("\n"),
  },
  {
    file: "docs/options.md",
    begin: "<!-- options: from nova/options.ts, by npm run docs -->",
    end: "<!-- end of options -->",
    make: () =>
      [
        "## Options that controllers read\n",
        optionsTable(Role.Controller),
        "## Options that computes read\n",
        optionsTable(Role.Compute),
        "## Values and notes\n",
        optionNotes(),
      ].join("\n"),
  },
  {
    file: "docs/obsolete-options.md",
    begin: "<!-- dead keys: from host/program/41-dead-keys.sh, by npm run docs -->",
    end: "<!-- end of dead keys -->",
    make: deadKeysTable,
  },
  {
    file: "docs/guests.md",
    begin: "<!-- preset video: from nova/compression.ts and nova/guests.ts, by npm run docs -->",
    end: "<!-- end of preset video -->",
    make: presetList,
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

/** The options that a role reads, each with what fits on a line; {@link optionNotes} has the rest. */
export function optionsTable(role: Role): string {
  const rows = novaOptions.flatMap((option) => {
    const releases = span(role, option);
    return releases === undefined
      ? []
      : [[`\`${optionKey(option)}\``, releases, takes(option), defaultOf(option) ?? "see below", setBy(option)]];
  });
  return markdown(["option", "releases", "takes", "default", "set by"], rows);
}

/** What the tables of options have no room for: choices, long defaults, older names, and what to know. */
export function optionNotes(): string {
  return novaOptions
    .flatMap((option) => {
      const notes = notesOf(option);
      return notes === "" ? [] : [item(`\`${optionKey(option)}\`: ${notes}`)];
    })
    .join("");
}

/** The obsolete options that the program on the nodes reports. */
export function deadKeysTable(): string {
  const program = readFileSync(join(__dirname, "../host/program/41-dead-keys.sh"), "utf8");
  const rows = [...program.matchAll(/^(controller|compute) (\S+\/\S+) (\d+) \S+ (.+)$/gm)];
  return markdown(
    ["option", "role", "from", "why"],
    rows.map(([, role = "", key = "", since = "", why = ""]) => [`\`${key}\``, role, since, why]),
  );
}

/** What the preset for video sets, and why. */
export function presetList(): string {
  const compression = presets.video.map(({ setting, ...rest }) => ({ setting: `compression.${setting}`, ...rest }));
  const guests = videoGuestReasons.map(({ setting, ...rest }) => ({ setting: `guestConsole: ${setting}`, ...rest }));
  return [...compression, ...guests]
    .map(({ setting, value, reason }) => item(`\`${setting}\`: **${String(value)}**. ${reason}`))
    .join("");
}

/** A table with its columns' names in the first row. */
function markdownOf([columns = [], ...rows]: readonly (readonly string[])[]): string {
  return markdown(columns, rows);
}

/** An item of a list, its text wrapped. */
function item(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    // A line must not begin with what Markdown takes for an item of its own.
    if (line !== "" && line.length + word.length >= textWidth && !/^([-+*]|\d+[.)])$/.test(word)) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    }
  }
  return `- ${lines.join("\n  ")}\n`;
}

/** The releases in which a role reads the option; undefined where none does. */
function span(role: Role, option: NovaOption): string | undefined {
  const read = releasesReading(role, option);
  if (read === undefined) {
    return undefined;
  }
  if (read.last === newestRelease) {
    return read.first === oldestRelease ? "all" : `from ${read.first}`;
  }
  return read.first === oldestRelease ? `to ${read.last}` : `${read.first} to ${read.last}`;
}

function takes({ type, min }: NovaOption): string {
  switch (type) {
    case OptionType.Boolean:
      return "true, false";
    case OptionType.Integer:
      return min === undefined ? "whole number" : `whole number from ${min}`;
    case OptionType.Port:
      return "1 to 65535";
    case OptionType.Choice:
      return "a choice";
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

/** The longest default that has room in the table. */
const longestDefault = 22;

/** Nova's default; undefined where it is too long for the table. */
function defaultOf({ default: value }: NovaOption): string | undefined {
  if (value === undefined) {
    return "not set";
  }
  return value === "" ? "empty" : value.length <= longestDefault ? `\`${value}\`` : undefined;
}

function notesOf(option: NovaOption): string {
  const { choices, olderName, refused, secret, note } = option;
  const parts = [
    choices === undefined ? undefined : `one of ${choices.map((choice) => `\`${choice}\``).join(", ")}`,
    defaultOf(option) === undefined ? `\`${option.default ?? ""}\` by default` : undefined,
    olderName === undefined ? undefined : `named \`${optionKey(olderName)}\` up to Nova ${olderName.onlyUntil}`,
    secret === true ? "a secret" : undefined,
    refused,
    note,
  ];
  return parts
    .filter((part) => part !== undefined)
    .join("; ")
    .replace(/(https:[^\s)]+)/g, "<$1>");
}

if (require.main === module) {
  for (const table of tables) {
    const file = join(__dirname, "..", table.file);
    writeFileSync(file, withTable(readFileSync(file, "utf8"), table, table.make()));
  }
}
