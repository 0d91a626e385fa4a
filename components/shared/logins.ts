import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs, LoginArgs, SshArgs } from "../../remote/connection";
import { inspectPrivateKey } from "../../remote/privateKey";
import { notReached, rejectValidationErrors } from "../validation/errors";
import { checkConnection, checkSsh, type Key, keyOf } from "../validation/logins";
import { isPlain } from "./inputs";

/** Components that have inspected the logins that they hand to the components below them, with what they themselves depend on. */
const inspectors = new WeakMap<pulumi.Resource, pulumi.ComponentResourceOptions["dependsOn"]>();

/** A node to connect to. */
export interface NodeLogin {
  /** The node's name in messages. */
  readonly name: string;
  /** Where the connection stands in the arguments. */
  readonly path: string;
  readonly connection: ConnectionArgs;
}

/** The component whose logins these are. */
export interface LoginOwner {
  readonly component: pulumi.ComponentResource;
  /** How messages call it: `ComputeNode "compute-1"`. */
  readonly subject: string;
  readonly opts: pulumi.ComponentResourceOptions | undefined;
}

/** Logins, to be used as they are. */
interface Logins {
  readonly ssh: SshArgs | undefined;
  /** The connection to use in place of the one in the arguments. */
  readonly of: (connection: ConnectionArgs) => ConnectionArgs;
}

/** Whether the component stands below another one that has checked its arguments and warned about them. */
export function isSpokenFor(opts: pulumi.ComponentResourceOptions | undefined): boolean {
  return opts?.parent !== undefined && inspectors.has(opts.parent);
}

/**
 * What has to be there before a node is connected to: what the component depends on. A component below another one depends on other nodes, and just to converge
 * in order; what the other one depends on counts then.
 */
export function prerequisitesOf(
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.ComponentResourceOptions["dependsOn"] {
  return opts?.parent !== undefined && inspectors.has(opts.parent) ? inspectors.get(opts.parent) : opts?.dependsOn;
}

/**
 * The logins of a component's nodes, with private keys that are looked at as soon as they are known, as keys from the stack's secrets are.
 *
 * Warns, in one line, about hosts whose keys are not checked, and about RSA keys. A component below another one that has done so leaves it at that.
 *
 * @throws RunError, in the outputs, where a key cannot work
 */
export function inspectLogins(nodes: readonly NodeLogin[], ssh: SshArgs | undefined, owner: LoginOwner): Logins {
  inspectors.set(owner.component, owner.opts?.dependsOn);
  if (isSpokenFor(owner.opts)) {
    return { ssh, of: (connection) => connection };
  }
  warnOfUnknownHostKeys(nodes, ssh, owner.component);
  const inspected = new Map<ConnectionArgs, ConnectionArgs>();
  for (const { connection, path } of nodes) {
    if (!inspected.has(connection)) {
      const own = withInspectedKey(connection, path, owner, keyOf(connection, ssh ?? {}));
      const host = checkedHost(connection, path, owner, ssh);
      inspected.set(connection, withInspectedBastion({ ...own, host }, path, owner));
    }
  }
  return {
    ssh: ssh === undefined ? undefined : withInspectedBastion(withInspectedKey(ssh, "ssh", owner), "ssh", owner),
    of: (connection) => inspected.get(connection) ?? connection,
  };
}

/** A node's host, once all of its login that was not known at once was checked. Keys and passwords are no part of that: the host would be a secret. */
function checkedHost(
  connection: ConnectionArgs,
  path: string,
  { subject }: LoginOwner,
  ssh: SshArgs = {},
): ConnectionArgs["host"] {
  const [own, shared] = [withoutSecrets(connection), withoutSecrets(ssh)];
  if (isPlain(own) && isPlain(shared)) {
    return connection.host;
  }
  return pulumi.output([own, shared] as const).apply(([known, common]) => {
    const errors = [...checkConnection(known, path, common), ...checkSsh(common, "ssh")];
    rejectValidationErrors(subject, errors, notReached);
    return known.host;
  });
}

function withoutSecrets<T extends LoginArgs & Pick<SshArgs, "bastion">>(login: T): T {
  const { bastion } = login;
  const none = { privateKey: undefined, privateKeyPassword: undefined, password: undefined };
  return { ...login, ...none, ...(bastion === undefined ? {} : { bastion: { ...bastion, ...none } }) };
}

function withInspectedBastion<T extends Pick<SshArgs, "bastion">>(login: T, path: string, owner: LoginOwner): T {
  const { bastion } = login;
  return bastion === undefined
    ? login
    : { ...login, bastion: withInspectedKey(bastion, `${path}.bastion`, owner, bastion) };
}

/** A login with its key, which is inspected as soon as it is known. @param key the key and the password that are used for it */
function withInspectedKey<T extends LoginArgs>(
  login: T,
  path: string,
  { component, subject }: LoginOwner,
  { privateKey, privateKeyPassword }: Key = login,
): T {
  if (privateKey === undefined) {
    return login;
  }
  const inspected = pulumi.all([privateKey, privateKeyPassword]).apply(([key, password]) => {
    const { error, rsa } = inspectPrivateKey(key, password);
    rejectValidationErrors(
      subject,
      error === undefined ? [] : [{ path: `${path}.privateKey`, reason: error }],
      notReached,
    );
    if (rsa) {
      // Encryption and base64 make a third more of it.
      const size = Math.round((key.length * 4 * 4) / 3 / 1024);
      void pulumi.log.warn(
        `${path}.privateKey is an RSA key. The state holds it four times for each node and role, here ${size} KiB, and is written anew at every step: ` +
          "with many nodes use an ed25519 key or an SSH agent.",
        component,
      );
    }
    return key;
  });
  return { ...login, privateKey: pulumi.secret(inspected) };
}

function warnOfUnknownHostKeys(
  nodes: readonly NodeLogin[],
  ssh: SshArgs | undefined,
  component: pulumi.Resource,
): void {
  const hosts = nodes.filter(({ connection }) => connection.hostKey === undefined).map(({ name }) => name);
  const bastions = [ssh?.bastion, ...nodes.map(({ connection }) => connection.bastion)];
  if (bastions.some((bastion) => bastion !== undefined && bastion.hostKey === undefined)) {
    hosts.push("the bastion");
  }
  if (hosts.length > 0) {
    void pulumi.log.warn(
      `No hostKey is given for ${[...new Set(hosts)].join(", ")}: whatever answers there is trusted. ` +
        "Give each the line of its /etc/ssh/ssh_host_ed25519_key.pub, read in a way you trust.",
      component,
    );
  }
}
