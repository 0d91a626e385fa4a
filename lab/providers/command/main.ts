/** The stand-in for the `command` plugin: `remote.Command` and `remote.CopyToRemote`, as version 1.2.1 has them. */
import { type ResourceShape, schemaOf, type SchemaType } from "../wire/schema";
import { serve } from "../wire/server";
import { command } from "./command";
import { copyToRemote } from "./copyToRemote";
import { COMMAND, COPY, type InputType } from "./inputs";

const NAME = "command";
const VERSION = "1.2.1";

void serve(
  {
    name: NAME,
    version: VERSION,
    schema: schemaOf(NAME, VERSION, {
      "command:remote:Command": shapeOf(COMMAND, { stdout: "string", stderr: "string" }),
      "command:remote:CopyToRemote": shapeOf(COPY, {}),
    }),
    resources: { "command:remote:Command": command, "command:remote:CopyToRemote": copyToRemote },
  },
  process.argv.slice(2),
);

function shapeOf({ fields, required }: InputType, outputs: ResourceShape["outputs"]): ResourceShape {
  const types: Record<string, SchemaType> = { string: "string", float64: "number", bool: "boolean", any: "any" };
  const inputs = Object.entries(fields).map(([name, type]) => [name, types[type] ?? "any"] as const);
  return { inputs: Object.fromEntries(inputs), required, outputs };
}
