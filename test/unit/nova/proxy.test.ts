import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ProxyAddress, Release, checkBaseUrl, checkProxy, checkSourcesMeet, parseCidrs } from "../../../nova";
import { anyText } from "../../support/text";

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
    return reason.replace(/^("[^"]*"|It) /, "");
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

  it.each(["-console", "console-.example.org", "a".repeat(64), "console..example.org", "con,sole"])(
    "a host that is none: %s",
    (host) => {
      expect(reasons({ baseUrl: `http://${host}:6082/spice_auto.html` })).toEqual([
        "names no host. Name the host or address under which users' browsers reach the proxy.",
      ]);
    },
  );

  it.each([
    ["localhost.", "localhost."],
    ["LocalHost", "localhost"],
    ["a.LOCALHOST.", "a.localhost."],
    ["localhost.localdomain", "localhost.localdomain"],
    ["localhost4", "localhost4"],
    ["localhost6.localdomain6", "localhost6.localdomain6"],
    ["ip6-localhost", "ip6-localhost"],
    ["127.0.0.1.", "127.0.0.1"],
    ["127.0.0.2", "127.0.0.2"],
    ["0177.0.0.1", "127.0.0.1"],
    ["0x7f.1", "127.0.0.1"],
    ["0x7F000001", "127.0.0.1"],
    ["017700000001", "127.0.0.1"],
    ["%6cocalhost", "localhost"],
    ["[0:0:0:0:0:0:0:1]", "::1"],
    ["[::127.0.0.1]", "::7f00:1"],
    ["[::ffff:7f00:1]", "::ffff:7f00:1"],
  ])("the loopback host in the spelling %s", (host, named) => {
    expect(reasons({ baseUrl: `http://${host}:6082/spice_auto.html` })).toEqual([
      `names ${named}, which is the user's own machine to a browser. Name the host or address under which users' browsers reach the proxy.`,
    ]);
  });

  it.each([
    ["0x0", "0.0.0.0"],
    ["00.0", "0.0.0.0"],
    ["[::ffff:0.0.0.0]", "::ffff:0:0"],
  ])("the wildcard host in the spelling %s", (host, named) => {
    expect(reasons({ baseUrl: `http://${host}:6082/spice_auto.html` })).toEqual([
      `names ${named}, an address to listen on that no browser can open. Name the host or address under which users' browsers reach the proxy.`,
    ]);
  });

  it.each([
    ["010.0.0.1", '"010.0.0.1"', "8.0.0.1"],
    ["192.0.2.011", '"192.0.2.011"', "192.0.2.9"],
    ["0xc0000201", '"0xc0000201"', "192.0.2.1"],
    ["3221225985", '"3221225985"', "192.0.2.1"],
    ["192.0.513", '"192.0.513"', "192.0.2.1"],
    ["%31%39%32.0.2.1", "a host", "192.0.2.1"],
    ["192.0.2.1.", '"192.0.2.1."', "192.0.2.1"],
  ])("an IPv4 address that a browser reads as another text: %s", (host, written, read) => {
    expect(reasons({ baseUrl: `http://${host}:6082/spice_auto.html` })).toEqual([
      `names ${written}, which is read as ${read}. Write ${read}, if that is what is meant.`,
    ]);
  });

  it.each(["[::ffff:192.0.2.1]", "[::ffff:c000:201]", "[0::FFFF:192.0.2.1]", "[::192.0.2.1]"])(
    "IPv4 written as IPv6: %s",
    (host) => {
      expect(reasons({ baseUrl: `http://${host}:6082/spice_auto.html` })).toEqual([
        expect.stringMatching(/^names 192\.0\.2\.1 as an IPv6 address \(.*\)\. Write 192\.0\.2\.1\.$/),
      ]);
    },
  );

  it.each(["224.0.0.1", "255.255.255.255", "[ff02::1]", "[fe80::1]"])("an address that is nobody's: %s", (host) => {
    expect(reasons({ baseUrl: `http://${host}:6082/spice_auto.html`, behindLoadBalancer: true })).toEqual([
      expect.stringMatching(/^names \S+, a \S+ .*address that no browser can open\. /),
    ]);
  });

  it("every spelling of a loopback address, however many parts it has and whatever their base", () => {
    const spelt = (number: number) => fc.constantFrom(10, 8, 16).map((base) => prefix(base) + number.toString(base));
    const prefix = (base: number) => ({ 8: "0", 16: "0x" })[base] ?? "";
    const host = fc.nat(0xffffff).chain((rest) =>
      fc.oneof(
        spelt(0x7f000000 + rest),
        fc.tuple(spelt(127), spelt(rest)).map((parts) => parts.join(".")),
        fc.tuple(spelt(127), spelt(rest >> 16), spelt(rest & 0xffff)).map((parts) => parts.join(".")),
      ),
    );
    fc.assert(
      fc.property(host, (text) => {
        expect(reasons({ baseUrl: `http://${text}:6082/spice_auto.html` })[0]).toMatch(/^names 127\./);
      }),
    );
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
    const errors = checkProxy({ ...plain, baseUrl: "http://root:hunter2@console.example.org:6082/spice_auto.html" });
    expect(errors).toEqual([
      {
        path: "proxy.baseUrl",
        reason: "It has a user name or password, which every user of a console would see. Take it out.",
      },
    ]);
  });

  it.each([
    "https://hunter2@console.example.org/",
    "https:hunter2:x@console.example.org/",
    "https:\\\\root:hunter2@console.example.org/",
    "HTTPS:/root:hunter2@console.example.org/",
    "//root:hunter2@console.example.org/",
    "https://root:hunter2@",
    "https://root:hunter2@localhost:6082/spice_auto.html#x?y",
    "http://hunter2 x/",
    "hunter2",
    "http://console.example.org:6082/spice_auto.html?token=hunter2",
    "http://console.example.org:6082/spice_auto.html#hunter2",
    "-----BEGIN OPENSSH PRIVATE KEY-----hunter2",
    "http://console.example.org:hunter2/spice_auto.html",
  ])("a secret in it, without a word of it: %s", (baseUrl) => {
    const errors = checkProxy({ ...plain, baseUrl });
    expect(errors.map(({ path }) => path)).toContain("proxy.baseUrl");
    expect(JSON.stringify(errors)).not.toContain("hunter2");
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

  it("https where nothing terminates TLS, and http where the proxy does", () => {
    expect(reasons({ baseUrl: "https://console.example.org:6082/spice_auto.html" })).toEqual([
      "is https, but nothing terminates TLS. Give the proxy a certificate (tls), or set behindLoadBalancer where one terminates it and sends X-Forwarded-Proto.",
    ]);
    expect(reasons({ tls })).toEqual(["is http, but the proxy has a certificate. Write https."]);
  });

  it("TLS that is terminated at a balancer before Stein, which would refuse every console", () => {
    const address = {
      baseUrl: "https://example.org/spice_auto.html",
      behindLoadBalancer: true,
      release: Release.Rocky,
    };
    expect(reasons(address)).toEqual([
      "is https and TLS is terminated at the load balancer, but Nova heeds X-Forwarded-Proto only from Stein (19.0.0) on, " +
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
        reason: `It holds the character U+000A at position 48. A value in nova.conf is one line of printable ASCII. Take the character out.`,
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

  it("any text that is no URL without throwing, in printable words", () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), fc.webUrl()), (baseUrl) => {
        for (const { reason } of checkProxy({ ...plain, baseUrl })) {
          expect(reason).toMatch(/^[\x20-\x7e]+\.$/);
        }
      }),
    );
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
