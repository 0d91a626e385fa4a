import { describe, expect, it } from "vitest";
import { Release, Role, checkGuestConsole, releases, takesTokenTtl } from "../../../nova";

describe("checkGuestConsole", () => {
  it("takes what agrees", () => {
    expect(checkGuestConsole({})).toEqual([]);
    expect(checkGuestConsole({ requireSecure: false })).toEqual([]);
    expect(
      checkGuestConsole({
        requireSecure: true,
        nativeClientsOnly: true,
        spiceDirectProxyBaseUrl: "https://kerbside.example.org:13002/nova-console.vv",
        compression: { preset: "video" },
      }),
    ).toEqual([]);
  });

  it("refuses TLS to guests where users have HTML5 consoles", () => {
    expect(checkGuestConsole({ requireSecure: true }, "computes[0].")).toEqual([
      {
        path: "computes[0].requireSecure",
        reason:
          "It is true, and the guest then refuses nova-spicehtml5proxy, which speaks plain SPICE to it: every HTML5 console would stop. " +
          "Take it out, or say nativeClientsOnly where users have native clients alone.",
      },
    ]);
  });

  it.each([
    ["", '"" is no http or https URL. Write it like https://kerbside.example.org:13002/nova.'],
    ["kerbside.example.org", "It is no http or https URL. Write it like"],
    ["spice://kerbside.example.org/nova", '"spice://kerbside.example.org/nova" is no http or https URL.'],
    ["http://127.0.0.1:13002/nova", "names 127.0.0.1, which is the user's own machine to a browser."],
    ["http://0.0.0.0:13002/nova", "names 0.0.0.0, an address to listen on"],
    ["https://a:secret@kerbside.example.org/nova", "It has a user name or password"],
    ["https:secret@kerbside.example.org", "It has a user name or password"],
    ["https://kerbside.example.org/?secret", "It has a query or fragment"],
    ["secret words", "It is no http or https URL."],
    ["https://localhost.:13002/nova", "names localhost., which is the user's own machine to a browser."],
    ["https://010.0.0.1/nova", 'names "010.0.0.1", which is read as 8.0.0.1. Write 8.0.0.1, if that is what is meant.'],
    ["https://[::ffff:192.0.2.1]/nova", "names 192.0.2.1 as an IPv6 address"],
    ["https://kerbside.example.org/nova?x=1", "has a query or fragment, and Nova would put ?token= behind it."],
    ["https://kerbside.example.org/nova#x", "has a query or fragment"],
    [`https://kerbside.example.org/${"n".repeat(230)}`, "has 259 characters, and Nova keeps at most 255"],
    ["https://kerbside.example.org/\u00fc", "holds the character U+00FC"],
  ])("refuses %j for native clients", (spiceDirectProxyBaseUrl, reason) => {
    const errors = checkGuestConsole({ spiceDirectProxyBaseUrl });
    expect(errors.map(({ path }) => path)).toEqual(["spiceDirectProxyBaseUrl"]);
    expect(errors[0]?.reason).toContain(reason);
    expect(errors[0]?.reason).not.toContain("secret");
  });

  it("refuses a preset that is none", () => {
    expect(checkGuestConsole({ compression: { preset: "games" } })).toEqual([
      { path: "compression.preset", reason: '"games" is no preset. Give one of video.' },
    ]);
  });
});

describe("takesTokenTtl", () => {
  it("is a controller's option up to Stein and a compute's from Rocky on, and a compute's where the release is not known", () => {
    const taking = (role: Role) => releases.filter((release) => takesTokenTtl(role, release));
    expect(taking(Role.Controller)).toEqual([13, 14, 15, 16, 17, 18, 19]);
    expect(taking(Role.Compute)).toEqual(releases.filter((release) => release >= Release.Rocky));
    expect([Role.Controller, Role.Compute].map((role) => takesTokenTtl(role, undefined))).toEqual([false, true]);
  });
});
