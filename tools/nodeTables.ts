/** The tables of the node program that documents are made from: read from the Python modules themselves, in node/. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** A message that stops a run. */
export interface Message {
  readonly id: string;
  /** What is so, with places such as `{file}`. */
  readonly cause: string;
  /** What to do; empty where the cause says it. */
  readonly remedy: string;
}

/** A kind of node, in the words of `node/openstack_spice/document/platforms.py`, each name with hyphens. */
export type Platform = Readonly<Record<string, string>>;

/** An obsolete option. */
interface ObsoleteOption {
  readonly role: string;
  readonly option: string;
  readonly since: number;
  readonly why: string;
}

/** What the node program has. */
export interface NodeTables {
  /** The messages by the module of `node/openstack_spice/messages` that has them, in its order. */
  readonly messages: Readonly<Record<string, readonly Message[]>>;
  readonly platforms: readonly Platform[];
  readonly obsoleteOptions: readonly ObsoleteOption[];
}

const program = `
import importlib, json, pkgutil, sys
sys.path.insert(0, sys.argv[1])
from openstack_spice import messages
from openstack_spice.document.platforms import PLATFORMS, to_record
from openstack_spice.nova_conf.obsolete_options import OBSOLETE_OPTIONS

found = {}
for module in pkgutil.iter_modules(messages.__path__):
    rows = getattr(importlib.import_module("openstack_spice.messages." + module.name), "MESSAGES", {})
    if rows:
        found[module.name] = [dict(row._asdict(), id=id) for id, row in rows.items()]
platforms = [{name.replace("_", "-"): word for name, word in to_record(row).items()} for row in PLATFORMS]
print(json.dumps({"messages": found, "platforms": platforms, "obsoleteOptions": [row._asdict() for row in OBSOLETE_OPTIONS]}))
`;

let known: NodeTables | undefined;

/** Asks Python, once. Nothing but the standard library and `node/` is imported, and nothing is written. @throws Error with the remedy where it cannot */
export function nodeTables(): NodeTables {
  known ??= ask();
  return known;
}

/** Why the tables cannot be read on this machine, with the remedy; undefined where they can. */
export function whyNoPython(): string | undefined {
  const { error } = spawnSync("python3", ["-V"]);
  return error === undefined
    ? undefined
    : `python3, which reads the node program's tables, cannot be started (${error.message}). Install Python 3.6 or newer: apt-get install python3, or from https://www.python.org/downloads/.`;
}

function ask(): NodeTables {
  const { error, status, stdout, stderr } = spawnSync(
    "python3",
    ["-I", "-B", "-c", program, join(__dirname, "../node")],
    { encoding: "utf8" },
  );
  if (error !== undefined) {
    throw new Error(whyNoPython() ?? error.message);
  }
  if (status !== 0) {
    throw new Error(`node/openstack_spice cannot be read by python3: ${stderr}`);
  }
  return JSON.parse(stdout) as NodeTables;
}
