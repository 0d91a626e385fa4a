import type { ReportLine } from "./reportTypes";

/** Something that was changed on a node. */
export interface NodeChange {
  /** What: `spice/html5proxy_host`, `service/nova-compute`. */
  readonly subject: string;
  /** As it was before. */
  readonly old: string;
  /** As it is now. */
  readonly new: string;
}

/** A message of the program on the node. */
export interface NodeMessage {
  /** Its name in the catalogue of messages. */
  readonly id: string;
  /** What it says. */
  readonly text: string;
}

/** What a node reported when it last converged. */
export interface NodeReport {
  /** Nova's version on the node, such as `26.2.2`. Undefined where the run stopped before it was known. */
  readonly novaVersion?: string;
  /** The packages that serve consoles there, each with its version, by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** What was changed. Empty where the node already was as declared. */
  readonly changes: readonly NodeChange[];
  /**
   * The firewall that the rule went into, or that our own table is of: `firewalld`, `ufw`, `iptables`, `ip6tables`, `nftables`, several with commas; `none`
   * where the node has none, `unmanaged` or, of a compute, undefined where it was left alone.
   */
  readonly firewall?: string;
  /** Running guests that have no SPICE console yet: each gets one with its next hard reboot. */
  readonly guestsWithoutSpice: readonly string[];
  /** The services that were restarted. */
  readonly restarted: readonly string[];
  /** Options of nova.conf, as `section/option`, that Nova does not read any more, or that are better gone. Undefined: none. */
  readonly obsoleteOptions?: readonly string[];
  /** What was left alone, since somebody else changed it. Undefined: nothing. */
  readonly kept?: readonly string[];
  /** What the operator should know, and what stopped nothing. Undefined: nothing. */
  readonly warnings?: readonly NodeMessage[];
  /** Why the run stopped. Undefined where it did not. */
  readonly stopped?: NodeMessage;
  /** Set where the report has no end mark, or not all that the end mark counts, so that the node did not come to the end of its run. Undefined where it did. */
  readonly incomplete?: true;
}

/** The longest line of a report, in characters: the node cuts its lines there too. A longer one is none of a report. */
const longestLine = 1000;

/** How much of a report is read, in characters: what a node of hundreds of guests and options says is a tenth of it. */
const longestReport = 256 * 1024;

/** How many lines of one kind are kept. */
const mostLines = 1000;

/** The kinds of lines, each by the name of its first member, with the names of its other members, which are texts. */
const kinds = {
  change: ["old", "new"],
  restarted: [],
  nova: [],
  packages: [],
  firewall: [],
  "guest-without-spice": [],
  "obsolete-option": [],
  kept: [],
  warning: ["text"],
  refused: ["text"],
  failed: ["text"],
  end: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

type Kind = keyof typeof kinds;

/** The line of a kind. */
type LineOf<K extends Kind> = Extract<ReportLine, { readonly [name in K]: unknown }>;

/** Where a line of a report begins. */
const beginning = new RegExp(`\\{"(${Object.keys(kinds).join("|")})":`);

/**
 * Reads the report that the program on the node prints: lines of JSON (report.schema.json), the last of which is an end mark.
 *
 * The login shell's start files may print as well, and a newer program may say more: lines that are none of a report, or of another kind, are passed over.
 * What comes from a node is not trusted: at most {@link longestReport} characters of it are looked at, in time that grows with their number, and what is
 * kept is printable.
 */
export function parseReport(stdout: string): NodeReport {
  const isWhole = stdout.length <= longestReport;
  // Of one that is longer the end is looked at too, for its end mark.
  const lines = [
    ...linesOf(stdout.slice(0, longestReport)),
    ...(isWhole ? [] : linesOf(stdout.slice(-longestLine)).filter((line) => isOf("end", line))),
  ];
  const all = <K extends Kind>(kind: K): readonly LineOf<K>[] =>
    lines.filter((line) => isOf(kind, line)).slice(0, mostLines);
  const changes = all("change").map(({ change, old, new: now }) => ({ subject: change, old, new: now }));
  const last = lines.at(-1);
  const isComplete =
    last !== undefined &&
    isOf("end", last) &&
    (!isWhole || changes.length === mostLines || last.end === changes.length);
  const stops = [
    ...all("failed").map(({ failed: id, text }) => ({ id, text })),
    ...all("refused").map(({ refused: id, text }) => ({ id, text })),
  ];
  return {
    ...some("novaVersion", all("nova").at(-1)?.nova),
    packages: Object.assign({}, ...all("packages").map(({ packages }) => packages)) as Readonly<Record<string, string>>,
    changes,
    ...some("firewall", all("firewall").at(-1)?.firewall),
    guestsWithoutSpice: all("guest-without-spice").map((line) => line["guest-without-spice"]),
    restarted: all("restarted").map(({ restarted }) => restarted),
    ...someOf(
      "obsoleteOptions",
      all("obsolete-option").map((line) => line["obsolete-option"]),
    ),
    ...someOf(
      "kept",
      all("kept").map(({ kept }) => kept),
    ),
    ...someOf(
      "warnings",
      all("warning").map(({ warning: id, text }) => ({ id, text })),
    ),
    ...some("stopped", stops.at(-1)),
    ...(isComplete ? {} : { incomplete: true }),
  };
}

function some<K extends string, V>(key: K, value: V | undefined): { readonly [name in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [name in K]?: V };
}

function someOf<K extends string, V>(key: K, values: readonly V[]): { readonly [name in K]?: readonly V[] } {
  return some(key, values.length === 0 ? undefined : values);
}

/** Whether a line is of a kind: its other members have other names than the kinds. */
function isOf<K extends Kind>(kind: K, line: ReportLine): line is LineOf<K> {
  return kind in line;
}

/** The lines of a report that are in a text, in their order. */
function linesOf(text: string): readonly ReportLine[] {
  return text.split("\n").flatMap((line) => {
    // What a start file prints without a line end, as the title of a terminal's window, stands before the first line.
    const found = lineOf(line.slice(Math.max(line.search(beginning), 0)).trim());
    return found === undefined ? [] : [found];
  });
}

/** A line of a report, with printable texts; undefined where it is none. */
function lineOf(text: string): ReportLine | undefined {
  if (text.length > longestLine || !text.startsWith("{")) {
    return undefined;
  }
  const value = parsed(text);
  const [kind = ""] = Object.keys(value);
  if (!isKind(kind)) {
    return undefined;
  }
  const first =
    kind === "packages" ? printedTexts(value[kind]) : kind === "end" ? count(value[kind]) : printed(value[kind]);
  const others = kinds[kind].map((name) => [name, printed(value[name])] as const);
  const members = [[kind, first] as const, ...others];
  return members.every(([, member]) => member !== undefined)
    ? (Object.fromEntries(members) as unknown as ReportLine)
    : undefined;
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(kinds, text);
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function printed(value: unknown): string | undefined {
  return typeof value === "string" ? printable(value) : undefined;
}

/** An object of texts; undefined where it is none. */
function printedTexts(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return undefined;
  }
  const texts = Object.entries(value).map(([name, text]) => [printable(name), printed(text)] as const);
  return texts.every(([, text]) => text !== undefined)
    ? (Object.fromEntries(texts) as Record<string, string>)
    : undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    // Of a text that begins with a brace nothing but an object can come.
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** A text without control characters and what else moves a terminal's cursor or turns its text around, and without outer blanks. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu, "").trim();
}
