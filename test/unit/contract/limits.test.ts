import { describe, expect, it } from "vitest";
import { limits, sourcesNamed } from "../../../contract";
import { schemaErrors } from "../../support/schemas";

/** A document of a role, with more in it. */
const state = (role: string, more: object) => ({
  ...{ role, id: "abcdef", node: "node-1", owner: "project/stack", "nova.conf": {} },
  ...more,
});

/** A certificate's PEM text of so many characters. */
function certificate(size: number): string {
  const [begin, end] = ["-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"];
  const body = size - begin.length - end.length;
  // Lines of 41 characters with their ends, and one more that takes the rest.
  const rest = 2 + ((body - 2) % 41);
  return `${begin}${"A".repeat(rest - 1)}\n${`${"A".repeat(40)}\n`.repeat((body - rest) / 41)}${end}`;
}

/** An armored key of so many characters. */
function publicKey(size: number): string {
  const [begin, end] = ["-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "-----END PGP PUBLIC KEY BLOCK-----\n"];
  return `${begin}${"A".repeat(size - begin.length - end.length)}${end}`;
}

const sources = (count: number) =>
  sourcesNamed(Array.from({ length: count }, (_, index) => `10.0.${index >> 8}.${index & 255}/32`));
const repository = (more: object) => state("controller", { repository: { id: "epel", settings: {}, ...more } });

describe("a limit is the schema's, which takes as much and no more", () => {
  it.each<[string, keyof typeof limits, (size: number) => object]>([
    ["a proxy's sources", "sources", (size) => state("controller", { firewall: { sources: sources(size) } })],
    [
      "the sources of consoles",
      "sources",
      (size) => state("compute", { consolePorts: { first: 5900, last: 5999, sources: sources(size) } }),
    ],
    ["a value", "value", (size) => state("compute", { "nova.conf": { spice: { keymap: "x".repeat(size) } } })],
    ["a repository's setting", "value", (size) => repository({ settings: { name: "x".repeat(size) } })],
    ["a section", "section", (size) => state("compute", { novaApiCredentials: "x".repeat(size) })],
    [
      "a certificate",
      "armored",
      (size) =>
        state("controller", {
          tls: {
            certificate: certificate(size),
            key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
          },
        }),
    ],
    ["a repository's key", "armored", (size) => repository({ key: publicKey(size) })],
    ["a package", "package", (size) => state("controller", { webClient: { package: "x".repeat(size) } })],
    [
      "a folder",
      "path",
      (size) => state("controller", { webClient: { package: "spice-html5", folder: `/${"x".repeat(size)}` } }),
    ],
    ...["/", "http://", "https://"].map((start): [string, keyof typeof limits, (size: number) => object] => [
      `an archive that begins with ${start}`,
      "path",
      (size) => state("controller", { webClient: { archive: `${start}${"x".repeat(size)}`, sha256: "a".repeat(64) } }),
    ]),
  ])("%s", (_, limit, document) => {
    expect(schemaErrors("desired-state", document(limits[limit]))).toEqual([]);
    expect(schemaErrors("desired-state", document(limits[limit] + 1))).not.toEqual([]);
  });
});
