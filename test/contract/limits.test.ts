/** What a node would refuse for its size is refused before anything is registered, and what it just takes is not. */
import { describe, expect, it } from "vitest";
import { ComputeNode, Release } from "../../components";
import { limits } from "../../contract";
import { makeCertificate } from "../support/certificate";
import { cloud, node } from "./support/cloud";
import { commandsOf, declare } from "./support/declared";
import { run } from "./support/recorder";
import { stateOf } from "./support/states";

const [controller, compute] = [cloud.controllers[0], cloud.computes[0]];
const blocks = (count: number) =>
  Array.from({ length: count }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
const { certPem, privateKeyPem } = makeCertificate();
const repository = { id: "epel", baseUrl: "http://mirror.example.org/epel", gpgKeyPath: "/etc/pki/key" };
const key = (size: number) => {
  const [begin, end] = ["-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "-----END PGP PUBLIC KEY BLOCK-----\n"];
  return `${begin}${"A".repeat(size - begin.length - end.length)}${end}`;
};
const sized = (start: string, size: number) => `${start}${"x".repeat(size - start.length)}`;

type Case = [path: string, limit: keyof typeof limits, args: (size: number) => object, subject?: string];

const cases: readonly Case[] = [
  ["proxy.allowedSources", "sources", (size) => ({ proxy: { ...cloud.proxy, allowedSources: blocks(size) } })],
  [
    "controllers[0].proxySourceAddresses",
    "sources",
    (size) => ({
      controllers: [{ ...controller, proxySourceAddresses: blocks(size - 1) }],
      extraConsoleSources: ["10.0.0.0/32", "198.51.100.99"],
    }),
    "It and the other lists of console sources have",
  ],
  [
    'extraNovaOptions.computes["spice/keymap"]',
    "value",
    (size) => ({ release: Release.Mitaka, extraNovaOptions: { computes: { "spice/keymap": "$".repeat(size / 2) } } }),
  ],
  ["novaApiCredentials", "section", (size) => ({ novaApiCredentials: sized("x", size) })],
  ["packageRepository.name", "value", (size) => ({ packageRepository: { ...repository, name: sized("", size) } })],
  [
    "packageRepository.baseUrl",
    "value",
    (size) => ({ packageRepository: { ...repository, baseUrl: sized("http://mirror.example.org/", size) } }),
  ],
  [
    "packageRepository.gpgKeyPath",
    "value",
    (size) => ({ packageRepository: { ...repository, gpgKeyPath: sized("/", size - "file://".length) } }),
  ],
  [
    "packageRepository.includePackages",
    "value",
    (size) => ({ packageRepository: { ...repository, includePackages: ["spice-html5", sized("x", size - 12)] } }),
  ],
  ["packageRepository.gpgKey", "armored", (size) => ({ packageRepository: { ...repository, gpgKey: key(size) } })],
  ["webClient.package", "package", (size) => ({ webClient: { package: sized("", size) } })],
  ["webClient.folder", "path", (size) => ({ webClient: { package: "x", folder: sized("/", size + 1) } })],
  [
    "webClient.archive",
    "path",
    (size) => ({ webClient: { archive: sized("https://mirror.example.org/", size + 8), sha256: "a".repeat(64) } }),
  ],
];

const errorOf = (limit: keyof typeof limits, size: number, subject = "It has") =>
  limit === "sources"
    ? `${subject} ${size} blocks, and a node takes at most ${limits[limit]}. Join some to larger ones.`
    : `${subject} ${size} characters, and a node takes at most ${limits[limit]}. Shorten it.`;

describe("what is more than a node takes", () => {
  it.each(cases)("is refused, and what it takes is not: %s", async (path, limit, args, subject) => {
    const most = limits[limit];
    const step = limit === "value" && path.startsWith("extraNovaOptions") ? 2 : 1;
    const taken = await declare({ ...cloud, ...args(most) });
    expect([taken.error, taken.lateErrors]).toEqual([undefined, []]);
    expect(commandsOf(taken.resources).map(stateOf)).toHaveLength(2);
    const refused = await declare({ ...cloud, ...args(most + step) });
    expect(refused.resources).toEqual([]);
    expect(refused.error?.split("\n  ").slice(1)).toEqual([`${path}: ${errorOf(limit, most + step, subject)}`]);
  });

  it("is refused of a certificate with all that it brings", async () => {
    const baseUrl = "https://console.example.org:6082/spice_auto.html";
    const chain = (count: number) => ({
      ...cloud,
      proxy: { ...cloud.proxy, baseUrl, tls: { certPem: certPem.repeat(count), privateKeyPem } },
    });
    const fitting = Math.floor(limits.armored / certPem.length);
    const { resources, error } = await declare(chain(fitting));
    expect(error).toBeUndefined();
    expect(commandsOf(resources).map(stateOf)).toHaveLength(2);
    const size = certPem.length * (fitting + 1);
    expect((await declare(chain(fitting + 1))).error?.split("\n  ").slice(1)).toEqual([
      `proxy.tls.certPem: ${errorOf("armored", size)}`,
    ]);
  });

  it("is refused of a compute by itself", async () => {
    const { serverProxyclientAddress } = compute ?? {};
    const declareCompute = (extra: readonly string[]) =>
      run(
        () =>
          new ComputeNode("compute-1", {
            ...{ connection: node(21), html5proxyBaseUrl: cloud.proxy.baseUrl },
            serverProxyclientAddress: serverProxyclientAddress ?? "",
            proxySourceAddresses: ["198.51.100.11"],
            extraConsoleSources: extra,
          }),
      );
    const { resources, error } = await declareCompute(blocks(limits.sources - 1));
    expect(error).toBeUndefined();
    expect(commandsOf(resources).map(stateOf)).toHaveLength(1);
    expect((await declareCompute(blocks(limits.sources))).error?.split("\n  ").slice(1)).toEqual([
      `proxySourceAddresses: ${errorOf("sources", limits.sources + 1, "It and the other lists of console sources have")}`,
    ]);
  });
});
