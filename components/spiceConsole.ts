import * as pulumi from "@pulumi/pulumi";
import { defaultConsolePorts, parseCidrs, plainPart, RecipeSwitch, Role, shown, takesTokenTtl, Vnc } from "../nova";
import type { GuestConsoleArgs } from "./args/guestConsole";
import type { ComputeArgs, ControllerArgs, SpiceConsoleArgs } from "./args/spiceConsole";
import { ComputeNode } from "./computeNode";
import { ConsoleSecurityGroupRule } from "./consoleSecurityGroupRule";
import { ControllerNode } from "./controllerNode";
import { engineInputs, nodesByName } from "./shared/engineInputs";
import { withoutNulls } from "./shared/inputs";
import { inspectLogins, type NodeLogin } from "./shared/logins";
import { withoutDependencies } from "./shared/node";
import { guardsOf, softwareOf } from "./shared/nodeArgs";
import { byNode, type NodeOutcome, type RoleOutcome } from "./shared/outcomes";
import { batches } from "./shared/rollout";
import { warnOfTls } from "./shared/tls";
import { warnOfGuests, warnOfOpenConsoles, warnOfSoftware, warnOfSources } from "./shared/warnings";
import { checkCloud, proxySources } from "./validation/cloud";
import { rejectValidationErrors } from "./validation/errors";
import { checkShape, requiredConnection } from "./validation/shape";
import { VncProxyRetirement } from "./vncProxyRetirement";

/**
 * SPICE HTML5 consoles for a whole cloud.
 *
 * The controllers' SPICE proxies come first, and have served their page; then the computes, canaries before batches; with `Vnc.Off` the noVNC proxies
 * are stopped last of all. Destroying goes the other way round. So at no time does a guest lose its console for a proxy that is not there.
 */
export class SpiceConsole extends pulumi.ComponentResource {
  /** The URL that users' browsers open, without a token. */
  public readonly proxyPageUrl: pulumi.Output<string>;
  /** What each node reported when it last converged, by the node's name. */
  public readonly nodes: pulumi.Output<Record<string, NodeOutcome>>;

  /**
   * @param name The _unique_ name of this component.
   * @param args The proxy, the nodes, and what their guests get.
   * @param opts A bag of options that control this component's behavior.
   * @throws RunError that lists everything wrong with the arguments, before anything is registered
   */
  constructor(name: string, args: SpiceConsoleArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `SpiceConsole ${shown(name)}`;
    args = withoutNulls(args);
    const node = { name: {}, connection: requiredConnection };
    rejectValidationErrors(
      subject,
      checkShape(args, {
        proxy: { baseUrl: {} },
        controllers: [node],
        computes: [{ ...node, serverProxyclientAddress: {} }],
      }),
    );
    rejectValidationErrors(subject, checkCloud(args));

    const nodes = { controllers: nodesByName(args.controllers), computes: nodesByName(args.computes) };
    super(
      "openstack-spice:index:SpiceConsole",
      name,
      engineInputs({ ...args, ...nodes }, opts),
      withoutDependencies(opts),
    );

    const places = [...located(args.controllers, "controllers"), ...located(args.computes, "computes")];
    const logins = inspectLogins(places, args.ssh, { component: this, subject, opts });
    const { proxy, release, onDestroy, packagesOnDestroy, extraNovaOptions } = args;
    const shared = {
      ssh: logins.ssh,
      release,
      removeObsoleteOptions: args.removeObsoleteOptions,
      packagesOnDestroy,
      ...softwareOf(args),
      formerStack: args.formerStack,
      convergeAgain: args.convergeAgain,
    };
    const guests = guestsOf(args);
    const tokenTtl = (role: Role) => (takesTokenTtl(role, release) ? args.tokenTtl : undefined);
    warnOfSources(proxy.allowedSources, "proxy.allowedSources", this);
    warnOfTls(proxy, this, args.vnc);
    warnOfSoftware(args, this);
    warnOfGuests({ ...guests, release, extraNovaOptions: extraNovaOptions?.computes }, this);
    const proxySourceAddresses = proxySources(args.controllers);
    if (proxySourceAddresses === undefined) {
      warnOfOpenConsoles("controllers[].proxySourceAddresses", this);
    }
    this.openSecurityGroups(name, args, { parent: this, dependsOn: opts?.dependsOn });

    const outcomes: RoleOutcome[] = [];
    const writesComputes = args.recipe?.includes(RecipeSwitch.ComputeOptionsOnControllers) === true;
    const controllersAfter = (dependsOn: readonly pulumi.Output<pulumi.Resource>[]) =>
      args.controllers.map((controller) => {
        const node = new ControllerNode(
          `${name}-${controller.name}`,
          {
            ...shared,
            nodeName: controller.name,
            connection: logins.of(controller.connection),
            onDestroy: controller.onDestroy ?? onDestroy,
            ...guardsOf(controller, args),
            proxy: { ...proxy, listenAddress: controller.listenAddress ?? proxy.listenAddress },
            tokenTtl: tokenTtl(Role.Controller),
            webClient: args.webClient,
            asOnComputes: writesComputes ? { ...guests, extraNovaOptions: extraNovaOptions?.computes } : undefined,
            extraNovaOptions: extraNovaOptions?.controllers,
          },
          { parent: this, dependsOn: [...dependsOn] },
        );
        outcomes.push({ name: controller.name, role: Role.Controller, report: node.report });
        return node.converged;
      });
    const computesAfter = (first: readonly pulumi.Output<pulumi.Resource>[]) =>
      // Each batch waits for the one before, so the last one stands for all.
      batches(args.computes, args.rollout).reduce(
        (before, batch) =>
          batch.map((compute) => {
            const node = new ComputeNode(
              `${name}-${compute.name}`,
              {
                ...shared,
                ...guests,
                proxySourceAddresses,
                nodeName: compute.name,
                connection: logins.of(compute.connection),
                onDestroy: compute.onDestroy ?? onDestroy,
                ...guardsOf(compute, args),
                novaApiCredentials: args.novaApiCredentials,
                html5proxyBaseUrl: proxy.baseUrl,
                serverProxyclientAddress: compute.serverProxyclientAddress,
                serverListen: compute.serverListen,
                tokenTtl: tokenTtl(Role.Compute),
                extraNovaOptions: extraNovaOptions?.computes,
              },
              { parent: this, dependsOn: [...before] },
            );
            outcomes.push({ name: compute.name, role: Role.Compute, report: node.report });
            return node.converged;
          }),
        first,
      );
    const last = args.recipe?.includes(RecipeSwitch.ComputesFirst)
      ? controllersAfter(computesAfter([]))
      : computesAfter(controllersAfter([]));

    if (guests.vnc === Vnc.Off) {
      const retiring = args.controllers.map((controller) => ({
        name: controller.name,
        connection: logins.of(controller.connection),
        onDestroy: controller.onDestroy,
        ignoreConfigurationManagement: guardsOf(controller, args).ignoreConfigurationManagement,
      }));
      const { reports } = new VncProxyRetirement(
        `${name}-vnc-proxies`,
        {
          controllers: retiring,
          ssh: logins.ssh,
          onDestroy,
          formerStack: args.formerStack,
          convergeAgain: args.convergeAgain,
        },
        { parent: this, dependsOn: [...last] },
      );
      outcomes.push(...Object.entries(reports).map(([node, report]) => ({ name: node, role: undefined, report })));
    }

    this.proxyPageUrl = pulumi.output(proxy.baseUrl);
    this.nodes = pulumi.output(outcomes).apply(byNode);
    this.registerOutputs({ proxyPageUrl: this.proxyPageUrl, nodes: this.nodes });
  }

  private openSecurityGroups(name: string, args: SpiceConsoleArgs, opts: pulumi.ComponentResourceOptions): void {
    const { proxy, controllers, controllerSecurityGroupId, computeSecurityGroupId } = args;
    if (controllerSecurityGroupId !== undefined) {
      const { allowedSources = [], port } = proxy;
      new ConsoleSecurityGroupRule(
        `${name}-proxy`,
        {
          securityGroupId: controllerSecurityGroupId,
          sources: allowedSources,
          port,
          description: "SPICE console proxy",
        },
        opts,
      );
    }
    if (computeSecurityGroupId !== undefined) {
      const { first, last } = args.consolePortRange ?? defaultConsolePorts;
      const sources = [
        ...new Set([...(proxySources(controllers) ?? []), ...canonical(args.extraConsoleSources ?? [])]),
      ];
      new ConsoleSecurityGroupRule(
        `${name}-guests`,
        {
          securityGroupId: computeSecurityGroupId,
          sources,
          port: first,
          lastPort: last,
          description: "Guests' consoles",
        },
        opts,
      );
    }
  }
}

/** What all computes' guests get. */
function guestsOf(args: SpiceConsoleArgs): GuestConsoleArgs {
  const { vnc, acceptConsoleLoss, compression, nativeClientsOnly } = args;
  const { serverListenEverywhere, extraConsoleSources, consolePortRange } = args;
  const ports = { serverListenEverywhere, extraConsoleSources, consolePortRange };
  return { ...plainPart(args), vnc, acceptConsoleLoss, compression, nativeClientsOnly, ...ports };
}

/** The nodes of a list with where their connections stand in the arguments. */
function located(nodes: readonly (ControllerArgs | ComputeArgs)[], list: string): NodeLogin[] {
  return nodes.map(({ name, connection }, index) => ({ name, connection, path: `${list}[${index}].connection` }));
}

/** CIDR blocks as they are written to computes and to Neutron; without validation errors, which are known by then. */
function canonical(sources: readonly string[]): readonly string[] {
  return (parseCidrs(sources, "").value ?? []).map(({ text }) => text);
}
