/**
 * `openstack:networking/secGroup:SecGroup`: a Neutron security group.
 *
 * Source: terraform-provider-openstack openstack/resource_openstack_networking_secgroup_v2.go. Tags are left out.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Operation, Resource } from "../wire/resource";
import { plain, type PropertyMap, UNKNOWN } from "../wire/values";
import { type Cloud, NeutronError } from "./cloud";
import { explain, unlessGone } from "./failures";

const INPUTS = ["deleteDefaultRules", "description", "name", "region", "tenantId"];
/** Outputs that the cloud fills in where no input gives them, as a preview has them: `tenantId` is not among them. */
const COMPUTED = ["allTags", "description", "region"];
const NAME = "openstack_networking_secgroup_v2";
const PATH = "/security-groups";
/** How long a group that is still in use is waited for, in milliseconds. */
const DELETE_TIMEOUT = 600_000;
const DELETE_PAUSE = 3_000;

interface Group {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tenant_id: string;
  readonly tags?: string[];
  readonly security_group_rules: readonly { readonly id: string }[];
}

interface Answer {
  readonly security_group: Group;
}

/** The resource type, in the cloud that `cloud` answers with. */
export function securityGroup(cloud: () => Cloud): Resource {
  const outputsOf = (group: Group, inputs: PropertyMap): PropertyMap => ({
    ...(inputs["deleteDefaultRules"] !== undefined && { deleteDefaultRules: inputs["deleteDefaultRules"] }),
    allTags: group.tags ?? [],
    description: group.description,
    name: group.name,
    region: cloud().region,
    tenantId: group.tenant_id,
  });
  const text = (inputs: PropertyMap, name: string) => plain(inputs[name] ?? "");

  return {
    inputs: INPUTS,

    check(inputs, olds, resource) {
      const unknown = Object.keys(inputs).filter((name) => !INPUTS.includes(name) && !name.startsWith("__"));
      const failures = unknown.map((property) => ({ property, reason: `is not in this stand-in of ${NAME}` }));
      return { inputs: { name: olds["name"] ?? `${resource}-${suffix()}`, ...inputs }, failures };
    },

    replaces: (path) => ["deleteDefaultRules", "region", "tenantId"].includes(path),

    async create({ preview }, inputs) {
      if (preview) {
        const unknown = Object.fromEntries(COMPUTED.map((name) => [name, UNKNOWN]));
        return { id: "", outputs: { ...unknown, ...inputs } };
      }
      const body = {
        name: text(inputs, "name"),
        ...(inputs["description"] !== undefined && { description: text(inputs, "description") }),
        ...(inputs["tenantId"] !== undefined && { tenant_id: text(inputs, "tenantId") }),
      };
      const request = cloud().request("POST", PATH, { security_group: body });
      const { security_group: group } = (await explain(`Error creating ${NAME}`, request)) as Answer;
      if (inputs["deleteDefaultRules"] === true) {
        for (const { id } of group.security_group_rules) {
          const rule = cloud().request("DELETE", `/security-group-rules/${id}`);
          await explain(`Error deleting a default rule for ${NAME} ${group.id}`, rule);
        }
      }
      const created = await explain(`Error retrieving ${NAME}`, cloud().request("GET", `${PATH}/${group.id}`));
      return { id: group.id, outputs: outputsOf((created as Answer).security_group, inputs) };
    },

    async update({ preview }, id, state, inputs) {
      if (preview) {
        return { ...state, ...inputs };
      }
      const body = { name: text(inputs, "name"), description: text(inputs, "description") };
      const request = cloud().request("PUT", `${PATH}/${id}`, { security_group: body });
      const { security_group: group } = (await explain(`Error updating ${NAME}`, request)) as Answer;
      return outputsOf(group, inputs);
    },

    async read(_operation, id, state, inputs) {
      const request = cloud().request("GET", `${PATH}/${id}`);
      const found = (await unlessGone(`Error retrieving ${NAME}`, request)) as Answer | undefined;
      if (!found) {
        return undefined;
      }
      const outputs = outputsOf(found.security_group, state);
      const known = Object.keys(inputs).length > 0 ? Object.keys(inputs) : ["name", "description"];
      const read = known.map((name) => [name, outputs[name] ?? inputs[name] ?? null] as const);
      return { id, outputs, inputs: Object.fromEntries(read) };
    },

    async delete(operation, id) {
      await explain(`Error deleting ${NAME}`, deleteWhenUnused(operation, cloud(), id));
    },
  };
}

/** Deletes a group; while it is in use (409), tries again. */
async function deleteWhenUnused({ signal }: Operation, cloud: Cloud, id: string): Promise<void> {
  for (const end = Date.now() + DELETE_TIMEOUT; ;) {
    try {
      await cloud.request("DELETE", `${PATH}/${id}`);
      return;
    } catch (error) {
      const status = error instanceof NeutronError ? error.status : undefined;
      if (status === 404) {
        return;
      }
      if (status !== 409 || Date.now() > end) {
        throw error;
      }
    }
    await wait(DELETE_PAUSE, undefined, { signal });
  }
}

/** What Pulumi puts behind the name of a resource that was given none. */
function suffix(): string {
  return randomBytes(4).toString("hex").slice(0, 7);
}
