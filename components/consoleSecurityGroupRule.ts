import { networking } from "@pulumi/openstack";
import * as pulumi from "@pulumi/pulumi";
import { defaultPort, parseCidrs } from "../nova";
import type { ConsoleSecurityGroupRuleArgs } from "./args/consoleSecurityGroupRule";
import { engineInputs, engineOutputs } from "./shared/engineInputs";
import { withoutNulls } from "./shared/inputs";
import { withoutDependencies } from "./shared/node";
import { rejectValidationErrors } from "./validation/errors";
import { checkShape } from "./validation/shape";
import { checkPorts, checkSecurityGroupId } from "./validation/securityGroup";

/**
 * Lets sources reach consoles on nodes that are instances: one ingress rule for each source in their security group. Other rules are not touched.
 *
 * Each rule is named after its source, so adding one leaves the others alone; a changed one is deleted before it is created again, since Neutron
 * refuses a second rule with the same match.
 */
export class ConsoleSecurityGroupRule extends pulumi.ComponentResource {
  /** The ids of the rules, in the order of their canonical sources. */
  public readonly ruleIds: pulumi.Output<string[]>;

  /**
   * @param name The _unique_ name of this component.
   * @param args The group, the sources and the ports.
   * @param opts A bag of options that control this component's behavior. The OpenStack provider is `providers`, or the default one.
   * @throws RunError that lists everything wrong with the arguments, before anything is registered
   */
  constructor(name: string, args: ConsoleSecurityGroupRuleArgs, opts?: pulumi.ComponentResourceOptions) {
    const subject = `ConsoleSecurityGroupRule "${name}"`;
    args = withoutNulls(args);
    rejectValidationErrors(subject, checkShape(args, { securityGroupId: {}, sources: [{}] }));
    const { securityGroupId, port = defaultPort, lastPort = port, description = "SPICE consoles" } = args;
    const sources = parseCidrs(args.sources, "sources");
    rejectValidationErrors(subject, [
      ...checkSecurityGroupId(securityGroupId, "securityGroupId"),
      ...sources.errors,
      ...checkPorts(port, lastPort),
    ]);

    super("openstack-spice:index:ConsoleSecurityGroupRule", name, engineInputs(args, opts), withoutDependencies(opts));

    const rules = (sources.value ?? []).map(({ text, ethertype, slug }) => {
      const match = { direction: "ingress", ethertype, protocol: "tcp", remoteIpPrefix: text };
      return new networking.SecGroupRule(
        `${name}-${slug}`,
        { ...match, portRangeMin: port, portRangeMax: lastPort, securityGroupId, description },
        { parent: this, dependsOn: opts?.dependsOn, deleteBeforeReplace: true },
      );
    });
    this.ruleIds = pulumi.all(rules.map(({ id }) => id));
    this.registerOutputs(engineOutputs({ ruleIds: this.ruleIds }, opts));
  }
}
