import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { describe, expect, it } from "vitest";
import {
  ConsoleClient,
  type GuestConsoleWishes,
  Role,
  SoundModel,
  UsbModel,
  VideoModel,
  guestProperties,
  novaOptions,
  optionKey,
  releases,
  releasesReading,
} from "../../../nova";
import {
  obsoleteOptionsTable,
  lineWidth,
  messagePages,
  optionValues,
  optionsTable,
  type Table,
  tables,
  withTable,
} from "../../../tools/documents";
import { type NodeTables, nodeTables, whyNoPython } from "../../../tools/nodeTables";
import { platformTables } from "../../../tools/platforms";

const repository = join(__dirname, "../../..");

/** Why what is read from the node program is not tested here. On Linux it always is. */
const noPython = process.platform === "linux" ? undefined : whyNoPython();
const isSkipped = noPython !== undefined;
const because = noPython === undefined ? "" : `, skipped: ${noPython}`;

async function expectUpToDate(table: Table): Promise<void> {
  const file = join(repository, table.file);
  const text = readFileSync(file, "utf8");
  const made = withTable(text, table, table.make());
  expect(text).toBe(await format(made, { ...(await resolveConfig(file)), parser: "markdown" }));
}

describe("a table that a document has from the code", () => {
  const ofPython = tables.filter(({ isPython }) => isPython);
  const named = (some: readonly Table[]) => some.map((table) => [`${table.file} ${table.begin}`, table] as const);

  it.each(named(tables.filter(({ isPython }) => isPython !== true)))("is up to date: %s", async (_, table) => {
    await expectUpToDate(table);
  });

  it.skipIf(isSkipped).each(named(ofPython))(`is up to date: %s${because}`, async (_, table) => {
    await expectUpToDate(table);
  });

  it("needs its place", () => {
    for (const table of tables) {
      expect(() => withTable("# Title\n", table, "")).toThrow(`${table.file} has no '<!-- `);
    }
  });
});

describe.skipIf(isSkipped)(`the messages of the node program${because}`, () => {
  const { messages } = nodeTablesIf(!isSkipped);
  const all = Object.values(messages).flat();

  it("are all on one page, each module on one", () => {
    expect(Object.values(messagePages).flat().sort()).toEqual(Object.keys(messages).sort());
    for (const [page, modules] of Object.entries(messagePages)) {
      const text = readFileSync(join(repository, page), "utf8");
      const ids = [...text.matchAll(/^- `([a-z0-9-]+)`: /gm)].map(([, id]) => id);
      expect(ids).toEqual(modules.flatMap((module) => (messages[module] ?? []).map(({ id }) => id)));
      expect(text).not.toMatch(/[{}]/);
    }
  });

  it("have a name of their own and a cause", () => {
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.filter(({ cause }) => cause === "")).toEqual([]);
  });
});

/** What is not asked for where it is skipped: a file of tests is read as a whole. */
function nodeTablesIf(isThere: boolean): Pick<NodeTables, "messages"> {
  return isThere ? nodeTables() : { messages: {} };
}

/** The cells of each row; an escaped bar is none. */
const cells = (table: string) =>
  table
    .trimEnd()
    .split("\n")
    .map((row) => row.slice(2, -2).split(" | "));

describe("the tables", () => {
  it.skipIf(isSkipped)(`have every platform with every column${because}`, () => {
    const made = platformTables();
    expect(made.map(([columns]) => columns?.length)).toEqual([6, 4, 2]);
    for (const rows of made) {
      expect(rows.length).toBe(9);
      for (const row of rows) {
        expect(row.length).toBe(rows[0]?.length);
        expect(row.join()).not.toMatch(/\?|undefined/);
      }
    }
  });

  it("have every option with its releases, its values and what sets it", () => {
    const rows = {
      controller: cells(optionsTable(Role.Controller)).slice(2),
      compute: cells(optionsTable(Role.Compute)).slice(2),
    };
    const read = (role: Role) => novaOptions.filter((option) => releasesReading(role, option) !== undefined);
    expect(rows.controller.length).toBe(read(Role.Controller).length);
    expect(rows.compute.length).toBe(read(Role.Compute).length);
    for (const row of [...rows.controller, ...rows.compute]) {
      expect(row.length).toBe(3);
      expect(row.join()).not.toContain("undefined");
    }
    const names = [...rows.controller, ...rows.compute].map(([name]) => name);
    expect(novaOptions.filter((option) => !names.includes(`\`${optionKey(option)}\``))).toEqual([]);
    const rowOf = (role: "controller" | "compute", option: string) =>
      rows[role].find(([name]) => name === `\`${option}\``)?.slice(1);
    expect(rowOf("controller", "spice/streaming_mode")).toBeUndefined();
    expect(rowOf("compute", "spice/streaming_mode")).toEqual(["from 27", "`compression.streamingMode`"]);
    expect(rowOf("controller", "consoleauth/token_ttl")).toEqual(["to 19", "`tokenTtl`"]);
    expect(rowOf("compute", "consoleauth/token_ttl")).toEqual(["from 18", "`tokenTtl`"]);
    expect(rowOf("controller", "workarounds/enable_consoleauth")?.[0]).toBe("18 to 19");
    expect(rowOf("compute", "workarounds/enable_consoleauth")).toBeUndefined();
    expect(rowOf("controller", "DEFAULT/web")?.at(-1)).toBe("**nothing**");
    expect(rowOf("controller", "database/connection")?.at(-1)).toBe("**nothing**");
    expect(rowOf("compute", "vnc/keymap")).toEqual(["to 21", "`extraNovaOptions`"]);
  });

  it.skipIf(isSkipped)(`have every obsolete option${because}`, () => {
    expect(cells(obsoleteOptionsTable()).length).toBe(23);
  });

  it("leave the values to a list, which has every option too", () => {
    const values = optionValues().replaceAll("\n  ", " ");
    expect([...values.matchAll(/^- `/gm)].length).toBe(novaOptions.length);
    expect(values).not.toContain("undefined");
    const lines = values.split("\n");
    const lineOf = (name: string) => lines.find((line) => line.startsWith(`- \`${name}\`: `))?.slice(name.length + 6);
    expect(lineOf("streaming_mode")).toContain("one of `filter`, `all`, `off`; not set by default; whether parts");
    expect(lineOf("html5proxy_base_url")).toContain("a URL; default `http://127.0.0.1:6082/spice_auto.html`; ");
    expect(lineOf("token_ttl")).toBe(
      "a whole number from 0; default `600`; named `DEFAULT/console_token_ttl` up to Nova 14; seconds",
    );
    expect(lineOf("allowed_origins")).toMatch(
      /^a list; empty by default; named `DEFAULT\/console_allowed_origins` up to/,
    );
  });

  it.each([...new Set(tables.map(({ file }) => file))])("are not too wide in %s", (file) => {
    const rows = readFileSync(join(repository, file), "utf8").split("\n");
    expect(rows.filter((row) => row.length > lineWidth)).toEqual([]);
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
      const { value, errors } = guestProperties({ client: ConsoleClient.Native, ...asked[wish], release });
      const isThere = since !== undefined && release >= since;
      expect([release, errors.length === 0]).toEqual([release, isThere]);
      expect([release, image === "" || image in (value?.imageProperties ?? {})]).toEqual([
        release,
        image === "" || isThere,
      ]);
      expect([release, extra === "" || extra in (value?.extraSpecs ?? {})]).toEqual([release, extra === "" || isThere]);
    }
  });
});
