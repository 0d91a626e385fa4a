import { describe, expect, it } from "vitest";
import { Release, Role, extraOptionKeys, findExtraOption, novaOptions, optionKey, releases } from "../../../nova";
import { computeRows, controllerRows } from "../../support/everyOption";

const refusal = (role: Role, key: string, release?: Release) =>
  findExtraOption(role, key, release, "at").errors.map(({ reason }) => reason);

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
      `"${key === "" ? "(a key that is no name)" : key}" is no console option this package knows. Write section/option, one of: ${extraOptionKeys(Role.Compute).join(", ")}.`,
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
    [Role.Compute, "spice/require_secure", "[spice] require_secure is set by the argument requireSecure. Use that."],
    [
      Role.Compute,
      "DEFAULT/source_is_ipv6",
      "[DEFAULT] source_is_ipv6 is read by nova-spicehtml5proxy and nova-novncproxy, which a compute does not run. Give it for the controllers.",
    ],
    [
      Role.Controller,
      "spice/keymap",
      "[spice] keymap is read by nova-compute, which a controller does not run. Give it for the computes.",
    ],
  ])("refuses on a %s: %s", (role, key, reason) => {
    expect(findExtraOption(role, key, undefined, `extraNovaOptions["${key}"]`)).toEqual({
      value: undefined,
      errors: [{ path: `extraNovaOptions["${key}"]`, reason }],
    });
  });

  it("refuses what nova-novncproxy alone reads, which is not restarted", () => {
    for (const name of ["novncproxy_host", "novncproxy_port", "auth_schemes", "vencrypt_client_key"]) {
      expect(refusal(Role.Controller, `vnc/${name}`)).toEqual([
        `[vnc] ${name} is not to be set here: nova-novncproxy alone reads it, which is left as it is. Take it out.`,
      ]);
    }
  });

  it("leaves a release that is none to the release's own check", () => {
    const { release } = JSON.parse('{ "release": 99 }') as { readonly release: Release };
    expect(refusal(Role.Compute, "spice/keymap", release)).toEqual([]);
  });

  it.each([
    [
      Role.Controller,
      "DEFAULT/record",
      Release.Mitaka,
      "[DEFAULT] record came in 14.0.0 (Newton); release 13 does not have it. Take it out.",
    ],
    [
      Role.Compute,
      "DEFAULT/concurrency_backend",
      Release.Gazpacho,
      "[DEFAULT] concurrency_backend came in 34.0.0 (2026.2 Hibiscus); release 33 does not have it. Take it out.",
    ],
    [
      Role.Compute,
      "spice/keymap",
      Release.Hibiscus,
      "[spice] keymap went in 22.0.0 (Victoria); release 34 does not have it. Take it out.",
    ],
  ])("refuses on a %s: %s in release %d", (role, key, release, reason) => {
    expect(refusal(role, key, release)).toEqual([reason]);
  });

  it.each([
    [Role.Controller, controllerRows],
    [Role.Compute, computeRows],
  ] as const)("has each option of a %s in just the releases that have it and read it", (role, rows) => {
    for (const key of extraOptionKeys(role)) {
      const own = rows.filter(([ask]) => ask === key);
      const [first, last] = [Math.min(...own.map((row) => row[3])), Math.max(...own.map((row) => row[4]))];
      const having: readonly number[] = releases.filter((release) => refusal(role, key, release).length === 0);
      expect([having[0], having.at(-1), having.length], key).toEqual([first, last, last - first + 1]);
    }
  });
});
