import { describe, expect, it } from "vitest";
import {
  OptionType,
  Release,
  Role,
  encodeValue,
  findOption,
  newestRelease,
  novaOptions,
  oldestRelease,
  optionKey,
  releasesReading,
} from "../../../nova";
import { unsettable } from "../../support/everyOption";

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

  it("has the releases in which options came that nothing sets; those of the others are everyOption's to prove", () => {
    const changes = novaOptions
      .filter(({ since, until }) => since > oldestRelease || until !== undefined)
      .map((option) => [optionKey(option), `${option.since}-${option.until ?? ""}`])
      .filter(([key = ""]) => unsettable.includes(key));
    expect(Object.fromEntries(changes)).toEqual({
      "vnc/auth_schemes": "17-",
      "vnc/vencrypt_client_key": "17-",
      "vnc/vencrypt_client_cert": "17-",
      "vnc/vencrypt_ca_certs": "17-",
    });
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
});
