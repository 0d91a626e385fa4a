import { describe, expect, it } from "vitest";
import { type ProxyAddress, Release, checkProxy, checkSourcesMeet, parseCidrs } from "../../../nova";
import { plain, tls } from "../../support/proxy";

describe("checkProxy takes", () => {
  it.each<[string, Partial<ProxyAddress>]>([
    ["plain http on the proxy's port", {}],
    ["an IPv4 address", { baseUrl: "http://192.0.2.11:6082/spice_auto.html" }],
    ["an IPv6 address", { baseUrl: "http://[2001:db8::11]:6082/spice_auto.html", listenAddress: "::" }],
    ["http's own port", { baseUrl: "http://console.example.org/spice_auto.html", port: 80 }],
    ["https's own port", { baseUrl: "https://console.example.org/spice_auto.html", port: 443, tls }],
    ["TLS on the proxy", { baseUrl: "https://console.example.org:6082/spice_auto.html", tls }],
    ["a token in the socket's path", { baseUrl: "http://console.example.org:6082/spice_auto.html?path=websockify" }],
    [
      "a balancer that terminates TLS on its own port and path",
      { baseUrl: "https://example.org/spice/spice_auto.html?path=spice/websockify", behindLoadBalancer: true },
    ],
    [
      "a balancer that terminates TLS, from Stein on",
      { baseUrl: "https://example.org/spice_auto.html", behindLoadBalancer: true, release: Release.Stein },
    ],
    [
      "a balancer that passes TLS through, in any release",
      { baseUrl: "https://example.org/spice_auto.html", behindLoadBalancer: true, release: Release.Mitaka, tls },
    ],
    ["a name with an underscore, as browsers do", { baseUrl: "http://my_console.example.org:6082/spice_auto.html" }],
    ["a final dot", { baseUrl: "http://console.example.org.:6082/spice_auto.html" }],
    ["capital letters", { baseUrl: "http://Console.Example.ORG:6082/spice_auto.html" }],
    [
      "an IPv4 address and a proxy that listens on ::",
      { baseUrl: "http://192.0.2.11:6082/spice_auto.html", listenAddress: "::" },
    ],
    [
      "a proxy that listens on a host name",
      { baseUrl: "http://[2001:db8::11]:6082/spice_auto.html", listenAddress: "control-1" },
    ],
    [
      "a balancer in front of a proxy of another family, or of one on loopback",
      { baseUrl: "https://[2001:db8::5]/spice_auto.html", listenAddress: "127.0.0.1", behindLoadBalancer: true },
    ],
    ["origins by name and address", { allowedOrigins: ["dashboard.example.org", "192.0.2.80", "2001:db8::80"] }],
  ])("%s", (_, address) => {
    expect(checkProxy({ ...plain, ...address })).toEqual([]);
  });
});

describe("checkProxy refuses", () => {
  it("each part with its own path, all in one go", () => {
    expect(
      checkProxy(
        {
          baseUrl: "https://localhost:6082/spice_auto.html",
          listenAddress: "192.0.2.256",
          port: 65536,
          allowedOrigins: ["dashboard.example.org", "https://a.example", "a.example:443", "*"],
          tls: { certificate: "console.pem", key: "/etc/nova/schlüssel.key" },
        },
        "cells[1].proxy",
      ),
    ).toEqual([
      {
        path: "cells[1].proxy.baseUrl",
        reason:
          '"https://localhost:6082/spice_auto.html" names localhost, which is the user\'s own machine to a browser. ' +
          "Name the host or address under which users' browsers reach the proxy.",
      },
      {
        path: "cells[1].proxy.port",
        reason: "65536 is not a TCP port. Give a whole number from 1 to 65535, as a rule 6082.",
      },
      {
        path: "cells[1].proxy.listenAddress",
        reason:
          '"192.0.2.256" is neither an IP address nor a host name. Give 0.0.0.0 for every IPv4 address of the controller, or one address of it.',
      },
      ...[1, 2, 3].map((index) => ({
        path: `cells[1].proxy.allowedOrigins[${index}]`,
        reason: `It is not a host name. Nova compares the host alone: write it without scheme, port and path, like dashboard.example.org.`,
      })),
      {
        path: "cells[1].proxy.tls.certificate",
        reason:
          "It is not an absolute path. Give the path of a PEM file on the controllers, like /etc/nova/console.pem.",
      },
      {
        path: "cells[1].proxy.tls.key",
        reason: `It holds the character U+00FC at position 15. A value in nova.conf is one line of printable ASCII. Take the character out.`,
      },
    ]);
  });
});

describe("checkProxy refuses addresses that cannot meet", () => {
  const listen = (baseUrl: string, listenAddress: string, behindLoadBalancer = false) =>
    checkProxy({ ...plain, baseUrl: `http://${baseUrl}:6082/spice_auto.html`, listenAddress, behindLoadBalancer });
  const set = "or set behindLoadBalancer where one stands in front.";

  it.each([
    ["[2001:db8::5]", "0.0.0.0", "IPv6", "2001:db8::5", "::"],
    ["[2001:db8::5]", "192.0.2.11", "IPv6", "2001:db8::5", "::"],
    ["192.0.2.11", "2001:db8::11", "IPv4", "192.0.2.11", "0.0.0.0"],
  ])("a base URL with %s and a proxy on %s", (host, address, family, named, every) => {
    expect(listen(host, address)).toEqual([
      {
        path: "proxy.listenAddress",
        reason:
          `"${address}" is not ${family}, but the host of baseUrl is ${named}: no browser that opens it would reach the proxy. ` +
          `Give ${every} or an ${family} address of the controller, ${set}`,
      },
    ]);
    expect(listen(host, address, true)).toEqual([]);
  });

  it.each(["127.0.0.1", "::1", "localhost"])("a proxy on %s with nothing in front", (address) => {
    const errors = listen("console.example.org", address);
    expect(errors.map(({ path }) => path)).toEqual(["proxy.listenAddress"]);
    expect(errors[0]?.reason).toContain("is a loopback address, to which no browser can connect.");
    expect(listen("console.example.org", address, true)).toEqual([]);
  });

  it.each(["::ffff:192.0.2.11", "::192.0.2.11", "224.0.0.1", "ff02::1"])(
    "a proxy on %s, whatever is in front",
    (address) => {
      expect(listen("console.example.org", address, true).map(({ path }) => path)).toEqual(["proxy.listenAddress"]);
    },
  );

  it("sources that all are of another family than the proxy", () => {
    const sources = (...texts: readonly string[]) => parseCidrs(texts, "").value;
    const reasons = (texts: readonly string[], address: string) =>
      checkSourcesMeet(sources(...texts), address, "proxy.allowedSources").map(({ reason }) => reason);
    expect(reasons(["2001:db8::/32"], "0.0.0.0")).toEqual([
      "It names no IPv4 block, but the proxy listens on 0.0.0.0, so nobody could connect. " +
        "Name the IPv4 blocks of your users, or give :: as listenAddress, or [] for nobody.",
    ]);
    expect(reasons(["203.0.113.0/24"], "2001:db8::11").length).toBe(1);
    expect(reasons(["203.0.113.0/24"], "::")).toEqual([]);
    expect(reasons(["203.0.113.0/24", "2001:db8::/32"], "192.0.2.11")).toEqual([]);
    expect(reasons(["2001:db8::/32"], "control-1")).toEqual([]);
    expect(reasons([], "0.0.0.0")).toEqual([]);
    expect(checkSourcesMeet(undefined, "0.0.0.0", "")).toEqual([]);
  });
});
