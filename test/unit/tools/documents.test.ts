import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";
import { novaOptions } from "../../../nova";
import { deadKeysTable, optionsTable, tables, withTable } from "../../../tools/documents";
import { platformsTable } from "../../../tools/platforms";

const repository = join(__dirname, "../../..");

describe("a table that a document has from the code", () => {
  it.each(tables.map((table) => [table.begin, table] as const))("is up to date: %s", async (_, table) => {
    const file = join(repository, table.file);
    const text = readFileSync(file, "utf8");
    const made = withTable(text, table, table.make());
    expect(text).toBe(await format(made, { ...(await resolveConfig(file)), parser: "markdown" }));
  });

  it("needs its place", () => {
    for (const table of tables) {
      expect(() => withTable("# Title\n", table, "")).toThrow(`${table.file} has no '<!-- `);
    }
  });
});

/** The cells of each row; an escaped bar is none. */
const cells = (table: string) =>
  table
    .trimEnd()
    .split("\n")
    .map((row) => row.slice(2, -2).split(" | "));

describe("the tables", () => {
  it("have every platform with every column", () => {
    const rows = cells(platformsTable());
    expect(rows.length).toBe(10);
    for (const row of rows) {
      expect(row.length).toBe(8);
      expect(row.join()).not.toMatch(/\?|undefined/);
    }
  });

  it("have every option with its releases, its values and what sets it", () => {
    const rows = cells(optionsTable());
    expect(rows.length).toBe(novaOptions.length + 2);
    for (const row of rows) {
      expect(row.length).toBe(7);
      expect(row.join()).not.toContain("undefined");
    }
    const rowOf = (option: string) => rows.find(([name]) => name === `\`${option}\``)?.slice(1, 6);
    expect(rowOf("spice/streaming_mode")).toEqual([
      "",
      "from 27",
      "`filter`, `all`, `off`",
      "not set",
      "`compression.streamingMode`",
    ]);
    expect(rowOf("consoleauth/token_ttl")).toEqual(["to 19", "from 18", "whole number from 0", "`600`", "`tokenTtl`"]);
    expect(rowOf("workarounds/enable_consoleauth")?.slice(0, 2)).toEqual(["18 to 19", ""]);
    expect(rowOf("DEFAULT/web")?.at(-1)).toBe("**nothing**");
    expect(rowOf("database/connection")?.at(-1)).toBe("**nothing**");
    expect(cells(deadKeysTable()).length).toBe(23);
    expect(rowOf("vnc/keymap")).toEqual(["", "to 21", "text", "not set", "`extraNovaOptions`"]);
  });
});
