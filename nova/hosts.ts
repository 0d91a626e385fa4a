import {
  type Cidr,
  Ethertype,
  embeddedIpv4,
  familyOf,
  isIpLiteral,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isWildcard,
  shownAddress,
} from "./cidr";
import type { ValidationError } from "./validationError";

/**
 * Whether the text is a host name as oslo.config's `HostAddress` takes it: labels of letters, digits and inner hyphens, at most 63 characters each
 * and 253 in all, the last one not all digits. An address with a typing error (`192.0.2.256`) is therefore no host name.
 */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  return (
    text.length <= 253 &&
    labels.every((label) => /^(?!-)[a-z\d-]{1,63}(?<!-)$/i.test(label)) &&
    !isNumber(labels.at(-1) ?? "")
  );
}

/**
 * Whether the text is a name that can stand in DNS and that SSH clients, browsers and resolvers take: as {@link isHostName}, with underscores anywhere.
 * Sources: the domain of a URL (https://url.spec.whatwg.org/#forbidden-domain-code-point has no underscore) and glibc's `__libc_res_hnok`.
 */
export function isDnsName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  return (
    text.length <= 253 &&
    labels.every((label) => /^(?!-)[\w-]{1,63}(?<!-)$/.test(label)) &&
    !isNumber(labels.at(-1) ?? "")
  );
}

/** Whether a label is a number to a resolver or browser, which takes the whole name for an IPv4 address then: `256`, `0x7f`. */
function isNumber(label: string): boolean {
  return /^(\d+|0x[\da-f]*)$/i.test(label);
}

/** Why an address cannot be one of a node; undefined where it can. */
function oddAddress(address: string): string | undefined {
  const ipv4 = embeddedIpv4(address);
  if (ipv4 !== undefined) {
    return `is IPv4 written as IPv6. Write ${ipv4}.`;
  }
  if (isMulticast(address)) {
    return "is a multicast or broadcast address, which is no node's own.";
  }
  return isLinkLocal(address) ? "is a link-local address, which means nothing without the name of a link." : undefined;
}

/** Whether who connects to `target` can meet who listens on `listen`: of one family, or `::`, which takes both. True where one is no address. */
export function canMeet(listen: string, target: string): boolean {
  const [own, wanted] = [familyOf(listen), familyOf(target)];
  const takesBoth = own === Ethertype.IPv6 && isWildcard(listen);
  return own === undefined || wanted === undefined || own === wanted || takesBoth;
}

/**
 * Validation errors of `[spice] server_proxyclient_address`: the address of this compute that the console proxies connect to.
 *
 * @param path where the value stands in the arguments
 */
export function checkServerProxyclientAddress(address: string, path: string): readonly ValidationError[] {
  const remedy = "Give the address of this compute that the console proxies reach, such as its management address.";
  if (!isIpLiteral(address)) {
    return [
      {
        path,
        reason: `${shownAddress(address)} is not an IP address, and Nova hands it to the proxies as it is. ${remedy}`,
      },
    ];
  }
  if (isWildcard(address)) {
    return [
      { path, reason: `${shownAddress(address)} stands for every address and cannot be connected to. ${remedy}` },
    ];
  }
  if (isLoopback(address)) {
    return [
      { path, reason: `${shownAddress(address)} is a loopback address: each proxy would connect to itself. ${remedy}` },
    ];
  }
  const odd = oddAddress(address);
  return odd === undefined ? [] : [{ path, reason: `${shownAddress(address)} ${odd} ${remedy}` }];
}

/**
 * Validation errors of `[spice] server_listen`: the address on which the SPICE servers of this compute's guests listen.
 *
 * @param path where the value stands in the arguments
 * @param everyAddress whether `0.0.0.0` and `::` are allowed. SPICE consoles have no password in Nova: whoever reaches the ports has the
 * consoles of every guest, so listening on every address is only sound behind a firewall.
 */
export function checkServerListen(address: string, path: string, everyAddress = false): readonly ValidationError[] {
  const remedy =
    "Give the address of this compute that the console proxies reach, as a rule the same as serverProxyclientAddress.";
  if (!isIpLiteral(address)) {
    return [{ path, reason: `${shownAddress(address)} is not an IP address, and QEMU is to listen on one. ${remedy}` }];
  }
  if (isWildcard(address)) {
    const reason =
      `${shownAddress(address)} listens on every address of this compute, and SPICE consoles in Nova have no password. ${remedy} ` +
      "Where a firewall closes the ports to all but the proxies, set serverListenEverywhere.";
    return everyAddress ? [] : [{ path, reason }];
  }
  if (isLoopback(address)) {
    return [
      {
        path,
        reason: `${shownAddress(address)} is a loopback address: no proxy on another node could connect. ${remedy}`,
      },
    ];
  }
  const odd = oddAddress(address);
  return odd === undefined ? [] : [{ path, reason: `${shownAddress(address)} ${odd} ${remedy}` }];
}

/**
 * The address on which a compute's SPICE servers listen where none is given: that which the proxies connect to, or every address of its family.
 *
 * @param everywhere whether `serverListenEverywhere` is set
 */
export function defaultServerListen(serverProxyclientAddress: string, everywhere: boolean): string {
  return everywhere
    ? familyOf(serverProxyclientAddress) === Ethertype.IPv6
      ? "::"
      : "0.0.0.0"
    : serverProxyclientAddress;
}

/**
 * Validation errors of a compute whose SPICE servers the proxies cannot reach: they listen on an address of another family than the one that the proxies
 * connect to, or the sources that are let in all are of another family. None where an address is no address, which is a validation error of its own.
 *
 * @param sources who is let in; undefined where the firewall is left alone
 * @param path put before the path of each validation error
 */
export function checkComputeMeets(
  serverListen: string,
  serverProxyclientAddress: string,
  sources: readonly Cidr[] | undefined,
  path = "",
): readonly ValidationError[] {
  const errors: ValidationError[] = [];
  const family = familyOf(serverProxyclientAddress);
  if (family === undefined) {
    return [];
  }
  if (!canMeet(serverListen, serverProxyclientAddress)) {
    const every = family === Ethertype.IPv6 ? "::" : "0.0.0.0";
    const reason =
      `${serverListen} is not ${family}, but the proxies connect to serverProxyclientAddress, ${serverProxyclientAddress}. ` +
      `Leave it out, or give an ${family} address of this compute, or ${every} with serverListenEverywhere.`;
    errors.push({ path: `${path}serverListen`, reason });
  }
  if (sources !== undefined && sources.length > 0 && !sources.some(({ ethertype }) => ethertype === family)) {
    errors.push({ path: `${path}proxySourceAddresses`, reason: noSourceOf(family, serverProxyclientAddress) });
  }
  return errors;
}

/** Why sources that all are of another family are a validation error. */
export function noSourceOf(family: Ethertype, serverProxyclientAddress: string): string {
  return (
    `It names no ${family} address, but the proxies connect to ${serverProxyclientAddress}, where they come from one: they would be shut out. ` +
    `Name the ${family} addresses that they come from.`
  );
}
