import * as pulumi from "@pulumi/pulumi";
import type { BastionArgs, ConnectionArgs, LoginArgs, SshArgs } from "../host/connection";
import { readKeyFile } from "../host/keyFile";
import { inspectPrivateKey } from "../host/privateKey";
import {
  CompressionPreset,
  type Fault,
  ImageCompression,
  Manager,
  type PackageRepository,
  type PortRange,
  RecipeSwitch,
  type Release,
  StreamingMode,
  TlsVersion,
  Vnc,
  WanCompression,
  type WebClient,
  parseRelease,
  shown,
  shownKey,
} from "../nova";
import { warnOfClearSecrets } from "./clearSecrets";
import type { CompressionArgs } from "./computeNode";
import {
  type Reader,
  flag,
  list,
  missing,
  notStructured,
  number,
  object,
  oneOf,
  record,
  secret,
  text,
} from "./configReader";
import { rejectFaults } from "./faults";
import { OnDestroy, PackagesOnDestroy } from "./onDestroy";
import type { ProxyArgs, ProxyTlsArgs } from "./proxy";
import type { RolloutArgs } from "./rollout";
import type { ComputeArgs, ControllerArgs, ExtraNovaOptionsArgs, SpiceConsoleArgs } from "./spiceConsole";

/** The namespace of the keys, in whatever project they stand. */
const namespace = "openstack-spice";

/** Keys that are read on their own: the private key for all nodes, its password, and a file in place of the key. */
const keyKeys = ["sshPrivateKey", "sshPrivateKeyPassword", "sshPrivateKeyFile"];

const release: Reader<Release> = (value, path, faults) => {
  const parsed = parseRelease(String(value), path);
  faults.push(...parsed.faults);
  return parsed.value;
};

const login: { readonly [key in keyof LoginArgs]-?: Reader<LoginArgs[key] & {}> } = {
  port: number,
  user: text,
  privateKey: secret,
  privateKeyPassword: secret,
  password: secret,
  agentSocketPath: text,
  dialErrorLimit: number,
  perDialTimeout: number,
};
const host = { ...login, host: text, hostKey: text };
const bastion = object<BastionArgs, "host">(host, ["host"]);
const connection = object<ConnectionArgs, "host">({ ...host, bastion }, ["host"]);

const ignoreManagers = list(oneOf(Manager));
const guards = { ignoreManagers, acceptPendingChanges: flag };

/** The other keys, with what stands in each. */
const readers = {
  proxy: object<ProxyArgs, "baseUrl">(
    {
      baseUrl: text,
      listenAddress: text,
      port: number,
      tls: object<ProxyTlsArgs>({
        certificate: text,
        key: text,
        certPem: text,
        privateKeyPem: secret,
        only: flag,
        ciphers: text,
        minimumVersion: oneOf(TlsVersion),
      }),
      behindLoadBalancer: flag,
      allowedSources: list(text),
      closeToOthers: flag,
      allowedOrigins: list(text),
      enforceSessionTimeout: flag,
    },
    ["baseUrl"],
  ),
  ssh: object<SshArgs>({ ...login, bastion, requireHostKeys: flag }),
  controllers: list(
    object<ControllerArgs, "name" | "connection">(
      {
        name: text,
        connection,
        listenAddress: text,
        proxySourceAddresses: list(text),
        onDestroy: oneOf(OnDestroy),
        ...guards,
      },
      ["name", "connection"],
    ),
  ),
  computes: list(
    object<ComputeArgs, "name" | "connection" | "serverProxyclientAddress">(
      {
        name: text,
        connection,
        serverProxyclientAddress: text,
        serverListen: text,
        onDestroy: oneOf(OnDestroy),
        ...guards,
      },
      ["name", "connection", "serverProxyclientAddress"],
    ),
  ),
  vnc: oneOf(Vnc),
  release,
  agentEnabled: flag,
  compression: object<CompressionArgs>({
    preset: oneOf(CompressionPreset),
    image: oneOf(ImageCompression),
    jpeg: oneOf(WanCompression),
    zlib: oneOf(WanCompression),
    playback: flag,
    streamingMode: oneOf(StreamingMode),
  }),
  requireSecure: flag,
  nativeClientsOnly: flag,
  spiceDirectProxyBaseUrl: text,
  tokenTtl: number,
  acceptConsoleLoss: flag,
  ignoreManagers,
  novaApiCredentials: text,
  serverListenEverywhere: flag,
  extraConsoleSources: list(text),
  consolePortRange: object<PortRange, "first" | "last">({ first: number, last: number }, ["first", "last"]),
  packageRepository: object<PackageRepository, "id">(
    {
      id: text,
      name: text,
      baseUrl: text,
      mirrorList: text,
      metalink: text,
      gpgCheck: flag,
      gpgKey: text,
      gpgKeyPath: text,
      includePackages: list(text),
      failoverMethod: oneOf({ priority: "priority", roundrobin: "roundrobin" } as const),
    },
    ["id"],
  ),
  webClient: object<WebClient>({ package: text, folder: text, archive: text, sha256: text }),
  recipe: list(oneOf(RecipeSwitch)),
  installPython: flag,
  extraNovaOptions: object<ExtraNovaOptionsArgs>({ controllers: record(text), computes: record(text) }),
  removeDeadKeys: flag,
  formerStack: text,
  convergeAgain: text,
  controllerSecurityGroupId: text,
  computeSecurityGroupId: text,
  rollout: object<RolloutArgs>({ canaries: list(text), batchSize: number }),
  onDestroy: oneOf(OnDestroy),
  packagesOnDestroy: oneOf(PackagesOnDestroy),
};
type Readable = { readonly [key in keyof typeof readers]: Exclude<ReturnType<(typeof readers)[key]>, undefined> };

/** Keys whose empty object, which is their default, stands for "not given". */
const optional: readonly string[] = ["packageRepository", "webClient"];

/** Keys whose values are objects or lists; the others are texts. */
const structured: readonly string[] = [
  ...[
    "proxy",
    "ssh",
    "controllers",
    "computes",
    "ignoreManagers",
    "compression",
    "extraConsoleSources",
    "consolePortRange",
    "extraNovaOptions",
  ],
  ...["packageRepository", "webClient", "recipe", "rollout"],
];

/**
 * The arguments of a cloud from the stack's configuration, namespace `openstack-spice`; Pulumi.example.yaml documents every key.
 *
 * The private key for all nodes comes from the secret `sshPrivateKey`, or from the file that `sshPrivateKeyFile` names, or else from the SSH agent.
 *
 * @throws RunError that lists every key that is unknown, missing or of the wrong kind
 */
export function readConfig(config = new pulumi.Config(namespace)): SpiceConsoleArgs {
  const faults: Fault[] = [...unknownKeys()];
  const read = <K extends keyof Readable>(key: K): Readable[K] | undefined => {
    const value: unknown = structured.includes(key) ? getStructure(config, key, faults) : config.get(key);
    const isGiven = value !== undefined && value !== "" && !(optional.includes(key) && isEmpty(value));
    return isGiven ? (readers[key](value, key, faults) as Readable[K] | undefined) : undefined;
  };
  const proxy = read("proxy");
  const controllers = read("controllers");
  const computes = read("computes");
  const ssh = { ...read("ssh"), ...readKey(config, faults) };
  const args = {
    vnc: read("vnc"),
    release: read("release"),
    agentEnabled: read("agentEnabled"),
    compression: read("compression"),
    requireSecure: read("requireSecure"),
    nativeClientsOnly: read("nativeClientsOnly"),
    spiceDirectProxyBaseUrl: read("spiceDirectProxyBaseUrl"),
    tokenTtl: read("tokenTtl"),
    acceptConsoleLoss: read("acceptConsoleLoss"),
    ignoreManagers: read("ignoreManagers"),
    novaApiCredentials: read("novaApiCredentials"),
    serverListenEverywhere: read("serverListenEverywhere"),
    extraConsoleSources: read("extraConsoleSources"),
    consolePortRange: read("consolePortRange"),
    packageRepository: read("packageRepository"),
    webClient: read("webClient"),
    recipe: read("recipe"),
    installPython: read("installPython"),
    extraNovaOptions: read("extraNovaOptions"),
    removeDeadKeys: read("removeDeadKeys"),
    formerStack: read("formerStack"),
    convergeAgain: read("convergeAgain"),
    controllerSecurityGroupId: read("controllerSecurityGroupId"),
    computeSecurityGroupId: read("computeSecurityGroupId"),
    rollout: read("rollout"),
    onDestroy: read("onDestroy"),
    packagesOnDestroy: read("packagesOnDestroy"),
  };
  const absent = ["proxy", "controllers", "computes"].filter((key) => config.get(key) === undefined);
  faults.push(...absent.map(missing));
  rejectFaults("The stack's configuration", faults);
  warnOfClearSecrets(config, namespace);
  return {
    ...args,
    proxy: proxy ?? { baseUrl: "" },
    controllers: controllers ?? [],
    computes: computes ?? [],
    ssh,
  };
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function getStructure(config: pulumi.Config, key: string, faults: Fault[]): unknown {
  try {
    return config.getObject(key);
  } catch {
    faults.push(notStructured(key));
    return undefined;
  }
}

/**
 * The private key for all nodes, and its password: from the stack's secrets, or from a file. Plain texts, so that a wrong key is an argument's fault
 * like any other; whatever connects takes them as secrets.
 */
function readKey(config: pulumi.Config, faults: Fault[]): Pick<SshArgs, "privateKey" | "privateKeyPassword"> {
  const given = (key: string) => config.get(key) ?? "";
  const [key, password, file] = [given("sshPrivateKey"), given("sshPrivateKeyPassword"), given("sshPrivateKeyFile")];
  const login = password === "" ? {} : { privateKeyPassword: password };
  if (file === "") {
    return key === "" ? login : inspected("sshPrivateKey", key, login, faults);
  }
  if (key !== "") {
    const reason = "Both sshPrivateKeyFile and sshPrivateKey are set. Take one of them out.";
    faults.push({ path: "sshPrivateKeyFile", reason });
    return login;
  }
  try {
    return inspected("sshPrivateKeyFile", readKeyFile(file), login, faults);
  } catch (error) {
    const why = (error as Error).message;
    const remedy = "Give the path of a private key on this machine, or set the secret sshPrivateKey.";
    faults.push({ path: "sshPrivateKeyFile", reason: `${shown(file)} cannot be read (${why}). ${remedy}` });
    return login;
  }
}

/** The key and its password, where it can work. @param path the configuration key that it comes from */
function inspected(
  path: string,
  privateKey: string,
  login: Pick<SshArgs, "privateKeyPassword">,
  faults: Fault[],
): Pick<SshArgs, "privateKey" | "privateKeyPassword"> {
  const { fault } = inspectPrivateKey(privateKey, login.privateKeyPassword as string | undefined);
  if (fault !== undefined) {
    faults.push({ path, reason: fault.replaceAll("privateKeyPassword", "sshPrivateKeyPassword") });
  }
  return { privateKey, ...login };
}

function unknownKeys(): readonly Fault[] {
  const known = [...Object.keys(readers), ...keyKeys];
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${namespace}:`))
    .map((key) => key.slice(namespace.length + 1))
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: shownKey(key), reason: `No such key. The keys are ${known.join(", ")}.` }));
}
