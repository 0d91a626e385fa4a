import { describe, expect, it } from "vitest";
import { makeCertificate } from "../../support/certificate";
import { bash42, runInBash } from "./support";

/** Certificates as the node's program sees them, apart from Nova and its proxy. */

const { certPem, privateKeyPem, fingerprint } = makeCertificate();
const issuer = makeCertificate();
const base64 = (pem: string) => pem.replace(/-----.*-----|\n/g, "");

describe.skipIf(!bash42)("the program on the node (needs bash 4.2 here)", () => {
  it("makes one PEM file of a document's key and chain", () => {
    const { status, stdout, stderr } = runInBash(
      `DESIRED[tls-key]="$(cat key)" DESIRED[tls-certificate]="$(cat chain)"
       declared_pem`,
      { key: `PRIVATE KEY ${base64(privateKeyPem)}`, chain: `${base64(certPem)} ${base64(issuer.certPem)}` },
    );
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(privateKeyPem + certPem + issuer.certPem);
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
    const { status, stdout } = runInBash("pem_fingerprint <pem", { pem });
    expect([status, stdout.trim()]).toEqual([0, found]);
  });

  it.each<[string, number]>([
    ["13.1.4", 3],
    ["18.3.0", 3],
    ["19.0.0", 0],
    ["26.2.2", 0],
  ])("lets TLS end before the proxy of Nova %s: exit %i", (version, exit) => {
    const { status, stderr } = runInBash(
      `NODE=control-1 DESIRED[tls-ends-before]=true; nova_version() { echo ${version}; }; check_tls`,
      {},
    );
    expect([status, stderr]).toEqual([
      exit,
      exit === 0
        ? ""
        : "openstack-spice: error: control-1: TLS ends at the load balancer, but Nova heeds X-Forwarded-Proto only from 19.0.0 on, " +
          `so the proxy of Nova ${version} would refuse every console. Give the proxy a certificate too (tls)\n`,
    ]);
  });

  it.each<[string, string, string, string, string]>([
    ["started after TLS came", "1000", "1000", "", "restart nova-novncproxy\n"],
    ["started before TLS came", "1000", "999", "", ""],
    ["while TLS is declared", "1000", "1000", "VALUE[DEFAULT/cert]=/x", ""],
    ["where TLS never was", "", "1000", "", ""],
  ])(
    "has noVNC read its own settings again, once TLS is taken back, only where it has read ours: %s",
    (_, since, started, more, told) => {
      const { status, stdout } = runInBash(
        `ROLE=controller NOVNC_UNIT=nova-novncproxy; unit_is_active() { true; }; started_at() { echo ${started}; }
       record_header() { [[ $2 != tls-since ]] || echo "${since}"; }
       restart() { echo "restart $1"; }
       ${more}
       restart_novnc_without_tls restart`,
        {},
      );
      expect([status, stdout]).toEqual([0, told]);
    },
  );
});
