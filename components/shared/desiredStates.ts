import type * as pulumi from "@pulumi/pulumi";
import {
  checkBaseUrl,
  checkClosing,
  checkComputeMeets,
  checkConsolePorts,
  type Checked,
  checkGuestConsole,
  checkProxy,
  checkServerListen,
  checkServerProxyclientAddress,
  checkSourcesMeet,
  checkWebClient,
  type Cidr,
  type ComputeState,
  consoleSources,
  defaultConsolePorts,
  defaultServerListen,
  desiredStateDocument,
  type ValidationError,
  invalid,
  novaFragment,
  parseCidrs,
  parseRelease,
  RecipeSwitch,
  type Release,
  repositoryFile,
  Role,
  valid,
  Vnc,
} from "../../nova";
import type { ComputeNodeArgs } from "../args/computeNode";
import type { ControllerNodeArgs } from "../args/controllerNode";
import type { GuardArgs, SoftwareArgs } from "../args/node";
import { PackagesOnDestroy } from "../args/onDestroy";
import { originsOf, tlsOptions, tlsState } from "./tls";

/** Port on which Nova's SPICE proxy listens by default. */
export const defaultPort = 6082;

/** The node that a document is for. */
export interface Recipient extends GuardArgs {
  readonly node: string;
  /** The stack: `organization/project/stack`. The node refuses two owners. */
  readonly owner: string;
  /** What the stack was called before, where it was renamed or moved. */
  readonly formerOwner?: string;
}

/** What a controller's document depends on. */
export type ControllerSettings = Pick<
  ControllerNodeArgs,
  | "proxy"
  | "tokenTtl"
  | "release"
  | "extraNovaOptions"
  | "removeObsoleteOptions"
  | "packagesOnDestroy"
  | "packageRepository"
  | "recipe"
  | "webClient"
  | "asOnComputes"
>;

/** The document of a controller, or everything that is wrong with its arguments. @param path put before the path of each validation error */
export function controllerDocument(
  settings: pulumi.Unwrap<ControllerSettings>,
  recipient: Recipient,
  path = "",
): Checked<string> {
  const { proxy, tokenTtl, release, extraNovaOptions, recipe = [], webClient } = settings;
  const {
    allowedSources,
    dropOtherSources = false,
    enforceSessionTimeout,
    listenAddress = "0.0.0.0",
    port = defaultPort,
  } = proxy;
  const allowedOrigins = originsOf(proxy);
  const sources = allowedSources === undefined ? undefined : parseCidrs(allowedSources, `${path}proxy.allowedSources`);
  const errors: ValidationError[] = [
    ...checkRelease(release, path),
    ...checkProxy(
      {
        ...proxy,
        listenAddress,
        port,
        httpsOverPlain: recipe.includes(RecipeSwitch.HttpsUrlOverPlainProxy),
        ...(release === undefined ? {} : { release }),
      },
      `${path}proxy`,
    ),
    ...(webClient === undefined ? [] : checkWebClient(webClient, `${path}webClient`)),
    ...(sources?.errors ?? []),
    ...checkSourcesMeet(sources?.value, listenAddress, `${path}proxy.allowedSources`),
    ...(dropOtherSources && (sources?.errors ?? []).length === 0
      ? checkClosing(sources?.value, `${path}proxy.dropOtherSources`)
      : []),
  ];
  const fragment = novaFragment(
    Role.Controller,
    {
      html5proxyHost: listenAddress,
      html5proxyPort: port,
      allowedOrigins,
      tls: tlsOptions(proxy),
      enforceSessionTimeout,
      tokenTtl,
      extraNovaOptions,
      recipe,
      ...asOnComputes(settings),
    },
    release,
    path,
  );
  // Of these the proxy's own checks say it better.
  const checked = /proxy\.(baseUrl|listenAddress|port|allowedOrigins|tls\.(certificate|key))$/;
  errors.push(...fragment.errors.filter((error) => errors.length === 0 || !checked.test(error.path)));
  if (errors.length > 0 || fragment.value === undefined) {
    return invalid(...errors);
  }
  return valid(
    desiredStateDocument({
      role: Role.Controller,
      ...recipient,
      ...(release === undefined ? {} : { release }),
      // On a controller noVNC is never touched: stopping it is VncProxyRetirement's.
      vnc: Vnc.Keep,
      ...(sources?.value === undefined ? {} : { allowedSources: sources.value.map(({ text }: Cidr) => text) }),
      dropOtherSources,
      ...tlsState(proxy, release),
      removeObsoleteOptions: settings.removeObsoleteOptions === true,
      removePackagesOnDestroy: settings.packagesOnDestroy === PackagesOnDestroy.Remove,
      ...software(settings),
      ...(webClient === undefined ? {} : { webClient }),
      fragment: fragment.value,
    }),
  );
}

/** Where packages come from, and the recipe's behaviour; without validation errors, which the component's own check finds. */
function software({
  packageRepository,
  recipe,
}: pulumi.Unwrap<SoftwareArgs>): Pick<ComputeState, "repository" | "recipe"> {
  const repository =
    packageRepository === undefined ? undefined : repositoryFile(packageRepository, "packageRepository").value;
  return {
    ...(repository === undefined ? {} : { repository }),
    ...(recipe === undefined ? {} : { recipe }),
  };
}

/** What a controller says of what its computes have, where the recipe's behaviour was asked for. */
function asOnComputes(settings: pulumi.Unwrap<ControllerSettings>) {
  if (settings.recipe?.includes(RecipeSwitch.ComputeOptionsOnControllers) !== true) {
    return {};
  }
  const { vnc = Vnc.Alongside, agentEnabled = false, extraNovaOptions } = settings.asOnComputes ?? {};
  return { asOnComputes: { vnc, agentEnabled, html5proxyBaseUrl: settings.proxy.baseUrl, extraNovaOptions } };
}

/** What a compute's document depends on. */
export type ComputeSettings = Omit<ComputeNodeArgs, "nodeName" | "connection" | "ssh" | "onDestroy" | keyof GuardArgs>;

/** The document of a compute, or everything that is wrong with its arguments. @param path put before the path of each validation error */
export function computeDocument(
  settings: pulumi.Unwrap<ComputeSettings>,
  recipient: Recipient,
  path = "",
): Checked<string> {
  const { release, vnc = Vnc.Alongside, html5proxyBaseUrl, serverProxyclientAddress, extraNovaOptions } = settings;
  const { agentEnabled = false, acceptConsoleLoss = false, serverListenEverywhere = false } = settings;
  const serverListen = settings.serverListen ?? defaultServerListen(serverProxyclientAddress, serverListenEverywhere);
  const { consolePortRange = defaultConsolePorts } = settings;
  const { compression, requireSecure, spiceDirectProxyBaseUrl, tokenTtl, novaApiCredentials } = settings;
  const sources = consoleSources(settings, path);
  const errors: ValidationError[] = [
    ...checkRelease(release, path),
    ...checkBaseUrlAlone(html5proxyBaseUrl, `${path}html5proxyBaseUrl`),
    ...checkServerProxyclientAddress(serverProxyclientAddress, `${path}serverProxyclientAddress`),
    ...(settings.serverListen === undefined
      ? []
      : checkServerListen(serverListen, `${path}serverListen`, serverListenEverywhere)),
    ...sources.errors,
    ...checkComputeMeets(serverListen, serverProxyclientAddress, parseCidrs(sources.value ?? [], "").value, path),
    ...checkConsolePorts(consolePortRange, `${path}consolePortRange`),
    ...checkGuestConsole(settings, path),
  ];
  const fragment = novaFragment(
    Role.Compute,
    {
      vnc,
      agentEnabled,
      html5proxyBaseUrl,
      serverListen,
      serverProxyclientAddress,
      compression,
      requireSecure,
      spiceDirectProxyBaseUrl,
      tokenTtl,
      extraNovaOptions,
      recipe: settings.recipe,
    },
    release,
    path,
  );
  const checked = /(html5proxyBaseUrl|serverListen|serverProxyclientAddress|spiceDirectProxyBaseUrl)$/;
  errors.push(...fragment.errors.filter((error) => errors.length === 0 || !checked.test(error.path)));
  if (errors.length > 0 || fragment.value === undefined) {
    return invalid(...errors);
  }
  return valid(
    desiredStateDocument({
      role: Role.Compute,
      ...recipient,
      ...(release === undefined ? {} : { release }),
      vnc,
      acceptConsoleLoss,
      ...(novaApiCredentials === undefined ? {} : { novaApiCredentials }),
      removeObsoleteOptions: settings.removeObsoleteOptions === true,
      removePackagesOnDestroy: settings.packagesOnDestroy === PackagesOnDestroy.Remove,
      ...software(settings),
      ...(sources.value === undefined ? {} : { consolePorts: { ...consolePortRange, sources: sources.value } }),
      fragment: fragment.value,
    }),
  );
}

/** A compute does not know its proxies: their port, their TLS and what stands in front of them are not compared. */
function checkBaseUrlAlone(baseUrl: string, path: string): readonly ValidationError[] {
  const port = URL.canParse(baseUrl) && new URL(baseUrl).port !== "" ? Number(new URL(baseUrl).port) : defaultPort;
  return checkBaseUrl({ baseUrl, listenAddress: "", port, behindLoadBalancer: true }, path);
}

/** Validation errors of an asserted release. TypeScript's enums let any number through. */
export function checkRelease(release: Release | undefined, path: string): readonly ValidationError[] {
  return release === undefined ? [] : parseRelease(release, `${path}release`).errors;
}
