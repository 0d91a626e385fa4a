import { guestOptions } from "./guestOptions";
import { type NovaOption, Service } from "./optionTypes";
import { proxyOptions } from "./proxyOptions";
import { type Release, earliest, latest, newestRelease, oldestRelease } from "./releases";
import { Role } from "../contract";

/** The services of a role. */
const servicesOf: Readonly<Record<Role, readonly Service[]>> = {
  [Role.Controller]: [Service.SpiceProxy, Service.VncProxy, Service.ConsoleAuth],
  [Role.Compute]: [Service.Compute],
};

/** The console options of nova.conf, in the order in which they are rendered. */
export const novaOptions: readonly NovaOption[] = [...proxyOptions, ...guestOptions];

/** `section/option`, the way this package writes an option's name. */
export function optionKey(option: { readonly section: string; readonly name: string }): string {
  return `${option.section}/${option.name}`;
}

/** The option of this section and name, by its present name. */
export function findOption(section: string, name: string): NovaOption | undefined {
  return novaOptions.find((option) => option.section === section && option.name === name);
}

/** The releases in which some service of a role reads an option, under whichever name; undefined where none does. */
export function releasesReading(
  role: Role,
  option: NovaOption,
): { readonly first: Release; readonly last: Release } | undefined {
  const readers = option.readBy.filter(({ service }) => servicesOf[role].includes(service));
  if (readers.length === 0) {
    return undefined;
  }
  const exists = option.olderName === undefined ? option.since : oldestRelease;
  return {
    first: latest(exists, earliest(...readers.map((reader) => reader.since ?? oldestRelease))),
    last: earliest(option.until ?? newestRelease, latest(...readers.map((reader) => reader.until ?? newestRelease))),
  };
}
