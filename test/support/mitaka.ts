/** The stack `mitaka`, as it lies in the repository, for what proves it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { REPOSITORY } from "./engine";

/** The text of the stack's file. */
export const mitakaFile = readFileSync(join(REPOSITORY, "Pulumi.mitaka.yaml"), "utf8");

/** Its configuration as the engine hands it to the program. */
export const mitakaConfig = () => configOf(mitakaFile);

/** The configuration of a stack's file as the engine hands it to the program: each value a text, structures as JSON. */
export function configOf(text: string): Readonly<Record<string, string>> {
  // The SDK's own dependency.
  const { load } = createRequire(__filename)("js-yaml") as { load: (text: string) => unknown };
  const { config } = load(text) as { config: Readonly<Record<string, unknown>> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
