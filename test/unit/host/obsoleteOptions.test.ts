import { describe, expect, it } from "vitest";
import { novaOptions, optionKey, releasesReading, Role } from "../../../nova";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";

/** The rows of the program's table: role, option, first release, the option beside it. */
const rows = runsHere ? nodeFunction("obsolete-options/table", {}) : [];

describe.skipIf(!runsHere)("the table of obsolete options", () => {
  it("has every option that went, for the role that read it, from the release without it at the latest", () => {
    expect(rows.length).toBe(21);
    const gone = novaOptions.flatMap((option) =>
      [Role.Controller, Role.Compute].flatMap((role) =>
        option.until === undefined || releasesReading(role, option) === undefined
          ? []
          : [{ role, key: optionKey(option), last: option.until }],
      ),
    );
    expect(gone.map(({ key }) => key)).toEqual([
      "workarounds/enable_consoleauth",
      "libvirt/use_usb_tablet",
      "vnc/keymap",
      "spice/keymap",
    ]);
    for (const { role, key, last } of gone) {
      const reader: string = role;
      const since = rows.filter((row) => row.role === reader && row.key === key).map((row) => row.since);
      expect([key, since.length, Math.max(...since) <= last + 1]).toEqual([key, 1, true]);
    }
  });

  it("has every older name of an option beside its present one", () => {
    const older = novaOptions.flatMap((option) =>
      option.olderName === undefined ? [] : [`${optionKey(option.olderName)} ${optionKey(option)}`],
    );
    const pairs = rows.filter(({ beside }) => beside !== "-").map(({ key, beside }) => `${key} ${beside}`);
    expect(older.filter((pair) => !pairs.includes(pair))).toEqual([]);
  });

  it("has no option that a release still reads without another beside it, but for keymaps that are deprecated", () => {
    const alive = rows.filter(({ key, since, beside }) => {
      const option = novaOptions.find((one) => optionKey(one) === key);
      const last: number = option?.until ?? 99;
      return beside === "-" && option !== undefined && last >= since;
    });
    expect(alive.map(({ key, since }) => `${key} ${since}`)).toEqual(["spice/keymap 18", "vnc/keymap 18"]);
  });
});
