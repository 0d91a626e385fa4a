import { describe, expect, it } from "vitest";
import { checkConsolePorts, consoleSources, defaultConsolePorts } from "../../../nova";

const noPort =
  "is no port of a guest's console. Give a whole number from 5900 to 49151: libvirt has no consoles below, and live migrations above.";

describe("checkConsolePorts", () => {
  it.each([defaultConsolePorts, { first: 5900, last: 5900 }, { first: 6000, last: 49151 }])("takes %j", (range) => {
    expect(checkConsolePorts(range, "r")).toEqual([]);
  });

  it.each([
    [{ first: 5899, last: 5999 }, [["r.first", `5899 ${noPort}`]]],
    [{ first: 5900, last: 49152 }, [["r.last", `49152 ${noPort}`]]],
    [
      { first: 5900.5, last: NaN },
      [
        ["r.first", `5900.5 ${noPort}`],
        ["r.last", `NaN ${noPort}`],
      ],
    ],
    [{ first: 6000, last: 5999 }, [["r.last", "5999 is before port 6000. Give the last port of the range."]]],
  ])("refuses %j", (range, errors) => {
    expect(checkConsolePorts(range, "r").map(({ path, reason }) => [path, reason])).toEqual(errors);
  });
});

describe("consoleSources", () => {
  it("names each canonical block once, sorted", () => {
    const given = {
      proxySourceAddresses: ["203.0.113.9", "2001:DB8::1"],
      extraConsoleSources: ["198.51.100.0/24", "203.0.113.9/32"],
    };
    expect(consoleSources(given).value).toEqual(["198.51.100.0/24", "2001:db8::1/128", "203.0.113.9/32"]);
  });

  it("reports sources that are not given", () => {
    expect(consoleSources({})).toEqual({ value: undefined, errors: [] });
    expect(consoleSources({ extraConsoleSources: [] })).toEqual({ value: undefined, errors: [] });
    expect(consoleSources({ proxySourceAddresses: [], extraConsoleSources: ["203.0.113.9"] }).value).toEqual([
      "203.0.113.9/32",
    ]);
  });

  it.each([
    [
      { proxySourceAddresses: ["all"], extraConsoleSources: ["203.0.113.9/33"] },
      ["n.proxySourceAddresses[0]", "n.extraConsoleSources[0]"],
    ],
    [{ proxySourceAddresses: ["0.0.0.0/0"] }, ["n.proxySourceAddresses"]],
    [{ proxySourceAddresses: ["203.0.113.9"], extraConsoleSources: ["::/0"] }, ["n.extraConsoleSources"]],
    [{ proxySourceAddresses: [] }, ["n.proxySourceAddresses"]],
    [{ extraConsoleSources: ["203.0.113.9"] }, ["n.proxySourceAddresses"]],
  ])("refuses %j", (given, paths) => {
    expect(consoleSources(given, "n.").errors.map(({ path }) => path)).toEqual(paths);
  });
});
