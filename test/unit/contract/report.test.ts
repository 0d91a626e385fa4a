import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReport } from "../../../contract/report";
import { anyText } from "../../support/text";

const nothing = { packages: {}, changes: [], guestsWithoutSpice: [], restarted: [] };
const cut = { ...nothing, incomplete: true };

describe("parseReport", () => {
  it("reads every line of a report", () => {
    const report = [
      "role compute",
      "nova 26.2.2",
      "package nova-compute 2:26.2.2-1~deb12u5",
      "package qemu-system-x86 1:7.2+dfsg-7",
      "firewall unmanaged",
      "guest-without-spice 4f0a0b0e-0000-4000-8000-000000000001",
      "change spice/enabled: (unset) -> true",
      "change vnc/enabled: false -> true",
      "dead-key spice/keymap",
      "dead-key vnc/keymap",
      "kept spice/server_listen",
      "restarted nova-compute",
      "changed 2",
    ];
    expect(parseReport(report.join("\n"))).toEqual({
      novaVersion: "26.2.2",
      packages: { "nova-compute": "2:26.2.2-1~deb12u5", "qemu-system-x86": "1:7.2+dfsg-7" },
      firewall: "unmanaged",
      guestsWithoutSpice: ["4f0a0b0e-0000-4000-8000-000000000001"],
      changes: ["spice/enabled: (unset) -> true", "vnc/enabled: false -> true"],
      restarted: ["nova-compute"],
      obsoleteOptions: ["spice/keymap", "vnc/keymap"],
    });
  });

  it("passes over what a login shell prints, and over lines of newer programs", () => {
    const noise = ["Last login: today", "", "\u001b[1mWelcome\u001b[0m", "nova", "NOVA 1", "weather rainy", "changed"];
    expect(parseReport(noise.join("\r\n"))).toEqual(cut);
    expect(parseReport([...noise, "nova 26.2.2", ...noise].join("\n"))).toEqual({ ...cut, novaVersion: "26.2.2" });
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(Object.keys(parseReport(text))).toEqual(expect.arrayContaining(Object.keys(nothing)));
      }),
    );
  });

  it("reads back changes, whatever they say", () => {
    const changes = fc.array(
      fc
        .string({ minLength: 1, unit: "grapheme" })
        .filter((text) => text.trim() === text && !/[\p{C}\u2028\u2029]/u.test(text)),
    );
    fc.assert(
      fc.property(changes, (texts) => {
        expect(parseReport(texts.map((text) => `change ${text}\n`).join("")).changes).toEqual(texts);
      }),
    );
  });

  it.each([
    ["changed 0", true],
    ["changed 12\n", true],
    ["Welcome!\r\nnova 26.2.2\r\nchanged 1\r\n\r\n", true],
    [`${"x".repeat(1e6)}\nchanged 3\n`, true],
    ["", false],
    ["changed", false],
    ["changed x", false],
    ["unchanged 1", false],
    ["changed 1 of 2", false],
    ["changed 1\nlogout", false],
    ["change a/b: 1 -> 2\nchange", false],
  ])("says whether the last line is there: %#", (text, isWhole) => {
    expect(parseReport(text).incomplete).toBe(isWhole ? undefined : true);
  });

  it("keeps printable text alone, whatever a node says", () => {
    const escapes = "\u001b[2J\u0007\r\u009b31m\u202e\u200b\u0000";
    expect(
      parseReport(`change a/b: ${escapes}1 -> 2\nfirewall \u0007\u202e\nnova \u001b]0;x\u00072\nchanged 1`),
    ).toEqual({
      ...nothing,
      novaVersion: "]0;x2",
      changes: ["a/b: [2J31m1 -> 2"],
    });
    const line = fc.tuple(
      fc.constantFrom("nova", "package", "change", "firewall", "guest-without-spice", "restarted", "dead-key"),
      anyText(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const report = parseReport(lines.map(([key, text]) => `${key} ${text}\n`).join(""));
        // JSON escapes what it has to: a lone surrogate or a control character would show. A backslash is one of the text's own.
        expect(JSON.stringify(report).replaceAll("\\\\", "")).not.toMatch(/[\p{C}]|\\u[0-9a-f]{4}|\\[bfnrt]/u);
      }),
    );
  });

  it("does not grow beyond its bounds, however much a node says", () => {
    const many = parseReport(`${"change x\n".repeat(80_000)}changed 80000`);
    expect(many.changes.length).toBe(1000);
    expect(many.incomplete).toBeUndefined();
    const long = parseReport(`change ${"y".repeat(700 * 1024)}\nnova 26\nchanged 1`);
    expect([long.changes[0]?.length, long.novaVersion, long.incomplete]).toEqual([1000, undefined, undefined]);
  });

  it("reads in time that grows with the text, and not with its square", () => {
    const seconds = (lines: number) => {
      const text = `${"change a/b: 1 -> 2\n".repeat(lines)}changed 1`;
      const started = performance.now();
      for (let round = 0; round < 5; round += 1) {
        parseReport(text);
      }
      return performance.now() - started;
    };
    seconds(1000);
    // 700 KiB of such lines once took 66 s.
    expect(seconds(40_000)).toBeLessThan(5000);
  });
});
