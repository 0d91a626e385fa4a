/** What a node reported when it last converged. */
export interface NodeReport {
  /** Nova's version on the node, such as `26.2.2`. */
  readonly novaVersion?: string;
  /** The packages that serve consoles there, each with its version, by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** What was changed: `spice/html5proxy_host: (unset) -> 0.0.0.0`. Empty where the node already was as declared. */
  readonly changes: readonly string[];
  /**
   * The firewall that the rule went into, or that our own table is of: `firewalld`, `ufw`, `iptables`, `ip6tables`, `nftables`, several with commas; `none`
   * where the node has none, `unmanaged` or, of a compute, nothing where it was left alone.
   */
  readonly firewall?: string;
  /** Running guests that have no SPICE console yet: each gets one with its next hard reboot. */
  readonly guestsWithoutSpice: readonly string[];
  /** The services that were restarted. */
  readonly restarted: readonly string[];
  /** Keys of nova.conf, as `section/option`, that Nova does not read any more, or that are better gone. Undefined: none. */
  readonly obsoleteOptions?: readonly string[];
  /** Set where the report has no last line `changed N`, so that the node did not come to the end of its run. */
  readonly incomplete?: true;
}

/** The longest line of a report, in characters: the node cuts its lines there too. What is behind is not kept. */
const longestLine = 1000;

/** How much of a report is read, in characters: what a node of hundreds of guests and options says is a tenth of it. */
const longestReport = 256 * 1024;

/** How many lines of one key are kept. */
const mostLines = 1000;

/** The keys that are read. Others are those of a newer program, or what a login shell's start files print. */
const keys = ["nova", "package", "change", "firewall", "guest-without-spice", "restarted", "dead-key"] as const;

type Key = (typeof keys)[number];

/**
 * Reads the report that the program on the node prints: lines of `key value`, the last of which is `changed N`.
 *
 * The login shell's start files may print as well, and a newer program may say more: lines with other keys are passed over. What comes from a node is not
 * trusted: at most {@link longestReport} characters of it are looked at, in time that grows with their number, and what is kept is printable.
 */
export function parseReport(stdout: string): NodeReport {
  const found = new Map<Key, string[]>(keys.map((key) => [key, []]));
  for (const line of stdout.slice(0, longestReport).split("\n")) {
    const blank = line.indexOf(" ");
    const values = found.get(line.slice(0, Math.max(blank, 0)) as Key);
    const value = printable(line.slice(blank + 1));
    if (values !== undefined && value !== "" && values.length < mostLines) {
      values.push(value);
    }
  }
  const all = (key: Key) => found.get(key) ?? [];
  const packages = all("package").map((value) => {
    const [name = "", version = ""] = value.split(" ");
    return [name, version] as const;
  });
  const novaVersion = all("nova").at(-1);
  const firewall = all("firewall").at(-1);
  const obsoleteOptions = all("dead-key");
  return {
    ...(novaVersion === undefined ? {} : { novaVersion }),
    packages: Object.fromEntries(packages),
    changes: all("change"),
    ...(firewall === undefined ? {} : { firewall }),
    guestsWithoutSpice: all("guest-without-spice"),
    restarted: all("restarted"),
    ...(obsoleteOptions.length === 0 ? {} : { obsoleteOptions }),
    // Only the end is needed, however long what stands before it is.
    ...(/(?:^|\n)changed \d+\s*$/.test(stdout.slice(-longestLine)) ? {} : { incomplete: true }),
  };
}

/** A value without control characters and what else moves a terminal's cursor or turns its text around, and without outer blanks; no longer than a line. */
function printable(text: string): string {
  return text
    .slice(0, longestLine)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu, "")
    .trim();
}
