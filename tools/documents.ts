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
import { type Message, nodeTables } from "./nodeTables";
import { platformTables } from "./platforms";

/** What a document has from the code, between two comments: tables and lists. */
export interface Table {
  /** The document, in the repository. */
  readonly file: string;
  /** The comments before and after it. */
  readonly begin: string;
  readonly end: string;
  /** Whether it is read from the node program, by python3. */
  readonly isPython?: true;
  readonly make: () => string;
}

/** How long a line of a document may be: what is longer cannot be read in an editor, and a table of it not on a screen. */
export const lineWidth = 160;
/** Where the text of a list is wrapped. */
const textWidth = 118;

/** The pages that have the node program's messages, and which modules of its catalogue each has. */
export const messagePages: Readonly<Record<string, readonly string[]>> = {
  "docs/all-messages.md": ["document", "transport", "runs", "checks", "managers", "files"],
  "docs/all-messages-services.md": ["packages", "services", "firewall"],
  "docs/all-warnings.md": ["warnings"],
};

/** What the messages of a module are about. */
const messageTitles: Readonly<Record<string, string>> = {
  document: "The desired state document and the command line",
  transport: "How a run starts and ends",
  runs: "Runs, and what a node has to have",
  checks: "Checks before the first write",
  managers: "Other tools that manage Nova",
  files: "Files, record and journal",
  packages: "Packages, repositories and web clients",
  services: "Services, guests and Nova",
  firewall: "Firewalls and closed ports",
  warnings: "Warnings",
};

/** Every such part. */
export const tables: readonly Table[] = [
  {
    file: "docs/platforms.md",
    begin: "<!-- platforms: from node/openstack_spice/document/platforms.py, by npm run docs -->",
    end: "<!-- end of platforms -->",
    isPython: true,
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
      ].join("\n"),
  },
  {
    file: "docs/option-values.md",
    begin: "<!-- values: from nova/options.ts, by npm run docs -->",
    end: "<!-- end of values -->",
    make: optionValues,
  },
  {
    file: "docs/obsolete-options.md",
    begin: "<!-- obsolete options: from node/openstack_spice/nova_conf/obsolete_options.py, by npm run docs -->",
    end: "<!-- end of obsolete options -->",
    isPython: true,
    make: obsoleteOptionsTable,
  },
  {
    file: "docs/guests.md",
    begin: "<!-- preset video: from nova/compression.ts and nova/guests.ts, by npm run docs -->",
    end: "<!-- end of preset video -->",
    make: presetList,
  },
  ...Object.entries(messagePages).map(([file, modules]) => ({
    file,
    begin: "<!-- messages: from node/openstack_spice/messages, by npm run docs -->",
    end: "<!-- end of messages -->",
    isPython: true as const,
    make: () => messageLists(modules),
  })),
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

/** The options that a role reads; {@link optionValues} has the rest, for which a screen has no room beside this. */
export function optionsTable(role: Role): string {
  const rows = novaOptions.flatMap((option) => {
    const releases = span(role, option);
    return releases === undefined ? [] : [[`\`${optionKey(option)}\``, releases, setBy(option)]];
  });
  return markdown(["option", "releases", "set by"], rows);
}

/** Every option with what it takes, Nova's default, and what to know of it; a list for each section of nova.conf. */
export function optionValues(): string {
  const sections = [...new Set(novaOptions.map(({ section }) => section))];
  const listOf = (section: string) =>
    novaOptions
      .filter((option) => option.section === section)
      .map((option) => item(`\`${option.name}\`: ${[takes(option), defaultOf(option), ...notes(option)].join("; ")}`))
      .join("");
  return sections.map((section) => `## [${section}]\n\n${listOf(section)}`).join("\n");
}

/** The obsolete options that the program on the nodes reports. */
export function obsoleteOptionsTable(): string {
  return markdown(
    ["option", "role", "from", "why"],
    nodeTables().obsoleteOptions.map(({ option, role, since, why }) => [`\`${option}\``, role, String(since), why]),
  );
}

/** The messages of a page: a list for each module of the node program's catalogue. */
function messageLists(modules: readonly string[]): string {
  return modules
    .map((module) => {
      const messages = nodeTables().messages[module] ?? [];
      return `## ${messageTitles[module] ?? module}\n\n${messages.map(messageItem).join("")}`;
    })
    .join("\n");
}

/** What the preset for video sets, and why. */
function presetList(): string {
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

/** A message as an item: its id, then cause and remedy with the names of what differs in capitals. */
function messageItem({ id, cause, remedy }: Message): string {
  const texts = [cause, remedy].filter((text) => text !== "").map(shown);
  return item(`\`${id}\`: ${texts.join(". ")}${/[.?]$/.test(texts.at(-1) ?? "") ? "" : "."}`);
}

/** What stands for a fact that is a sentence of its own. */
const facts: Readonly<Record<string, string>> = {
  fact: "FACT (such as 'came up, but its process ended within 5 s')",
  finding:
    "what is wrong with the certificate or its key (expired, for another host, not readable, encrypted, of another key)",
};

/** A text of the catalogue as Markdown: `{file}` is FILE, and nothing in it is Markdown of its own. */
function shown(text: string): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => facts[name] ?? name.toUpperCase()).replace(/[\\*<`]/g, "\\$&");
}

/** An item of a list, its text wrapped. */
function item(text: string): string {
  const lines = [""];
  // Code stays on one line.
  for (const word of text.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
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

function takes({ type, choices = [], min }: NovaOption): string {
  switch (type) {
    case OptionType.Boolean:
      return "true or false";
    case OptionType.Integer:
      return min === undefined ? "a whole number" : `a whole number from ${min}`;
    case OptionType.Port:
      return "a port, 1 to 65535";
    case OptionType.Choice:
      return `one of ${choices.map((choice) => `\`${choice}\``).join(", ")}`;
    case OptionType.List:
      return "a list";
    case OptionType.Uri:
      return "a URL";
    case OptionType.Host:
      return "an address or host name";
    case OptionType.Text:
      return "a text";
  }
}

function defaultOf({ default: value }: NovaOption): string {
  return value === undefined ? "not set by default" : value === "" ? "empty by default" : `default \`${value}\``;
}

function setBy({ argument, refused, secret }: NovaOption): string {
  if (argument !== undefined) {
    return `\`${argument}\``;
  }
  return secret === true || refused !== undefined ? "**nothing**" : "`extraNovaOptions`";
}

function notes({ olderName, refused, secret, note }: NovaOption): readonly string[] {
  const older =
    olderName === undefined ? undefined : `named \`${optionKey(olderName)}\` up to Nova ${olderName.onlyUntil}`;
  return [older, secret === true ? "a secret" : undefined, refused, note]
    .filter((part) => part !== undefined)
    .map((part) => part.replace(/https:[^\s)]+/g, "<$&>"));
}

if (require.main === module) {
  for (const table of tables) {
    const file = join(__dirname, "..", table.file);
    writeFileSync(file, withTable(readFileSync(file, "utf8"), table, table.make()));
  }
}
