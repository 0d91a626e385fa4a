import { parseCertificate } from "./certificate";
import {
  type Cidr,
  Ethertype,
  embeddedIpv4,
  familyOf,
  isIpLiteral,
  isLoopback,
  isMulticast,
  isWildcard,
  shownAddress,
} from "./cidr";
import { type ValidationError, shown } from "./validationError";
import { canMeet, isDnsName, isHostName } from "./hosts";
import { Release, releaseName } from "./releases";
import { type Opener, hasCredentials, hostReasons, parseUrl, parseWebUrl, shownUrl } from "./urls";
import { encodeText } from "./value";

/** The page by which spice-html5 opens a console; Nova's proxy serves it from the root of its web directory. */
export const proxyPage = "/spice_auto.html";

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
   * and it may be the one that ends TLS.
   */
  readonly behindLoadBalancer?: boolean;
  /** Whether an https URL is handed out all the same where nothing is known to end TLS. */
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

/**
 * Validation errors of the proxy's address, of everything in it and between its parts. Collected, none hides another.
 *
 * @param path where the address stands in the arguments
 * @param now milliseconds since 1970, against which a certificate's dates are held
 */
export function checkProxy(address: ProxyAddress, path = "proxy", now = Date.now()): readonly ValidationError[] {
  const { port, allowedOrigins = [], tls } = address;
  return [
    ...checkBaseUrl(address, `${path}.baseUrl`),
    ...checkPort(port, `${path}.port`),
    ...checkListenAddress(address, `${path}.listenAddress`),
    ...allowedOrigins.flatMap((origin, index) => checkOrigin(origin, `${path}.allowedOrigins[${index}]`)),
    ...(tls === undefined ? [] : checkTls(tls, address, `${path}.tls`, now)),
  ];
}

/** A base URL, and as much as is known of the proxy it leads to: what is not known is not compared. */
export type BaseUrl = Pick<ProxyAddress, "baseUrl"> & Partial<ProxyAddress>;

/**
 * Validation errors of a base URL alone, and of what it says against the proxy's port and TLS.
 *
 * @param path where the URL stands in the arguments
 */
export function checkBaseUrl(address: BaseUrl, path: string): readonly ValidationError[] {
  const { baseUrl } = address;
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
    ...partReasons(url, address),
    ...portReasons(url, address),
    ...tlsReasons(url, address),
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

function partReasons(url: URL, { behindLoadBalancer = false }: BaseUrl): readonly string[] {
  const reasons: string[] = [];
  if (url.hash !== "" || url.href.endsWith("#")) {
    reasons.push(
      "has a fragment, and Nova would put the token behind it, where a browser does not look. Take out the # and what follows.",
    );
  }
  if (!url.pathname.endsWith(proxyPage)) {
    reasons.push(`does not end in ${proxyPage}, the page that opens SPICE consoles. Write its path so.`);
  } else if (url.pathname !== proxyPage && !behindLoadBalancer) {
    reasons.push(
      `has the path ${shown(url.pathname)}, but the proxy serves ${proxyPage}. Write that, or set behindLoadBalancer where one maps the path.`,
    );
  }
  const query = [...url.searchParams];
  if (url.href.includes("?") && !(query.length === 1 && query[0]?.[0] === "path" && query[0][1] !== "")) {
    reasons.push(
      "has a query other than path=, and the page heeds no other before the ?token= that Nova adds. Take it out.",
    );
  }
  return reasons;
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
): readonly string[] {
  if (url.protocol === "http:") {
    return tls === undefined ? [] : ["is http, but the proxy has a certificate. Write https."];
  }
  if (tls !== undefined || httpsOverPlain) {
    return [];
  }
  if (!behindLoadBalancer) {
    return [
      "is https, but nothing ends TLS. Give the proxy a certificate (tls), or set behindLoadBalancer where one ends it and sends X-Forwarded-Proto.",
    ];
  }
  return release === undefined || release >= Release.Stein
    ? []
    : [
        `is https and TLS ends at the load balancer, but Nova heeds X-Forwarded-Proto only from ${releaseName(Release.Stein)} (19.0.0) on, so the proxy ` +
          `of ${releaseName(release)} would refuse every console. Give the proxy a certificate too (tls).`,
      ];
}

function checkPort(port: number, path: string): readonly ValidationError[] {
  return isPort(port)
    ? []
    : [
        {
          path,
          reason: `${typeof port === "number" ? port : "It"} is not a TCP port. Give a whole number from 1 to 65535, as a rule 6082.`,
        },
      ];
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/**
 * Validation errors of the address on which a proxy listens, alone and beside the base URL: without a load balancer browsers connect to it themselves, so
 * the two cannot be of different families, nor can it be the controller's own loopback address.
 *
 * @param path where the address stands in the arguments
 */
export function checkListenAddress(
  {
    listenAddress,
    baseUrl,
    behindLoadBalancer = false,
  }: Pick<ProxyAddress, "listenAddress" | "baseUrl" | "behindLoadBalancer">,
  path: string,
): readonly ValidationError[] {
  const remedy = "Give 0.0.0.0 for every IPv4 address of the controller, or one address of it.";
  const named = shownAddress(listenAddress);
  const refuse = (reason: string): readonly ValidationError[] => [{ path, reason: `${named} ${reason}` }];
  if (!isIpLiteral(listenAddress) && !isHostName(listenAddress)) {
    return refuse(`is neither an IP address nor a host name. ${remedy}`);
  }
  const ipv4 = embeddedIpv4(listenAddress);
  if (ipv4 !== undefined) {
    return refuse(`is IPv4 written as IPv6. Write ${ipv4}.`);
  }
  if (isMulticast(listenAddress)) {
    return refuse(`is a multicast or broadcast address, which is no controller's own. ${remedy}`);
  }
  if (behindLoadBalancer) {
    return [];
  }
  if (isLoopback(listenAddress) || /^localhost\.?$/i.test(listenAddress)) {
    return refuse(
      `is a loopback address, to which no browser can connect. ${remedy} Or set behindLoadBalancer where one on the controller itself stands in front.`,
    );
  }
  const host = hostOf(baseUrl) ?? "";
  // Of these the base URL's own check says enough.
  const isOdd = isLoopback(host) || isWildcard(host) || embeddedIpv4(host) !== undefined;
  if (isOdd || canMeet(listenAddress, host)) {
    return [];
  }
  const family = familyOf(host);
  const every = family === Ethertype.IPv6 ? "::" : "0.0.0.0";
  return refuse(
    `is not ${family}, but the host of baseUrl is ${host}: no browser that opens it would reach the proxy. ` +
      `Give ${every} or an ${family} address of the controller, or set behindLoadBalancer where one stands in front.`,
  );
}

/**
 * The validation error of sources of which none can ever reach a proxy, since all are of another family than the address on which it listens.
 *
 * @param sources those that may connect; undefined where the firewall is left alone
 * @param path where the sources stand in the arguments
 */
export function checkSourcesMeet(
  sources: readonly Cidr[] | undefined,
  listenAddress: string,
  path: string,
): readonly ValidationError[] {
  const family = familyOf(listenAddress);
  const takesBoth = family === Ethertype.IPv6 && isWildcard(listenAddress);
  if (sources === undefined || sources.length === 0 || family === undefined || takesBoth) {
    return [];
  }
  const reason =
    `It names no ${family} block, but the proxy listens on ${listenAddress}, so nobody could connect. ` +
    `Name the ${family} blocks of your users, or give :: as listenAddress, or [] for nobody.`;
  return sources.some(({ ethertype }) => ethertype === family) ? [] : [{ path, reason }];
}

/** The proxy compares host names only: a scheme or port in the list never matches anything. */
function checkOrigin(origin: string, path: string): readonly ValidationError[] {
  return isIpLiteral(origin) || isDnsName(origin)
    ? []
    : [
        {
          path,
          reason: `It is not a host name. Nova compares the host alone: write it without scheme, port and path, like dashboard.example.org.`,
        },
      ];
}

/** The host of a base URL as Nova and certificates have it: small letters, an IPv6 address without brackets. Undefined where it is no URL. */
export function hostOf(baseUrl: string): string | undefined {
  return parseUrl(baseUrl)?.hostname.replace(/^\[|\]$/g, "");
}

/** Exactly one certificate, by path or by text, and its key likewise. */
function checkTls(tls: ProxyCertificate, address: ProxyAddress, path: string, now: number): readonly ValidationError[] {
  const { certificate, key, certPem, privateKeyPem } = tls;
  if (certPem === undefined && privateKeyPem === undefined) {
    return certificate === undefined
      ? [
          {
            path,
            reason:
              "It has no certificate. Give certPem and privateKeyPem, or the path of one on the controllers (certificate), or leave tls out.",
          },
        ]
      : [
          ...checkFilePath(certificate, `${path}.certificate`),
          ...(key === undefined ? [] : checkFilePath(key, `${path}.key`)),
        ];
  }
  if (certificate !== undefined || key !== undefined) {
    return [
      {
        path,
        reason:
          "It has both a path (certificate, key) and a text (certPem, privateKeyPem). Give either what is on the controllers already, or the texts.",
      },
    ];
  }
  if (certPem === undefined || privateKeyPem === undefined) {
    const missing = certPem === undefined ? "certPem" : "privateKeyPem";
    return [{ path: `${path}.${missing}`, reason: "It is missing. Give both certPem and privateKeyPem." }];
  }
  // What a browser sees behind a balancer may be the balancer's own.
  const host = address.behindLoadBalancer === true ? undefined : hostOf(address.baseUrl);
  return parseCertificate({ certPem, privateKeyPem, host, now }, path).errors;
}

function checkFilePath(file: string, path: string): readonly ValidationError[] {
  if (file.includes("-----BEGIN ")) {
    const reason =
      "It is the text of a PEM file, where a path on the controllers belongs. Give texts as certPem and privateKeyPem.";
    return [{ path, reason }];
  }
  const text = encodeText(file, path);
  if (text.value === undefined) {
    return text.errors;
  }
  return file.startsWith("/")
    ? []
    : [
        {
          path,
          reason: `It is not an absolute path. Give the path of a PEM file on the controllers, like /etc/nova/console.pem.`,
        },
      ];
}
