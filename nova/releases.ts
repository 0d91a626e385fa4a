import { type Checked, type ValidationError, invalid, shown, valid } from "./validationError";

/**
 * OpenStack releases whose Nova this package knows. The number is Nova's own major version, which is what `nova-compute --version` prints:
 * `Release.Zed` is 26, its packages are 26.x.y.
 *
 * Source: https://releases.openstack.org, one page for each series.
 */
export enum Release {
  /** April 2016 */
  Mitaka = 13,
  /** October 2016 */
  Newton = 14,
  /** February 2017 */
  Ocata = 15,
  /** August 2017 */
  Pike = 16,
  /** February 2018 */
  Queens = 17,
  /** August 2018 */
  Rocky = 18,
  /** April 2019 */
  Stein = 19,
  /** October 2019 */
  Train = 20,
  /** May 2020 */
  Ussuri = 21,
  /** October 2020 */
  Victoria = 22,
  /** April 2021 */
  Wallaby = 23,
  /** October 2021 */
  Xena = 24,
  /** March 2022 */
  Yoga = 25,
  /** October 2022 */
  Zed = 26,
  /** 2023.1 */
  Antelope = 27,
  /** 2023.2 */
  Bobcat = 28,
  /** 2024.1 */
  Caracal = 29,
  /** 2024.2 */
  Dalmatian = 30,
  /** 2025.1 */
  Epoxy = 31,
  /** 2025.2 */
  Flamingo = 32,
  /** 2026.1 */
  Gazpacho = 33,
  /** 2026.2 */
  Hibiscus = 34,
}

/** The oldest release this package knows. */
export const oldestRelease = Release.Mitaka;

/** The newest release this package knows. */
export const newestRelease = Release.Hibiscus;

/** Every release this package knows, oldest first. */
export const releases: readonly Release[] = Object.values(Release).filter(
  (value): value is Release => typeof value === "number",
);

/** The last of these releases; the oldest known one where there are none. */
export function latest(...among: readonly Release[]): Release {
  return among.reduce((one, other) => (one > other ? one : other), oldestRelease);
}

/** The first of these releases; the newest known one where there are none. */
export function earliest(...among: readonly Release[]): Release {
  return among.reduce((one, other) => (one < other ? one : other), newestRelease);
}

/** The release's number by year, such as `2023.1`, from Antelope on; undefined for the releases before, which have a name only. */
function releaseNumber(release: Release): string | undefined {
  const sinceAntelope = release - Release.Antelope;
  return sinceAntelope < 0 ? undefined : `${2023 + Math.floor(sinceAntelope / 2)}.${1 + (sinceAntelope % 2)}`;
}

/** The name to show: `Zed`, `2023.1 Antelope`. */
export function releaseName(release: Release): string {
  const number = releaseNumber(release);
  return number === undefined ? Release[release] : `${number} ${Release[release]}`;
}

/**
 * Reads a release as people write it: its name (`zed`, `Antelope`), its number by year (`2023.1`), both (`2023.1 Antelope`), Nova's major
 * version (`26`, 26) or a whole version of Nova (`26.2.2`). Upper or lower case.
 *
 * @param path where the value stands in the arguments
 */
export function parseRelease(text: string | number, path = "release"): Checked<Release> {
  const wanted = String(text).trim().toLowerCase();
  const major = /^(\d{2})(\.\d+)*$/.exec(wanted)?.[1];
  const found = releases.find(
    (release) =>
      wanted === Release[release].toLowerCase() ||
      wanted === releaseNumber(release) ||
      wanted === releaseName(release).toLowerCase() ||
      major === String(release),
  );
  return found === undefined
    ? invalid({
        path,
        reason:
          `${shown(text)} is not an OpenStack release this package knows. ` +
          `Give a name or number from ${releaseName(oldestRelease)} (${oldestRelease}) to ${releaseName(newestRelease)} (${newestRelease}), ` +
          `or leave it out: each node's release is then detected.`,
      })
    : valid(found);
}

/** Validation errors of an asserted release. TypeScript's enums let any number through. @param path put before the path of the error */
export function checkRelease(release: Release | undefined, path: string): readonly ValidationError[] {
  if (typeof release === "string") {
    // The document that a node reads has a number, and releases are compared.
    return [
      { path: `${path}release`, reason: `${shown(release)} is text. Give a number, such as 26, or Release.Zed.` },
    ];
  }
  return release === undefined ? [] : parseRelease(release, `${path}release`).errors;
}
