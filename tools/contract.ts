/**
 * npm run contract: makes the types of both sides from the schemas in contract/: an interface for TypeScript, and for the program on a node the schema
 * itself, which it goes by. test/unit/contract/schemas.test.ts compares them with what lies there.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as prettier from "prettier";

/** The words of JSON Schema that our schemas have. */
export interface Schema {
  readonly $schema?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly description?: string;
  readonly oneOf?: readonly Schema[];
  readonly const?: string | true;
  readonly type?: "object" | "string" | "integer";
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly additionalProperties?: false | Schema;
}

const root = resolve(__dirname, "..");

/** A schema of contract/, by its name there. */
export function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(join(root, "contract", `${name}.schema.json`), "utf8")) as Schema;
}

/** The files that are made of the schemas, by their paths, with their texts. */
export async function contractFiles(): Promise<ReadonlyMap<string, string>> {
  const options = { ...(await prettier.resolveConfig(join(root, "contract/x.ts"))), parser: "typescript" };
  const types = async (name: string) => await prettier.format(typesOf(name, readSchema(name)), options);
  return new Map([
    ["contract/desiredStateTypes.ts", await types("desired-state")],
    ["contract/reportTypes.ts", await types("report")],
    ["node/openstack_spice/document/desired_state_schema.py", pythonOf("desired-state")],
  ]);
}

/** TypeScript's types of a schema: one for each definition, and one for the whole. */
function typesOf(name: string, schema: Schema): string {
  const { title = "", description, oneOf = [], $defs = {} } = schema;
  const alternatives = oneOf.map((one) => typeOf(one, $defs));
  const common = commonMembers(alternatives.map((key) => $defs[key] ?? {}));
  const base = Object.keys(common).length === 0 ? [] : [`Any${title}`];
  const definitions = Object.entries($defs)
    // Texts and numbers are what they are: their rules are the schema's.
    .filter(([, { type }]) => type === "object")
    .map(([key, definition]) => {
      const { properties } = definition;
      if (properties === undefined) {
        return `${comment(definition)}export type ${key} = ${typeOf(definition, $defs)};`;
      }
      const bases = alternatives.includes(key) ? base : [];
      const own = Object.entries(properties).filter(([member]) => bases.length === 0 || !(member in common));
      const heritage = bases.map((one) => `extends ${one} `).join("");
      const members = typeOf({ ...definition, properties: Object.fromEntries(own) }, $defs);
      return `${comment(definition)}export interface ${key} ${heritage}${members}`;
    });
  const bases = base.map((key) => {
    const required = $defs[alternatives[0] ?? ""]?.required ?? [];
    return `/** What all of them have. */\ninterface ${key} ${typeOf({ type: "object", properties: common, required }, $defs)}`;
  });
  const union = `${comment({ description })}export type ${title} = ${alternatives.join(" | ")};`;
  return [`/** Made from ${name}.schema.json by \`npm run contract\`. */`, union, ...bases, ...definitions].join(
    "\n\n",
  );
}

/** The members that all of these objects have, alike. */
function commonMembers([first, ...others]: readonly Schema[]): Readonly<Record<string, Schema>> {
  const isIn = (key: string, member: Schema, { properties = {}, required = [] }: Schema) =>
    JSON.stringify(properties[key]) === JSON.stringify(member) &&
    required.includes(key) === (first?.required ?? []).includes(key);
  const members = Object.entries(first?.properties ?? {});
  return Object.fromEntries(members.filter(([key, member]) => others.every((other) => isIn(key, member, other))));
}

function typeOf(schema: Schema, definitions: Readonly<Record<string, Schema>>): string {
  const { $ref, const: value, type, properties, required = [], additionalProperties = false } = schema;
  if ($ref !== undefined) {
    const key = $ref.replace("#/$defs/", "");
    const target = definitions[key] ?? {};
    return target.type === "object" ? key : typeOf(target, definitions);
  }
  if (value !== undefined) {
    return JSON.stringify(value);
  }
  if (type !== "object") {
    return type === "integer" ? "number" : "string";
  }
  if (properties === undefined) {
    const member = additionalProperties === false ? "never" : typeOf(additionalProperties, definitions);
    return `Readonly<Record<string, ${member}>>`;
  }
  const members = Object.entries(properties).map(([key, member]) => {
    const described = { ...(definitions[member.$ref?.replace("#/$defs/", "") ?? ""] ?? {}), ...member };
    const optional = required.includes(key) ? "" : "?";
    return `${comment(described)}readonly ${JSON.stringify(key)}${optional}: ${typeOf(member, definitions)};`;
  });
  return `{\n${members.join("\n")}\n}`;
}

function comment({ description }: Pick<Schema, "description">): string {
  return description === undefined ? "" : `/** ${description} */\n`;
}

/** A Python module that has the schema, without what is for people alone. */
function pythonOf(name: string): string {
  const { oneOf, $defs = {} } = readSchema(name);
  const line = (value: unknown) =>
    JSON.stringify(value, (key, member: unknown) => (key === "description" ? undefined : member));
  const definitions = Object.entries($defs).map(([key, definition]) => `${JSON.stringify(key)}: ${line(definition)}`);
  const text = `{\n"oneOf": ${line(oneOf)},\n"$defs": {\n${definitions.join(",\n")}\n}}`;
  if (text.includes('"""')) {
    throw new Error(`${name}.schema.json has three quotes in a row, which end a text of Python's.`);
  }
  return `"""Made from contract/${name}.schema.json by \`npm run contract\`: what a document may say, as both sides have it."""

# ruff: noqa: E501
import json
from typing import Any, Mapping

SCHEMA: Mapping[str, Any] = json.loads(r"""${text}
""")
`;
}

if (require.main === module) {
  void contractFiles().then((files) => {
    for (const [path, text] of files) {
      writeFileSync(join(root, path), text);
    }
  });
}
