import { createECDH, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { ed25519Key, openSshKeyParts, readOpenSshKey } from "./openSshKey";
import { decodePem, type PemBlock } from "./pem";

/** What is known of a private key by looking at it. */
interface KeyFacts {
  /** What keeps the key from working, with the remedy; undefined where nothing does. */
  readonly error?: string;
  /** Whether it is an RSA key, which is several times as long as an ed25519 key. */
  readonly rsa: boolean;
}

/**
 * Looks at a private key before anything connects: a wrong one would else fail on each node, after every other has been reached. Never quotes the key.
 *
 * A key is taken where `ParsePrivateKey` of golang.org/x/crypto/ssh, with which the `command` provider reads it, takes it. Not looked into: what an
 * encrypted key in OpenSSH's format has in it, since that takes bcrypt, so neither is its password tried.
 *
 * @param text what was given as the key
 * @param password the key's password; null where one is given and not known yet
 */
export function inspectPrivateKey(text: string, password?: string | null): KeyFacts {
  const block = decodePem(text);
  if (block === undefined) {
    return { error: `${notPem(text)} ${keyRemedy}`, rsa: false };
  }
  if (block.label === "OPENSSH PRIVATE KEY") {
    return inspectOpenSsh(block, password);
  }
  const label = typeOf[block.label];
  if (label === undefined) {
    return { error: otherBlock(block.label), rsa: false };
  }
  const isEncrypted = block.headers.get("Proc-Type")?.includes("ENCRYPTED") === true;
  if (isEncrypted) {
    return password === undefined ? { error: noPassword, rsa: label === "pkcs1" } : inspectEncrypted(block, password);
  }
  if (password !== undefined) {
    return { error: notEncrypted, rsa: label === "pkcs1" };
  }
  return label === "dsa" ? { ...lengthError(block), rsa: false } : inspectDer(block, label);
}

const keyRemedy =
  "Give the content of the key file as it is, such as by `pulumi config set --secret sshPrivateKey < FILE`, or use an SSH agent.";

const noPassword =
  "The private key is encrypted and no privateKeyPassword is given. Give its password, or use an SSH agent.";

const notEncrypted =
  "The private key is not encrypted, and the SSH client refuses one with a privateKeyPassword then. Take the password out.";

const damaged = `The private key is damaged: a line or a part of one is missing, or was changed. ${keyRemedy}`;

const toOpenSsh = "Have `ssh-keygen -p -f FILE` write it in OpenSSH's format, or use an SSH agent.";

/** The formats of keys that are read, by the label of the PEM block. */
const typeOf: Readonly<Record<string, "pkcs1" | "pkcs8" | "sec1" | "dsa">> = {
  "RSA PRIVATE KEY": "pkcs1",
  "PRIVATE KEY": "pkcs8",
  "EC PRIVATE KEY": "sec1",
  "DSA PRIVATE KEY": "dsa",
};

/** Why a PEM block of another kind is no key to log in with. */
function otherBlock(label: string): string {
  if (label === "ENCRYPTED PRIVATE KEY") {
    return `The private key is encrypted as PKCS #8, which the SSH client does not read. ${toOpenSsh}`;
  }
  if (label === "EC PARAMETERS") {
    return "It begins with EC PARAMETERS, and the SSH client reads nothing behind them. Give the block EC PRIVATE KEY alone.";
  }
  const kinds: readonly (readonly [RegExp, string])[] = [
    [/CERTIFICATE/, "a certificate"],
    [/PUBLIC KEY/, "a public key"],
    [/PGP/, "a key of PGP"],
  ];
  const [, kind] = kinds.find(([form]) => form.test(label)) ?? [];
  return `It is not the text of a private key for SSH${kind === undefined ? "" : ` but ${kind}`}. ${keyRemedy}`;
}

/** Why a text has no PEM block in it. */
function notPem(text: string): string {
  const [first, label = ""] = /-----BEGIN ([A-Z\d ]+)-----/.exec(text) ?? [];
  if (first === undefined) {
    return `It is not the text of a private key${looksLike(text)}.`;
  }
  const ends = text.includes(`-----END ${label}-----`);
  if (/-----(\\r)?\\n/.test(text)) {
    return "The private key has \\n in it, written as two characters, where its lines end.";
  }
  if (!ends) {
    return `The private key is cut off: its last line "-----END ${label}-----" is missing.`;
  }
  if (!/-----[ \t]*\r?\n/.test(text) || !/\n[ \t]*-----END/.test(text)) {
    return "The private key is not in lines: blanks, or nothing, stand where its lines end.";
  }
  if (/^[ \t]+-----/m.test(text)) {
    return "The lines of the private key are indented.";
  }
  if (!text.startsWith("-----BEGIN") && !text.includes("\n-----BEGIN")) {
    return "The private key does not begin at the beginning of a line.";
  }
  return "The private key is damaged: what stands between its first and last line is not base64, or a part of it is missing.";
}

function looksLike(text: string): string {
  const trimmed = text.trim();
  if (/^(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S*-cert-v\d+@/.test(trimmed)) {
    return " but an SSH certificate";
  }
  if (/^(ssh-|ecdsa-|sk-)/.test(trimmed) || /^---- BEGIN SSH2 PUBLIC KEY/.test(trimmed)) {
    return " but a public key";
  }
  if (trimmed.startsWith("PuTTY-User-Key-File")) {
    return " in a form that OpenSSH knows but PuTTY's (convert it: puttygen KEY -O private-openssh)";
  }
  if (/^---- BEGIN SSH2 /.test(trimmed)) {
    return " in a form that OpenSSH knows but that of ssh.com (convert it: ssh-keygen -i -f FILE)";
  }
  if (/-{1,5}\s*BEGIN/.test(trimmed)) {
    return ": its first line is not as it was";
  }
  return /^[~./][^\n]*$/.test(trimmed) ? " but, it seems, a path" : "";
}

/** Whether a DER value is as long as it says, so that no line of it is missing. Go takes nothing behind it. */
function lengthError({ bytes }: PemBlock): Pick<KeyFacts, "error"> {
  const [tag, size = 0] = bytes;
  const count = size < 0x80 ? 0 : size & 0x7f;
  const length = count === 0 ? size : count > 4 || bytes.length < 2 + count ? NaN : bytes.readUIntBE(2, count);
  return tag === 0x30 && bytes.length === 2 + count + length ? {} : { error: damaged };
}

function inspectDer(block: PemBlock, type: "pkcs1" | "pkcs8" | "sec1"): KeyFacts {
  const length = lengthError(block);
  if (length.error !== undefined) {
    return { ...length, rsa: type === "pkcs1" };
  }
  try {
    return inspectKey(createPrivateKey({ key: block.bytes, format: "der", type }));
  } catch {
    return { error: damaged, rsa: type === "pkcs1" };
  }
}

/** A key that OpenSSL has read: whether SSH has such keys, and whether its numbers belong together, which OpenSSL does not look at. */
function inspectKey(key: KeyObject): KeyFacts {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa") {
    return isRsa(key) ? { rsa: true } : { error: damaged, rsa: true };
  }
  const curves = ["prime256v1", "secp384r1", "secp521r1"];
  return type === "ed25519" || (type === "ec" && curves.includes(details?.namedCurve ?? ""))
    ? { rsa: false }
    : {
        error:
          "It is a private key of a kind that SSH does not have. Give an ed25519, RSA or ECDSA key (P-256, P-384, P-521), or use an SSH agent.",
        rsa: false,
      };
}

/** Whether an RSA key's numbers belong together, as Go's `rsa.PrivateKey.Validate` asks. */
function isRsa(key: KeyObject): boolean {
  const jwk = key.export({ format: "jwk" });
  const [n, e, d, p, q] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q].map(fromJwk) as [bigint, bigint, bigint, bigint, bigint];
  const [dp, dq, qi] = [jwk.dp, jwk.dq, jwk.qi].map(fromJwk) as [bigint, bigint, bigint];
  return consistent({ n, e, d, p, q }) && dp === d % (p - 1n) && dq === d % (q - 1n) && (qi * q) % p === 1n;
}

function fromJwk(text: string | undefined): bigint {
  return toBigInt(Buffer.from(text ?? "", "base64url"));
}

function toBigInt(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString("hex")}`);
}

function consistent({ n, e, d, p, q }: Readonly<Record<"n" | "e" | "d" | "p" | "q", bigint>>): boolean {
  return p > 1n && q > 1n && p * q === n && (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n;
}

/** A key in the encrypted form of old: the password is tried, unless OpenSSL has put the cipher aside, which Go has not. */
function inspectEncrypted(block: PemBlock, password: string | null): KeyFacts {
  const rsa = block.label.startsWith("RSA");
  const [cipher = ""] = (block.headers.get("DEK-Info") ?? "").split(",");
  if (block.label === "PRIVATE KEY" || !/^(DES-CBC|DES-EDE3-CBC|AES-(128|192|256)-CBC)$/.test(cipher)) {
    return { error: `The private key is encrypted in a way that the SSH client does not read. ${toOpenSsh}`, rsa };
  }
  if (password === null || cipher === "DES-CBC" || block.label.startsWith("DSA")) {
    return { rsa };
  }
  try {
    const headers = [...block.headers].map(([name, value]) => `${name}: ${value}`);
    const lines = block.bytes.toString("base64").match(/.{1,64}/g) ?? [];
    const pem = [`-----BEGIN ${block.label}-----`, ...headers, "", ...lines, `-----END ${block.label}-----`, ""];
    return inspectKey(createPrivateKey({ key: pem.join("\n"), passphrase: password }));
  } catch {
    const error = `The private key cannot be decrypted with its privateKeyPassword: the password is another one, or the key is damaged. ${keyRemedy}`;
    return { error, rsa };
  }
}

/** A key in OpenSSH's own format. Source: PROTOCOL.key of OpenSSH, and what x/crypto asks of it. */
function inspectOpenSsh({ bytes }: PemBlock, password: string | null | undefined): KeyFacts {
  const file = readOpenSshKey(bytes);
  if (file === undefined) {
    return { error: damaged, rsa: false };
  }
  const { type, count, cipher, kdf, kdfOptions, privatePart } = file;
  const rsa = type === "ssh-rsa";
  if (count !== 1) {
    return { error: "It has more than one private key in it. Give a file with one.", rsa };
  }
  if (!/^(ssh-rsa|ssh-ed25519|ecdsa-sha2-nistp(256|384|521))$/.test(type)) {
    const error = type.startsWith("sk-")
      ? "It is the handle of a key on a security token, which the SSH client cannot use. Give another key, or use an SSH agent."
      : damaged;
    return { error, rsa };
  }
  if (cipher !== "none" || kdf !== "none") {
    return { ...encryptedError(cipher, kdf, privatePart, password), rsa };
  }
  if (password !== undefined) {
    return { error: notEncrypted, rsa };
  }
  const isSound = kdfOptions.length === 0 && isOpenSshKey(type, privatePart);
  return isSound ? { rsa } : { error: damaged, rsa };
}

function encryptedError(
  cipher: string,
  kdf: string,
  privatePart: Buffer,
  password: string | null | undefined,
): Pick<KeyFacts, "error"> {
  if (kdf !== "bcrypt" || !["aes256-ctr", "aes256-cbc"].includes(cipher)) {
    const remedy = "Have `ssh-keygen -p -Z aes256-ctr -f FILE` encrypt it in another way, or use an SSH agent.";
    return { error: `The private key is encrypted in a way that the SSH client does not read. ${remedy}` };
  }
  if (privatePart.length === 0 || privatePart.length % 16 !== 0) {
    return { error: damaged };
  }
  return password === undefined ? { error: noPassword } : {};
}

/** Whether the private part of an unencrypted key is whole, and what is in it belongs together. */
function isOpenSshKey(type: string, privatePart: Buffer): boolean {
  const parts = openSshKeyParts(type, privatePart);
  if (parts === undefined) {
    return false;
  }
  const [first, second, third] = parts as readonly [Buffer, Buffer, Buffer];
  if (type === "ssh-ed25519") {
    return second.length === 64 && isEd25519(second.subarray(0, 32), second.subarray(32)) && first.length === 32;
  }
  if (type === "ssh-rsa") {
    const [n = 0n, e = 0n, d = 0n, , p = 0n, q = 0n] = parts.map(toBigInt);
    return consistent({ n, e, d, p, q });
  }
  return isEcdsa(first.toString("latin1"), second, third);
}

function isEd25519(seed: Buffer, publicKey: Buffer): boolean {
  return createPublicKey(ed25519Key(seed)).export({ format: "jwk" }).x === publicKey.toString("base64url");
}

function isEcdsa(curve: string, point: Buffer, scalar: Buffer): boolean {
  const names: Readonly<Record<string, string>> = {
    nistp256: "prime256v1",
    nistp384: "secp384r1",
    nistp521: "secp521r1",
  };
  try {
    const pair = createECDH(names[curve] ?? "");
    pair.setPrivateKey(scalar[0] === 0 ? scalar.subarray(1) : scalar);
    return pair.getPublicKey().equals(point);
  } catch {
    // No such curve, or a number that is out of its range.
    return false;
  }
}
