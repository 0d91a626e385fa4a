import { Role } from "../contract";
import type { TlsVersion } from "./choices";
import { type Compression, compressionOptions } from "./compression";
import type { OptionValue } from "./value";
import { Vnc } from "./vnc";

/** Further options of the table, by `section/option`, such as `{ "spice/image_compression": "lz" }`. One without a value is looked at by its name alone. */
export type ExtraNovaOptions = Readonly<Record<string, OptionValue | undefined>>;

/** The certificate that `nova-spicehtml5proxy` serves; nova-novncproxy on the same node reads the same keys. */
export interface ProxyTls {
  /** Path of the certificate (chain) on the node, PEM. */
  readonly certificate: string;
  /** Path of the private key on the node, PEM; left out where it is in the certificate's file. */
  readonly key?: string;
  /** Whether plain http is refused. Not written where left out: both are then answered on the one port. */
  readonly only?: boolean;
  /** `[console] ssl_ciphers`. */
  readonly ciphers?: string;
  /** `[console] ssl_minimum_version`. */
  readonly minimumVersion?: TlsVersion;
}

/** What a controller's nova.conf says about consoles. */
export interface ControllerSettings {
  /** `[spice] html5proxy_host`: address on which the proxy listens. */
  readonly html5proxyHost: string;
  /** `[spice] html5proxy_port`. */
  readonly html5proxyPort: number;
  /** `[console] allowed_origins`: host names of other pages that may open consoles. Not written where left out. */
  readonly allowedOrigins?: readonly string[];
  readonly tls?: ProxyTls;
  /** `[consoleauth] enforce_session_timeout`. */
  readonly enforceSessionTimeout?: boolean;
  /** `[consoleauth] token_ttl`, which controllers read up to Stein. */
  readonly tokenTtl?: number;
  readonly extraNovaOptions?: ExtraNovaOptions;
}

/** What a compute's nova.conf says about consoles. */
export interface ComputeSettings {
  /** Whether `[vnc] enabled` is set, and to what. */
  readonly vnc: Vnc;
  /** `[spice] agent_enabled`. */
  readonly agentEnabled: boolean;
  /** `[spice] html5proxy_base_url`. */
  readonly html5proxyBaseUrl: string;
  /** `[spice] server_listen`. */
  readonly serverListen: string;
  /** `[spice] server_proxyclient_address`. */
  readonly serverProxyclientAddress: string;
  readonly compression?: Compression;
  /** `[spice] require_secure`. */
  readonly requireSecure?: boolean;
  /** `[spice] spice_direct_proxy_base_url`. */
  readonly spiceDirectProxyBaseUrl?: string;
  /** `[consoleauth] token_ttl`, which computes read from Rocky on. */
  readonly tokenTtl?: number;
  readonly extraNovaOptions?: ExtraNovaOptions;
}

/** The settings that belong to each role. */
export interface RoleSettings {
  readonly [Role.Controller]: ControllerSettings;
  readonly [Role.Compute]: ComputeSettings;
}

/** An option that an argument sets; `value` is undefined where the key is not to be written. */
export interface DeclaredOption {
  readonly section: string;
  readonly name: string;
  readonly argument: string;
  readonly value: OptionValue | undefined;
}

/** The options that the arguments of a role set. */
export function roleOptions<R extends Role>(role: R, settings: RoleSettings[R]): readonly DeclaredOption[] {
  return role === Role.Controller
    ? controllerOptions(settings as ControllerSettings)
    : computeOptions(settings as ComputeSettings);
}

/** `[vnc] enabled` for each; undefined where it is left as it is. */
export const vncEnabled: Readonly<Record<Vnc, boolean | undefined>> = {
  [Vnc.Keep]: undefined,
  [Vnc.Alongside]: true,
  [Vnc.Off]: false,
};

/** What switches VNC and SPICE, with the URL that is handed out. */
export function switchOptions({
  vnc,
  agentEnabled,
  html5proxyBaseUrl,
}: Pick<ComputeSettings, "vnc" | "agentEnabled" | "html5proxyBaseUrl">): readonly DeclaredOption[] {
  return [
    { section: "vnc", name: "enabled", argument: "vnc", value: vncEnabled[vnc] },
    { section: "spice", name: "enabled", argument: "vnc", value: true },
    { section: "spice", name: "agent_enabled", argument: "agentEnabled", value: agentEnabled },
    { section: "spice", name: "html5proxy_base_url", argument: "html5proxyBaseUrl", value: html5proxyBaseUrl },
  ];
}

function controllerOptions(settings: ControllerSettings): readonly DeclaredOption[] {
  const { html5proxyHost, html5proxyPort, allowedOrigins, tls, enforceSessionTimeout, tokenTtl } = settings;
  return [
    { section: "DEFAULT", name: "cert", argument: "proxy.tls.certificate", value: tls?.certificate },
    { section: "DEFAULT", name: "key", argument: "proxy.tls.key", value: tls?.key },
    { section: "DEFAULT", name: "ssl_only", argument: "proxy.tls.only", value: tls?.only },
    { section: "console", name: "allowed_origins", argument: "proxy.allowedOrigins", value: allowedOrigins },
    { section: "console", name: "ssl_ciphers", argument: "proxy.tls.ciphers", value: tls?.ciphers },
    {
      section: "console",
      name: "ssl_minimum_version",
      argument: "proxy.tls.minimumVersion",
      value: tls?.minimumVersion,
    },
    { section: "consoleauth", name: "token_ttl", argument: "tokenTtl", value: tokenTtl },
    {
      section: "consoleauth",
      name: "enforce_session_timeout",
      argument: "proxy.enforceSessionTimeout",
      value: enforceSessionTimeout,
    },
    { section: "spice", name: "html5proxy_host", argument: "proxy.listenAddress", value: html5proxyHost },
    { section: "spice", name: "html5proxy_port", argument: "proxy.port", value: html5proxyPort },
  ];
}

function computeOptions(settings: ComputeSettings): readonly DeclaredOption[] {
  const { serverListen, serverProxyclientAddress } = settings;
  const { compression = {}, requireSecure, spiceDirectProxyBaseUrl, tokenTtl } = settings;
  return [
    ...switchOptions(settings),
    { section: "spice", name: "server_listen", argument: "serverListen", value: serverListen },
    {
      section: "spice",
      name: "server_proxyclient_address",
      argument: "serverProxyclientAddress",
      value: serverProxyclientAddress,
    },
    ...compressionOptions(compression).map((option) => ({ section: "spice", ...option })),
    { section: "spice", name: "require_secure", argument: "requireSecure", value: requireSecure },
    {
      section: "spice",
      name: "spice_direct_proxy_base_url",
      argument: "spiceDirectProxyBaseUrl",
      value: spiceDirectProxyBaseUrl,
    },
    { section: "consoleauth", name: "token_ttl", argument: "tokenTtl", value: tokenTtl },
  ];
}
