import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ComputeSettings,
  type ControllerSettings,
  Release,
  Role,
  StreamingMode,
  TlsVersion,
  Vnc,
  findOption,
  novaFragment,
  releases,
  releasesReading,
} from "../../../nova";
import { novaConfText } from "../../support/fragment";
import { parseIni, printableText, readText } from "../../support/osloConfig";

const controller: ControllerSettings = {
  html5proxyHost: "0.0.0.0",
  html5proxyPort: 6082,
  allowedOrigins: ["dashboard.example.org", "192.0.2.80"],
  tls: { certificate: "/etc/nova/console.pem", key: "/etc/nova/console.key", only: true },
};

const compute: ComputeSettings = {
  vnc: Vnc.Alongside,
  agentEnabled: false,
  html5proxyBaseUrl: "http://console.example.org:6082/spice_auto.html",
  serverListen: "198.51.100.21",
  serverProxyclientAddress: "198.51.100.21",
};

const controllerText = `[DEFAULT]
cert = /etc/nova/console.pem
key = /etc/nova/console.key
ssl_only = true
[console]
allowed_origins = dashboard.example.org,192.0.2.80
[spice]
html5proxy_host = 0.0.0.0
html5proxy_port = 6082`;

/** Before Ocata the origins are in [DEFAULT]. */
const oldControllerText = `[DEFAULT]
cert = /etc/nova/console.pem
key = /etc/nova/console.key
ssl_only = true
console_allowed_origins = dashboard.example.org,192.0.2.80
[spice]
html5proxy_host = 0.0.0.0
html5proxy_port = 6082`;

const computeText = `[vnc]
enabled = true
[spice]
enabled = true
agent_enabled = false
html5proxy_base_url = http://console.example.org:6082/spice_auto.html
server_listen = 198.51.100.21
server_proxyclient_address = 198.51.100.21`;

describe.each(releases.map((release) => [release, Release[release]] as const))("release %d (%s)", (release) => {
  it("has a controller's lines under the names it knows", () => {
    const { value } = novaFragment(Role.Controller, controller, release);
    expect(novaConfText(value)).toBe(release <= Release.Newton ? oldControllerText : controllerText);
    expect([value?.optionReleases, value?.optionNames]).toEqual([undefined, undefined]);
  });

  it("has a compute's lines", () => {
    const { value } = novaFragment(Role.Compute, compute, release);
    expect(novaConfText(value)).toBe(computeText);
    expect([value?.optionReleases, value?.optionNames]).toEqual([undefined, undefined]);
  });

  it("has no line that it or the role does not know", () => {
    for (const role of [Role.Controller, Role.Compute] as const) {
      const fragment =
        role === Role.Controller
          ? novaFragment(role, controller, release).value
          : novaFragment(role, compute, release).value;
      for (const [section, options] of Object.entries(fragment?.["nova.conf"] ?? {})) {
        for (const key of Object.keys(options).filter((name) => name !== "console_allowed_origins")) {
          const option = findOption(section, key);
          expect(option, `[${section}] ${key}`).toBeDefined();
          const read = option === undefined ? undefined : releasesReading(role, option);
          expect(option?.since, key).toBeLessThanOrEqual(release);
          expect(read?.first, key).toBeLessThanOrEqual(release);
          expect(read?.last, key).toBeGreaterThanOrEqual(release);
        }
      }
    }
  });
});

describe("without a release", () => {
  it("a controller's lines have the present names, and the node learns the older ones", () => {
    const { value, errors } = novaFragment(Role.Controller, {
      ...controller,
      tls: {
        certificate: "/etc/nova/console.pem",
        key: "/etc/nova/console.key",
        only: true,
        minimumVersion: TlsVersion.Tls12,
      },
      tokenTtl: 1800,
    });
    expect(errors).toEqual([]);
    expect(novaConfText(value)).toBe(
      controllerText.replace("[spice]", "ssl_minimum_version = tlsv1_2\n[consoleauth]\ntoken_ttl = 1800\n[spice]"),
    );
    expect(value?.optionReleases).toEqual({
      "console/allowed_origins": { first: Release.Ocata },
      "console/ssl_minimum_version": { first: Release.Ussuri },
      "consoleauth/token_ttl": { first: Release.Ocata, last: Release.Stein },
    });
    expect(value?.optionNames).toEqual({
      "console/allowed_origins": {
        "DEFAULT/console_allowed_origins": { first: Release.Mitaka, last: Release.Newton },
      },
      "consoleauth/token_ttl": { "DEFAULT/console_token_ttl": { first: Release.Mitaka, last: Release.Newton } },
    });
  });

  it("a compute's lines are the same in every release, but for extra options", () => {
    const plain = novaFragment(Role.Compute, compute).value;
    expect(novaConfText(plain)).toBe(computeText);
    expect([plain?.optionReleases, plain?.optionNames]).toEqual([undefined, undefined]);
    const more = { tokenTtl: 1800, compression: { streamingMode: StreamingMode.Off } };
    const { value } = novaFragment(Role.Compute, { ...compute, ...more, extraNovaOptions: { "spice/keymap": "de" } });
    // A compute reads the token's lifetime from Rocky on, when it had its present name.
    expect([value?.optionReleases, value?.optionNames]).toEqual([
      {
        "consoleauth/token_ttl": { first: Release.Rocky },
        "spice/keymap": { first: Release.Mitaka, last: Release.Ussuri },
        "spice/streaming_mode": { first: Release.Antelope },
      },
      undefined,
    ]);
  });
});

describe("novaFragment", () => {
  it("leaves out what is not given", () => {
    const { value } = novaFragment(Role.Controller, { html5proxyHost: "192.0.2.11", html5proxyPort: 6083 });
    expect(novaConfText(value)).toBe("[spice]\nhtml5proxy_host = 192.0.2.11\nhtml5proxy_port = 6083");
  });

  it.each([
    [Vnc.Keep, undefined],
    [Vnc.Alongside, { enabled: "true" }],
    [Vnc.Off, { enabled: "false" }],
  ])("vnc %s: [vnc] holds %j", (vnc, options) => {
    const { value } = novaFragment(Role.Compute, { ...compute, vnc });
    expect(value?.["nova.conf"]["vnc"]).toEqual(options);
  });

  it("refuses a word for vnc that is none, rather than switch VNC off", () => {
    const fromConfiguration = JSON.parse('{ "vnc": "Off" }') as Pick<ComputeSettings, "vnc">;
    expect(novaFragment(Role.Compute, { ...compute, ...fromConfiguration }, undefined, "computes[0].")).toEqual({
      value: undefined,
      errors: [{ path: "computes[0].vnc", reason: '"Off" is no way to treat VNC. Give one of keep, alongside, off.' }],
    });
  });

  it("puts extra options where the table has them, under the release's name", () => {
    const { value } = novaFragment(
      Role.Controller,
      {
        html5proxyHost: "::",
        html5proxyPort: 6082,
        tokenTtl: 1800,
        extraNovaOptions: { "DEFAULT/source_is_ipv6": true },
      },
      Release.Newton,
    );
    expect(novaConfText(value)).toBe(
      "[DEFAULT]\nsource_is_ipv6 = true\nconsole_token_ttl = 1800\n[spice]\nhtml5proxy_host = ::\nhtml5proxy_port = 6082",
    );
  });

  it("collects the validation errors of every value, with its path", () => {
    const { value, errors } = novaFragment(
      Role.Compute,
      {
        ...compute,
        serverListen: "a\nb",
        html5proxyBaseUrl: "console",
        extraNovaOptions: { "DEFAULT/concurrency_backend": "sometimes", "spice/kaymap": "de" },
      },
      undefined,
      "computes[1].",
    );
    expect(value).toBeUndefined();
    expect(errors.map(({ path }) => path)).toEqual([
      "computes[1].html5proxyBaseUrl",
      "computes[1].serverListen",
      'computes[1].extraNovaOptions["DEFAULT/concurrency_backend"]',
      'computes[1].extraNovaOptions["spice/kaymap"]',
    ]);
  });

  it("reads back from nova.conf as it was given, whatever printable text the values are", () => {
    fc.assert(
      fc.property(printableText, printableText, fc.constantFrom(...releases), (cert, ciphers, release) => {
        const tls = { certificate: cert, ...(release >= Release.Ussuri ? { ciphers } : {}) };
        const { value } = novaFragment(Role.Controller, { ...controller, tls }, release);
        const file = `${novaConfText(value)}\n`;
        expect(readText(file, "DEFAULT", "cert")).toBe(cert);
        expect(readText(file, "console", "ssl_ciphers")).toBe(release >= Release.Ussuri ? ciphers : undefined);
        expect(readText(file, "spice", "html5proxy_port")).toBe("6082");
        expect([...parseIni(file).keys()]).toEqual(Object.keys(value?.["nova.conf"] ?? {}));
      }),
    );
  });

  it("is the same for the same settings, in whatever order extra options are given", () => {
    const entries = Object.entries({
      "vnc/keymap": "de",
      "spice/keymap": "de",
      "DEFAULT/concurrency_backend": "ps2mouse",
      "vnc/server_listen": "198.51.100.21",
    });
    const whole = novaFragment(Role.Compute, { ...compute, extraNovaOptions: Object.fromEntries(entries) });
    fc.assert(
      fc.property(fc.shuffledSubarray(entries, { minLength: 4 }), (shuffled) => {
        const extraNovaOptions = Object.fromEntries(shuffled);
        expect(novaFragment(Role.Compute, { ...compute, extraNovaOptions })).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });
});
