import { type Checked, type ValidationError, invalid, shownKey, valid } from "./validationError";
import type { TlsVersion } from "./choices";
import { type Compression, compressionOptions } from "./compression";
import { findExtraOption, releaseErrors } from "./extraOptions";
import type { NovaOption } from "./optionTypes";
import { findOption, novaOptions, optionKey, releasesReading } from "./options";
import { RecipeSwitch } from "./recipe";
import { type Release, latest, newestRelease, oldestRelease } from "./releases";
import { Role, Vnc, checkVnc } from "./roles";
import { type OptionValue, encodeValue } from "./value";

/** Further options of the table, by `section/option`, such as `{ "spice/image_compression": "lz" }`. */
export type ExtraNovaOptions = Readonly<Record<string, OptionValue>>;

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
  /** The recipe's behaviour in the place of ours. Default: none. */
  readonly recipe?: readonly RecipeSwitch[];
  /** What the computes say, where the recipe has the controllers say the same. */
  readonly asOnComputes?: Pick<ComputeSettings, "vnc" | "agentEnabled" | "html5proxyBaseUrl" | "extraNovaOptions">;
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
  /** The recipe's behaviour in the place of ours. Default: none. */
  readonly recipe?: readonly RecipeSwitch[];
}

/** The settings that belong to each role. */
export interface RoleSettings {
  readonly [Role.Controller]: ControllerSettings;
  readonly [Role.Compute]: ComputeSettings;
}

/** One `key = value` line, the value already in oslo.config's syntax. */
export interface FragmentLine {
  readonly key: string;
  readonly value: string;
}

/** One section of nova.conf with the lines that belong in it. */
export interface FragmentSection {
  readonly name: string;
  readonly lines: readonly FragmentLine[];
}

/** An option that not every known release has, for a node whose release is not known yet. */
export interface OptionRange {
  /** `section/option`, by its present name. */
  readonly option: string;
  readonly first: Release;
  /** Undefined where the newest known release has it: it may well go on. */
  readonly last: Release | undefined;
}

/** An older name of an option and the releases that have only that name. */
export interface OptionName {
  /** `section/option`, by its present name. */
  readonly option: string;
  readonly first: Release;
  readonly last: Release;
  /** `section/option`, by its older name. */
  readonly olderName: string;
}

/** The part of nova.conf that a role declares: these keys and no others. */
export interface NovaFragment {
  readonly sections: readonly FragmentSection[];
  /** What the node needs to know to choose by its own release; empty where the release was asserted. */
  readonly ranges: readonly OptionRange[];
  /** Likewise. */
  readonly names: readonly OptionName[];
}

/**
 * The nova.conf lines of a role: only keys that the role's services read, in a stable order, under the names that the release has.
 *
 * Without a release the present names are used, and `ranges` and `names` say what the node has to mind.
 *
 * @param path put before the path of each validation error, such as `computes[0].`
 */
export function novaFragment<R extends Role>(
  role: R,
  settings: RoleSettings[R],
  release?: Release,
  path = "",
): Checked<NovaFragment> {
  const declared =
    role === Role.Controller
      ? controllerOptions(settings as ControllerSettings)
      : computeOptions(settings as ComputeSettings);
  const errors: ValidationError[] = "vnc" in settings ? [...checkVnc(settings.vnc, `${path}vnc`)] : [];
  const values = new Map<NovaOption, string>();
  const keep = (option: NovaOption, encoded: Checked<string>) => {
    errors.push(...encoded.errors);
    if (encoded.value !== undefined) {
      values.set(option, encoded.value);
    }
  };
  const spelt = spelling(settings.recipe ?? []);
  for (const { section, name, argument, value } of declared) {
    const option = findOption(section, name);
    if (option === undefined || value === undefined) {
      continue;
    }
    const at = `${path}${argument}`;
    // One argument can stand for many options, and is one validation error.
    errors.push(...releaseErrors(role, option, release, at).filter(() => !errors.some((error) => error.path === at)));
    const encoded = encodeValue(option, value, at);
    keep(option, encoded.value === undefined ? encoded : valid(spelt(option, encoded.value)));
  }
  for (const [key, value] of Object.entries(settings.extraNovaOptions ?? {})) {
    const at = `${path}extraNovaOptions["${shownKey(key)}"]`;
    const found = findExtraOption(role, key, release, at);
    errors.push(...found.errors);
    if (found.value !== undefined) {
      keep(found.value, encodeValue(found.value, value, at));
    }
  }
  return errors.length > 0 ? invalid(...errors) : valid(render(role, values, release));
}

/** An option that an argument sets; `value` is undefined where the key is not to be written. */
interface DeclaredOption {
  readonly section: string;
  readonly name: string;
  readonly argument: string;
  readonly value: OptionValue | undefined;
}

/** How the value of an option is spelt: the recipe writes `enabled=True`, and `agent_enabled=true`. oslo.config reads both. */
function spelling(recipe: readonly RecipeSwitch[]): (option: NovaOption, value: string) => string {
  const capital = recipe.includes(RecipeSwitch.CapitalBooleans);
  return ({ name }, value) =>
    capital && ["enabled", "vnc_enabled"].includes(name) ? (value === "true" ? "True" : "False") : value;
}

/** `[DEFAULT] web`, where the recipe's behaviour was asked for. */
function webOption({ recipe = [] }: ControllerSettings | ComputeSettings): DeclaredOption {
  const value = recipe.includes(RecipeSwitch.WebInNovaConf) ? "/usr/share/spice-html5" : undefined;
  return { section: "DEFAULT", name: "web", argument: "recipe", value };
}

/** What switches VNC and SPICE, with the URL that is handed out: the computes', and the controllers' where the recipe's behaviour was asked for. */
function switchOptions(
  settings: Pick<ComputeSettings, "vnc" | "agentEnabled" | "html5proxyBaseUrl" | "recipe">,
): readonly DeclaredOption[] {
  const { vnc, agentEnabled, html5proxyBaseUrl, recipe = [] } = settings;
  const enabled: Readonly<Record<Vnc, boolean | undefined>> = {
    [Vnc.Keep]: undefined,
    [Vnc.Alongside]: true,
    [Vnc.Off]: false,
  };
  const older = recipe.includes(RecipeSwitch.VncEnabledInDefault) ? enabled[vnc] : undefined;
  return [
    { section: "DEFAULT", name: "vnc_enabled", argument: "vnc", value: older },
    { section: "vnc", name: "enabled", argument: "vnc", value: enabled[vnc] },
    { section: "spice", name: "enabled", argument: "vnc", value: true },
    { section: "spice", name: "agent_enabled", argument: "agentEnabled", value: agentEnabled },
    { section: "spice", name: "html5proxy_base_url", argument: "html5proxyBaseUrl", value: html5proxyBaseUrl },
  ];
}

function controllerOptions(settings: ControllerSettings): readonly DeclaredOption[] {
  const { html5proxyHost, html5proxyPort, allowedOrigins, tls, enforceSessionTimeout, tokenTtl } = settings;
  const { recipe = [], asOnComputes } = settings;
  const keymap = asOnComputes?.extraNovaOptions?.["spice/keymap"];
  return [
    ...(asOnComputes === undefined ? [] : switchOptions({ ...asOnComputes, recipe })),
    { section: "spice", name: "keymap", argument: "extraNovaOptions", value: keymap },
    webOption(settings),
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
    webOption(settings),
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

/** The lines in the order of the option table, each in the section that the release has it in. */
function render(role: Role, values: ReadonlyMap<NovaOption, string>, release: Release | undefined): NovaFragment {
  const sections = new Map<string, FragmentLine[]>();
  const ranges: OptionRange[] = [];
  const names: OptionName[] = [];
  for (const option of novaOptions) {
    const value = values.get(option);
    if (value === undefined) {
      continue;
    }
    const older = option.olderName;
    const place = older !== undefined && release !== undefined && release <= older.onlyUntil ? older : option;
    const lines = sections.get(place.section) ?? [];
    sections.set(place.section, [...lines, { key: place.name, value }]);
    if (release === undefined) {
      ranges.push(...optionRange(role, option));
      names.push(...optionNames(role, option));
    }
  }
  return { sections: [...sections].map(([name, lines]) => ({ name, lines })), ranges, names };
}

/** The releases that have the option by its present name and read it in this role, unless that is all of them. */
function optionRange(role: Role, option: NovaOption): readonly OptionRange[] {
  const read = releasesReading(role, option);
  const first = latest(read?.first ?? oldestRelease, option.since);
  const last = read?.last ?? newestRelease;
  return first === oldestRelease && last === newestRelease
    ? []
    : [{ option: optionKey(option), first, last: last === newestRelease ? undefined : last }];
}

/** The releases that read the option in this role and have it by its older name only. */
function optionNames(role: Role, option: NovaOption): readonly OptionName[] {
  const first = releasesReading(role, option)?.first ?? oldestRelease;
  const older = option.olderName;
  return older === undefined || first > older.onlyUntil
    ? []
    : [{ option: optionKey(option), first, last: older.onlyUntil, olderName: optionKey(older) }];
}
