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
  /** Nova's version on the node, such as `26.2.2`. */
  readonly novaVersion?: string;
  /** The packages that serve consoles there, each with its version, by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** What was changed. Empty where the node already was as declared. */
  readonly changes: readonly NodeChange[];
  /**
   * The firewall that the rule went into, or that our own table is of: `firewalld`, `ufw`, `iptables`, `ip6tables`, `nftables`, several with commas; `none`
   * where the node has none, `unmanaged` or, of a compute, nothing where it was left alone.
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
  /** Set where the report has no end mark, or not all that the end mark counts, so that the node did not come to the end of its run. */
  readonly incomplete?: true;
}

/** The longest line of a report, in characters: the node cuts its lines there too. A longer one is none of a report. */
const longestLine = 1000;

/** How much of a report is read, in characters: what a node of hundreds of guests and options says is a tenth of it. */
const longestReport = 256 * 1024;

/** How many lines of one type are kept. */
const mostLines = 1000;

/** The members of each type of line that are texts, and of the end mark none. */
const textsOf: { readonly [T in ReportLine["type"]]: readonly string[] } = {
  change: ["subject", "old", "new"],
  restarted: ["unit"],
  nova: ["version"],
  package: ["name", "version"],
  firewall: ["name"],
  "guest-without-spice": ["guest"],
  "obsolete-option": ["option"],
  kept: ["subject"],
  warning: ["id", "text"],
  refused: ["id", "text"],
  failed: ["id", "text"],
  end: [],
};

/**
 * Reads the report that the program on the node prints: lines of JSON (report.schema.json), the last of which is an end mark.
 *
 * The login shell's start files may print as well, and a newer program may say more: lines that are none of a report, or of another type, are passed over.
 * What comes from a node is not trusted: at most {@link longestReport} characters of it are looked at, in time that grows with their number, and what is
 * kept is printable.
 */
export function parseReport(stdout: string): NodeReport {
  const isWhole = stdout.length <= longestReport;
  // Of one that is longer the end is looked at too, for its end mark.
  const lines = [
    ...linesOf(stdout.slice(0, longestReport)),
    ...(isWhole ? [] : linesOf(stdout.slice(-longestLine)).filter(({ type }) => type === "end")),
  ];
  const all = <T extends ReportLine["type"]>(type: T): readonly Extract<ReportLine, { readonly type: T }>[] =>
    lines.filter((line): line is Extract<ReportLine, { readonly type: T }> => line.type === type).slice(0, mostLines);
  const changes = all("change").map(({ subject, old, new: now }) => ({ subject, old, new: now }));
  const last = lines.at(-1);
  const isComplete =
    last?.type === "end" && (!isWhole || changes.length === mostLines || last.changes === changes.length);
  const stop = all("refused").at(-1) ?? all("failed").at(-1);
  return {
    ...some("novaVersion", all("nova").at(-1)?.version),
    packages: Object.fromEntries(all("package").map(({ name, version }) => [name, version])),
    changes,
    ...some("firewall", all("firewall").at(-1)?.name),
    guestsWithoutSpice: all("guest-without-spice").map(({ guest }) => guest),
    restarted: all("restarted").map(({ unit }) => unit),
    ...someOf(
      "obsoleteOptions",
      all("obsolete-option").map(({ option }) => option),
    ),
    ...someOf(
      "kept",
      all("kept").map(({ subject }) => subject),
    ),
    ...someOf("warnings", all("warning").map(messageOf)),
    ...some("stopped", stop === undefined ? undefined : messageOf(stop)),
    ...(isComplete ? {} : { incomplete: true }),
  };
}

function messageOf({ id, text }: NodeMessage): NodeMessage {
  return { id, text };
}

function some<K extends string, V>(key: K, value: V | undefined): { readonly [name in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [name in K]?: V };
}

function someOf<K extends string, V>(key: K, values: readonly V[]): { readonly [name in K]?: readonly V[] } {
  return some(key, values.length === 0 ? undefined : values);
}

/** The lines of a report that are in a text, in their order. */
function linesOf(text: string): readonly ReportLine[] {
  return text.split("\n").flatMap((line) => {
    // What a start file prints without a line end, as the title of a terminal's window, stands before the first line.
    const start = line.indexOf('{"type":');
    const found = lineOf(line.slice(Math.max(start, 0)).trim());
    return found === undefined ? [] : [found];
  });
}

/** A line of a report, with printable texts; undefined where it is none. */
function lineOf(text: string): ReportLine | undefined {
  if (text.length > longestLine || !text.startsWith("{")) {
    return undefined;
  }
  const value = parsed(text);
  const type = value["type"];
  const names =
    typeof type === "string" && Object.hasOwn(textsOf, type) ? textsOf[type as ReportLine["type"]] : undefined;
  if (names === undefined || (type === "end" && !Number.isSafeInteger(value["changes"]))) {
    return undefined;
  }
  const texts = names.map((name) => [name, value[name]] as const);
  if (texts.some(([, member]) => typeof member !== "string")) {
    return undefined;
  }
  const printed = texts.map(([name, member]) => [name, printable(member as string)]);
  return {
    ...(type === "end" ? { changes: value["changes"] } : {}),
    ...Object.fromEntries(printed),
    type,
  } as ReportLine;
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
