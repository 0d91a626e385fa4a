import { Ajv2020 } from "ajv/dist/2020.js";
import { readSchema } from "../../tools/contract";

const ajv = new Ajv2020({ allErrors: true, strictRequired: false });
const validators = new Map<string, ReturnType<typeof ajv.compile>>();

/** What a value has that a schema of contract/ does not allow, as a validator of JSON Schema that is not ours finds it; nothing where it is valid. */
export function schemaErrors(name: string, value: unknown): readonly string[] {
  const validate = validators.get(name) ?? ajv.compile(readSchema(name));
  validators.set(name, validate);
  return validate(value) === true
    ? []
    : (validate.errors ?? []).map(({ instancePath, message = "" }) => `${instancePath} ${message}`);
}
