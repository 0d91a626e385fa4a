import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import {
  ComputeNode,
  type ComputeNodeArgs,
  ControllerNode,
  type ControllerNodeArgs,
  Release,
  SpiceConsole,
  type SpiceConsoleArgs,
} from "../../components";
import { DAY, makeCertificate } from "../support/certificate";
import { cloud, node } from "./support/cloud";
import { reportOf } from "../support/report";
import { run, valueOf } from "./support/recorder";

/** An output among the arguments stops the checks that need it, and no other: what is known is checked before anything is registered. */

const baseUrl = "http://console.example.org:6082/spice_auto.html";
const expired = makeCertificate({ from: Date.now() - 2 * DAY, to: Date.now() - DAY });
const { certPem, privateKeyPem } = makeCertificate();

/** Where the arguments are wrong before anything is registered, and where once all are known. */
async function pathsOf(program: () => unknown): Promise<{ readonly atOnce: string[]; readonly late: string[] }> {
  const { error, resources, lateErrors } = await run(program);
  const paths = (text: string) => [...text.matchAll(/^ {2}([^ ]+): /gm)].map(([, path = ""]) => path);
  const atOnce = paths(error ?? "");
  expect(resources.length === 0).toBe(atOnce.length > 0);
  return { atOnce, late: lateErrors.flatMap((late) => paths((late as Error).message)) };
}

type Case<A> = [what: string, args: () => Partial<A>, atOnce: readonly string[], late?: readonly string[]];

describe("a compute with an output", () => {
  const args: ComputeNodeArgs = {
    ...{ connection: node(21), html5proxyBaseUrl: baseUrl, serverProxyclientAddress: "198.51.100.21" },
    proxySourceAddresses: ["198.51.100.11"],
  };

  it.each<Case<ComputeNodeArgs>>([
    [
      "as its URL",
      () => ({ html5proxyBaseUrl: pulumi.output(baseUrl), serverProxyclientAddress: "127.0.0.1" }),
      ["serverProxyclientAddress"],
    ],
    [
      "as its URL, of another release's option",
      () => ({ html5proxyBaseUrl: pulumi.output(baseUrl), release: Release.Mitaka, requireSecure: true }),
      ["requireSecure", "requireSecure"],
    ],
    [
      "as its address",
      () => ({ serverProxyclientAddress: pulumi.output("198.51.100.21"), html5proxyBaseUrl: "ftp://x/" }),
      ["html5proxyBaseUrl"],
    ],
    [
      "as its address, and another family to listen on",
      () => ({ serverProxyclientAddress: pulumi.output("2001:db8::21"), serverListen: "198.51.100.21" }),
      [],
      ["serverListen", "proxySourceAddresses"],
    ],
    [
      "as the address to listen on, of other sources",
      () => ({ serverListen: pulumi.output("::"), serverProxyclientAddress: "2001:db8::21" }),
      ["proxySourceAddresses"],
    ],
    [
      "that may allow to listen everywhere",
      () => ({
        serverListen: "0.0.0.0",
        serverListenEverywhere: pulumi.output(true),
        consolePortRange: { first: 1, last: 2 },
      }),
      ["consolePortRange.first", "consolePortRange.last"],
    ],
    ["that may allow to do without HTML5", () => ({ requireSecure: true, nativeClientsOnly: pulumi.output(true) }), []],
    [
      "as the value of an option that is not taken",
      () => ({ extraNovaOptions: { "spice/enabled": pulumi.output("true"), "spice/nosuch": pulumi.output("1") } }),
      ['extraNovaOptions["spice/enabled"]', 'extraNovaOptions["spice/nosuch"]'],
    ],
    [
      "as one option's value, beside another one",
      () => ({ extraNovaOptions: { "DEFAULT/concurrency_backend": pulumi.output("x"), "DEFAULT/web": "/x" } }),
      ['extraNovaOptions["DEFAULT/web"]'],
    ],
    [
      "that comes to what is wrong",
      () => ({ extraNovaOptions: { "DEFAULT/concurrency_backend": pulumi.output("x") } }),
      [],
      ['extraNovaOptions["DEFAULT/concurrency_backend"]'],
    ],
  ])("%s", async (_what, changes, atOnce, late = []) => {
    const found = await pathsOf(() => new ComputeNode("compute-1", { ...args, ...changes() }));
    expect(found).toEqual({ atOnce, late });
  });
});

describe("a controller with an output", () => {
  const declare = (proxy: Partial<ControllerNodeArgs["proxy"]>, more: Partial<ControllerNodeArgs> = {}) =>
    pathsOf(
      () =>
        new ControllerNode("control-1", {
          connection: node(11),
          ...more,
          proxy: { baseUrl, allowedSources: ["203.0.113.0/24"], ...proxy },
        }),
    );

  it.each<Case<ControllerNodeArgs["proxy"]>>([
    ["as its URL", () => ({ baseUrl: pulumi.output(baseUrl), port: 99999 }), ["proxy.port"]],
    [
      "as its URL that does not fit what else is known",
      () => ({ baseUrl: pulumi.output("https://console.example.org/spice_auto.html") }),
      [],
      ["proxy.baseUrl", "proxy.baseUrl"],
    ],
    [
      "as its port",
      () => ({ port: pulumi.output(443), baseUrl: "http://127.0.0.1/spice_auto.html" }),
      ["proxy.baseUrl"],
    ],
    [
      "that may be a load balancer in front",
      () => ({ behindLoadBalancer: pulumi.output(true), baseUrl: "https://console.example.org/x/spice_auto.html" }),
      [],
    ],
    [
      "that may be a load balancer in front, of an address that is none",
      () => ({ behindLoadBalancer: pulumi.output(true), listenAddress: "192.0.2.256" }),
      ["proxy.listenAddress"],
    ],
    [
      "as the address to listen on",
      () => ({ listenAddress: pulumi.output("2001:db8::11"), allowedSources: ["203.0.113.0/24", "203.0.113.0/24"] }),
      ["proxy.allowedSources[1]"],
    ],
    [
      "among its origins",
      () => ({ allowedOrigins: [pulumi.output("a.example.org"), "https://b.example.org/"] }),
      ["proxy.allowedOrigins[1]"],
    ],
    [
      "as the key of a certificate that is over",
      () => ({
        baseUrl: "https://console.example.org:6082/spice_auto.html",
        tls: { certPem: expired.certPem, privateKeyPem: pulumi.secret(expired.privateKeyPem) },
      }),
      ["proxy.tls.certPem"],
    ],
    [
      "as a certificate, without its key",
      () => ({
        baseUrl: "https://console.example.org:6082/spice_auto.html",
        tls: { certPem: pulumi.output(certPem) },
      }),
      ["proxy.tls.privateKeyPem"],
    ],
    [
      "as a certificate's path, of a sound one",
      () => ({
        baseUrl: "https://console.example.org:6082/spice_auto.html",
        tls: { certificate: pulumi.output("/etc/nova/console.pem") },
      }),
      [],
    ],
    [
      "as a certificate that is of another key",
      () => ({
        baseUrl: "https://console.example.org:6082/spice_auto.html",
        tls: { certPem: pulumi.output(certPem), privateKeyPem: makeCertificate().privateKeyPem },
      }),
      [],
      ["proxy.tls.privateKeyPem"],
    ],
    [
      "that may drop other sources",
      () => ({ dropOtherSources: pulumi.output(true), allowedSources: ["0.0.0.0/0"] }),
      [],
      ["proxy.dropOtherSources"],
    ],
  ])("%s", async (_what, proxy, atOnce, late = []) => {
    expect(await declare(proxy())).toEqual({ atOnce, late });
  });

  it("as its certificate's key is registered once all fits", async () => {
    const tls = { certPem, privateKeyPem: pulumi.secret(privateKeyPem) };
    const found = await declare({ baseUrl: "https://console.example.org:6082/spice_auto.html", tls });
    expect(found).toEqual({ atOnce: [], late: [] });
  });
});

describe("a cloud with a value that is a secret", () => {
  const compute = {
    ...{ name: "compute-1", connection: node(21) },
    serverProxyclientAddress: pulumi.secret("198.51.100.21"),
  };
  const report = reportOf("change spice/server_listen: (unset) -> 198.51.100.21", "changed 1");

  it("shows nothing of what the nodes that get it say, and has their reports as secrets", async () => {
    const { result, resources } = await run(
      async () => {
        const { nodes } = new SpiceConsole("cloud", { ...cloud, computes: [compute] });
        return [await pulumi.isSecret(nodes), (await valueOf(nodes))["compute-1"]?.changes];
      },
      { stdout: { "cloud-compute-1-converge": report } },
    );
    expect(result).toEqual([true, [{ subject: "spice/server_listen", old: "(unset)", new: "198.51.100.21" }]]);
    const converging = resources.filter(({ name }) => name.endsWith("-converge"));
    expect(converging.map(({ name, inputs }) => [name, inputs["logging"]]).sort()).toEqual([
      ["cloud-compute-1-converge", "none"],
      ["cloud-control-1-converge", "stderr"],
    ]);
    expect(resources.filter(({ clearText }) => clearText.includes("198.51.100.21"))).toEqual([]);
  });

  it("is none where the secret is a certificate's key, which no report has", async () => {
    const proxy = { ...cloud.proxy, baseUrl: "https://console.example.org:6082/spice_auto.html" };
    const { result, resources } = await run(async () => {
      const tls = { certPem, privateKeyPem: pulumi.secret(privateKeyPem) };
      return await pulumi.isSecret(new SpiceConsole("cloud", { ...cloud, proxy: { ...proxy, tls } }).nodes);
    });
    expect(result).toBe(false);
    expect(resources.map(({ inputs }) => inputs["logging"]).filter((logging) => logging === "none")).toEqual([]);
  });
});

describe("a cloud with an output", () => {
  it("is checked for all else at once, each node too", async () => {
    const args: SpiceConsoleArgs = {
      ...cloud,
      proxy: { ...cloud.proxy, baseUrl: pulumi.output(baseUrl), port: 99999 },
      controllers: cloud.controllers.map((controller) => ({ ...controller, listenAddress: "127.0.0.1" })),
      computes: [
        {
          name: "compute-1",
          connection: node(21),
          serverProxyclientAddress: pulumi.output("198.51.100.21"),
          serverListen: "::",
        },
        { name: "compute-2", connection: node(22), serverProxyclientAddress: "127.0.0.1" },
      ],
      extraNovaOptions: { computes: { "spice/nosuch": pulumi.output("1") } },
    };
    expect(await pathsOf(() => new SpiceConsole("cloud", args))).toEqual({
      atOnce: [
        "proxy.port",
        "controllers[0].listenAddress",
        "computes[0].serverListen",
        'extraNovaOptions.computes["spice/nosuch"]',
        "computes[1].serverProxyclientAddress",
      ],
      late: [],
    });
  });
});
