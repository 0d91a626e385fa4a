import * as pulumi from "@pulumi/pulumi";
import { defaultPort, isIpLiteral, isWildcard } from "../../nova";
import { shutOut } from "../../remote/reach";

/** Where users' browsers connect to, as far as it can be tried from here. */
interface ProxyAddress {
  /** The node's name in messages. */
  readonly node: string;
  /** The address or name by which Pulumi connects to the node; undefined where a bastion is in between. */
  readonly host: pulumi.Input<string> | undefined;
  /** What the proxy listens on. @default every address */
  readonly listenAddress: pulumi.Input<string> | undefined;
  /** @default 6082 */
  readonly port: pulumi.Input<number> | undefined;
  /** CIDR blocks that may open consoles. @default nobody is named */
  readonly sources: readonly string[] | undefined;
}

/**
 * Tries the proxy's port from this machine, where this is one that may open consoles, once the node has converged: the node can only say what its own filter
 * does, and not what is in between. A failure is a warning. In a preview nothing is tried.
 *
 * @param done what has to be done before
 */
export function warnWhereShutOut(
  address: ProxyAddress,
  done: pulumi.Output<unknown>,
  component: pulumi.Resource,
): void {
  const { node, host, listenAddress = "", port = defaultPort, sources = [] } = address;
  if (host === undefined || sources.length === 0 || pulumi.runtime.isDryRun()) {
    return;
  }
  pulumi.all([host, listenAddress, port, done]).apply(async ([reached, listening, known]) => {
    const to = isIpLiteral(listening) && !isWildcard(listening) ? listening : reached;
    const from = await shutOut(to, known, sources);
    if (from !== undefined) {
      await pulumi.log.warn(
        `${node}: TCP ${known} at ${to} does not answer this machine, though its address ${from} is in proxy.allowedSources. ` +
          "Look for a firewall in between, or a security group.",
        component,
      );
    }
  });
}
