import { describe, expect, it } from "vitest";
import { checkServerListen, checkServerProxyclientAddress, isHostName } from "../../../nova";

describe("isHostName", () => {
  it.each(["a", "control-1", "console.example.org", "console.example.org.", "1.example", "a".repeat(63)])(
    "takes %s",
    (text) => {
      expect(isHostName(text)).toBe(true);
    },
  );

  it.each([
    "",
    ".",
    "a..b",
    "-a",
    "a-",
    "a_b",
    "192.0.2.256",
    "a.1",
    "a b",
    "a:1",
    "*",
    "ä",
    "a".repeat(64),
    "a.".repeat(127),
  ])("refuses %j", (text) => {
    expect(isHostName(text)).toBe(false);
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
    ["compute-1", '"compute-1" is not an IP address, and Nova hands it to the proxies as it is.'],
    ["", '"" is not an IP address, and Nova hands it to the proxies as it is.'],
    ["0.0.0.0", '"0.0.0.0" stands for every address and cannot be connected to.'],
    ["127.0.0.1", '"127.0.0.1" is a loopback address: each proxy would connect to itself.'],
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
    ["compute-1", '"compute-1" is not an IP address, and QEMU is to listen on one.', ""],
    [
      "0.0.0.0",
      '"0.0.0.0" listens on every address of this compute, and SPICE consoles in Nova have no password.',
      everywhere,
    ],
    ["::", '"::" listens on every address of this compute, and SPICE consoles in Nova have no password.', everywhere],
    ["127.0.0.1", '"127.0.0.1" is a loopback address: no proxy on another node could connect.', ""],
  ])("refuses %j", (address, fact, more) => {
    expect(checkServerListen(address, path)).toEqual([{ path, reason: `${fact} ${listenRemedy}${more}` }]);
  });

  it("refuses a loopback address and a host name whatever is said about every address", () => {
    expect(["127.0.0.1", "compute-1"].map((address) => checkServerListen(address, path, true).length)).toEqual([1, 1]);
  });
});
