import { type Fault, type NodeEntry, checkNodes, parseCidr, parseCidrs } from "../nova";
import { checkSecurityGroupId } from "./consoleSecurityGroupRule";
import { checkRelease, computeDocument, controllerDocument } from "./desired";
import { isPlain } from "./inputs";
import { checkConnection, checkSsh } from "./logins";
import { checkRollout } from "./rollout";
import type { ComputeArgs, ControllerArgs, SpiceConsoleArgs } from "./spiceConsole";

/** Everything that is wrong with a cloud's arguments, as far as they are known. What is shared by many nodes is named once. */
export function checkCloud(args: SpiceConsoleArgs): readonly Fault[] {
  const { controllers, computes } = args;
  return [
    ...checkProxyAndControllers(args),
    ...checkSsh(args.ssh, "ssh"),
    ...checkNodes({ controllers: controllers.map(entry), computes: computes.map(entry) }),
    ...controllers.flatMap(({ connection }, index) =>
      checkConnection(connection, `controllers[${index}].connection`, args.ssh),
    ),
    ...computes.flatMap(({ connection }, index) =>
      checkConnection(connection, `computes[${index}].connection`, args.ssh),
    ),
    ...checkComputes(args),
    ...checkRollout(
      args.rollout ?? {},
      computes.map(({ name }) => name),
      "rollout",
    ),
    ...checkSecurityGroups(args),
  ];
}

/** The canonical blocks from which proxies connect to computes, each once: controllers may share an address. */
export function proxySources(controllers: readonly ControllerArgs[]): readonly string[] {
  const sources = controllers.flatMap(
    ({ proxySourceAddresses = [] }) => parseCidrs(proxySourceAddresses, "").value ?? [],
  );
  return [...new Set(sources.map(({ text }) => text))];
}

function entry(node: ControllerArgs | ComputeArgs): NodeEntry {
  const { host } = node.connection;
  const address = "serverProxyclientAddress" in node ? node.serverProxyclientAddress : undefined;
  return {
    name: node.name,
    ...(isPlain(host) ? { host } : {}),
    ...(address !== undefined && isPlain(address) ? { serverProxyclientAddress: address } : {}),
  };
}

/** Any node will do to see what is wrong with what all of them share. */
const anyNode = { node: "any", owner: "any" };

function checkProxyAndControllers({ proxy, release, extraNovaOptions }: SpiceConsoleArgs): readonly Fault[] {
  const settings = { proxy, release, extraNovaOptions: extraNovaOptions?.controllers };
  return isPlain(settings)
    ? controllerDocument(settings, anyNode).faults.map((fault) => below("controllers", fault))
    : [...checkRelease(release, ""), ...parseCidrs(proxy.allowedSources ?? [], "proxy.allowedSources").faults];
}

function checkComputes(args: SpiceConsoleArgs): readonly Fault[] {
  const { vnc, acceptConsoleLoss, agentEnabled, serverListenEverywhere, extraNovaOptions, release } = args;
  const shared = { vnc, acceptConsoleLoss, agentEnabled, serverListenEverywhere, release };
  // What the proxy's check has said of the base URL and the release need not be said again.
  const sound = {
    html5proxyBaseUrl: "http://console.example/spice_auto.html",
    extraNovaOptions: extraNovaOptions?.computes,
  };
  return args.computes.flatMap(({ serverProxyclientAddress, serverListen }, index) => {
    const settings = { ...shared, ...sound, serverProxyclientAddress, serverListen };
    if (!isPlain(settings)) {
      return [];
    }
    return computeDocument(settings, anyNode, `computes[${index}].`).faults.flatMap((fault) => {
      const isOwn = /\.(serverProxyclientAddress|serverListen)$/.test(fault.path);
      if (isOwn) {
        return [fault];
      }
      const path = fault.path.replace(/^computes\[\d+\]\./, "");
      return index === 0 && path !== "release" ? [below("computes", { ...fault, path })] : [];
    });
  });
}

/** `extraNovaOptions["x"]` of a node is `extraNovaOptions.computes["x"]` of the cloud. */
function below(list: string, fault: Fault): Fault {
  return { ...fault, path: fault.path.replace(/^extraNovaOptions/, `extraNovaOptions.${list}`) };
}

function checkSecurityGroups(args: SpiceConsoleArgs): readonly Fault[] {
  const { controllers, proxy, controllerSecurityGroupId, computeSecurityGroupId } = args;
  const faults: Fault[] = [];
  if (controllerSecurityGroupId !== undefined) {
    faults.push(...checkSecurityGroupId(controllerSecurityGroupId, "controllerSecurityGroupId"));
    if (proxy.allowedSources === undefined) {
      const reason =
        "It is left out, and controllerSecurityGroupId needs it. Name the CIDR blocks that may open consoles.";
      faults.push({ path: "proxy.allowedSources", reason });
    }
  }
  if (computeSecurityGroupId !== undefined) {
    faults.push(...checkSecurityGroupId(computeSecurityGroupId, "computeSecurityGroupId"));
  }
  controllers.forEach(({ proxySourceAddresses = [] }, index) => {
    const path = `controllers[${index}].proxySourceAddresses`;
    faults.push(...parseCidrs(proxySourceAddresses, path).faults);
    if (proxySourceAddresses.some((address) => parseCidr(address, path).value?.everyone)) {
      const reason =
        "It names every address, and guests' consoles have no password. Name the addresses of this controller.";
      faults.push({ path, reason });
    }
    if (computeSecurityGroupId !== undefined && proxySourceAddresses.length === 0) {
      const reason =
        "It is empty, and computeSecurityGroupId needs it. Name the addresses from which this controller connects to the computes.";
      faults.push({ path, reason });
    }
  });
  return faults;
}
