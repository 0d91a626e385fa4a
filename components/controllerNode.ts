import * as pulumi from "@pulumi/pulumi";
import type { NodeReport } from "../host/report";
import { Role, type Vnc, type WebClient } from "../nova";
import { controllerDocument } from "./desired";
import { rejectFaults } from "./faults";
import { guardsOf } from "./guards";
import { isPlain } from "./inputs";
import { isSpokenFor } from "./logins";
import { type NodeArgs, checkNode, convergeNode, withoutDependencies } from "./node";
import { ownersOf } from "./ownership";
import { type ProxyArgs, warnOfSources } from "./proxy";
import { softwareOf, warnOfSoftware } from "./software";
import { certificateNote, hasKeyText, warnOfTls } from "./tls";

/** Arguments of {@link ControllerNode}. */
export interface ControllerNodeArgs extends NodeArgs {
  /** The proxy that is to run there. */
  readonly proxy: ProxyArgs;
  /** `[consoleauth] token_ttl`: seconds for which a console's URL can be opened; up to Nova 19, then the computes'. @default Nova's: 600 */
  readonly tokenTtl?: pulumi.Input<number>;
  /**
   * Where the web client comes from, in the place of the platform's own package: another package, or an archive with its checksum, which is unpacked to a
   * folder that the SPICE proxy alone is told of. @default the package spice-html5
   */
  readonly webClient?: WebClient;
  /** What the computes have, where `RecipeSwitch.ComputeOptionsOnControllers` is to write the same on this node. @default nothing of it is written */
  readonly asOnComputes?: AsOnComputesArgs;
}

/** What computes have that `RecipeSwitch.ComputeOptionsOnControllers` writes on controllers too; the arguments of a `ComputeNode`. */
export interface AsOnComputesArgs {
  /** As on the computes. @default Vnc.Alongside */
  readonly vnc?: Vnc;
  /** As on the computes. @default false */
  readonly agentEnabled?: pulumi.Input<boolean>;
  /** Of these, `spice/keymap`. @default none */
  readonly extraNovaOptions?: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * One node that serves SPICE consoles: `nova-spicehtml5proxy` is installed, configured and enabled, listens, and has served its page and scripts over
 * HTTP; its port is open to the sources named. noVNC goes on beside it, untouched, and nothing else of Nova is restarted.
 */
export class ControllerNode extends pulumi.ComponentResource {
  /** What the node reported when it last converged. */
  public readonly report: pulumi.Output<NodeReport>;
  /** What is done when the node has converged, and its report has said so to the last line: with many nodes, what to depend on in place of the whole component keeps the state small. */
  public readonly converged: pulumi.Output<pulumi.Resource>;

  /**
   * @param name The _unique_ name of this component, and the node's name where `nodeName` is left out.
   * @param args What the node is to be, and how to reach it.
   * @param opts A bag of options that control this component's behavior.
   * @throws RunError that lists everything wrong with the arguments, before anything is registered
   */
  constructor(name: string, args: ControllerNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `ControllerNode "${name}"`;
    const { proxy, tokenTtl, release, extraNovaOptions, removeDeadKeys, packagesOnDestroy, webClient, asOnComputes } =
      args;
    const software = { ...softwareOf(args), webClient, asOnComputes };
    const settings = { proxy, tokenTtl, release, extraNovaOptions, removeDeadKeys, packagesOnDestroy, ...software };
    const recipient = { node: args.nodeName ?? name, ...ownersOf(args), ...guardsOf(args) };
    rejectFaults(subject, [
      ...checkNode(name, args),
      ...(isPlain(settings) ? controllerDocument(settings, recipient).faults : []),
    ]);

    super("openstack-spice:index:ControllerNode", name, {}, withoutDependencies(opts));

    if (!isSpokenFor(opts)) {
      warnOfSources(proxy.allowedSources, "proxy.allowedSources", this);
      warnOfTls(proxy, this);
      warnOfSoftware(args, this);
    }
    const document = (known: pulumi.Unwrap<typeof settings>) => controllerDocument(known, recipient);
    const secrecy = { hasSecret: hasKeyText(proxy), note: certificateNote(proxy) };
    const node = { component: this, name, subject, role: Role.Controller, args, opts, settings, document, ...secrecy };
    const { report, converged } = convergeNode(node);
    this.report = report;
    this.converged = converged;
    this.registerOutputs();
  }
}
