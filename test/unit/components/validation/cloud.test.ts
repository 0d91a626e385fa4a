import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Release, type SpiceConsoleArgs, Vnc } from "../../../../components";
import { checkCloud, proxySources } from "../../../../components/validation/cloud";
import { cloud, node, privateKey } from "../../../contract/support/cloud";

const paths = (args: SpiceConsoleArgs) => checkCloud(args).map(({ path }) => path);
const reasonAt = (args: SpiceConsoleArgs, path: string) =>
  checkCloud(args).find((error) => error.path === path)?.reason;
const compute = { connection: node(21), serverProxyclientAddress: "198.51.100.21" };

describe("checkCloud", () => {
  it("takes a sound cloud", () => {
    expect(checkCloud(cloud)).toEqual([]);
    expect(
      checkCloud({ ...cloud, vnc: Vnc.Off, release: Release.Zed, proxy: { ...cloud.proxy, allowedSources: [] } }),
    ).toEqual([]);
  });

  it.each<[string, Partial<SpiceConsoleArgs>, readonly string[]]>([
    ["no nodes", { controllers: [], computes: [] }, ["controllers", "computes"]],
    [
      "a name used twice",
      {
        computes: [
          { ...compute, name: "c" },
          { ...compute, name: "c", connection: node(22), serverProxyclientAddress: "198.51.100.22" },
        ],
      },
      ["computes[1].name"],
    ],
    ["an empty name", { computes: [{ ...compute, name: "" }] }, ["computes[0].name"]],
    [
      "a host that is no address or name",
      { controllers: [{ name: "control-1", connection: { ...node(11), host: "192.0.2.256" } }] },
      ["controllers[0].connection.host"],
    ],
    ["a bastion's host that is none", { ssh: { bastion: { host: "" } } }, ["ssh.bastion.host"]],
    [
      "host keys that are none",
      { controllers: [{ name: "control-1", connection: { ...node(11), hostKey: "AAAA" } }] },
      ["controllers[0].connection.hostKey"],
    ],
    [
      "missing host keys where they are required, of every node and bastion",
      {
        ssh: { requireHostKeys: true, bastion: { host: "192.0.2.1" } },
        controllers: [{ name: "control-1", connection: { host: "192.0.2.11", bastion: { host: "192.0.2.2" } } }],
        computes: [{ ...compute, name: "compute-1", connection: { host: "192.0.2.21" } }],
      },
      [
        "ssh.bastion.hostKey",
        "controllers[0].connection.hostKey",
        "controllers[0].connection.bastion.hostKey",
        "computes[0].connection.hostKey",
      ],
    ],
    ["a wrong user", { ssh: { user: "ops@host" } }, ["ssh.user"]],
    ["wrong limits", { ssh: { dialErrorLimit: 0, perDialTimeout: 0.5 } }, ["ssh.dialErrorLimit", "ssh.perDialTimeout"]],
    [
      "a host name for the proxies to connect to",
      { computes: [{ ...compute, name: "compute-1", serverProxyclientAddress: "compute-1" }] },
      ["computes[0].serverProxyclientAddress"],
    ],
    [
      "guests that would listen everywhere",
      { computes: [{ ...compute, name: "compute-1", serverListen: "0.0.0.0" }] },
      ["computes[0].serverListen"],
    ],
    [
      "a path that is none of SPICE's",
      { proxy: { ...cloud.proxy, baseUrl: "http://c.example.org:6082/vnc_auto.html" } },
      ["proxy.baseUrl"],
    ],
    [
      "a wildcard in the URL",
      { proxy: { ...cloud.proxy, baseUrl: "http://0.0.0.0:6082/spice_auto.html" } },
      ["proxy.baseUrl"],
    ],
    ["another port than the URL's", { proxy: { ...cloud.proxy, port: 6083 } }, ["proxy.baseUrl"]],
    [
      "a CIDR that is none",
      { proxy: { ...cloud.proxy, allowedSources: ["203.0.113.0/24", "all"] } },
      ["proxy.allowedSources[1]"],
    ],
    ["a release that does not exist", { release: 12 as unknown as Release }, ["release"]],
    [
      "an option of the other role",
      { extraNovaOptions: { controllers: { "spice/image_compression": "lz" } } },
      ['extraNovaOptions.controllers["spice/image_compression"]'],
    ],
    [
      "an option that the release does not have, named once for all computes",
      {
        release: Release.Zed,
        extraNovaOptions: { computes: { "spice/image_compression": "lz" } },
        computes: [
          { ...compute, name: "compute-1" },
          { name: "compute-2", connection: node(22), serverProxyclientAddress: "198.51.100.22" },
        ],
      },
      ['extraNovaOptions.computes["spice/image_compression"]'],
    ],
    [
      "a rollout that cannot be",
      { rollout: { canaries: ["x"], batchSize: 0 } },
      ["rollout.canaries[0]", "rollout.batchSize"],
    ],
    [
      "a controllers' group and no sources",
      { proxy: { baseUrl: cloud.proxy.baseUrl }, controllerSecurityGroupId: "group" },
      ["proxy.allowedSources"],
    ],
    [
      "a computes' group and no proxies' addresses",
      { computeSecurityGroupId: "group", controllers: [{ name: "control-1", connection: node(11) }] },
      ["controllers[0].proxySourceAddresses"],
    ],
    [
      "everybody on guests' ports",
      { controllers: [{ name: "control-1", connection: node(11), proxySourceAddresses: ["0.0.0.0/0"] }] },
      ["controllers[0].proxySourceAddresses"],
    ],
    [
      "a controller that is left out of the proxies' addresses",
      { controllers: [...cloud.controllers, { name: "control-2", connection: node(12) }] },
      ["controllers[1].proxySourceAddresses"],
    ],
    [
      "other sources of consoles without the proxies' addresses",
      { controllers: [{ name: "control-1", connection: node(11) }], extraConsoleSources: ["198.51.100.0/24"] },
      ["controllers[0].proxySourceAddresses"],
    ],
    [
      "nobody on guests' ports",
      { controllers: [{ name: "control-1", connection: node(11), proxySourceAddresses: [] }] },
      ["controllers[0].proxySourceAddresses"],
    ],
    [
      "everything that is wrong with guests' ports, named once for all computes",
      {
        extraConsoleSources: ["198.51.100.1/24", "::/0"],
        consolePortRange: { first: 22, last: 49152 },
        computes: [
          { ...compute, name: "compute-1" },
          { name: "compute-2", connection: node(22), serverProxyclientAddress: "198.51.100.22" },
        ],
      },
      ["extraConsoleSources[0]", "consolePortRange.first", "consolePortRange.last"],
    ],
    ["an empty group", { controllerSecurityGroupId: "" }, ["controllerSecurityGroupId"]],
  ])("refuses %s", (_what, part, expected) => {
    expect(paths({ ...cloud, ...part })).toEqual(expected);
  });

  it("says each thing that nodes share once, however many nodes there are", () => {
    const computes = [1, 2, 3].map((number) => ({
      name: `compute-${number}`,
      connection: node(20 + number),
      serverProxyclientAddress: `198.51.100.${20 + number}`,
    }));
    const proxy = { ...cloud.proxy, baseUrl: "http://127.0.0.1:6082/spice_auto.html" };
    expect(paths({ ...cloud, computes, proxy, release: 99 as unknown as Release })).toEqual([
      "release",
      "proxy.baseUrl",
    ]);
  });

  it("checks what is known where the rest is an output", () => {
    const baseUrl = pulumi.output(cloud.proxy.baseUrl);
    const connection = { ...node(21), host: pulumi.output("192.0.2.21") };
    const args = { ...cloud, computes: [{ name: "a b", connection, serverProxyclientAddress: "compute-1" }] };
    expect(paths({ ...args, proxy: { baseUrl, allowedSources: ["all"] } })).toEqual([
      "proxy.allowedSources[0]",
      "computes[0].name",
      "computes[0].serverProxyclientAddress",
    ]);
  });

  it("takes what names an SSH host may have in DNS, an underscore among them", () => {
    const connection = { ...node(21), host: "compute_01.example.com" };
    expect(checkCloud({ ...cloud, computes: [{ ...compute, name: "c", connection }] })).toEqual([]);
    const ipv4 = { ...node(21), host: "::ffff:192.0.2.21" };
    expect(
      reasonAt({ ...cloud, computes: [{ ...compute, name: "c", connection: ipv4 }] }, "computes[0].connection.host"),
    ).toBe("It is IPv4 written as IPv6. Write 192.0.2.21.");
  });

  it.each<[string, Partial<SpiceConsoleArgs>]>([
    ["a host", { computes: [{ ...compute, name: "c", connection: { host: "ops:hunter2@192.0.2.21" } }] }],
    [
      "the host of two nodes",
      { computes: ["c", "d"].map((name) => ({ ...compute, name, connection: { host: "hunter2 x" } })) },
    ],
    ["the name of two nodes", { computes: ["hunter2 x", "hunter2 x"].map((name) => ({ ...compute, name })) }],
    ["two hosts of one name", { computes: [{ ...compute, name: "control-1", connection: { host: "hunter2 x" } }] }],
    [
      "an address",
      { computes: [{ ...compute, name: "c", serverProxyclientAddress: "hunter2", serverListen: "hunter2" }] },
    ],
    ["a user and a bastion", { ssh: { user: "ops:hunter2", bastion: { host: "hunter2!", user: "hunter2@" } } }],
    ["a host key", { ssh: { bastion: { host: "a", hostKey: "hunter2" } } }],
    ["a private key", { ssh: { privateKey: "hunter2" } }],
    ["a port", { ssh: { port: "hunter2" as unknown as number } }],
    ["a URL", { proxy: { baseUrl: "https://ops:hunter2@console.example.org/spice_auto.html" } }],
    [
      "a proxy's addresses",
      {
        proxy: { ...cloud.proxy, listenAddress: "hunter2!", allowedSources: ["hunter2"], allowedOrigins: ["hunter2!"] },
      },
    ],
    ["a proxy's port", { proxy: { ...cloud.proxy, port: "hunter2" as unknown as number } }],
    ["a certificate's path", { proxy: { ...cloud.proxy, tls: { certificate: "hunter2", key: "hunter2" } } }],
    ["a certificate's text", { proxy: { ...cloud.proxy, tls: { certPem: "hunter2", privateKeyPem: "hunter2" } } }],
    [
      "the proxies' addresses",
      { controllers: [{ name: "c", connection: node(11), proxySourceAddresses: ["hunter2"] }] },
    ],
    [
      "a repository's URL",
      { packageRepository: { id: "x", gpgCheck: false, baseUrl: "https://ops:hunter2@example.org/" } },
    ],
    ["a web client's", { webClient: { archive: "https://ops:hunter2@example.org/x.tgz" } }],
    [
      "a URL for native clients",
      { spiceDirectProxyBaseUrl: "https://ops:hunter2@example.org/", release: Release.Gazpacho },
    ],
    [
      "an option that is a secret",
      { extraNovaOptions: { controllers: { "database/connection": "mysql://nova:hunter2@x" } } },
    ],
    ["an option's URL", { extraNovaOptions: { computes: { "vnc/novncproxy_base_url": "http://nova:hunter2@x/" } } }],
    ["an option's text", { extraNovaOptions: { controllers: { "DEFAULT/record": "hunter2\u0007" } } }],
  ])("says what is wrong with %s that a secret is in, and shows no word of it", (_what, part) => {
    const errors = checkCloud({ ...cloud, ...part });
    expect(errors.length).toBeGreaterThan(0);
    expect(JSON.stringify(errors)).not.toContain("hunter2");
  });

  it("refuses addresses that cannot meet, each at its own place", () => {
    const six = { connection: node(22), name: "six", serverProxyclientAddress: "2001:db8::22" };
    const baseUrl = "http://[2001:db8::5]:6082/spice_auto.html";
    expect(paths({ ...cloud, proxy: { baseUrl } })).toEqual(["proxy.listenAddress"]);
    expect(paths({ ...cloud, proxy: { baseUrl, listenAddress: "::" } })).toEqual([]);
    expect(paths({ ...cloud, proxy: { baseUrl, behindLoadBalancer: true } })).toEqual([]);
    expect(paths({ ...cloud, computes: [...cloud.computes, six] })).toEqual(["controllers[0].proxySourceAddresses"]);
    expect(paths({ ...cloud, computes: [...cloud.computes, six], extraConsoleSources: ["2001:db8::/64"] })).toEqual([]);
    expect(
      paths({ ...cloud, extraConsoleSources: ["2001:db8::/64"], computes: [{ ...six, serverListen: "192.0.2.22" }] }),
    ).toEqual(["computes[0].serverListen"]);
    const everywhere = { serverListenEverywhere: true, extraConsoleSources: ["2001:db8::/64"] };
    expect(paths({ ...cloud, ...everywhere, computes: [{ ...six, serverListen: "0.0.0.0" }] })).toEqual([
      "computes[0].serverListen",
    ]);
    expect(paths({ ...cloud, ...everywhere, computes: [{ ...six, serverListen: "::" }] })).toEqual([]);
    expect(paths({ ...cloud, ...everywhere, computes: [six] })).toEqual([]);
  });

  it("looks at the keys of nodes and bastions with the password that is used for each", () => {
    const password = { privateKeyPassword: "p" };
    const plainKey = { privateKey };
    const at = (ssh: object, connection: object) =>
      paths({ ...cloud, ssh, computes: [{ ...compute, name: "c", connection: { ...node(21), ...connection } }] });
    expect(at(plainKey, {})).toEqual([]);
    expect(at({ ...plainKey, ...password }, {})).toEqual(["ssh.privateKey"]);
    expect(at(plainKey, password)).toEqual(["computes[0].connection.privateKey"]);
    expect(at(password, plainKey)).toEqual(["computes[0].connection.privateKey"]);
    expect(at({ bastion: { host: "192.0.2.1", privateKey: "x" } }, {})).toEqual(["ssh.bastion.privateKey"]);
    expect(at(password, { bastion: { host: "192.0.2.1", ...plainKey } })).toEqual([]);
    expect(at({}, { bastion: { host: "192.0.2.1", ...plainKey, ...password } })).toEqual([
      "computes[0].connection.bastion.privateKey",
    ]);
  });

  it("looks at each controller's own listen address, and at the shared one where it is somebody's", () => {
    const at = (addresses: readonly (string | undefined)[], proxy: object = {}) =>
      paths({
        ...cloud,
        proxy: { ...cloud.proxy, ...proxy },
        controllers: addresses.map((listenAddress, index) => ({
          name: `c-${index}`,
          connection: node(11 + index),
          ...(listenAddress === undefined ? {} : { listenAddress }),
        })),
      });
    expect(at(["192.0.2.11", "192.0.2.12"])).toEqual([]);
    expect(at(["192.0.2.11", "192.0.2.256"])).toEqual(["controllers[1].listenAddress"]);
    expect(at([undefined, "127.0.0.1", "::ffff:192.0.2.12"], { allowedSources: [] })).toEqual([
      "controllers[1].listenAddress",
      "controllers[2].listenAddress",
    ]);
    const baseUrl = "http://[2001:db8::5]:6082/spice_auto.html";
    const six = { baseUrl, allowedSources: ["2001:db8::/32"] };
    expect(at(["2001:db8::11", "::"], six)).toEqual([]);
    expect(at(["2001:db8::11", undefined], six)).toEqual(["proxy.listenAddress", "proxy.allowedSources"]);
    expect(at(["2001:db8::11", "192.0.2.12"], six)).toEqual(["controllers[1].listenAddress", "proxy.allowedSources"]);
    expect(at(["2001:db8::11", "192.0.2.12"], { baseUrl, behindLoadBalancer: true })).toEqual(["proxy.allowedSources"]);
  });

  it("never shows a key", () => {
    const ssh = { privateKey: "my secret passphrase" };
    expect(reasonAt({ ...cloud, ssh }, "ssh.privateKey")).toBe(
      "It is not the text of a private key. Give the content of the key file as it is, such as by `pulumi config set --secret sshPrivateKey < FILE`, or use an SSH agent.",
    );
  });
});

describe("proxySources", () => {
  it("names each canonical block once, though controllers share it", () => {
    const from = (proxySourceAddresses: readonly string[]) => ({
      name: "c",
      connection: node(1),
      proxySourceAddresses,
    });
    expect(
      proxySources([
        from(["198.51.100.11", "2001:DB8::1"]),
        from(["198.51.100.11/32"]),
        { name: "d", connection: node(2) },
      ]),
    ).toEqual(["198.51.100.11/32", "2001:db8::1/128"]);
  });
});
