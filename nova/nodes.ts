import { canonicalAddress, isIpLiteral } from "./cidr";
import { type ValidationError, shown } from "./validationError";
import { isDnsName } from "./hosts";

/** A node as far as it is known before anything runs. */
export interface NodeEntry {
  readonly name: string;
  /** Where SSH connects, where that is known already. */
  readonly host?: string;
  /** Of a compute: `[spice] server_proxyclient_address`, where it is known already. */
  readonly serverProxyclientAddress?: string;
}

/** The nodes of a cloud. A node in both lists, with one name and one host, is one node with both roles. */
interface NodeLists {
  readonly controllers: readonly NodeEntry[];
  /** Undefined where just controllers are asked for. */
  readonly computes?: readonly NodeEntry[];
}

/**
 * Validation errors of the lists of nodes: empty lists, names that are empty, odd or used twice, one name for two hosts, one host or one address that the
 * proxies connect to under two names.
 *
 * @param path put before the path of each validation error
 */
export function checkNodes(lists: NodeLists, path = ""): readonly ValidationError[] {
  const { controllers, computes = [] } = lists;
  const nodes = [...placed(controllers, `${path}controllers`), ...placed(computes, `${path}computes`)];
  return [
    ...checkNotEmpty(controllers, `${path}controllers`, "controller"),
    ...(lists.computes === undefined ? [] : checkNotEmpty(computes, `${path}computes`, "compute")),
    ...nodes.flatMap(({ node, at }) => checkNodeName(node.name, `${at}.name`)),
    ...nodes.flatMap((node, index) => checkAgainst(node, nodes.slice(0, index))),
    ...nodes.flatMap((node, index) => checkProxyclientAddress(node, nodes.slice(0, index))),
  ];
}

/** Validation errors of one node's name: it becomes part of resource names and of messages, and stands in a line of the document a node reads. */
export function checkNodeName(name: string, path: string): readonly ValidationError[] {
  return typeof name === "string" && /^[a-z\d]([a-z\d._-]{0,61}[a-z\d])?$/i.test(name)
    ? []
    : [
        {
          path,
          reason: `It is not a node name. Give 1 to 63 letters, digits, hyphens, dots and underscores, with a letter or digit at both ends.`,
        },
      ];
}

/** A node with the list it stands in and its path. */
interface PlacedNode {
  readonly node: NodeEntry;
  readonly list: string;
  readonly at: string;
}

function placed(nodes: readonly NodeEntry[], list: string): readonly PlacedNode[] {
  return nodes.map((node, index) => ({ node, list, at: `${list}[${index}]` }));
}

function checkNotEmpty(nodes: readonly NodeEntry[], path: string, role: string): readonly ValidationError[] {
  return nodes.length > 0 ? [] : [{ path, reason: `The list is empty. Name at least one ${role}.` }];
}

/** Validation errors of a node beside those before it, of which the first that clashes is named. */
function checkAgainst({ node, list, at }: PlacedNode, before: readonly PlacedNode[]): readonly ValidationError[] {
  const isName = checkNodeName(node.name, "").length === 0;
  const namesake = isName ? before.find((other) => other.node.name === node.name) : undefined;
  if (namesake?.list === list) {
    return [
      {
        path: `${at}.name`,
        reason: `${shown(node.name)} is the name of ${namesake.at} already. Give each node a name of its own.`,
      },
    ];
  }
  const hostPath = `${at}.connection.host`;
  if (namesake !== undefined) {
    return isHost(namesake.node.host) && isHost(node.host) && sameHost(namesake.node, node) === false
      ? [
          {
            path: hostPath,
            reason:
              `${shown(node.host)} is not the host ${shown(namesake.node.host)} of ${namesake.at}, which has the same name ${shown(node.name)}. ` +
              "Give both the same host if they are one node, else different names.",
          },
        ]
      : [];
  }
  // A host that is none is another validation error, and may be a secret that is in the wrong place.
  const neighbour = isHost(node.host) ? before.find((other) => sameHost(other.node, node) === true) : undefined;
  return neighbour === undefined
    ? []
    : [
        {
          path: hostPath,
          reason:
            `${shown(node.host)} is the host of ${neighbour.at} (${shownName(neighbour.node.name)}) already. ` +
            "Give each node its own host, or one name to a node with both roles.",
        },
      ];
}

/** The proxies would show the guests of one compute for those of the other. */
function checkProxyclientAddress({ node, at }: PlacedNode, before: readonly PlacedNode[]): readonly ValidationError[] {
  const address = node.serverProxyclientAddress;
  const rival = before.find(
    (other) =>
      address !== undefined &&
      isIpLiteral(address) &&
      other.node.serverProxyclientAddress !== undefined &&
      canonicalHost(other.node.serverProxyclientAddress) === canonicalHost(address),
  );
  return rival === undefined
    ? []
    : [
        {
          path: `${at}.serverProxyclientAddress`,
          reason: `${shown(address)} is the address of ${rival.at} (${shownName(rival.node.name)}) already. Give each compute its own.`,
        },
      ];
}

/** A name, quoted where it is one. */
function shownName(name: string): string {
  return checkNodeName(name, "").length === 0 ? shown(name) : "a node without a sound name";
}

/** Whether two entries connect to one host; undefined where a host is not known yet. */
function sameHost(one: NodeEntry, other: NodeEntry): boolean | undefined {
  return one.host === undefined || other.host === undefined
    ? undefined
    : canonicalHost(one.host) === canonicalHost(other.host);
}

function isHost(host: string | undefined): host is string {
  return host !== undefined && (isIpLiteral(host) || isDnsName(host));
}

function canonicalHost(host: string): string {
  return canonicalAddress(host) ?? host.toLowerCase();
}
