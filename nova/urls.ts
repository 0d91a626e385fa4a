import { embeddedIpv4, isIpLiteral, isLinkLocal, isLoopback, isMulticast, isWildcard } from "./cidr";
import { shown } from "./validationError";
import { isDnsName } from "./hosts";

/** A URL of http or https, or undefined where the text is none. What the WHATWG parser mends silently, as browsers do, is none here: blanks, backslashes, no `//`. */
export function parseWebUrl(text: string): URL | undefined {
  const url = /^[a-z]+:\/\/[^/]/i.test(text) && !/[\s\\"'<>`{}|^]/.test(text) ? parseUrl(text) : undefined;
  return url !== undefined && (url.protocol === "http:" || url.protocol === "https:") ? url : undefined;
}

/** Any URL that browsers would take, or undefined. */
export function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/**
 * Whether a text has a user name or password before a host, as `https://user:password@host/` has: also where it is no URL for other reasons, and with
 * the slashes that browsers do without.
 */
export function hasCredentials(text: string): boolean {
  return /^\s*[a-z][a-z\d+.-]*:[\\/]*[^\\/?#]*@/i.test(text) || /\/\/[^/?#]*@/.test(text);
}

/** A URL at the beginning of a message: quoted, where it has nothing but a scheme, a host and a path; else `It`, since the rest may be a secret. */
export function shownUrl(text: string): string {
  const quoted = /^[a-z]+:\/\/([\w.-]+|\[[\da-f:.]+\])(:\d+)?(\/[\w.~/-]*)?$|^$/i.test(text) ? shown(text) : "";
  return quoted.startsWith('"') ? quoted : "It";
}

/** The host as it is written in a URL of http or https, without user, port and brackets. */
function writtenHost(text: string): string {
  const [, authority = ""] = /^[a-z]+:\/\/([^/?#]*)/i.exec(text) ?? [];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return host.startsWith("[") ? host.slice(1).replace(/\].*$/, "") : host.replace(/:[^:]*$/, "");
}

/** Names that stand for the machine itself in the `/etc/hosts` of Debian, Ubuntu and RHEL, beside `localhost` and all below it (RFC 6761, 6.3). */
const localNames = /^(?:(?:.*\.)?localhost|localhost[46]?(?:\.localdomain[46]?)?|ip6-(?:localhost|loopback))$/;

/** Who opens a URL, in the words of a message. */
export interface Opener {
  /** As in "the user's own machine to a browser". */
  readonly itself: string;
  /** As in "no browser can open". */
  readonly who: string;
  /** What to give in its place. */
  readonly remedy: string;
}

/**
 * What is wrong with the host of a URL for who is to open it. A host is read as browsers read it, by the WHATWG URL standard
 * (https://url.spec.whatwg.org/#host-parsing): `127.1`, `0177.0.0.1`, `0x7f000001` and `2130706433` all are 127.0.0.1, and `010.0.0.1` is 8.0.0.1.
 *
 * By the same standard underscores are part of a host name for a browser, and so they are here.
 *
 * @param text the URL as it was given
 * @param url the same, parsed
 */
export function hostReasons(text: string, url: URL, { itself, who, remedy }: Opener): readonly string[] {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const name = host.replace(/\.$/, "").toLowerCase();
  if (isWildcard(host)) {
    return [`names ${host}, an address to listen on that ${who} can open. ${remedy}`];
  }
  const ipv4 = embeddedIpv4(host);
  if (isLoopback(host) || localNames.test(name) || (ipv4 !== undefined && isLoopback(ipv4))) {
    return [`names ${host}, which is ${itself}. ${remedy}`];
  }
  if (isMulticast(host) || isLinkLocal(host)) {
    const kind = isMulticast(host) ? "a multicast or broadcast address" : "a link-local address";
    return [`names ${host}, ${kind} that ${who} can open. ${remedy}`];
  }
  if (ipv4 !== undefined) {
    return [`names ${ipv4} as an IPv6 address (${host}). Write ${ipv4}.`];
  }
  if (isIpLiteral(host)) {
    const written = writtenHost(text);
    return host.includes(":") || written === host
      ? []
      : [`names ${spelling(written)}, which is read as ${host}. Write ${host}, if that is what is meant.`];
  }
  return isDnsName(host) ? [] : [`names no host. ${remedy}`];
}

/** A host that is read as an IPv4 address, as it is written: quoted, where it has the characters of a number alone. */
function spelling(host: string): string {
  return /^[\da-fx.]{1,64}$/i.test(host) ? shown(host) : "a host";
}

/** A node that fetches something. */
const node: Opener = {
  itself: "each node itself",
  who: "no node",
  remedy: "Name the host or address of the server that the nodes fetch it from.",
};

/**
 * What is wrong with a URL from which nodes fetch something. The reasons have no part of it but its host: even without a user name there may be a token in
 * the path of a repository's URL.
 *
 * @param schemes those that it may have
 */
export function downloadReasons(text: string, schemes: readonly string[]): readonly string[] {
  if (hasCredentials(text)) {
    return [
      "It has a user name or password, which would stand in the stack's state, on command lines and in files of the nodes that everybody there can read. " +
        "Take it out, and let the server know the nodes in another way, such as by their addresses.",
    ];
  }
  const [, scheme = ""] = /^([a-z]+):\/\/[!-~]+$/.exec(text) ?? [];
  const url = schemes.includes(scheme) && !/[\\"'<>`{}|^]/.test(text) ? parseUrl(text) : undefined;
  if (url === undefined) {
    return [`It is no URL of ${schemes.slice(0, -1).join(", ")} or ${schemes.at(-1)}, without blanks. Give one.`];
  }
  return scheme === "file" ? [] : hostReasons(text, url, node).map((reason) => `It ${reason}`);
}
