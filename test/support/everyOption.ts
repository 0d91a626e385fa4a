import { ImageCompression, Role, type RoleSettings, StreamingMode, TlsVersion, Vnc, WanCompression } from "../../nova";

/**
 * Every console option, in the order of nova.conf: what asks for it, its line, and the releases that have it in the role. Written by hand from Nova's own
 * option definitions, 13.0.0 to 34.0.0, and so a second opinion on the table in `nova/`.
 */
export type Row = readonly [ask: string, section: string, line: string, first: number, last: number];

export const controllerRows: readonly Row[] = [
  ["proxy.tls.certificate", "DEFAULT", "cert = /etc/nova/console.pem", 13, 34],
  ["proxy.tls.key", "DEFAULT", "key = /etc/nova/console.key", 13, 34],
  ["proxy.tls.only", "DEFAULT", "ssl_only = true", 13, 34],
  ["DEFAULT/source_is_ipv6", "DEFAULT", "source_is_ipv6 = true", 13, 34],
  ["DEFAULT/record", "DEFAULT", "record = /var/log/nova/consoles", 14, 34],
  ["DEFAULT/concurrency_backend", "DEFAULT", "concurrency_backend = eventlet", 34, 34],
  ["proxy.allowedOrigins", "DEFAULT", "console_allowed_origins = dashboard.example.org,192.0.2.80", 13, 14],
  ["proxy.allowedOrigins", "console", "allowed_origins = dashboard.example.org,192.0.2.80", 15, 34],
  ["proxy.tls.ciphers", "console", "ssl_ciphers = ECDHE+AESGCM", 21, 34],
  ["proxy.tls.minimumVersion", "console", "ssl_minimum_version = tlsv1_2", 21, 34],
  ["tokenTtl", "DEFAULT", "console_token_ttl = 1800", 13, 14],
  ["tokenTtl", "consoleauth", "token_ttl = 1800", 15, 19],
  ["proxy.enforceSessionTimeout", "consoleauth", "enforce_session_timeout = true", 29, 34],
  ["workarounds/enable_consoleauth", "workarounds", "enable_consoleauth = true", 18, 19],
  ["proxy.listenAddress", "spice", "html5proxy_host = 0.0.0.0", 13, 34],
  ["proxy.port", "spice", "html5proxy_port = 6082", 13, 34],
];

export const computeRows: readonly Row[] = [
  ["DEFAULT/concurrency_backend", "DEFAULT", "concurrency_backend = threading", 34, 34],
  ["pointerModel", "DEFAULT", "pointer_model = ps2mouse", 14, 34],
  ["tokenTtl", "consoleauth", "token_ttl = 1800", 18, 34],
  ["libvirt/use_usb_tablet", "libvirt", "use_usb_tablet = false", 13, 22],
  ["vnc", "vnc", "enabled = false", 13, 34],
  ["vnc/server_listen", "vnc", "vncserver_listen = 198.51.100.21", 13, 16],
  ["vnc/server_listen", "vnc", "server_listen = 198.51.100.21", 17, 34],
  ["vnc/server_proxyclient_address", "vnc", "vncserver_proxyclient_address = 198.51.100.21", 13, 16],
  ["vnc/server_proxyclient_address", "vnc", "server_proxyclient_address = 198.51.100.21", 17, 34],
  ["vnc/novncproxy_base_url", "vnc", "novncproxy_base_url = http://192.0.2.11:6080/vnc_auto.html", 13, 34],
  ["vnc/keymap", "vnc", "keymap = de", 13, 21],
  ["vnc", "spice", "enabled = true", 13, 34],
  ["agentEnabled", "spice", "agent_enabled = false", 13, 34],
  ["html5proxyBaseUrl", "spice", "html5proxy_base_url = http://console.example.org:6082/spice_auto.html", 13, 34],
  ["serverListen", "spice", "server_listen = 198.51.100.21", 13, 34],
  ["serverProxyclientAddress", "spice", "server_proxyclient_address = 198.51.100.21", 13, 34],
  ["spice/keymap", "spice", "keymap = de", 13, 21],
  ["compression.image", "spice", "image_compression = auto_lz", 27, 34],
  ["compression.jpeg", "spice", "jpeg_compression = always", 27, 34],
  ["compression.zlib", "spice", "zlib_compression = never", 27, 34],
  ["compression.playback", "spice", "playback_compression = true", 27, 34],
  ["compression.streamingMode", "spice", "streaming_mode = filter", 27, 34],
  ["requireSecure", "spice", "require_secure = true", 30, 34],
  ["spiceDirectProxyBaseUrl", "spice", "spice_direct_proxy_base_url = https://kerbside.example.org:13002/nova", 31, 34],
];

/** Options that neither an argument of their own nor `extraNovaOptions` sets; the first two are the recipe's, by its switches. */
export const unsettable = [
  "DEFAULT/web",
  "DEFAULT/vnc_enabled",
  "DEFAULT/daemon",
  "DEFAULT/transport_url",
  "database/connection",
  "vnc/novncproxy_host",
  "vnc/novncproxy_port",
  "vnc/auth_schemes",
  "vnc/vencrypt_client_key",
  "vnc/vencrypt_client_cert",
  "vnc/vencrypt_ca_certs",
];

/** The values that `extraNovaOptions` gets, by role. */
export const extraValues: Readonly<Record<Role, Readonly<Record<string, string | boolean>>>> = {
  [Role.Controller]: {
    "DEFAULT/source_is_ipv6": true,
    "DEFAULT/record": "/var/log/nova/consoles",
    "DEFAULT/concurrency_backend": "eventlet",
    "workarounds/enable_consoleauth": "true",
  },
  [Role.Compute]: {
    "DEFAULT/concurrency_backend": "threading",
    "libvirt/use_usb_tablet": "false",
    "vnc/server_listen": "198.51.100.21",
    "vnc/server_proxyclient_address": "198.51.100.21",
    "vnc/novncproxy_base_url": "http://192.0.2.11:6080/vnc_auto.html",
    "vnc/keymap": "de",
    "spice/keymap": "de",
  },
};

export const least: RoleSettings = {
  [Role.Controller]: { html5proxyHost: "0.0.0.0", html5proxyPort: 6082 },
  [Role.Compute]: {
    vnc: Vnc.Off,
    agentEnabled: false,
    html5proxyBaseUrl: "http://console.example.org:6082/spice_auto.html",
    serverListen: "198.51.100.21",
    serverProxyclientAddress: "198.51.100.21",
  },
};

/** The settings of a role that ask for these options and no others. */
export function settingsFor<R extends Role>(role: R, asked: readonly string[]): RoleSettings[R] {
  const given = <T>(argument: string, value: T) => (asked.includes(argument) ? value : undefined);
  const extraNovaOptions = Object.fromEntries(Object.entries(extraValues[role]).filter(([key]) => asked.includes(key)));
  const common = { extraNovaOptions, tokenTtl: given("tokenTtl", 1800) };
  const more =
    role === Role.Controller
      ? {
          allowedOrigins: given("proxy.allowedOrigins", ["dashboard.example.org", "192.0.2.80"]),
          enforceSessionTimeout: given("proxy.enforceSessionTimeout", true),
          tls: {
            certificate: given("proxy.tls.certificate", "/etc/nova/console.pem"),
            key: given("proxy.tls.key", "/etc/nova/console.key"),
            only: given("proxy.tls.only", true),
            ciphers: given("proxy.tls.ciphers", "ECDHE+AESGCM"),
            minimumVersion: given("proxy.tls.minimumVersion", TlsVersion.Tls12),
          },
        }
      : {
          compression: {
            image: given("compression.image", ImageCompression.AutoLz),
            jpeg: given("compression.jpeg", WanCompression.Always),
            zlib: given("compression.zlib", WanCompression.Never),
            playback: given("compression.playback", true),
            streamingMode: given("compression.streamingMode", StreamingMode.Filter),
          },
          pointerModel: given("pointerModel", "ps2mouse" as const),
          requireSecure: given("requireSecure", true),
          spiceDirectProxyBaseUrl: given("spiceDirectProxyBaseUrl", "https://kerbside.example.org:13002/nova"),
        };
  return { ...least[role], ...common, ...more };
}
