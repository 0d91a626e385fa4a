import { createPrivateKey, type KeyObject } from "node:crypto";
import { decodePem } from "./pem";

/** A private key in OpenSSH's own format, taken apart as far as no password is needed. Source: PROTOCOL.key of OpenSSH. */
interface OpenSshKey {
  /** How the private part is encrypted: `none`, `aes256-ctr`. */
  readonly cipher: string;
  /** What makes a key of the password: `none`, `bcrypt`. */
  readonly kdf: string;
  readonly kdfOptions: Buffer;
  /** How many keys are in it. */
  readonly count: number;
  /** Of the first: `ssh-ed25519`. */
  readonly type: string;
  readonly privatePart: Buffer;
}

const magic = "openssh-key-v1\0";

/** A text of SSH's wire format from its beginning on; undefined where it is cut off. Source: RFC 4251, 5. */
class Wire {
  constructor(private bytes: Buffer) {}

  uint32(): number | undefined {
    const [head, tail] = [this.bytes.subarray(0, 4), this.bytes.subarray(4)];
    this.bytes = tail;
    return head.length === 4 ? head.readUInt32BE() : undefined;
  }

  string(): Buffer | undefined {
    const length = this.uint32();
    if (length === undefined || length > this.bytes.length) {
      return undefined;
    }
    const [head, tail] = [this.bytes.subarray(0, length), this.bytes.subarray(length)];
    this.bytes = tail;
    return head;
  }

  strings(count: number): readonly Buffer[] | undefined {
    const all = Array.from({ length: count }, () => this.string());
    return all.every((one) => one !== undefined) ? all : undefined;
  }

  rest(): Buffer {
    return this.bytes;
  }
}

/** Takes the bytes of an `OPENSSH PRIVATE KEY` apart; undefined where they are cut off. */
export function readOpenSshKey(bytes: Buffer): OpenSshKey | undefined {
  const wire = new Wire(bytes.subarray(magic.length));
  const [cipher, kdf, kdfOptions] = wire.strings(3) ?? [];
  const count = wire.uint32();
  const [publicKey, privatePart] = wire.strings(2) ?? [];
  const isWhole = bytes.subarray(0, magic.length).toString("latin1") === magic && count !== undefined;
  if (!isWhole || cipher === undefined || kdf === undefined || kdfOptions === undefined) {
    return undefined;
  }
  if (publicKey === undefined || privatePart === undefined) {
    return undefined;
  }
  const type = new Wire(publicKey).string()?.toString("latin1") ?? "";
  return { cipher: cipher.toString("latin1"), kdf: kdf.toString("latin1"), kdfOptions, count, type, privatePart };
}

/** The numbers of the key in a private part that is not encrypted, the comment behind them; undefined where it is not whole. */
export function openSshKeyParts(type: string, privatePart: Buffer): readonly Buffer[] | undefined {
  const wire = new Wire(privatePart);
  const [check, again] = [wire.uint32(), wire.uint32()];
  const own = wire.string()?.toString("latin1");
  const parts = wire.strings(type === "ssh-rsa" ? 7 : type === "ssh-ed25519" ? 3 : 4);
  const isPadded = wire.rest().every((byte, index) => byte === index + 1);
  return check !== undefined && check === again && own === type && isPadded ? parts : undefined;
}

/** The ed25519 key of a seed of 32 bytes. */
export function ed25519Key(seed: Buffer): KeyObject {
  // PKCS #8 around a seed: RFC 8410, 7.
  const header = Buffer.from("302e020100300506032b657004220420", "hex");
  return createPrivateKey({ key: Buffer.concat([header, seed]), format: "der", type: "pkcs8" });
}

/**
 * The same private key in as few characters as may be: an ed25519 key in OpenSSH's format that is not encrypted, as `ssh-keygen` writes it, becomes PKCS #8,
 * 119 characters in place of some 400, since the state keeps it four times for each node and role. The `command` provider reads both alike (`ParsePrivateKey` of
 * golang.org/x/crypto/ssh). Any other text stays as it is.
 */
export function shortPrivateKey(text: string): string {
  const block = decodePem(text);
  const file = block?.label === "OPENSSH PRIVATE KEY" ? readOpenSshKey(block.bytes) : undefined;
  if (file?.type !== "ssh-ed25519" || file.count !== 1 || file.cipher !== "none") {
    return text;
  }
  const [publicKey, pair] = openSshKeyParts(file.type, file.privatePart) ?? [];
  const isWhole = pair?.length === 64 && publicKey !== undefined && pair.subarray(32).equals(publicKey);
  return isWhole ? (ed25519Key(pair.subarray(0, 32)).export({ format: "pem", type: "pkcs8" }) as string) : text;
}
