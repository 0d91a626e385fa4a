import { createPrivateKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** How to log in over SSH, wherever that is. What is left out is left to the SSH agent and to the defaults named here. */
export interface LoginArgs {
  /** TCP port of the SSH server. @default 22 */
  readonly port?: pulumi.Input<number>;
  /** User to log in as. Other than root, it has to become root by `sudo` without a password. @default "root" */
  readonly user?: pulumi.Input<string>;
  /**
   * Text of the private key, PEM or OpenSSH; kept as a secret. An ed25519 key keeps the state small: the engine stores the connection four times for
   * each node and role. @default the SSH agent's keys
   */
  readonly privateKey?: pulumi.Input<string>;
  /** Password of the private key, where it is encrypted; kept as a secret. */
  readonly privateKeyPassword?: pulumi.Input<string>;
  /** Password of the user, for servers that take no key; kept as a secret. */
  readonly password?: pulumi.Input<string>;
  /** Path of the SSH agent's socket on this machine. @default the environment variable SSH_AUTH_SOCK */
  readonly agentSocketPath?: pulumi.Input<string>;
  /**
   * How often to try before giving up, whatever the reason: a refused key counts like a refused connection. The pauses between the tries add up to
   * 11 s at the default; 30 tries take about two minutes, for nodes that are still booting; -1 tries for ever. @default 10
   */
  readonly dialErrorLimit?: pulumi.Input<number>;
  /** How long one try may take, in seconds. @default 10 */
  readonly perDialTimeout?: pulumi.Input<number>;
}

/** A host to connect to. */
export interface HostArgs extends LoginArgs {
  /** Address or name of the host, as seen from where Pulumi runs (through the bastion, where there is one). */
  readonly host: pulumi.Input<string>;
  /**
   * The host's public key as in its `/etc/ssh/ssh_host_ed25519_key.pub`: `ssh-ed25519 AAAA...`. Another key is then refused. Left out, any host that
   * answers is trusted, with a warning.
   */
  readonly hostKey?: pulumi.Input<string>;
}

/** A host that connections to nodes go through. It has its own key: nothing is taken over from the nodes' login. */
export type BastionArgs = HostArgs;

/** What the connections to all nodes have in common. */
export interface SshArgs extends LoginArgs {
  /** Host that the connections go through. @default none */
  readonly bastion?: BastionArgs;
  /** Whether a node or bastion without a `hostKey` is an error, in place of a warning. @default false */
  readonly requireHostKeys?: boolean;
}

/** How to reach one node. What is given here comes before what `ssh` says for all. */
export interface ConnectionArgs extends HostArgs {
  /** Host that the connection goes through. @default ssh.bastion */
  readonly bastion?: BastionArgs;
}

/** Tries before giving up: a wrong key then shows after some 15 s, and a server that is restarting is waited for. */
const dialErrorLimit = 10;
/** Seconds for one try. With the limit above, a node that does not answer at all is given up after two minutes. */
const perDialTimeout = 10;

/** A host as `@pulumi/command` takes it. */
export type Endpoint = HostArgs;

/** A connection as `@pulumi/command` takes it. */
export interface Connection extends Endpoint {
  readonly proxy?: Endpoint;
}

/** The connection to a node, built field by field: a misspelt object would otherwise be printed whole by the provider, secrets included. */
export function connectionTo(node: ConnectionArgs, ssh: SshArgs = {}): Connection {
  const bastion = node.bastion ?? ssh.bastion;
  return {
    ...endpoint({ ...given(ssh), ...given(node), host: node.host }),
    ...(bastion === undefined ? {} : { proxy: endpoint(bastion) }),
  };
}

function endpoint(args: HostArgs): Endpoint {
  const fields: Endpoint = {
    host: args.host,
    hostKey: args.hostKey,
    port: args.port,
    user: args.user,
    privateKey: secret(args.privateKey),
    privateKeyPassword: secret(args.privateKeyPassword),
    password: secret(args.password),
    agentSocketPath: args.agentSocketPath,
    dialErrorLimit: args.dialErrorLimit ?? dialErrorLimit,
    perDialTimeout: args.perDialTimeout ?? perDialTimeout,
  };
  return { ...given(fields), host: args.host };
}

function secret(value: pulumi.Input<string> | undefined): pulumi.Input<string> | undefined {
  return value === undefined ? undefined : pulumi.secret(value);
}

/** The fields that have a value. */
function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** What is known of a private key by looking at it. */
export interface KeyFacts {
  /** What keeps the key from working, with the remedy; undefined where nothing does. */
  readonly fault?: string;
  /** Whether it is an RSA key, which is several times as long as an ed25519 key. */
  readonly rsa: boolean;
}

/** Looks at a private key before anything connects: a wrong one would else be tried until every try is used up. Never quotes the key. */
export function inspectPrivateKey(text: string, password?: string): KeyFacts {
  const label = /^-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----\s/.exec(text.trimStart())?.[1];
  if (label === undefined) {
    return { fault: `It is not the text of a private key${looksLike(text)}. ${keyRemedy}`, rsa: false };
  }
  if (!text.includes(`-----END ${label}-----`)) {
    return {
      fault: `The private key is cut off: its last line "-----END ${label}-----" is missing. ${keyRemedy}`,
      rsa: false,
    };
  }
  const openssh = label === "OPENSSH PRIVATE KEY" ? opensshFacts(text) : undefined;
  const encrypted =
    openssh?.encrypted ?? (label === "ENCRYPTED PRIVATE KEY" || text.includes("Proc-Type: 4,ENCRYPTED"));
  if (encrypted && password === undefined) {
    return {
      fault: "The private key is encrypted and no privateKeyPassword is given. Give its password, or use an SSH agent.",
      rsa: openssh?.rsa ?? label.startsWith("RSA"),
    };
  }
  return { rsa: openssh?.rsa ?? (label.startsWith("RSA") || isRsa(text, password)) };
}

const keyRemedy = 'Give the content of the key file, which begins with "-----BEGIN", or use an SSH agent.';

function looksLike(text: string): string {
  if (/^(ssh-|ecdsa-)/.test(text)) {
    return " but a public key";
  }
  if (text.startsWith("PuTTY-User-Key-File")) {
    return " in a form that OpenSSH knows but PuTTY's (convert it: puttygen KEY -O private-openssh)";
  }
  return /^[~./][^\n]*$/.test(text.trim()) ? " but, it seems, a path" : "";
}

/** Reads the unencrypted start of an OpenSSH key. Source: PROTOCOL.key of OpenSSH. */
function opensshFacts(text: string): { readonly encrypted: boolean; readonly rsa: boolean } {
  const start = Buffer.from(text.replace(/-----[^-]+-----/g, ""), "base64")
    .toString("latin1")
    .slice(0, 256);
  return { encrypted: !start.startsWith("openssh-key-v1\0\0\0\0\x04none"), rsa: start.includes("ssh-rsa") };
}

function isRsa(text: string, password: string | undefined): boolean {
  try {
    return (
      createPrivateKey({ key: text, ...(password === undefined ? {} : { passphrase: password }) }).asymmetricKeyType ===
      "rsa"
    );
  } catch {
    // A kind of key that this Node does not read: the SSH client may all the same, and says what is wrong if not.
    return false;
  }
}

/** What is wrong with a host key, with the remedy; undefined where nothing is. */
export function hostKeyFault(text: string): string | undefined {
  const remedy = "Give one line as in the host's /etc/ssh/ssh_host_ed25519_key.pub, such as: ssh-ed25519 AAAAC3...";
  const [type = "", key = ""] = text.trim().split(/\s+/);
  if (/^(ssh-|ecdsa-)/.test(key)) {
    return `It begins with a host name, as a line of known_hosts does. Leave that out. ${remedy}`;
  }
  if (type === "ssh-rsa") {
    // The provider would then ask for signatures by SHA-1 alone, which OpenSSH refuses from 8.8 on.
    return `An ssh-rsa host key cannot be checked against present OpenSSH servers. Use the host's ed25519 key. ${remedy}`;
  }
  const known = /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521))$/.test(type);
  const encoded =
    /^[A-Za-z\d+/]+=*$/.test(key) &&
    Buffer.from(key, "base64")
      .subarray(4, 4 + type.length)
      .toString("latin1") === type;
  return known && encoded && text.trim().split("\n").length === 1 ? undefined : `It is not a host key. ${remedy}`;
}
