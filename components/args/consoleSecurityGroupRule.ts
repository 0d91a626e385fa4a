import * as pulumi from "@pulumi/pulumi";

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
