import * as pulumi from "@pulumi/pulumi";
import type { Tls } from "../../contract";
import {
  certificateCovers,
  certificateFile,
  certificateMark,
  certificateText,
  certificateWarnings,
  hostOf,
  type ProxyTls,
  type Release,
  Vnc,
} from "../../nova";
import type { ProxyArgs } from "../args/proxy";
import { derive } from "./inputs";

type Proxy = pulumi.Unwrap<ProxyArgs>;

/**
 * `[console] allowed_origins`. Many balancers ask the proxy by another name than browsers do (nginx and Apache, unless they are configured otherwise), and Nova
 * compares the page's host with that: so behind one the base URL's host is among them. Hosts of pages are small letters.
 */
export function originsOf({
  baseUrl,
  behindLoadBalancer = false,
  allowedOrigins,
}: Proxy): readonly string[] | undefined {
  const host = behindLoadBalancer ? hostOf(baseUrl) : undefined;
  const origins = allowedOrigins?.map((origin) => origin.toLowerCase());
  return host === undefined ? origins : [...new Set([host, ...(origins ?? [])])];
}

/** What nova.conf says of TLS. Without a certificate of either kind there is a validation error already. */
export function tlsOptions({ tls }: Proxy): ProxyTls | undefined {
  if (tls === undefined) {
    return undefined;
  }
  const { certificate, certPem, privateKeyPem: _, key, ...options } = tls;
  const files =
    certPem === undefined
      ? { certificate: certificate ?? "", ...(key === undefined ? {} : { key }) }
      : { certificate: certificateFile, key: certificateFile };
  return { ...files, ...options };
}

/** What the node has to know of TLS beside its nova.conf. The arguments are known to be sound. */
export function tlsState(
  { baseUrl, tls, behindLoadBalancer = false }: Proxy,
  release: Release | undefined,
): Tls | undefined {
  if (tls === undefined) {
    // An asserted release has been checked already.
    return behindLoadBalancer && release === undefined && /^https:/i.test(baseUrl)
      ? { terminatedUpstream: true }
      : undefined;
  }
  const { certPem, privateKeyPem } = tls;
  if (certPem !== undefined && privateKeyPem !== undefined) {
    return certificateText({ certPem, privateKeyPem });
  }
  const host = behindLoadBalancer ? undefined : hostOf(baseUrl);
  return host === undefined ? undefined : { host };
}

/** Whether a controller's document has the private key in it, and so is a secret. */
export function hasKeyText({ tls }: ProxyArgs): boolean {
  return tls?.privateKeyPem !== undefined;
}

/**
 * What shows in a preview which certificate a document has, where the document itself is a secret: `tls:` and the beginning of the certificate's
 * fingerprint, which is public. Undefined where no certificate is given as text.
 */
export function certificateNote({ tls }: ProxyArgs): pulumi.Input<string> | undefined {
  const certPem = tls?.certPem;
  return certPem === undefined
    ? undefined
    : pulumi.unsecret(pulumi.output(certPem).apply((pem) => `tls:${certificateMark(pem) ?? ""}`));
}

/**
 * Warns of what is sound and still surprises: a certificate that ends soon or is not for the base URL's host behind a balancer, and noVNC, which
 * refuses http too; and says what a balancer that terminates TLS has to send.
 *
 * @param vnc what becomes of noVNC, where that is known
 */
export function warnOfTls(proxy: ProxyArgs, component: pulumi.Resource, vnc?: Vnc): void {
  const { baseUrl, tls, behindLoadBalancer } = proxy;
  // An output that nobody waits for: where it is not known yet, nothing is said.
  void derive({ baseUrl, tls, behindLoadBalancer }, (known) => {
    for (const warning of tlsWarnings(known, vnc)) {
      void pulumi.log.warn(warning, component);
    }
    if (known.tls === undefined && known.behindLoadBalancer === true && /^https:/i.test(known.baseUrl)) {
      void pulumi.log.info(
        "TLS is terminated at the load balancer: it has to send X-Forwarded-Proto: https to the proxies, or they refuse every console.",
        component,
      );
    }
  });
}

/** The warnings, as texts. */
function tlsWarnings(
  { baseUrl, tls, behindLoadBalancer = false }: Pick<Proxy, "baseUrl" | "tls" | "behindLoadBalancer">,
  vnc?: Vnc,
  now = Date.now(),
): readonly string[] {
  const { certPem, only = false } = tls ?? {};
  const host = hostOf(baseUrl);
  const warnings =
    certPem === undefined ? [] : certificateWarnings(certPem, now).map((text) => `proxy.tls.certPem: ${text}`);
  if (certPem !== undefined && behindLoadBalancer && host !== undefined && !certificateCovers(certPem, host)) {
    warnings.push(
      `proxy.tls.certPem: It is not for ${host}, the host of baseUrl. That works only where the load balancer has a certificate of its own.`,
    );
  }
  if (only && vnc !== Vnc.Off) {
    warnings.push(
      "proxy.tls.only: nova-novncproxy on a controller reads the same key of nova.conf, and refuses http too from its next restart on. " +
        "Have the novncproxy_base_url of the computes https by then, leave `only` out, or set vnc to off.",
    );
  }
  return warnings;
}
