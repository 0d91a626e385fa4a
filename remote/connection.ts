import * as pulumi from "@pulumi/pulumi";
import { shortPrivateKey } from "./openSshKey";

/** How to log in over SSH, wherever that is. What is left out is left to the SSH agent and to the defaults named here. */
export interface LoginArgs {
  /** TCP port of the SSH server. @default 22 */
  readonly port?: pulumi.Input<number>;
  /** User to log in as. Other than root, it has to become root by `sudo` without a password. @default "root" */
  readonly user?: pulumi.Input<string>;
  /**
   * Text of the private key, PEM or OpenSSH; kept as a secret. An ed25519 key that is not encrypted keeps the state small: the engine stores the connection
   * four times for each node and role, and such a key takes 119 characters there. @default the SSH agent's keys
   */
  readonly privateKey?: pulumi.Input<string>;
  /** Password of the private key, where it is encrypted; kept as a secret. @default the key is not encrypted */
  readonly privateKeyPassword?: pulumi.Input<string>;
  /** Password of the user, for servers that take no key; kept as a secret. @default none */
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
   * answers is trusted, with a warning. @default none
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
    privateKey: shortened(secret(args.privateKey)),
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

function shortened(key: pulumi.Input<string> | undefined): pulumi.Input<string> | undefined {
  return key === undefined ? undefined : pulumi.output(key).apply(shortPrivateKey);
}

/** The fields that have a value. */
function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** What is wrong with a host key, with the remedy; undefined where nothing is. */
export function hostKeyError(text: string): string | undefined {
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
