import type { ValidationError } from "../../nova";
import { isLate } from "../shared/inputs";

/** What has to be there: members, each with what it has to have itself; or a list, with what each of its items has to have. */
type Required = { readonly [member: string]: Required } | readonly [Required];

/** What a connection has to have. */
export const requiredConnection: Required = { host: {} };

/**
 * Validation errors of arguments that do not have the shape that the compiler asks for, as in a program that is not type-checked, or that reads them from
 * its stack's configuration by `requireObject`. All other checks take it that they have.
 */
export function checkShape(args: object, required: Required): readonly ValidationError[] {
  return [...checkRequired(args, required, ""), ...checkLists(args, "")];
}

function checkRequired(value: unknown, required: Required, path: string): readonly ValidationError[] {
  if (value === undefined || value === null) {
    return [{ path, reason: "It is missing. Give it." }];
  }
  if (isList(required)) {
    return Array.isArray(value)
      ? value.flatMap((item: unknown, index) => checkRequired(item, required[0], `${path}[${index}]`))
      : [{ path, reason: noList }];
  }
  if (isLate(value)) {
    return [];
  }
  return Object.entries(required).flatMap(([member, more]) =>
    checkRequired((value as Record<string, unknown>)[member], more, below(path, member)),
  );
}

/** Lists that may be left out, wherever they stand. */
const optionalLists: ReadonlySet<string> = new Set([
  ...["allowedSources", "allowedOrigins", "proxySourceAddresses", "extraConsoleSources"],
  ...["ignoreConfigurationManagement", "recipe"],
]);

function checkLists(value: unknown, path: string): readonly ValidationError[] {
  if (typeof value !== "object" || value === null || isLate(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const at = Array.isArray(value) ? `${path}[${name}]` : below(path, name);
    return optionalLists.has(name) && member !== undefined && !Array.isArray(member)
      ? [{ path: at, reason: noList }]
      : checkLists(member, at);
  });
}

const noList = "It is not a list. Give one whose length is known when the program runs.";

function below(path: string, member: string): string {
  return path === "" ? member : `${path}.${member}`;
}

function isList(required: Required): required is readonly [Required] {
  return Array.isArray(required);
}
