import * as pulumi from "@pulumi/pulumi";
import type { NodeReport } from "../contract/report";
import { Role } from "../nova";
import type { ControllerNodeArgs } from "./args/controllerNode";
import { controllerState } from "./shared/controllerState";
import { engineInputs, engineOutputs } from "./shared/engineInputs";
import { outcomeOf, withoutNulls } from "./shared/inputs";
import { isSpokenFor } from "./shared/logins";
import { convergeNode, withoutDependencies } from "./shared/node";
import { guardsOf, ownersOf } from "./shared/nodeArgs";
import { warnWhereShutOut } from "./shared/reach";
import { certificateNote, hasKeyText, warnOfTls } from "./shared/tls";
import { warnOfSoftware, warnOfSources } from "./shared/warnings";
import { rejectValidationErrors } from "./validation/errors";
import { checkShape, requiredConnection } from "./validation/shape";
import { checkNode } from "./validation/node";

/**
 * One node that serves SPICE consoles: `nova-spicehtml5proxy` is installed, configured and enabled, listens, and has served its page and scripts over
 * HTTP; its port is open to the sources named. noVNC goes on beside it, untouched, and nothing else of Nova is restarted.
 */
export class ControllerNode extends pulumi.ComponentResource {
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
  constructor(name: string, args: ControllerNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `ControllerNode "${name}"`;
    args = withoutNulls(args);
    rejectValidationErrors(subject, checkShape(args, { connection: requiredConnection, proxy: { baseUrl: {} } }));
    const { proxy, tokenTtl, release, extraNovaOptions, webClient, asOnComputes } = args;
    const { removeObsoleteOptions, packagesOnDestroy, packageRepository, recipe } = args;
    const settings = {
      ...{ proxy, tokenTtl, release, extraNovaOptions, webClient, asOnComputes },
      ...{ removeObsoleteOptions, packagesOnDestroy, packageRepository, recipe },
    };
    const recipient = { node: args.nodeName ?? name, ...ownersOf(args), ...guardsOf(args) };
    const desired = outcomeOf(subject, settings, (known) => controllerState(known, recipient));
    rejectValidationErrors(subject, [...checkNode(name, args), ...desired.errors]);

    super("openstack-spice:index:ControllerNode", name, engineInputs(args, opts), withoutDependencies(opts));

    if (!isSpokenFor(opts)) {
      warnOfSources(proxy.allowedSources, "proxy.allowedSources", this);
      warnOfTls(proxy, this);
      warnOfSoftware(args, this);
    }
    const secrecy = { hasSecret: hasKeyText(proxy), note: certificateNote(proxy) };
    const node = { component: this, name, subject, role: Role.Controller, args, opts, state: desired.value() };
    const reported = { ...settings, proxy: { ...proxy, tls: undefined } };
    const { report, converged } = convergeNode({ ...node, ...secrecy, reported });
    const { connection, ssh } = args;
    const host = (connection.bastion ?? ssh?.bastion) === undefined ? connection.host : undefined;
    const { listenAddress, port, allowedSources: sources } = proxy;
    warnWhereShutOut({ node: recipient.node, host, listenAddress, port, sources }, converged, this);
    this.report = report;
    this.converged = converged;
    this.registerOutputs(engineOutputs({ report }, opts));
  }
}
