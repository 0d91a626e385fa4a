/**
 * What changed between two sets of inputs, path by path, as pulumi-go-provider's default Diff reports it.
 *
 * Source: pulumi/pulumi sdk/go/common/resource/properties_diff.go and plugin/provider.go
 * (NewDetailedDiffFromObjectDiff). A secret is compared as one thing: a change inside it is a change of its path.
 */
import { equal, isMap, isMarked, type PropertyMap, type PropertyValue } from "./values";

/** What happened to the value at a path. */
export enum Change {
  Add = "add",
  Delete = "delete",
  Update = "update",
}

/** The changes from `olds` to `news`, by path: `stdin`, `triggers[0]`, `environment.LANG`. */
export function diffProperties(olds: PropertyMap, news: PropertyMap): Map<string, Change> {
  const changes = new Map<string, Change>();
  diffMaps("", olds, news, changes);
  return changes;
}

/** The property that a path starts with: `triggers[0]` starts with `triggers`. */
export function rootOf(path: string): string {
  return /^[^.[]+/.exec(path)?.[0] ?? path;
}

function diffMaps(prefix: string, olds: PropertyMap, news: PropertyMap, changes: Map<string, Change>): void {
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    diffValues(memberPath(prefix, name), olds[name], news[name], changes);
  }
}

function memberPath(prefix: string, name: string): string {
  if (!/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name)) {
    return `${prefix}[${JSON.stringify(name)}]`;
  }
  return prefix === "" ? name : `${prefix}.${name}`;
}

function diffValues(
  path: string,
  old: PropertyValue | undefined,
  value: PropertyValue | undefined,
  changes: Map<string, Change>,
): void {
  if (old === undefined || value === undefined) {
    changes.set(path, old === undefined ? Change.Add : Change.Delete);
  } else if (Array.isArray(old) && Array.isArray(value)) {
    for (let index = 0; index < Math.max(old.length, value.length); index++) {
      diffValues(`${path}[${index}]`, old[index], value[index], changes);
    }
  } else if (isMap(old) && isMap(value) && !isMarked(old) && !isMarked(value)) {
    diffMaps(path, old, value, changes);
  } else if (!equal(old, value)) {
    changes.set(path, Change.Update);
  }
}
