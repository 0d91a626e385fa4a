import { isIPv4, isIPv6 } from "node:net";
import { type Checked, type ValidationError, invalid, shown, valid } from "./validationError";

/** Neutron's names for the two address families. */
export enum Ethertype {
  IPv4 = "IPv4",
  IPv6 = "IPv6",
}

/** A block of addresses in its one canonical form. */
export interface Cidr {
  /** Canonical text: `203.0.113.0/24`, `2001:db8::/32` (RFC 5952). */
  readonly text: string;
  readonly ethertype: Ethertype;
  /** The block as part of a resource name: `203-0-113-0-24`. Different blocks have different slugs. */
  readonly slug: string;
  /** Whether it is every address there is (`0.0.0.0/0`, `::/0`). */
  readonly everyone: boolean;
}

/** The two families: width in bits, and how an address is written. */
interface Family {
  readonly ethertype: Ethertype;
  readonly bits: number;
  readonly format: (address: bigint) => string;
}

const ipv4: Family = { ethertype: Ethertype.IPv4, bits: 32, format: formatIpv4 };
const ipv6: Family = { ethertype: Ethertype.IPv6, bits: 128, format: formatIpv6 };

/** Whether the text is an IPv4 or IPv6 address and nothing else: no host name, no prefix length, no zone (`%eth0`), no brackets. */
export function isIpLiteral(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes("%"));
}

/** Whether the text is an address of the node itself: 127.0.0.0/8, ::1, or either written as an IPv4-mapped IPv6 address. */
export function isLoopback(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) {
    return false;
  }
  const { family, bits } = address;
  return family === ipv4 ? bits >> 24n === 127n : bits === 1n || bits >> 24n === 0xffff7fn;
}

/**
 * The IPv4 address in an IPv4-mapped (`::ffff:192.0.2.1`) or IPv4-compatible (`::192.0.2.1`, deprecated by RFC 4291) IPv6 address, however it is spelt;
 * undefined for all others. What has one is no IPv6 address on a wire, and tools print it in two ways, so that it is never found again.
 */
export function embeddedIpv4(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined || !isEmbedded(address.family, address.bits)
    ? undefined
    : formatIpv4(address.bits & 0xffffffffn);
}

function isEmbedded(family: Family, bits: bigint): boolean {
  return family === ipv6 && (bits >> 32n === 0xffffn || (bits >> 32n === 0n && bits > 0xffffn));
}

/** Whether the text is a multicast address of either family, or IPv4's broadcast address. */
export function isMulticast(text: string): boolean {
  const { family, bits } = parseAddress(text) ?? {};
  return (
    bits !== undefined && (family === ipv4 ? bits >> 28n === 0xen || bits === 0xffffffffn : bits >> 120n === 0xffn)
  );
}

/** Whether the text is an IPv6 address that means nothing without the name of a link (`fe80::/10`). */
export function isLinkLocal(text: string): boolean {
  const { family, bits } = parseAddress(text) ?? {};
  return bits !== undefined && family === ipv6 && bits >> 118n === 0x3fan;
}

/** The family of an address; undefined where the text is none. */
export function familyOf(text: string): Ethertype | undefined {
  return parseAddress(text)?.family.ethertype;
}

/** An address or block at the beginning of a message: quoted, where it has the characters of one alone; else another word, since it may be a secret. */
export function shownAddress(text: string, otherwise = "It"): string {
  return text === "" || (/^[\da-fA-F.:/]{1,64}$/.test(text) && /[.:]/.test(text)) ? shown(text) : otherwise;
}

/** Whether the text is the address that stands for every address of the node: 0.0.0.0 or ::. */
export function isWildcard(text: string): boolean {
  const address = parseAddress(text);
  return (
    address !== undefined && (address.bits === 0n || (address.family === ipv6 && address.bits === 0xffff00000000n))
  );
}

/** An address in its canonical form (`2001:DB8:0::1` is `2001:db8::1`), or undefined where the text is no address. */
export function canonicalAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : address.family.format(address.bits);
}

/**
 * Reads a CIDR block. A bare address is a block of one. Bits set to the right of the prefix are a validation error that names the block probably meant,
 * because Neutron, nftables and iptables each mend them in their own way.
 *
 * @param path where the value stands in the arguments
 */
export function parseCidr(text: string, path: string): Checked<Cidr> {
  const [addressText = "", prefixText, ...rest] = text.split("/");
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0) {
    return invalid({
      path,
      reason: `${shownAddress(text)} is not a CIDR block. Write an address and a prefix length, such as 203.0.113.0/24 or 2001:db8::/32.`,
    });
  }
  const { family, bits } = address;
  const prefix = prefixText === undefined ? family.bits : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : NaN;
  if (!(prefix <= family.bits)) {
    return invalid({
      path,
      reason: `${shownAddress(text)} has no prefix length of an ${family.ethertype} block. Give a whole number from 0 to ${family.bits} after the slash.`,
    });
  }
  if (isEmbedded(family, bits) && prefix >= 96) {
    const plain = `${formatIpv4(bits & 0xffffffffn)}${prefix === 128 ? "" : `/${prefix - 96}`}`;
    const reason = `${shownAddress(text)} is IPv4 written as IPv6, which nothing that comes over a network has as its address. Write ${plain}.`;
    return invalid({ path, reason });
  }
  const hostBits = BigInt(family.bits - prefix);
  const network = (bits >> hostBits) << hostBits;
  const canonical = `${family.format(network)}/${prefix}`;
  if (network !== bits) {
    return invalid({
      path,
      reason: `${shown(text)} has bits set to the right of its prefix length. Write ${canonical} for the block, or ${family.format(bits)} for the one address.`,
    });
  }
  return valid({
    text: canonical,
    ethertype: family.ethertype,
    // Every run of separators is kept apart: 2001:db8::/32 -> 2001-db8---32, so no two blocks share a slug.
    slug: canonical.replace(/[.:/]/g, "-"),
    everyone: prefix === 0,
  });
}

/**
 * Reads a list of CIDR blocks, sorted by canonical text: the order in which a user lists them means nothing, so it must not show up as a change.
 * The same block twice is a validation error.
 *
 * @param path where the list stands in the arguments
 */
export function parseCidrs(texts: readonly string[], path: string): Checked<readonly Cidr[]> {
  const errors: ValidationError[] = [];
  const blocks = new Map<string, { readonly cidr: Cidr; readonly index: number }>();
  texts.forEach((text, index) => {
    const { value: cidr, errors: found } = parseCidr(text, `${path}[${index}]`);
    errors.push(...found);
    if (cidr === undefined) {
      return;
    }
    const earlier = blocks.get(cidr.text);
    if (earlier === undefined) {
      blocks.set(cidr.text, { cidr, index });
    } else {
      errors.push({
        path: `${path}[${index}]`,
        reason: `${shown(text)} is the block ${cidr.text} again, after ${path}[${earlier.index}]. Name each block once.`,
      });
    }
  });
  if (errors.length > 0) {
    return invalid(...errors);
  }
  return valid([...blocks.values()].map(({ cidr }) => cidr).sort((a, b) => (a.text < b.text ? -1 : 1)));
}

/**
 * Validation errors of asking that a port be closed to all but some sources.
 *
 * @param sources canonical; undefined where none were given
 * @param path where that is asked for; its neighbour `allowedSources` has the sources
 */
export function checkClosing(sources: readonly Cidr[] | undefined, path: string): readonly ValidationError[] {
  if (sources === undefined) {
    const reason = "It needs allowedSources. Name the CIDR blocks that may open consoles, or [] for nobody.";
    return [{ path, reason }];
  }
  const everyone = sources.find((cidr) => cidr.everyone);
  const remedy = "Name the blocks of your users, or leave dropOtherSources out.";
  return everyone === undefined
    ? []
    : [{ path, reason: `allowedSources names ${everyone.text}, so nothing would be closed. ${remedy}` }];
}

/** An address as a number, with its family; undefined where the text is no address. */
function parseAddress(text: string): { readonly family: Family; readonly bits: bigint } | undefined {
  if (isIPv4(text)) {
    return { family: ipv4, bits: ipv4Bits(text) };
  }
  return isIpLiteral(text) ? { family: ipv6, bits: ipv6Bits(text) } : undefined;
}

function ipv4Bits(text: string): bigint {
  return text.split(".").reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

function ipv6Bits(text: string): bigint {
  // The last 32 bits may be written as an IPv4 address: ::ffff:192.0.2.1.
  const pure = text.replace(/[^:]+\.[^:]+$/, (dotted) => {
    const bits = ipv4Bits(dotted);
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  });
  const [head = "", tail] = pure.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const left = groups(head);
  const right = groups(tail ?? "");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function formatIpv4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => ((bits >> shift) & 0xffn).toString()).join(".");
}

/** RFC 5952 by way of the WHATWG URL parser, which writes IPv6 hosts so. */
function formatIpv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
