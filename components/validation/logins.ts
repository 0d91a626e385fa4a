import * as pulumi from "@pulumi/pulumi";
import { embeddedIpv4, type ValidationError, isDnsName, isIpLiteral, isWildcard } from "../../nova";
import {
  type ConnectionArgs,
  type HostArgs,
  hostKeyError,
  type LoginArgs,
  type SshArgs,
} from "../../remote/connection";
import { inspectPrivateKey } from "../../remote/privateKey";
import { isPlain } from "../shared/inputs";

/** Validation errors of a node's connection, as far as it is known. */
export function checkConnection(
  connection: ConnectionArgs,
  path: string,
  ssh: SshArgs = {},
): readonly ValidationError[] {
  return [...checkHost(connection, path, ssh, keyOf(connection, ssh)), ...checkBastion(connection, path, ssh)];
}

/** Validation errors of what the connections have in common, as far as it is known. */
export function checkSsh(ssh: SshArgs | undefined, path: string): readonly ValidationError[] {
  return ssh === undefined ? [] : [...checkLogin(ssh, path), ...checkBastion(ssh, path, ssh)];
}

function checkBastion(
  { bastion }: { readonly bastion?: HostArgs },
  path: string,
  ssh: SshArgs,
): readonly ValidationError[] {
  return bastion === undefined ? [] : checkHost(bastion, `${path}.bastion`, ssh);
}

/** A private key and its password, as they are used together. */
export type Key = Pick<LoginArgs, "privateKey" | "privateKeyPassword">;

/** The key of a node, where it has a part of one of its own: the other part is the shared one then. A shared key is looked at once, and not for each node. */
export function keyOf(node: Key, ssh: SshArgs): Key {
  return node.privateKey === undefined && node.privateKeyPassword === undefined
    ? {}
    : {
        privateKey: node.privateKey ?? ssh.privateKey,
        privateKeyPassword: node.privateKeyPassword ?? ssh.privateKeyPassword,
      };
}

function checkHost(
  args: HostArgs,
  path: string,
  { requireHostKeys = false }: SshArgs,
  key: Key = args,
): readonly ValidationError[] {
  const { host, hostKey } = args;
  const errors: ValidationError[] = [];
  if (isPlain(host) && (isWildcard(host) || !(isIpLiteral(host) || isDnsName(host)))) {
    errors.push({
      path: `${path}.host`,
      reason:
        "It is neither an IP address nor a host name. Give where SSH connects to, without user, port or brackets.",
    });
  } else if (isPlain(host) && embeddedIpv4(host) !== undefined) {
    errors.push({ path: `${path}.host`, reason: `It is IPv4 written as IPv6. Write ${embeddedIpv4(host)}.` });
  }
  if (hostKey === undefined && requireHostKeys) {
    errors.push({ path: `${path}.hostKey`, reason: `It is missing, and ssh.requireHostKeys is set. ${hostKeyRemedy}` });
  }
  const wrong = hostKey === undefined || !isPlain(hostKey) ? undefined : hostKeyError(hostKey);
  if (wrong !== undefined) {
    errors.push({ path: `${path}.hostKey`, reason: wrong });
  }
  return [...errors, ...checkLogin(args, path, key)];
}

/** Where a host key comes from. */
const hostKeyRemedy = "Give the line of the host's /etc/ssh/ssh_host_ed25519_key.pub, read in a way you trust.";

function checkLogin(args: LoginArgs, path: string, key: Key = args): readonly ValidationError[] {
  const { port, user, dialErrorLimit, perDialTimeout } = args;
  const number = (
    name: string,
    value: pulumi.Input<number> | undefined,
    rule: string,
    holds: (known: number) => boolean,
  ): ValidationError[] =>
    value === undefined || !isPlain(value) || (Number.isInteger(value) && holds(value))
      ? []
      : [{ path: `${path}.${name}`, reason: `${typeof value === "number" ? value : "It"} is not ${rule}` }];
  const errors = [
    ...number(
      "port",
      port,
      "a TCP port. Give a whole number from 1 to 65535, as a rule 22.",
      (value) => value >= 1 && value <= 65535,
    ),
    ...number(
      "dialErrorLimit",
      dialErrorLimit,
      "a number of tries. Give 1 or more, or -1 for no limit.",
      (value) => value === -1 || value >= 1,
    ),
    ...number("perDialTimeout", perDialTimeout, "a number of seconds. Give 1 or more.", (value) => value >= 1),
  ];
  if (user !== undefined && isPlain(user) && !/^[^\s:@/]+$/.test(user)) {
    errors.push({
      path: `${path}.user`,
      reason: "It is not a user name. Give the name alone, such as root.",
    });
  }
  const { privateKey, privateKeyPassword: password } = key;
  return [...errors, ...checkPrivateKey(privateKey, password, `${path}.privateKey`)];
}

/** What keeps a private key from working, as far as it is known. @param path where the key stands in the arguments */
export function checkPrivateKey(
  privateKey: LoginArgs["privateKey"],
  password: LoginArgs["privateKeyPassword"],
  path: string,
): readonly ValidationError[] {
  if (privateKey === undefined || !isPlain(privateKey)) {
    return [];
  }
  const { error } = inspectPrivateKey(privateKey, password === undefined || isPlain(password) ? password : null);
  return error === undefined ? [] : [{ path, reason: error }];
}
