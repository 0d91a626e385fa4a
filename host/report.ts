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
  readonly deadKeys?: readonly string[];
}

/** What a report is made of; other keys are passed over. */
const keys = ["nova", "package", "change", "firewall", "guest-without-spice", "restarted", "dead-key"];
/** So many lines of a key are read, each to so many characters: as many as a node has to tell, and no more than a state should keep. */
const MOST_LINES = 1000;
const LONGEST_LINE = 1000;

/**
 * Reads the report that the host program prints: lines of `key value`.
 *
 * The login shell's start files may print as well, and a newer program may say more: lines with other keys are passed over. Takes no longer than the text
 * is long. What comes from a node is text for people: what a terminal could obey is none.
 */
export function parseReport(stdout: string): NodeReport {
  const packages: Record<string, string> = {};
  const found = new Map<string, string[]>();
  for (const line of stdout.split(/\r?\n/)) {
    const space = line.indexOf(" ");
    const key = line.slice(0, Math.max(space, 0));
    const value = printable(line.slice(space + 1, space + 1 + LONGEST_LINE)).trimEnd();
    const lines = found.get(key) ?? [];
    if (keys.includes(key) && value !== "" && lines.length < MOST_LINES) {
      lines.push(value);
      found.set(key, lines);
    }
  }
  const all = (key: string) => found.get(key) ?? [];
  for (const value of all("package")) {
    const [name = "", version = ""] = value.split(" ");
    packages[name] = version;
  }
  const novaVersion = all("nova").at(-1);
  const firewall = all("firewall").at(-1);
  return {
    ...(novaVersion === undefined ? {} : { novaVersion }),
    packages,
    changes: all("change"),
    ...(firewall === undefined ? {} : { firewall }),
    guestsWithoutSpice: all("guest-without-spice"),
    restarted: all("restarted"),
    ...(found.has("dead-key") ? { deadKeys: all("dead-key") } : {}),
  };
}

/** The text with every control character, and those that turn its direction, replaced by `?`. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "?");
}
