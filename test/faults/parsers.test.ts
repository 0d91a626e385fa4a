import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostKeyError } from "../../remote/connection";
import { inspectPrivateKey } from "../../remote/privateKey";
import { renderDesiredState } from "../../contract/desiredState";
import { parseReport } from "../../contract/report";
import {
  checkBaseUrl,
  checkCertificate,
  checkRecipe,
  checkRepository,
  checkWebClient,
  parseCidrs,
  parseRelease,
} from "../../nova";
import { nodeFunctions, runsHere } from "../support/nodeFunctions";
import { reportLine } from "../support/report";
import { readers } from "../support/nodeReaders";
import { fullController } from "../unit/contract/documents";

/**
 * What the program reads, fed with texts that somebody may have put there: each is read, or refused with one line; none breaks it or makes it hang. 1,000
 * of them; where only a sample of the fault cases is tried, 250, which are others with each seed.
 */

const RUNS = (process.env["OPENSTACK_SPICE_FAULTS"] ?? "all") === "all" ? 1000 : 250;
const seed = Number(process.env["OPENSTACK_SPICE_SEED"] ?? 1);

/** Bytes of all kinds, and texts that begin well. */
const garbage = (begin: readonly string[]) =>
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }).map((text) => text.replaceAll("\0", "")),
    fc
      .array(
        fc.oneof(
          fc.constantFrom(...begin),
          fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
          fc.constantFrom("\t", "", "\r", "\u001b[0m", "\u{1f4a5}"),
        ),
        { maxLength: 12 },
      )
      .map((lines) => lines.join("\n")),
  );

/** The texts, with their bytes as latin1 text. */
function textsOf(begin: readonly string[]) {
  const texts = fc.sample(garbage(begin), { seed, numRuns: RUNS });
  return { texts, cases: texts.map((text) => ({ text: Buffer.from(text, "utf8").toString("latin1") })) };
}

describe.skipIf(!runsHere)(
  `${RUNS} texts of garbage (needs Python 3.6 here)`,
  () => {
    it("as desired state: each is refused in one line", () => {
      const begin = [
        '{"role":"controller",',
        '"owner":"a/b/c",',
        '"node":"n"',
        '"nova.conf":{"spice":{"enabled":"true"}}',
        "}",
        "{",
      ];
      const stops = nodeFunctions("document/read", textsOf(begin).cases);
      expect([...new Set(stops.map((stop) => stop?.status))]).toEqual([2]);
      expect(stops.filter((stop) => /[\n\r]/.test(stop?.message ?? ""))).toEqual([]);
    });

    it("as desired state with one character changed: each is read, or refused in one line without a value", () => {
      const good = renderDesiredState(fullController);
      const change = fc.tuple(fc.nat(good.length - 1), fc.string({ unit: "grapheme-ascii", maxLength: 2 }));
      const texts = fc
        .sample(change, { seed, numRuns: RUNS })
        .map(([at, text]) => good.slice(0, at) + text + good.slice(at + 1));
      const stops = nodeFunctions(
        "document/read",
        texts.map((text) => ({ text })),
      );
      const refused = stops.filter((stop) => stop !== null);
      expect([...new Set(refused.map(({ status }) => status))]).toEqual([2]);
      expect(refused.length).toBeGreaterThan(RUNS / 2);
      expect(refused.filter(({ message }) => /[\n\r]|MIIB|mirror\.example/.test(message))).toEqual([]);
    });

    it("as a record: each is read, or refused in one line", () => {
      const begin = [
        '{"format": 2, "owner": "a/b/c", "id": "1",',
        '"program": "0", "platform": {},',
        '"entries": []',
        "}",
        "{",
      ];
      const stops = nodeFunctions("record/read", textsOf(begin).cases);
      const refused = stops.filter((stop) => stop !== null);
      expect([...new Set(refused.map(({ status }) => status))]).toEqual([3]);
      expect(refused.length).toBeGreaterThan(RUNS / 2);
      expect(refused.filter(({ message }) => /[\n\r]/.test(message))).toEqual([]);
    });

    it("as nova.conf: each is read, and what is not there is not found", () => {
      const begin = [
        "[spice]",
        "[DEFAULT]",
        "enabled = true",
        " continued",
        "enabled",
        "= x",
        "[",
        "]",
        "# enabled = x",
      ];
      const problems = nodeFunctions("nova.conf/any", textsOf(begin).cases);
      expect([...new Set(problems)]).toEqual([""]);
    });

    it("as what other programs write: each is read, and in each of their forms something is found", () => {
      const { cases } = textsOf(readers.map(([, form]) => form));
      const known = nodeFunctions("others/any", cases).flat();
      expect([...new Set(known)].sort()).toEqual(readers.map(([name]) => name).sort());
    });

    it("as Pacemaker's configuration, or a certificate's file on the node: each is read, or refused in one line", () => {
      const { cases } = textsOf(["<cib>", "<configuration>", "<resources/>", "</cib>", "-----BEGIN CERTIFICATE-----"]);
      expect([...new Set(nodeFunctions("pacemaker/any", cases))]).toEqual(["1 0"]);
      expect([...new Set(nodeFunctions("certificate/any", cases))]).toEqual(["9 1"]);
    });
  },
  300_000,
);

describe(`${RUNS} texts of garbage`, () => {
  it("as a node's report: each is read, and nothing is made up", () => {
    fc.assert(
      fc.property(
        garbage([
          ...["change a/b: 1 -> 2", "nova 26.2.2", "package a 1", "changed 1"].map(reportLine),
          '{"change":"a"',
        ]),
        (text) => {
          const { changes, guestsWithoutSpice, restarted } = parseReport(text);
          for (const change of [...changes.map(({ subject }) => subject), ...guestsWithoutSpice, ...restarted]) {
            expect(text).toContain(change);
          }
        },
      ),
      { seed, numRuns: RUNS },
    );
  });

  it("as an argument: each is taken, or refused with reasons of one line", () => {
    const now = Date.UTC(2026, 0);
    fc.assert(
      fc.property(
        garbage([
          "-----BEGIN CERTIFICATE-----",
          "-----BEGIN PRIVATE KEY-----",
          "-----BEGIN OPENSSH PRIVATE KEY-----",
          "-----BEGIN PGP PUBLIC KEY BLOCK-----",
          "AAAA",
          "https://console.example.org:6082/spice_auto.html",
          "ssh-ed25519 AAAA",
          "192.0.2.0/24",
          "2001:db8::/33",
          "26",
          "restart-httpd",
        ]),
        (text) => {
          const errors = [
            ...checkCertificate({ certPem: text, privateKeyPem: text, now }, "tls"),
            ...parseCidrs([text], "sources").errors,
            ...parseRelease(text).errors,
            ...checkBaseUrl({ baseUrl: text }, "baseUrl"),
            ...checkRecipe([text], "recipe"),
            ...checkWebClient({ archive: text, sha256: text }, "webClient"),
            ...checkRepository({ id: text, name: text, baseUrl: text, gpgKey: text }, "packageRepository"),
          ].map(({ reason }) => reason);
          const more = [hostKeyError(text), JSON.stringify(inspectPrivateKey(text))];
          for (const reason of [...errors, ...more]) {
            expect(reason ?? "none.").toMatch(/^[^\n\r]+$/);
          }
        },
      ),
      { seed, numRuns: RUNS },
    );
  });
});
