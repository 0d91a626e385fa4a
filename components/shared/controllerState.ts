import type * as pulumi from "@pulumi/pulumi";
import { type ControllerState, type Declared, Role, on, sourcesNamed, switchedOn } from "../../contract";
import {
  type Cidr,
  RecipeSwitch,
  type RecipeSettings,
  type ValidationError,
  Vnc,
  checkClosing,
  checkProxy,
  checkRelease,
  checkSize,
  checkSourcesMeet,
  checkWebClient,
  defaultPort,
  novaFragment,
  parseCidrs,
  recipeOnNode,
} from "../../nova";
import type { ControllerNodeArgs } from "../args/controllerNode";
import type { Known } from "./inputs";
import { type Made, type Recipient, commonState, together } from "./recipient";
import { originsOf, tlsOptions, tlsState } from "./tls";

/** What a controller's desired state depends on. */
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

/** What a controller is to be, or everything that is wrong with its arguments. @param path put before the path of each validation error */
export function controllerState(
  settings: Known<ControllerSettings>,
  recipient: Recipient,
  path = "",
): Made<Declared<ControllerState>> {
  const { proxy, tokenTtl, release, extraNovaOptions, recipe = [], webClient } = settings.values;
  const { allowedSources, dropOtherSources, enforceSessionTimeout } = proxy;
  const { listenAddress = "0.0.0.0", port = defaultPort } = proxy;
  const sources = allowedSources === undefined ? undefined : parseCidrs(allowedSources, `${path}proxy.allowedSources`);
  const knows = (...parts: readonly string[]) => settings.has(...parts.map((part) => `proxy.${part}`));
  const httpsOverPlain = recipe.includes(RecipeSwitch.HttpsUrlOverPlainProxy);
  const checks: ValidationError[] = [
    ...checkRelease(release, path),
    ...checkProxy({ ...proxy, listenAddress, port, httpsOverPlain, release }, `${path}proxy`, Date.now(), knows),
    ...(webClient === undefined ? [] : checkWebClient(webClient, `${path}webClient`)),
    ...(sources?.errors ?? []),
    ...checkSize(sources?.value?.length ?? 0, "sources", `${path}proxy.allowedSources`),
    ...(knows("listenAddress") ? checkSourcesMeet(sources?.value, listenAddress, `${path}proxy.allowedSources`) : []),
    ...(dropOtherSources === true && (sources?.errors ?? []).length === 0
      ? checkClosing(sources?.value, `${path}proxy.dropOtherSources`)
      : []),
  ];
  const fragment = novaFragment(
    Role.Controller,
    {
      html5proxyHost: listenAddress,
      html5proxyPort: port,
      allowedOrigins: knows("baseUrl", "behindLoadBalancer", "allowedOrigins") ? originsOf(proxy) : undefined,
      tls: tlsOptions(proxy),
      enforceSessionTimeout,
      tokenTtl,
      extraNovaOptions,
      recipe,
      ...asOnComputes(settings.values),
    },
    release,
    path,
  );
  const better = ["baseUrl", "listenAddress", "port", "allowedOrigins", "tls.certificate", "tls.key"];
  const errors = together(
    checks,
    fragment,
    better.map((part) => `${path}proxy.${part}`),
  );
  if (errors.length > 0 || fragment.value === undefined || !settings.has("")) {
    return { errors, value: undefined };
  }
  return {
    errors,
    value: {
      ...commonState(settings.values, recipient),
      ...fragment.value,
      role: "controller",
      firewall: sources?.value && {
        sources: sourcesNamed(sources.value.map(({ text }: Cidr) => text)),
        dropOtherSources: on(dropOtherSources),
      },
      tls: tlsState(proxy, release),
      webClient,
      recipe: switchedOn(recipeOnNode(Role.Controller, recipe)),
    },
  };
}

/** What a controller says of what its computes have, where the recipe's behaviour was asked for. */
function asOnComputes({
  recipe = [],
  proxy,
  asOnComputes: computes = {},
}: pulumi.Unwrap<ControllerSettings>): Pick<RecipeSettings, "asOnComputes"> {
  if (!recipe.includes(RecipeSwitch.ComputeOptionsOnControllers)) {
    return {};
  }
  const { vnc = Vnc.Alongside, agentEnabled = false, extraNovaOptions } = computes;
  return { asOnComputes: { vnc, agentEnabled, html5proxyBaseUrl: proxy.baseUrl, extraNovaOptions } };
}
