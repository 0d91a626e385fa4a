import { type NovaOption, OptionType, type Reader, Service } from "./optionTypes";
import { Release, earliest, latest, newestRelease, oldestRelease } from "./releases";
import { Role } from "./roles";

/** The services of a role. */
export const servicesOf: Readonly<Record<Role, readonly Service[]>> = {
  [Role.Controller]: [Service.SpiceProxy, Service.VncProxy, Service.ConsoleAuth],
  [Role.Compute]: [Service.Compute],
};

const compute: readonly Reader[] = [{ service: Service.Compute }];
const spiceProxy: readonly Reader[] = [{ service: Service.SpiceProxy }];
/** Both proxies read the same key in the same file: a change for one is a change for the other. */
const bothProxies: readonly Reader[] = [{ service: Service.SpiceProxy }, { service: Service.VncProxy }];

const since = oldestRelease;
const compression = { type: OptionType.Choice, since: Release.Antelope, readBy: compute } as const;

/**
 * The console options of nova.conf, in the order in which they are rendered.
 *
 * Source: the option definitions in Nova's `nova/conf/{spice,vnc,novnc,console,consoleauth,compute}.py` at the tags 13.0.0 to 34.0.0.
 */
export const novaOptions: readonly NovaOption[] = [
  {
    section: "DEFAULT",
    name: "web",
    type: OptionType.Text,
    default: "/usr/share/spice-html5",
    since,
    readBy: bothProxies,
    refused: "both console proxies read it, and nova-novncproxy would then serve the SPICE pages",
  },
  {
    section: "DEFAULT",
    name: "cert",
    type: OptionType.Text,
    default: "self.pem",
    since,
    readBy: bothProxies,
    argument: "proxy.tls.certificate",
    note: "a relative path is relative to where the service was started",
  },
  { section: "DEFAULT", name: "key", type: OptionType.Text, since, readBy: bothProxies, argument: "proxy.tls.key" },
  {
    section: "DEFAULT",
    name: "ssl_only",
    type: OptionType.Boolean,
    default: "false",
    since,
    readBy: bothProxies,
    argument: "proxy.tls.only",
    note: "false with a certificate answers http and https on the one port; true without the file ends the proxy",
  },
  {
    section: "DEFAULT",
    name: "source_is_ipv6",
    type: OptionType.Boolean,
    default: "false",
    since,
    readBy: bothProxies,
  },
  {
    section: "DEFAULT",
    name: "daemon",
    type: OptionType.Boolean,
    default: "false",
    since,
    readBy: bothProxies,
    refused: "the service manager that starts the proxies waits for them in the foreground",
  },
  {
    section: "DEFAULT",
    name: "record",
    type: OptionType.Text,
    since: Release.Newton,
    readBy: bothProxies,
    note: "a boolean before 14.0.0, which did not work (https://launchpad.net/bugs/1559026)",
  },
  {
    section: "DEFAULT",
    name: "pointer_model",
    type: OptionType.Choice,
    choices: ["ps2mouse", "usbtablet"],
    default: "usbtablet",
    since: Release.Newton,
    readBy: compute,
    note: "applies where the SPICE agent is off; `[libvirt] use_usb_tablet` before 14.0.0",
  },
  {
    section: "DEFAULT",
    name: "transport_url",
    type: OptionType.Uri,
    since,
    readBy: [{ service: Service.SpiceProxy, since: Release.Rocky }],
    secret: true,
  },
  {
    section: "database",
    name: "connection",
    type: OptionType.Uri,
    since,
    readBy: [{ service: Service.SpiceProxy, since: Release.Rocky }],
    secret: true,
  },
  {
    section: "console",
    name: "allowed_origins",
    type: OptionType.List,
    default: "",
    since: Release.Ocata,
    readBy: bothProxies,
    olderName: { section: "DEFAULT", name: "console_allowed_origins", onlyUntil: Release.Newton },
    argument: "proxy.allowedOrigins",
    note: "host names, compared without port; before 34.0.0 the list grows while the proxy runs (OSSN-0101)",
  },
  {
    section: "console",
    name: "ssl_ciphers",
    type: OptionType.Text,
    since: Release.Ussuri,
    readBy: bothProxies,
    note: "https://launchpad.net/bugs/1842149",
  },
  {
    section: "console",
    name: "ssl_minimum_version",
    type: OptionType.Choice,
    choices: ["default", "tlsv1_1", "tlsv1_2", "tlsv1_3"],
    default: "default",
    since: Release.Ussuri,
    readBy: bothProxies,
    note: "https://launchpad.net/bugs/1842149",
  },
  {
    section: "consoleauth",
    name: "token_ttl",
    type: OptionType.Integer,
    min: 0,
    default: "600",
    since: Release.Ocata,
    // From Rocky on the compute stores the token itself; consoleauth was left for one more upgrade and went with Train.
    readBy: [
      { service: Service.Compute, since: Release.Rocky },
      { service: Service.ConsoleAuth, until: Release.Stein },
    ],
    olderName: { section: "DEFAULT", name: "console_token_ttl", onlyUntil: Release.Newton },
  },
  {
    section: "consoleauth",
    name: "enforce_session_timeout",
    type: OptionType.Boolean,
    default: "false",
    since: Release.Caracal,
    readBy: bothProxies,
    note: "closes each SPICE channel when its token expires",
  },
  {
    section: "vnc",
    name: "enabled",
    type: OptionType.Boolean,
    default: "true",
    since,
    readBy: compute,
    argument: "vnc",
    note: "`[DEFAULT] vnc_enabled` up to 2015.1, still read as an alias",
  },
  {
    section: "spice",
    name: "enabled",
    type: OptionType.Boolean,
    default: "false",
    since,
    readBy: compute,
    argument: "vnc",
  },
  {
    section: "spice",
    name: "agent_enabled",
    type: OptionType.Boolean,
    default: "true",
    since,
    readBy: compute,
    argument: "agentEnabled",
    note: "the channel is of the right type from 14.0.5, 15.0.1 and 16.0.0 on (https://launchpad.net/bugs/1634495)",
  },
  {
    section: "spice",
    name: "html5proxy_base_url",
    type: OptionType.Uri,
    default: "http://127.0.0.1:6082/spice_auto.html",
    since,
    readBy: compute,
    argument: "proxy.baseUrl",
    note: "any text before 15.0.0; kept in a database column of 255 characters from 18.0.0 on",
  },
  {
    section: "spice",
    name: "html5proxy_host",
    type: OptionType.Host,
    default: "0.0.0.0",
    since,
    readBy: spiceProxy,
    argument: "proxy.listenAddress",
    note: "any text before 16.0.0",
  },
  {
    section: "spice",
    name: "html5proxy_port",
    type: OptionType.Port,
    default: "6082",
    since,
    readBy: spiceProxy,
    argument: "proxy.port",
    note: "any whole number before 14.0.0",
  },
  {
    section: "spice",
    name: "server_listen",
    type: OptionType.Text,
    default: "127.0.0.1",
    since,
    readBy: compute,
    argument: "serverListen",
  },
  {
    section: "spice",
    name: "server_proxyclient_address",
    type: OptionType.Text,
    default: "127.0.0.1",
    since,
    readBy: compute,
    argument: "serverProxyclientAddress",
  },
  {
    section: "spice",
    name: "keymap",
    type: OptionType.Text,
    since,
    until: Release.Ussuri,
    readBy: compute,
    note: "en-us by default before 18.0.0, deprecated in 18.0.0, gone in 22.0.0; spoils other keyboards (https://launchpad.net/bugs/1682020)",
  },
  {
    section: "spice",
    name: "image_compression",
    ...compression,
    choices: ["auto_glz", "auto_lz", "quic", "glz", "lz", "off"],
    note: "the HTML5 client does not decode glz",
  },
  { section: "spice", name: "jpeg_compression", ...compression, choices: ["auto", "never", "always"] },
  { section: "spice", name: "zlib_compression", ...compression, choices: ["auto", "never", "always"] },
  {
    section: "spice",
    name: "playback_compression",
    type: OptionType.Boolean,
    since: Release.Antelope,
    readBy: compute,
  },
  { section: "spice", name: "streaming_mode", ...compression, choices: ["filter", "all", "off"] },
  {
    section: "spice",
    name: "require_secure",
    type: OptionType.Boolean,
    default: "false",
    since: Release.Dalmatian,
    readBy: compute,
    refused: "nova-spicehtml5proxy speaks plain SPICE to the guest, so HTML5 consoles would stop",
  },
  {
    section: "spice",
    name: "spice_direct_proxy_base_url",
    type: OptionType.Uri,
    default: "http://127.0.0.1:13002/nova",
    since: Release.Epoxy,
    readBy: compute,
    note: "for native clients by compute API microversion 2.99",
  },
];

/** `section/option`, the way this package writes an option's name. */
export function optionKey(option: { readonly section: string; readonly name: string }): string {
  return `${option.section}/${option.name}`;
}

/** The option of this section and name, by its present name. */
export function findOption(section: string, name: string): NovaOption | undefined {
  return novaOptions.find((option) => option.section === section && option.name === name);
}

/** The releases in which some service of a role reads an option, under whichever name; undefined where none does. */
export function releasesReading(
  role: Role,
  option: NovaOption,
): { readonly first: Release; readonly last: Release } | undefined {
  const readers = option.readBy.filter(({ service }) => servicesOf[role].includes(service));
  if (readers.length === 0) {
    return undefined;
  }
  const exists = option.olderName === undefined ? option.since : oldestRelease;
  return {
    first: latest(exists, earliest(...readers.map((reader) => reader.since ?? oldestRelease))),
    last: earliest(option.until ?? newestRelease, latest(...readers.map((reader) => reader.until ?? newestRelease))),
  };
}
