/** The package schema a plugin answers GetSchema with: what the engine and `pulumi package get-schema` read. */

/** A field's type in the schema's words; "any" for what is not described further. */
export type SchemaType = "string" | "number" | "integer" | "boolean" | "any";

/** The inputs and further outputs of one resource type. */
export interface ResourceShape {
  readonly inputs: Readonly<Record<string, SchemaType>>;
  readonly required: readonly string[];
  readonly outputs: Readonly<Record<string, SchemaType>>;
}

/** The schema of the package `name`, as JSON. It lists what the stand-in has, which is less than the real package. */
export function schemaOf(name: string, version: string, resources: Readonly<Record<string, ResourceShape>>): string {
  const typed = (fields: Readonly<Record<string, SchemaType>>) =>
    Object.fromEntries(
      Object.entries(fields).map(([field, type]) => [field, type === "any" ? { $ref: "pulumi.json#/Any" } : { type }]),
    );
  const described: Record<string, unknown> = {};
  for (const [token, { inputs, required, outputs }] of Object.entries(resources)) {
    described[token] = {
      inputProperties: typed(inputs),
      requiredInputs: required,
      properties: typed({ ...inputs, ...outputs }),
      required: Object.keys(outputs),
    };
  }
  return JSON.stringify({ name, version, resources: described });
}
