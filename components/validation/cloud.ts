import {
  checkConsolePorts,
  checkConsoleSourceCount,
  checkListenAddress,
  checkNodes,
  checkSourcesMeet,
  defaultConsolePorts,
  familyOf,
  type ValidationError,
  noSourceOf,
  parseCidrs,
  plainPart,
  parseConsoleSources,
  Role,
  takesTokenTtl,
} from "../../nova";
import type { ComputeArgs, ControllerArgs, SpiceConsoleArgs } from "../args/spiceConsole";
import { computeState } from "../shared/computeState";
import { controllerState } from "../shared/controllerState";
import { isPlain, knownPart } from "../shared/inputs";
import { checkConnection, checkSsh } from "./logins";
import {
  checkAgain,
  checkBusyGuard,
  checkGuards,
  checkOnDestroy,
  checkOwnership,
  checkSoftware,
  nodeEntry,
} from "./node";
import { checkRollout } from "./rollout";
import { checkSecurityGroupId } from "./securityGroup";

/** Everything that is wrong with a cloud's arguments, as far as they are known. What is shared by many nodes is named once. */
export function checkCloud(args: SpiceConsoleArgs): readonly ValidationError[] {
  const { controllers, computes } = args;
  const errors = [
    ...checkProxyAndControllers(args),
    ...checkListenAddresses(args),
    ...checkSsh(args.ssh, "ssh"),
    ...checkNodes({ controllers: controllers.map(nodeEntry), computes: computes.map(nodeEntry) }),
    ...controllers.flatMap(({ connection }, index) =>
      checkConnection(connection, `controllers[${index}].connection`, args.ssh),
    ),
    ...computes.flatMap(({ connection }, index) =>
      checkConnection(connection, `computes[${index}].connection`, args.ssh),
    ),
    ...checkGuards(args),
    ...checkOnDestroy(args),
    ...checkBusyGuard(args),
    ...checkSoftware(args),
    ...checkOwnership(args),
    ...checkAgain(args),
    ...controllers.flatMap((node, index) => checkOwn(node, `controllers[${index}].`)),
    ...computes.flatMap((node, index) => checkOwn(node, `computes[${index}].`)),
    ...checkComputes(args),
    ...checkRollout(
      args.rollout ?? {},
      computes.map(({ name }) => name),
      "rollout",
    ),
    ...checkSecurityGroups(args),
    ...checkConsoleSources(args),
    ...checkSourceFamilies(args),
  ];
  // What both roles read is checked for both.
  const first = (one: ValidationError) => errors.find(({ path, reason }) => path === one.path && reason === one.reason);
  return errors.filter((error) => first(error) === error);
}

/** The canonical blocks from which proxies connect to computes, each once: controllers may share an address. Undefined where no controller names any. */
export function proxySources(controllers: readonly ControllerArgs[]): readonly string[] | undefined {
  if (controllers.every(({ proxySourceAddresses }) => proxySourceAddresses === undefined)) {
    return undefined;
  }
  const sources = controllers.flatMap(
    ({ proxySourceAddresses = [] }) => parseCidrs(proxySourceAddresses, "").value ?? [],
  );
  return [...new Set(sources.map(({ text }) => text))];
}

function checkOwn(node: ControllerArgs | ComputeArgs, path: string): readonly ValidationError[] {
  return [...checkGuards(node, path), ...checkOnDestroy(node, path)];
}

/** Any node will do to see what is wrong with what all of them share. */
const anyNode = { node: "any", owner: "any" };

function checkProxyAndControllers(args: SpiceConsoleArgs): readonly ValidationError[] {
  const { proxy, controllers, release, tokenTtl, extraNovaOptions, webClient, recipe } = args;
  // Where each controller has an address of its own the shared default is nobody's, and is not looked at.
  const own = controllers.map(({ listenAddress }) => listenAddress);
  const [first] = own;
  const isNobodys = proxy.listenAddress === undefined && first !== undefined && !own.includes(undefined);
  const settings = {
    proxy: isNobodys ? { ...proxy, listenAddress: "control-1" } : proxy,
    release,
    extraNovaOptions: extraNovaOptions?.controllers,
    webClient,
    recipe,
    tokenTtl: takesTokenTtl(Role.Controller, release) ? tokenTtl : undefined,
  };
  return controllerState(knownPart(settings), anyNode).errors.map((error) => below("controllers", error));
}

/** Validation errors of the addresses on which single controllers listen. */
function checkListenAddresses({ proxy, controllers }: SpiceConsoleArgs): readonly ValidationError[] {
  const { baseUrl, behindLoadBalancer, allowedSources } = proxy;
  return controllers.flatMap(({ listenAddress }, index) => {
    const path = `controllers[${index}].listenAddress`;
    if (listenAddress === undefined || !isPlain(listenAddress)) {
      return [];
    }
    const { values, has } = knownPart({ baseUrl, behindLoadBalancer });
    const sources = allowedSources === undefined ? undefined : parseCidrs(allowedSources, "").value;
    return [
      ...checkListenAddress({ ...values, listenAddress }, path, has),
      ...checkSourcesMeet(sources, listenAddress, "proxy.allowedSources"),
    ];
  });
}

function checkComputes(args: SpiceConsoleArgs): readonly ValidationError[] {
  const { vnc, acceptConsoleLoss, serverListenEverywhere, extraNovaOptions, release } = args;
  const { compression, nativeClientsOnly } = args;
  const shared = {
    ...plainPart(args),
    vnc,
    acceptConsoleLoss,
    serverListenEverywhere,
    release,
    compression,
    nativeClientsOnly,
    tokenTtl: takesTokenTtl(Role.Compute, release) ? args.tokenTtl : undefined,
  };
  // What the proxy's check has said of the base URL and the release need not be said again.
  const sound = {
    html5proxyBaseUrl: "http://console.example/spice_auto.html",
    extraNovaOptions: extraNovaOptions?.computes,
  };
  return args.computes.flatMap(({ serverProxyclientAddress, serverListen }, index) => {
    const settings = { ...shared, ...sound, serverProxyclientAddress, serverListen };
    return computeState(knownPart(settings), anyNode, `computes[${index}].`).errors.flatMap((error) => {
      const isOwn = /\.(serverProxyclientAddress|serverListen)$/.test(error.path);
      if (isOwn) {
        return [error];
      }
      const path = error.path.replace(/^computes\[\d+\]\./, "");
      return index === 0 && path !== "release" ? [below("computes", { ...error, path })] : [];
    });
  });
}

/** `extraNovaOptions["x"]` of a node is `extraNovaOptions.computes["x"]` of the cloud. */
function below(list: string, error: ValidationError): ValidationError {
  return { ...error, path: error.path.replace(/^extraNovaOptions/, `extraNovaOptions.${list}`) };
}

function checkSecurityGroups(args: SpiceConsoleArgs): readonly ValidationError[] {
  const { controllers, proxy, controllerSecurityGroupId, computeSecurityGroupId } = args;
  const errors: ValidationError[] = [];
  if (controllerSecurityGroupId !== undefined) {
    errors.push(...checkSecurityGroupId(controllerSecurityGroupId, "controllerSecurityGroupId"));
    if (proxy.allowedSources === undefined) {
      const reason =
        "It is left out, and controllerSecurityGroupId needs it. Name the CIDR blocks that may open consoles.";
      errors.push({ path: "proxy.allowedSources", reason });
    }
  }
  if (computeSecurityGroupId !== undefined) {
    errors.push(...checkSecurityGroupId(computeSecurityGroupId, "computeSecurityGroupId"));
  }
  controllers.forEach(({ proxySourceAddresses = [] }, index) => {
    if (computeSecurityGroupId !== undefined && proxySourceAddresses.length === 0) {
      const reason =
        "It is empty, and computeSecurityGroupId needs it. Name the addresses from which this controller connects to the computes.";
      errors.push({ path: `controllers[${index}].proxySourceAddresses`, reason });
    }
  });
  return errors;
}

/** Each controller has to come from an address of the family of every address that the proxies connect to, as far as they are known. */
function checkSourceFamilies({
  controllers,
  computes,
  extraConsoleSources = [],
}: SpiceConsoleArgs): readonly ValidationError[] {
  const extra = parseCidrs(extraConsoleSources, "").value ?? [];
  const addresses = computes.map(({ serverProxyclientAddress }) => serverProxyclientAddress).filter(isPlain);
  return controllers.flatMap(({ proxySourceAddresses = [] }, index) => {
    const { value = [] } = parseCidrs(proxySourceAddresses, "");
    const missed = addresses.find((address) => {
      const family = familyOf(address);
      return family !== undefined && ![...value, ...extra].some(({ ethertype }) => ethertype === family);
    });
    const family = missed === undefined ? undefined : familyOf(missed);
    return value.length === 0 || missed === undefined || family === undefined
      ? []
      : [{ path: `controllers[${index}].proxySourceAddresses`, reason: noSourceOf(family, missed) }];
  });
}

/** Who may reach the guests' consoles: a controller that is forgotten would be shut out by every compute. */
function checkConsoleSources(args: SpiceConsoleArgs): readonly ValidationError[] {
  const {
    controllers,
    computeSecurityGroupId,
    extraConsoleSources = [],
    consolePortRange = defaultConsolePorts,
  } = args;
  const given = controllers.flatMap(({ proxySourceAddresses }, index) =>
    proxySourceAddresses === undefined ? [] : [`controllers[${index}].proxySourceAddresses`],
  );
  if (extraConsoleSources.length > 0) {
    given.push("extraConsoleSources");
  }
  const errors = controllers.flatMap(({ proxySourceAddresses }, index) => {
    const path = `controllers[${index}].proxySourceAddresses`;
    if (proxySourceAddresses !== undefined) {
      return parseConsoleSources(proxySourceAddresses, path).errors;
    }
    // The security group's check has said that it is missing.
    return given[0] === undefined || computeSecurityGroupId !== undefined
      ? []
      : [
          {
            path,
            reason: `It is left out, and with ${given[0]} alone the computes would shut this controller's proxies out. Name the addresses that they come from, or [] where others have them.`,
          },
        ];
  });
  errors.push(...parseConsoleSources(extraConsoleSources, "extraConsoleSources").errors);
  const extra = (parseCidrs(extraConsoleSources, "").value ?? []).map(({ text }) => text);
  const { size } = new Set([...(proxySources(controllers) ?? []), ...extra]);
  errors.push(...checkConsoleSourceCount(size, given[0] ?? ""));
  if (errors.length === 0 && size === 0 && given[0] !== undefined && computeSecurityGroupId === undefined) {
    const reason =
      "All lists are empty, so nobody could open a console. Name the addresses that the proxies come from, or leave it out.";
    errors.push({ path: given[0], reason });
  }
  return [...errors, ...checkConsolePorts(consolePortRange, "consolePortRange")];
}
