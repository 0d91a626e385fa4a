import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reasons } from "../../support/proxy";

const reach = "Name the host or address under which users' browsers reach the proxy.";

/** What is wrong with a base URL of a host. */
const ofHost = (host: string) => reasons({ baseUrl: `http://${host}:6082/spice_auto.html` });

const refusesLoopback = (host: string, named: string) => {
  expect(ofHost(host)).toEqual([`names ${named}, which is the user's own machine to a browser. ${reach}`]);
};

const refusesWildcard = (host: string, named: string) => {
  expect(ofHost(host)).toEqual([`names ${named}, an address to listen on that no browser can open. ${reach}`]);
};

describe("checkProxy refuses", () => {
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
  ])("the loopback host %s", refusesLoopback);

  it.each([
    ["0.0.0.0", "0.0.0.0"],
    ["0", "0.0.0.0"],
    ["[::]", "::"],
  ])("the wildcard host %s", refusesWildcard);

  it.each(["-console", "console-.example.org", "a".repeat(64), "console..example.org", "con,sole"])(
    "a host that is none: %s",
    (host) => {
      expect(ofHost(host)).toEqual([`names no host. ${reach}`]);
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
  ])("the loopback host in the spelling %s", refusesLoopback);

  it.each([
    ["0x0", "0.0.0.0"],
    ["00.0", "0.0.0.0"],
    ["[::ffff:0.0.0.0]", "::ffff:0:0"],
  ])("the wildcard host in the spelling %s", refusesWildcard);

  it.each([
    ["010.0.0.1", '"010.0.0.1"', "8.0.0.1"],
    ["192.0.2.011", '"192.0.2.011"', "192.0.2.9"],
    ["0xc0000201", '"0xc0000201"', "192.0.2.1"],
    ["3221225985", '"3221225985"', "192.0.2.1"],
    ["192.0.513", '"192.0.513"', "192.0.2.1"],
    ["%31%39%32.0.2.1", "a host", "192.0.2.1"],
    ["192.0.2.1.", '"192.0.2.1."', "192.0.2.1"],
  ])("an IPv4 address that a browser reads as another text: %s", (host, written, read) => {
    expect(ofHost(host)).toEqual([
      `names ${written}, which is read as ${read}. Write ${read}, if that is what is meant.`,
    ]);
  });

  it.each(["[::ffff:192.0.2.1]", "[::ffff:c000:201]", "[0::FFFF:192.0.2.1]", "[::192.0.2.1]"])(
    "IPv4 written as IPv6: %s",
    (host) => {
      expect(ofHost(host)).toEqual([
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
        expect(ofHost(text)[0]).toMatch(/^names 127\./);
      }),
    );
  });
});
