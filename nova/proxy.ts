import {
  type Knows,
  type ProxyAddress,
  type ProxyCertificate,
  checkBaseUrl,
  hostOf,
  isPort,
  knowsAll,
} from "./baseUrl";
import { checkCertificate } from "./certificate";
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
import { canMeet, isDnsName, isHostName } from "./hosts";
import type { ValidationError } from "./validationError";
import { encodeText } from "./value";

/** Port on which Nova's SPICE proxy listens by default. */
export const defaultPort = 6082;

/**
 * Validation errors of the proxy's address, of everything in it and between its parts. Collected, none hides another.
 *
 * @param path where the address stands in the arguments
 * @param now milliseconds since 1970, against which a certificate's dates are held
 * @param knows what is known of the address
 */
export function checkProxy(
  address: ProxyAddress,
  path = "proxy",
  now = Date.now(),
  knows = knowsAll,
): readonly ValidationError[] {
  const { port, allowedOrigins = [], tls } = address;
  return [
    ...checkBaseUrl(address, `${path}.baseUrl`, knows),
    ...(knows("port") ? checkPort(port, `${path}.port`) : []),
    ...checkListenAddress(address, `${path}.listenAddress`, knows),
    ...allowedOrigins.flatMap((origin, index) =>
      knows(`allowedOrigins.${index}`) ? checkOrigin(origin, `${path}.allowedOrigins[${index}]`) : [],
    ),
    ...(tls === undefined ? [] : checkTls(tls, address, { path: `${path}.tls`, now, knows })),
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
  knows = knowsAll,
): readonly ValidationError[] {
  if (!knows("listenAddress")) {
    return [];
  }
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
  if (behindLoadBalancer || !knows("behindLoadBalancer")) {
    return [];
  }
  if (isLoopback(listenAddress) || /^localhost\.?$/i.test(listenAddress)) {
    return refuse(
      `is a loopback address, to which no browser can connect. ${remedy} Or set behindLoadBalancer where one on the controller itself stands in front.`,
    );
  }
  const host = knows("baseUrl") ? (hostOf(baseUrl) ?? "") : "";
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

/** Exactly one certificate, by path or by text, and its key likewise. */
function checkTls(
  tls: ProxyCertificate,
  { baseUrl, behindLoadBalancer }: ProxyAddress,
  { path, now, knows }: { readonly path: string; readonly now: number; readonly knows: Knows },
): readonly ValidationError[] {
  // What is not known is given all the same.
  const isGiven = (part: keyof ProxyCertificate) => tls[part] !== undefined || !knows(`tls.${part}`);
  const [byPath, byText] = [isGiven("certificate") || isGiven("key"), isGiven("certPem") || isGiven("privateKeyPem")];
  if (byPath && byText) {
    const reason =
      "It has both a path (certificate, key) and a text (certPem, privateKeyPem). Give either what is on the controllers already, or the texts.";
    return [{ path, reason }];
  }
  if (!byText) {
    const reason =
      "It has no certificate. Give certPem and privateKeyPem, or the path of one on the controllers (certificate), or leave tls out.";
    return isGiven("certificate")
      ? (["certificate", "key"] as const).flatMap((part) => checkFilePath(tls[part], `${path}.${part}`))
      : [{ path, reason }];
  }
  if (!isGiven("certPem") || !isGiven("privateKeyPem")) {
    const missing = isGiven("certPem") ? "privateKeyPem" : "certPem";
    return [{ path: `${path}.${missing}`, reason: "It is missing. Give both certPem and privateKeyPem." }];
  }
  // What a browser sees behind a balancer may be the balancer's own.
  const host = knows("baseUrl", "behindLoadBalancer") && behindLoadBalancer !== true ? hostOf(baseUrl) : undefined;
  return checkCertificate({ certPem: tls.certPem, privateKeyPem: tls.privateKeyPem, host, now }, path);
}

function checkFilePath(file: string | undefined, path: string): readonly ValidationError[] {
  if (file === undefined) {
    return [];
  }
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
