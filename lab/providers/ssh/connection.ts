/**
 * What a connection is made of, and the errors the official plugin answers bad ones with.
 *
 * Source: pulumi-command v1.2.1 provider/pkg/provider/remote/connection.go; the texts are those of golang.org/x/crypto
 * and of Go's net package.
 */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { createConnection } from "node:net";
import { utils, type ParsedKey } from "ssh2";
import { isMap, plain, type PropertyValue } from "../wire/values";

/** One host to log in to, defaults filled in. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  /** OpenSSH or PEM text. */
  readonly privateKey?: string;
  readonly privateKeyPassword?: string;
  /** Path of an agent's socket; SSH_AUTH_SOCK of this process where absent. */
  readonly agentSocketPath?: string;
  /** Failed attempts before giving up, less one; -1: never. */
  readonly dialErrorLimit: number;
  /** Seconds for the TCP connection; 0: no limit. The handshake after it has none. */
  readonly perDialTimeout: number;
  /** The host's public key, as a line of authorized_keys; absent: any key is taken. */
  readonly hostKey?: string;
}

/** A host, perhaps behind another one. */
export interface Connection extends Endpoint {
  /** The bastion to go through. */
  readonly proxy?: Endpoint;
}

/** An endpoint's secrets and keys, read and found good before the first attempt. */
export interface Credentials {
  readonly user: string;
  readonly password?: string;
  readonly privateKey?: ParsedKey;
  readonly agentSocket?: string;
  readonly hostKey?: ParsedKey;
}

/** The connection that a checked `connection` property describes. */
export function connectionOf(property: PropertyValue | undefined): Connection {
  const connection = plain(property ?? null);
  if (!isMap(connection)) {
    throw new Error("invalid inputs: connection is missing");
  }
  const { proxy, ...endpoint } = connection;
  const target = endpoint as unknown as Endpoint;
  return isMap(proxy) ? { ...target, proxy: proxy as unknown as Endpoint } : target;
}

/**
 * Reads the keys of `endpoint` and looks whether the agent answers. An agent that does not is an error, even where a
 * private key is given.
 */
export async function credentialsOf(endpoint: Endpoint): Promise<Credentials> {
  const hostKey = endpoint.hostKey === undefined ? undefined : parseHostKey(endpoint.hostKey);
  const privateKey =
    endpoint.privateKey === undefined ? undefined : parsePrivateKey(endpoint.privateKey, endpoint.privateKeyPassword);
  const fromEnvironment = process.env["SSH_AUTH_SOCK"];
  const agentSocket = endpoint.agentSocketPath ?? (fromEnvironment === "" ? undefined : fromEnvironment);
  if (agentSocket !== undefined) {
    await reachAgent(agentSocket);
  }
  return {
    user: endpoint.user,
    ...(endpoint.password !== undefined && { password: endpoint.password }),
    ...(privateKey && { privateKey }),
    ...(agentSocket !== undefined && { agentSocket }),
    ...(hostKey && { hostKey }),
  };
}

function parseHostKey(line: string): ParsedKey {
  const key = utils.parseKey(line.trim());
  if (key instanceof Error || key.isPrivateKey()) {
    throw new Error("failed to parse host key: ssh: no key found");
  }
  return key;
}

function parsePrivateKey(text: string, passphrase: string | undefined): ParsedKey {
  const key = utils.parseKey(text.includes("-----BEGIN PRIVATE KEY-----") ? fromPkcs8(text) : text, passphrase);
  if (!(key instanceof Error)) {
    return key;
  }
  if (/no passphrase given/.test(key.message)) {
    throw new Error("ssh: this private key is passphrase protected");
  }
  throw new Error(/[Bb]ad passphrase/.test(key.message) ? "x509: decryption password incorrect" : "ssh: no key found");
}

/** A key in PKCS #8, which Go's library reads and ssh2 does not, in a format that ssh2 reads; the text itself where it is no such key. */
function fromPkcs8(text: string): string {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === "ed25519") {
      return openSshEd25519(key);
    }
    return key.export({ format: "pem", type: key.asymmetricKeyType === "rsa" ? "pkcs1" : "sec1" }) as string;
  } catch {
    return text;
  }
}

/** An ed25519 key in OpenSSH's format. Source: PROTOCOL.key of OpenSSH. */
function openSshEd25519(key: KeyObject): string {
  const { d = "", x = "" } = key.export({ format: "jwk" });
  const [seed, publicKey] = [Buffer.from(d, "base64url"), Buffer.from(x, "base64url")];
  const number = (value: number) => Buffer.from([0, 0, 0, value]);
  const string = (value: string | Buffer) => Buffer.concat([number(value.length), Buffer.from(value)]);
  const type = string("ssh-ed25519");
  const pair = Buffer.concat([string(publicKey), string(Buffer.concat([seed, publicKey])), string("")]);
  const plain = Buffer.concat([Buffer.alloc(8), type, pair]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, -plain.length & 7));
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[string("none"), string("none"), string(""), number(1)],
    string(Buffer.concat([type, string(publicKey)])),
    string(Buffer.concat([plain, padding])),
  ]);
  const lines = file.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}

async function reachAgent(path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = createConnection({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      reject(new Error(`dial unix ${path}: connect: ${systemError(error)}`));
    });
  });
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPIPE: "broken pipe",
  ETIMEDOUT: "connection timed out",
};

/** An error of the system in the words of Go's syscall package. */
export function systemError(error: NodeJS.ErrnoException): string {
  return SYSTEM_ERRORS[error.code ?? ""] ?? error.message;
}
