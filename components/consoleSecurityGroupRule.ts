import { networking } from "@pulumi/openstack";
import * as pulumi from "@pulumi/pulumi";
import { type Fault, parseCidrs, shown } from "../nova";
import { defaultPort } from "./desired";
import { rejectFaults } from "./faults";
import { isPlain } from "./inputs";

/** Arguments of {@link ConsoleSecurityGroupRule}. */
export interface ConsoleSecurityGroupRuleArgs {
  /** Id of the security group that the nodes' ports have, in the OpenStack cloud where the nodes are instances. */
  readonly securityGroupId: pulumi.Input<string>;
  /**
   * CIDR blocks that may connect, in any spelling: Neutron gets the canonical one, and would report a change for ever otherwise. An address alone is a
   * block of one. An empty list is no rule.
   */
  readonly sources: readonly string[];
  /** TCP port that the sources may connect to. @default 6082, where the SPICE proxy listens */
  readonly port?: pulumi.Input<number>;
  /** Last port, where the rule is for a range that begins with `port`. @default the one port */
  readonly lastPort?: pulumi.Input<number>;
  /** What the rules say about themselves. @default "SPICE consoles" */
  readonly description?: string;
}

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
    const { securityGroupId, port = defaultPort, lastPort = port, description = "SPICE consoles" } = args;
    const sources = parseCidrs(args.sources, "sources");
    rejectFaults(`ConsoleSecurityGroupRule "${name}"`, [
      ...checkSecurityGroupId(securityGroupId, "securityGroupId"),
      ...sources.faults,
      ...checkPorts(port, lastPort),
    ]);

    super("openstack-spice:index:ConsoleSecurityGroupRule", name, {}, opts);

    const rules = (sources.value ?? []).map(({ text, ethertype, slug }) => {
      const match = { direction: "ingress", ethertype, protocol: "tcp", remoteIpPrefix: text };
      return new networking.SecGroupRule(
        `${name}-${slug}`,
        { ...match, portRangeMin: port, portRangeMax: lastPort, securityGroupId, description },
        { parent: this, deleteBeforeReplace: true },
      );
    });
    this.ruleIds = pulumi.all(rules.map(({ id }) => id));
    this.registerOutputs();
  }
}

/** Faults of a group's id, where it is known. An empty one would be the project's default group to some clients. */
export function checkSecurityGroupId(id: pulumi.Input<string>, path: string): readonly Fault[] {
  return isPlain(id) && id.trim() === ""
    ? [{ path, reason: `${shown(id)} is no security group. Give the group's id, or leave it out.` }]
    : [];
}

function checkPorts(first: pulumi.Input<number>, last: pulumi.Input<number>): readonly Fault[] {
  const isPort = (port: pulumi.Input<number>) =>
    !isPlain(port) || (Number.isInteger(port) && port >= 1 && port <= 65535);
  const rule = "is not a TCP port. Give a whole number from 1 to 65535.";
  const faults: Fault[] = [];
  if (!isPort(first)) {
    faults.push({ path: "port", reason: `${shown(first)} ${rule}` });
  }
  if (!isPort(last) && last !== first) {
    faults.push({ path: "lastPort", reason: `${shown(last)} ${rule}` });
  }
  if (faults.length === 0 && isPlain(first) && isPlain(last) && last < first) {
    faults.push({ path: "lastPort", reason: `${last} is before port ${first}. Give the last port of the range.` });
  }
  return faults;
}
