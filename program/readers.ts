import {
  type BastionArgs,
  type CompressionArgs,
  type ComputeArgs,
  type ConnectionArgs,
  type ControllerArgs,
  type ExtraNovaOptionsArgs,
  type LoginArgs,
  OnDestroy,
  PackagesOnDestroy,
  type ProxyArgs,
  type ProxyTlsArgs,
  type RolloutArgs,
  type SshArgs,
} from "../components";
import {
  CompressionPreset,
  ImageCompression,
  ConfigurationManagementTool,
  type NovaOption,
  OptionType,
  type PackageRepository,
  type PlainArguments,
  type PortRange,
  RecipeSwitch,
  type Release,
  StreamingMode,
  TlsVersion,
  Vnc,
  WanCompression,
  type WebClient,
  parseRelease,
  plainOptions,
} from "../nova";
import { type Reader, flag, list, number, object, oneOf, record, secret, text } from "./configReader";

const release: Reader<Release> = (value, path, errors) => {
  const parsed = parseRelease(String(value), path);
  errors.push(...parsed.errors);
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

const ignoreConfigurationManagement = list(oneOf(ConfigurationManagementTool));

const guards = { ignoreConfigurationManagement, acceptPendingChanges: flag };

/** Arguments that are one option each, of which the table says what they take; of two each compute has its own. */
type SharedPlain = Omit<PlainArguments, "serverListen" | "serverProxyclientAddress">;
const plain = Object.fromEntries(
  plainOptions
    .filter(({ argument }) => argument !== "serverListen" && argument !== "serverProxyclientAddress")
    .map((option) => [option.argument, readerOf(option)]),
) as { readonly [name in keyof SharedPlain]-?: Reader<SharedPlain[name] & {}> };

function readerOf({ type, choices = [] }: NovaOption): Reader<unknown> {
  switch (type) {
    case OptionType.Boolean:
      return flag;
    case OptionType.Integer:
      return number;
    case OptionType.Choice:
      return oneOf(choices);
    default:
      return text;
  }
}

/** The keys of the stack's configuration, with what stands in each; those of the private key for all nodes are read apart. */
export const readers = {
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
      dropOtherSources: flag,
      allowedOrigins: list(text),
      enforceSessionTimeout: flag,
    },
    ["baseUrl"],
  ),
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
  ssh: object<SshArgs>({ ...login, bastion, requireHostKeys: flag }),
  vnc: oneOf(Vnc),
  release,
  compression: object<CompressionArgs>({
    preset: oneOf(CompressionPreset),
    image: oneOf(ImageCompression),
    jpeg: oneOf(WanCompression),
    zlib: oneOf(WanCompression),
    playback: flag,
    streamingMode: oneOf(StreamingMode),
  }),
  nativeClientsOnly: flag,
  ...plain,
  acceptConsoleLoss: flag,
  ignoreConfigurationManagement,
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
  removeObsoleteOptions: flag,
  formerStack: text,
  convergeAgain: text,
  controllerSecurityGroupId: text,
  computeSecurityGroupId: text,
  rollout: object<RolloutArgs>({ canaries: list(text), batchSize: number }),
  onDestroy: oneOf(OnDestroy),
  packagesOnDestroy: oneOf(PackagesOnDestroy),
};
