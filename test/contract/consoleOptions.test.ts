import { describe, expect, it } from "vitest";
import {
  CompressionPreset,
  ImageCompression,
  Release,
  SpiceConsole,
  type SpiceConsoleArgs,
  TlsVersion,
} from "../../components";
import { newestRelease, optionKey, OptionType, plainOptions } from "../../nova";
import { readConfig } from "../../program/config";
import { cloud } from "./support/cloud";
import { run } from "./support/recorder";
import { stateOf } from "./support/states";

/** The typed arguments of console options, from a cloud's arguments to each role's desired state. */

/** The desired states of the controller and of the compute, without what every cloud has; or what is wrong. */
async function states(args: Partial<SpiceConsoleArgs>) {
  const { resources, error } = await run(() => new SpiceConsole("cloud", { ...cloud, ...args }));
  if (error !== undefined) {
    return error.split("\n");
  }
  const of = (node: string) => {
    const state = stateOf(resources.find(({ name }) => name === `cloud-${node}-converge`));
    const {
      "nova.conf": conf = {},
      id: _id,
      role: _role,
      node: _node,
      owner: _owner,
      release: _release,
      ...rest
    } = state;
    const { firewall: _firewall, consolePorts: _ports, ...more } = rest;
    const options = Object.entries(conf).flatMap(([section, all]) =>
      Object.entries(all).map(([option, value]) => [`${section}/${option}`, value] as const),
    );
    const usual = /\/(html5proxy_\w+|server_\w+|agent_enabled|enabled)$/;
    return { ...more, ...Object.fromEntries(options.filter(([option]) => !usual.test(option))) };
  };
  return { controller: of("control-1"), compute: of("compute-1") };
}

const tls = { certificate: "/etc/nova/console.pem" };
const secure = { ...cloud.proxy, baseUrl: "https://console.example.org:6082/spice_auto.html" };

describe("a cloud's console options", () => {
  it("are none by default", async () => {
    expect(await states({})).toEqual({ controller: {}, compute: {} });
    expect(await states({ compression: {} })).toEqual(await states({}));
  });

  it("stand in the desired states of the role that reads them, with the releases that have them where none is asserted", async () => {
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
    const controller = {
      tls: { host: "console.example.org" },
      "DEFAULT/cert": "/etc/nova/console.pem",
      "console/ssl_ciphers": "HIGH",
      "console/ssl_minimum_version": "tlsv1_3",
      "consoleauth/enforce_session_timeout": "true",
    };
    const compute = {
      "consoleauth/token_ttl": "1800",
      "spice/image_compression": "lz",
      "spice/playback_compression": "false",
      "spice/require_secure": "true",
      "spice/spice_direct_proxy_base_url": "https://kerbside.example.org:13002/nova",
    };
    expect(await states({ ...options, release: Release.Epoxy })).toEqual({ controller, compute });
    expect(await states(options)).toEqual({
      controller: {
        optionReleases: {
          "console/ssl_ciphers": { first: 21 },
          "console/ssl_minimum_version": { first: 21 },
          "consoleauth/enforce_session_timeout": { first: 29 },
        },
        ...controller,
      },
      compute: {
        optionReleases: {
          "consoleauth/token_ttl": { first: 18 },
          "spice/image_compression": { first: 27 },
          "spice/playback_compression": { first: 27 },
          "spice/require_secure": { first: 30 },
          "spice/spice_direct_proxy_base_url": { first: 31 },
        },
        ...compute,
      },
    });
  });

  // Of the others that are set as they are given the cloud makes something, or a compute has its own.
  const made = ["agentEnabled", "serverListen", "serverProxyclientAddress"];
  const asGiven = plainOptions.filter(({ argument }) => !made.includes(argument));
  it.each(asGiven)("reach every compute as they are given: $argument", async (option) => {
    const values = {
      [OptionType.Boolean]: "true",
      [OptionType.Integer]: "77",
      [OptionType.Choice]: option.choices?.[0],
    };
    const value = { [OptionType.Uri]: "https://kerbside.example.org:13002/nova", ...values }[option.type as string];
    const { proxy, controllers, computes } = cloud;
    const keys = { proxy, controllers, computes, nativeClientsOnly: "true", [option.argument]: value };
    const config: Record<string, string> = {};
    for (const [key, part] of Object.entries(keys)) {
      config[`openstack-spice:${key}`] = typeof part === "string" ? part : JSON.stringify(part);
    }
    const { result, error } = await run(readConfig, { config });
    expect(error).toBeUndefined();
    expect(await states({ ...result, release: newestRelease })).toEqual({
      controller: {},
      compute: { [optionKey(option)]: value },
    });
  });

  const [olderName, present] = [{ "DEFAULT/console_token_ttl": "900" }, { "consoleauth/token_ttl": "900" }];
  it.each([
    [Release.Newton, olderName, {}],
    [Release.Queens, present, {}],
    [Release.Stein, present, present],
    [Release.Train, {}, present],
  ])("give the tokens' lifetime to whom reads it in release %d", async (release, controller, compute) => {
    expect(await states({ tokenTtl: 900, release })).toEqual({ controller, compute });
  });

  it("are refused together, by their paths, where the release does not have them or they contradict each other", async () => {
    const proxy = {
      ...secure,
      enforceSessionTimeout: true,
      tls: { ...tls, ciphers: "HIGH", minimumVersion: TlsVersion.Tls12 },
    };
    const reported = await states({
      ...{ proxy, release: Release.Stein, tokenTtl: -1, compression: { preset: CompressionPreset.Video } },
      ...{ requireSecure: true, spiceDirectProxyBaseUrl: "https://localhost:13002/nova" },
    });
    expect(
      Array.isArray(reported) ? reported.map((line) => line.replace(/^( {2}[^:]+): (.{24}).*/, "$1: $2")) : reported,
    ).toEqual([
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
