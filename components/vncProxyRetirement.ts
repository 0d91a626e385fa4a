import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs, SshArgs } from "../host/connection";
import { converge } from "../host/convergence";
import { checkNodeName, desiredStateDocument, vncProxyRetirement } from "../nova";
import { type AgainArgs, checkAgain } from "./again";
import { rejectFaults } from "./faults";
import { type ManagerGuardArgs, checkGuards, guardsOf } from "./guards";
import { checkConnection, checkSsh, inspectLogins } from "./logins";
import { finished, withoutDependencies } from "./node";
import { OnDestroy } from "./onDestroy";
import { type OwnershipArgs, checkOwnership, ownersOf } from "./ownership";

/** A controller whose noVNC proxy is stopped. */
export interface RetiringControllerArgs extends ManagerGuardArgs {
  /** The controller's name, the same as its {@link ControllerNode} has. */
  readonly name: string;
  /** How to reach it. */
  readonly connection: ConnectionArgs;
  /** What becomes of its noVNC proxy when this, or the controller, leaves the stack. @default the arguments' onDestroy */
  readonly onDestroy?: OnDestroy;
}

/** Arguments of {@link VncProxyRetirement}. */
export interface VncProxyRetirementArgs extends OwnershipArgs, AgainArgs {
  /** The controllers that run the noVNC proxy. */
  readonly controllers: readonly RetiringControllerArgs[];
  /** Defaults for the connections. @default none */
  readonly ssh?: SshArgs;
  /** What becomes of the noVNC proxies when this leaves the stack. @default OnDestroy.Restore: they run again */
  readonly onDestroy?: OnDestroy;
}

/**
 * The end of noVNC in a cloud: its proxy is stopped and disabled on every controller, and its port is closed.
 *
 * It has to depend on every compute (`dependsOn`): only once none hands out noVNC's URLs any more is there nothing to lose; and when the stack is
 * destroyed noVNC is back before the first compute is.
 */
export class VncProxyRetirement extends pulumi.ComponentResource {
  /**
   * @param name The _unique_ name of this component.
   * @param args The controllers, and how to reach them.
   * @param opts A bag of options that control this component's behavior.
   * @throws RunError that lists everything wrong with the arguments, before anything is registered
   */
  constructor(name: string, args: VncProxyRetirementArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `VncProxyRetirement "${name}"`;
    const nodes = args.controllers.map((controller, index) => ({ ...controller, path: `controllers[${index}]` }));
    rejectFaults(subject, [
      ...nodes.flatMap((node) => checkNodeName(node.name, `${node.path}.name`)),
      ...nodes.flatMap((node) => checkConnection(node.connection, `${node.path}.connection`, args.ssh)),
      ...nodes.flatMap((node) => checkGuards(node, `${node.path}.`)),
      ...checkSsh(args.ssh, "ssh"),
      ...checkOwnership(args),
      ...checkAgain(args),
    ]);

    super("openstack-spice:index:VncProxyRetirement", name, {}, withoutDependencies(opts));

    const owners = ownersOf(args);
    const places = nodes.map((node) => ({ ...node, path: `${node.path}.connection` }));
    const logins = inspectLogins(places, args.ssh, { component: this, subject, opts });
    for (const { name: node, connection, onDestroy = args.onDestroy, ...guards } of nodes) {
      const { command, report } = converge(
        `${name}-${node}`,
        {
          connection: logins.of(connection),
          ssh: logins.ssh,
          role: vncProxyRetirement,
          document: desiredStateDocument({ role: vncProxyRetirement, ...owners, node, ...guardsOf(guards) }),
          ...(args.convergeAgain === undefined ? {} : { note: args.convergeAgain }),
          restore: onDestroy !== OnDestroy.Keep,
        },
        { parent: this, dependsOn: opts?.dependsOn },
      );
      finished(command, report, { node, role: vncProxyRetirement, connection, ssh: args.ssh }, this);
    }
    this.registerOutputs();
  }
}
