import { describe, expect, it } from "vitest";
import { type PackageRepository, checkRepository, repositoryFile, repositoryRisks } from "../../../nova";

const key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBFKuaIQBEAC1\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----";
const base: PackageRepository = { id: "epel", baseUrl: "https://example.org/epel/7/$basearch", gpgKey: key };

describe("a package repository", () => {
  it("is by default checked by its key, which is brought along, and has the web client alone", () => {
    expect(checkRepository(base, "packageRepository")).toEqual([]);
    expect(repositoryFile(base)).toEqual({
      id: "epel",
      settings: {
        name: "epel",
        baseurl: "https://example.org/epel/7/$basearch",
        enabled: "1",
        gpgcheck: "1",
        gpgkey: "file:///etc/pki/rpm-gpg/RPM-GPG-KEY-epel",
        includepkgs: "spice-html5",
      },
      key: `${key}
`,
    });
    expect(repositoryRisks(base, "packageRepository")).toEqual([]);
  });

  it.each<[string, PackageRepository, string, RegExp]>([
    ["no key to check with", { id: "x", baseUrl: "http://a/b" }, ".gpgKey", /^It is missing, and gpgCheck needs it/],
    [
      "a private key",
      { ...base, gpgKey: key.replaceAll("PUBLIC", "PRIVATE") },
      ".gpgKey",
      /^It is not an ASCII-armored/,
    ],
    ["two addresses", { ...base, metalink: "https://a/b" }, "", /^It has baseUrl and metalink of/],
    ["no address", { id: "x", gpgCheck: false }, "", /^It has none of baseUrl, mirrorList, metalink/],
    ["a path for an id", { ...base, id: "../x" }, ".id", /^It is not right\. Give letters/],
    ["a name of two lines", { ...base, name: "a\nb" }, ".name", /is not right\. Give one line/],
    [
      "an address with a blank",
      { ...base, baseUrl: "https://a/b c" },
      ".baseUrl",
      /^It is no URL of http, https, ftp or file, without blanks/,
    ],
    ["a relative path", { ...base, gpgKeyPath: "key" }, ".gpgKeyPath", /is not right\. Give an absolute path/],
    ["a package with a blank", { ...base, includePackages: ["a b"] }, ".includePackages[0]", /is not right/],
    [
      "another method",
      { ...base, failoverMethod: "none" as "priority" },
      ".failoverMethod",
      /^It is neither priority nor roundrobin/,
    ],
  ])("with %s is refused", (_, repository, at, reason) => {
    const errors = checkRepository(repository, "packageRepository");
    expect(errors.map(({ path }) => path)).toEqual([`packageRepository${at}`]);
    expect(errors[0]?.reason).toMatch(reason);
    // Never the key's text.
    expect(JSON.stringify(errors)).not.toContain("mQINB");
  });

  const secrets = [
    "https://user:hunter2@example.org/epel",
    "https://hunter2@example.org/epel",
    "ftp://user:hunter2@example.org/epel",
    "file://user:hunter2@/epel",
    "https:\\\\user:hunter2@example.org",
    "hunter2",
    "https://example.org:hunter2/epel",
    "https://localhost/hunter2",
    "https://0177.0.0.1/hunter2",
    "-----BEGIN PRIVATE KEY-----\nhunter2\n",
  ];

  it.each(["baseUrl", "mirrorList", "metalink", "gpgKeyPath", "gpgKey", "id", "name", "failoverMethod"])(
    "with a secret as %s is refused without a word of it",
    (key) => {
      for (const text of secrets) {
        const errors = checkRepository({ id: "x", gpgCheck: false, [key]: text }, "packageRepository");
        const isSound = { name: !text.includes("\n"), id: text === "hunter2" }[key] ?? false;
        expect(errors.some(({ path }) => path === `packageRepository.${key}`)).toBe(!isSound);
        expect(JSON.stringify(errors)).not.toContain("hunter2");
      }
    },
  );

  it("may be on a host of any other kind, with the variables of yum", () => {
    for (const baseUrl of [
      "https://192.0.2.1/x",
      "http://[2001:db8::1]:8080/$basearch",
      "ftp://my_mirror/x",
      "file:///srv/x",
    ]) {
      expect(checkRepository({ ...base, baseUrl }, "packageRepository")).toEqual([]);
    }
  });
});
