import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReport } from "../../../host/report";

const nothing = { packages: {}, changes: [], guestsWithoutSpice: [], restarted: [] };

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
      deadKeys: ["spice/keymap", "vnc/keymap"],
    });
  });

  it("passes over what a login shell prints, and over lines of newer programs", () => {
    const noise = ["Last login: today", "", "\u001b[1mWelcome\u001b[0m", "nova", "NOVA 1", "weather rainy", "changed"];
    expect(parseReport(noise.join("\r\n"))).toEqual(nothing);
    expect(parseReport([...noise, "nova 26.2.2", ...noise].join("\n"))).toEqual({ ...nothing, novaVersion: "26.2.2" });
  });

  it.each(["change a: b -> c", "an-unknown key", "change", `change ${"x".repeat(5000)}`, " ".repeat(500)])(
    "takes 700 KiB of lines in no time, and keeps little of them: %s (row D18 of the trial)",
    (line) => {
      const text = `${line}\n`.repeat(Math.floor((700 * 1024) / (line.length + 1)));
      const started = performance.now();
      const report = parseReport(`${text}nova 26.2.2\n`);
      expect(performance.now() - started).toBeLessThan(2000);
      expect(report.novaVersion).toBe("26.2.2");
      expect(report.changes.length).toBeLessThanOrEqual(1000);
      expect(Math.max(0, ...report.changes.map(({ length }) => length))).toBeLessThanOrEqual(1000);
    },
  );

  it("has nothing in it that a terminal could obey (row D17 of the trial)", () => {
    expect(parseReport("change a\u001b]0;x\u0007: \u009b31m -> \u202eb\n").changes).toEqual(["a?]0;x?: ?31m -> ?b"]);
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(Object.keys(parseReport(text))).toEqual(expect.arrayContaining(Object.keys(nothing)));
      }),
    );
  });

  it("reads back changes, whatever they say", () => {
    const changes = fc.array(
      fc.string({ minLength: 1 }).filter((text) => text.trim() === text && !/[\r\n]/.test(text)),
    );
    fc.assert(
      fc.property(changes, (texts) => {
        expect(parseReport(texts.map((text) => `change ${text}\n`).join("")).changes).toEqual(texts);
      }),
    );
  });
});
