import { X509Certificate, createPrivateKey } from "node:crypto";
import type { Tls } from "../contract";
import { isIpLiteral } from "./cidr";
import { type ValidationError, checkSize } from "./validationError";

/** Where a certificate that is given as text is kept on a controller, with its key: one file, so that both change at one moment. */
export const certificateFile = "/etc/nova/openstack-spice/console.pem";

/** A certificate and a key as texts, and what has to fit them. */
export interface CertificateSource {
  /** The server's own certificate, then its issuers'. */
  readonly certPem: string;
  /** Its private key, not encrypted. Secret. */
  readonly privateKeyPem: string;
  /** The host that browsers open; undefined where it is not compared. */
  readonly host?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** How many days before its end a certificate is warned of. */
const daysOfWarning = 30;
const day = 86_400_000;

interface PemBlock {
  readonly label: string;
  readonly base64: string;
  readonly hasHeaders: boolean;
}

/** The blocks of a PEM text, whatever stands between them. */
function pemBlocks(text: string): readonly PemBlock[] {
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^]*?)-----END \1-----/g);
  return [...blocks].map(([, label = "", body = ""]) => {
    // Old encrypted keys have headers, which a blank line ends.
    const [headers, base64] = body.includes(":") ? [true, ""] : [false, body.replace(/\s+/g, "")];
    return { label, base64, hasHeaders: headers };
  });
}

/** A block as PEM text, with lines of 64 characters. */
function pemOf({ label, base64 }: PemBlock): string {
  return [`-----BEGIN ${label}-----`, ...(base64.match(/.{1,64}/g) ?? []), `-----END ${label}-----`, ""].join("\n");
}

function pemText(blocks: readonly PemBlock[]): string {
  return blocks.map(pemOf).join("");
}

/** A certificate and its key from their PEM texts, which are known to be sound, without what stands between the blocks. */
export function certificateText({
  certPem,
  privateKeyPem,
}: Pick<CertificateSource, "certPem" | "privateKeyPem">): Required<Pick<Tls, "certificate" | "key">> {
  return { certificate: pemText(chainOf(certPem)), key: pemText(keyBlocks(privateKeyPem)) };
}

/**
 * What is wrong with a certificate and its key, each as far as it is given: the key has to be the certificate's and not encrypted, the certificate valid now
 * and for the host. No validation error has a part of either in it.
 *
 * @param path where both stand in the arguments, such as `proxy.tls`
 */
export function checkCertificate(
  { certPem, privateKeyPem, host, now }: Pick<CertificateSource, "host" | "now"> & Partial<CertificateSource>,
  path: string,
): readonly ValidationError[] {
  const errors: ValidationError[] = [];
  const complain = (name: string, reason: string) => errors.push({ path: `${path}.${name}`, reason });
  const certificates = certPem === undefined ? [] : chainOf(certPem).map(parseX509);
  const own = certificates[0];
  if (certPem !== undefined) {
    if (keyBlocks(certPem).length > 0) {
      complain("certPem", "It has a private key in it. Give that as privateKeyPem alone, which is kept secret.");
    }
    if (own === undefined || certificates.includes(undefined)) {
      const remedy =
        "Give the text of the PEM file, from -----BEGIN CERTIFICATE----- on: the server's own first, then its issuers'.";
      complain(
        "certPem",
        own === undefined || certificates.length === 1
          ? `It is not a certificate. ${remedy}`
          : `Its certificate number ${certificates.indexOf(undefined) + 1} cannot be read. ${remedy}`,
      );
    } else {
      for (const reason of [...keyReasons(own), ...validityReasons(own, now), ...hostReasons(own, host)]) {
        complain("certPem", reason);
      }
      errors.push(...checkSize(pemText(chainOf(certPem)).length, "armored", `${path}.certPem`));
    }
  }
  const reason = privateKeyPem === undefined ? undefined : privateKeyReason(privateKeyPem, own);
  if (reason !== undefined) {
    complain("privateKeyPem", reason);
  }
  return errors;
}

/** The certificates in a PEM text. */
function chainOf(certPem: string): readonly PemBlock[] {
  return pemBlocks(certPem).filter(({ label }) => label === "CERTIFICATE");
}

/** The private keys in a PEM text. */
function keyBlocks(pem: string): readonly PemBlock[] {
  return pemBlocks(pem).filter(({ label }) => label.endsWith("PRIVATE KEY"));
}

/**
 * What is no validation error yet: a certificate that ends soon, in words. Empty where the text is no certificate.
 *
 * @param certPem its PEM text
 * @param now milliseconds since 1970
 */
export function certificateWarnings(certPem: string, now: number): readonly string[] {
  const own = ownCertificate(certPem);
  const left = own === undefined ? Infinity : Date.parse(own.validTo) - now;
  return own === undefined || left <= 0 || left > daysOfWarning * day
    ? []
    : [
        `It expires on ${moment(own.validTo)}, in ${count(Math.floor(left / day), "day")}. Renew it in time: a new one restarts the SPICE proxies, and nothing else.`,
      ];
}

/** Whether the certificate is for the host. True where the text is no certificate, which is another validation error. */
export function certificateCovers(certPem: string, host: string): boolean {
  const own = ownCertificate(certPem);
  return own === undefined || covers(own, host);
}

/** The beginning of the certificate's SHA-256 fingerprint, to tell two apart: 16 hexadecimal digits. Undefined where the text is no certificate. */
export function certificateMark(certPem: string): string | undefined {
  return ownCertificate(certPem)?.fingerprint256.replaceAll(":", "").slice(0, 16).toLowerCase();
}

function ownCertificate(certPem: string): X509Certificate | undefined {
  const [first] = chainOf(certPem);
  return first === undefined ? undefined : parseX509(first);
}

function parseX509({ base64 }: PemBlock): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(base64, "base64"));
  } catch {
    return undefined;
  }
}

/** Debian's and Ubuntu's OpenSSL serve no certificate with a shorter key. */
function keyReasons({ publicKey }: X509Certificate): readonly string[] {
  const { modulusLength = Infinity } = publicKey.asymmetricKeyDetails ?? {};
  return publicKey.asymmetricKeyType === "rsa" && modulusLength < 2048
    ? [`Its RSA key has ${modulusLength} bits, which OpenSSL and browsers refuse. Give one with 2048 at least.`]
    : [];
}

function validityReasons({ validFrom, validTo }: X509Certificate, now: number): readonly string[] {
  if (Date.parse(validTo) <= now) {
    return [`It expired on ${moment(validTo)}. Give a renewed one.`];
  }
  return Date.parse(validFrom) > now
    ? [`It is valid from ${moment(validFrom)} only. Give one that is valid now, or see to this machine's clock.`]
    : [];
}

function hostReasons(certificate: X509Certificate, host: string | undefined): readonly string[] {
  if (host === undefined || covers(certificate, host)) {
    return [];
  }
  const names = certificate.subjectAltName?.replace(/(DNS|IP Address):/g, "") ?? "no host at all";
  return [
    `It is for ${names}, and not for ${host}, the host of baseUrl. Give one for that host, or write a host that it is for.`,
  ];
}

/** As browsers have it: the name in the subject does not count. */
function covers(certificate: X509Certificate, host: string): boolean {
  return isIpLiteral(host)
    ? certificate.checkIP(host) !== undefined
    : certificate.checkHost(host, { subject: "never" }) !== undefined;
}

/** What keeps a private key from being the certificate's; undefined where nothing does. */
function privateKeyReason(privateKeyPem: string, certificate: X509Certificate | undefined): string | undefined {
  const found = keyBlocks(privateKeyPem);
  const [block] = found;
  if (block === undefined || found.length > 1) {
    return `It has ${found.length === 0 ? "no private key" : "more than one private key"} in it. Give the text of the key's PEM file, which begins with -----BEGIN PRIVATE KEY----- or the like.`;
  }
  if (block.label.startsWith("ENCRYPTED ") || block.hasHeaders) {
    return "It is encrypted, and the proxy has nobody to ask for the password. Give it as `openssl pkey -in FILE` prints it, as a secret.";
  }
  try {
    const key = createPrivateKey(pemOf(block));
    return certificate === undefined || certificate.checkPrivateKey(key)
      ? undefined
      : "It is not the key of the certificate, the first one in certPem. Give the server's own certificate first, and its key.";
  } catch {
    return "It cannot be read as a private key. Give the text of the key's PEM file as it is.";
  }
}

function moment(date: string): string {
  return `${new Date(date).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function count(number: number, unit: string): string {
  return number === 1 ? `1 ${unit}` : `${number} ${unit}s`;
}
