import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkComputeMeets,
  checkServerListen,
  checkServerProxyclientAddress,
  defaultServerListen,
  isDnsName,
  isHostName,
  parseCidrs,
} from "../../../nova";

/** What is no name, neither of a host nor in DNS. */
const neither = ["", ".", "a..b", "-a", "a-", "192.0.2.256", "0x7f000001", "a b", "a:1", "a".repeat(64)];

describe("isHostName", () => {
  it.each(["a", "control-1", "console.example.org", "console.example.org.", "1.example", "a".repeat(63)])(
    "takes %s",
    (text) => {
      expect(isHostName(text)).toBe(true);
    },
  );

  it.each([...neither, "a_b", "a.1", "a.0x1", "*", "ä", "a.".repeat(127)])("refuses %j", (text) => {
    expect(isHostName(text)).toBe(false);
  });
});

describe("isDnsName", () => {
  it.each(["compute_01.example.com", "a", "_sip._tcp.example.org", "a_", "control-1.example.org.", "_"])(
    "takes %s",
    (text) => {
      expect(isDnsName(text)).toBe(true);
    },
  );

  it.each([...neither, "a.0X", "ops@a", "\u00e4"])("refuses %j", (text) => {
    expect(isDnsName(text)).toBe(false);
  });

  it("takes every host name that oslo.config takes", () => {
    fc.assert(
      fc.property(fc.domain(), (text) => {
        fc.pre(isHostName(text));
        expect(isDnsName(text)).toBe(true);
      }),
    );
  });
});

describe("checkComputeMeets", () => {
  const sources = (...texts: readonly string[]) => parseCidrs(texts, "").value;
  const errors = (listen: string, target: string, ...from: readonly string[]) =>
    checkComputeMeets(listen, target, sources(...from), "computes[0].").map(({ path, reason }) => `${path}: ${reason}`);

  it.each([
    ["198.51.100.21", "198.51.100.21"],
    ["0.0.0.0", "198.51.100.21"],
    ["::", "198.51.100.21"],
    ["::", "2001:db8::21"],
    ["2001:db8::21", "2001:DB8:0::21"],
  ])("takes servers on %s for proxies that connect to %s", (listen, target) => {
    expect(errors(listen, target)).toEqual([]);
  });

  it("refuses servers of another family than the address that the proxies connect to", () => {
    expect(errors("198.51.100.21", "2001:db8::21")).toEqual([
      "computes[0].serverListen: 198.51.100.21 is not IPv6, but the proxies connect to serverProxyclientAddress, 2001:db8::21. " +
        "Leave it out, or give an IPv6 address of this compute, or :: with serverListenEverywhere.",
    ]);
    expect(errors("0.0.0.0", "2001:db8::21").length).toBe(1);
    expect(errors("2001:db8::21", "198.51.100.21")[0]).toContain("or 0.0.0.0 with serverListenEverywhere.");
  });

  it("refuses sources that all are of another family", () => {
    expect(errors("2001:db8::21", "2001:db8::21", "198.51.100.11")).toEqual([
      "computes[0].proxySourceAddresses: It names no IPv6 address, but the proxies connect to 2001:db8::21, where they come from one: they would be shut out. " +
        "Name the IPv6 addresses that they come from.",
    ]);
    expect(errors("2001:db8::21", "2001:db8::21", "198.51.100.11", "2001:db8::11")).toEqual([]);
  });
});

describe("defaultServerListen", () => {
  it("is what the proxies connect to, or every address of its family", () => {
    expect(defaultServerListen("198.51.100.21", false)).toBe("198.51.100.21");
    expect(defaultServerListen("198.51.100.21", true)).toBe("0.0.0.0");
    expect(defaultServerListen("2001:db8::21", true)).toBe("::");
  });
});

const proxyclientRemedy =
  "Give the address of this compute that the console proxies reach, such as its management address.";
const listenRemedy =
  "Give the address of this compute that the console proxies reach, as a rule the same as serverProxyclientAddress.";
const everywhere = " Where a firewall closes the ports to all but the proxies, set serverListenEverywhere.";

describe("checkServerProxyclientAddress", () => {
  const path = "computes[2].serverProxyclientAddress";

  it("takes an address that a proxy can connect to", () => {
    expect(
      ["198.51.100.21", "2001:db8::21"].flatMap((address) => checkServerProxyclientAddress(address, path)),
    ).toEqual([]);
  });

  it.each([
    ["compute-1", "It is not an IP address, and Nova hands it to the proxies as it is."],
    ["", '"" is not an IP address, and Nova hands it to the proxies as it is.'],
    ["0.0.0.0", '"0.0.0.0" stands for every address and cannot be connected to.'],
    ["127.0.0.1", '"127.0.0.1" is a loopback address: each proxy would connect to itself.'],
    ["::ffff:198.51.100.21", '"::ffff:198.51.100.21" is IPv4 written as IPv6. Write 198.51.100.21.'],
    ["ff02::1", '"ff02::1" is a multicast or broadcast address, which is no node\'s own.'],
    ["fe80::1", '"fe80::1" is a link-local address, which means nothing without the name of a link.'],
    ["::1", '"::1" is a loopback address: each proxy would connect to itself.'],
  ])("refuses %j", (address, fact) => {
    expect(checkServerProxyclientAddress(address, path)).toEqual([{ path, reason: `${fact} ${proxyclientRemedy}` }]);
  });
});

describe("checkServerListen", () => {
  const path = "computes[0].serverListen";

  it("takes an address, and every address where that is said", () => {
    expect(checkServerListen("198.51.100.21", path)).toEqual([]);
    expect(["0.0.0.0", "::"].flatMap((address) => checkServerListen(address, path, true))).toEqual([]);
  });

  it.each([
    ["compute-1", "It is not an IP address, and QEMU is to listen on one.", ""],
    [
      "0.0.0.0",
      '"0.0.0.0" listens on every address of this compute, and SPICE consoles in Nova have no password.',
      everywhere,
    ],
    ["::", '"::" listens on every address of this compute, and SPICE consoles in Nova have no password.', everywhere],
    ["::ffff:198.51.100.21", '"::ffff:198.51.100.21" is IPv4 written as IPv6. Write 198.51.100.21.', ""],
    ["224.0.0.1", '"224.0.0.1" is a multicast or broadcast address, which is no node\'s own.', ""],
    ["127.0.0.1", '"127.0.0.1" is a loopback address: no proxy on another node could connect.', ""],
  ])("refuses %j", (address, fact, more) => {
    expect(checkServerListen(address, path)).toEqual([{ path, reason: `${fact} ${listenRemedy}${more}` }]);
  });

  it("refuses a loopback address and a host name whatever is said about every address", () => {
    expect(["127.0.0.1", "compute-1"].map((address) => checkServerListen(address, path, true).length)).toEqual([1, 1]);
  });
});
