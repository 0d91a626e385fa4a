import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReport } from "../../../contract/report";
import { readSchema } from "../../../tools/contract";
import { schemaErrors } from "../../support/schemas";
import { anyText } from "../../support/text";

const nothing = { packages: {}, changes: [], guestsWithoutSpice: [], restarted: [] };
const cut = { ...nothing, incomplete: true };
const end = (changes: number) => ({ end: changes });
const change = (subject: string, old = "1", now = "2") => ({ change: subject, old, new: now });
/** Lines as a node prints them. */
const text = (...lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** A line of each type. */
const full = [
  { nova: "26.2.2" },
  { packages: { "nova-compute": "2:26.2.2-1~deb12u5", "qemu-system-x86": "1:7.2+dfsg-7" } },
  { firewall: "unmanaged" },
  { "guest-without-spice": "4f0a0b0e-0000-4000-8000-000000000001" },
  change("spice/enabled", "(unset)", "true"),
  change("vnc/enabled", "false", "true"),
  { "obsolete-option": "spice/keymap" },
  { "obsolete-option": "vnc/keymap" },
  { kept: "spice/server_listen" },
  { restarted: "nova-compute" },
  { warning: "port-open-to-all", text: "TCP 6082 is open to all" },
  { failed: "cannot-tell", text: "the node does not report" },
  { refused: "release-other", text: "release 27 is asserted" },
  end(2),
];

describe("parseReport", () => {
  it("reads every line of a report", () => {
    expect(full.flatMap((line) => schemaErrors("report", line))).toEqual([]);
    expect(parseReport(text(...full))).toEqual({
      novaVersion: "26.2.2",
      packages: { "nova-compute": "2:26.2.2-1~deb12u5", "qemu-system-x86": "1:7.2+dfsg-7" },
      firewall: "unmanaged",
      guestsWithoutSpice: ["4f0a0b0e-0000-4000-8000-000000000001"],
      changes: [
        { subject: "spice/enabled", old: "(unset)", new: "true" },
        { subject: "vnc/enabled", old: "false", new: "true" },
      ],
      restarted: ["nova-compute"],
      obsoleteOptions: ["spice/keymap", "vnc/keymap"],
      kept: ["spice/server_listen"],
      warnings: [{ id: "port-open-to-all", text: "TCP 6082 is open to all" }],
      stopped: { id: "release-other", text: "release 27 is asserted" },
    });
  });

  it.each(["\u001b]0;ops@compute-1\u0007", "Welcome! ", "{", '{"motd":1}', "x".repeat(2000)])(
    "reads a first line that stands behind what a start file printed without a line end, %j",
    (noise) => {
      expect(parseReport(noise + text(...full))).toEqual(parseReport(text(...full)));
    },
  );

  it("knows every kind of line that the schema has, and each of its members", () => {
    const kinds = Object.values(readSchema("report").$defs ?? {}).flatMap(({ properties }) =>
      properties === undefined ? [] : [Object.keys(properties)],
    );
    expect(new Set(kinds.map(String))).toEqual(new Set(full.map((line) => String(Object.keys(line)))));
    for (const line of full.slice(0, -1)) {
      expect(parseReport(text(line))).not.toEqual(cut);
      for (const name of Object.keys(line)) {
        // Without one of its members, or with another one in its place, it is no line of a report.
        expect(parseReport(text({ ...line, [name]: undefined }))).toEqual(cut);
        expect(parseReport(text({ ...line, [name]: 7 }))).toEqual(cut);
      }
    }
  });

  it("passes over what a login shell prints, and over lines of newer programs", () => {
    const noise = [
      ...["Last login: today", "", "\u001b[1mWelcome\u001b[0m", "nova 26", "{", "{}", "[]", '{"weather":"fine"}'],
      ...['{"nova":{}}', '{"constructor":"x"}', '{"nova":["26"]}', '{"end":"0"}', '{"packages":["a"]}', "null"],
      ...['{"packages":{"a":1}}', '{"packages":null}', '{"text":"x","warning":"port-open-to-all"}'],
    ];
    expect(parseReport(noise.join("\r\n"))).toEqual(cut);
    const nova = JSON.stringify({ nova: "26.2.2", since: "yesterday" });
    expect(parseReport([...noise, nova, ...noise].join("\n"))).toEqual({ ...cut, novaVersion: "26.2.2" });
    expect(parseReport([...noise, nova, JSON.stringify(end(0)), "Bye!"].join("\n"))).toEqual({
      ...nothing,
      novaVersion: "26.2.2",
    });
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(anyText(), (any) => {
        expect(Object.keys(parseReport(any))).toEqual(expect.arrayContaining(Object.keys(nothing)));
        expect(parseReport(`{"change":${any}`)).toEqual(cut);
      }),
    );
  });

  it("reads back changes, whatever they say", () => {
    const printable = fc
      .string({ minLength: 1, unit: "grapheme" })
      .filter((any) => any.trim() === any && !/[\p{C}\u2028\u2029]/u.test(any));
    fc.assert(
      fc.property(fc.array(fc.tuple(printable, printable, printable)), (changes) => {
        const lines = changes.map(([subject, old, now]) => change(subject, old, now));
        expect(parseReport(text(...lines, end(lines.length)))).toEqual({
          ...nothing,
          changes: changes.map(([subject, old, now]) => ({ subject, old, new: now })),
        });
      }),
    );
  });

  it.each([
    [text(end(0)), true],
    [`Welcome!\r\n${text(change("a/b"), end(1)).replaceAll("\n", "\r\n")}\r\n`, true],
    [text(end(0)).trimEnd(), true],
    [`${text(end(0))}logout\n`, true],
    [`${"x".repeat(1e6)}\n${text(end(3))}`, true],
    ["", false],
    [text(change("a/b")), false],
    [text(end(0)).slice(0, -3), false],
    [text(change("a/b"), end(2)), false],
    [text(end(1)), false],
    [text(end(0), change("a/b")), false],
    [text({ end: -1 }), false],
    [text({ end: 0.5 }), false],
    [text({ end: undefined }), false],
  ])("says whether the end mark is there, and all that it counts: %#", (any, isWhole) => {
    expect(parseReport(any).incomplete).toBe(isWhole ? undefined : true);
  });

  it("keeps printable text alone, whatever a node says", () => {
    const escapes = "\u001b[2J\u0007\r\u009b31m\u202e\u200b\u0000";
    const lines = [change("a/b", `${escapes}1`), { firewall: "\u0007\u202e" }, { nova: "\u001b]0;x\u00072" }, end(1)];
    expect(parseReport(text(...lines))).toEqual({
      ...nothing,
      firewall: "",
      novaVersion: "]0;x2",
      changes: [{ subject: "a/b", old: "[2J31m1", new: "2" }],
    });
    const some = anyText();
    const line = fc
      .tuple(fc.constantFrom(...full), some, some, some)
      .map(([members, ...texts]) =>
        Object.fromEntries(Object.keys(members).map((name, index) => [name, texts[index]])),
      );
    fc.assert(
      fc.property(fc.array(line), (any) => {
        // JSON escapes what it has to: a lone surrogate or a control character would show. A backslash is one of the text's own.
        expect(JSON.stringify(parseReport(text(...any))).replaceAll("\\\\", "")).not.toMatch(
          /[\p{C}]|\\u[0-9a-f]{4}|\\[bfnrt]/u,
        );
      }),
    );
  });

  it("does not grow beyond its bounds, however much a node says", () => {
    const many = parseReport(text(change("x")).repeat(80_000) + text(end(80_000)));
    expect(many.changes.length).toBe(1000);
    expect(many.incomplete).toBeUndefined();
    const long = parseReport(text(change("y".repeat(1000)), change("x"), end(2)));
    expect([long.changes.map(({ subject }) => subject), long.incomplete]).toEqual([["x"], true]);
  });

  it("reads in time that grows with the text, and not with its square", () => {
    const seconds = (count: number) => {
      const many = text(change("a/b")).repeat(count) + text(end(count));
      const started = performance.now();
      for (let round = 0; round < 5; round += 1) {
        parseReport(many);
      }
      return performance.now() - started;
    };
    seconds(1000);
    // 700 KiB of a former report's lines once took 66 s.
    expect(seconds(40_000)).toBeLessThan(5000);
  });
});
