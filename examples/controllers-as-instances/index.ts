/**
 * Controllers that are instances in an outer OpenStack cloud. Two walls stand before a proxy there: the instance's security group, which Neutron of the
 * outer cloud keeps, and the firewall within the instance. The same blocks go through both.
 *
 * Where this stack makes the instances too, `connection.host` is `instance.accessIpV4`, and the group goes to their ports (`securityGroupIds`).
 */
import { networking } from "@pulumi/openstack";
import * as pulumi from "@pulumi/pulumi";
import { ConsoleSecurityGroupRule, ControllerNode } from "openstack-spice";

const config = new pulumi.Config();
const users = config.requireObject<string[]>("users");
const addresses = config.requireObject<string[]>("controllers");

const group = new networking.SecGroup("consoles", { description: "SPICE consoles of the inner cloud" });

const rule = new ConsoleSecurityGroupRule("consoles", { securityGroupId: group.id, sources: users });

const controllers = addresses.map(
  (host, index) =>
    new ControllerNode(`control-${index + 1}`, {
      connection: { host, user: "ops" },
      proxy: { baseUrl: "http://console.example.org:6082/spice_auto.html", allowedSources: users },
    }),
);

export const ruleIds = rule.ruleIds;
export const novaVersions = controllers.map(({ report }) => report.apply(({ novaVersion }) => novaVersion));
