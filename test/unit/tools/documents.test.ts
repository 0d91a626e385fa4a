import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";
import {
  ConsoleClient,
  type GuestConsoleWishes,
  SoundModel,
  UsbModel,
  VideoModel,
  guestProperties,
  novaOptions,
  releases,
} from "../../../nova";
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

describe("the table of wishes in docs/guests.md", () => {
  const table = readFileSync(join(repository, "docs/guests.md"), "utf8")
    .split("\n\n")
    .find((part) => part.startsWith("| wish "));
  const rows = cells(table ?? "")
    .slice(2)
    .map((row) => row.map((cell) => cell.trim().replaceAll("`", "")));
  const asked: Readonly<Record<string, Partial<GuestConsoleWishes>>> = {
    videoModel: { videoModel: VideoModel.Qxl },
    "videoRam, MiB": { videoRam: 16, videoModel: VideoModel.Vga },
    monitors: { monitors: 2 },
    sound: { sound: SoundModel.Ich9 },
    microphone: { microphone: true, sound: SoundModel.Ich9 },
    redirectedUsbPorts: { redirectedUsbPorts: 1 },
    usbModel: { usbModel: UsbModel.QemuXhci },
    usbTablet: { usbTablet: true },
  };

  it("has every wish", () => {
    expect(rows.map(([wish]) => wish)).toEqual(Object.keys(asked));
  });

  it.each(rows)("is right of %s", (wish = "", image = "", extra = "", first = "") => {
    const since = releases.find((release) => String(release) === first);
    for (const release of releases) {
      const { value, faults } = guestProperties({ client: ConsoleClient.Native, ...asked[wish], release });
      const isThere = since !== undefined && release >= since;
      expect([release, faults.length === 0]).toEqual([release, isThere]);
      expect([release, image === "" || image in (value?.imageProperties ?? {})]).toEqual([
        release,
        image === "" || isThere,
      ]);
      expect([release, extra === "" || extra in (value?.extraSpecs ?? {})]).toEqual([release, extra === "" || isThere]);
    }
  });
});
