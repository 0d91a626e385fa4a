/**
 * `openstack:networking/secGroupRule:SecGroupRule`: one rule of a Neutron security group. Any change replaces it.
 *
 * Source: terraform-provider-openstack openstack/resource_openstack_networking_secgroup_rule_v2.go. Unlike there, a
 * delete does not wait five seconds before it looks whether the rule is gone.
 */
import type { Resource } from "../wire/resource";
import { plain, type PropertyMap, UNKNOWN } from "../wire/values";
import type { Cloud } from "./cloud";
import { explain, faulty, missing, unlessGone } from "./failures";

/** Inputs by name, with the names that Neutron has for them. */
const FIELDS = {
  description: "description",
  direction: "direction",
  ethertype: "ethertype",
  portRangeMax: "port_range_max",
  portRangeMin: "port_range_min",
  protocol: "protocol",
  remoteGroupId: "remote_group_id",
  remoteIpPrefix: "remote_ip_prefix",
  securityGroupId: "security_group_id",
  tenantId: "tenant_id",
} as const;

const INPUTS = [...Object.keys(FIELDS), "region"];
const REQUIRED = ["direction", "ethertype", "securityGroupId"];
/** Inputs that the cloud fills in where they are left out. */
const COMPUTED = ["region", "remoteGroupId", "remoteIpPrefix", "tenantId"];
/** Those of them that a preview has, as unknown. */
const PREVIEWED = ["region", "remoteIpPrefix"];
const NAME = "openstack_networking_secgroup_rule_v2";
const PATH = "/security-group-rules";

interface Answer {
  readonly security_group_rule: Readonly<Record<string, string | number | null>> & { readonly id: string };
}

/** The resource type, in the cloud that `cloud` answers with. */
export function securityGroupRule(cloud: () => Cloud): Resource {
  const outputsOf = (rule: Answer["security_group_rule"]): PropertyMap => {
    const entries = Object.entries(FIELDS).map(([name, field]) => {
      const none = name.startsWith("portRange") ? 0 : "";
      return [name, rule[field] ?? none] as const;
    });
    return { ...Object.fromEntries(entries), region: cloud().region };
  };
  const find = async (id: string) =>
    (await unlessGone(`Error getting ${NAME}`, cloud().request("GET", `${PATH}/${id}`))) as Answer | undefined;

  return {
    inputs: INPUTS,

    check: (inputs) => ({ inputs, failures: check(inputs) }),

    replaces: () => true,

    // The state, not the inputs before: an address that Neutron writes differently is a change each time.
    compared: (state, inputs) => {
      const entries = INPUTS.flatMap((name) => {
        const [old, value] = [state[name], inputs[name]];
        const isLeft = value === undefined && (COMPUTED.includes(name) || old === "" || old === 0);
        const isSame = typeof value === "string" && name === "remoteIpPrefix" && value.toLowerCase() === old;
        return old === undefined || isLeft ? [] : [[name, isSame ? value : old] as const];
      });
      return Object.fromEntries(entries);
    },

    async create({ preview }, inputs) {
      if (preview) {
        const unknown = Object.fromEntries(PREVIEWED.map((name) => [name, UNKNOWN]));
        return { id: "", outputs: { ...unknown, ...inputs } };
      }
      const direction = plain(inputs["direction"] ?? null);
      if (direction !== "ingress" && direction !== "egress") {
        throw new Error(`1 error occurred:\n\t* unknown direction for ${NAME}: ${JSON.stringify(direction)}\n\n`);
      }
      const given = Object.entries(FIELDS)
        .map(([name, field]) => [field, plain(inputs[name] ?? null)] as const)
        .filter(([, value]) => value !== null && value !== "" && value !== 0);
      const request = cloud().request("POST", PATH, { security_group_rule: Object.fromEntries(given) });
      const { security_group_rule: rule } = (await explain(`Error creating ${NAME}`, request)) as Answer;
      const created = await explain(`Error getting ${NAME}`, cloud().request("GET", `${PATH}/${rule.id}`));
      return { id: rule.id, outputs: outputsOf((created as Answer).security_group_rule) };
    },

    update() {
      throw new Error(`doesn't support update: every change of ${NAME} replaces it`);
    },

    async read(_operation, id) {
      const found = await find(id);
      if (!found) {
        return undefined;
      }
      const outputs = outputsOf(found.security_group_rule);
      const inputs = Object.entries(outputs).filter(([, value]) => value !== "" && value !== 0);
      return { id, outputs, inputs: Object.fromEntries(inputs) };
    },

    async delete(_operation, id) {
      await unlessGone(`Error deleting ${NAME}`, cloud().request("DELETE", `${PATH}/${id}`));
    },
  };
}

function check(inputs: PropertyMap) {
  const isPort = (port: unknown) => Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65535;
  const together = ["portRangeMin", "portRangeMax", "protocol"];
  const hasPorts = inputs["portRangeMin"] !== undefined || inputs["portRangeMax"] !== undefined;
  return [
    ...missing(inputs, REQUIRED),
    ...(hasPorts ? missing(inputs, together) : []),
    ...faulty(inputs, "ethertype", 'one of ["IPv4" "IPv6"]', (type) => type === "IPv4" || type === "IPv6"),
    ...faulty(inputs, "portRangeMin", "in the range (0 - 65535)", isPort),
    ...faulty(inputs, "portRangeMax", "in the range (0 - 65535)", isPort),
  ];
}
