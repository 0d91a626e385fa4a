import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type CertificateSource,
  certificateCovers,
  certificateMark,
  certificateText,
  certificateWarnings,
  checkCertificate,
} from "../../../nova";
import { DAY, makeCertificate } from "../../support/certificate";

const NOW = Date.UTC(2026, 0, 15, 12);
const good = makeCertificate({
  hosts: ["console.example.org", "*.cells.example.org", "192.0.2.9"],
  from: NOW - DAY,
  to: NOW + 100 * DAY,
});
const other = makeCertificate({ from: NOW - DAY, to: NOW + 100 * DAY });
const body = (pem: string) => pem.replace(/-----.*-----|\s/g, "");

/** What is wrong, each as `path: reason`. */
function errors(changes: Partial<CertificateSource>): readonly string[] {
  const { certPem, privateKeyPem } = good;
  const source = { certPem, privateKeyPem, host: "console.example.org", now: NOW, ...changes };
  return checkCertificate(source, "tls").map(({ path, reason }) => `${path}: ${reason}`);
}

describe("a certificate with its key", () => {
  it("is taken as its PEM blocks, whatever else stands in the texts", () => {
    const sec1 = good.key.export({ type: "sec1", format: "pem" }) as string;
    const certPem = `Bag Attributes: none\r\n${good.certPem.replaceAll("\n", "\r\n")}# issuer\r\n${other.certPem}`;
    const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    const source = { certPem, privateKeyPem: parameters + sec1, now: NOW };
    expect(checkCertificate(source, "tls")).toEqual([]);
    expect(certificateText(source)).toEqual({ certificate: good.certPem + other.certPem, key: sec1 });
  });

  it.each(["console.example.org", "a.cells.example.org", "192.0.2.9"])("is for the host %s", (host) => {
    expect(errors({ host })).toEqual([]);
    expect(certificateCovers(good.certPem, host)).toBe(true);
  });

  it.each(["example.org", "a.b.cells.example.org", "cells.example.org", "192.0.2.8", "2001:db8::9"])(
    "is not for the host %s",
    (host) => {
      expect(errors({ host })).toEqual([
        `tls.certPem: It is for console.example.org, *.cells.example.org, 192.0.2.9, and not for ${host}, the host of baseUrl. ` +
          "Give one for that host, or write a host that it is for.",
      ]);
      expect(certificateCovers(good.certPem, host)).toBe(false);
    },
  );

  it.each<[string, number, string]>([
    ["its last second", NOW + 100 * DAY, "It expired on 2026-04-25 12:00 UTC. Give a renewed one."],
    [
      "before its first",
      NOW - DAY - 1000,
      "It is valid from 2026-01-14 12:00 UTC only. Give one that is valid now, or see to this machine's clock.",
    ],
  ])("is not taken at %s", (_, now, reason) => {
    expect(errors({ now })).toEqual([`tls.certPem: ${reason}`]);
  });

  it("may have an RSA key", () => {
    const rsa = makeCertificate({ rsa: 2048, from: NOW - DAY, to: NOW + DAY });
    expect(errors(rsa)).toEqual([]);
  });

  it("is warned of in its last thirty days, and neither before nor after", () => {
    const at = (days: number) => certificateWarnings(good.certPem, NOW + days * DAY);
    const text = (left: string) => [
      `It expires on 2026-04-25 12:00 UTC, in ${left}. Renew it in time: a new one restarts the SPICE proxies, and nothing else.`,
    ];
    expect([at(69), at(70), at(98.5), at(100), certificateWarnings("none", NOW)]).toEqual([
      [],
      text("30 days"),
      text("1 day"),
      [],
      [],
    ]);
  });

  it.each(["certPem", "privateKeyPem"] as const)("is looked at by itself where only its %s is known", (name) => {
    expect(checkCertificate({ [name]: "x", now: NOW }, "tls").map(({ path }) => path)).toEqual([`tls.${name}`]);
    expect(checkCertificate({ [name]: good[name], now: NOW }, "tls")).toEqual([]);
  });

  it("is known from others by the beginning of its fingerprint", () => {
    expect(certificateMark(good.certPem)).toBe(good.fingerprint.replaceAll(":", "").slice(0, 16).toLowerCase());
    expect(certificateMark("none")).toBeUndefined();
  });
});

describe("what is no certificate and key", () => {
  const encrypted = good.key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string;
  const { privateKey: rsa } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const oldEncrypted = rsa.export({ type: "pkcs1", format: "pem", cipher: "aes-128-cbc", passphrase: "x" }) as string;
  const noCertificate =
    "tls.certPem: It is not a certificate. Give the text of the PEM file, from -----BEGIN CERTIFICATE----- on: the server's own first, then its issuers'.";
  const isEncrypted =
    "tls.privateKeyPem: It is encrypted, and the proxy has nobody to ask for the password. Give it as `openssl pkey -in FILE` prints it, as a secret.";
  const mismatch =
    "tls.privateKeyPem: It is not the key of the certificate, the first one in certPem. Give the server's own certificate first, and its key.";
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

  it.each<[string, Partial<CertificateSource>, string]>([
    ["no PEM", { certPem: "/etc/nova/console.pem" }, noCertificate],
    ["a broken one", { certPem: broken }, noCertificate],
    [
      "a broken issuer",
      { certPem: good.certPem + broken },
      noCertificate.replace("It is not a certificate", "Its certificate number 2 cannot be read"),
    ],
    [
      "a key beside the certificate",
      { certPem: good.certPem + good.privateKeyPem },
      "tls.certPem: It has a private key in it. Give that as privateKeyPem alone, which is kept secret.",
    ],
    ["an encrypted key", { privateKeyPem: encrypted }, isEncrypted],
    ["a key encrypted the old way", { privateKeyPem: oldEncrypted }, isEncrypted],
    [
      "a short RSA key",
      makeCertificate({ rsa: 1024, from: NOW - DAY, to: NOW + DAY }),
      "tls.certPem: Its RSA key has 1024 bits, which OpenSSL and browsers refuse. Give one with 2048 at least.",
    ],
    ["another key", { privateKeyPem: other.privateKeyPem }, mismatch],
    ["the issuer's certificate first", { certPem: other.certPem + good.certPem }, mismatch],
    [
      "no key",
      { privateKeyPem: "~/console.key" },
      "tls.privateKeyPem: It has no private key in it. Give the text of the key's PEM file, which begins with -----BEGIN PRIVATE KEY----- or the like.",
    ],
    [
      "two keys",
      { privateKeyPem: good.privateKeyPem + other.privateKeyPem },
      "tls.privateKeyPem: It has more than one private key in it. Give the text of the key's PEM file, which begins with -----BEGIN PRIVATE KEY----- or the like.",
    ],
    [
      "a broken key",
      { privateKeyPem: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
      "tls.privateKeyPem: It cannot be read as a private key. Give the text of the key's PEM file as it is.",
    ],
  ])("is refused: %s", (_, changes, error) => {
    expect(errors(changes)).toEqual([error]);
  });

  it("is reported in full, and without a part of the key", () => {
    const found = errors({ certPem: "x", privateKeyPem: encrypted });
    expect(found).toEqual([noCertificate, isEncrypted]);
    expect(found.join()).not.toContain(body(encrypted).slice(0, 8));
  });
});
