/** The stand-in for the `openstack` plugin: Neutron's security groups and their rules, as version 3.15.2 has them. */
import { schemaOf } from "../wire/schema";
import { serve } from "../wire/server";
import { Cloud } from "./cloud";
import { securityGroup } from "./securityGroup";
import { securityGroupRule } from "./securityGroupRule";
import { plain, type PropertyMap } from "../wire/values";

const NAME = "openstack";
const VERSION = "3.15.2";
const GROUP = "openstack:networking/secGroup:SecGroup";
const RULE = "openstack:networking/secGroupRule:SecGroupRule";

let cloud = new Cloud({});

void serve(
  {
    name: NAME,
    version: VERSION,
    schema: schemaOf(NAME, VERSION, {
      [GROUP]: {
        inputs: {
          deleteDefaultRules: "boolean",
          description: "string",
          name: "string",
          region: "string",
          tenantId: "string",
        },
        required: [],
        outputs: { allTags: "any" },
      },
      [RULE]: {
        inputs: {
          description: "string",
          direction: "string",
          ethertype: "string",
          portRangeMax: "integer",
          portRangeMin: "integer",
          protocol: "string",
          region: "string",
          remoteGroupId: "string",
          remoteIpPrefix: "string",
          securityGroupId: "string",
          tenantId: "string",
        },
        required: ["direction", "ethertype", "securityGroupId"],
        outputs: {},
      },
    }),
    resources: { [GROUP]: securityGroup(() => cloud), [RULE]: securityGroupRule(() => cloud) },
    configure: (config) => {
      cloud = new Cloud(plain(config) as PropertyMap);
    },
  },
  process.argv.slice(2),
);
