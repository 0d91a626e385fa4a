import type { NovaFragment } from "../../nova";

/** A fragment as it would stand in a nova.conf, in the order of the table of options. */
export function novaConfText(fragment: NovaFragment | undefined): string {
  return Object.entries(fragment?.["nova.conf"] ?? {})
    .flatMap(([section, options]) => [
      `[${section}]`,
      ...Object.entries(options).map(([option, value]) => `${option} = ${value}`),
    ])
    .join("\n");
}
