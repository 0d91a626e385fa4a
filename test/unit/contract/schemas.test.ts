import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { contractFiles } from "../../../tools/contract";
import { schemaErrors } from "../../support/schemas";
import { bad, badBeyondSchema, good } from "./documents";

const root = resolve(__dirname, "../../..");

describe("what is made of the schemas", async () => {
  it.each([...(await contractFiles())])("is up to date: %s", (path, text) => {
    expect(readFileSync(join(root, path), "utf8")).toBe(text);
  });
});

describe("the schema of the desired state", () => {
  it.each(good.map((document, index) => [index, document] as const))("takes what is good, number %i", (_, document) => {
    expect(schemaErrors("desired-state", document)).toEqual([]);
  });

  it.each(bad.map(([document, problems]) => [problems, document] as const))(
    "does not take what is bad: %s",
    (_, document) => {
      expect(schemaErrors("desired-state", document)).not.toEqual([]);
    },
  );

  it.each(badBeyondSchema.map(([document, problems]) => [problems, document] as const))(
    "cannot tell that %s",
    (_, document) => {
      expect(schemaErrors("desired-state", document)).toEqual([]);
    },
  );
});
