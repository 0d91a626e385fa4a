import { dirname } from "node:path/posix";

/** The node of every case. */
export const NAME = "h-both";

/** What is done on the node, one after the other. */
export type Step =
  /** A desired state document: the plan, then the run. */
  | string
  /** The plan alone: a run would wait for minutes. */
  | { readonly check: string }
  /** Shell text, run by root. */
  | { readonly run: string; readonly what?: string };

/** One case: what the node is like before, and what it is to be. */
export interface Case {
  readonly name: string;
  /** @default proxy, a controller of Debian's with noVNC */
  readonly layer?: "proxy" | "nova" | "compute" | "firewalls" | "el7-like" | "el9-like";
  /** Shell text whose output is the standard input of `prepare`: what is another one whenever it is made. It is run once, on a node of its own. */
  readonly make?: string;
  /** Shell text, run by root. */
  readonly prepare?: string;
  /** Default: a controller that serves on 0.0.0.0, port 6082. With what `prepare` printed. */
  readonly steps?: (printed: string) => readonly Step[];
}

/** What a node refuses: by what, shell texts that make it so and take it back, and the document. */
export type Refusal = readonly [what: string, spoil: string, mend: string, document: string];

/** One case of many refusals: none of them touches the node. */
export function refusals(all: readonly Refusal[]): readonly Step[] {
  return all.flatMap(([what, run, mend, document]) => [{ run, what }, document, { run: mend }]);
}

/** Shell text that writes a file, byte for byte. @param text each character is a byte */
export function put(path: string, text: string): string {
  return `mkdir -p ${dirname(path)}; base64 -d >${path} <<<${Buffer.from(text, "latin1").toString("base64")}\n`;
}
/** Shell text that adds text at a file's end. */
export function add(path: string, text: string): string {
  return `base64 -d >>${path} <<<${Buffer.from(text, "latin1").toString("base64")}\n`;
}

export const CONF = "/etc/nova/nova.conf";
