import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { RecipeSwitch, checkRecipe, recipeBehaviours } from "../../../nova";

const read = (file: string) => readFileSync(resolve(__dirname, "../../..", file), "utf8");
const document = read("docs/recipe.md");

describe("the recipe's behaviours", () => {
  it.each(Object.values(RecipeSwitch))(
    "have %s in the stack mitaka, and in the row of the document that it is for",
    (name) => {
      expect(read("Pulumi.mitaka.yaml")).toContain(`    - ${name} #`);
      const row = document.split(/^##+ /m).find((section) => section.startsWith(`Row ${recipeBehaviours[name].row}:`));
      expect(row).toContain(name);
    },
  );

  it("are tested row by row, each of the fifteen by its number", () => {
    const rows = [...document.matchAll(/^### Row (\d+):/gm)].map(([, row]) => Number(row));
    expect(rows).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
    const tests = [...read("test/up/mitaka.test.ts").matchAll(/^ {2}it\("row (\d+):/gm)].map(([, row]) => Number(row));
    expect(tests).toEqual(rows);
  });

  it("are refused where they are unknown or named twice", () => {
    const errors = checkRecipe(["restart-httpd", "restart-http", "restart-httpd"], "recipe");
    expect(errors).toEqual([
      {
        path: "recipe[1]",
        reason: `"restart-http" is no behaviour of the recipe's. Give one of ${Object.values(RecipeSwitch).join(", ")}.`,
      },
      { path: "recipe[2]", reason: '"restart-httpd" is there twice. Take one out.' },
    ]);
  });
});
