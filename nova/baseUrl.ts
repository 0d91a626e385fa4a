import { type ValidationError, shown } from "./validationError";
import { Release, releaseName } from "./releases";
import { type Opener, hasCredentials, hostReasons, parseUrl, parseWebUrl, shownUrl } from "./urls";
import { encodeText } from "./value";

/** The page by which spice-html5 opens a console; Nova's proxy serves it from the root of its web directory. */
const proxyPage = "/spice_auto.html";

/** Everything that has to agree for a browser to reach a console. */
export interface ProxyAddress {
  /** The URL that Nova hands to users, without the token. */
  readonly baseUrl: string;
  /** Address or host name on which the proxy listens. */
  readonly listenAddress: string;
  /** TCP port on which the proxy listens. */
  readonly port: number;
  /** Host names of other pages, such as the dashboard's, that may open consoles. */
  readonly allowedOrigins?: readonly string[];
  /** The proxy's own certificate, where it speaks TLS itself. */
  readonly tls?: ProxyCertificate;
  /**
   * Whether a load balancer or reverse proxy stands in front. The base URL then names it: its port and the path's beginning are its own affair,
   * and it may be the one that terminates TLS.
   */
  readonly behindLoadBalancer?: boolean;
  /** Whether an https URL is handed out all the same where nothing is known to terminate TLS. */
  readonly httpsOverPlain?: boolean;
  /** The cloud's release, where it is asserted. */
  readonly release?: Release;
}

/** A certificate and its key: as paths on the nodes, or as PEM texts. */
export interface ProxyCertificate {
  /** Path of the certificate with its chain, and where `key` is left out with its key. */
  readonly certificate?: string;
  /** Path of the key. */
  readonly key?: string;
  /** Text of the certificate and its chain. */
  readonly certPem?: string;
  /** Text of the key. Secret. */
  readonly privateKeyPem?: string;
}

/** Column `console_auth_tokens.access_url_base` of Nova's cell database, from 18.0.0 on. */
export const longestBaseUrl = 255;

/** A base URL, and as much as is given of the proxy that it leads to. */
type BaseUrl = Pick<ProxyAddress, "baseUrl"> & Partial<ProxyAddress>;

/** Which parts of an address are known by now, by name: `port`, `tls.certPem`. A check that needs one that is not known is left out. */
export type Knows = (...parts: readonly string[]) => boolean;

/** For an address of which all is known. */
export const knowsAll: Knows = () => true;

/**
 * Validation errors of a base URL alone, and of what it says against the proxy's port and TLS.
 *
 * @param path where the URL stands in the arguments
 * @param knows what is known of the address
 */
export function checkBaseUrl(address: BaseUrl, path: string, knows = knowsAll): readonly ValidationError[] {
  const { baseUrl } = address;
  if (!knows("baseUrl")) {
    return [];
  }
  const text = encodeText(baseUrl, path);
  if (text.value === undefined) {
    return text.errors;
  }
  const example = `Write it like http://console.example.org:6082${proxyPage}.`;
  if (hasCredentials(baseUrl)) {
    const reason = "It has a user name or password, which every user of a console would see. Take it out.";
    return [{ path, reason }];
  }
  const named = shownUrl(baseUrl);
  const url = parseWebUrl(baseUrl);
  if (url === undefined) {
    const reason = /^(?!https?:)[a-z]+:\/\/[^/]/i.test(baseUrl)
      ? `${named} is neither http nor https, by which a browser opens consoles.`
      : `${named} is not an absolute URL.`;
    return [{ path, reason: `${reason} ${example}` }];
  }
  const reasons = [
    ...hostReasons(baseUrl, url, browser),
    ...partReasons(url),
    ...(knows("behindLoadBalancer") ? pathReasons(url, address) : []),
    ...queryReasons(url),
    ...(knows("port", "behindLoadBalancer") ? portReasons(url, address) : []),
    ...tlsReasons(url, address, knows),
  ];
  if (baseUrl.length > longestBaseUrl) {
    reasons.push(
      `has ${baseUrl.length} characters, and Nova keeps at most ${longestBaseUrl} in its database. Shorten it.`,
    );
  }
  return reasons.map((reason) => ({ path, reason: `${named} ${reason}` }));
}

/** A user's browser, which opens what Nova hands out. */
export const browser: Opener = {
  itself: "the user's own machine to a browser",
  who: "no browser",
  remedy: "Name the host or address under which users' browsers reach the proxy.",
};

function partReasons(url: URL): readonly string[] {
  const reasons: string[] = [];
  if (url.hash !== "" || url.href.endsWith("#")) {
    reasons.push(
      "has a fragment, and Nova would put the token behind it, where a browser does not look. Take out the # and what follows.",
    );
  }
  if (!url.pathname.endsWith(proxyPage)) {
    reasons.push(`does not end in ${proxyPage}, the page that opens SPICE consoles. Write its path so.`);
  }
  return reasons;
}

function pathReasons({ pathname }: URL, { behindLoadBalancer = false }: BaseUrl): readonly string[] {
  return !pathname.endsWith(proxyPage) || pathname === proxyPage || behindLoadBalancer
    ? []
    : [
        `has the path ${shown(pathname)}, but the proxy serves ${proxyPage}. Write that, or set behindLoadBalancer where one maps the path.`,
      ];
}

function queryReasons(url: URL): readonly string[] {
  const query = [...url.searchParams];
  const isPath = query.length === 1 && query[0]?.[0] === "path" && query[0][1] !== "";
  return url.href.includes("?") && !isPath
    ? ["has a query other than path=, and the page heeds no other before the ?token= that Nova adds. Take it out."]
    : [];
}

function portReasons(url: URL, { port, behindLoadBalancer = false }: BaseUrl): readonly string[] {
  const named = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return port === undefined || !isPort(port) || named === port || behindLoadBalancer
    ? []
    : [
        `leads to port ${named}, but the proxy listens on ${port}. Make the two agree, or set behindLoadBalancer where one listens on ${named}.`,
      ];
}

function tlsReasons(
  url: URL,
  { tls, behindLoadBalancer = false, httpsOverPlain = false, release }: BaseUrl,
  knows: Knows,
): readonly string[] {
  if (url.protocol === "http:") {
    return tls === undefined ? [] : ["is http, but the proxy has a certificate. Write https."];
  }
  if (tls !== undefined || httpsOverPlain || !knows("behindLoadBalancer")) {
    return [];
  }
  if (!behindLoadBalancer) {
    return [
      "is https, but nothing terminates TLS. Give the proxy a certificate (tls), or set behindLoadBalancer where one terminates it and sends X-Forwarded-Proto.",
    ];
  }
  return release === undefined || release >= Release.Stein
    ? []
    : [
        `is https and TLS is terminated at the load balancer, but Nova heeds X-Forwarded-Proto only from ${releaseName(Release.Stein)} (19.0.0) on, so the proxy ` +
          `of ${releaseName(release)} would refuse every console. Give the proxy a certificate too (tls).`,
      ];
}

/** Whether a number is a TCP port. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/** The host of a base URL as Nova and certificates have it: small letters, an IPv6 address without brackets. Undefined where it is no URL. */
export function hostOf(baseUrl: string): string | undefined {
  return parseUrl(baseUrl)?.hostname.replace(/^\[|\]$/g, "");
}
