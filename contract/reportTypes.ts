/** Made from report.schema.json by `npm run contract`. */

/** A line of what the program on a node answers on its standard output: JSON, at most 1,000 bytes. The last one is an end mark. */
export type ReportLine =
  | ChangeLine
  | RestartedLine
  | NovaLine
  | PackageLine
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
  readonly type: "change";
  /** What: `spice/enabled`, `service/nova-compute`. */
  readonly subject: string;
  /** As it was. */
  readonly old: string;
  /** As it is. */
  readonly new: string;
}

/** A unit that was restarted. */
export interface RestartedLine {
  readonly type: "restarted";
  readonly unit: string;
}

/** Nova's version on the node. */
export interface NovaLine {
  readonly type: "nova";
  readonly version: string;
}

/** A package that serves consoles there. */
export interface PackageLine {
  readonly type: "package";
  readonly name: string;
  readonly version: string;
}

/** The firewall that the rule went into, or that our own table is of: several with commas, `none`, or `unmanaged`. */
export interface FirewallLine {
  readonly type: "firewall";
  readonly name: string;
}

/** A running guest that gets its SPICE console with its next hard reboot. */
export interface GuestWithoutSpiceLine {
  readonly type: "guest-without-spice";
  readonly guest: string;
}

/** An option of nova.conf, as `section/option`, that Nova does not read any more. */
export interface ObsoleteOptionLine {
  readonly type: "obsolete-option";
  readonly option: string;
}

/** Something that a revert left alone, since somebody else changed it. */
export interface KeptLine {
  readonly type: "kept";
  readonly subject: string;
}

/** Something that the operator should know, and that stops nothing. */
export interface WarningLine {
  readonly type: "warning";
  /** The message's name in the catalogue. */
  readonly id: string;
  readonly text: string;
}

/** Why a run stopped before it changed anything. */
export interface RefusedLine {
  readonly type: "refused";
  /** The message's name in the catalogue. */
  readonly id: string;
  readonly text: string;
}

/** Why a run stopped on its way. */
export interface FailedLine {
  readonly type: "failed";
  /** The message's name in the catalogue. */
  readonly id: string;
  readonly text: string;
}

/** The end mark: the run came to its end, and all of its report is before. */
export interface EndLine {
  readonly type: "end";
  /** How many changes were reported. */
  readonly changes: number;
}
