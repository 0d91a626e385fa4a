import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Release, Role, Vnc, desiredStateDocument, novaFragment, releases } from "../../../nova";
import { printableText } from "../../support/osloConfig";

/** The parts of the node's program that read a document. None of them does anything when it is read by bash. */
const program = ["00-header.sh", "10-messages.sh", "15-desired.sh"]
  .map((part) => readFileSync(path.resolve(__dirname, "../../../host/program", part), "utf8"))
  .join("\n");

/** What the node's program made of a document: its exit code, and its header and options, read out with nothing lost. */
function readInBash(document: string, release: Release) {
  const script = `${program}
read_document
fit_options_to_release ${release}
printf '%s\\0%s\\0' role "$ROLE" node "$NODE"
for key in "\${!DESIRED[@]}"; do printf '%s\\0%s\\0' "$key" "\${DESIRED[$key]}"; done
for source in \${ALLOW_FROM[@]+"\${ALLOW_FROM[@]}"}; do printf 'allow-from\\0%s\\0' "$source"; done
for option in "\${OPTIONS[@]}"; do printf '%s\\0%s\\0' "$option" "\${VALUE[$option]}"; done`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { input: document, encoding: "utf8" });
  const words = stdout.split("\0").slice(0, -1);
  const items = words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ""] as const] : []));
  return { status, stderr, items };
}

/** The document of a controller with these values in it. */
function controllerDocument(certificate: string, sslCiphers: string | undefined) {
  const fragment = novaFragment(Role.Controller, {
    html5proxyHost: "0.0.0.0",
    html5proxyPort: 6082,
    allowedOrigins: ["dashboard.example.org"],
    tls: { certificate, ...(sslCiphers === undefined ? {} : { ciphers: sslCiphers }) },
  }).value;
  if (fragment === undefined) {
    throw new Error("the settings have faults");
  }
  const allowedSources = ["192.0.2.0/24", "2001:db8::/32"];
  const document = desiredStateDocument({
    role: Role.Controller,
    owner: "acme/openstack-spice/lab",
    node: "control-1",
    vnc: Vnc.Alongside,
    allowedSources,
    fragment,
  });
  const lineOf = (section: string, key: string) =>
    fragment.sections.find(({ name }) => name === section)?.lines.find((line) => line.key === key)?.value;
  return { document, cert: lineOf("DEFAULT", "cert"), ciphers: lineOf("console", "ssl_ciphers") };
}

/** macOS comes with bash 3.2, which cannot run the nodes' program. */
const bash42 = spawnSync("bash", ["-c", "((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 402))"]).status === 0;

describe.skipIf(!bash42)("the program on the node (needs bash 4.2 here)", () => {
  it("reads every value byte for byte as the document has it, whatever printable text it is", () => {
    fc.assert(
      fc.property(printableText, printableText, (certificate, sslCiphers) => {
        const { document, cert, ciphers } = controllerDocument(certificate, sslCiphers);
        const { status, stderr, items } = readInBash(document, Release.Zed);
        expect([status, stderr]).toEqual([0, ""]);
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
      const { status, items } = readInBash(document, release);
      expect(status).toBe(0);
      expect(items.map(([key]) => key).filter((key) => key.endsWith("allowed_origins"))).toEqual([
        release <= Release.Newton ? "DEFAULT/console_allowed_origins" : "console/allowed_origins",
      ]);
    }
  });

  it("refuses an option that the release it finds does not have", () => {
    const { document } = controllerDocument("/etc/nova/console.pem", "HIGH");
    for (const release of [Release.Mitaka, Release.Rocky, Release.Train]) {
      const { status, stderr, items } = readInBash(document, release);
      expect([status, items]).toEqual([3, []]);
      expect(stderr).toContain(`Nova ${release} does not have [console] ssl_ciphers`);
    }
    expect(readInBash(document, Release.Ussuri).status).toBe(0);
  });
});
