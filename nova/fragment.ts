import { type FragmentLine, type NovaFragment, type OptionName, type OptionRange, Role } from "../contract";
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
 * The nova.conf lines of a role: only keys that the role's services read, in a stable order, under the names that the release has.
 *
 * Without a release the present names are used, and `ranges` and `names` say what the node has to mind.
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

/** The lines in the order of the option table, each in the section that the release has it in. */
function render(role: Role, values: ReadonlyMap<NovaOption, string>, release: Release | undefined): NovaFragment {
  const sections = new Map<string, FragmentLine[]>();
  const ranges: OptionRange[] = [];
  const names: OptionName[] = [];
  for (const option of novaOptions) {
    const value = values.get(option);
    if (value === undefined) {
      continue;
    }
    const older = option.olderName;
    const place = older !== undefined && release !== undefined && release <= older.onlyUntil ? older : option;
    const lines = sections.get(place.section) ?? [];
    sections.set(place.section, [...lines, { key: place.name, value }]);
    if (release === undefined) {
      ranges.push(...optionRange(role, option));
      names.push(...optionNames(role, option));
    }
  }
  return { sections: [...sections].map(([name, lines]) => ({ name, lines })), ranges, names };
}

/** The releases that have the option by its present name and read it in this role, unless that is all of them. */
function optionRange(role: Role, option: NovaOption): readonly OptionRange[] {
  const read = releasesReading(role, option);
  const first = latest(read?.first ?? oldestRelease, option.since);
  const last = read?.last ?? newestRelease;
  return first === oldestRelease && last === newestRelease
    ? []
    : [{ option: optionKey(option), first, last: last === newestRelease ? undefined : last }];
}

/** The releases that read the option in this role and have it by its older name only. */
function optionNames(role: Role, option: NovaOption): readonly OptionName[] {
  const first = releasesReading(role, option)?.first ?? oldestRelease;
  const older = option.olderName;
  return older === undefined || first > older.onlyUntil
    ? []
    : [{ option: optionKey(option), first, last: older.onlyUntil, olderName: optionKey(older) }];
}
