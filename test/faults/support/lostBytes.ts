import { basename } from "node:path";
import type { Tree } from "./tree";

/** What a run was to do, of which an image was taken. */
export interface Expected {
  readonly verb: "converge" | "revert";
  /** The node before the first run, and after it was converged. */
  readonly before: Tree;
  readonly converged: Tree;
  /** The node's own command, once nothing is recorded any more and it is about to go. */
  readonly lastLauncher: string;
}

const STATE = "/var/lib/openstack-spice";
const ROLE = `${STATE}/roles/controller`;
const LAUNCHER = "/usr/local/sbin/openstack-spice";
/** A new file, until it is in its place. */
export const NEW_FILE = /\.openstack-spice\.[0-9a-f]{12}\b/;

/**
 * What a power cut would have lost, by the files of an image: nothing where each file is as it was or as it is to be, and a way back has all that it needs.
 * This is what each image has to be like, whenever it was taken; a node that boots from it can be brought to either state then.
 */
export function lostIn(
  { paths, journals }: Tree,
  { verb, before, converged, lastLauncher }: Expected,
): readonly string[] {
  const journal = journalOf(journals[`${ROLE}/journal`]);
  const has = (name: string) => paths[`${ROLE}/${name}`] !== undefined;
  const lost = journal?.isDamaged === true ? ["the journal is damaged"] : [];
  const changed: string[] = [];
  let isConverged = true;
  for (const path of filesOf(before, converged, { paths, journals })) {
    const [then, now, to] = [before.paths[path], paths[path], converged.paths[path]];
    isConverged &&= now === to;
    if (now !== then && now === to) {
      // A folder that is there for a file of ours goes with it.
      changed.push(...(/ 0o40\d+/.test(`${then ?? ""}${now ?? ""}`) ? [] : [path]));
    } else if (path === LAUNCHER && now === lastLauncher && !has("record") && journal === undefined) {
      continue;
    } else if (now !== then && !(NEW_FILE.test(path) && journal?.newFiles.includes(path) === true)) {
      lost.push(`${path} is ${now ?? "away"}`);
    }
  }
  if (has("record") && paths[`${ROLE}/record`] !== converged.paths[`${ROLE}/record`]) {
    lost.push(`the record is ${paths[`${ROLE}/record`] ?? ""}`);
  }
  if ((has("record") || journal !== undefined) && !programIsWhole(paths)) {
    lost.push("there is no whole program for the way back");
  }
  if (verb === "converge" && has("record") && !isConverged) {
    lost.push("the record is there before all that it says");
  }
  if (!has("record")) {
    lost.push(
      ...changed
        .filter((path) => !isNoted(path, verb, journal))
        .map((path) => `nothing on the node knows that ${path} was changed`),
    );
  }
  return lost;
}

/** What is missing or too much at the end of a run that says it has succeeded. */
export function lostAtTheEnd(
  { paths }: Tree,
  { verb, before, converged }: Omit<Expected, "lastLauncher">,
): readonly string[] {
  const to = (verb === "converge" ? converged : before).paths;
  return [...new Set([...Object.keys(paths), ...Object.keys(to)])]
    .filter((path) => paths[path] !== to[path])
    .map((path) => `at the end ${path} is ${paths[path] ?? "away"}, and not ${to[path] ?? "away"}`);
}

/** All paths of the node's own files, which are outside the program's folder. */
function filesOf(...trees: readonly Tree[]): ReadonlySet<string> {
  return new Set(trees.flatMap(({ paths }) => Object.keys(paths).filter((path) => !path.startsWith(STATE))));
}

/** Whether the way back begins with a program that has the bytes that its name says. */
function programIsWhole(paths: Tree["paths"]): boolean {
  const file = / -> (.*)$/.exec(paths[`${ROLE}/program`] ?? "")?.[1] ?? "";
  return paths[file]?.endsWith(` ${basename(file, ".sh")}`) === true;
}

interface Journal {
  readonly isDamaged: boolean;
  /** What each entry is about: a path, or a unit. */
  readonly subjects: readonly string[];
  readonly newFiles: readonly string[];
}

/** A journal's text. A last line without an end was not followed by what it says. */
function journalOf(text: string | undefined): Journal | undefined {
  if (text === undefined) {
    return undefined;
  }
  const lines = text.split("\n").slice(0, -1);
  const values = lines.map(valueOf);
  return {
    isDamaged: values.includes(undefined),
    subjects: values.flatMap((value) => (Array.isArray(value) ? [String(value[1])] : [])),
    newFiles: values.filter((value) => typeof value === "string"),
  };
}

/** What a journal's line says: an entry, the path of a new file, or the platform; undefined: it is damaged. */
function valueOf(line: string): string | readonly unknown[] | object | undefined {
  try {
    return JSON.parse(line) as string | readonly unknown[] | object;
  } catch {
    return undefined;
  }
}

/** Whether the journal says that a file was changed; a link of a unit is noted by the unit's name. */
function isNoted(path: string, verb: Expected["verb"], journal: Journal | undefined): boolean {
  if (path === LAUNCHER) {
    // It comes with the journal, and goes last.
    return journal !== undefined || verb === "revert";
  }
  return journal?.subjects.some((subject) => path.includes(basename(subject))) === true;
}
