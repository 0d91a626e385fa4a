import { type ComputeState, type Declared, Role, on, sourcesNamed, switchedOn } from "../../contract";
import {
  type ValidationError,
  Vnc,
  checkBaseUrl,
  checkComputeMeets,
  checkConsolePorts,
  checkGuestConsole,
  checkRelease,
  checkServerListen,
  checkServerProxyclientAddress,
  consoleSources,
  defaultConsolePorts,
  defaultServerListen,
  novaFragment,
  parseCidrs,
  plainPart,
  recipeOnNode,
} from "../../nova";
import type { ComputeNodeArgs } from "../args/computeNode";
import type { GuardArgs } from "../args/node";
import type { Known } from "./inputs";
import { type Made, type Recipient, commonState, together } from "./recipient";

/** What a compute's desired state depends on. */
export type ComputeSettings = Omit<ComputeNodeArgs, "nodeName" | "connection" | "ssh" | "onDestroy" | keyof GuardArgs>;

/** What a compute is to be, or everything that is wrong with its arguments. @param path put before the path of each validation error */
export function computeState(
  settings: Known<ComputeSettings>,
  recipient: Recipient,
  path = "",
): Made<Declared<ComputeState>> {
  const { values, has } = settings;
  const { release, vnc = Vnc.Alongside, html5proxyBaseUrl, serverProxyclientAddress, extraNovaOptions } = values;
  const { agentEnabled = false, serverListenEverywhere = false, consolePortRange = defaultConsolePorts } = values;
  const { compression, recipe } = values;
  const knowsAddress = has("serverProxyclientAddress");
  const knowsListen = has("serverListen", "serverListenEverywhere");
  const listenAddress = values.serverListen ?? defaultServerListen(serverProxyclientAddress, serverListenEverywhere);
  // What is not known is taken for what meets the proxies.
  const serverListen = knowsListen && knowsAddress ? listenAddress : serverProxyclientAddress;
  const sources = consoleSources(values, path);
  const checks: ValidationError[] = [
    ...checkRelease(release, path),
    // A compute does not know its proxies: their port, their TLS and what stands in front of them are not compared.
    ...checkBaseUrl({ baseUrl: html5proxyBaseUrl }, `${path}html5proxyBaseUrl`, (...parts) =>
      parts.every((part) => part === "baseUrl" && has("html5proxyBaseUrl")),
    ),
    ...(knowsAddress ? checkServerProxyclientAddress(serverProxyclientAddress, `${path}serverProxyclientAddress`) : []),
    ...(values.serverListen !== undefined && knowsListen
      ? checkServerListen(values.serverListen, `${path}serverListen`, serverListenEverywhere)
      : []),
    ...sources.errors,
    ...(knowsAddress
      ? checkComputeMeets(serverListen, serverProxyclientAddress, parseCidrs(sources.value ?? [], "").value, path)
      : []),
    ...checkConsolePorts(consolePortRange, `${path}consolePortRange`),
    ...checkGuestConsole(values, path, has),
  ];
  const fragment = novaFragment(
    Role.Compute,
    { ...plainPart(values), vnc, agentEnabled, html5proxyBaseUrl, serverListen, compression, extraNovaOptions, recipe },
    release,
    path,
  );
  const better = ["html5proxyBaseUrl", "serverListen", "serverProxyclientAddress", "spiceDirectProxyBaseUrl"];
  const errors = together(
    checks,
    fragment,
    better.map((part) => `${path}${part}`),
  );
  if (errors.length > 0 || fragment.value === undefined || !has("")) {
    return { errors, value: undefined };
  }
  return {
    errors,
    value: {
      ...commonState(values, recipient),
      ...fragment.value,
      role: "compute",
      vnc: vnc === Vnc.Off ? "off" : undefined,
      acceptConsoleLoss: on(values.acceptConsoleLoss),
      novaApiCredentials: values.novaApiCredentials,
      consolePorts: sources.value && { ...consolePortRange, sources: sourcesNamed(sources.value) },
      recipe: switchedOn(recipeOnNode(Role.Compute, recipe)),
    },
  };
}
