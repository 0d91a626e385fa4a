/** The security group rules, by the real engine in a real Neutron: made, left alone, changed, and taken away again. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPlugin } from "../providers/support/plugin";
import { Project, REPOSITORY } from "../support/engine";
import { lab } from "../support/lab";

const NEUTRON = "http://198.18.0.11:9696";
// The lab has no Keystone, and the official plugin cannot do without.
const isOfficial = findPlugin("openstack", "3.15.2").isOfficial;

/** Calls Neutron's API. */
async function neutron(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${NEUTRON}/v2.0/${path}`, {
    method,
    headers: { "X-Auth-Token": "admin", "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>);
}

describe.runIf(!isOfficial)("the rules of a controller's security group", () => {
  let project: Project;
  let group: string;

  /** What the group lets in, a line for each rule; the rules that Neutron itself gives a new group let nothing in from outside. */
  async function ingress(): Promise<readonly string[]> {
    const { security_group_rules: rules } = (await neutron(
      "GET",
      `security-group-rules?security_group_id=${group}`,
    )) as {
      security_group_rules: Record<string, unknown>[];
    };
    return rules
      .filter(({ direction, protocol }) => direction === "ingress" && protocol !== null)
      .map((rule) =>
        ["ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix"]
          .map((key) => String(rule[key]))
          .join(" "),
      )
      .sort();
  }

  /** A program with nothing but the rules: it is usable alone. */
  function program(sources: readonly string[]): void {
    project.write(
      "index.ts",
      `import { ConsoleSecurityGroupRule } from ${JSON.stringify(join(REPOSITORY, "components"))};
new ConsoleSecurityGroupRule("console", { securityGroupId: ${JSON.stringify(group)}, sources: ${JSON.stringify(sources)} });\n`,
    );
  }

  beforeAll(async () => {
    await lab("up");
    const made = (await neutron("POST", "security-groups", { security_group: { name: "controllers" } })) as {
      security_group: { id: string };
    };
    group = made.security_group.id;
    project = new Project();
    for (const [name, value] of Object.entries({ OS_AUTH_TYPE: "none", OS_ENDPOINT: NEUTRON, OS_TOKEN: "admin" })) {
      project.setEnvironment(name, value);
    }
  });
  afterAll(async () => {
    project.remove();
    await neutron("DELETE", `security-groups/${group}`);
  });

  it("are one for each source, of its family, and none more by a second `up`", async () => {
    program(["203.0.113.0/24", "2001:db8::/32"]);
    const up = project.pulumi("up", "--yes", "--skip-preview");
    expect(up.output).toMatch(/\+ 4 created/);
    expect(up.status).toBe(0);
    expect(await ingress()).toEqual(["IPv4 tcp 6082 6082 203.0.113.0/24", "IPv6 tcp 6082 6082 2001:db8::/32"]);
    expect(project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes").status).toBe(0);
  });

  it("follow the sources: one goes, one comes, the other is not touched", async () => {
    program(["198.51.100.7", "2001:db8::/32"]);
    const { status, output } = project.pulumi("up", "--yes", "--skip-preview");
    expect(output).toMatch(/\+ 1 created/);
    expect(output).toMatch(/- 1 deleted/);
    expect(status).toBe(0);
    expect(await ingress()).toEqual(["IPv4 tcp 6082 6082 198.51.100.7/32", "IPv6 tcp 6082 6082 2001:db8::/32"]);
  });

  it("go with the stack", async () => {
    expect(project.pulumi("destroy", "--yes", "--skip-preview").status).toBe(0);
    expect(await ingress()).toEqual([]);
  });
});
