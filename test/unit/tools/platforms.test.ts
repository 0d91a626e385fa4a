import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";
import { platformsTable, withPlatforms } from "../../../tools/platforms";

const readme = join(__dirname, "../../../README.md");

describe("the README's table of platforms", () => {
  it("is the one that the program on the nodes has", async () => {
    const text = readFileSync(readme, "utf8");
    const made = withPlatforms(text, platformsTable());
    expect(text).toBe(await format(made, { ...(await resolveConfig(readme)), parser: "markdown" }));
  });

  it("has every platform with every column", () => {
    const rows = platformsTable().trimEnd().split("\n");
    expect(rows.length).toBe(10);
    for (const row of rows) {
      expect(row.split(" | ").length).toBe(8);
      expect(row).not.toContain("?");
      expect(row).not.toContain("undefined");
    }
  });

  it("needs its place", () => {
    expect(() => withPlatforms("# Title\n", "")).toThrow("README.md has no '<!-- platforms:");
  });
});
