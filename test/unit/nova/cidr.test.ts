import { isIP } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Ethertype,
  canonicalAddress,
  checkClosing,
  embeddedIpv4,
  isIpLiteral,
  isLoopback,
  isWildcard,
  parseCidr,
  parseCidrs,
} from "../../../nova";

const reasonOf = (text: string) => parseCidr(text, "at").errors.map(({ reason }) => reason);

const ipv4Cidr = fc.tuple(fc.nat({ max: 32 }), fc.nat(0xffffffff)).map(([prefix, bits]) => {
  const network = prefix === 0 ? 0 : (bits & (-1 << (32 - prefix))) >>> 0;
  return `${[24, 16, 8, 0].map((shift) => (network >>> shift) & 255).join(".")}/${prefix}`;
});

describe("parseCidr", () => {
  it.each([
    ["203.0.113.0/24", "203.0.113.0/24", Ethertype.IPv4, "203-0-113-0-24"],
    ["192.0.2.7", "192.0.2.7/32", Ethertype.IPv4, "192-0-2-7-32"],
    ["0.0.0.0/0", "0.0.0.0/0", Ethertype.IPv4, "0-0-0-0-0"],
    ["2001:DB8:0:0::/32", "2001:db8::/32", Ethertype.IPv6, "2001-db8---32"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1/128", Ethertype.IPv6, "2001-db8-0-1-1-1-1-1-128"],
    ["::/0", "::/0", Ethertype.IPv6, "---0"],
    ["::1", "::1/128", Ethertype.IPv6, "--1-128"],
  ])("reads %s as %s", (text, canonical, ethertype, slug) => {
    expect(parseCidr(text, "at")).toEqual({
      value: { text: canonical, ethertype, slug, everyone: canonical.endsWith("/0") },
      errors: [],
    });
  });

  it.each([
    "",
    "x",
    "10.0.0.0/8/8",
    "fe80::1%eth0",
    "010.0.0.1",
    "[::1]",
    " 10.0.0.1",
    "10.1/16",
    "10.0.0.1\n",
    "host.example/24",
  ])("refuses what is no block: %j", (text) => {
    expect(parseCidr(text, "proxy.allowedSources[0]")).toEqual({
      value: undefined,
      errors: [
        {
          path: "proxy.allowedSources[0]",
          reason: `${/^[\da-f./]*$/.test(text) ? JSON.stringify(text) : "It"} is not a CIDR block. Write an address and a prefix length, such as 203.0.113.0/24 or 2001:db8::/32.`,
        },
      ],
    });
  });

  it("refuses a prefix length that is none, and names the range", () => {
    for (const prefix of ["33", "", "-1", "x", "8 "]) {
      expect(reasonOf(`10.0.0.0/${prefix}`)).toEqual([
        `${/^\d*$/.test(prefix) ? `"10.0.0.0/${prefix}"` : "It"} has no prefix length of an IPv4 block. Give a whole number from 0 to 32 after the slash.`,
      ]);
    }
    expect(reasonOf("::/129")).toEqual([
      '"::/129" has no prefix length of an IPv6 block. Give a whole number from 0 to 128 after the slash.',
    ]);
  });

  it("refuses bits to the right of the prefix, and names the block and the address", () => {
    expect(reasonOf("10.0.0.1/24")).toEqual([
      '"10.0.0.1/24" has bits set to the right of its prefix length. Write 10.0.0.0/24 for the block, or 10.0.0.1 for the one address.',
    ]);
    expect(reasonOf("2001:DB8::1/64")).toEqual([
      '"2001:DB8::1/64" has bits set to the right of its prefix length. Write 2001:db8::/64 for the block, or 2001:db8::1 for the one address.',
    ]);
  });

  it.each([
    ["::ffff:192.0.2.0/120", "192.0.2.0/24"],
    ["::ffff:c000:200/120", "192.0.2.0/24"],
    ["::FFFF:C000:0200/120", "192.0.2.0/24"],
    ["0:0:0:0:0:ffff:192.0.2.0/120", "192.0.2.0/24"],
    ["0000:0000:0000:0000:0000:ffff:c000:0200/120", "192.0.2.0/24"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7/128", "192.0.2.7"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
    ["::192.0.2.0/120", "192.0.2.0/24"],
    ["::c000:200/120", "192.0.2.0/24"],
  ])("refuses IPv4 written as IPv6, and gives the IPv4 form: %s", (text, plain) => {
    expect(reasonOf(text)).toEqual([
      `"${text}" is IPv4 written as IPv6, which nothing that comes over a network has as its address. Write ${plain}.`,
    ]);
  });

  it("refuses each IPv4 block in each IPv6 spelling, and gives it back as IPv4", () => {
    const hex = (part: number) => part.toString(16);
    fc.assert(
      fc.property(ipv4Cidr, fc.boolean(), (text, dotted) => {
        const [address = "", prefix] = text.split("/");
        const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
        const tail = dotted ? address : `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
        const plain = prefix === "32" ? address : text;
        expect(reasonOf(`::ffff:${tail}/${Number(prefix) + 96}`)[0]).toContain(`Write ${plain}.`);
      }),
    );
  });

  it.each(["::ffff:192.0.2.0%eth0/120", "[::ffff:192.0.2.0]/120", "::ffff:192.0.2/120", "::ffff:192.0.2.0/24"])(
    "refuses %s too",
    (text) => {
      expect(reasonOf(text).length).toBe(1);
    },
  );

  it("leaves a canonical block as it is", () => {
    fc.assert(
      fc.property(ipv4Cidr, (text) => {
        expect(parseCidr(text, "at").value?.text).toBe(text);
      }),
    );
  });

  it("gives one text and one slug to an address however it is written, and different ones to different addresses", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        fc.pre([one, other].every((address) => embeddedIpv4(address) === undefined));
        const [first, second] = [parseCidr(one, "at").value, parseCidr(other, "at").value];
        const again = parseCidr(first?.text.toUpperCase() ?? "", "at").value;
        expect(isIP(first?.text.replace("/128", "") ?? "")).toBe(6);
        expect(again).toEqual(first);
        expect(first?.slug === second?.slug).toBe(first?.text === second?.text);
        expect(first?.slug).toMatch(/^[0-9a-f-]+$/);
      }),
    );
  });
});

describe("parseCidrs", () => {
  it("sorts, so that the order in which a user lists blocks is no change", () => {
    fc.assert(
      fc.property(fc.uniqueArray(ipv4Cidr, { maxLength: 6 }), (texts) => {
        const there = parseCidrs(texts, "at").value?.map(({ text }) => text);
        expect(there).toEqual([...texts].sort());
        expect(parseCidrs([...texts].reverse(), "at").value?.map(({ text }) => text)).toEqual(there);
      }),
    );
  });

  it("collects every validation error, the same block twice among them", () => {
    expect(parseCidrs(["10.0.0.1", "x", "10.0.0.1/32"], "proxy.allowedSources")).toEqual({
      value: undefined,
      errors: [
        {
          path: "proxy.allowedSources[1]",
          reason:
            "It is not a CIDR block. Write an address and a prefix length, such as 203.0.113.0/24 or 2001:db8::/32.",
        },
        {
          path: "proxy.allowedSources[2]",
          reason: '"10.0.0.1/32" is the block 10.0.0.1/32 again, after proxy.allowedSources[0]. Name each block once.',
        },
      ],
    });
  });
});

describe("checkClosing", () => {
  it("wants sources, and not everybody", () => {
    const reasonsFor = (texts: readonly string[] | undefined) =>
      checkClosing(texts === undefined ? undefined : parseCidrs(texts, "").value, "at").map(({ reason }) => reason);
    expect(reasonsFor(undefined)).toEqual([
      "It needs allowedSources. Name the CIDR blocks that may open consoles, or [] for nobody.",
    ]);
    expect(reasonsFor([])).toEqual([]);
    expect(reasonsFor(["10.0.0.0/8"])).toEqual([]);
    expect(reasonsFor(["10.0.0.0/8", "0.0.0.0/0"])).toEqual([
      "allowedSources names 0.0.0.0/0, so nothing would be closed. Name the blocks of your users, or leave dropOtherSources out.",
    ]);
  });
});

describe("addresses", () => {
  it.each([
    ["192.0.2.1", true, false, false],
    ["127.0.0.1", true, true, false],
    ["127.255.0.9", true, true, false],
    ["::1", true, true, false],
    ["0:0:0:0:0:0:0:1", true, true, false],
    ["::ffff:127.0.0.1", true, true, false],
    ["::ffff:7f00:1", true, true, false],
    ["0.0.0.0", true, false, true],
    ["::", true, false, true],
    ["::ffff:0.0.0.0", true, false, true],
    ["::2", true, false, false],
    ["128.0.0.1", true, false, false],
    ["fe80::1%eth0", false, false, false],
    ["[::1]", false, false, false],
    ["localhost", false, false, false],
    ["192.0.2.0/24", false, false, false],
    ["", false, false, false],
  ])("%s: literal %s, loopback %s, wildcard %s", (text, literal, loopback, wildcard) => {
    expect([isIpLiteral(text), isLoopback(text), isWildcard(text)]).toEqual([literal, loopback, wildcard]);
  });

  it("have one canonical form", () => {
    expect(canonicalAddress("2001:DB8:0:0:0:0:0:1")).toBe("2001:db8::1");
    expect(canonicalAddress("::ffff:192.0.2.1")).toBe("::ffff:c000:201");
    expect(canonicalAddress("192.0.2.1")).toBe("192.0.2.1");
    expect(canonicalAddress("localhost")).toBeUndefined();
  });
});
