import { Role } from "../contract";
import type { TlsVersion } from "./choices";
import { type Compression, compressionOptions } from "./compression";
import { type PlainArguments, plainOptions } from "./plainOptions";
import type { OptionValue } from "./value";
import { Vnc } from "./vnc";

/** Further options of the table, by `section/option`, such as `{ "spice/image_compression": "lz" }`. One without a value is looked at by its name alone. */
type ExtraNovaOptions = Readonly<Record<string, OptionValue | undefined>>;

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
export interface ComputeSettings extends PlainArguments {
  /** Whether `[vnc] enabled` is set, and to what. */
  readonly vnc: Vnc;
  /** `[spice] html5proxy_base_url`. */
  readonly html5proxyBaseUrl: string;
  readonly compression?: Compression;
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

/** An option that an argument sets. */
function option(section: string, name: string, argument: string, value: DeclaredOption["value"]): DeclaredOption {
  return { section, name, argument, value };
}

/** What switches VNC and SPICE, and the URL that is handed out. */
export function switchOptions({
  vnc,
  html5proxyBaseUrl,
}: Pick<ComputeSettings, "vnc" | "html5proxyBaseUrl">): readonly DeclaredOption[] {
  return [
    option("vnc", "enabled", "vnc", vncEnabled[vnc]),
    option("spice", "enabled", "vnc", true),
    option("spice", "html5proxy_base_url", "html5proxyBaseUrl", html5proxyBaseUrl),
  ];
}

function controllerOptions(settings: ControllerSettings): readonly DeclaredOption[] {
  const { html5proxyHost, html5proxyPort, allowedOrigins, tls, enforceSessionTimeout, tokenTtl } = settings;
  return [
    option("DEFAULT", "cert", "proxy.tls.certificate", tls?.certificate),
    option("DEFAULT", "key", "proxy.tls.key", tls?.key),
    option("DEFAULT", "ssl_only", "proxy.tls.only", tls?.only),
    option("console", "allowed_origins", "proxy.allowedOrigins", allowedOrigins),
    option("console", "ssl_ciphers", "proxy.tls.ciphers", tls?.ciphers),
    option("console", "ssl_minimum_version", "proxy.tls.minimumVersion", tls?.minimumVersion),
    option("consoleauth", "token_ttl", "tokenTtl", tokenTtl),
    option("consoleauth", "enforce_session_timeout", "proxy.enforceSessionTimeout", enforceSessionTimeout),
    option("spice", "html5proxy_host", "proxy.listenAddress", html5proxyHost),
    option("spice", "html5proxy_port", "proxy.port", html5proxyPort),
  ];
}

function computeOptions(settings: ComputeSettings): readonly DeclaredOption[] {
  return [
    ...switchOptions(settings),
    ...compressionOptions(settings.compression ?? {}).map((option) => ({ section: "spice", ...option })),
    ...plainOptions.map(({ section, name, argument }) => option(section, name, argument, settings[argument])),
  ];
}
