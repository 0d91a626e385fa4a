/**
 * The inputs of the remote resources: which there are, their defaults, and how wrong ones are refused.
 *
 * Source: pulumi-command v1.2.1 provider/cmd/pulumi-resource-command/schema.json; the texts are those of
 * pulumi/pulumi sdk/go/common/util/mapper/errors.go and mapper_decode.go.
 */
import type { CheckFailure } from "../wire/resource";
import { isMap, isSecret, isUnknown, type PropertyMap, type PropertyValue, secret } from "../wire/values";

/** A type as Go names it; "any" stands for those that are not looked into. */
type FieldType = "string" | "float64" | "bool" | "any";

/** A Go type that properties are decoded into. */
export interface InputType {
  readonly name: string;
  readonly required: readonly string[];
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly defaults: PropertyMap;
  readonly secrets: readonly string[];
  readonly nested: Readonly<Record<string, InputType>>;
}

const PROXY: InputType = {
  name: "remote.ProxyConnection",
  required: ["host"],
  // In the order of the Go struct, in which what is wrong is listed.
  fields: {
    user: "string",
    password: "string",
    host: "string",
    port: "float64",
    privateKey: "string",
    privateKeyPassword: "string",
    agentSocketPath: "string",
    dialErrorLimit: "float64",
    perDialTimeout: "float64",
    hostKey: "string",
  },
  defaults: { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 },
  secrets: ["password", "privateKey", "privateKeyPassword"],
  nested: {},
};

const CONNECTION: InputType = {
  ...PROXY,
  name: "remote.Connection",
  fields: { ...PROXY.fields, proxy: "any" },
  nested: { proxy: PROXY },
};

/** The inputs of `command:remote:Command`. */
export const COMMAND: InputType = {
  name: "remote.CommandInputs",
  required: ["connection"],
  fields: {
    addPreviousOutputInEnv: "bool",
    connection: "any",
    create: "string",
    delete: "string",
    environment: "any",
    logging: "string",
    stdin: "string",
    triggers: "any",
    update: "string",
  },
  defaults: {},
  secrets: ["connection"],
  nested: { connection: CONNECTION },
};

/** The inputs of `command:remote:CopyToRemote`. */
export const COPY: InputType = {
  name: "remote.CopyToRemoteInputs",
  required: ["connection", "source", "remotePath"],
  fields: { connection: "any", remotePath: "string", source: "any", triggers: "any" },
  defaults: {},
  secrets: ["connection"],
  nested: { connection: CONNECTION },
};

/**
 * `inputs` with the defaults of `type` filled in and its secrets marked, where nothing is wrong with them; with the
 * secrets marked where something is, so that a refusal shows none.
 */
export function checkInputs(type: InputType, inputs: PropertyMap): { inputs: PropertyMap; failures: CheckFailure[] } {
  const failures = failuresIn(type, inputs);
  return { inputs: complete(type, inputs, failures.length === 0), failures };
}

/** What is wrong with each field, in their order, then the fields that there are not. What is wrong within an object is one failure of the field. */
function failuresIn(type: InputType, inputs: PropertyMap): CheckFailure[] {
  const known = Object.entries(type.fields).flatMap(([property, wanted]) => {
    const reason = fieldFailure(type, property, wanted, inputs[property]);
    return reason === undefined ? [] : [{ property, reason }];
  });
  const unknown = Object.keys(inputs)
    .filter((name) => !(name in type.fields))
    .map((name) => ({ property: name, reason: `Unrecognized field '${name}' on '${type.name}'` }));
  return [...known, ...unknown];
}

function fieldFailure(
  type: InputType,
  name: string,
  wanted: FieldType,
  given: PropertyValue | undefined,
): string | undefined {
  if (given === undefined) {
    return type.required.includes(name) ? `Missing required field '${name}' on '${type.name}'` : undefined;
  }
  const value = open(given);
  const inner = type.nested[name];
  if (inner !== undefined && isMap(value)) {
    const failures = failuresIn(inner, value);
    const [, goName = type.name] = type.name.split(".");
    return failures.length === 0
      ? undefined
      : `An error occurred decoding '${goName}.${name}': ${failures.length} failures decoding:${failures
          .map(({ property, reason }) => `\n\t${property}: ${reason}`)
          .join("")}`;
  }
  const got = value === undefined || value === null ? undefined : goType(value);
  return wanted === "any" || got === undefined || got === wanted
    ? undefined
    : `Field '${name}' on '${type.name}' must be a '${wanted}'; got '${got}' instead`;
}

function complete(type: InputType, inputs: PropertyMap, hasDefaults: boolean): PropertyMap {
  const all: PropertyMap = { ...(hasDefaults ? type.defaults : {}), ...inputs };
  for (const [name, inner] of Object.entries(type.nested)) {
    const value = all[name];
    const content = open(value);
    if (value !== undefined && isMap(content)) {
      const completed = complete(inner, content, hasDefaults);
      all[name] = isSecret(value) ? secret(completed) : completed;
    }
  }
  for (const name of type.secrets) {
    const value = all[name];
    if (value !== undefined) {
      all[name] = secret(value);
    }
  }
  return all;
}

function open(value: PropertyValue | undefined): PropertyValue | undefined {
  const inner = isSecret(value) ? value["value"] : value;
  return isUnknown(inner) ? undefined : inner;
}

function goType(value: PropertyValue): string {
  if (typeof value === "object") {
    return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
  }
  return { number: "float64", boolean: "bool", string: "string" }[typeof value as "number" | "boolean" | "string"];
}
