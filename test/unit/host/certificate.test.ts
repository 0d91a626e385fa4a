import { describe, expect, it } from "vitest";
import { makeCertificate } from "../../support/certificate";
import { nodeFunction, runsHere } from "../../support/nodeFunctions";

/** Certificates as the node's program sees them, apart from Nova and its proxy. */

const { certPem, privateKeyPem, fingerprint } = makeCertificate();
const issuer = makeCertificate();

describe.skipIf(!runsHere)("the program on the node (needs Python 3.6 here)", () => {
  it("makes one PEM file of a document's key and chain", () => {
    const certificate = certPem + issuer.certPem;
    expect(nodeFunction("certificate/pem", { key: privateKeyPem, certificate })).toBe(
      privateKeyPem + certPem + issuer.certPem,
    );
  });

  it.each<[string, string, string]>([
    [
      "the first certificate's, whatever else is there",
      `# x\n${privateKeyPem}${certPem}${issuer.certPem}`,
      fingerprint,
    ],
    ["none, of a key alone", privateKeyPem, ""],
    ["none, of an empty file", "", ""],
  ])("tells a file's fingerprint: %s", (_, pem, found) => {
    expect(nodeFunction("certificate/fingerprint", { pem })).toBe(found);
  });

  it.each<[string, number]>([
    ["13.1.4", 3],
    // Nova carried it back to 18.2.0.
    ["18.3.0", 0],
    ["18.1.0", 3],
    ["19.0.0", 0],
    ["26.2.2", 0],
  ])("lets TLS end before the proxy of Nova %s: exit %i", (version, exit) => {
    expect(nodeFunction("tls/ends-before", { version })).toEqual(
      exit === 0
        ? null
        : {
            status: exit,
            message:
              `TLS ends at the load balancer, but Nova heeds X-Forwarded-Proto only from 18.2.0 on, ` +
              `so the proxy of Nova ${version} would refuse every console. Give the proxy a certificate too (tls)`,
          },
    );
  });

  it.each<[string, string, string, boolean, readonly string[]]>([
    ["started after TLS came", "1000", "1000", false, ["nova-novncproxy"]],
    ["started before TLS came", "1000", "999", false, []],
    ["while TLS is declared", "1000", "1000", true, []],
    ["where TLS never was", "", "1000", false, []],
  ])(
    "has noVNC read its own settings again, once TLS is taken back, only where it has read ours: %s",
    (_, since, started, declared, restarted) => {
      expect(nodeFunction("tls/restart-novnc", { since, started, declared })).toEqual(restarted);
    },
  );
});
