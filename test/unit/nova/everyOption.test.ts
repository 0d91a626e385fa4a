import { describe, expect, it } from "vitest";
import {
  CompressionPreset,
  ImageCompression,
  Release,
  Role,
  type RoleSettings,
  StreamingMode,
  TlsVersion,
  Vnc,
  WanCompression,
  extraOptionKeys,
  novaFragment,
  novaOptions,
  optionKey,
  releaseName,
  releases,
} from "../../../nova";
import { novaConfText } from "../../support/fragment";

/**
 * Every console option, in the order of nova.conf: what asks for it, its line, and the releases that have it in the role. Written by hand from Nova's own
 * option definitions, 13.0.0 to 34.0.0, and so a second opinion on the table in `nova/`.
 */
type Row = readonly [ask: string, section: string, line: string, first: number, last: number];

const controllerRows: readonly Row[] = [
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

const computeRows: readonly Row[] = [
  ["DEFAULT/concurrency_backend", "DEFAULT", "concurrency_backend = threading", 34, 34],
  ["DEFAULT/pointer_model", "DEFAULT", "pointer_model = ps2mouse", 14, 34],
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
const unsettable = [
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
const extraValues: Readonly<Record<Role, Readonly<Record<string, string | boolean>>>> = {
  [Role.Controller]: {
    "DEFAULT/source_is_ipv6": true,
    "DEFAULT/record": "/var/log/nova/consoles",
    "DEFAULT/concurrency_backend": "eventlet",
    "workarounds/enable_consoleauth": "true",
  },
  [Role.Compute]: {
    "DEFAULT/concurrency_backend": "threading",
    "DEFAULT/pointer_model": "ps2mouse",
    "libvirt/use_usb_tablet": "false",
    "vnc/server_listen": "198.51.100.21",
    "vnc/server_proxyclient_address": "198.51.100.21",
    "vnc/novncproxy_base_url": "http://192.0.2.11:6080/vnc_auto.html",
    "vnc/keymap": "de",
    "spice/keymap": "de",
  },
};

const least: RoleSettings = {
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
function settingsFor<R extends Role>(role: R, asked: readonly string[]): RoleSettings[R] {
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
          requireSecure: given("requireSecure", true),
          spiceDirectProxyBaseUrl: given("spiceDirectProxyBaseUrl", "https://kerbside.example.org:13002/nova"),
        };
  return { ...least[role], ...common, ...more };
}

/** A release by its number, as the table has it. */
const numbered = (release: number): Release => releases[release - 13] ?? Release.Mitaka;

/** The lines of rows, each section once, in the order of nova.conf. */
function textOf(rows: readonly Row[]): string {
  const sections = [...new Set(rows.map(([, section]) => section))];
  return sections
    .flatMap((name) => [`[${name}]`, ...rows.filter(([, section]) => section === name).map(([, , line]) => line)])
    .join("\n");
}

const roles = [
  { role: Role.Controller, rows: controllerRows },
  { role: Role.Compute, rows: computeRows },
] as const;

describe.each(roles)("every option of a $role", ({ role, rows }) => {
  it.each(releases.map((release) => [release, releaseName(release)] as const))("in release %d (%s)", (release) => {
    const number: number = release;
    const there = rows.filter(([, , , first, last]) => first <= number && number <= last);
    const { value, errors } = novaFragment(role, settingsFor(role, [...new Set(there.map(([ask]) => ask))]), release);
    expect(errors).toEqual([]);
    expect(novaConfText(value)).toBe(textOf(there));
  });

  const asks = [...new Set(rows.map(([ask]) => ask))].map((ask) => {
    const own = rows.filter(([name]) => name === ask);
    return [ask, Math.min(...own.map((row) => row[3])), Math.max(...own.map((row) => row[4]))] as const;
  });
  const pathOf = (ask: string) => (ask.includes("/") ? `extraNovaOptions["${ask}"]` : ask);

  it.each(asks.filter(([, first]) => first > 13))("refuses %s before %d, and says since when", (ask, first) => {
    const { value, errors } = novaFragment(role, settingsFor(role, [ask]), numbered(first - 1));
    expect([value, errors.map(({ path }) => path)]).toEqual([undefined, [pathOf(ask)]]);
    expect(errors[0]?.reason).toMatch(
      new RegExp(`came in ${first}\\.0\\.0 \\(.+\\)|is read on a ${role} from release ${first} \\(`),
    );
    expect(novaFragment(role, settingsFor(role, [ask]), numbered(first)).errors).toEqual([]);
  });

  it.each(asks.filter(([, , last]) => last < 34))(
    "refuses %s (since %d) after %d, and says until when",
    (ask, _, last) => {
      const { value, errors } = novaFragment(role, settingsFor(role, [ask]), numbered(last + 1));
      expect([value, errors.map(({ path }) => path)]).toEqual([undefined, [pathOf(ask)]]);
      expect(errors[0]?.reason).toMatch(new RegExp(`went in ${last + 1}\\.0\\.0 \\(.+\\)|to ${last} \\(.+\\) only`));
      expect(novaFragment(role, settingsFor(role, [ask]), numbered(last)).errors).toEqual([]);
    },
  );
});

describe("the table above", () => {
  it("has every option of the package's own, and no other", () => {
    const known = novaOptions.map(optionKey).filter((key) => !unsettable.includes(key));
    const olderNames = novaOptions.flatMap(({ olderName }) => (olderName === undefined ? [] : [optionKey(olderName)]));
    const tested = [...controllerRows, ...computeRows].map(
      ([, section, line]) => `${section}/${line.split(" = ")[0] ?? ""}`,
    );
    expect([...new Set(tested)].filter((key) => !olderNames.includes(key)).sort()).toEqual([...known].sort());
    expect(olderNames.filter((key) => !tested.includes(key))).toEqual([]);
  });

  it("has each option that extraNovaOptions takes", () => {
    for (const { role } of roles) {
      expect(Object.keys(extraValues[role]).sort()).toEqual([...extraOptionKeys(role)].sort());
    }
  });
});

describe("the preset for video", () => {
  const settings = { ...least[Role.Compute], compression: { preset: CompressionPreset.Video } };
  const linesOf = (compression: (typeof settings)["compression"] & { readonly image?: ImageCompression }) =>
    novaConfText(novaFragment(Role.Compute, { ...settings, compression }, Release.Antelope).value)
      .split("\n")
      .slice(-5);

  it("sets what the documents say, and what is given beside it wins", () => {
    expect(linesOf(settings.compression)).toEqual([
      "image_compression = auto_lz",
      "jpeg_compression = auto",
      "zlib_compression = never",
      "playback_compression = true",
      "streaming_mode = filter",
    ]);
    expect(linesOf({ ...settings.compression, image: ImageCompression.Quic })[0]).toBe("image_compression = quic");
  });

  it("is one validation error where the release does not have it", () => {
    expect(novaFragment(Role.Compute, settings, Release.Zed).errors).toEqual([
      {
        path: "compression.preset",
        reason: "[spice] image_compression came in 27.0.0 (2023.1 Antelope); release 26 does not have it. Take it out.",
      },
    ]);
  });
});
