import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ProxyAddress, Release, checkBaseUrl, checkProxy } from "../../../nova";

const plain: ProxyAddress = {
  baseUrl: "http://console.example.org:6082/spice_auto.html",
  listenAddress: "0.0.0.0",
  port: 6082,
};

const tls = { certificate: "/etc/nova/console.pem", key: "/etc/nova/console.key" };

/** The reasons a base URL is refused, without the URL they begin with. */
const reasons = (address: Partial<ProxyAddress>) =>
  checkProxy({ ...plain, ...address }).map(({ path, reason }) => {
    expect(path).toBe("proxy.baseUrl");
    return reason.replace(/^"[^"]*" /, "");
  });

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
      "a balancer that ends TLS on its own port and path",
      { baseUrl: "https://example.org/spice/spice_auto.html?path=spice/websockify", behindLoadBalancer: true },
    ],
    [
      "a balancer that ends TLS, from Stein on",
      { baseUrl: "https://example.org/spice_auto.html", behindLoadBalancer: true, release: Release.Stein },
    ],
    [
      "a balancer that passes TLS through, in any release",
      { baseUrl: "https://example.org/spice_auto.html", behindLoadBalancer: true, release: Release.Mitaka, tls },
    ],
    ["origins by name and address", { allowedOrigins: ["dashboard.example.org", "192.0.2.80", "2001:db8::80"] }],
  ])("%s", (_, address) => {
    expect(checkProxy({ ...plain, ...address })).toEqual([]);
  });
});

describe("checkProxy refuses", () => {
  it.each([
    "",
    "console",
    "console.example.org:6082",
    "http://",
    "http:///x",
    "http:console",
    "http://h:99999/",
    "javascript:alert(1)",
  ])("what is no absolute URL: %j", (baseUrl) => {
    expect(reasons({ baseUrl })).toEqual([
      "is not an absolute URL. Write it like http://console.example.org:6082/spice_auto.html.",
    ]);
  });

  it.each(["ftp", "ws", "wss", "spice"])("the scheme %s", (scheme) => {
    expect(reasons({ baseUrl: `${scheme}://console.example.org:6082/spice_auto.html` })).toEqual([
      "is neither http nor https, by which a browser opens consoles. Write it like http://console.example.org:6082/spice_auto.html.",
    ]);
  });

  it.each([
    ["localhost", "localhost"],
    ["console.localhost", "console.localhost"],
    // The rest of the kind of row D28 of the trial.
    ["localhost.", "localhost."],
    ["LOCALHOST", "localhost"],
    ["console.localhost.", "console.localhost."],
    ["localhost.localdomain", "localhost.localdomain"],
    ["localhost6", "localhost6"],
    ["ip6-localhost", "ip6-localhost"],
    ["127.0.0.1", "127.0.0.1"],
    ["127.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["[::1]", "::1"],
    ["[::ffff:127.0.0.1]", "::ffff:7f00:1"],
  ])("the loopback host %s", (host, named) => {
    expect(reasons({ baseUrl: `http://${host}:6082/spice_auto.html` })).toEqual([
      `names ${named}, which is the user's own machine to a browser. Name the host or address under which users' browsers reach the proxy.`,
    ]);
  });

  it.each([
    ["0.0.0.0", "0.0.0.0"],
    ["0", "0.0.0.0"],
    ["[::]", "::"],
  ])("the wildcard host %s", (host, named) => {
    expect(reasons({ baseUrl: `http://${host}:6082/spice_auto.html` })).toEqual([
      `names ${named}, an address to listen on that no browser can open. Name the host or address under which users' browsers reach the proxy.`,
    ]);
  });

  it("a host that is none", () => {
    expect(reasons({ baseUrl: "http://my_console:6082/spice_auto.html" })).toEqual([
      'names "my_console", which is no host name. Name the host or address under which users\' browsers reach the proxy.',
    ]);
  });

  it("another port than the proxy's", () => {
    const rule = (named: number, port: number) =>
      `leads to port ${named}, but the proxy listens on ${port}. Make the two agree, or set behindLoadBalancer where one listens on ${named}.`;
    expect(reasons({ baseUrl: "http://console.example.org/spice_auto.html" })).toEqual([rule(80, 6082)]);
    expect(reasons({ baseUrl: "https://console.example.org/spice_auto.html", tls })).toEqual([rule(443, 6082)]);
    expect(reasons({ port: 6083 })).toEqual([rule(6082, 6083)]);
  });

  it("another page, and a path that only a balancer can map", () => {
    const page = "does not end in /spice_auto.html, the page that opens SPICE consoles. Write its path so.";
    for (const path of ["", "/", "/vnc_lite.html", "/spice_auto.html/", "/Spice_auto.html"]) {
      expect(reasons({ baseUrl: `http://console.example.org:6082${path}` })).toEqual([page]);
      expect(reasons({ baseUrl: `http://console.example.org:6082${path}`, behindLoadBalancer: true })).toEqual([page]);
    }
    expect(reasons({ baseUrl: "http://console.example.org:6082/spice/spice_auto.html" })).toEqual([
      'has the path "/spice/spice_auto.html", but the proxy serves /spice_auto.html. Write that, or set behindLoadBalancer where one maps the path.',
    ]);
  });

  it("a user name and password, without repeating them", () => {
    const faults = checkProxy({ ...plain, baseUrl: "http://root:hunter2@console.example.org:6082/spice_auto.html" });
    expect(faults).toEqual([
      {
        path: "proxy.baseUrl",
        reason:
          '"http://***@console.example.org:6082/spice_auto.html" has a user name or password, which every user of a console would see. Take it out.',
      },
    ]);
  });

  it("a query other than path=, and a fragment", () => {
    for (const query of ["?", "?token=1", "?path=", "?path=a&x=1", "?x"]) {
      expect(reasons({ baseUrl: `${plain.baseUrl}${query}` })).toEqual([
        "has a query other than path=, and the page heeds no other before the ?token= that Nova adds. Take it out.",
      ]);
    }
    for (const fragment of ["#", "#top"]) {
      expect(reasons({ baseUrl: `${plain.baseUrl}${fragment}` })).toEqual([
        "has a fragment, and Nova would put the token behind it, where a browser does not look. Take out the # and what follows.",
      ]);
    }
  });

  it("https where nothing ends TLS, and http where the proxy does", () => {
    expect(reasons({ baseUrl: "https://console.example.org:6082/spice_auto.html" })).toEqual([
      "is https, but nothing ends TLS. Give the proxy a certificate (tls), or set behindLoadBalancer where one ends it and sends X-Forwarded-Proto.",
    ]);
    expect(reasons({ tls })).toEqual(["is http, but the proxy has a certificate. Write https."]);
  });

  it("TLS that ends at a balancer before Stein, which would refuse every console", () => {
    const address = {
      baseUrl: "https://example.org/spice_auto.html",
      behindLoadBalancer: true,
      release: Release.Rocky,
    };
    expect(reasons(address)).toEqual([
      "is https and TLS ends at the load balancer, but Nova heeds X-Forwarded-Proto only from Stein (19.0.0) on, " +
        "so the proxy of Rocky would refuse every console. Give the proxy a certificate too (tls).",
    ]);
  });

  it("a URL longer than Nova's database keeps", () => {
    const url = (length: number) => {
      const shell = "http://console.example.org:6082//spice_auto.html";
      return shell.replace("6082//", `6082/${"a".repeat(length - shell.length)}/`);
    };
    expect(reasons({ baseUrl: url(255), behindLoadBalancer: true })).toEqual([]);
    expect(reasons({ baseUrl: url(256), behindLoadBalancer: true })).toEqual([
      "has 256 characters, and Nova keeps at most 255 in its database. Shorten it.",
    ]);
  });

  it("characters that cannot stand in nova.conf", () => {
    expect(checkProxy({ ...plain, baseUrl: `${plain.baseUrl}\n` })).toEqual([
      {
        path: "proxy.baseUrl",
        reason: String.raw`"http://console.example.org:6082/spice_auto.html\n" holds the character U+000A at position 48. A value in nova.conf is one line of printable ASCII. Take the character out.`,
      },
    ]);
  });

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
      ...["https://a.example", "a.example:443", "*"].map((origin, index) => ({
        path: `cells[1].proxy.allowedOrigins[${index + 1}]`,
        reason: `"${origin}" is not a host name. Nova compares the host alone: write it without scheme, port and path, like dashboard.example.org.`,
      })),
      {
        path: "cells[1].proxy.tls.certificate",
        reason:
          '"console.pem" is not an absolute path. Give the path of a PEM file on the controllers, like /etc/nova/console.pem.',
      },
      {
        path: "cells[1].proxy.tls.key",
        reason: String.raw`"/etc/nova/schl\u00fcssel.key" holds the character U+00FC at position 15. A value in nova.conf is one line of printable ASCII. Take the character out.`,
      },
    ]);
  });

  it("any text that is no URL without throwing, in printable words", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl()), (baseUrl) => {
        for (const { reason } of checkProxy({ ...plain, baseUrl })) {
          expect(reason).toMatch(/^[\x20-\x7e]+\.$/);
        }
      }),
    );
  });
});

describe("checkBaseUrl", () => {
  it("compares nothing with a proxy that is not known", () => {
    const baseUrl = "https://console.example.org/spice_auto.html";
    expect(checkBaseUrl({ baseUrl, behindLoadBalancer: true }, "html5proxyBaseUrl")).toEqual([]);
    expect(checkBaseUrl({ baseUrl: "http://h:1/spice_auto.html" }, "html5proxyBaseUrl")).toEqual([]);
    expect(checkBaseUrl({ baseUrl: "http://h:1/" }, "html5proxyBaseUrl").map(({ path }) => path)).toEqual([
      "html5proxyBaseUrl",
    ]);
  });
});
