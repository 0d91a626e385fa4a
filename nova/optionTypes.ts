import type { Release } from "./releases";

/** The Nova services that read console options. nova-serialproxy, which is left alone, reads what both proxies read as well. */
export enum Service {
  /** `nova-spicehtml5proxy`, on controllers. */
  SpiceProxy = "nova-spicehtml5proxy",
  /** `nova-novncproxy`, on controllers. */
  VncProxy = "nova-novncproxy",
  /** `nova-consoleauth`, on controllers up to Stein. */
  ConsoleAuth = "nova-consoleauth",
  /** `nova-compute`, on computes. */
  Compute = "nova-compute",
}

/** How oslo.config reads an option. */
export enum OptionType {
  Boolean = "boolean",
  /** Whole number, within `min` and `max` where they are given. */
  Integer = "integer",
  /** TCP port, 1 to 65535. Nova takes 0 as well, which listens on a port nobody knows. */
  Port = "port",
  Text = "text",
  /** One of `choices`. */
  Choice = "choice",
  /** Values joined by commas. */
  List = "list",
  /** Absolute URI. */
  Uri = "uri",
  /** IP address or host name. */
  Host = "host",
}

/** An older place of an option. */
interface OlderName {
  readonly section: string;
  readonly name: string;
  /** The last release that knows the option by this name only. */
  readonly onlyUntil: Release;
}

/** A service that reads an option, in a range of releases (all, where none is given). */
export interface Reader {
  readonly service: Service;
  readonly since?: Release;
  readonly until?: Release;
}

/** One option of nova.conf. */
export interface NovaOption {
  readonly section: string;
  readonly name: string;
  readonly type: OptionType;
  readonly min?: number;
  readonly max?: number;
  /** The values a `Choice` takes. */
  readonly choices?: readonly string[];
  /** Nova's default as it would stand in the file; undefined where Nova's default is "not set". */
  readonly default?: string;
  /** The first release that has it; `oldestRelease` stands for "or earlier". */
  readonly since: Release;
  /** The last release that has it; undefined where the newest one has it. */
  readonly until?: Release;
  readonly readBy: readonly Reader[];
  /** Older place of the option, for releases before it was renamed. */
  readonly olderName?: OlderName;
  /** The argument of this package that sets it; `extraNovaOptions` then refuses it. */
  readonly argument?: string;
  /** Why `extraNovaOptions` refuses it, where no argument sets it either. */
  readonly refused?: string;
  /** Whether its value is a secret. Secrets never go through this package. */
  readonly secret?: boolean;
  /** What changed over the releases, and where that is written. */
  readonly note?: string;
}
