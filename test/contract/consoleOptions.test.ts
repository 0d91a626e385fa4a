import { describe, expect, it } from "vitest";
import {
  CompressionPreset,
  ImageCompression,
  Release,
  SpiceConsole,
  type SpiceConsoleArgs,
  TlsVersion,
} from "../../components";
import { cloud } from "./support/cloud";
import { run } from "./support/recorder";

/** The typed arguments of console options, from a cloud's arguments to each role's document. */

/** The documents of the controller and of the compute, without what every cloud has; or what is wrong. */
async function documents(args: Partial<SpiceConsoleArgs>) {
  const { resources, error } = await run(() => new SpiceConsole("cloud", { ...cloud, ...args }));
  const linesOf = (node: string) => {
    const document = resources.find(({ name }) => name === `cloud-${node}-converge`)?.inputs["stdin"];
    const usual =
      /^(id|controller|compute|owner|firewall|allow-from|console-ports|release|html5proxy_\w+|server_\w+|agent_enabled|enabled) = /;
    return String(document)
      .split("\n")
      .filter((line) => line !== "" && !usual.test(line));
  };
  return error === undefined ? { controller: linesOf("control-1"), compute: linesOf("compute-1") } : error.split("\n");
}

const tls = { certificate: "/etc/nova/console.pem" };
const secure = { ...cloud.proxy, baseUrl: "https://console.example.org:6082/spice_auto.html" };

describe("a cloud's console options", () => {
  it("are none by default", async () => {
    expect(await documents({})).toEqual({ controller: ["[spice]"], compute: ["[vnc]", "[spice]"] });
    expect(await documents({ compression: {} })).toEqual(await documents({}));
  });

  it("stand in the documents of the role that reads them, with the releases that have them where none is asserted", async () => {
    const proxy = {
      ...secure,
      enforceSessionTimeout: true,
      tls: { ...tls, ciphers: "HIGH", minimumVersion: TlsVersion.Tls13 },
    };
    const options = {
      ...{ proxy, tokenTtl: 1800, compression: { image: ImageCompression.Lz, playback: false } },
      ...{ requireSecure: true, nativeClientsOnly: true },
      spiceDirectProxyBaseUrl: "https://kerbside.example.org:13002/nova",
    };
    const host = "tls-host = console.example.org";
    const controller = [
      ...["[DEFAULT]", "cert = /etc/nova/console.pem", "[console]", "ssl_ciphers = HIGH"],
      ...["ssl_minimum_version = tlsv1_3", "[consoleauth]", "enforce_session_timeout = true", "[spice]"],
    ];
    const compute = [
      ...["[consoleauth]", "token_ttl = 1800", "[vnc]", "[spice]", "image_compression = lz"],
      ...["playback_compression = false", "require_secure = true"],
      "spice_direct_proxy_base_url = https://kerbside.example.org:13002/nova",
    ];
    expect(await documents({ ...options, release: Release.Epoxy })).toEqual({
      controller: [host, ...controller],
      compute,
    });
    expect(await documents(options)).toEqual({
      controller: [
        host,
        "option-range = console/ssl_ciphers 21 -",
        "option-range = console/ssl_minimum_version 21 -",
        "option-range = consoleauth/enforce_session_timeout 29 -",
        ...controller,
      ],
      compute: [
        "option-range = consoleauth/token_ttl 18 -",
        "option-range = spice/image_compression 27 -",
        "option-range = spice/playback_compression 27 -",
        "option-range = spice/require_secure 30 -",
        "option-range = spice/spice_direct_proxy_base_url 31 -",
        ...compute,
      ],
    });
  });

  it.each([
    [Release.Newton, ["[DEFAULT]", "console_token_ttl = 900", "[spice]"], ["[vnc]", "[spice]"]],
    [Release.Queens, ["[consoleauth]", "token_ttl = 900", "[spice]"], ["[vnc]", "[spice]"]],
    [
      Release.Stein,
      ["[consoleauth]", "token_ttl = 900", "[spice]"],
      ["[consoleauth]", "token_ttl = 900", "[vnc]", "[spice]"],
    ],
    [Release.Train, ["[spice]"], ["[consoleauth]", "token_ttl = 900", "[vnc]", "[spice]"]],
  ])("give the tokens' lifetime to whom reads it in release %d", async (release, controller, compute) => {
    expect(await documents({ tokenTtl: 900, release })).toEqual({ controller, compute });
  });

  it("are refused together, by their paths, where the release does not have them or they contradict each other", async () => {
    const proxy = {
      ...secure,
      enforceSessionTimeout: true,
      tls: { ...tls, ciphers: "HIGH", minimumVersion: TlsVersion.Tls12 },
    };
    const told = await documents({
      ...{ proxy, release: Release.Stein, tokenTtl: -1, compression: { preset: CompressionPreset.Video } },
      ...{ requireSecure: true, spiceDirectProxyBaseUrl: "https://localhost:13002/nova" },
    });
    expect(Array.isArray(told) ? told.map((line) => line.replace(/^( {2}[^:]+): (.{24}).*/, "$1: $2")) : told).toEqual([
      'SpiceConsole "cloud": 8 arguments are wrong, and nothing was changed on any node.',
      "  proxy.tls.ciphers: [console] ssl_ciphers ca",
      "  proxy.tls.minimumVersion: [console] ssl_minimum_ve",
      "  tokenTtl: -1 is no value for [cons",
      "  proxy.enforceSessionTimeout: [consoleauth] enforce_se",
      "  requireSecure: It is true, and the gues",
      '  spiceDirectProxyBaseUrl: "https://localhost:13002',
      "  compression.preset: [spice] image_compressio",
      "  requireSecure: [spice] require_secure c",
    ]);
  });
});
