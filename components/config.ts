import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import * as pulumi from "@pulumi/pulumi";
import type { BastionArgs, ConnectionArgs, SshArgs } from "../host/connection";
import { type Fault, type Release, Vnc, parseRelease, shown } from "../nova";
import { type Reader, flag, list, missing, number, object, oneOf, record, text } from "./configReader";
import { rejectFaults } from "./faults";
import { OnDestroy } from "./onDestroy";
import type { ProxyArgs } from "./proxy";
import type { RolloutArgs } from "./rollout";
import type { ComputeArgs, ControllerArgs, ExtraNovaOptionsArgs, SpiceConsoleArgs } from "./spiceConsole";

/** The namespace of the keys, in whatever project they stand. */
const namespace = "openstack-spice";

/** The secrets, which are keys of their own: `pulumi config set --secret` encrypts one key, and never a part of an object by accident. */
const secretKeys = ["sshPrivateKey", "sshPrivateKeyPassword", "sshBastionPrivateKey", "sshBastionPrivateKeyPassword"];

/** Keys whose values are files on this machine to read a secret from. */
const fileKeys = ["sshPrivateKeyFile", "sshBastionPrivateKeyFile"];

const release: Reader<Release> = (value, path, faults) => {
  const parsed = parseRelease(String(value), path);
  faults.push(...parsed.faults);
  return parsed.value;
};

type Login = Pick<SshArgs, "port" | "user" | "agentSocketPath" | "dialErrorLimit" | "perDialTimeout">;
const login: { readonly [key in keyof Login]-?: Reader<Login[key] & {}> } = {
  port: number,
  user: text,
  agentSocketPath: text,
  dialErrorLimit: number,
  perDialTimeout: number,
};
const host = { ...login, host: text, hostKey: text };
const bastion = object<Login & Pick<BastionArgs, "host" | "hostKey">, "host">(host, ["host"]);
const connection = object<Login & Pick<ConnectionArgs, "host" | "hostKey">, "host">(host, ["host"]);

/** The keys that are no secrets, with what stands in each. */
const readers = {
  proxy: object<ProxyArgs, "baseUrl">(
    {
      baseUrl: text,
      listenAddress: text,
      port: number,
      tls: object({ certificate: text, key: text, only: flag }, ["certificate"]),
      behindLoadBalancer: flag,
      allowedSources: list(text),
      allowedOrigins: list(text),
    },
    ["baseUrl"],
  ),
  ssh: object<Login & { readonly bastion?: BastionArgs }>({ ...login, bastion }),
  controllers: list(
    object<ControllerArgs, "name" | "connection">({ name: text, connection, proxySourceAddresses: list(text) }, [
      "name",
      "connection",
    ]),
  ),
  computes: list(
    object<ComputeArgs, "name" | "connection" | "serverProxyclientAddress">(
      { name: text, connection, serverProxyclientAddress: text, serverListen: text },
      ["name", "connection", "serverProxyclientAddress"],
    ),
  ),
  vnc: oneOf(Vnc),
  release,
  agentEnabled: flag,
  acceptConsoleLoss: flag,
  serverListenEverywhere: flag,
  extraNovaOptions: object<ExtraNovaOptionsArgs>({ controllers: record(text), computes: record(text) }),
  controllerSecurityGroupId: text,
  computeSecurityGroupId: text,
  rollout: object<RolloutArgs>({ canaries: list(text), batchSize: number }),
  onDestroy: oneOf(OnDestroy),
};
type Readable = { readonly [key in keyof typeof readers]: Exclude<ReturnType<(typeof readers)[key]>, undefined> };

/** Keys whose values are objects or lists; the others are texts. */
const structured: readonly string[] = ["proxy", "ssh", "controllers", "computes", "extraNovaOptions", "rollout"];

/**
 * The arguments of a cloud from the stack's configuration, namespace `openstack-spice`; Pulumi.example.yaml documents every key.
 *
 * A private key comes from the secret `sshPrivateKey`, or from the file that `sshPrivateKeyFile` names, or else from the SSH agent.
 *
 * @throws RunError that lists every key that is unknown, missing or of the wrong kind
 */
export function readConfig(config = new pulumi.Config(namespace)): SpiceConsoleArgs {
  const faults: Fault[] = [...unknownKeys()];
  const read = <K extends keyof Readable>(key: K): Readable[K] | undefined => {
    const value: unknown = structured.includes(key) ? getStructure(config, key, faults) : config.get(key);
    const isGiven = value !== undefined && value !== "";
    return isGiven ? (readers[key](value, key, faults) as Readable[K] | undefined) : undefined;
  };
  const proxy = read("proxy");
  const controllers = read("controllers");
  const computes = read("computes");
  const { bastion: bastionHost, ...ssh } = read("ssh") ?? {};
  const privateKey = readSecret(config, "sshPrivateKey", faults);
  const bastionPrivateKey = readSecret(config, "sshBastionPrivateKey", faults);
  const args = {
    vnc: read("vnc"),
    release: read("release"),
    agentEnabled: read("agentEnabled"),
    acceptConsoleLoss: read("acceptConsoleLoss"),
    serverListenEverywhere: read("serverListenEverywhere"),
    extraNovaOptions: read("extraNovaOptions"),
    controllerSecurityGroupId: read("controllerSecurityGroupId"),
    computeSecurityGroupId: read("computeSecurityGroupId"),
    rollout: read("rollout"),
    onDestroy: read("onDestroy"),
  };
  const absent = ["proxy", "controllers", "computes"].filter((key) => config.get(key) === undefined);
  faults.push(...absent.map(missing));
  rejectFaults("The stack's configuration", faults);
  return {
    ...args,
    proxy: proxy ?? { baseUrl: "" },
    controllers: controllers ?? [],
    computes: computes ?? [],
    ssh: {
      ...ssh,
      ...privateKey,
      ...(bastionHost === undefined ? {} : { bastion: { ...bastionHost, ...bastionPrivateKey } }),
    },
  };
}

function getStructure(config: pulumi.Config, key: string, faults: Fault[]): unknown {
  try {
    return config.getObject(key);
  } catch {
    faults.push({
      path: key,
      reason: `${shown(config.get(key))} is neither an object nor a list. Pulumi.example.yaml shows how to write it.`,
    });
    return undefined;
  }
}

/** A private key and its password: from the stack's secrets, or from a file. */
function readSecret(
  config: pulumi.Config,
  key: string,
  faults: Fault[],
): Pick<SshArgs, "privateKey" | "privateKeyPassword"> {
  const file = config.get(`${key}File`) ?? "";
  const isInConfig = isGiven(config, key);
  const password = isGiven(config, `${key}Password`)
    ? { privateKeyPassword: config.requireSecret(`${key}Password`) }
    : {};
  if (file === "") {
    return isInConfig ? { privateKey: config.requireSecret(key), ...password } : password;
  }
  if (isInConfig) {
    faults.push({ path: `${key}File`, reason: `Both ${key}File and ${key} are set. Take one of them out.` });
    return {};
  }
  try {
    return { privateKey: pulumi.secret(readFileSync(file.replace(/^~(?=\/)/, homedir()), "utf8")), ...password };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    faults.push({
      path: `${key}File`,
      reason: `${shown(file)} cannot be read (${code}). Give the path of a private key on this machine, or set ${key} as a secret.`,
    });
    return {};
  }
}

/** Whether a secret has a value, without taking it out of its wrapping. An empty default counts as none. */
function isGiven(config: pulumi.Config, key: string): boolean {
  return (pulumi.runtime.allConfig()[`${config.name}:${key}`] ?? "") !== "";
}

function unknownKeys(): readonly Fault[] {
  const known = [...Object.keys(readers), ...secretKeys, ...fileKeys];
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${namespace}:`))
    .map((key) => key.slice(namespace.length + 1))
    .filter((key) => !known.includes(key))
    .map((path) => ({ path, reason: `No such key. The keys are ${known.join(", ")}.` }));
}
