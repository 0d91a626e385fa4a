import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Role, renderDesiredState } from "../../../contract";
import { Release, novaFragment, releases } from "../../../nova";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";
import { printableText } from "../../support/osloConfig";

/** What the node's program made of a document: its header and options, with nothing lost. */
const readByProgram = (document: string, release: Release) => nodeFunction("document/items", { document, release });

/** The document of a controller with these values in it. */
function controllerDocument(certificate: string, sslCiphers: string | undefined) {
  const fragment = novaFragment(Role.Controller, {
    html5proxyHost: "0.0.0.0",
    html5proxyPort: 6082,
    allowedOrigins: ["dashboard.example.org"],
    tls: { certificate, ...(sslCiphers === undefined ? {} : { ciphers: sslCiphers }) },
  }).value;
  if (fragment === undefined) {
    throw new Error("the settings have validation errors");
  }
  const allowedSources = ["192.0.2.0/24", "2001:db8::/32"];
  const document = renderDesiredState({
    role: Role.Controller,
    owner: "acme/openstack-spice/lab",
    node: "control-1",
    allowedSources,
    fragment,
  });
  const lineOf = (section: string, key: string) =>
    fragment.sections.find(({ name }) => name === section)?.lines.find((line) => line.key === key)?.value;
  return { document, cert: lineOf("DEFAULT", "cert"), ciphers: lineOf("console", "ssl_ciphers") };
}

describe.skipIf(!runsHere)("the program on the node (needs bash 4.2 here)", () => {
  it("reads every value byte for byte as the document has it, whatever printable text it is", () => {
    fc.assert(
      fc.property(printableText, printableText, (certificate, sslCiphers) => {
        const { document, cert, ciphers } = controllerDocument(certificate, sslCiphers);
        const { stop, items } = readByProgram(document, Release.Zed);
        expect(stop).toBe(null);
        const read = new Map(items);
        expect(read.get("DEFAULT/cert")).toBe(cert);
        expect(read.get("console/ssl_ciphers")).toBe(ciphers);
        expect(items.filter(([key]) => key === "allow-from").map(([, value]) => value)).toEqual([
          "192.0.2.0/24",
          "2001:db8::/32",
        ]);
        expect(["role", "owner", "node", "firewall"].map((key) => read.get(key))).toEqual([
          "controller",
          "acme/openstack-spice/lab",
          "control-1",
          "managed",
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it("gives an option the name that the release it finds has", () => {
    const { document } = controllerDocument("/etc/nova/console.pem", undefined);
    for (const release of releases) {
      const { stop, items } = readByProgram(document, release);
      expect(stop).toBe(null);
      expect(items.map(([key]) => key).filter((key) => key.endsWith("allowed_origins"))).toEqual([
        release <= Release.Newton ? "DEFAULT/console_allowed_origins" : "console/allowed_origins",
      ]);
    }
  });

  it("refuses an option that the release it finds does not have", () => {
    const { document } = controllerDocument("/etc/nova/console.pem", "HIGH");
    for (const release of [Release.Mitaka, Release.Rocky, Release.Train]) {
      const { stop, items } = readByProgram(document, release);
      expect([stop?.status, items]).toEqual([3, []]);
      expect(stop?.message).toContain(`Nova ${release} does not have [console] ssl_ciphers`);
    }
    expect(readByProgram(document, Release.Ussuri).stop).toBe(null);
  });
});
