import { type KeyObject, X509Certificate, createHash, generateKeyPairSync, sign } from "node:crypto";

/** Certificates for tests, made here: nothing but Node.js is needed. */

/** What a certificate is to say. */
interface CertificateOptions {
  /** DNS names and IPv4 addresses. @default console.example.org */
  readonly hosts?: readonly string[];
  /** Milliseconds since 1970. @default a day ago */
  readonly from?: number;
  /** Milliseconds since 1970. @default in a year, about */
  readonly to?: number;
  /** Bits of an RSA key. @default an EC key */
  readonly rsa?: number;
}

/** A self-signed certificate with its key, as PEM texts. */
export interface TestCertificate {
  readonly certPem: string;
  readonly privateKeyPem: string;
  readonly key: KeyObject;
  /** As `openssl x509 -noout -fingerprint -sha256` writes it. */
  readonly fingerprint: string;
}

export const DAY = 86_400_000;

/** DER: a type, a length, the parts. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
const time = (at: number) =>
  der(0x18, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));
const generalName = (host: string) =>
  /^[\d.]+$/.test(host) ? der(0x87, Buffer.from(host.split(".").map(Number))) : der(0x82, Buffer.from(host));

/** A new certificate with a new key. */
export function makeCertificate(options: CertificateOptions = {}): TestCertificate {
  const { hosts = ["console.example.org"], from = Date.now() - DAY, to = Date.now() + 365 * DAY } = options;
  const { privateKey, publicKey } =
    options.rsa === undefined
      ? generateKeyPairSync("ec", { namedCurve: "prime256v1" })
      : generateKeyPairSync("rsa", { modulusLength: options.rsa });
  const algorithm =
    options.rsa === undefined ? sequence(oid("2a8648ce3d040302")) : sequence(oid("2a864886f70d01010b"), der(0x05));
  const name = sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from("openstack-spice test")))));
  const serial = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 8);
  const alternatives = sequence(oid("551d11"), der(0x04, sequence(...hosts.map(generalName))));
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1]), serial),
    algorithm,
    name,
    sequence(time(from), time(to)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(alternatives)),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", content, privateKey));
  const certificate = new X509Certificate(sequence(content, algorithm, signature));
  return {
    certPem: certificate.toString(),
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    key: privateKey,
    fingerprint: certificate.fingerprint256,
  };
}
