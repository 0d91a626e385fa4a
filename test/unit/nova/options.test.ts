import { describe, expect, it } from "vitest";
import {
  OptionType,
  Release,
  Role,
  encodeValue,
  extraOptionKeys,
  findOption,
  newestRelease,
  novaOptions,
  oldestRelease,
  optionKey,
  releasesReading,
} from "../../../nova";

/** Releases whose services of a role read the option, from the table. */
const readIn = (role: Role, section: string, name: string) => {
  const option = findOption(section, name);
  return option === undefined ? undefined : releasesReading(role, option);
};

describe("the option table", () => {
  it("names each option once, an older name never being a present one", () => {
    const keys = novaOptions.map(optionKey);
    expect(new Set(keys).size).toBe(keys.length);
    const olderNames = novaOptions.flatMap(({ olderName }) => (olderName === undefined ? [] : [optionKey(olderName)]));
    expect(olderNames).toEqual([
      "DEFAULT/console_allowed_origins",
      "DEFAULT/console_token_ttl",
      "vnc/vncserver_listen",
      "vnc/vncserver_proxyclient_address",
    ]);
    expect(olderNames.filter((key) => keys.includes(key))).toEqual([]);
  });

  it("keeps the options of a section together, since that is how they are rendered", () => {
    const sections = novaOptions.map(({ section }) => section);
    expect(sections.filter((section, index) => section !== sections[index - 1])).toEqual([
      "DEFAULT",
      "database",
      "console",
      "consoleauth",
      "workarounds",
      "libvirt",
      "vnc",
      "spice",
    ]);
  });

  it.each(novaOptions.map((option) => [optionKey(option), option] as const))("is sound: %s", (_, option) => {
    expect(option.since).toBeGreaterThanOrEqual(oldestRelease);
    expect(option.until ?? newestRelease).toBeGreaterThanOrEqual(option.since);
    expect(option.until ?? oldestRelease).toBeLessThan(newestRelease);
    expect(option.readBy.length).toBeGreaterThan(0);
    expect(option.choices !== undefined).toBe(option.type === OptionType.Choice);
    if (option.olderName !== undefined) {
      expect(option.olderName.onlyUntil).toBe(option.since - 1);
    }
    // Nova's own default is a value of the option: a default of the wrong type would be a slip in the table.
    if (option.default !== undefined && option.type !== OptionType.List) {
      expect(encodeValue(option, option.default, "default")).toEqual({ value: option.default, errors: [] });
    }
  });

  it("has the releases in which options came, went and were renamed", () => {
    const changes = novaOptions
      .filter(({ since, until }) => since > oldestRelease || until !== undefined)
      .map((option) => `${optionKey(option)} ${option.since}-${option.until ?? ""}`);
    expect(changes).toEqual([
      "DEFAULT/record 14-",
      "DEFAULT/concurrency_backend 34-",
      "DEFAULT/pointer_model 14-",
      "console/allowed_origins 15-",
      "console/ssl_ciphers 21-",
      "console/ssl_minimum_version 21-",
      "consoleauth/token_ttl 15-",
      "consoleauth/enforce_session_timeout 29-",
      "workarounds/enable_consoleauth 18-19",
      "libvirt/use_usb_tablet 13-22",
      "vnc/server_listen 17-",
      "vnc/server_proxyclient_address 17-",
      "vnc/auth_schemes 17-",
      "vnc/vencrypt_client_key 17-",
      "vnc/vencrypt_client_cert 17-",
      "vnc/vencrypt_ca_certs 17-",
      "vnc/keymap 13-21",
      "spice/keymap 13-21",
      "spice/image_compression 27-",
      "spice/jpeg_compression 27-",
      "spice/zlib_compression 27-",
      "spice/playback_compression 27-",
      "spice/streaming_mode 27-",
      "spice/require_secure 30-",
      "spice/spice_direct_proxy_base_url 31-",
    ]);
  });

  it("knows which role reads an option in which releases", () => {
    expect(readIn(Role.Compute, "consoleauth", "token_ttl")).toEqual({ first: Release.Rocky, last: newestRelease });
    expect(readIn(Role.Controller, "consoleauth", "token_ttl")).toEqual({ first: Release.Mitaka, last: Release.Stein });
    expect(readIn(Role.Controller, "console", "allowed_origins")).toEqual({
      first: oldestRelease,
      last: newestRelease,
    });
    expect(readIn(Role.Compute, "spice", "keymap")).toEqual({ first: oldestRelease, last: Release.Ussuri });
    expect(readIn(Role.Compute, "spice", "html5proxy_port")).toBeUndefined();
    expect(readIn(Role.Controller, "spice", "server_listen")).toBeUndefined();
  });

  it("leaves to extraNovaOptions what no argument sets, and neither secrets nor what breaks a proxy", () => {
    expect(extraOptionKeys(Role.Controller)).toEqual([
      "DEFAULT/source_is_ipv6",
      "DEFAULT/record",
      "DEFAULT/concurrency_backend",
      "workarounds/enable_consoleauth",
    ]);
    expect(extraOptionKeys(Role.Compute)).toEqual([
      "DEFAULT/concurrency_backend",
      "DEFAULT/pointer_model",
      "libvirt/use_usb_tablet",
      "vnc/server_listen",
      "vnc/server_proxyclient_address",
      "vnc/novncproxy_base_url",
      "vnc/keymap",
      "spice/keymap",
    ]);
  });
});
