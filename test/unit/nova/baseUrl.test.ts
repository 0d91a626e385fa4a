import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Release, checkBaseUrl, checkProxy } from "../../../nova";
import { plain, reasons, tls } from "../../support/proxy";
import { anyText } from "../../support/text";

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
