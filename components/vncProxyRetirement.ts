import * as pulumi from "@pulumi/pulumi";
import { vncProxyRetirement } from "../contract";
import type { NodeReport } from "../contract/report";
import { checkNodes } from "../nova";
import { converge } from "../remote/convergence";
import { OnDestroy } from "./args/onDestroy";
import type { VncProxyRetirementArgs } from "./args/vncProxyRetirement";
import { engineInputs, engineOutputs, nodesByName } from "./shared/engineInputs";
import { withoutNulls } from "./shared/inputs";
import { inspectLogins, prerequisitesOf } from "./shared/logins";
import { finished, withoutDependencies } from "./shared/node";
import { guardsOf, ownersOf } from "./shared/nodeArgs";
import { identity } from "./shared/recipient";
import { rejectValidationErrors } from "./validation/errors";
import { checkShape, requiredConnection } from "./validation/shape";
import { checkConnection, checkSsh } from "./validation/logins";
import { checkAgain, checkGuards, checkOnDestroy, checkOwnership, nodeEntry } from "./validation/node";

/**
 * The end of noVNC in a cloud: its proxy is stopped and disabled on every controller, and its port is closed.
 *
 * It has to depend on every compute (`dependsOn`): only once none hands out noVNC's URLs any more is there nothing to lose; and when the stack is
 * destroyed noVNC is back before the first compute is.
 */
export class VncProxyRetirement extends pulumi.ComponentResource {
  /** What each controller reported when its noVNC proxy was last stopped, by name. */
  public readonly reports: Readonly<Record<string, pulumi.Output<NodeReport>>>;

  /**
   * @param name The _unique_ name of this component.
   * @param args The controllers, and how to reach them.
   * @param opts A bag of options that control this component's behavior.
   * @throws RunError that lists everything wrong with the arguments, before anything is registered
   */
  constructor(name: string, args: VncProxyRetirementArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `VncProxyRetirement "${name}"`;
    args = withoutNulls(args);
    rejectValidationErrors(subject, checkShape(args, { controllers: [{ name: {}, connection: requiredConnection }] }));
    const nodes = args.controllers.map((controller, index) => ({ ...controller, path: `controllers[${index}]` }));
    rejectValidationErrors(subject, [
      ...checkNodes({ controllers: args.controllers.map(nodeEntry) }),
      ...nodes.flatMap((node) => checkConnection(node.connection, `${node.path}.connection`, args.ssh)),
      ...nodes.flatMap((node) => [...checkGuards(node, `${node.path}.`), ...checkOnDestroy(node, `${node.path}.`)]),
      ...checkOnDestroy(args),
      ...checkSsh(args.ssh, "ssh"),
      ...checkOwnership(args),
      ...checkAgain(args),
    ]);

    const inputs = engineInputs({ ...args, controllers: nodesByName(args.controllers) }, opts);
    super("openstack-spice:index:VncProxyRetirement", name, inputs, withoutDependencies(opts));

    const owners = ownersOf(args);
    const places = nodes.map((node) => ({ ...node, path: `${node.path}.connection` }));
    const logins = inspectLogins(places, args.ssh, { component: this, subject, opts });
    const reports = new Map<string, pulumi.Output<NodeReport>>();
    for (const { name: node, connection, onDestroy = args.onDestroy, ...guards } of nodes) {
      const { command, report } = converge(
        `${name}-${node}`,
        {
          connection: logins.of(connection),
          ssh: logins.ssh,
          role: vncProxyRetirement,
          state: { role: vncProxyRetirement, ...identity({ ...owners, node, ...guardsOf(guards) }) },
          ...(args.convergeAgain === undefined ? {} : { note: args.convergeAgain }),
          restore: onDestroy !== OnDestroy.Keep,
        },
        { parent: this, dependsOn: opts?.dependsOn, prerequisites: prerequisitesOf(opts) },
      );
      const login = { node, role: vncProxyRetirement, connection, ssh: args.ssh };
      reports.set(node, finished(command, report, login, this).report);
    }
    this.reports = Object.fromEntries(reports);
    this.registerOutputs(engineOutputs({ reports: this.reports }, opts));
  }
}
