import { expect } from "vitest";
import { SpiceConsole, type SpiceConsoleArgs } from "../../../components";
import { type Registered, type Run, run, type Setting } from "./recorder";

/** Declares a cloud, under the name `cloud`. */
export function declare(args: SpiceConsoleArgs, setting?: Setting): Promise<Run<SpiceConsole>> {
  return run(() => new SpiceConsole("cloud", args), setting);
}

/** What a run registers: `TYPE NAME < PARENT`, sorted. */
export function tree(resources: readonly Registered[]): readonly string[] {
  return resources.map(({ type, name, parent }) => `${type} ${name} < ${parent}`).sort();
}

/** The one resource of a name. */
export function find(resources: readonly Registered[], name: string): Registered {
  const found = resources.filter((resource) => resource.name === name);
  expect(found.map(({ name }) => name)).toEqual([name]);
  return found[0] as Registered;
}

/** The commands that converge a role of a node. */
export function commandsOf(resources: readonly Registered[]): readonly Registered[] {
  return resources.filter(({ type }) => type === "command:remote:Command");
}
