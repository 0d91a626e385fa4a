import { describe, expect, it } from "vitest";
import { Release, Role, extraOptionKeys, findExtraOption, novaOptions, optionKey, releases } from "../../../nova";

const refusal = (role: Role, key: string, release?: Release) =>
  findExtraOption(role, key, release, "at").faults.map(({ reason }) => reason);

describe("findExtraOption", () => {
  it("finds every option it offers", () => {
    for (const role of [Role.Controller, Role.Compute]) {
      for (const key of extraOptionKeys(role)) {
        const { value } = findExtraOption(role, key, undefined, "at");
        expect(value === undefined ? undefined : optionKey(value)).toBe(key);
      }
    }
  });

  it("refuses every option it does not offer", () => {
    for (const role of [Role.Controller, Role.Compute]) {
      const offered = extraOptionKeys(role);
      for (const key of novaOptions.map(optionKey).filter((option) => !offered.includes(option))) {
        expect(refusal(role, key).length, key).toBe(1);
      }
    }
  });

  it.each([
    "spice/image_compresion",
    "image_compression",
    "spice/image_compression/x",
    "",
    "SPICE/image_compression",
    "/",
  ])("refuses what it does not know, and lists what it does: %j", (key) => {
    expect(refusal(Role.Compute, key)).toEqual([
      `${JSON.stringify(key)} is no console option this package knows. Write section/option, one of: DEFAULT/pointer_model, ` +
        "consoleauth/token_ttl, spice/keymap, spice/image_compression, spice/jpeg_compression, spice/zlib_compression, " +
        "spice/playback_compression, spice/streaming_mode, spice/spice_direct_proxy_base_url.",
    ]);
  });

  it.each([
    [Role.Compute, "vnc/enabled", "[vnc] enabled is set by the argument vnc. Use that."],
    [Role.Compute, "spice/server_listen", "[spice] server_listen is set by the argument serverListen. Use that."],
    [Role.Controller, "DEFAULT/cert", "[DEFAULT] cert is set by the argument proxy.tls.certificate. Use that."],
    [
      Role.Controller,
      "DEFAULT/console_allowed_origins",
      '"DEFAULT/console_allowed_origins" is an older name. Write "console/allowed_origins": each release gets the name it has.',
    ],
    [
      Role.Controller,
      "database/connection",
      "[database] connection is a secret, which would stand in the stack's plan. Leave it to what set it up.",
    ],
    [
      Role.Controller,
      "DEFAULT/web",
      "[DEFAULT] web is not to be set here: both console proxies read it, and nova-novncproxy would then serve the SPICE pages. Take it out.",
    ],
    [
      Role.Compute,
      "spice/require_secure",
      "[spice] require_secure is not to be set here: nova-spicehtml5proxy speaks plain SPICE to the guest, so HTML5 consoles would stop. Take it out.",
    ],
    [
      Role.Compute,
      "console/ssl_ciphers",
      "[console] ssl_ciphers is read by nova-spicehtml5proxy and nova-novncproxy, which a compute does not run. Give it for the controllers.",
    ],
    [
      Role.Controller,
      "spice/image_compression",
      "[spice] image_compression is read by nova-compute, which a controller does not run. Give it for the computes.",
    ],
  ])("refuses on a %s: %s", (role, key, reason) => {
    expect(findExtraOption(role, key, undefined, `extraNovaOptions["${key}"]`)).toEqual({
      value: undefined,
      faults: [{ path: `extraNovaOptions["${key}"]`, reason }],
    });
  });

  it.each([
    [
      Role.Controller,
      "console/ssl_ciphers",
      Release.Rocky,
      "[console] ssl_ciphers came in 21.0.0 (Ussuri); release 18 does not have it. Take it out.",
    ],
    [
      Role.Compute,
      "spice/image_compression",
      Release.Zed,
      "[spice] image_compression came in 27.0.0 (2023.1 Antelope); release 26 does not have it. Take it out.",
    ],
    [
      Role.Compute,
      "spice/keymap",
      Release.Hibiscus,
      "[spice] keymap went in 22.0.0 (Victoria); release 34 does not have it. Take it out.",
    ],
    [
      Role.Compute,
      "consoleauth/token_ttl",
      Release.Queens,
      "[consoleauth] token_ttl is read on a compute from release 18 (Rocky) to 34 (2026.2 Hibiscus) only, not in 17. Take it out.",
    ],
    [
      Role.Controller,
      "consoleauth/token_ttl",
      Release.Train,
      "[consoleauth] token_ttl is read on a controller from release 13 (Mitaka) to 19 (Stein) only, not in 20. Take it out.",
    ],
  ])("refuses on a %s: %s in release %d", (role, key, release, reason) => {
    expect(refusal(role, key, release)).toEqual([reason]);
  });

  it("has each option in just the releases that have it and read it", () => {
    const last: Record<string, readonly [number, number]> = {};
    for (const role of [Role.Controller, Role.Compute]) {
      for (const key of extraOptionKeys(role)) {
        const having = releases.filter((release) => refusal(role, key, release).length === 0);
        last[`${role} ${key}`] = [having[0] ?? 0, having.at(-1) ?? 0];
        expect(having.length, `${key} without a gap`).toBe((having.at(-1) ?? 0) - (having[0] ?? 0) + 1);
      }
    }
    expect(last).toEqual({
      "controller DEFAULT/source_is_ipv6": [13, 34],
      "controller DEFAULT/record": [14, 34],
      "controller console/ssl_ciphers": [21, 34],
      "controller console/ssl_minimum_version": [21, 34],
      "controller consoleauth/token_ttl": [13, 19],
      "controller consoleauth/enforce_session_timeout": [29, 34],
      "compute DEFAULT/pointer_model": [14, 34],
      "compute consoleauth/token_ttl": [18, 34],
      "compute spice/keymap": [13, 21],
      "compute spice/image_compression": [27, 34],
      "compute spice/jpeg_compression": [27, 34],
      "compute spice/zlib_compression": [27, 34],
      "compute spice/playback_compression": [27, 34],
      "compute spice/streaming_mode": [27, 34],
      "compute spice/spice_direct_proxy_base_url": [31, 34],
    });
  });
});
