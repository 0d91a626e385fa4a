/** Made from report.schema.json by `npm run contract`. */

/** A line of what the program on a node answers on its standard output: a JSON object of at most 1,000 bytes, whose first member says which kind of line it is. The last one is an end mark. */
export type ReportLine =
  | ChangeLine
  | RestartedLine
  | NovaLine
  | PackagesLine
  | FirewallLine
  | GuestWithoutSpiceLine
  | ObsoleteOptionLine
  | KeptLine
  | WarningLine
  | RefusedLine
  | FailedLine
  | EndLine;

/** Something that was changed, or would be. */
export interface ChangeLine {
  /** What: `spice/enabled`, `service/nova-compute`. */
  readonly change: string;
  /** As it was. */
  readonly old: string;
  /** As it is. */
  readonly new: string;
}

/** A unit that was restarted. */
export interface RestartedLine {
  readonly restarted: string;
}

/** Nova's version on the node. */
export interface NovaLine {
  readonly nova: string;
}

/** The packages that serve consoles there, each with its version. */
export interface PackagesLine {
  /** Versions of packages, by name. */
  readonly packages: Versions;
}

/** The firewall that the rule went into, or that our own table is of: several with commas, `none`, or `unmanaged`. */
export interface FirewallLine {
  readonly firewall: string;
}

/** A running guest that gets its SPICE console with its next hard reboot. */
export interface GuestWithoutSpiceLine {
  readonly "guest-without-spice": string;
}

/** An option of nova.conf, as `section/option`, that Nova does not read any more. */
export interface ObsoleteOptionLine {
  readonly "obsolete-option": string;
}

/** Something that a revert left alone, since somebody else changed it. */
export interface KeptLine {
  readonly kept: string;
}

/** Something that the operator should know, and that stops nothing. */
export interface WarningLine {
  /** The message's name in the catalogue. */
  readonly warning: string;
  readonly text: string;
}

/** Why a run stopped before it changed anything. */
export interface RefusedLine {
  /** The message's name in the catalogue. */
  readonly refused: string;
  readonly text: string;
}

/** Why a run stopped on its way. */
export interface FailedLine {
  /** The message's name in the catalogue. */
  readonly failed: string;
  readonly text: string;
}

/** The end mark: the run came to its end, and all of its report is before. */
export interface EndLine {
  /** How many changes were reported. */
  readonly end: number;
}

/** Versions of packages, by name. */
export type Versions = Readonly<Record<string, string>>;
