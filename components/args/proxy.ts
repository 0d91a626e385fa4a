import * as pulumi from "@pulumi/pulumi";
import type { TlsVersion } from "../../nova";

/**
 * Certificate of the SPICE proxy: as texts, which are sent to the controllers (`certPem` and `privateKeyPem`), or as files that are there (`certificate`,
 * `key`). One of the two. It has to be valid, and for the host of the base URL, which is checked before anything changes: of texts as soon as they are
 * known, of files on each controller. nova-novncproxy on the same node reads the same keys of nova.conf.
 */
export interface ProxyTlsArgs {
  /** The certificate as PEM text: the server's own first, then its issuers'. @default that of `certificate` */
  readonly certPem?: pulumi.Input<string>;
  /**
   * Its private key as PEM text, not encrypted. A secret, whether it is given as one or not: it is sent by standard input alone, is encrypted in the
   * state, and on the controller root's and readable for the group nova, in one file with the certificate. The whole desired state document is a secret
   * then: a preview shows a change of it as `[secret]`. @default that of `key`
   */
  readonly privateKeyPem?: pulumi.Input<string>;
  /** Path of the certificate, with its chain, on each controller, PEM. The user `nova` has to be able to read it. @default that of `certPem` */
  readonly certificate?: pulumi.Input<string>;
  /** Path of the private key, PEM. @default the key is in the certificate's file */
  readonly key?: pulumi.Input<string>;
  /** Whether plain http is refused. nova-novncproxy on the same node reads the same key of nova.conf. @default both are answered on the one port */
  readonly only?: pulumi.Input<boolean>;
  /** `[console] ssl_ciphers`: OpenSSL's cipher string, for TLS up to 1.2; Nova 21 and later. @default OpenSSL's */
  readonly ciphers?: pulumi.Input<string>;
  /** `[console] ssl_minimum_version`: the oldest TLS that is spoken; Nova 21 and later. @default OpenSSL's */
  readonly minimumVersion?: pulumi.Input<TlsVersion>;
}

/** The SPICE HTML5 proxy, as its users see it. */
export interface ProxyArgs {
  /**
   * URL that users' browsers open, as Nova hands it out, without a token: `http://console.example.org:6082/spice_auto.html`. Scheme, host, port and
   * path have to lead to the proxy, which is checked before anything runs.
   */
  readonly baseUrl: pulumi.Input<string>;
  /** `[spice] html5proxy_host`: address of the controller on which the proxy listens. @default "0.0.0.0" */
  readonly listenAddress?: pulumi.Input<string>;
  /** `[spice] html5proxy_port`: TCP port on which the proxy listens. @default 6082 */
  readonly port?: pulumi.Input<number>;
  /** Certificate, where the proxy itself speaks TLS. @default plain http */
  readonly tls?: ProxyTlsArgs;
  /**
   * Whether a load balancer or reverse proxy stands in front: the base URL then names it, with a port and a path of its own, and it may be the one
   * that terminates TLS. @default false
   */
  readonly behindLoadBalancer?: pulumi.Input<boolean>;
  /**
   * CIDR blocks that may reach the proxy's port, by rules in the node's own firewall. An empty list is nobody. Behind a load balancer, its addresses.
   * @default the node's firewall is left alone, with a warning
   */
  readonly allowedSources?: readonly string[];
  /**
   * Whether each controller closes the proxy's port to all but `allowedSources` by a table of our own, which closes nothing else: for nodes that have no
   * firewall, or one that does not refuse all others. @default false: what no firewall of the node refuses is open
   */
  readonly dropOtherSources?: pulumi.Input<boolean>;
  /**
   * `[console] allowed_origins`: host names of other pages, such as the dashboard's, that may open consoles. Behind a load balancer the base URL's host
   * is put before them: many balancers ask the proxy by another name. @default the base URL's host alone
   */
  readonly allowedOrigins?: readonly pulumi.Input<string>[];
  /**
   * `[consoleauth] enforce_session_timeout`: whether an open console is closed when its token expires (`tokenTtl`); Nova 29 and later.
   * @default Nova's: false
   */
  readonly enforceSessionTimeout?: pulumi.Input<boolean>;
}
