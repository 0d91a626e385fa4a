import { type Checked, type ValidationError, invalid, shown, shownKey, valid } from "./validationError";
import type { NovaOption } from "./optionTypes";
import { findOption, novaOptions, optionKey, releasesReading } from "./options";
import { type Release, newestRelease, oldestRelease, releaseName, releases } from "./releases";
import { Role } from "../contract";

/**
 * Finds an option that a user names as `section/option` in `extraNovaOptions`. Refused are options this package does not know, those that an
 * argument sets, those that would break a console proxy or hold a secret, those that no service of the role reads, and those that the release
 * does not have.
 *
 * @param path where the option stands in the arguments
 */
export function findExtraOption(
  role: Role,
  key: string,
  release: Release | undefined,
  path: string,
): Checked<NovaOption> {
  const refuse = (reason: string): Checked<NovaOption> => invalid({ path, reason });
  const [section = "", name = "", ...rest] = key.split("/");
  const option = rest.length === 0 ? findOption(section, name) : undefined;
  if (option === undefined) {
    const renamed = novaOptions.find(({ olderName }) => olderName !== undefined && optionKey(olderName) === key);
    return refuse(
      renamed !== undefined
        ? `${shown(key)} is an older name. Write ${shown(optionKey(renamed))}: each release gets the name it has.`
        : `${shown(shownKey(key))} is no console option this package knows. Write section/option, one of: ${extraOptionKeys(role).join(", ")}.`,
    );
  }
  const title = `[${section}] ${name}`;
  if (option.secret === true) {
    return refuse(`${title} is a secret, which would stand in the stack's plan. Leave it to what set it up.`);
  }
  if (option.argument !== undefined) {
    return refuse(`${title} is set by the argument ${option.argument}. Use that.`);
  }
  if (option.refused !== undefined) {
    return refuse(`${title} is not to be set here: ${option.refused}. Take it out.`);
  }
  const read = releasesReading(role, option);
  if (read === undefined) {
    const readers = [...new Set(option.readBy.map(({ service }) => service))].join(" and ");
    const other = role === Role.Controller ? "computes" : "controllers";
    return refuse(`${title} is read by ${readers}, which a ${role} does not run. Give it for the ${other}.`);
  }
  const errors = releaseErrors(role, option, release, path);
  return errors.length > 0 ? invalid(...errors) : valid(option);
}

/** The options that `extraNovaOptions` takes for a role. */
export function extraOptionKeys(role: Role): readonly string[] {
  return novaOptions
    .filter((option) => option.secret !== true && option.argument === undefined && option.refused === undefined)
    .filter((option) => releasesReading(role, option) !== undefined)
    .map(optionKey);
}

/**
 * Why a release does not have an option, or no service of the role reads it there: since or until when. None where the release is not known, which
 * leaves it to the node.
 *
 * @param path where the option stands in the arguments
 */
export function releaseErrors(
  role: Role,
  option: NovaOption,
  release: Release | undefined,
  path: string,
): readonly ValidationError[] {
  const read = releasesReading(role, option);
  // An unknown release is a validation error of its own.
  if (release === undefined || read === undefined || !releases.includes(release)) {
    return [];
  }
  const title = `[${option.section}] ${option.name}`;
  const refuse = (reason: string): readonly ValidationError[] => [{ path, reason }];
  const oldest = option.olderName === undefined ? option.since : oldestRelease;
  const newest = option.until ?? newestRelease;
  if (release < oldest) {
    return refuse(
      `${title} came in ${oldest}.0.0 (${releaseName(oldest)}); release ${release} does not have it. Take it out.`,
    );
  }
  if (release > newest) {
    const gone = releases.find((later) => later > newest) ?? release;
    return refuse(
      `${title} went in ${gone}.0.0 (${releaseName(gone)}); release ${release} does not have it. Take it out.`,
    );
  }
  if (release < read.first || release > read.last) {
    const [first, last] = [read.first, read.last].map((edge) => `${edge} (${releaseName(edge)})`);
    return refuse(
      `${title} is read on a ${role} from release ${first} to ${last} only, not in ${release}. Take it out.`,
    );
  }
  return [];
}
