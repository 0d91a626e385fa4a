import type { ControllerState, Releases, Role } from "../contract";
import { findExtraOption, releaseErrors } from "./extraOptions";
import type { NovaOption } from "./optionTypes";
import { findOption, novaOptions, optionKey, releasesReading } from "./options";
import { type RecipeSettings, recipeOptions, recipeSpelling } from "./recipe";
import { type Release, latest, newestRelease, oldestRelease } from "./releases";
import { type RoleSettings, roleOptions } from "./roleOptions";
import { type Checked, type ValidationError, invalid, shownKey, valid } from "./validationError";
import { encodeValue } from "./value";
import { checkVnc } from "./vnc";

/**
 * The part of nova.conf that a role declares, these keys and no others; and, where the release was not asserted, what the node needs to know to choose by
 * its own: the releases that have an option, and its older names.
 */
export type NovaFragment = Pick<ControllerState, "nova.conf" | "optionReleases" | "optionNames">;

/**
 * The nova.conf lines of a role: only keys that the role's services read, in a stable order, under the names that the release has.
 *
 * Without a release the present names are used, and `optionReleases` and `optionNames` say what the node has to mind.
 *
 * @param path put before the path of each validation error, such as `computes[0].`
 */
export function novaFragment<R extends Role>(
  role: R,
  settings: RoleSettings[R] & RecipeSettings,
  release?: Release,
  path = "",
): Checked<NovaFragment> {
  const errors: ValidationError[] = settings.vnc === undefined ? [] : [...checkVnc(settings.vnc, `${path}vnc`)];
  const values = new Map<NovaOption, string>();
  const keep = (option: NovaOption, encoded: Checked<string>) => {
    errors.push(...encoded.errors);
    if (encoded.value !== undefined) {
      values.set(option, encoded.value);
    }
  };
  const spelt = recipeSpelling(settings.recipe);
  for (const { section, name, argument, value } of [...roleOptions(role, settings), ...recipeOptions(settings)]) {
    const option = findOption(section, name);
    if (option === undefined || value === undefined) {
      continue;
    }
    const at = `${path}${argument}`;
    // One argument can stand for many options, and is one validation error.
    errors.push(...releaseErrors(role, option, release, at).filter(() => !errors.some((error) => error.path === at)));
    const encoded = encodeValue(option, value, at);
    keep(option, encoded.value === undefined ? encoded : valid(spelt(option, encoded.value)));
  }
  for (const [key, value] of Object.entries(settings.extraNovaOptions ?? {})) {
    const at = `${path}extraNovaOptions["${shownKey(key)}"]`;
    const found = findExtraOption(role, key, release, at);
    errors.push(...found.errors);
    if (found.value !== undefined && value !== undefined) {
      keep(found.value, encodeValue(found.value, value, at));
    }
  }
  return errors.length > 0 ? invalid(...errors) : valid(render(role, values, release));
}

/** The options in the order of the table, each in the section that the release has it in. */
function render(role: Role, values: ReadonlyMap<NovaOption, string>, release: Release | undefined): NovaFragment {
  const sections: Record<string, Record<string, string>> = {};
  const optionReleases: Record<string, Releases> = {};
  const optionNames: Record<string, Record<string, Releases>> = {};
  for (const option of novaOptions) {
    const value = values.get(option);
    if (value === undefined) {
      continue;
    }
    const older = option.olderName;
    const place = older !== undefined && release !== undefined && release <= older.onlyUntil ? older : option;
    sections[place.section] = { ...sections[place.section], [place.name]: value };
    if (release === undefined) {
      const releases = releasesOf(role, option);
      if (releases !== undefined) {
        optionReleases[optionKey(option)] = releases;
      }
      const first = releasesReading(role, option)?.first ?? oldestRelease;
      if (older !== undefined && first <= older.onlyUntil) {
        optionNames[optionKey(option)] = { [optionKey(older)]: { first, last: older.onlyUntil } };
      }
    }
  }
  return {
    "nova.conf": sections,
    ...(Object.keys(optionReleases).length === 0 ? {} : { optionReleases }),
    ...(Object.keys(optionNames).length === 0 ? {} : { optionNames }),
  };
}

/** The releases that have the option by its present name and read it in this role; undefined where all of them do. */
function releasesOf(role: Role, option: NovaOption): Releases | undefined {
  const read = releasesReading(role, option);
  const first = latest(read?.first ?? oldestRelease, option.since);
  const last = read?.last ?? newestRelease;
  if (first === oldestRelease && last === newestRelease) {
    return undefined;
  }
  // The newest known release has it: it may well go on.
  return last === newestRelease ? { first } : { first, last };
}
