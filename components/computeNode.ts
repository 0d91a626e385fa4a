import * as pulumi from "@pulumi/pulumi";
import type { NodeReport } from "../contract/report";
import { Role } from "../nova";
import type { ComputeNodeArgs } from "./args/computeNode";
import { computeState } from "./shared/computeState";
import { engineInputs, engineOutputs } from "./shared/engineInputs";
import { outcomeOf, withoutNulls } from "./shared/inputs";
import { isSpokenFor } from "./shared/logins";
import { convergeNode, withoutDependencies } from "./shared/node";
import { guardsOf, ownersOf } from "./shared/nodeArgs";
import { warnOfGuests, warnOfOpenConsoles, warnOfSoftware } from "./shared/warnings";
import { rejectValidationErrors } from "./validation/errors";
import { checkShape, requiredConnection } from "./validation/shape";
import { checkBusyGuard, checkNode } from "./validation/node";

/**
 * One node whose guests have SPICE consoles: nova.conf says so, and `nova-compute` runs with it; before that their ports are closed to all but the
 * sources named. A running guest gets its SPICE console with its next
 * hard reboot; no guest is rebooted. Nothing else of Nova is restarted.
 */
export class ComputeNode extends pulumi.ComponentResource {
  /** What the node reported when it last converged. */
  public readonly report: pulumi.Output<NodeReport>;
  /**
   * What is done when the node has converged, and its report has said so to the last line: with many nodes, what to depend on in place of the whole
   * component keeps the state small.
   */
  public readonly converged: pulumi.Output<pulumi.Resource>;

  /**
   * @param name The _unique_ name of this component, and the node's name where `nodeName` is left out.
   * @param args What the node is to be, and how to reach it.
   * @param opts A bag of options that control this component's behavior.
   * @throws RunError that lists everything wrong with the arguments, before anything is registered
   */
  constructor(name: string, args: ComputeNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `ComputeNode "${name}"`;
    args = withoutNulls(args);
    rejectValidationErrors(
      subject,
      checkShape(args, { connection: requiredConnection, html5proxyBaseUrl: {}, serverProxyclientAddress: {} }),
    );
    const { nodeName: _name, connection: _connection, ssh: _ssh, onDestroy: _onDestroy, ...settings } = args;
    const recipient = { node: args.nodeName ?? name, ...ownersOf(args), ...guardsOf(args) };
    const desired = outcomeOf(subject, settings, (known) => computeState(known, recipient));
    rejectValidationErrors(subject, [...checkNode(name, args), ...checkBusyGuard(args), ...desired.errors]);

    super("openstack-spice:index:ComputeNode", name, engineInputs(args, opts), withoutDependencies(opts));

    if (!isSpokenFor(opts)) {
      if (args.proxySourceAddresses === undefined) {
        warnOfOpenConsoles("proxySourceAddresses", this);
      }
      warnOfSoftware(args, this);
      warnOfGuests(args, this);
    }
    const node = { component: this, name, subject, role: Role.Compute, args, opts, state: desired.value() };
    const { report, converged } = convergeNode({ ...node, reported: settings });
    this.report = report;
    this.converged = converged;
    this.registerOutputs(engineOutputs({ report }, opts));
  }
}
